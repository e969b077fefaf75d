"""Appeals: one for each decision and side."""

from typing import Any

from sqlalchemy import Connection, Row, Select, select

from siyaj.model.appeal import Appeal, AppealState, Side
from siyaj.model.clock import to_datetime, to_us
from siyaj.storage.keyset import Order
from siyaj.storage.tables import appeals

RECEIVED = Order(appeals.c.seq, appeals.c.seq)
DECIDED = Order(appeals.c.decided_at, appeals.c.seq, nullable=True)
STATE = Order(appeals.c.state, appeals.c.seq)
"""Orders of lists."""


def insert(connection: Connection, new: Appeal) -> None:
    """Raises AlreadyExists when there is one against this decision by this side."""
    connection.execute(
        appeals.insert(),
        {
            "id": new.id,
            "decision_id": new.decision,
            "case_id": new.case,
            "side": new.side.value,
            "text": new.text,
            "language": new.language,
            "contact": new.contact,
            "state": new.state.value,
            "received_at": to_us(new.received_at),
            "outcome": new.outcome,
        },
    )


def get(connection: Connection, appeal: str) -> Appeal | None:
    return _one(connection, appeals.c.id == appeal)


def of_decision(connection: Connection, decision: str, side: Side) -> Appeal | None:
    return _one(connection, appeals.c.decision_id == decision, appeals.c.side == side.value)


def of_case(connection: Connection, case: str, *, open_only: bool = False) -> list[Appeal]:
    query = select(appeals).where(appeals.c.case_id == case).order_by(appeals.c.seq)
    if open_only:
        query = query.where(appeals.c.state == AppealState.OPEN.value)
    return [from_row(row) for row in connection.execute(query)]


def page(
    connection: Connection,
    *,
    state: AppealState | None = None,
    side: Side | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[tuple[int, Appeal]]:
    """Return (number, appeal), newest first, with a number below `before`."""
    query = those(state, side)
    if before is not None:
        query = query.where(appeals.c.seq < before)
    rows = connection.execute(query.order_by(appeals.c.seq.desc()).limit(limit))
    return [(row.seq, from_row(row)) for row in rows]


def those(state: AppealState | None = None, side: Side | None = None) -> Select[Any]:
    """Return the question for them, in no order; its rows are read by `from_row`."""
    query = select(appeals)
    if state is not None:
        query = query.where(appeals.c.state == state.value)
    return query if side is None else query.where(appeals.c.side == side.value)


def settle(
    connection: Connection, appeal: str, *, state: AppealState, by: str, at: int, outcome: str, decision: str
) -> None:
    values = {"state": state.value, "decided_by": by, "decided_at": at}
    connection.execute(
        appeals.update().where(appeals.c.id == appeal).values(**values, outcome=outcome, outcome_decision_id=decision)
    )


def reopen(connection: Connection, decision: str) -> None:
    """The decision that settled them was undone."""
    values = {"state": AppealState.OPEN.value, "decided_by": None, "decided_at": None, "outcome": ""}
    connection.execute(
        appeals.update().where(appeals.c.outcome_decision_id == decision).values(**values, outcome_decision_id=None)
    )


def _one(connection: Connection, *conditions: Any) -> Appeal | None:
    row = connection.execute(select(appeals).where(*conditions)).one_or_none()
    return from_row(row) if row else None


def from_row(row: Row[Any]) -> Appeal:
    return Appeal(
        id=row.id,
        decision=row.decision_id,
        case=row.case_id,
        side=Side(row.side),
        text=row.text,
        language=row.language,
        contact=row.contact,
        state=AppealState(row.state),
        received_at=to_datetime(row.received_at),
        decided_at=to_datetime(row.decided_at) if row.decided_at is not None else None,
        decided_by=row.decided_by,
        outcome=row.outcome,
    )
