"""Cases: what waits for a person. At most one open case for each subject; more verdicts merge into it."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, select
from sqlalchemy import case as case_when

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
        "verdicts": 1,
        "opened_at": case.opened_at,
        "deadline": case.deadline,
    }
