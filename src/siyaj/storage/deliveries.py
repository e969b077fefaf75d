"""Deliveries: one action at one endpoint. A worker claims a delivery, tries it, and writes what became of it.

A claim counts the attempt and moves `next_at` into the future: a worker that dies leaves nothing locked, and its
deliveries come up again. The number of the attempt is the claim's token: who comes late changes nothing.
"""

from collections.abc import Collection, Generator, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, Update, and_, exists, select, tuple_, update

from siyaj.model.action import ActionKind, DeliveryState, PlatformAction
from siyaj.model.clock import now_us
from siyaj.model.report import Subject
from siyaj.storage.actions import platform_action, visible
from siyaj.storage.tables import actions, deliveries, endpoints

_WAITING = deliveries.c.state == DeliveryState.WAITING.value
_SETTLED = (DeliveryState.DELIVERED.value, DeliveryState.UNAVAILABLE.value)


class Claim(Struct):
    """A delivery that is this worker's until `next_at`. `attempt` counts from 1."""

    seq: int
    endpoint: str
    attempt: int
    action: PlatformAction


def due(connection: Connection, kinds: Sequence[str]) -> list[str]:
    """Return the ids of live endpoints of these kinds at which something is due. A read: nothing is claimed."""
    live = select(endpoints.c.id).where(endpoints.c.disabled_at.is_(None), endpoints.c.kind.in_(kinds))
    found = connection.execute(live).scalars().all()
    return [one for one in found if connection.execute(_due_at(one).limit(1)).first() is not None]


def claim(connection: Connection, endpoint: str, lost_after: int, limit: int) -> list[Claim]:
    """Take deliveries that are due at an endpoint (by id), the longest due first.

    Until `lost_after` (microseconds) nobody else gets them. An action waits while an earlier one of the same subject
    at the same endpoint still waits.
    """
    rows = connection.execute(_due_at(endpoint).limit(limit).with_for_update(of=deliveries, skip_locked=True)).all()
    claims = [Claim(row.action_seq, endpoint, row.attempts + 1, platform_action(row)) for row in rows]
    for one in claims:
        connection.execute(_row(one.seq, endpoint).values(attempts=one.attempt, next_at=lost_after))
    return claims


def offered(
    connection: Connection, endpoint: str, after: int, kind: str, limit: int
) -> list[tuple[int, PlatformAction]]:
    """Return (number, action) of what is due at an endpoint that is asked, with a number above `after`, in order."""
    query = _due_at(endpoint, by_time=False).where(actions.c.seq > after)
    if kind:
        query = query.where(actions.c.kind == kind)
    return [(row.action_seq, platform_action(row)) for row in connection.execute(query.limit(limit))]


