"""Leases and other changes of open cases by people: each one statement that checks what it changes.

A case has one holder at most. On PostgreSQL a conditional UPDATE waits for the row and looks again; `next` skips rows
that others are about to take. SQLite has one writer at a time, so that reading and taking are one step there.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, and_, case, false, func, literal, or_, select, text, true

from siyaj.model.case import Case, CaseOrigin, Level
from siyaj.model.clock import now_us
from siyaj.storage.cases import from_row
from siyaj.storage.tables import case_skips, cases, people

SKIPPED_US = 8 * 3_600_000_000
"""Who passed a case on is not offered it again for so long: a shift."""


class Suits(Struct):
    """Which cases a person may be offered. No languages: all of them."""

    person: str
    languages: Sequence[str]
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
    given = [cases.c.assignee == suits.person, _free(now, lease_us), *_suitable(suits, now)]
    anyone = [_unassigned(), _free(now, lease_us), *_suitable(suits, now)]
    for conditions in (mine, given, anyone):
        query = select(cases.c.id).where(cases.c.state == "open", *conditions)
        query = query.order_by(cases.c.rank, cases.c.seq).limit(1)
        found = connection.execute(query.with_for_update(skip_locked=True, of=cases)).scalar_one_or_none()
        if found is not None and take(connection, found, suits.person, lease_us):
            return from_row(connection.execute(select(cases).where(cases.c.id == found)).one())
    return None


def waiting(connection: Connection, suits: Suits, lease_us: int, most: int = 1_000) -> int:
    """Return how many cases this person could be offered now, at most `most`."""
    now = clock(connection)
    suitable = or_(cases.c.assignee == suits.person, _unassigned())
    query: Select[Any] = select(cases.c.seq).where(
        cases.c.state == "open", suitable, _free(now, lease_us), *_suitable(suits, now)
    )
    return int(connection.execute(select(func.count()).select_from(query.limit(most).subquery())).scalar_one())


def change(connection: Connection, case_id: str, **values: Any) -> None:
    """Set columns of a case that this transaction has locked; its version grows."""
    connection.execute(cases.update().where(cases.c.id == case_id).values(version=cases.c.version + 1, **values))


def close(connection: Connection, case_id: str, decision: str, now: int, **values: Any) -> str:
    """Close a case that this transaction has locked; return the key that it was open under."""
    key = connection.execute(select(cases.c.open_subject).where(cases.c.id == case_id)).scalar_one()
    closed = {"state": "closed", "open_subject": None, "closed_at": now, "decision_id": decision}
    change(connection, case_id, holder=None, held_until=None, **closed, **values)
    return str(key or "")


def reopen(connection: Connection, closed: Case, key: str, second_opinion: str, lease: tuple[str, int] | None) -> None:
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


def _nobody(wanted: Any, have: Any) -> Any:
    """Nobody who works here is said to have what a case asks for: then it does not wait for them. Who has no languages
    written down reads all."""
    has = (literal(" ") + have + literal(" ")).contains(literal(" ") + wanted + literal(" "))
    all_of_them = have == "" if have is people.c.languages else false()
    return ~select(people.c.id).where(people.c.disabled_at.is_(None), or_(has, all_of_them)).exists()


def _suitable(suits: Suits, now: int) -> list[Any]:
    c = cases.c
    passed = select(case_skips.c.person).where(
        case_skips.c.case_id == c.id,
        case_skips.c.person == suits.person,
        or_(case_skips.c.barred == 1, case_skips.c.at > now - SKIPPED_US),
    )
    return [
        or_(c.language == "", c.language.in_(suits.languages), _nobody(c.language, people.c.languages))
        if suits.languages
        else true(),
        or_(c.skill == "", c.skill.in_(suits.skills), _nobody(c.skill, people.c.skills)),
        true() if suits.escalated else c.level == Level.REVIEWER.value,
        true() if suits.appeals else c.origin != CaseOrigin.APPEAL.value,
        ~passed.exists(),
    ]
