"""How deliveries fare, for the people who look: of an action, a case, a decision, or page by page."""

from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from siyaj.model.action import ActionKind, Delivery, DeliveryState
from siyaj.model.clock import to_datetime
from siyaj.storage.keyset import Order
from siyaj.storage.tables import actions, deliveries, endpoints

NUMBER = Order(deliveries.c.action_seq, deliveries.c.endpoint_id)
"""The order of lists: that of the actions."""


def of_action(connection: Connection, action: str, endpoint: str) -> Delivery | None:
    """Return how an action fares at an endpoint (by id)."""
    found = _listed(connection, actions.c.id == action, deliveries.c.endpoint_id == endpoint)
    return found[0] if found else None


def of_case(connection: Connection, case: str) -> list[Delivery]:
    """Return how the actions of a case fare at each endpoint, in the order of the actions."""
    return _listed(connection, actions.c.case_id == case)


def of_decision(connection: Connection, decision: str) -> list[Delivery]:
    return _listed(connection, actions.c.decision_id == decision)


def page(
    connection: Connection, *, state: DeliveryState | None = None, endpoint: str = "", before: int | None = None,
    limit: int = 50,
) -> list[tuple[int, Delivery]]:  # fmt: skip
    """Return (number of the action, delivery), newest first, with a number below `before`; `endpoint` by id."""
    query = those(state, endpoint)
    if before is not None:
        query = query.where(deliveries.c.action_seq < before)
    query = query.order_by(deliveries.c.action_seq.desc(), endpoints.c.name).limit(limit)
    return [(row.action_seq, delivery(row)) for row in connection.execute(query)]


def those(state: DeliveryState | None = None, endpoint: str = "") -> Select[Any]:
    """Return the question for deliveries, in no order; its rows are read by `delivery`. `endpoint` by id."""
    query = _joined()
    if state is not None:
        query = query.where(deliveries.c.state == state.value)
    return query.where(deliveries.c.endpoint_id == endpoint) if endpoint else query


def counts(connection: Connection) -> dict[str, int]:
    """Return how many deliveries wait, and how many are dead."""
    looked_at = (DeliveryState.WAITING.value, DeliveryState.DEAD.value)
    query = select(deliveries.c.state, func.count()).where(deliveries.c.state.in_(looked_at))
    found = {row[0]: row[1] for row in connection.execute(query.group_by(deliveries.c.state))}
    return {state: found.get(state, 0) for state in looked_at}


def delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        action=row.action_id,
        endpoint=row.name,
        kind=ActionKind(row.kind),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_at=to_datetime(row.next_at),
        delivered_at=to_datetime(row.delivered_at) if row.delivered_at is not None else None,
        error=row.error,
        answer=row.answer,
    )


def _listed(connection: Connection, *conditions: Any) -> list[Delivery]:
    query = _joined().where(*conditions).order_by(deliveries.c.action_seq, endpoints.c.name)
    return [delivery(row) for row in connection.execute(query)]


def _joined() -> Select[Any]:
    return (
        select(deliveries, actions.c.id.label("action_id"), actions.c.kind, endpoints.c.name)
        .join(actions, actions.c.seq == deliveries.c.action_seq)
        .join(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
    )
