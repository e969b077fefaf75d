"""What would a policy have done with what was already judged? Pure: the records come from the caller."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from siyaj.model.verdict import Action
from siyaj.policy.evaluate import Policy
from siyaj.policy.facts import Facts

MOST_EXAMPLES = 5


class Past(Struct):
    """One event as it was judged: `id` is the verdict's, for looking it up."""

    id: str
    facts: Facts
    action: Action


class Change(Struct):
    """How many verdicts go from one action to another; `examples` are the first few ids."""

    old: Action
    new: Action
    count: int = 0
    examples: list[str] = msgspec.field(default_factory=list)


class RuleCount(Struct):
    """How often a rule fired, how often that was enforced, and how often it was the only reason for the action."""

    rule: str
    fired: int = 0
    enforced: int = 0
    decisive: int = 0
    examples: list[str] = msgspec.field(default_factory=list)


class BacktestReport(Struct):
    """`changes` holds only what differs, most frequent first; `rules` every rule that fired, most frequent first."""

    version: str
    total: int
    changed: int
    changes: list[Change]
    rules: list[RuleCount]


def backtest(policy: Policy, records: Iterable[Past]) -> BacktestReport:
    """Judge past events anew and count what changes."""
    total = 0
    changes: dict[tuple[Action, Action], Change] = {}
    rules: dict[str, RuleCount] = {}
    for past in records:
        total += 1
        outcome = policy.evaluate(past.facts)
        if outcome.action is not past.action:
            change = changes.setdefault((past.action, outcome.action), Change(past.action, outcome.action))
            change.count += 1
            _remember(change.examples, past.id)
        _count(rules, outcome.action, [(each.rule, each.action, each.enforced) for each in outcome.rules], past.id)
    return BacktestReport(
        version=policy.version,
        total=total,
        changed=sum(change.count for change in changes.values()),
        changes=sorted(changes.values(), key=lambda change: (-change.count, change.old, change.new)),
        rules=sorted(rules.values(), key=lambda rule: (-rule.fired, rule.rule)),
    )


def _count(rules: dict[str, RuleCount], action: Action, fired: list[tuple[str, Action, bool]], event: str) -> None:
    deciding = [rule for rule, its, enforced in fired if enforced and its is action]
    for rule, _, enforced in fired:
        count = rules.setdefault(rule, RuleCount(rule))
        count.fired += 1
        count.enforced += enforced
        count.decisive += deciding == [rule]
        _remember(count.examples, event)


def _remember(examples: list[str], event: str) -> None:
    if len(examples) < MOST_EXAMPLES:
        examples.append(event)
