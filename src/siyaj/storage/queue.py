"""Pages of cases. Each sort reads its index in order, and goes on behind the last row seen (keyset): page 1,000 costs
what page 1 costs."""

from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Select, and_, func, literal_column, or_, select, tuple_

from siyaj.model.action import DeliveryState
from siyaj.model.case import Case, CaseState
from siyaj.model.clock import now_us
from siyaj.model.queue import QueueFilter, QueueSort
from siyaj.model.report import SubjectKind
from siyaj.storage.cases import from_row
from siyaj.storage.tables import actions, cases, deliveries

_SORTS: dict[QueueSort, tuple[Column[Any], bool]] = {
    QueueSort.PRIORITY: (cases.c.rank, False),
    QueueSort.DEADLINE: (cases.c.deadline, False),
    QueueSort.OLDEST: (cases.c.opened_at, False),
    QueueSort.NEWEST: (cases.c.opened_at, True),
    QueueSort.CLOSED: (cases.c.closed_at, True),
}

_USUAL = {"origin": "content", "subject_kind": "item", "level": "reviewer", "skill": ""}
"""What most cases have: not in the index of its column, whose condition a question for another value has to name."""

Place = tuple[int, int]
"""The value that a page is sorted by, and the number, of its last case."""


def page(
    connection: Connection, chosen: QueueFilter, after: Place | None = None, limit: int = 50
) -> list[tuple[Place, Case]]:
    """Return cases with their places, those behind `after`."""
    if chosen.state is None and chosen.sort is QueueSort.PRIORITY:  # one index, in the order of each state
        each = (msgspec.structs.replace(chosen, state=state) for state in CaseState)
        return sorted((one for its in each for one in page(connection, its, after, limit)), key=_place)[:limit]
    query = select(cases).where(*conditions(chosen))
    column, down = _SORTS[chosen.sort]
    if chosen.sort is QueueSort.CLOSED:
        query = query.where(cases.c.closed_at.is_not(None))
    if after is not None:
        here, last = tuple_(column, cases.c.seq), tuple_(*after)
        query = query.where(here < last if down else here > last)
    rows = connection.execute(_ordered(query, chosen.sort).limit(limit))
    return [((getattr(row, column.name), row.seq), from_row(row)) for row in rows]


def _place(one: tuple[Place, Case]) -> Place:
    return one[0]


def count(connection: Connection, chosen: QueueFilter, most: int = 1_000) -> int:
    """Return how many there are, at most `most`: counting further would read the whole table."""
    inner = select(cases.c.seq).where(*conditions(chosen)).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(inner)).scalar_one())


def _ordered(query: Select[Any], sort: QueueSort) -> Select[Any]:
    column, down = _SORTS[sort]
    return query.order_by(column.desc(), cases.c.seq.desc()) if down else query.order_by(column, cases.c.seq)


def conditions(chosen: QueueFilter) -> list[Any]:
    """Return what a case must be."""
    c = cases.c
    equal: list[tuple[Column[Any], str | None]] = [
        (c.state, chosen.state.value if chosen.state else None),
        (c.language, chosen.language),
        (c.policy, chosen.policy or None),
        (c.skill, chosen.skill),
        (c.level, chosen.level.value if chosen.level else None),
        (c.origin, chosen.origin.value if chosen.origin else None),
        (c.subject_kind, chosen.kind.value if chosen.kind else None),
        (c.assignee, chosen.assignee or None),
        (c.account_id, chosen.account or None),
        (c.channel_id, chosen.channel or None),
    ]
    found: list[Any] = []
    for column, value in equal:
        if value is not None:
            found.append(column == value)
            if column.name in _USUAL and value != _USUAL[column.name]:
                found.append(column != literal_column(f"'{_USUAL[column.name]}'"))
    if chosen.subject:
        kind, _, subject_id = chosen.subject.partition(":")
        found += [c.subject_kind == kind, c.subject_id == subject_id]
    if chosen.holder:
        found += [c.holder == chosen.holder, c.held_until > now_us()]
    if chosen.overdue:
        found += [c.deadline < now_us(), c.state == "open"]
    if chosen.urgent:
        found.append(c.urgent == 1)
    if chosen.failed:
        found.append(c.id.in_(_failed()))
    if chosen.text:
        found.append(_named(chosen.text))
    return found


def failed(connection: Connection, most: int = 100) -> int:
    """Return how many cases have an action that was given up on, at most `most`."""
    inner = _failed().limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(inner)).scalar_one())


def _failed() -> Select[Any]:
    dead = and_(deliveries.c.action_seq == actions.c.seq, deliveries.c.state == DeliveryState.DEAD.value)
    return select(actions.c.case_id).join(deliveries, dead).where(actions.c.case_id.is_not(None)).distinct()


def _named(text: str) -> Any:
    c = cases.c
    kinds = [kind.value for kind in SubjectKind]
    return or_(
        c.id == text,
        and_(c.subject_kind.in_(kinds), c.subject_id == text),
        c.account_id == text,
        c.channel_id == text,
    )
