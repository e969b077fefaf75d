"""Leases and other changes of open cases by people: each one statement that checks what it changes.

A case has one holder at most. On PostgreSQL a conditional UPDATE waits for the row and looks again; `next` skips rows
that others are about to take. SQLite has one writer at a time, so that reading and taking are one step there.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, and_, case, func, literal_column, or_, select, text, true

from siyaj.model.case import Case, CaseOrigin, Level
from siyaj.model.clock import now_us
from siyaj.storage.cases import from_row
from siyaj.storage.tables import case_skips, cases, people

SKIPPED_US = 8 * 3_600_000_000
"""Who passed a case on is not offered it again for so long: a shift."""


class Suits(Struct):
    """Which cases a person may be offered. `languages` None: all of them; else these, the empty one among them where
    cases of no language suit as well. `skills` likewise."""

    person: str
    languages: Sequence[str] | None
    skills: Sequence[str]
    escalated: bool
    appeals: bool


def clock(connection: Connection) -> int:
    """Return the time that leases are measured by: the database server's, where there is one, so that processes whose
    clocks differ agree on who holds what."""
    if connection.dialect.name == "postgresql":
        asked = connection.execute(text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"))
        return int(asked.scalar_one())
    return now_us()


def take(connection: Connection, case_id: str, person: str, lease_us: int) -> bool:
    """Give the lease to a person, unless somebody else's runs. The version grows when the holder changes."""
    now = clock(connection)
    mine = and_(cases.c.holder == person, cases.c.held_until > now)
    changed = connection.execute(
        cases.update()
        .where(cases.c.id == case_id, cases.c.state == "open", or_(cases.c.holder == person, _free(now, lease_us)))
        .values(
            holder=person,
            held_until=now + lease_us,
            version=cases.c.version + case((mine, 0), else_=1),
            first_seen_at=func.coalesce(cases.c.first_seen_at, now),
        )
    )
    return changed.rowcount == 1


def holder(connection: Connection, case_id: str) -> str | None:
    """Return who holds a case now, by the clock that leases are measured by."""
    query = select(cases.c.holder, cases.c.held_until).where(cases.c.id == case_id)
    row = connection.execute(query).one_or_none()
    return row.holder if row is not None and row.held_until is not None and row.held_until > clock(connection) else None


def renew(connection: Connection, case_id: str, person: str, lease_us: int) -> bool:
    """Lengthen one's own lease; one that ended is revived as long as nobody took the case meanwhile."""
    now = clock(connection)
    changed = connection.execute(
        cases.update()
        .where(cases.c.id == case_id, cases.c.state == "open", cases.c.holder == person)
        .values(held_until=now + lease_us)
    )
    return changed.rowcount == 1


def next_for(connection: Connection, suits: Suits, lease_us: int) -> Case | None:
    """Lease the most urgent case that suits: one already held, then those handed over to this person, then the queue.

    Asking twice gives the same case: a request that is repeated does not take two.
    """
    now = clock(connection)
    mine = [cases.c.holder == suits.person, cases.c.held_until > now]
    suitable = [_free(now, lease_us), *_suitable(connection, suits, now)]
    given = [cases.c.assignee == suits.person, *suitable]
    anyone = [_unassigned(), *suitable]
    for query in (_of_few(mine), _of_few(given), *_by_language(connection, suits, anyone)):
        found = connection.execute(query.with_for_update(skip_locked=True, of=cases)).scalar_one_or_none()
        if found is not None and take(connection, found, suits.person, lease_us):
            return from_row(connection.execute(select(cases).where(cases.c.id == found)).one())
    return None


def _of_few(conditions: list[Any]) -> Select[Any]:
    """Ask for one of the few cases that name a person. Written so that SQLite, which has no statistics here, does not
    walk through the queue in its order instead."""
    still_open = func.coalesce(cases.c.state, "") == "open"
    return select(cases.c.id).where(*conditions, still_open).order_by(cases.c.rank + 0, cases.c.seq + 0).limit(1)


def _by_language(connection: Connection, suits: Suits, conditions: list[Any]) -> list[Select[Any]]:
    """Return a query for each language that something waits in, the most urgent first. One by one, so that who reads a
    rare language does not walk through all that waits in a frequent one."""
    if suits.languages is None:
        return [_most_urgent(conditions, cases.c.id)]
    waiting = []
    for language in suits.languages:
        its = [cases.c.language == language, *conditions]
        place = connection.execute(_most_urgent(its, cases.c.rank, cases.c.seq)).one_or_none()
        if place is not None:
            waiting.append((tuple(place), its))
    return [_most_urgent(its, cases.c.id) for _, its in sorted(waiting, key=lambda each: each[0])]


def _most_urgent(conditions: list[Any], *columns: Any) -> Select[Any]:
    query = select(*columns).where(cases.c.state == "open", *conditions)
    return query.order_by(cases.c.rank, cases.c.seq).limit(1)


