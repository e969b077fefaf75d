"""What happened to a channel: its facts over time, the reports on it and in it, decisions and cases."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select

from siyaj.model.channel import ChannelEvent, ChannelMark
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.verdict import Reason
from siyaj.storage.decisions import not_undone
from siyaj.storage.tables import actions, cases, channel_facts, decisions, reports

MOST = 1_000
"""Of each kind, the newest."""

_LATER = decisions.alias("later")
_STANDS = ~exists(select(_LATER.c.seq).where(_LATER.c.replaces == decisions.c.id, not_undone(_LATER)))


class Removal(Struct, frozen=True):
    """A person's decision that stands. `at` in microseconds."""

    id: str
    at: int
    policy: str


class ReportWeight(Struct, frozen=True):
    """One reporter's reports of late."""

    reporter: str
    weight: float
    at: int


def events(connection: Connection, channel: str) -> list[ChannelEvent]:
    """Return what happened, oldest first."""
    found = [*_facts(connection, channel), *_reports(connection, channel)]
    found += [*_decisions(connection, channel), *_cases(connection, channel)]
    return sorted(found, key=lambda event: event.at)


def removals(connection: Connection, channel: str) -> list[Removal]:
    """Return the removals of items in a channel that people decided and that stand, the newest MOST, newest first."""
    query = select(decisions).where(_removed_in(channel)).order_by(decisions.c.seq.desc()).limit(MOST)
    return [Removal(row.id, row.decided_at, row.policy or "") for row in connection.execute(query)]


def count_removals(connection: Connection, channel: str) -> int:
    query = select(func.count()).select_from(decisions).where(_removed_in(channel))
    return int(connection.execute(query).scalar_one())


def _removed_in(channel: str) -> ColumnElement[bool]:
    return and_(
        decisions.c.channel_id == channel,
        decisions.c.subject_kind == "item",
        decisions.c.action == "remove",
        decisions.c.kind != "undo",
        decisions.c.decided_by != "policy",
        decisions.c.effective_at <= now_us(),
        _STANDS,
    )


def state_action(connection: Connection, channel: str) -> tuple[str, int] | None:
    """Return the kind and moment of the newest action in effect that opens, limits or closes the channel.

    By actions, not by decisions: a decision on an item may close its channel as well.
    """
    query = select(actions.c.kind, actions.c.not_before).where(
        actions.c.subject_kind == "channel",
        actions.c.subject_id == channel,
        actions.c.kind.in_(("limit", "close_channel", "restore", "reopen_channel")),
        actions.c.cancelled_at.is_(None),
        actions.c.not_before <= now_us(),
    )
    row = connection.execute(query.order_by(actions.c.seq.desc()).limit(1)).one_or_none()
    return (row.kind, row.not_before) if row else None


def reporters_of(connection: Connection, channel: str, since: int) -> list[ReportWeight]:
    """Return who reported the channel or items in it since then, each once, with the most that a report of theirs
    weighs. 0.5 is somebody of whom nothing is known. Those without an id count as one."""
    query = (
        select(reports.c.reporter_id, reports.c.weight, reports.c.received_at)
        .where(_concerns(channel), reports.c.received_at >= since)
        .order_by(reports.c.seq.desc())
        .limit(MOST)
    )
    best: dict[str, ReportWeight] = {}
    for row in connection.execute(query):
        who, weight = row.reporter_id or "", row.weight / 200
        if who not in best or best[who].weight < weight:
            best[who] = ReportWeight(who, weight, row.received_at)
    return list(best.values())


def count_reports(connection: Connection, channel: str) -> int:
    query = select(func.count()).select_from(reports).where(_concerns(channel))
    return int(connection.execute(query).scalar_one())


def _concerns(channel: str) -> ColumnElement[bool]:
    """A report on the channel itself, or one whose case is about something in it."""
    itself = and_(reports.c.subject_kind == "channel", reports.c.subject_id == channel)
    return or_(itself, reports.c.case_id.in_(select(cases.c.id).where(cases.c.channel_id == channel)))


def _facts(connection: Connection, channel: str) -> list[ChannelEvent]:
    query = select(channel_facts).where(channel_facts.c.channel_id == channel)
    rows = connection.execute(query.order_by(channel_facts.c.seq.desc()).limit(MOST))
    return [ChannelEvent(to_datetime(row.at), ChannelMark(row.what), row.value) for row in rows]


def _reports(connection: Connection, channel: str) -> list[ChannelEvent]:
    query = select(reports).where(_concerns(channel)).order_by(reports.c.seq.desc()).limit(MOST)
    return [
        ChannelEvent(to_datetime(row.received_at), ChannelMark.REPORT, row.reason, row.case_id or "", _subject(row))
        for row in connection.execute(query)
    ]


def _decisions(connection: Connection, channel: str) -> list[ChannelEvent]:
    on = and_(decisions.c.subject_kind == "channel", decisions.c.subject_id == channel)
    query = select(decisions).where(or_(on, decisions.c.channel_id == channel))
    rows = connection.execute(query.order_by(decisions.c.seq.desc()).limit(MOST))
    return [
        ChannelEvent(
            to_datetime(row.decided_at), ChannelMark.DECISION, row.action, row.id, _subject(row), row.decided_by
        )
        for row in rows
    ]


def _cases(connection: Connection, channel: str) -> list[ChannelEvent]:
    on = and_(cases.c.subject_kind == "channel", cases.c.subject_id == channel)
    query = select(cases).where(or_(on, cases.c.channel_id == channel)).order_by(cases.c.seq.desc()).limit(MOST)
    return [
        ChannelEvent(to_datetime(row.opened_at), ChannelMark.CASE, _first(row), row.id, _subject(row))
        for row in connection.execute(query)
    ]


def _subject(row: Row[Any]) -> str:
    return f"{row.subject_kind}:{row.subject_id}"


def _first(row: Row[Any]) -> str:
    reasons = msgspec.json.decode(bytes(row.reasons), type=list[Reason])
    return reasons[0].rule if reasons else row.origin
