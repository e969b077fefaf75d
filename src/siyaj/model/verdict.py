"""A verdict: what Siyaj answers at once."""

from enum import StrEnum

import msgspec
from msgspec import Struct


class Action(StrEnum):
    """From mildest to strictest; the order is the severity."""

    ALLOW = "allow"
    LABEL = "label"
    LIMIT = "limit"
    HOLD = "hold"
    BLOCK = "block"

    @property
    def severity(self) -> int:
        return _SEVERITY[self]


_SEVERITY = {action: rank for rank, action in enumerate(Action)}


class Reason(Struct, omit_defaults=True):
    """Why, for the platform's operator. Says the rule and the policy, never the matched hash or term."""

    rule: str
    policy: str
    action: Action
    text: str
    text_ar: str = ""
    recommend: str = ""
    """What a channel rule advises the person to do, e.g. `close_channel`."""


class Verdict(Struct):
    """The body of an answer to `POST /v1/check`."""

    id: str
    event: str
    action: Action
    policy: str | None = None
    reasons: list[Reason] = msgspec.field(default_factory=list)
    case: str | None = None
    appeal_url: str | None = None
    pending: bool = False
