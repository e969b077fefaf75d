"""What the state of a subject should be on the platform: for those that lost track, or were restored from a backup."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from siyaj.model.action import ActionKind, PlatformAction
from siyaj.model.report import Subject


class Standing(StrEnum):
    """From mildest to strictest."""

    ALLOWED = "allowed"
    LABELLED = "labelled"
    LIMITED = "limited"
    HELD = "held"
    """Not published; a person looks at it."""
    BLOCKED = "blocked"
    """Refused by the policy; never published."""
    REMOVED = "removed"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class SubjectState(Struct):
    """`standing` is what should be; `actions` are those in force. What is unknown here is allowed.

    `decision`, `verdict` and `case` say where it comes from; `since` is when it was decided.
    """

    subject: Subject
    standing: Standing
    actions: Sequence[ActionKind] = ()
    policy: str | None = None
    decision: str | None = None
    verdict: str | None = None
    case: str | None = None
    appeal_url: str | None = None
    since: datetime | None = None
    pending: bool = False
    """Its media is still being decoded."""


class ActionPage(Struct):
    """Actions in the order in which they are to be done. `next` is the `after` of the following page."""

    items: Sequence[PlatformAction]
    next: str


class Acknowledgement(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The body of `POST /v1/actions/{id}/ack`: whether it was done. With `ok` false it is offered again later, unless
    `unavailable` says that the platform has no way to do it."""

    ok: bool
    error: Annotated[str, Meta(max_length=2_000)] = ""
    """What went wrong, or what the platform lacks, for the people who look at the case."""
    unavailable: bool = False
