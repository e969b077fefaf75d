"""Channels: what one batch of checks saw of them goes in by one row each; what is known of them comes out."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, Select, TextClause, and_, delete, func, or_, select, text

from siyaj.model.channel import ChannelDay, ChannelLink, ChannelRecord, ChannelState, LinkKind
from siyaj.model.clock import to_datetime
from siyaj.storage.bulk import Among
from siyaj.storage.keyset import Order
from siyaj.storage.tables import channel_days, channel_facts, channel_links, channels

DAY_US = 86_400_000_000
MOST_DAYS = 4_000
ORDERS = {
    name: Order(channels.c[name], channels.c.id, nullable=name == "subscribers")
    for name in ("last_seen_at", "subscribers", "checked", "removed", "reports")
}
ORDERS["stopped"] = Order(channels.c.held + channels.c.blocked, channels.c.id)
"""Orders of lists. `last_seen_at` has an index; the others sort all channels."""
FACTS = ("title", "handle", "topic", "avatar", "subscribers", "public", "admins", "created_at")
"""Columns that say what a channel is; the others count."""


class Tally(Struct):
    """Items of one language in one batch."""

    checked: int = 0
    held: int = 0
    blocked: int = 0


class Seen(Struct):
    """What one batch saw of one channel. Facts that were not told are None."""

    id: str
    at: int
    title: str | None = None
    handle: str | None = None
    topic: str | None = None
    avatar: str | None = None
    subscribers: int | None = None
    public: bool | None = None
    admins: list[str] | None = None
    created_at: int | None = None
    languages: dict[str, Tally] = msgspec.field(default_factory=dict)
    links: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """What was told, as columns have it."""
        told: dict[str, Any] = {}
        for name in FACTS:
            value = getattr(self, name)
            if value is not None:
                told[name] = msgspec.json.encode(value).decode() if name == "admins" else value
        if self.public is not None:
            told["public"] = int(self.public)
        return told


# One statement for both engines, run for many rows at once.
_COUNT = text(
    "INSERT INTO channels (id, first_seen_at, last_seen_at, checked, held, blocked)"
    " VALUES (:id, :at, :at, :checked, :held, :blocked)"
    " ON CONFLICT (id) DO UPDATE SET last_seen_at = excluded.last_seen_at, checked = channels.checked"
    " + excluded.checked, held = channels.held + excluded.held, blocked = channels.blocked + excluded.blocked"
)
_COUNT_DAY = text(
    "INSERT INTO channel_days (channel_id, day, language, checked, held, blocked)"
    " VALUES (:id, :day, :language, :checked, :held, :blocked)"
    " ON CONFLICT (channel_id, day, language) DO UPDATE SET checked = channel_days.checked + excluded.checked,"
    " held = channel_days.held + excluded.held, blocked = channel_days.blocked + excluded.blocked"
)
_COUNT_LINK = text(
    "INSERT INTO channel_links (channel_id, kind, url, first_at, last_at, times)"
    " VALUES (:id, :kind, :url, :at, :at, :times)"
    " ON CONFLICT (channel_id, kind, url) DO UPDATE SET last_at = excluded.last_at,"
    " times = channel_links.times + excluded.times"
)
_BY_ID = Among(select(channels), channels.c.id)


def count(connection: Connection, seen: Sequence[Seen]) -> None:
    """Add a batch's numbers: one row a channel, one a channel and language, one a channel and link.

    In the order of ids: two processes that write the same channels then wait for each other, and never in a ring.
    """
    if not seen:
        return
    seen = sorted(seen, key=lambda one: one.id)
    _many(connection, _COUNT, [_total(one) for one in seen])
    _many(connection, _COUNT_DAY, [row for one in seen for row in _days(one)])
    _many(connection, _COUNT_LINK, [row for one in seen for row in _links(one)])


def _many(connection: Connection, statement: TextClause, rows: list[dict[str, Any]]) -> None:
    """Run for each row. SQLite's driver knows `:name` itself, which saves half of the time."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(statement.text, rows)
    else:
        connection.execute(statement, rows)


def _total(one: Seen) -> dict[str, Any]:
    tallies = one.languages.values()
    return {
        "id": one.id,
        "at": one.at,
        "checked": sum(tally.checked for tally in tallies),
        "held": sum(tally.held for tally in tallies),
        "blocked": sum(tally.blocked for tally in tallies),
    }


