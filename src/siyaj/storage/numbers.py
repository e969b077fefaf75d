"""What the dashboard and the published figures ask for. Each query reads daily counts or an index, never whole rows of
verdicts or decisions. Times in microseconds; [since, until)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import Column, Connection, Select, func, select

from siyaj.storage.daily import Key, day_of
from siyaj.storage.tables import appeals, cases, daily_numbers, decisions, orders, reports

DAY_US = 86_400_000_000


class Wait(NamedTuple):
    """How long a case waited. `at` is when it was opened, or closed."""

    at: int
    waited: int


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


def first_looks(connection: Connection, since: int, until: int) -> list[Wait]:
    """Return how long each case opened in the time waited until a person first took it, for those that were taken."""
    query = select(cases.c.opened_at, cases.c.first_seen_at).where(
        cases.c.opened_at >= since, cases.c.opened_at < until, cases.c.first_seen_at.is_not(None)
    )
    return [Wait(row[0], row[1] - row[0]) for row in connection.execute(query)]


def closings(connection: Connection, since: int, until: int) -> list[Wait]:
    """Return how long each case closed in the time was open."""
    query = select(cases.c.closed_at, cases.c.opened_at).where(cases.c.closed_at >= since, cases.c.closed_at < until)
    return [Wait(row[0], row[0] - row[1]) for row in connection.execute(query)]


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


def appeal_waits(connection: Connection, since: int, until: int) -> list[Wait]:
    """Return how long each appeal decided in the time had waited."""
    query = select(appeals.c.decided_at, appeals.c.received_at).where(*_within(appeals.c.decided_at, since, until))
    return [Wait(row[0], row[0] - row[1]) for row in connection.execute(query)]


def orders_received(connection: Connection, since: int, until: int) -> dict[str, int]:
    """Return how many orders came in, by authority."""
    query = select(orders.c.authority, func.count()).where(*_within(orders.c.received_at, since, until))
    return {row[0]: int(row[1]) for row in connection.execute(query.group_by(orders.c.authority))}


def order_waits(connection: Connection, since: int, until: int) -> list[Wait]:
    """Return how long each order closed in the time had waited."""
    query = select(orders.c.closed_at, orders.c.received_at).where(*_within(orders.c.closed_at, since, until))
    return [Wait(row[0], row[0] - row[1]) for row in connection.execute(query)]


def _within(column: Column[Any], since: int, until: int) -> list[Any]:
    return [column >= since, column < until]
