"""Runs the examples that stand beside the rules: a policy that does not do what it says is not loaded."""

import msgspec
from msgspec import Struct

from siyaj.model.bank import Opinion
from siyaj.model.event import Event
from siyaj.model.match import Match
from siyaj.model.signal import Missing, Signal
from siyaj.policy import channel_state
from siyaj.policy.channel_state import find
from siyaj.policy.channels import CASE, ChannelRule
from siyaj.policy.evaluate import Policy
from siyaj.policy.facts import Facts
from siyaj.policy.rules import Expected, Given, GivenMatch, Mode, Rule, many


class ExampleResult(Struct, frozen=True):
    """`rule` is empty for an example of the whole policy. `message` says what differs; `place` is `file:line`."""

    rule: str
    name: str
    passed: bool
    expected: str
    got: str
    message: str = ""
    place: str = ""


def test_policy(policy: Policy) -> list[ExampleResult]:
    """Run every example. A rule's examples are of that rule alone, as if it were live; the others of the whole."""
    results = [result for rule in policy.rules for result in _test_rule(policy, rule)]
    for i, example in enumerate(policy.examples):
        got = policy.evaluate(facts_of(example.given)).action
        results.append(_result("", example.name, example.verdict, got, policy.places.get(f"[{i}]", "")))
    results += [result for channel in policy.channels for result in _test_channel_rule(policy, channel)]
    return results


test_policy.__test__ = False  # type: ignore[attr-defined] # not a test of pytest's


def _test_rule(policy: Policy, rule: Rule) -> list[ExampleResult]:
    alone = Policy([_live(rule)], policy.taxonomy)
    results = []
    for i, example in enumerate(rule.examples):
        # Missing signals are a matter for the whole policy; here they only feed the rule's own conditions.
        fired = [result for result in alone.evaluate(facts_of(example.given)).rules if result.rule == rule.id]
        got = Expected(str(fired[0].action)) if fired else Expected.NOTHING
        results.append(_result(rule.id, example.name, example.expect, got, policy.places.get(f"{rule.id}[{i}]", "")))
    return results


def _test_channel_rule(policy: Policy, rule: ChannelRule) -> list[ExampleResult]:
    results = []
    for i, example in enumerate(rule.examples):
        got = CASE if find([rule], channel_state.facts_of(example.given)) else "nothing"
        place = policy.places.get(f"channels.{rule.id}[{i}]", "")
        results.append(_result(rule.id, example.name, example.expect, got, place))
    return results


def _result(rule: str, name: str, expected: str, got: str, place: str) -> ExampleResult:
    passed = expected == got
    message = "" if passed else f"expected {expected}, got {got}"
    return ExampleResult(rule, name, passed, str(expected), str(got), message, place)


def _live(rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, mode=Mode.LIVE, partial=None)


def facts_of(given: Given) -> Facts:
    """Return the facts that an example's short form stands for."""
    event = Event(id="example", kind=given.kind, account=given.account, channel=given.channel, language=given.language)
    return Facts(
        kind=given.kind,
        event=event,
        matches=[_match(entry, match) for entry, match in enumerate(given.matches, start=1)],
        signals=[Signal(each.type, "example", part=each.part, variant=each.variant) for each in given.signals],
        missing=[Missing(each.type, "file:0", each.code, "example") for each in given.missing],
    )


def _match(entry: int, given: GivenMatch) -> Match:
    return Match(
        bank=given.bank,
        entry=entry,
        signal=given.signal,
        distance=given.distance,
        # Only confirmed entries act alone, so an example need not say both.
        opinion=Opinion.CONFIRMED if given.acts_alone else given.opinion,
        part=given.part,
        variant=given.variant,
        quality=given.quality,
        labels=many(given.labels),
        acts_alone=given.acts_alone,
    )
