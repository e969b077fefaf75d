"""Orders of authorities: one row for each, until the case's decision closes it."""

from sqlalchemy import Connection, Row, select

from siyaj.model.clock import to_datetime, to_us
from siyaj.model.order import Order
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage.tables import cases, decisions, orders

_QUERY = (
    select(orders, decisions.c.action)
    .join(cases, cases.c.id == orders.c.case_id, isouter=True)
    .join(decisions, decisions.c.id == cases.c.decision_id, isouter=True)
)


def insert(connection: Connection, order: Order) -> None:
    """Raises AlreadyExists when the authority's reference is there already."""
    connection.execute(
        orders.insert(),
        {
            "id": order.id,
            "authority": order.authority,
            "reference": order.reference,
            "subject_kind": order.subject.kind.value,
            "subject_id": order.subject.id,
            "case_id": order.case,
            "received_at": to_us(order.received_at),
            "deadline": to_us(order.deadline),
            "text": order.text,
        },
    )


def get(connection: Connection, order: str) -> Order | None:
    row = connection.execute(_QUERY.where(orders.c.id == order)).one_or_none()
    return _order(row) if row else None


def by_reference(connection: Connection, authority: str, reference: str) -> Order | None:
    named = (orders.c.authority == authority) & (orders.c.reference == reference)
    row = connection.execute(_QUERY.where(named)).one_or_none()
    return _order(row) if row else None


def of_case(connection: Connection, case: str) -> list[Order]:
    """Return a case's orders, the most pressing first."""
    return [
        _order(row) for row in connection.execute(_QUERY.where(orders.c.case_id == case).order_by(orders.c.deadline))
    ]


def close_case(connection: Connection, case: str, closed_at: int | None) -> None:
    """Close a case's orders with its decision; None: it was undone, they wait again."""
    connection.execute(orders.update().where(orders.c.case_id == case).values(closed_at=closed_at))


def _order(row: Row[tuple[object, ...]]) -> Order:
    return Order(
        id=row.id,
        authority=row.authority,
        reference=row.reference,
        subject=Subject(SubjectKind(row.subject_kind), row.subject_id),
        text=row.text,
        case=row.case_id,
        received_at=to_datetime(row.received_at),
        deadline=to_datetime(row.deadline),
        closed_at=to_datetime(row.closed_at) if row.closed_at is not None else None,
        action=row.action if row.closed_at is not None else None,
    )
