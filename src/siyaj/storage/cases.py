"""Cases: what waits for a person. At most one open case for each subject; more verdicts merge into it."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, and_, bindparam, or_, select
from sqlalchemy import case as case_when

from siyaj.model.case import Case, CaseState
from siyaj.model.clock import to_datetime
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.verdict import Reason
from siyaj.storage.bulk import Among
from siyaj.storage.tables import cases


class NewCase(Struct):
    """What a held verdict brings. Times in microseconds; a higher `priority` comes first."""

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

    @property
    def open_subject(self) -> str:
        return f"{self.subject_kind}:{self.subject_id}"


_INSERT = cases.insert()
_OPEN = Among(select(cases.c.id, cases.c.open_subject), cases.c.open_subject)
_MERGE = (
    cases.update()
    .where(cases.c.id == bindparam("case"))
    .values(
        verdicts=cases.c.verdicts + 1,
        priority=case_when((cases.c.priority > bindparam("new"), cases.c.priority), else_=bindparam("new")),
    )
)


_MERGE_REPORT = (
    cases.update()
    .where(cases.c.id == bindparam("case"))
    .values(
        reports=cases.c.reports + 1,
        priority=case_when((cases.c.priority > bindparam("new"), cases.c.priority), else_=bindparam("new")),
        deadline=case_when((cases.c.deadline < bindparam("sooner"), cases.c.deadline), else_=bindparam("sooner")),
    )
)


def open_ids(connection: Connection, subjects: Iterable[str]) -> dict[str, str]:
    """Return the open case's id by `kind:id` of its subject, for those that have one."""
    rows = _OPEN.rows(connection, list(subjects))
    return {row.open_subject: row.id for row in rows}


def insert_many(connection: Connection, new: Sequence[NewCase]) -> None:
    """Raises AlreadyExists when a subject has an open case by now."""
    if new:
        connection.execute(_INSERT, [_columns(case) for case in new])


def merge_many(connection: Connection, priorities: Sequence[tuple[str, int]]) -> None:
    """Count one more verdict in each open case (id, priority); a priority only rises."""
    if priorities:
        connection.execute(_MERGE, [{"case": case, "new": priority} for case, priority in priorities])


def merge_report(connection: Connection, case: str, priority: int, deadline: int) -> None:
    """Count one more report in an open case; its priority only rises, its deadline only comes nearer."""
    connection.execute(_MERGE_REPORT, {"case": case, "new": priority, "sooner": deadline})


def get(connection: Connection, case: str) -> Case | None:
    row = connection.execute(select(cases).where(cases.c.id == case)).one_or_none()
    return _case(row) if row else None


def page(
    connection: Connection,
    *,
    state: CaseState | None = None,
    subject: str = "",
    after: tuple[int, int] | None = None,
    limit: int = 50,
) -> list[tuple[int, Case]]:
    """Return (number, case), the highest priority first, among equals the oldest; those behind `after` (priority,
    number)."""
    query = select(cases)
    if state is not None:
        query = query.where(cases.c.state == state.value)
    if subject:
        kind, _, subject_id = subject.partition(":")
        query = query.where(cases.c.subject_kind == kind, cases.c.subject_id == subject_id)
    if after is not None:
        lower, same = cases.c.priority < after[0], cases.c.priority == after[0]
        query = query.where(or_(lower, and_(same, cases.c.seq > after[1])))
    query = query.order_by(cases.c.priority.desc(), cases.c.seq).limit(limit)
    return [(row.seq, _case(row)) for row in connection.execute(query)]


def _case(row: Row[tuple[object, ...]]) -> Case:
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
        "verdicts": case.verdicts,
        "reports": case.reports,
        "opened_at": case.opened_at,
        "deadline": case.deadline,
    }
