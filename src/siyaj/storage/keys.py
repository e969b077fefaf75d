"""API keys. Only the SHA-256 of a key is stored: keys are 256 random bits, so a slow hash would protect nothing."""

import hashlib
import secrets
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, Row, select, update

from siyaj.model.clock import now_us, to_datetime, to_us
from siyaj.model.errors import InvalidRequest, NotFound
from siyaj.model.ids import new_id
from siyaj.storage.tables import keys

SCOPES = (
    "check",
    "report",
    "orders",
    "verdicts:read",
    "cases:read",
    "cases:write",
    "cases:decide",
    "decisions:read",
    "appeals:read",
    "appeals:write",
    "appeals:decide",
    "channels:read",
    "banks:read",
    "banks:write",
    "metrics:read",
    "numbers:read",
    "actions:read",
    "actions:ack",
    "state:read",
)
"""What a key may do. Each route names the one that it needs; `cases:decide` and `appeals:decide` say what a key that
works on cases may decide."""


class Key(Struct):
    """A key as it is listed: never the key itself."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def create(connection: Connection, name: str, scopes: list[str], expires_at: datetime | None = None) -> tuple[Key, str]:
    """Make a key; return it with its secret, which is never seen again. Raises InvalidRequest for an unknown scope."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise InvalidRequest(f"unknown scope {unknown[0]!r}", hint=f"scopes are {', '.join(SCOPES)}")
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise InvalidRequest("a key needs a name of 1 to 100 printable characters")
    secret = f"siyaj_{secrets.token_urlsafe(32)}"
    key = Key(new_id("key"), name, sorted(set(scopes)), to_datetime(now_us()), expires_at)
    connection.execute(
        keys.insert(),
        {
            "id": key.id,
            "name": name,
            "hash": _hash(secret),
            "scopes": " ".join(key.scopes),
            "created_at": to_us(key.created_at),
            "expires_at": to_us(expires_at) if expires_at else None,
        },
    )
    return key, secret


def find(connection: Connection, secret: str) -> Key | None:
    """Return the key with this secret, revoked or not. Looked up by hash, so that timing tells nothing."""
    row = connection.execute(select(keys).where(keys.c.hash == _hash(secret))).one_or_none()
    return _key(row) if row else None


def listed(connection: Connection) -> list[Key]:
    return [_key(row) for row in connection.execute(select(keys).order_by(keys.c.created_at))]


def revoke(connection: Connection, key: str) -> Key:
    """Revoke by id, or by name when exactly one live key has it. Raises NotFound."""
    chosen = [k for k in listed(connection) if key in (k.id, k.name) and k.revoked_at is None]
    if len(chosen) != 1:
        what = "no live key" if not chosen else f"{len(chosen)} live keys"
        raise NotFound(f"{what} called {key!r}", hint="`siyaj key list` shows their ids")
    now = now_us()
    connection.execute(update(keys).where(keys.c.id == chosen[0].id).values(revoked_at=now))
    chosen[0].revoked_at = to_datetime(now)
    return chosen[0]


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _key(row: Row[tuple[object, ...]]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        scopes=row.scopes.split(),
        created_at=to_datetime(row.created_at),
        expires_at=to_datetime(row.expires_at) if row.expires_at is not None else None,
        revoked_at=to_datetime(row.revoked_at) if row.revoked_at is not None else None,
    )