def _days(one: Seen) -> Iterable[dict[str, Any]]:
    for language, tally in sorted(one.languages.items()):
        yield {"id": one.id, "day": one.at // DAY_US, "language": language, **msgspec.structs.asdict(tally)}


def _links(one: Seen) -> Iterable[dict[str, Any]]:
    for (kind, url), times in sorted(one.links.items()):
        yield {"id": one.id, "kind": kind, "url": url, "at": one.at, "times": times}


def facts(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the fact columns of these channels as they stand, by id."""
    return {row.id: {name: getattr(row, name) for name in FACTS} for row in _BY_ID.rows(connection, ids)}


def learn(connection: Connection, channel: str, told: dict[str, Any]) -> None:
    """Write fact columns."""
    connection.execute(channels.update().where(channels.c.id == channel).values(**told))


def note(connection: Connection, changes: Sequence[tuple[str, int, str, str]]) -> None:
    """Write (channel, moment, what, value) to the history."""
    if changes:
        names = ("channel_id", "at", "what", "value")
        connection.execute(channel_facts.insert(), [dict(zip(names, change, strict=True)) for change in changes])


def get(connection: Connection, channel: str) -> ChannelRecord | None:
    row = connection.execute(select(channels).where(channels.c.id == channel)).one_or_none()
    return record_of(row) if row else None


def many(connection: Connection, ids: Sequence[str]) -> dict[str, ChannelRecord]:
    return {row.id: record_of(row) for row in _BY_ID.rows(connection, ids)}


def page(
    connection: Connection,
    *,
    state: ChannelState | None = None,
    text: str = "",
    min_subscribers: int = 0,
    min_removed: int = 0,
    sort: str = "last_seen_at",
    after: tuple[int, str] | None = None,
    limit: int = 50,
) -> list[ChannelRecord]:
    """Return channels by `sort` (last_seen_at | subscribers | removed | reports | blocked), highest first, behind
    `after` (its value, id). `text` stands in the title, handle or id, in any case.
    """
    column = func.coalesce(channels.c[sort], -1)
    query = those(state, text, min_subscribers, min_removed)
    if after is not None:
        query = query.where(or_(column < after[0], and_(column == after[0], channels.c.id > after[1])))
    rows = connection.execute(query.order_by(column.desc(), channels.c.id).limit(limit))
    return [record_of(row) for row in rows]


def those(state: ChannelState | None = None, words: str = "", subscribers: int = 0, removed: int = 0) -> Select[Any]:
    """Return the question for channels, in no order; its rows are read by `record_of`."""
    query = select(channels)
    if state is not None:
        query = query.where(channels.c.state == state.value)
    if words:
        named = (channels.c.title, channels.c.handle, channels.c.id)
        query = query.where(or_(*(func.lower(each).contains(words.lower(), autoescape=True) for each in named)))
    if subscribers:
        query = query.where(channels.c.subscribers >= subscribers)
    return query.where(channels.c.removed >= removed) if removed else query


def links(connection: Connection, channel: str, limit: int = 200) -> list[ChannelLink]:
    """Return its links, the most frequent first."""
    query = select(channel_links).where(channel_links.c.channel_id == channel)
    rows = connection.execute(query.order_by(channel_links.c.times.desc(), channel_links.c.url).limit(limit))
    return [
        ChannelLink(LinkKind(row.kind), row.url, to_datetime(row.first_at), to_datetime(row.last_at), row.times)
        for row in rows
    ]


def days(connection: Connection, channel: str) -> list[ChannelDay]:
    """Return its items by day and language, oldest first, at most the newest MOST_DAYS rows."""
    return [day for _, day in numbered_days(connection, channel)]


def numbered_days(connection: Connection, channel: str, since_day: int = 0) -> list[tuple[int, ChannelDay]]:
    """The same, each with its number of days since 1970."""
    query = (
        select(channel_days)
        .where(channel_days.c.channel_id == channel, channel_days.c.day >= since_day)
        .order_by(channel_days.c.day.desc(), channel_days.c.language)
        .limit(MOST_DAYS)
    )
    rows = sorted(connection.execute(query).all(), key=lambda row: (row.day, row.language))
    return [(row.day, ChannelDay(_date(row.day), row.language, row.checked, row.held, row.blocked)) for row in rows]


def languages(connection: Connection, channel: str) -> dict[str, int]:
    """Return how many items were in each language, the most frequent first."""
    total = func.sum(channel_days.c.checked)
    query = (
        select(channel_days.c.language, total.label("items"))
        .where(channel_days.c.channel_id == channel)
        .group_by(channel_days.c.language)
        .order_by(total.desc(), channel_days.c.language)
    )
    return {row.language: int(row.items) for row in connection.execute(query)}


def forget(connection: Connection, before: int, limit: int = 5_000) -> int:
    """Take out what changed about channels, and links that were not seen, before a moment; return how many rows.

    Of closed channels the links stay: by them a return is recognised.
    """
    old = select(channel_facts.c.seq).where(channel_facts.c.at < before).limit(limit)
    gone = connection.execute(delete(channel_facts).where(channel_facts.c.seq.in_(old))).rowcount
    open_ = select(channels.c.id).where(channels.c.state != "closed")
    stale = and_(channel_links.c.last_at < before, channel_links.c.channel_id.in_(open_))
    return gone + connection.execute(delete(channel_links).where(stale)).rowcount


def _date(day: int) -> str:
    return to_datetime(day * DAY_US).date().isoformat()


def record_of(row: Row[Any]) -> ChannelRecord:
    return ChannelRecord(
        id=row.id,
        title=row.title,
        handle=row.handle,
        topic=row.topic,
        avatar=row.avatar,
        subscribers=row.subscribers,
        public=None if row.public is None else bool(row.public),
        admins=msgspec.json.decode(row.admins, type=list[str]),
        created_at=_moment(row.created_at),
        first_seen_at=to_datetime(row.first_seen_at),
        last_seen_at=to_datetime(row.last_seen_at),
        checked=row.checked,
        held=row.held,
        blocked=row.blocked,
        removed=row.removed,
        reports=row.reports,
        state=ChannelState(row.state),
        closed_at=_moment(row.closed_at),
    )


def _moment(at: int | None) -> Any:
    return None if at is None else to_datetime(at)
