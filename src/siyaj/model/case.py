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


class CaseOrigin(StrEnum):
    """Why a case exists, beside verdicts and reports."""

    CONTENT = "content"
    APPEAL = "appeal"
    ORDER = "order"
    SAMPLE = "sample"
    """Drawn by chance to be decided a second time, blind."""
    CHANNEL = "channel"
    """Opened by what accumulated in a channel."""


class Level(StrEnum):
    REVIEWER = "reviewer"
    LEAD = "lead"
    """Escalated."""


class SecondOpinion(StrEnum):
    NONE = ""
    ASKED = "asked"
    AGREED = "agreed"
    SPLIT = "split"
    """Two people differ: a lead decides, and sees both."""


class PriorityFactor(StrEnum):
    """What raises or lowers a priority; the console says each in words."""

    SEVERITY = "severity"
    REACH = "reach"
    RECENCY = "recency"
    REPORTERS = "reporters"
    """How many reported, weighed by how often they were right."""
    MATCH = "match"
    DEADLINE = "deadline"
    BRIGADING = "brigading"
    LIFE = "life"
    ORDER = "order"
    APPEAL = "appeal"
    UNDELIVERED = "undelivered"
    """A platform did not carry out what was decided."""


class PriorityReason(Struct, frozen=True, omit_defaults=True):
    """`points` are what it adds to the priority (0–100 in all); `value` is what it was read from, e.g. `1200`."""

    factor: PriorityFactor
    points: int
    value: str = ""


class Case(Struct):
    """`priority` is 0–100, higher first; `reasons` are those of the verdict or report that opened it.

    `version` grows with each change: whoever changes a case says which version they saw.
    """

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
    version: int = 1
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
    holder: str | None = None
    """Who holds the lease, if it runs."""
    held_until: datetime | None = None
    assignee: str | None = None
    second_opinion: SecondOpinion = SecondOpinion.NONE
    first_seen_at: datetime | None = None
    closed_at: datetime | None = None
    decision: str | None = None
    """The one that closed it."""
    undelivered: str | None = None
    """The decision for which it is open again: a platform did not carry it out. That decision stands."""


class Note(Struct):
    """What somebody wrote on a case for their colleagues. `mentions` are ids of people."""

    id: int
    case: str
    person: str
    at: datetime
    text: str
    mentions: Sequence[str] = ()