def take(connection: Connection, endpoint: str, action: str) -> Claim | None:
    """Claim one visible action at an endpoint (by id) in order to write what became of it; None if it is not there.

    What was delivered or given up on before comes again with the attempt that it had: `delivered` and `failed` leave
    it as it is.
    """
    query = (
        select(deliveries.c.action_seq, deliveries.c.attempts, deliveries.c.state, *actions.c)
        .join(actions, actions.c.seq == deliveries.c.action_seq)
        .where(actions.c.id == action, deliveries.c.endpoint_id == endpoint, *visible())
        .with_for_update(of=deliveries)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    waits = row.state == DeliveryState.WAITING.value
    attempt = row.attempts + 1 if waits else row.attempts
    if waits:
        connection.execute(_row(row.action_seq, endpoint).values(attempts=attempt))
    return Claim(row.action_seq, endpoint, attempt, platform_action(row))


def _due_at(endpoint: str, *, by_time: bool = True) -> Select[Any]:
    order = (deliveries.c.next_at, deliveries.c.action_seq) if by_time else (deliveries.c.action_seq,)
    return (
        select(deliveries.c.action_seq, deliveries.c.attempts, *actions.c)
        .join(actions, actions.c.seq == deliveries.c.action_seq)
        .join(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
        .where(*_is_due(), deliveries.c.endpoint_id == endpoint)
        .order_by(*order)
    )


def _is_due() -> tuple[Any, ...]:
    return _WAITING, deliveries.c.next_at <= now_us(), endpoints.c.disabled_at.is_(None), ~_earlier_waits()


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
    if claim.attempt > 1:
        _release(connection, claim)
    values = {"state": DeliveryState.DELIVERED.value, "delivered_at": now_us(), "error": "", "answer": answer}
    return _finish(connection, claim, values)


def unavailable(connection: Connection, claim: Claim, said: str) -> bool:
    """Note that the platform has no such thing. Return False when the claim was lost to another worker meanwhile."""
    if claim.attempt > 1:
        _release(connection, claim)
    return _finish(connection, claim, {"state": DeliveryState.UNAVAILABLE.value, "error": "", "answer": said})


def failed(connection: Connection, claim: Claim, error: str, next_at: int | None) -> bool:
    """Note a failure: to be tried again at `next_at`, or given up on (None). Return False when the claim was lost.

    What waits behind it, of the same subject, need not be looked at before.
    """
    if next_at is None:
        _release(connection, claim)
        return _finish(connection, claim, {"error": error, "state": DeliveryState.DEAD.value})
    connection.execute(_behind(claim).where(deliveries.c.next_at < next_at).values(next_at=next_at))
    return _finish(connection, claim, {"error": error, "next_at": next_at})


def _behind(claim: Claim) -> Update:
    """Update what waits behind a delivery: later actions of the same subject at the same endpoint."""
    subject = claim.action.subject
    later = select(actions.c.seq).where(
        actions.c.subject_kind == subject.kind.value, actions.c.subject_id == subject.id, actions.c.seq > claim.seq
    )
    mine = update(deliveries).where(deliveries.c.endpoint_id == claim.endpoint, deliveries.c.action_seq.in_(later))
    return mine.where(_WAITING, deliveries.c.attempts == 0)


def _release(connection: Connection, claim: Claim) -> None:
    """Nothing is in the way any more: what was put off leaves as soon as it may."""
    its = select(actions.c.not_before).where(actions.c.seq == deliveries.c.action_seq).scalar_subquery()
    connection.execute(_behind(claim).values(next_at=its))


def disown(connection: Connection, claim: Claim, why: str, *, unavailable: bool = False) -> bool:
    """Note that a platform took an action and could not do it after all, this time or (`unavailable`) at all; it can
    be replayed. False: it was not delivered."""
    arrived = _row(claim.seq, claim.endpoint).where(deliveries.c.state == DeliveryState.DELIVERED.value)
    dead = {"state": DeliveryState.DEAD.value, "error": why}
    values = {"state": DeliveryState.UNAVAILABLE.value, "answer": why} if unavailable else dead
    return connection.execute(arrived.values(**values, delivered_at=None)).rowcount == 1


def replay(connection: Connection, *, endpoint: str = "", action: str = "", decision: str = "") -> tuple[int, int]:
    """Let dead deliveries be tried again, of one endpoint (by id), of one action, of one decision, or all. What is not
    available on a platform only where the action is named: it may have learned it since.

    Return how many, and how many were left alone because a later action of the same subject has arrived there: to
    remove now what was restored since would be wrong.
    """
    states = [DeliveryState.DEAD.value, *([DeliveryState.UNAVAILABLE.value] if action else [])]
    query = (
        select(deliveries.c.action_seq, deliveries.c.endpoint_id, _later_arrived().label("late"))
        .join(actions, actions.c.seq == deliveries.c.action_seq)
        .where(deliveries.c.state.in_(states))
    )
    if endpoint:
        query = query.where(deliveries.c.endpoint_id == endpoint)
    if action:
        query = query.where(actions.c.id == action)
    if decision:
        query = query.where(actions.c.decision_id == decision)
    found = connection.execute(query).all()
    again = [row for row in found if not row.late]
    for row in again:
        fresh = {"state": DeliveryState.WAITING.value, "attempts": 0, "next_at": now_us()}
        connection.execute(_row(row.action_seq, row.endpoint_id).values(**fresh))
    return len(again), len(found) - len(again)


def abandon(connection: Connection, decision: str) -> None:
    """What a decision did not get done by now need not be done any more."""
    tried = (DeliveryState.DEAD.value, DeliveryState.WAITING.value)
    mine = _of_decision(decision).where(deliveries.c.state.in_(tried))
    connection.execute(mine.values(state=DeliveryState.CANCELLED.value))


def resume(connection: Connection, decision: str) -> None:
    """Take `abandon` back: what was tried in vain is dead again."""
    mine = _of_decision(decision).where(deliveries.c.state == DeliveryState.CANCELLED.value, deliveries.c.attempts > 0)
    connection.execute(mine.values(state=DeliveryState.DEAD.value))


def _of_decision(decision: str) -> Update:
    its = select(actions.c.seq).where(actions.c.decision_id == decision)
    return update(deliveries).where(deliveries.c.action_seq.in_(its))


def _later_arrived() -> Any:
    after, arrived = actions.alias("after"), deliveries.alias("arrived")
    return exists().where(
        and_(
            after.c.subject_kind == actions.c.subject_kind,
            after.c.subject_id == actions.c.subject_id,
            after.c.seq > actions.c.seq,
            after.c.kind != ActionKind.NOTIFY.value,
            actions.c.kind != ActionKind.NOTIFY.value,
            arrived.c.action_seq == after.c.seq,
            arrived.c.endpoint_id == deliveries.c.endpoint_id,
            arrived.c.state.in_(_SETTLED),
        )
    )


def at_endpoint(
    connection: Connection, endpoint: str, after: Subject | None = None
) -> Generator[tuple[int, PlatformAction, DeliveryState | None], None, None]:
    """Yield (number, action, how it fares at an endpoint (by id), None: it was never to go there) of all that changes
    a subject and may leave by now, each subject's together and in order; `after` a subject, those behind it. Read to
    the end, or close it."""
    here = and_(deliveries.c.action_seq == actions.c.seq, deliveries.c.endpoint_id == endpoint)
    query: Select[Any] = (
        select(*actions.c, deliveries.c.state)
        .outerjoin(deliveries, here)
        .where(actions.c.kind.not_in([ActionKind.NOTIFY.value, ActionKind.NONE.value]), *visible())
        .order_by(actions.c.subject_kind, actions.c.subject_id, actions.c.seq)
    )
    if after is not None:
        query = query.where(tuple_(actions.c.subject_kind, actions.c.subject_id) > (after.kind.value, after.id))
    for row in connection.execution_options(yield_per=500).execute(query):
        yield row.seq, platform_action(row), DeliveryState(row.state) if row.state is not None else None


def send(connection: Connection, endpoint: str, numbers: Collection[int]) -> None:
    """Let actions (by number) leave for an endpoint (by id) at once, whether or not they did before."""
    fresh = {"state": DeliveryState.WAITING.value, "attempts": 0, "next_at": now_us(), "delivered_at": None}
    for number in sorted(numbers):
        if not connection.execute(_row(number, endpoint).values(**fresh)).rowcount:
            row = {"action_seq": number, "endpoint_id": endpoint, **fresh}
            connection.execute(deliveries.insert(), row)


def _finish(connection: Connection, claim: Claim, values: dict[str, Any]) -> bool:
    mine = _row(claim.seq, claim.endpoint).where(_WAITING, deliveries.c.attempts == claim.attempt)
    return connection.execute(mine.values(**values)).rowcount == 1


def _row(seq: int, endpoint: str) -> Update:
    return update(deliveries).where(deliveries.c.action_seq == seq, deliveries.c.endpoint_id == endpoint)