def strays(connection: Connection) -> tuple[set[str], set[str]]:
    """Return the languages and the skills that open cases ask for and nobody who works here is said to have: such cases
    are offered to all. Who has no languages written down reads all."""
    here = connection.execute(select(people.c.languages, people.c.skills).where(people.c.disabled_at.is_(None))).all()
    named = [(column, column != literal_column("''")) for column in (cases.c.language, cases.c.skill)]
    asked = [
        set(connection.execute(select(column).where(cases.c.state == "open", is_named).distinct()).scalars())
        for column, is_named in named
    ]
    languages = {word for row in here for word in row.languages.split()}
    skills = {word for row in here for word in row.skills.split()}
    reads_all = any(not row.languages.strip() for row in here)
    return set() if reads_all else asked[0] - languages, asked[1] - skills


def waiting(connection: Connection, suits: Suits, lease_us: int, most: int = 1_000) -> int:
    """Return how many cases this person could be offered now, at most `most`."""
    now = clock(connection)
    suitable = or_(cases.c.assignee == suits.person, _unassigned())
    spoken = true() if suits.languages is None else cases.c.language.in_(suits.languages)
    query: Select[Any] = select(cases.c.seq).where(
        cases.c.state == "open", spoken, suitable, _free(now, lease_us), *_suitable(connection, suits, now)
    )
    return int(connection.execute(select(func.count()).select_from(query.limit(most).subquery())).scalar_one())


def change(connection: Connection, case_id: str, **values: Any) -> None:
    """Set columns of a case that this transaction has locked; its version grows."""
    connection.execute(cases.update().where(cases.c.id == case_id).values(version=cases.c.version + 1, **values))


def close(connection: Connection, case_id: str, decision: str, now: int, **values: Any) -> str:
    """Close a case that this transaction has locked; return the key that it was open under."""
    key = connection.execute(select(cases.c.open_subject).where(cases.c.id == case_id)).scalar_one()
    closed = {"state": "closed", "open_subject": None, "closed_at": now, "decision_id": decision, "undelivered": None}
    change(connection, case_id, holder=None, held_until=None, **closed, **values)
    return str(key or "")


def reopen(
    connection: Connection, closed: Case, key: str, second_opinion: str, lease: tuple[str, int] | None, **values: Any
) -> None:
    """Open a case again as it was, in the hands of a person (id, microseconds). Where its subject has a new case by
    now, both stand open."""
    taken = connection.execute(select(cases.c.id).where(cases.c.open_subject == key)).one_or_none()
    change(
        connection,
        closed.id,
        state="open",
        open_subject=key if taken is None else f"{key}#{closed.id}",
        closed_at=None,
        decision_id=None,
        second_opinion=second_opinion,
        holder=lease[0] if lease else None,
        held_until=clock(connection) + lease[1] if lease else None,
        **values,
    )


def skip(connection: Connection, case_id: str, person: str, why: str = "", *, barred: bool = False) -> None:
    """Note that a person passed a case on. `barred`: they may never decide it, having decided before."""
    chosen = and_(case_skips.c.case_id == case_id, case_skips.c.person == person)
    at = now_us()
    if connection.execute(select(case_skips.c.at).where(chosen)).one_or_none() is None:
        row = {"case_id": case_id, "person": person, "at": at, "why": why, "barred": int(barred)}
        connection.execute(case_skips.insert(), row)
    else:
        kept = {"barred": 1} if barred else {}
        connection.execute(case_skips.update().where(chosen).values(at=at, why=why, **kept))


def is_barred(connection: Connection, case_id: str, person: str) -> bool:
    query = select(case_skips.c.barred).where(case_skips.c.case_id == case_id, case_skips.c.person == person)
    return bool(connection.execute(query).scalar_one_or_none())


def _free(now: int, lease_us: int) -> Any:
    """No lease that runs. One that ends later than any lease could was written by a clock that went wrong."""
    return or_(cases.c.holder.is_(None), cases.c.held_until <= now, cases.c.held_until > now + 2 * lease_us)


def _unassigned() -> Any:
    """Nobody, or somebody who is gone: a case must not wait for a person who was deleted or disabled."""
    there = select(people.c.id).where(people.c.id == cases.c.assignee, people.c.disabled_at.is_(None))
    return or_(cases.c.assignee.is_(None), ~there.exists())


def _suitable(connection: Connection, suits: Suits, now: int) -> list[Any]:
    c = cases.c
    passed = select(case_skips.c.person).where(
        case_skips.c.case_id == c.id,
        case_skips.c.person == suits.person,
        or_(case_skips.c.barred == 1, case_skips.c.at > now - SKIPPED_US),
    )
    return [
        _only_filtered(connection, c.skill).in_(suits.skills),
        true() if suits.escalated else _only_filtered(connection, c.level) == Level.REVIEWER.value,
        true() if suits.appeals else c.origin != CaseOrigin.APPEAL.value,
        ~passed.exists(),
    ]


def _only_filtered(connection: Connection, column: Any) -> Any:
    """Write a column so that SQLite reads the index of the language, not this column's. PostgreSQL chooses by its
    statistics, and has none of an expression: it would expect few rows, and read and sort the whole table for them."""
    return func.coalesce(column, "") if connection.dialect.name == "sqlite" else column
