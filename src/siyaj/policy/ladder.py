"""The ladder: which mark a decision leaves on an account or channel, for how long, and what the marks add up to.

A proposal only: a person decides, and says why where they decide otherwise. `docs/policy.md` explains each field.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from siyaj.model.action import ActionKind
from siyaj.model.report import SubjectKind
from siyaj.policy.rules import Code

FITTING: dict[SubjectKind, frozenset[ActionKind]] = {
    SubjectKind.ITEM: frozenset({ActionKind.NONE, ActionKind.LABEL, ActionKind.LIMIT, ActionKind.REMOVE}),
    SubjectKind.ACCOUNT: frozenset({ActionKind.NONE, ActionKind.LABEL, ActionKind.LIMIT, ActionKind.SUSPEND_ACCOUNT}),
    SubjectKind.CHANNEL: frozenset({ActionKind.NONE, ActionKind.LABEL, ActionKind.LIMIT, ActionKind.CLOSE_CHANNEL}),
}
"""What may be done to what."""

Severity = Annotated[int, Meta(ge=1, le=5)]


class StrikeRule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A decision with one of these actions, under a policy of at least this severity (or one of these policies), leaves
    a strike of this weight on the account that posted it or the channel that it was posted in."""

    on: SubjectKind
    actions: Annotated[list[ActionKind], Meta(min_length=1, max_length=20)]
    weight: Annotated[int, Meta(ge=1, le=100)]
    days: Annotated[int, Meta(ge=1, le=3_650)]
    severity: Severity = 1
    policies: Annotated[list[Code], Meta(max_length=100)] = msgspec.field(default_factory=list)


class Step(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Proposes `then` once the live strikes weigh at least `weight`, this decision's included, and the policy is at
    least so severe or one of `policies`. `days` is how long the measure lasts; none: until it is taken back."""

    subject: SubjectKind
    then: ActionKind
    weight: Annotated[int, Meta(ge=0, le=1_000)] = 0
    severity: Severity = 1
    policies: Annotated[list[Code], Meta(max_length=100)] = msgspec.field(default_factory=list)
    days: Annotated[int, Meta(ge=1, le=3_650)] | None = None


class Ladder(Struct, frozen=True):
    strikes: Sequence[StrikeRule] = ()
    steps: Sequence[Step] = ()

    def strike(self, on: SubjectKind, action: ActionKind | None, policy: str, severity: int) -> StrikeRule | None:
        """Return the weightiest strike that fits; with no action, whatever the action is."""
        fitting = [
            rule
            for rule in self.strikes
            if rule.on is on
            and (action is None or action in rule.actions)
            and severity >= rule.severity
            and _named(rule.policies, policy)
        ]
        return max(fitting, key=lambda rule: (rule.weight, rule.days), default=None)

    def step(self, subject: SubjectKind, policy: str, severity: int, weight: int) -> Step | None:
        """Return the highest step that is reached; one that names the policy goes before one that does not."""
        reached = [
            step
            for step in self.steps
            if step.subject is subject
            and weight >= step.weight
            and severity >= step.severity
            and _named(step.policies, policy)
        ]
        return max(reached, key=lambda step: (bool(step.policies), step.weight, step.severity), default=None)


def faults_of_strike(rule: StrikeRule) -> Iterator[tuple[str, str, str]]:
    """Yield (where, message, hint)."""
    if rule.on is SubjectKind.ITEM:
        yield ".on", "a strike is on an account or a channel", "use `on: account` or `on: channel`"
    if ActionKind.NONE in rule.actions:
        yield ".actions", "a decision of `none` leaves no strike", "remove it from the list"


def faults_of_step(step: Step) -> Iterator[tuple[str, str, str]]:
    """Yield (where, message, hint)."""
    fitting = FITTING[step.subject] - {ActionKind.NONE}
    if step.then not in fitting:
        known = ", ".join(sorted(fitting))
        yield ".then", f"`{step.then}` cannot be done to a subject of the kind `{step.subject}`", f"one of {known}"
    if step.subject is SubjectKind.ITEM and step.weight:
        yield ".weight", "an item has no strikes", "remove `weight`, or use `subject: account`"


def _named(policies: Sequence[str], policy: str) -> bool:
    return not policies or any(policy == code or policy.startswith(f"{code}.") for code in policies)
