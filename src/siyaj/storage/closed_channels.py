"""What is kept to recognise a channel that was closed when it comes back, and what a thought about a channel writes."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, bindparam, func, select

from siyaj.model.clock import now_us
from siyaj.storage.tables import cases, channel_links, channels, decisions, reports

MOST = 20_000
"""Closed channels that are compared with, the newest."""


class Closed(Struct):
    """`own` are addresses by which it could be entered, `invites` those of other groups that it passed on."""

    id: str
    title: str
    handle: str
    avatar: str
    admins: frozenset[str]
    own: frozenset[str] = frozenset()
    invites: frozenset[str] = frozenset()


class Derived(Struct):
    """What is worked out about a channel, as it is kept."""

    state: str
    closed_at: int | None
    removed: int
    reports: int
    fired: dict[str, list[str]]


def mark(connection: Connection) -> tuple[int, int]:
    """Return something that changes when a channel is closed or opened again."""
    query = select(func.count(), func.max(channels.c.closed_at)).where(channels.c.state == "closed")
    count, newest = connection.execute(query).one()
    return count, newest or 0


def listed(connection: Connection) -> list[Closed]:
    query = select(channels).where(channels.c.state == "closed").order_by(channels.c.closed_at.desc()).limit(MOST)
    found = {row.id: _closed(row) for row in connection.execute(query)}
    closed = select(channels.c.id).where(channels.c.state == "closed")
    ways = select(channel_links).where(
        channel_links.c.kind.in_(("own", "invite")), channel_links.c.channel_id.in_(closed)
    )
    for row in connection.execute(ways):
        if (its := found.get(row.channel_id)) is not None:
            if row.kind == "own":
                its.own |= {row.url}
            else:
                its.invites |= {row.url}
    return list(found.values())


def _closed(row: Row[tuple[object, ...]]) -> Closed:
    admins = frozenset(msgspec.json.decode(row.admins, type=list[str]))
    return Closed(row.id, row.title, row.handle, row.avatar, admins)


def derived(connection: Connection, channel: str) -> Derived:
    """Return what was worked out before; nobody else does until this transaction ends."""
    row = connection.execute(select(channels).where(channels.c.id == channel).with_for_update()).one()
    fired = msgspec.json.decode(row.fired, type=dict[str, list[str]])
    return Derived(row.state, row.closed_at, row.removed, row.reports, fired)


def fired(connection: Connection, channel: str) -> dict[str, list[str]]:
    """Return what each rule's cases rested on so far."""
    kept = connection.execute(select(channels.c.fired).where(channels.c.id == channel)).scalar_one()
    return msgspec.json.decode(kept, type=dict[str, list[str]])


def keep(connection: Connection, channel: str, now: Derived) -> None:
    connection.execute(
        channels.update()
        .where(channels.c.id == channel)
        .values(
            state=now.state,
            closed_at=now.closed_at,
            removed=now.removed,
            reports=now.reports,
            fired=msgspec.json.encode(now.fired).decode(),
        )
    )


_MEET = channels.insert().values(id=bindparam("channel"), first_seen_at=bindparam("at"), last_seen_at=bindparam("at"))


def meet(connection: Connection, channel: str) -> None:
    """Add a channel of which nothing was checked yet, but that was reported or decided on. Raises AlreadyExists."""
    connection.execute(_MEET, {"channel": channel, "at": now_us()})


class Stirred(Struct, frozen=True):
    """Something new about a channel. `due` is from when it counts, in microseconds."""

    seq: int
    channel: str
    due: int


def decided_since(connection: Connection, seq: int, limit: int = 1_000) -> list[Stirred]:
    """Return decisions with a higher number that are on a channel or in one, oldest first."""
    query = (
        select(
            decisions.c.seq,
            decisions.c.subject_kind,
            decisions.c.subject_id,
            decisions.c.channel_id,
            decisions.c.effective_at,
        )
        .where(decisions.c.seq > seq)
        .order_by(decisions.c.seq)
        .limit(limit)
    )
    return [
        Stirred(row.seq, row.subject_id if row.subject_kind == "channel" else row.channel_id or "", row.effective_at)
        for row in connection.execute(query)
    ]


def reported_since(connection: Connection, seq: int, limit: int = 1_000) -> list[Stirred]:
    """Return reports with a higher number that are on a channel or on something in one, oldest first."""
    query = (
        select(reports.c.seq, reports.c.subject_kind, reports.c.subject_id, cases.c.channel_id)
        .select_from(reports.outerjoin(cases, cases.c.id == reports.c.case_id))
        .where(reports.c.seq > seq)
        .order_by(reports.c.seq)
        .limit(limit)
    )
    return [
        Stirred(row.seq, row.subject_id if row.subject_kind == "channel" else row.channel_id or "", 0)
        for row in connection.execute(query)
    ]


def start(connection: Connection, since: int) -> tuple[int, int]:
    """Return the numbers of the last decision and the last report before a moment."""
    decided = select(decisions.c.seq).where(decisions.c.decided_at < since).order_by(decisions.c.decided_at.desc())
    received = select(reports.c.seq).where(reports.c.received_at < since).order_by(reports.c.received_at.desc())
    first, second = (connection.execute(query.limit(1)).scalar_one_or_none() for query in (decided, received))
    return first or 0, second or 0


def seen_since(connection: Connection, since: int, limit: int = 1_000) -> Sequence[str]:
    query = select(channels.c.id).where(channels.c.last_seen_at >= since).order_by(channels.c.last_seen_at.desc())
    return list(connection.execute(query.limit(limit)).scalars())
