"""Verdicts: one row for each answered check, with everything that led to it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, select

from siyaj.model.clock import to_datetime
from siyaj.model.event import Event
from siyaj.model.match import Match
from siyaj.model.signal import Missing, Signal
from siyaj.model.verdict import Action, Reason
from siyaj.policy.facts import RuleResult
from siyaj.storage.bulk import Among, insert_rows
from siyaj.storage.tables import verdicts


class Timings(Struct):
    """Microseconds. `match` is this event's share of its batch."""

    extract: int
    match: int
    policy: int


class Record(Struct, omit_defaults=True):
    """Why a verdict is what it is. `files` are names and SHA-256, never bytes."""

    event: Event
    signals: list[Signal]
    matches: list[Match]
    timings: Timings
    silenced: list[Match] = msgspec.field(default_factory=list)
    rules: list[RuleResult] = msgspec.field(default_factory=list)
    reasons: list[Reason] = msgspec.field(default_factory=list)
    missing: list[Missing] = msgspec.field(default_factory=list)


class _Recorded(Struct):
    event: Event


class NewVerdict(NamedTuple):
    """A row to be written; the columns of `tables.verdicts` under the same names."""

    id: str
    request_key: str
    request_hash: bytes
    event_id: str
    kind: str
    account_id: str | None
    channel_id: str | None
    action: str
    policy: str | None
    policy_version: str
    case_id: str | None
    created_at: int
    answer: bytes
    record: bytes


class Answered(Struct):
    """What a request key was answered with before."""

    request_hash: bytes
    answer: bytes


class VerdictRow(Struct):
    """A verdict as it is looked up."""

    id: str
    event_id: str
    kind: str
    account_id: str | None
    channel_id: str | None
    action: Action
    policy: str | None
    policy_version: str
    case_id: str | None
    created_at: datetime
    answer: msgspec.Raw
    record: msgspec.Raw


_INSERT = verdicts.insert()
_BY_KEYS = Among(select(verdicts.c.request_key, verdicts.c.request_hash, verdicts.c.answer), verdicts.c.request_key)


def insert(connection: Connection, rows: Sequence[NewVerdict]) -> None:
    """Raises AlreadyExists when another process answered one of the request keys first."""
    if connection.dialect.name == "sqlite":
        insert_rows(connection, verdicts, NewVerdict._fields, rows)
    elif rows:
        connection.execute(_INSERT, [row._asdict() for row in rows])


def answered(connection: Connection, request_keys: Iterable[str]) -> dict[str, Answered]:
    """Return what was answered before, by request key."""
    found = _BY_KEYS.rows(connection, list(request_keys))
    return {row.request_key: Answered(bytes(row.request_hash), bytes(row.answer)) for row in found}


def get(connection: Connection, verdict_id: str) -> VerdictRow | None:
    row = connection.execute(select(verdicts).where(verdicts.c.id == verdict_id)).one_or_none()
    return _row(row) if row else None


def by_event(connection: Connection, event_id: str, limit: int = 100) -> list[VerdictRow]:
    """Return the verdicts on one event, newest first."""
    query = select(verdicts).where(verdicts.c.event_id == event_id).order_by(verdicts.c.seq.desc()).limit(limit)
    return [_row(row) for row in connection.execute(query)]


def newest(connection: Connection, limit: int) -> list[VerdictRow]:
    """Return the newest verdicts, newest first."""
    query = select(verdicts).order_by(verdicts.c.seq.desc()).limit(limit)
    return [_row(row) for row in connection.execute(query)]


def of_case(connection: Connection, case: str, limit: int = 1_000) -> list[VerdictRow]:
    """Return a case's verdicts, oldest first."""
    query = select(verdicts).where(verdicts.c.case_id == case).order_by(verdicts.c.seq).limit(limit)
    return [_row(row) for row in connection.execute(query)]


def _row(row: Row[tuple[object, ...]]) -> VerdictRow:
    return VerdictRow(
        id=row.id,
        event_id=row.event_id,
        kind=row.kind,
        account_id=row.account_id,
        channel_id=row.channel_id,
        action=Action(row.action),
        policy=row.policy,
        policy_version=row.policy_version,
        case_id=row.case_id,
        created_at=to_datetime(row.created_at),
        answer=msgspec.Raw(bytes(row.answer)),
        record=msgspec.Raw(bytes(row.record)),
    )


def event_of(row: VerdictRow) -> Event:
    """Return the event that was judged, without decoding the rest of the record."""
    return msgspec.json.decode(row.record, type=_Recorded).event
