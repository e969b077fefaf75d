"""A report: a user's, trusted flagger's or authority's notice about an item, account or channel."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from siyaj.model.event import Conversation, PlatformId, ShortText


class SubjectKind(StrEnum):
    ITEM = "item"
    ACCOUNT = "account"
    CHANNEL = "channel"


class Subject(Struct, forbid_unknown_fields=True, frozen=True):
    """What a report or case is about, with the platform's own id."""

    kind: SubjectKind
    id: PlatformId

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.id}"


class ReportReason(StrEnum):
    """What the reporter says it is. From gravest to least."""

    THREAT_TO_LIFE = "threat_to_life"
    """Someone's life is in danger now (DSA Article 18): it goes before everything else."""
    INSTRUCTION = "instruction"
    RECRUITMENT = "recruitment"
    INCITEMENT = "incitement"
    FINANCING = "financing"
    PRAISE = "praise"
    VIOLENCE = "violence"
    OTHER = "other"


class ReporterKind(StrEnum):
    USER = "user"
    TRUSTED_FLAGGER = "trusted_flagger"
    """DSA Article 22."""
    AUTHORITY = "authority"


class Reporter(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Who reports. Nothing is needed; `id` lets a platform tell the outcome."""

    kind: ReporterKind = ReporterKind.USER
    id: ShortText = ""
    name: ShortText = ""
    contact: ShortText = ""
    """Where to send the outcome, e.g. an e-mail address."""
    age_days: Annotated[float, Meta(ge=0)] | None = None


class ReportedContent(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What was there when it was reported: deleting it afterwards does not help."""

    text: Annotated[str, Meta(max_length=100_000)] = ""
    links: Annotated[list[Annotated[str, Meta(max_length=8_192)]], Meta(max_length=100)] = msgspec.field(
        default_factory=list
    )
    before: Conversation = msgspec.field(default_factory=list)
    """The messages before it, oldest first, where the platform sends them."""
    after: Conversation = msgspec.field(default_factory=list)


class NewReport(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The body of `POST /v1/reports`. `id` is the platform's own id of the report: a retry is the same report."""

    subject: Subject
    reason: ReportReason = ReportReason.OTHER
    text: Annotated[str, Meta(max_length=100_000, description="What the reporter writes.")] = ""
    reporter: Reporter = msgspec.field(default_factory=Reporter)
    id: Annotated[str, Meta(max_length=256)] = ""
    account: PlatformId | None = None
    """Who posted it, where the platform knows."""
    channel: PlatformId | None = None
    content: ReportedContent = msgspec.field(default_factory=ReportedContent)


class ReportState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Report(Struct, omit_defaults=False):
    """A report as it is kept. `receipt` is for the reporter alone: who has it may ask what became of the report."""

    receipt: str
    subject: Subject
    reason: ReportReason
    text: str
    reporter: Reporter
    content: ReportedContent
    state: ReportState
    outcome: str
    case: str | None
    received_at: datetime
    weight: int = 100
    """Percent that it counts: by how often its reporter was right; 10 where it is part of a brigade; 0 where the same
    reporter reported it before."""
