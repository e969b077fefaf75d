"""Deliveries: one action at one endpoint. A worker claims a delivery, tries it, and writes what became of it.

A claim counts the attempt and moves `next_at` into the future: a worker that dies leaves nothing locked, and its
deliveries come up again. The number of the attempt is the claim's token: who comes late changes nothing.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, and_, exists, func, select, update

from siyaj.model.action import ActionKind, Delivery, DeliveryState, PlatformAction
from siyaj.model.clock import now_us, to_datetime
from siyaj.storage.actions import platform_action
from siyaj.storage.tables import actions, deliveries, endpoints

_WAITING = deliveries.c.state == DeliveryState.WAITING.value


class Claim(Struct):
    """A delivery that is this worker's until `next_at`. `attempt` counts from 1."""

    seq: int
    endpoint: str
    attempt: int
    action: PlatformAction


def claim(connection: Connection, lost_after: int, limit: int, kinds: Sequence[str]) -> list[Claim]:
    """Take deliveries that are due at live endpoints of these kinds, the longest due first.

    Until `lost_after` (microseconds) nobody else gets them. An action waits while an earlier one of the same subject
    at the same endpoint still waits.
    """
    query = (
        select(deliveries.c.action_seq, deliveries.c.endpoint_id, deliveries.c.attempts, *actions.c)
        .join(actions, actions.c.seq == deliveries.c.action_seq)
        .join(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
        .where(_WAITING, deliveries.c.next_at <= now_us(), endpoints.c.disabled_at.is_(None))
        .where(endpoints.c.kind.in_(kinds), ~_earlier_waits())
        .order_by(deliveries.c.next_at, deliveries.c.action_seq)
        .limit(limit)
        .with_for_update(of=deliveries, skip_locked=True)
    )
    claims = [
        Claim(row.action_seq, row.endpoint_id, row.attempts + 1, platform_action(row))
        for row in connection.execute(query)
    ]
    for one in claims:
        _update(connection, one.seq, one.endpoint, attempts=one.attempt, next_at=lost_after)
    return claims


def _earlier_waits() -> Any:
    before, waits = actions.alias("before"), deliveries.alias("waits")
    return exists().where(
        and_(
            before.c.subject_kind == actions.c.subject_kind,
            before.c.subject_id == actions.c.subject_id,
            before.c.seq < actions.c.seq,
            waits.c.action_seq == before.c.seq,
            waits.c.endpoint_id == deliveries.c.endpoint_id,
            waits.c.state == DeliveryState.WAITING.value,
        )
    )


def delivered(connection: Connection, claim: Claim, answer: str) -> bool:
    """Return False when the claim was lost to another worker meanwhile."""
    values = {"state": DeliveryState.DELIVERED.value, "delivered_at": now_us(), "error": "", "answer": answer}
    return _finish(connection, claim, values)


def failed(connection: Connection, claim: Claim, error: str, next_at: int | None) -> bool:
    """Note a failure: to be tried again at `next_at`, or given up on (None)."""
    values: dict[str, Any] = {"error": error}
    if next_at is None:
        values["state"] = DeliveryState.DEAD.value
    else:
        values["next_at"] = next_at
    return _finish(connection, claim, values)


def of_case(connection: Connection, case: str) -> list[Delivery]:
    """Return how the actions of a case fare at each endpoint, in the order of the actions."""
    return _listed(connection, actions.c.case_id == case)


def of_decision(connection: Connection, decision: str) -> list[Delivery]:
    return _listed(connection, actions.c.decision_id == decision)


def counts(connection: Connection) -> dict[str, int]:
    """Return how many deliveries are in each state."""
    query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    return dict(connection.execute(query).tuples().all())


def _listed(connection: Connection, *conditions: Any) -> list[Delivery]:
    query = (
        select(deliveries, actions.c.id.label("action_id"), actions.c.kind, endpoints.c.name)
        .join(actions, actions.c.seq == deliveries.c.action_seq)
        .join(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
        .where(*conditions)
        .order_by(deliveries.c.action_seq, endpoints.c.name)
    )
    return [delivery(row) for row in connection.execute(query)]


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
    )


def _finish(connection: Connection, claim: Claim, values: dict[str, Any]) -> bool:
    done = connection.execute(
        update(deliveries)
        .where(deliveries.c.action_seq == claim.seq, deliveries.c.endpoint_id == claim.endpoint)
        .where(_WAITING, deliveries.c.attempts == claim.attempt)
        .values(**values)
    )
    return done.rowcount == 1


def _update(connection: Connection, seq: int, endpoint: str, **values: Any) -> None:
    connection.execute(
        update(deliveries).where(deliveries.c.action_seq == seq, deliveries.c.endpoint_id == endpoint).values(**values)
    )
