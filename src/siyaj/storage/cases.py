"""Cases: what waits for a person. At most one open case for each subject; more verdicts merge into it.

Leases and other changes by people are in `storage.leases`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, Text, bindparam, func, select
from sqlalchemy import case as case_when

from siyaj.model.case import Case, CaseOrigin, CaseState, Level, PriorityReason, SecondOpinion
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.verdict import Reason
from siyaj.storage.bulk import Among, insert_rows
from siyaj.storage.tables import cases


class NewCase(Struct):
    """What opens a case. Times in microseconds; a higher `priority` comes first.

    `key` is what only one open case can have: `kind:id` of the subject unless given, e.g. `appeal:dec_…` or
    `sample:ver_…`, so that such cases stand beside the subject's own.
    """

    id: str
    subject_kind: str
    subject_id: str
    policy: str | None
    reasons: list[Reason]
    priority: int
    opened_at: int
    deadline: int
    verdicts: int = 1
    reports: int = 0
    origin: CaseOrigin = CaseOrigin.CONTENT
    language: str = ""
    skill: str = ""
    level: Level = Level.REVIEWER
    urgent: bool = False
    reach: int = 0
    priority_reasons: Sequence[PriorityReason] = ()
    account: str | None = None
    channel: str | None = None
    copy_key: str | None = None
    key: str = ""

    @property
    def open_subject(self) -> str:
        return self.key or f"{self.subject_kind}:{self.subject_id}"


class MergedVerdict(Struct):
    """What one more held verdict adds to an open case. What the case knows already stays; a priority only rises, and
    its reasons with it."""

    case: str
    priority: int
    reasons: Sequence[PriorityReason] = ()
    language: str = ""
    account: str | None = None
    channel: str | None = None
    copy_key: str | None = None
    policy: str | None = None


_INSERT = cases.insert()
_OPEN = Among(select(cases.c.id, cases.c.open_subject), cases.c.open_subject)
_RISES = {
    "priority": case_when((cases.c.priority > bindparam("new"), cases.c.priority), else_=bindparam("new")),
    "rank": 100 - case_when((cases.c.priority > bindparam("new"), cases.c.priority), else_=bindparam("new")),
}
_MERGE = (
    cases.update()
    .where(cases.c.id == bindparam("case"))
    .values(
        verdicts=cases.c.verdicts + 1,
        priority_reasons=case_when(
            (cases.c.priority > bindparam("new"), cases.c.priority_reasons), else_=bindparam("why")
        ),
        language=case_when((cases.c.language == "", bindparam("tag")), else_=cases.c.language),
        account_id=func.coalesce(cases.c.account_id, bindparam("account", type_=Text)),
        channel_id=func.coalesce(cases.c.channel_id, bindparam("channel", type_=Text)),
        copy_key=func.coalesce(cases.c.copy_key, bindparam("copied", type_=Text)),
        policy=func.coalesce(cases.c.policy, bindparam("code", type_=Text)),
        **_RISES,
    )
)
_MERGE_REPORT = (
    cases.update()
    .where(cases.c.id == bindparam("case"))
    .values(
        reports=cases.c.reports + bindparam("more"),
        deadline=case_when((cases.c.deadline < bindparam("sooner"), cases.c.deadline), else_=bindparam("sooner")),
        **_RISES,
    )
)


def open_ids(connection: Connection, subjects: Iterable[str]) -> dict[str, str]:
    """Return the open case's id by `kind:id` of its subject, for those that have one."""
    rows = _OPEN.rows(connection, list(subjects))
    return {row.open_subject: row.id for row in rows}


