"""Samples as rows, and what of verdicts and decisions they are drawn from."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, func, select, update

from siyaj.model.case import Level
from siyaj.model.clock import to_datetime
from siyaj.model.ids import new_id
from siyaj.model.sample import POLICY, Sample, Stream
from siyaj.model.verdict import Reason
from siyaj.storage import cases, leases
from siyaj.storage.cases import NewCase
from siyaj.storage.keyset import Order
from siyaj.storage.tables import samples

DRAWN = Order(samples.c.seq, samples.c.seq)
JUDGED = Order(samples.c.judged_at, samples.c.seq, nullable=True)
"""Orders of lists, each with an index."""

CORRECTION_PRIORITY = 60
"""Of a case about two judgements that differ: one of them did harm."""


class NewSample(Struct):
    """What is drawn, and the case in which it is looked at again. Times in microseconds."""

    id: str
    stream: Stream
    verdict_id: str | None
    decision_id: str | None
    language: str
    policy: str | None
    first_person: str
    first_action: str
    drawn_at: int
    case: NewCase


_COLUMNS = tuple(name for name in NewSample.__struct_fields__ if name not in ("stream", "case"))


def insert_many(connection: Connection, new: Sequence[NewSample]) -> None:
    """Write samples with their cases; who decided first is barred from them. Raises AlreadyExists when one of them was
    drawn before."""
    if not new:
        return
    connection.execute(
        samples.insert(),
        [
            {"stream": one.stream.value, "case_id": one.case.id, **{name: getattr(one, name) for name in _COLUMNS}}
            for one in new
        ],
    )
    cases.insert_many(connection, [one.case for one in new])
    for one in new:
        if one.first_person != POLICY:
            leases.skip(connection, one.case.id, one.first_person, barred=True)


def of_case(connection: Connection, case: str) -> Sample | None:
    """Return the sample that a case was opened for."""
    row = connection.execute(select(samples).where(samples.c.case_id == case)).one_or_none()
    return from_row(row) if row else None


def judge(connection: Connection, case: str, person: str, action: str, policy: str | None, now: int) -> None:
    """Note the second judgement of the sample that this case was opened for; it is final."""
    values = {"second_person": person, "second_action": action, "second_policy": policy, "judged_at": now}
    connection.execute(update(samples).where(samples.c.case_id == case).values(**values))


def open_correction(connection: Connection, sample: Sample, reason: Reason, now: int, deadline: int) -> str | None:
    """Open a lead's case about a sample's subject, for a third person; return its id. None where the subject has an
    open case already: it is on somebody's table."""
    first = cases.get(connection, sample.case)
    if first is None or cases.open_ids(connection, [first.subject.key]):
        return None
    new = NewCase(
        id=new_id("case"),
        subject_kind=first.subject.kind.value,
        subject_id=first.subject.id,
        policy=sample.second_policy or sample.policy,
        reasons=[reason],
        priority=CORRECTION_PRIORITY,
        opened_at=now,
        deadline=deadline,
        verdicts=0,
        level=Level.LEAD,
        language=first.language,
        account=first.account,
        channel=first.channel,
    )
    cases.insert_many(connection, [new])
    for person in {sample.first_person, sample.second_person} - {POLICY, None}:
        leases.skip(connection, new.id, str(person), barred=True)
    return new.id


def judged(connection: Connection, since: int, until: int) -> list[Sample]:
    """Return what was judged a second time in [since, until), oldest first."""
    query = select(samples).where(samples.c.judged_at >= since, samples.c.judged_at < until)
    return [from_row(row) for row in connection.execute(query.order_by(samples.c.judged_at, samples.c.seq))]


def waiting(connection: Connection) -> int:
    """Return how many samples nobody judged a second time yet."""
    return int(connection.execute(select(func.count()).where(samples.c.judged_at.is_(None))).scalar_one())


def those(*, stream: Stream | None = None, differing: bool = False, open_only: bool = False) -> Select[Any]:
    """Return the question for samples, in no order; its rows are read by `from_row`. `differing`: the two actions are
    not one."""
    query = select(samples)
    if stream is not None:
        query = query.where(samples.c.stream == stream.value)
    if differing:
        query = query.where(samples.c.second_action.is_not(None), samples.c.second_action != samples.c.first_action)
    return query.where(samples.c.judged_at.is_(None)) if open_only else query


def from_row(row: Row[tuple[object, ...]]) -> Sample:
    return Sample(
        id=row.id,
        stream=Stream(row.stream),
        verdict=row.verdict_id,
        decision=row.decision_id,
        case=row.case_id,
        language=row.language,
        policy=row.policy,
        first_person=row.first_person,
        first_action=row.first_action,
        drawn_at=to_datetime(row.drawn_at),
        second_person=row.second_person,
        second_action=row.second_action,
        second_policy=row.second_policy,
        judged_at=to_datetime(row.judged_at) if row.judged_at is not None else None,
    )
