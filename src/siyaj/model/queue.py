"""How a list of cases is asked for."""

from enum import StrEnum

from msgspec import Struct

from siyaj.model.case import CaseOrigin, CaseState, Level
from siyaj.model.report import SubjectKind


class QueueSort(StrEnum):
    PRIORITY = "priority"
    """The most urgent first, among equals the oldest."""
    DEADLINE = "deadline"
    """The nearest first."""
    OLDEST = "oldest"
    NEWEST = "newest"
    CLOSED = "closed"
    """The one closed last first."""


class QueueFilter(Struct, kw_only=True, omit_defaults=True):
    """All that are given must hold. `text` is a whole id: of a case, a subject, an account or a channel."""

    state: CaseState | None = None
    subject: str = ""
    """`kind:id`"""
    language: str | None = None
    policy: str = ""
    """A code of the taxonomy, itself."""
    skill: str | None = None
    level: Level | None = None
    origin: CaseOrigin | None = None
    kind: SubjectKind | None = None
    holder: str = ""
    """Who holds it now."""
    assignee: str = ""
    account: str = ""
    channel: str = ""
    overdue: bool = False
    urgent: bool = False
    """A threat to life."""
    failed: bool = False
    """An action that was decided did not arrive at the platform and was given up on."""
    text: str = ""
    sort: QueueSort = QueueSort.PRIORITY
