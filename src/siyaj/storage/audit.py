"""The audit log: who did what, to what, when. Written in the transaction of the deed.

A chain: each row's hash covers the row and the hash before it, and `meta` keeps how long the chain is and how it ends.
So an edit, a row taken out, a row put in and a cut tail are all found by `verify`. Who can write the database can
forge the whole chain: note the head that `siyaj audit verify` prints somewhere else from time to time.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, Select, select, text

from siyaj.model.clock import now_us
from siyaj.storage.keyset import Order
from siyaj.storage.tables import audit, meta

NUMBER = Order(audit.c.seq, audit.c.seq)
WHO = Order(audit.c.who, audit.c.seq)
WHAT = Order(audit.c.what, audit.c.seq)
SUBJECT = Order(audit.c.subject, audit.c.seq)
"""Orders of lists, each with an index."""

_LOCK = 0x51_79_61_6A_02
_HEAD = "audit_head"
_START = bytes(32)
_BATCH = 10_000


class AuditRow(Struct):
    """`at` in microseconds since 1970."""

    seq: int
    at: int
    who: str
    what: str
    subject: str
    detail: dict[str, Any]


class Head(Struct):
    """How long the chain is, and the hash (hex) that it ends with."""

    rows: int = 0
    hash: str = _START.hex()


class Verified(Struct):
    """`fault` is empty when the chain is whole; else it says what is wrong at which row."""

    rows: int
    head: str
    fault: str = ""


def write(connection: Connection, who: str, what: str, subject: str, **detail: Any) -> None:
    """Note a deed, e.g. `write(connection, "cli:amal", "bank.create", "known")`. Never pass secrets."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    end, at, encoded = head(connection), now_us(), msgspec.json.encode(detail)
    digest = chained(bytes.fromhex(end.hash), at, who, what, subject, encoded)
    connection.execute(
        audit.insert(),
        {"at": at, "who": who, "what": what, "subject": subject, "detail": encoded, "hash": digest},
    )
    set_head(connection, Head(end.rows + 1, digest.hex()), fresh=end.rows == 0)


def chained(before: bytes, at: int, who: str, what: str, subject: str, detail: bytes) -> bytes:
    """Return the hash of a row; every field goes in with its length, so that none can lend bytes to its neighbour."""
    digest = hashlib.sha256(before)
    for field in (str(at), who, what, subject):
        encoded = field.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    digest.update(len(detail).to_bytes(8, "big") + detail)
    return digest.digest()


def verify(connection: Connection) -> Verified:
    """Walk the whole chain. Reads in batches: memory stays flat however long it is."""
    before, rows = _START, 0
    for row in _all(connection):
        if chained(before, row.at, row.who, row.what, row.subject, bytes(row.detail)) != bytes(row.hash):
            return Verified(
                rows, before.hex(), f"row {row.seq} was changed, or a row before it was taken out or put in"
            )
        before, rows = bytes(row.hash), rows + 1
    end = head(connection)
    if (end.rows, end.hash) != (rows, before.hex()):
        return Verified(rows, before.hex(), f"the log should have {end.rows} rows and has {rows}: its end was changed")
    return Verified(rows, before.hex())


def holds(connection: Connection, head: str) -> bool:
    """Return whether a row with this fingerprint (hex) is in the log. Walks it."""
    try:
        wanted = bytes.fromhex(head)
    except ValueError:
        return False
    return connection.execute(select(audit.c.seq).where(audit.c.hash == wanted).limit(1)).first() is not None


def listed(connection: Connection, after: int = 0, limit: int = 100) -> list[AuditRow]:
    """Return deeds with a number above `after`, oldest first."""
    query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)
    return [from_row(row) for row in connection.execute(query)]


def page(
    connection: Connection,
    *,
    before: int | None = None,
    who: str = "",
    what: str = "",
    subject: str = "",
    limit: int = 50,
) -> list[AuditRow]:
    """Return deeds, newest first, with a number below `before`; `what` matches by its beginning."""
    query = those(who=who, what=what, subject=subject)
    if before is not None:
        query = query.where(audit.c.seq < before)
    return [from_row(row) for row in connection.execute(query.order_by(audit.c.seq.desc()).limit(limit))]


def those(*, who: str = "", what: str = "", subject: str = "") -> Select[Any]:
    """Return the question for them, in no order; its rows are read by `from_row`. `what` ending in a dot: all of an
    area, e.g. `session.`."""
    query = select(audit)
    if who:
        query = query.where(audit.c.who == who)
    if subject:
        query = query.where(audit.c.subject == subject)
    return query.where(audit.c.what.startswith(what, autoescape=True)) if what else query


def set_head(connection: Connection, head: Head, *, fresh: bool) -> None:
    value = msgspec.json.encode(head).decode()
    if fresh and connection.execute(select(meta.c.key).where(meta.c.key == _HEAD)).one_or_none() is None:
        connection.execute(meta.insert(), {"key": _HEAD, "value": value})
    else:
        connection.execute(meta.update().where(meta.c.key == _HEAD).values(value=value))


def head(connection: Connection) -> Head:
    """Return how long the log is, and how it ends."""
    value = connection.execute(select(meta.c.value).where(meta.c.key == _HEAD)).scalar_one_or_none()
    return msgspec.json.decode(value, type=Head) if value else Head()


def _all(connection: Connection) -> Iterator[Row[Any]]:
    after = 0
    while rows := connection.execute(
        select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(_BATCH)
    ).all():
        yield from rows
        after = rows[-1].seq


def from_row(row: Row[Any]) -> AuditRow:
    return AuditRow(row.seq, row.at, row.who, row.what, row.subject, msgspec.json.decode(bytes(row.detail)))
