"""Ids of platforms in paths: a slash inside an id, sent as `%2F`, stays inside its part of the path.

Servers decode a path before anybody routes it, so that `%2F` and `/` look the same by then. So an encoded slash is
taken from the raw path, kept as a character that nobody writes (a noncharacter of Unicode), and turned back once the
route is found.
"""

from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Request

_KEPT = "\ufdd0"


def keep(scope: Any) -> None:
    """Put the path with its encoded slashes kept into an ASGI scope, before anything looks at it."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%2f" not in raw.lower():
        return
    parts = (unquote_to_bytes(part).decode("utf-8", "replace") for part in raw.partition(b"?")[0].split(b"/"))
    scope["path"] = "/".join(part.replace("/", _KEPT) for part in parts)


async def turn_back(request: Request[Any, Any, Any]) -> None:
    """Before a route's handler is called: its parameters hold slashes again."""
    scope: Any = request.scope
    given = scope.get("path_params") or {}
    scope["path_params"] = {
        name: one.replace(_KEPT, "/") if isinstance(one, str) else one for name, one in given.items()
    }
