"""What the dashboard and the published figures ask for. Each query reads daily counts or an index, never whole rows of
verdicts or decisions. Times in microseconds; [since, until)."""

from collections.abc import Sequence
from itertools import chain
from statistics import median_low
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, Select, func, select

from siyaj.storage.daily import Key, day_of
from siyaj.storage.tables import appeals, cases, daily_numbers, decisions, orders, reports

DAY_US = 86_400_000_000


class Waits(NamedTuple):
    """Medians of how long something waited, in seconds: by day, and over the whole time (None: there was nothing)."""

    days: dict[str, int]
    overall: int | None


class AppealLine(Struct, frozen=True):
    """Decided appeals of one sort."""

    policy: str
    language: str
    automated: bool
    state: str
    count: int


def counted(
    connection: Connection, since: int, until: int, *, what: str, columns: Sequence[str]
) -> dict[tuple[str, ...], int]:
    """Return the daily counts of one sort, summed over all columns that are not named."""
    chosen = [daily_numbers.c[name] for name in columns]
    query = (
        select(*chosen, func.sum(daily_numbers.c.count))
        .where(daily_numbers.c.day >= day_of(since), daily_numbers.c.day < day_of(until), daily_numbers.c.what == what)
        .group_by(*chosen)
    )
    return {tuple(row[:-1]): int(row[-1]) for row in connection.execute(query)}


def keys(connection: Connection, since: int, until: int, what: str) -> dict[Key, int]:
    """Return the daily counts of one sort in full."""
    return {
        Key(*key): count for key, count in counted(connection, since, until, what=what, columns=Key._fields).items()
    }


def opened(connection: Connection, since: int, until: int) -> dict[str, int]:
    """Return how many cases were opened on each day."""
    return _by_day(connection, cases.c.opened_at, since, until)


def closed(connection: Connection, since: int, until: int) -> dict[str, int]:
    """Return how many cases were closed on each day."""
    return _by_day(connection, cases.c.closed_at, since, until)


def reported(connection: Connection, since: int, until: int) -> dict[str, int]:
    """Return how many reports came in on each day; without the delay of the daily counts."""
    return _by_day(connection, reports.c.received_at, since, until)


def _by_day(connection: Connection, column: Column[Any], since: int, until: int) -> dict[str, int]:
    day = (column // DAY_US).label("day")
    query = select(day, func.count()).where(column >= since, column < until).group_by(day)
    return {day_of(int(row[0]) * DAY_US): int(row[1]) for row in connection.execute(query)}


def waiting_since(connection: Connection) -> list[int]:
    """Return when each open case was opened, oldest first."""
    query = select(cases.c.opened_at).where(cases.c.closed_at.is_(None)).order_by(cases.c.opened_at)
    return list(connection.execute(query).scalars())


def overdue(connection: Connection, now: int) -> int:
    """Return how many open cases are past their deadline."""
    query = select(func.count()).select_from(cases).where(cases.c.state == "open", cases.c.deadline < now)
    return int(connection.execute(query).scalar_one())


def first_looks(connection: Connection, since: int, until: int) -> Waits:
    """Return how long cases opened in the time waited until a person first took them."""
    return _waits(connection, cases.c.opened_at, cases.c.first_seen_at - cases.c.opened_at, since, until)


def closings(connection: Connection, since: int, until: int) -> Waits:
    """Return how long cases closed in the time were open."""
    return _waits(connection, cases.c.closed_at, cases.c.closed_at - cases.c.opened_at, since, until)


def _waits(connection: Connection, at: Column[Any], waited: ColumnElement[Any], since: int, until: int) -> Waits:
    """Return the medians of each day and of all: the lower one of two in the middle.

    The rows travel as two integers from an index. To have the database rank them took twice as long (measured).
    """
    query = select(at // DAY_US, waited).where(*_within(at, since, until), waited.is_not(None))
    days: dict[int, list[int]] = {}
    for day, microseconds in connection.execute(query).all():
        days.setdefault(day, []).append(microseconds)
    by_day = {day_of(day * DAY_US): _middle(its) for day, its in sorted(days.items())}
    return Waits(by_day, _middle(list(chain.from_iterable(days.values()))) if days else None)


def _middle(waits: list[int]) -> int:
    """Return the lower median, in seconds."""
    return int(median_low(waits)) // 1_000_000


def appeals_received(connection: Connection, since: int, until: int) -> int:
    query = select(func.count()).select_from(appeals)
    return int(connection.execute(query.where(*_within(appeals.c.received_at, since, until))).scalar_one())


def appeals_decided(connection: Connection, since: int, until: int) -> list[AppealLine]:
    """Return the appeals decided in the time, by what they were against."""
    automated = decisions.c.decided_by == "policy"
    of = (decisions.c.policy, decisions.c.language, automated, appeals.c.state)
    query: Select[Any] = (
        select(*of, func.count())
        .join_from(appeals, decisions, decisions.c.id == appeals.c.decision_id, isouter=True)
        .where(*_within(appeals.c.decided_at, since, until))
        .group_by(*of)
    )
    return [
        AppealLine(row[0] or "", row[1] or "", bool(row[2]), row[3], int(row[4])) for row in connection.execute(query)
    ]


def appeals_by_day(connection: Connection, since: int, until: int) -> dict[tuple[str, str], int]:
    """Return decided appeals by day and state."""
    day = (appeals.c.decided_at // DAY_US).label("day")
    query = select(day, appeals.c.state, func.count()).where(*_within(appeals.c.decided_at, since, until))
    rows = connection.execute(query.group_by(day, appeals.c.state))
    return {(day_of(int(row[0]) * DAY_US), row[1]): int(row[2]) for row in rows}


def appeal_waits(connection: Connection, since: int, until: int) -> Waits:
    """Return how long appeals decided in the time had waited."""
    waited = appeals.c.decided_at - appeals.c.received_at
    return _waits(connection, appeals.c.decided_at, waited, since, until)


def orders_received(connection: Connection, since: int, until: int) -> dict[str, int]:
    """Return how many orders came in, by authority."""
    query = select(orders.c.authority, func.count()).where(*_within(orders.c.received_at, since, until))
    return {row[0]: int(row[1]) for row in connection.execute(query.group_by(orders.c.authority))}


def order_waits(connection: Connection, since: int, until: int) -> Waits:
    """Return how long orders closed in the time had waited."""
    return _waits(connection, orders.c.closed_at, orders.c.closed_at - orders.c.received_at, since, until)


def _within(column: Column[Any], since: int, until: int) -> list[Any]:
    return [column >= since, column < until]
