"""A case: everything that waits for a person about one subject."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from siyaj.model.report import Subject
from siyaj.model.verdict import Reason


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Case(Struct):
    """`priority` is 0–100, higher first; `reasons` are those of the verdict or report that opened it."""

    id: str
    subject: Subject
    state: CaseState
    policy: str | None
    priority: int
    verdicts: int
    reports: int
    reasons: Sequence[Reason]
    opened_at: datetime
    deadline: datetime
