"""Who may do what: bearer keys, the scope that each route needs, and how often a key may ask."""

import time
from datetime import UTC, datetime

from msgspec import Struct

from siyaj.model.errors import Forbidden, RateLimited, Unauthenticated
from siyaj.storage import keys
from siyaj.storage.database import Database
from siyaj.storage.keys import Key

REMEMBERED_SECONDS = 5.0
"""A revoked key is refused within this time."""
MOST_REMEMBERED = 10_000

PUBLIC = frozenset({"/healthz", "/readyz", "/openapi.json", "/docs", "/docs/style.css"})

BROWSER = ("/console", "/report", "/receipt", "/appeal", "/static")
"""Beginnings of the paths that people read in a browser: no key; the console asks for a session by itself."""
_BROWSER_PAGES = frozenset({"/", *BROWSER})
_BROWSER_FOLDERS = tuple(f"{one}/" for one in BROWSER)

_SCOPES = (
    ("/v1/check", "check", "check"),
    ("/v1/reports", "report", "report"),
    ("/v1/orders", "orders", "orders"),
    ("/v1/verdicts", "verdicts:read", "verdicts:read"),
    ("/v1/cases", "cases:read", "cases:write"),
    ("/v1/decisions", "decisions:read", "cases:write"),
    ("/v1/strikes", "decisions:read", "decisions:read"),
    ("/v1/appeals", "appeals:read", "appeals:write"),
    ("/v1/channels", "channels:read", "channels:read"),
    ("/v1/banks", "banks:read", "banks:write"),
    ("/v1/numbers", "numbers:read", "numbers:read"),
    ("/v1/actions", "actions:read", "actions:ack"),
    ("/v1/state", "state:read", "state:read"),
    ("/v1/presets", "check", "check"),
    ("/metrics", "metrics:read", "metrics:read"),
)
"""Path prefix, scope for reading (GET, HEAD), scope for everything else."""


def needed_scope(method: str, path: str) -> str | None:
    """Return the scope that a route needs; None for a path that is no route (then any key learns that it is none)."""
    for prefix, reading, writing in _SCOPES:
        if path == prefix or path.startswith(f"{prefix}/"):
            return reading if method in ("GET", "HEAD") else writing
    return None


def is_browser(path: str) -> bool:
    """True for a page that a person reads: its errors are pages too, and no key is asked for."""
    return path in _BROWSER_PAGES or path.startswith(_BROWSER_FOLDERS)


class Caller(Struct):
    """A known key, and the tokens left in its bucket."""

    key: Key
    read_at: float
    tokens: float
    filled_at: float


class Gatekeeper:
    """Knows keys. Asks the database at most every few seconds for each; belongs to one event loop's thread."""

    def __init__(self, database: Database, per_second: float, burst: int) -> None:
        self._database = database
        self._per_second = per_second
        self._burst = float(burst)
        self._callers: dict[str, Caller] = {}

    def recall(self, secret: str) -> Caller | None:
        """Return a caller that was seen in the last seconds, without touching the database."""
        caller = self._callers.get(secret)
        if caller is None or time.monotonic() - caller.read_at > REMEMBERED_SECONDS:
            return None
        return caller

    def look_up(self, secret: str) -> Caller:
        """Ask the database for a key. Blocks. Raises Unauthenticated, StorageUnavailable."""
        with self._database.read() as connection:
            key = keys.find(connection, secret)
        before = self._callers.pop(secret, None)
        now = time.monotonic()
        if key is None or not key.live(datetime.now(UTC)):
            raise Unauthenticated("the key is unknown, expired or revoked", hint="`siyaj key create` makes one")
        if len(self._callers) >= MOST_REMEMBERED:
            self._callers.clear()
        tokens, filled_at = (before.tokens, before.filled_at) if before else (self._burst, now)
        caller = self._callers[secret] = Caller(key, now, tokens, filled_at)
        return caller

    def spend(self, caller: Caller, count: int) -> None:
        """Take tokens for `count` checks. Raises RateLimited."""
        if not self._per_second:
            return
        now = time.monotonic()
        caller.tokens = min(self._burst, caller.tokens + (now - caller.filled_at) * self._per_second)
        caller.filled_at = now
        if caller.tokens < count:
            raise RateLimited(
                f"this key may make {self._per_second:g} checks a second, {self._burst:g} at once", hint="slow down"
            )
        caller.tokens -= count


def bearer(header: bytes | None) -> str:
    """Return the key in an Authorization header (RFC 6750). Raises Unauthenticated."""
    kind, _, secret = (header or b"").partition(b" ")
    if kind.lower() != b"bearer" or not secret.strip():
        raise Unauthenticated("a key is needed", hint="send `Authorization: Bearer KEY`")
    return secret.strip().decode("latin-1")


def authorise(caller: Caller, method: str, path: str) -> None:
    """Raises Forbidden when the key lacks the route's scope."""
    scope = needed_scope(method, path)
    if scope is not None and scope not in caller.key.scopes:
        raise Forbidden(f"this key lacks the scope {scope!r}", hint=f"it has {', '.join(caller.key.scopes) or 'none'}")
