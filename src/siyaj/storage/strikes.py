"""Strikes: marks on accounts and channels. They expire by themselves; an undo or an appeal reverses them."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, func, select, true

from siyaj.model.clock import to_datetime, to_us
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.strike import Strike
from siyaj.storage.tables import strikes


def insert(connection: Connection, new: Sequence[Strike]) -> None:
    if new:
        connection.execute(
            strikes.insert(),
            [
                {
                    "id": strike.id,
                    "subject_kind": strike.subject.kind.value,
                    "subject_id": strike.subject.id,
                    "decision_id": strike.decision,
                    "weight": strike.weight,
                    "at": to_us(strike.at),
                    "expires_at": to_us(strike.expires_at),
                }
                for strike in new
            ],
        )


def weight(connection: Connection, subject: Subject, now: int, without: str | None = None) -> int:
    """Return what the live strikes of an account or channel weigh; those of the decision `without` are left out."""
    query = select(func.coalesce(func.sum(strikes.c.weight), 0)).where(
        strikes.c.subject_kind == subject.kind.value,
        strikes.c.subject_id == subject.id,
        strikes.c.reversed_at.is_(None),
        strikes.c.expires_at > now,
        strikes.c.decision_id != without if without is not None else true(),
    )
    return int(connection.execute(query).scalar_one())


def of_subject(connection: Connection, subject: Subject, limit: int = 100) -> list[Strike]:
    """Return its strikes, newest first, also those that expired or were reversed."""
    query = select(strikes).where(strikes.c.subject_kind == subject.kind.value, strikes.c.subject_id == subject.id)
    return [_strike(row) for row in connection.execute(query.order_by(strikes.c.seq.desc()).limit(limit))]


def of_decision(connection: Connection, decision: str) -> list[Strike]:
    query = select(strikes).where(strikes.c.decision_id == decision).order_by(strikes.c.seq)
    return [_strike(row) for row in connection.execute(query)]


def reverse(connection: Connection, decision: str, by: str, now: int) -> list[str]:
    """Reverse a decision's strikes; return those that were not reversed before."""
    chosen = [strikes.c.decision_id == decision, strikes.c.reversed_at.is_(None)]
    ids = list(connection.execute(select(strikes.c.id).where(*chosen)).scalars())
    connection.execute(strikes.update().where(*chosen).values(reversed_at=now, reversed_by=by))
    return ids


def revive(connection: Connection, ids: Sequence[str]) -> None:
    """Take back a reversal."""
    if ids:
        connection.execute(strikes.update().where(strikes.c.id.in_(ids)).values(reversed_at=None, reversed_by=None))


def _strike(row: Row[tuple[object, ...]]) -> Strike:
    return Strike(
        id=row.id,
        subject=Subject(SubjectKind(row.subject_kind), row.subject_id),
        decision=row.decision_id,
        weight=row.weight,
        at=to_datetime(row.at),
        expires_at=to_datetime(row.expires_at),
        reversed_at=to_datetime(row.reversed_at) if row.reversed_at is not None else None,
    )
