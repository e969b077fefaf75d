"""Speaks to a Matrix homeserver: Synapse's admin API, and the client API as the account whose token we have.

https://element-hq.github.io/synapse/latest/usage/administration/admin_api/
"""

import json
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from siyaj import __version__
from siyaj.delivery.outgoing import TOTAL_SECONDS, Answer, Outgoing, Unreachable

LARGEST_LIST = 8 * 1024 * 1024
"""A room's list of media is read whole: half of it would leave pictures behind."""


class NotDone(Exception):
    """The homeserver did not do it. `final`: trying again cannot help. The message is for the case, never a secret."""

    def __init__(self, said: str, *, final: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(said)
        self.final = final
        self.retry_after = retry_after


class NotAvailable(NotDone):
    """Matrix, or this homeserver as it is set up, has no way to do it. The message says what it lacks."""

    def __init__(self, said: str) -> None:
        super().__init__(said, final=True)


class NotThere(NotDone):
    """404: what was to be acted on is not on this homeserver (any more)."""


class Forbidden(NotDone):
    """403 for this one thing, while the token itself is good."""


class Homeserver:
    """One delivery's requests, all of them within one deadline."""

    def __init__(self, outgoing: Outgoing, address: str, token: str, seconds: float = TOTAL_SECONDS) -> None:
        self._outgoing = outgoing
        self._address = address
        self._token = token
        self._until = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        return self._until - time.monotonic()

    def admin(self, method: str, path: str, body: Any = None, *, version: int = 1) -> dict[str, Any]:
        return self._call(method, f"/_synapse/admin/v{version}{path}", body, self._token)

    def client(self, method: str, path: str, body: Any = None, *, token: str = "") -> dict[str, Any]:
        return self._call(method, f"/_matrix/client/v3{path}", body, token or self._token)

    def me(self) -> str:
        return str(self.client("GET", "/account/whoami")["user_id"])

    def is_mine(self, user_id: str) -> bool:
        """True for an account of the server of the account that acts."""
        return user_id.partition(":")[2] == self.me().partition(":")[2]

    def act_as(self, user_id: str) -> str:
        """Return a token for a local account that serves for a minute: Synapse lets its administrators do so."""
        until = int((time.time() + 60) * 1_000)
        return str(self.admin("POST", f"/users/{part(user_id)}/login", {"valid_until_ms": until})["access_token"])

    def recall(self, what: str) -> dict[str, Any]:
        """Return what `note` kept; empty when there is nothing."""
        try:
            return self.client("GET", f"/user/{part(self.me())}/account_data/{part(what)}")
        except NotThere:
            return {}

    def note(self, what: str, content: dict[str, Any]) -> None:
        """Keep what an undo will need, with the platform, in the account data of the account that acts."""
        self.client("PUT", f"/user/{part(self.me())}/account_data/{part(what)}", content)

    def _call(self, method: str, path: str, body: Any, token: str) -> dict[str, Any]:
        """Raises NotDone."""
        if self.seconds_left <= 0:
            raise NotDone("the homeserver took too long; what is left is done at the next try")
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "user-agent": f"siyaj/{__version__}",
        }
        sent = b"" if method == "GET" else json.dumps(body if body is not None else {}).encode()
        url, seconds = f"{self._address}{path}", self.seconds_left
        try:
            answer = self._outgoing.send(method, url, headers, sent, seconds=seconds, largest=LARGEST_LIST)
        except Unreachable as error:
            raise NotDone(str(error)) from None
        return _read(answer)


def part(text: str) -> str:
    """Return a text as one part of a path."""
    return quote(text, safe="")


def split_mxc(address: str) -> tuple[str, str] | None:
    """Return server and media id of an `mxc://` address (Matrix specification, content repository), None for others."""
    server, slash, media = address.removeprefix("mxc://").partition("/")
    if not address.startswith("mxc://") or not server or not slash or not media or "/" in media or ":file" in address:
        return None
    return server, media


def mxcs_in(content: Any, depth: int = 0) -> Iterable[str]:
    """Yield every `mxc://` address in an event's content, whose shape is its sender's."""
    if isinstance(content, str):
        if split_mxc(content):
            yield content
    elif isinstance(content, (dict, list)) and depth < 20:
        for inner in content.values() if isinstance(content, dict) else content:
            yield from mxcs_in(inner, depth + 1)


def _read(answer: Answer) -> dict[str, Any]:
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = None
    if 200 <= answer.status < 300 and isinstance(body, dict):
        return body
    error = body if isinstance(body, dict) else {}
    code, words = str(error.get("errcode", "")), str(error.get("error", ""))[:300]
    raise _failure(answer.status, code, f"{answer.status} {code} {words}".strip(), error)


def _failure(status: int, code: str, said: str, error: dict[str, Any]) -> NotDone:
    if status == 401:
        return NotDone(f"the homeserver does not know this access token (any more); set a fresh one: {said}")
    if status == 404 and code != "M_UNRECOGNIZED":
        return NotThere(said, final=True)
    if status == 403 and "server admin" in said:
        return NotDone(f"the account of this access token is no administrator of the homeserver: {said}")
    if status == 403:
        return Forbidden(said, final=True)
    if status == 429:
        milliseconds = error.get("retry_after_ms")
        return NotDone(said, retry_after=milliseconds / 1_000 if isinstance(milliseconds, (int, float)) else 0.0)
    return NotDone(said, final=400 <= status < 500 and status != 408)
