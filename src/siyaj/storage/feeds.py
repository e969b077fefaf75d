"""Feeds: verdicts, reports and decisions in the order in which they came, for whoever works behind the answers.

A reader keeps its place in `meta` and moves it by compare-and-set, in the transaction of what it wrote: of two
processes that read the same rows one wins, and the other writes nothing. Reading takes no lock: no answer waits for it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, Row, Select, and_, exists, func, insert, select, update

from siyaj.storage.bulk import Among
from siyaj.storage.tables import cases, decisions, meta, reports, verdicts

T = TypeVar("T")

_PENDING = b'"pending":true'
"""As an answer has it; within a text the quotes are escaped."""
SETTLE_US = 10_000_000
"""PostgreSQL numbers rows before they are committed: a row this old has no neighbour with a lower number to come."""


class VerdictFeed(NamedTuple):
    """What is asked of every verdict, so it is little. `pending`: its media was still being decoded; the final verdict
    follows, as a row of its own."""

    seq: int
    id: str
    action: str
    policy: str | None
    created_at: int
    pending: bool


class VerdictDetails(Struct, gc=False):
    """What is asked of some: what was judged."""

    id: str
    kind: str
    event_id: str
    account_id: str | None
    channel_id: str | None
    action: str
    policy: str | None
    record: bytes


class ReportFeed(Struct, gc=False):
    seq: int
    reason: str
    received_at: int
    report: bytes


class DecisionFeed(Struct, gc=False):
    """`undone`: its maker took it back before it had an effect. `origin` is its case's; None without a case."""

    seq: int
    id: str
    kind: str
    case_id: str | None
    verdict_id: str | None
    subject_kind: str
    subject_id: str
    account_id: str | None
    channel_id: str | None
    action: str
    policy: str | None
    language: str
    decided_by: str
    decided_at: int
    origin: str | None
    undone: bool


_DETAILS = Among(select(*(verdicts.c[name] for name in VerdictDetails.__struct_fields__)), verdicts.c.id)


def place(connection: Connection, reader: str) -> int:
    """Return the number of the last row that a reader has done; 0 at the start."""
    value = connection.execute(select(meta.c.value).where(meta.c.key == reader)).scalar_one_or_none()
    return int(value) if value else 0


def move(connection: Connection, reader: str, old: int, new: int) -> bool:
    """Move a reader's place; False when another process moved it meanwhile: then write nothing."""
    if old == 0 and connection.execute(select(meta.c.key).where(meta.c.key == reader)).one_or_none() is None:
        connection.execute(insert(meta), {"key": reader, "value": str(new)})  # a second one raises AlreadyExists
        return True
    moved = update(meta).where(meta.c.key == reader, meta.c.value == str(old)).values(value=str(new))
    return connection.execute(moved).rowcount == 1


def verdicts_after(connection: Connection, after: int, now: int, limit: int) -> list[VerdictFeed]:
    columns = [verdicts.c[name] for name in VerdictFeed._fields[:-1]]
    query = select(*columns, _holds(connection, verdicts.c.answer, _PENDING)).where(verdicts.c.seq > after)
    return [VerdictFeed._make(row) for row in _settled(connection, query, verdicts, "created_at", now, limit)]


def reports_after(connection: Connection, after: int, now: int, limit: int) -> list[ReportFeed]:
    columns = [reports.c[name] for name in ReportFeed.__struct_fields__]
    rows = _settled(connection, select(*columns).where(reports.c.seq > after), reports, "received_at", now, limit)
    return [_made(ReportFeed, row) for row in rows]


def decisions_after(connection: Connection, after: int, now: int, limit: int) -> list[DecisionFeed]:
    """Return decisions that can no longer be undone."""
    later = decisions.alias()
    undone = exists().where(and_(later.c.supersedes == decisions.c.id, later.c.kind == "undo"))
    columns = [decisions.c[name] for name in DecisionFeed.__struct_fields__[:-2]]
    origin = select(cases.c.origin).where(cases.c.id == decisions.c.case_id).scalar_subquery()
    query = select(*columns, origin.label("origin"), undone.label("undone"), decisions.c.effective_at)
    rows = _settled(connection, query.where(decisions.c.seq > after), decisions, "effective_at", now, limit)
    return [_made(DecisionFeed, [*row[:-2], bool(row.undone)]) for row in rows]


def _made(kind: type[T], row: Sequence[Any]) -> T:
    return kind(*row)


def _holds(connection: Connection, column: Column[bytes], part: bytes) -> ColumnElement[bool]:
    """Say whether bytes hold others, without bringing them here; `part` has no sign that LIKE knows."""
    if connection.dialect.name == "sqlite":
        return func.instr(column, part) > 0  # its LIKE finds nothing in bytes
    return column.op("LIKE", is_comparison=True)(b"%" + part + b"%")


def _settled(
    connection: Connection, query: Select[Any], table: Any, clock: str, now: int, limit: int
) -> Sequence[Row[Any]]:
    """Return the rows up to the first that is too young; one behind it waits too, so that none is passed over."""
    settled = now - (SETTLE_US if connection.dialect.name == "postgresql" else 0)
    rows = connection.execute(query.order_by(table.c.seq).limit(limit)).all()
    for number, row in enumerate(rows):
        if getattr(row, clock) > settled:
            return rows[:number]
    return rows


def details(connection: Connection, ids: Sequence[str]) -> dict[str, VerdictDetails]:
    """Return what the verdicts of these ids are about, by id."""
    return {row.id: VerdictDetails(*row) for row in _DETAILS.rows(connection, list(ids))} if ids else {}
