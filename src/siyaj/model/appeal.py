"""An appeal: the affected side's, or the reporter's, complaint against a decision (DSA Article 20)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class Side(StrEnum):
    AFFECTED = "affected"
    REPORTER = "reporter"


class AppealState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    """The decision stands."""
    OVERTURNED = "overturned"
    """The decision is reversed: item, strikes and the bank entry that it made."""


class NewAppeal(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The body of `POST /v1/appeals`, and what the appeal page sends. `token` stands in the link that was sent."""

    token: Annotated[str, Meta(min_length=1, max_length=300)]
    text: Annotated[str, Meta(min_length=1, max_length=20_000, description="why the decision is wrong")]
    contact: Annotated[str, Meta(max_length=300, description="where to send the outcome; optional")] = ""
    language: Annotated[str, Meta(max_length=35)] = ""


class Appeal(Struct):
    id: str
    decision: str
    case: str
    side: Side
    text: str
    language: str
    contact: str
    state: AppealState
    received_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    outcome: str
