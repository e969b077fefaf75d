"""What a policy is asked about, and what it answers."""

import msgspec
from msgspec import Struct

from siyaj.model.event import Event, EventKind
from siyaj.model.match import Match
from siyaj.model.signal import Missing, Signal
from siyaj.model.verdict import Action, Reason


class Facts(Struct):
    """All that is known of one event when it is judged."""

    kind: EventKind
    event: Event
    matches: list[Match] = msgspec.field(default_factory=list)
    signals: list[Signal] = msgspec.field(default_factory=list)
    missing: list[Missing] = msgspec.field(default_factory=list)


class RuleResult(Struct, frozen=True, omit_defaults=True):
    """A rule that fired, and what it says. `enforced` is false in shadow, and where a partial rule is not on."""

    rule: str
    mode: str
    action: Action
    enforced: bool = True


class Outcome(Struct):
    """`action` is the strictest of the enforced rules'; `reasons` say why, strictest first; `policy` is the first's."""

    action: Action
    policy: str | None = None
    reasons: list[Reason] = msgspec.field(default_factory=list)
    rules: list[RuleResult] = msgspec.field(default_factory=list)