def insert_many(connection: Connection, new: Sequence[NewCase]) -> None:
    """Raises AlreadyExists when a subject has an open case by now."""
    if not new:
        return
    rows = [_columns(case) for case in new]
    if connection.dialect.name == "sqlite":
        insert_rows(connection, cases, tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        connection.execute(_INSERT, rows)


def merge_many(connection: Connection, merged: Sequence[MergedVerdict]) -> None:
    """Count one more verdict in each of these open cases."""
    if merged:
        connection.execute(
            _MERGE,
            [
                {
                    "case": one.case,
                    "new": one.priority,
                    "why": msgspec.json.encode(one.reasons).decode(),
                    "tag": one.language,
                    "account": one.account,
                    "channel": one.channel,
                    "copied": one.copy_key,
                    "code": one.policy,
                }
                for one in merged
            ],
        )


def merge_report(
    connection: Connection,
    case: str,
    priority: int,
    deadline: int,
    reasons: Sequence[PriorityReason] | None = None,
    *,
    urgent: bool = False,
    count: int = 1,
) -> None:
    """Count one more report (or `count`) in an open case; its priority only rises, its deadline only comes nearer.

    `reasons` replace those that were said where the priority is not lower than before. The version stays: a report
    more does not make a reviewer's screen stale.
    """
    if reasons is not None:
        connection.execute(
            cases.update()
            .where(cases.c.id == case, cases.c.priority <= priority)
            .values(priority_reasons=msgspec.json.encode(reasons).decode())
        )
    if urgent:
        connection.execute(cases.update().where(cases.c.id == case).values(urgent=1))
    connection.execute(_MERGE_REPORT, {"case": case, "new": priority, "sooner": deadline, "more": count})


def add_reasons(connection: Connection, case: str, more: Sequence[Reason]) -> None:
    """Say more about why a case is there, first of all."""
    before = connection.execute(select(cases.c.reasons).where(cases.c.id == case)).scalar_one()
    reasons = [*more, *msgspec.json.decode(bytes(before), type=list[Reason])]
    connection.execute(cases.update().where(cases.c.id == case).values(reasons=msgspec.json.encode(reasons)))


def set_origin(connection: Connection, case: str, origin: CaseOrigin) -> None:
    connection.execute(cases.update().where(cases.c.id == case).values(origin=origin.value))


def reprioritise(
    connection: Connection, case: str, priority: int, reasons: Sequence[PriorityReason], *, urgent: bool = False
) -> None:
    """Set the priority, which may fall (brigading)."""
    connection.execute(
        cases.update()
        .where(cases.c.id == case)
        .values(
            priority=priority,
            rank=100 - priority,
            priority_reasons=msgspec.json.encode(reasons).decode(),
            urgent=int(urgent),
        )
    )


def add_findings(
    connection: Connection, case: str, new: Sequence[Reason], priority: int, why: Sequence[PriorityReason]
) -> None:
    """Add reasons to an open case, each in the place of an older one of the same rule; its priority only rises."""
    standing = get(connection, case, lock=True)
    if standing is None:
        return
    said = {reason.rule for reason in new}
    reasons = [*new, *(reason for reason in standing.reasons if reason.rule not in said)]
    values: dict[str, Any] = {"reasons": msgspec.json.encode(reasons)}
    if standing.policy is None:
        values["policy"] = new[0].policy
    connection.execute(cases.update().where(cases.c.id == case).values(**values))
    if priority > standing.priority:
        reprioritise(connection, case, priority, why, urgent=standing.urgent)


def get(connection: Connection, case: str, *, lock: bool = False) -> Case | None:
    """Return a case; with `lock` nobody else changes it until this transaction ends."""
    query = select(cases).where(cases.c.id == case)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return from_row(row) if row else None


def from_row(row: Row[Any]) -> Case:
    """A lease that has ended is shown as none."""
    held = row.holder is not None and row.held_until is not None and row.held_until > now_us()
    return Case(
        id=row.id,
        subject=Subject(SubjectKind(row.subject_kind), row.subject_id),
        state=CaseState(row.state),
        policy=row.policy,
        priority=row.priority,
        verdicts=row.verdicts,
        reports=row.reports,
        reasons=msgspec.json.decode(bytes(row.reasons), type=list[Reason]),
        opened_at=to_datetime(row.opened_at),
        deadline=to_datetime(row.deadline),
        version=row.version,
        origin=CaseOrigin(row.origin),
        language=row.language,
        skill=row.skill,
        level=Level(row.level),
        urgent=bool(row.urgent),
        reach=row.reach,
        priority_reasons=msgspec.json.decode(row.priority_reasons, type=list[PriorityReason]),
        account=row.account_id,
        channel=row.channel_id,
        copy_key=row.copy_key,
        holder=row.holder if held else None,
        held_until=to_datetime(row.held_until) if held else None,
        assignee=row.assignee,
        second_opinion=SecondOpinion(row.second_opinion),
        first_seen_at=to_datetime(row.first_seen_at) if row.first_seen_at is not None else None,
        closed_at=to_datetime(row.closed_at) if row.closed_at is not None else None,
        decision=row.decision_id,
        undelivered=row.undelivered,
    )


def _columns(case: NewCase) -> dict[str, object]:
    return {
        "id": case.id,
        "subject_kind": case.subject_kind,
        "subject_id": case.subject_id,
        "open_subject": case.open_subject,
        "state": "open",
        "policy": case.policy,
        "reasons": msgspec.json.encode(case.reasons),
        "priority": case.priority,
        "rank": 100 - case.priority,
        "verdicts": case.verdicts,
        "reports": case.reports,
        "opened_at": case.opened_at,
        "deadline": case.deadline,
        "origin": case.origin.value,
        "language": case.language,
        "skill": case.skill,
        "level": case.level.value,
        "urgent": int(case.urgent),
        "reach": case.reach,
        "priority_reasons": msgspec.json.encode(case.priority_reasons).decode(),
        "account_id": case.account,
        "channel_id": case.channel,
        "copy_key": case.copy_key,
    }
