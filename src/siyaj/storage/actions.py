"""Actions: the outbox. They are written in the transaction of the decision, and leave from `not_before` on."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, and_, exists, select, text, update

from siyaj.model.action import ActionKind, DeliveryState, PlatformAction
from siyaj.model.clock import now_us, to_datetime, to_us
from siyaj.model.ids import new_id
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage.tables import actions, deliveries, endpoints

_DAY_US = 86_400_000_000


class NewAction(Struct):
    """What is to be done on the platform. `decision` is the decision's id, or the verdict's where the policy acts
    alone; `not_before` is the end of the time in which it can be undone."""

    decision: str
    case: str | None
    subject: Subject
    kind: ActionKind
    policy: str | None
    payload: dict[str, Any]
    not_before: datetime


def enqueue(connection: Connection, new: Sequence[NewAction]) -> list[str]:
    """Write actions, and a waiting delivery of each for every live endpoint; return their ids, in order.

    An action of the kind `none` is not sent: leave it out. The order of the list is the order in which they arrive.
    """
    take_turns(connection, [action.subject for action in new])
    now = now_us()
    live = connection.execute(select(endpoints.c.id).where(endpoints.c.disabled_at.is_(None))).scalars().all()
    ids = []
    for action in new:
        ids.append(new_id("act"))
        written = connection.execute(actions.insert(), _columns(ids[-1], action, now))
        seq = written.inserted_primary_key
        assert seq is not None
        rows = [
            {"action_seq": seq[0], "endpoint_id": endpoint, "state": "waiting", "next_at": to_us(action.not_before)}
            for endpoint in live
        ]
        if rows:
            connection.execute(deliveries.insert(), rows)
    return ids


def take_turns(connection: Connection, subjects: Iterable[Subject]) -> None:
    """Two transactions that act on one subject write one after the other, so that numbers grow in the order of commit:
    else the later action could be seen, and sent, before the earlier one. SQLite has one writer anyway.

    Whoever enqueues more than once in a transaction takes all the turns first, in one call: in one order.
    """
    if connection.dialect.name == "postgresql":
        for key in sorted({subject.key for subject in subjects}):
            lock = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True)
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def cancel(connection: Connection, decision: str) -> int:
    """Take back the actions of a decision that have not left yet; return how many."""
    chosen = [
        row.seq
        for row in connection.execute(
            select(actions.c.seq).where(
                actions.c.decision_id == decision,
                actions.c.cancelled_at.is_(None),
                actions.c.not_before > now_us(),
            )
        )
    ]
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.action_seq.in_(chosen),
            deliveries.c.state == DeliveryState.WAITING.value,
            deliveries.c.attempts == 0,
        )
        .values(state=DeliveryState.CANCELLED.value)
    )
    left = exists().where(
        and_(deliveries.c.action_seq == actions.c.seq, deliveries.c.state != DeliveryState.CANCELLED.value)
    )
    done = connection.execute(update(actions).where(actions.c.seq.in_(chosen), ~left).values(cancelled_at=now_us()))
    return done.rowcount


def set_aside(connection: Connection, ids: Sequence[str], at: int | None) -> None:
    """Cancel actions that arrived nowhere; with None they count again."""
    connection.execute(update(actions).where(actions.c.id.in_(ids)).values(cancelled_at=at))


def get(connection: Connection, action: str) -> PlatformAction | None:
    """Return an action that may leave by now: an action is not visible before its time, nor after it was cancelled."""
    query = select(actions).where(actions.c.id == action, *visible())
    row = connection.execute(query).one_or_none()
    return platform_action(row) if row else None


def of_decision(connection: Connection, decision: str) -> list[PlatformAction]:
    """Return what a decision did or is about to do, in order; not what was cancelled."""
    return _listed(connection, actions.c.decision_id == decision)


def of_case(connection: Connection, case: str) -> list[PlatformAction]:
    return _listed(connection, actions.c.case_id == case)


def of_subject(connection: Connection, subject: Subject, *, visible_only: bool = True) -> list[PlatformAction]:
    """Return what was done to a subject, oldest first."""
    conditions = [actions.c.subject_kind == subject.kind.value, actions.c.subject_id == subject.id]
    return _listed(connection, *conditions, *(visible() if visible_only else ()))


def ended(connection: Connection, limit: int) -> list[PlatformAction]:
    """Return measures whose time is over, each once: the caller sees to them in this transaction."""
    query = (
        select(actions)
        .where(actions.c.ends_at <= now_us(), actions.c.cancelled_at.is_(None))
        .order_by(actions.c.ends_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(query).all()
    connection.execute(update(actions).where(actions.c.seq.in_([row.seq for row in rows])).values(ends_at=None))
    return [platform_action(row) for row in rows]


def visible() -> tuple[Any, ...]:
    """The conditions under which a platform sees an action."""
    return actions.c.not_before <= now_us(), actions.c.cancelled_at.is_(None)


def _listed(connection: Connection, *conditions: Any) -> list[PlatformAction]:
    query = select(actions).where(actions.c.cancelled_at.is_(None), *conditions).order_by(actions.c.seq)
    return [platform_action(row) for row in connection.execute(query)]


def platform_action(row: Row[Any]) -> PlatformAction:
    """Read a row of `actions`."""
    return PlatformAction(
        id=row.id,
        kind=ActionKind(row.kind),
        subject=Subject(SubjectKind(row.subject_kind), row.subject_id),
        decision=row.decision_id,
        case=row.case_id,
        policy=row.policy,
        created_at=to_datetime(row.created_at),
        payload=msgspec.json.decode(bytes(row.payload)),
    )


def _columns(action_id: str, action: NewAction, now: int) -> dict[str, Any]:
    return {
        "id": action_id,
        "decision_id": action.decision,
        "case_id": action.case,
        "subject_kind": action.subject.kind.value,
        "subject_id": action.subject.id,
        "kind": action.kind.value,
        "policy": action.policy,
        "payload": msgspec.json.encode(action.payload),
        "created_at": now,
        "not_before": to_us(action.not_before),
        "ends_at": _ends_at(action),
    }


def _ends_at(action: NewAction) -> int | None:
    days = action.payload.get("days")
    return to_us(action.not_before) + int(days * _DAY_US) if isinstance(days, int | float) else None
