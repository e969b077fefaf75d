"""Sessions of the console. The cookie holds 256 random bits; only their SHA-256 is stored."""

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, select, update

from siyaj.model.clock import now_us, to_datetime
from siyaj.storage.tables import sessions


class Stage(StrEnum):
    """How far a log-in has come."""

    OPEN = "open"
    CODE = "code"
    """The password was right; the code is asked for."""
    ENROL = "enrol"
    """The password was right; a second factor must be set up first."""


class Memory(Struct, omit_defaults=True):
    """What a session remembers. `next` is the page to go on to; `fresh_totp` the secret that is being enrolled, sealed
    (hex); `renewing` says that the person showed a code of the old one and may replace it."""

    stage: Stage = Stage.OPEN
    next: str = ""
    fresh_totp: str = ""
    renewing: bool = False


class Session(Struct):
    """As stored. `id` is the hash, in hex: it names the session and opens nothing."""

    id: str
    person_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str
    address: str
    memory: Memory


def create(
    connection: Connection, person_id: str, *, lasts_us: int, agent: str, address: str, memory: Memory
) -> tuple[Session, str]:
    """Make a session; return it with the secret for the cookie, which is never seen again."""
    secret, now = secrets.token_urlsafe(32), now_us()
    row = {
        "hash": _hash(secret),
        "person_id": person_id,
        "created_at": now,
        "seen_at": now,
        "expires_at": now + lasts_us,
        "agent": agent[:300],
        "address": address[:100],
        "data": msgspec.json.encode(memory).decode(),
    }
    connection.execute(sessions.insert(), row)
    made = connection.execute(select(sessions).where(sessions.c.hash == row["hash"])).one()
    return _session(made), secret


def find(connection: Connection, secret: str) -> Session | None:
    """Return the session of a cookie, ended or not. Looked up by hash, so that timing tells nothing."""
    row = connection.execute(select(sessions).where(sessions.c.hash == _hash(secret))).one_or_none()
    return _session(row) if row else None


def of_person(connection: Connection, person_id: str) -> list[Session]:
    """Return the sessions that have not ended, the one last used first."""
    mine = (sessions.c.person_id == person_id) & (sessions.c.expires_at > now_us())
    return [
        _session(row) for row in connection.execute(select(sessions).where(mine).order_by(sessions.c.seen_at.desc()))
    ]


def touch(connection: Connection, id: str) -> None:
    """Note that a session was used just now."""
    connection.execute(update(sessions).where(sessions.c.hash == bytes.fromhex(id)).values(seen_at=now_us()))


def remember(connection: Connection, id: str, memory: Memory) -> None:
    data = msgspec.json.encode(memory).decode()
    connection.execute(update(sessions).where(sessions.c.hash == bytes.fromhex(id)).values(data=data))


def end(connection: Connection, id: str, person_id: str) -> bool:
    """End one session of a person; False when they have no such session."""
    mine = (sessions.c.hash == bytes.fromhex(id)) & (sessions.c.person_id == person_id)
    return connection.execute(delete(sessions).where(mine)).rowcount == 1


def end_all(connection: Connection, person_id: str, *, but: str = "") -> int:
    """End all sessions of a person, except the one called `but`; return how many."""
    gone = delete(sessions).where(sessions.c.person_id == person_id)
    if but:
        gone = gone.where(sessions.c.hash != bytes.fromhex(but))
    return int(connection.execute(gone).rowcount)


def sweep(connection: Connection) -> int:
    """Forget sessions that have ended; return how many."""
    return int(connection.execute(delete(sessions).where(sessions.c.expires_at < now_us())).rowcount)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _session(row: Row[Any]) -> Session:
    return Session(
        id=bytes(row.hash).hex(),
        person_id=row.person_id,
        created_at=to_datetime(row.created_at),
        seen_at=to_datetime(row.seen_at),
        expires_at=to_datetime(row.expires_at),
        agent=row.agent,
        address=row.address,
        memory=msgspec.json.decode(row.data, type=Memory),
    )
