"""The feed of bank changes: by it every process keeps its indexes current.

Writers of the feed are serialised (SQLite has one writer; PostgreSQL takes an advisory lock), so that a reader who
has seen number n will never be shown a smaller one later.
"""

from enum import StrEnum

from msgspec import Struct
from sqlalchemy import Connection, func, select, text

from siyaj.model.clock import now_us
from siyaj.storage.tables import bank_changes

_LOCK = 7_420_120


class Op(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    TOUCH = "touch"
    """Opinion, labels, expiry or confirmations changed; the signals did not."""


class Change(Struct, frozen=True):
    """`first_ref` to `last_ref`, inclusive, are ids of entry signals."""

    seq: int
    op: Op
    first_ref: int
    last_ref: int


def lock(connection: Connection) -> None:
    """Take the turn to write bank changes, until the transaction ends. Call it before the first write."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def write(connection: Connection, op: Op, refs: list[int]) -> None:
    """Note that these entry signals were added, removed or touched; consecutive ids become one range."""
    now = now_us()
    rows = [{"op": op.value, "first_ref": a, "last_ref": b, "at": now} for a, b in _ranges(sorted(refs))]
    if rows:
        connection.execute(bank_changes.insert(), rows)


def write_range(connection: Connection, op: Op, refs: range) -> None:
    """The same for ids that are known to be one range: a million cost one row."""
    if refs:
        row = {"op": op.value, "first_ref": refs[0], "last_ref": refs[-1], "at": now_us()}
        connection.execute(bank_changes.insert(), row)


def since(connection: Connection, seq: int, limit: int = 10_000) -> list[Change]:
    query = select(bank_changes).where(bank_changes.c.seq > seq).order_by(bank_changes.c.seq).limit(limit)
    return [Change(row.seq, Op(row.op), row.first_ref, row.last_ref) for row in connection.execute(query)]


def moment(connection: Connection, seq: int) -> int | None:
    """Return when a change was made, in microseconds; None for one that is not there. Tells histories apart."""
    return connection.execute(select(bank_changes.c.at).where(bank_changes.c.seq == seq)).scalar_one_or_none()


def newest(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(bank_changes.c.seq), 0))).scalar_one())


def _ranges(refs: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for ref in refs:
        if ranges and ref == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], ref)
        else:
            ranges.append((ref, ref))
    return ranges
