"""A decision: a person's or the policy's final word. Never edited, only superseded."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from siyaj.model.action import ActionKind
from siyaj.model.report import Subject, SubjectKind


class Act(StrEnum):
    """What the item does, in the sense of Directive (EU) 2017/541, Articles 3 to 12, and of Regulation (EU) 2021/784,
    Article 2(7)."""

    INCITEMENT = "incitement"
    INSTRUCTION = "instruction"
    RECRUITMENT = "recruitment"
    PRAISE = "praise"
    FINANCING = "financing"
    THREAT = "threat"
    ATTACK_FOOTAGE = "attack_footage"
    OFFICIAL_PUBLICATION = "official_publication"
    PRESENCE = "presence"
    """An account or channel that is a designated organisation's."""
    OTHER = "other"


class Exemption(StrEnum):
    """Context is asked before removal (Regulation (EU) 2021/784, Article 1(3))."""

    NONE = "none"
    """Looked for, and none applies."""
    NEWS = "news"
    RESEARCH = "research"
    COUNTER_SPEECH = "counter_speech"
    DOCUMENTATION = "documentation"
    """By witnesses and human-rights archives."""
    RELIGIOUS_TEXT = "religious_text"
    ART = "art"


class Measure(Struct, forbid_unknown_fields=True, frozen=True):
    """What is done beside the case's own subject: to the account that posted it, or to the channel it stands in."""

    on: SubjectKind
    action: ActionKind


class Draft(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a person is about to decide. `exemption` must be answered; an exemption that applies goes with `none`,
    `label` or `limit` only."""

    action: ActionKind
    exemption: Exemption
    policy: Annotated[str, Meta(max_length=64, description="code of the taxonomy; needed unless action is none")] = ""
    organisation: Annotated[str, Meta(max_length=300)] = ""
    act: Act | None = None
    reasons: Annotated[str, Meta(max_length=10_000, description="the person's own words")] = ""
    deviation: Annotated[
        str,
        Meta(max_length=2_000, description="why the action is not what the ladder proposes; needed where it is not"),
    ] = ""
    also: Annotated[list[Measure], Meta(max_length=4)] = msgspec.field(default_factory=list)
    """In the same decision: what is done to the account that posted it and to the channel it stands in."""
    bank: Annotated[str, Meta(max_length=64, description="also bank the item here; a second person confirms it")] = ""
    copies: bool = False
    """Also decide the open cases of exact copies in the same way."""


class DecisionKind(StrEnum):
    FIRST = "first"
    UNDO = "undo"
    """Taken back by its maker before its actions left."""
    APPEAL = "appeal"
    CORRECTION = "correction"
    SAMPLE = "sample"
    """A second judgement of what chance drew: it changes nothing."""


class Statement(Struct, omit_defaults=True):
    """The statement of reasons to the affected side: the fields of Article 17(3) of Regulation (EU) 2022/2065 (DSA),
    in words of the affected side's language. Never names a hash, a term or who reported."""

    language: str = "en"
    action: str = ""
    """(a) what was done, its territory and duration"""
    facts: str = ""
    """(b) the facts and circumstances; whether it follows a notice or own-initiative search"""
    automated: str = ""
    """(c) whether automated means found it or decided"""
    ground: str = ""
    """(d), (e) the legal or contractual ground, and why the item falls under it"""
    redress: str = ""
    """(f) how to appeal: internal, out of court, court"""
    appeal_url: str | None = None
    appeal_until: str = ""


class Decision(Struct):
    """As it is kept. `effective_at` is when its actions may leave: until then its maker may undo it."""

    id: str
    case: str | None
    verdict: str | None
    subject: Subject
    account: str | None
    channel: str | None
    kind: DecisionKind
    draft: Draft
    language: str
    decided_by: str
    decided_at: datetime
    effective_at: datetime
    supersedes: str | None
    superseded_by: str | None
    agreed_with: str | None = None
    """Who gave the same opinion before, blind."""
    statement: Statement = msgspec.field(default_factory=Statement)

    @property
    def action(self) -> ActionKind:
        return self.draft.action


class PlannedAction(Struct):
    """`kind` is sent for `subject`, once the decision can no longer be undone."""

    kind: ActionKind
    subject: Subject


class PlannedStrike(Struct):
    """`total` is what the live strikes of the subject weigh then, this one included."""

    subject: Subject
    weight: int
    total: int
    expires_at: datetime


class Proposal(Struct, omit_defaults=True):
    """What the ladder proposes; `action` is none where it has nothing to say."""

    action: ActionKind | None = None
    also: list[Measure] = msgspec.field(default_factory=list)


class Copy(Struct):
    """The open case of an exact copy."""

    case: str
    subject: Subject
    account: str | None
    channel: str | None


class PlannedEntry(Struct):
    """`items` is how many entries: one for each file. `signals` are the types that they hold; `known`: the bank has
    them all already."""

    bank: str
    items: int
    signals: list[str]
    known: bool


class Preview(Struct):
    """Exactly what a decision will change. `deviates`: it is not what the ladder proposes, so it needs a reason."""

    actions: list[PlannedAction]
    strikes: list[PlannedStrike]
    proposal: Proposal
    deviates: bool
    copies: list[Copy]
    entry: PlannedEntry | None
    statement: Statement | None
    effective_at: datetime


class Opinion(Struct):
    """What a person would decide, where a second opinion was asked for."""

    person: str
    at: datetime
    draft: Draft

    def agrees(self, other: Draft) -> bool:
        """Two opinions agree where they come to the same: action, policy, exemption and further measures."""
        mine, theirs = (
            (draft.action, draft.policy, draft.exemption, frozenset(draft.also)) for draft in (self.draft, other)
        )
        return mine == theirs
