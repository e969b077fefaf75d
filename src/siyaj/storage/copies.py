"""Open cases of exact copies: the same file, or the same folded text. Near copies are never among them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from siyaj.model.case import Case, CaseOrigin, Level, SecondOpinion
from siyaj.storage.cases import from_row
from siyaj.storage.tables import cases, reporters, reports

MOST = 200
"""Copies that are decided together; the others follow when one of them is decided."""


def open_ones(connection: Connection, case: Case, now: int) -> list[Case]:
    """Return the cases that would be decided together with this one: nobody else holds them, and nothing about them
    asks for more than a reviewer's own word."""
    return [from_row(row) for row in connection.execute(_query(case, now))]


def take_open_ones(connection: Connection, case: Case, now: int) -> list[Case]:
    """The same, locked. One that somebody else decides at this moment is left to them."""
    query = _query(case, now).with_for_update(skip_locked=True)
    return [from_row(row) for row in connection.execute(query)]


def count(connection: Connection, copy_key: str) -> int:
    """Return how many cases there are of this item, open and closed, at most 1,000."""
    query = select(cases.c.seq).where(cases.c.copy_key == copy_key).limit(1_000)
    return len(connection.execute(query).all())


def lock(connection: Connection, ids: Sequence[str]) -> None:
    """Lock these cases, then all who reported them, each in one order: whoever changes several cases in a transaction
    would else wait for somebody who waits for them."""
    reported = select(reports.c.reporter_id).where(reports.c.case_id.in_(ids))
    chosen = select(cases.c.seq).where(cases.c.id.in_(ids)).order_by(cases.c.seq)
    connection.execute(chosen.with_for_update()).all()
    theirs = select(reporters.c.id).where(reporters.c.id.in_(reported)).order_by(reporters.c.id)
    connection.execute(theirs.with_for_update()).all()


def _query(case: Case, now: int) -> Select[Any]:
    c = cases.c
    return (
        select(cases)
        .where(
            c.copy_key == case.copy_key,
            c.state == "open",
            c.id != case.id,
            c.subject_kind == case.subject.kind.value,
            c.origin == CaseOrigin.CONTENT.value,
            c.level == Level.REVIEWER.value,
            c.second_opinion != SecondOpinion.ASKED.value,
            or_(c.holder.is_(None), c.held_until <= now, c.holder == case.holder),
        )
        .order_by(c.seq)
        .limit(MOST)
    )
