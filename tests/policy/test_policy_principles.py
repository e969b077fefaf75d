"""What no policy that loads can do, whatever its rules are."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.bank import Opinion
from siyaj.model.signal import Signal
from siyaj.model.verdict import Action
from siyaj.policy.evaluate import Facts, Policy
from siyaj.policy.principles import CONTEXT_TYPES, violations
from siyaj.policy.rules import Condition, MatchFound, Mode, Rule
from tests.policy.policy_strategies import TAXONOMY, conditions, facts, leaves

ACTS = [Action.LABEL, Action.LIMIT, Action.BLOCK]


def a_rule(when: Condition, then: Action, unless: Condition | None = None) -> Rule:
    return Rule(id="a", title="A", policy="tvec", mode=Mode.LIVE, when=when, unless=unless, then=then, reason="R")


@given(when=conditions, unless=st.none() | leaves, then=st.sampled_from(ACTS), facts=facts)
def test_a_rule_that_acts_on_less_than_an_entry_of_two_people_is_refused(
    when: Condition, unless: Condition | None, then: Action, facts: Facts
) -> None:
    rule = a_rule(when, then, unless)
    weak = [match for match in facts.matches if not match.acts_alone or match.signal in CONTEXT_TYPES]
    outcome = Policy([rule], TAXONOMY).evaluate(msgspec.structs.replace(facts, matches=weak))
    if outcome.action in ACTS:
        assert list(violations(rule))


@given(when=conditions, facts=facts)
def test_a_rule_that_holds_because_of_tampered_text_alone_is_refused(when: Condition, facts: Facts) -> None:
    policy = Policy([a_rule(when, Action.HOLD)], TAXONOMY)
    nothing = Facts(facts.kind, msgspec.structs.replace(facts.event, account=None, channel=None))
    plain = msgspec.structs.replace(nothing, signals=[Signal("text", "x")])
    tampered = msgspec.structs.replace(nothing, signals=[Signal("text", "x", variant="tampered")])
    if [policy.evaluate(each).action for each in (nothing, plain, tampered)] == ["allow", "allow", "hold"]:
        assert list(violations(policy.rules[0]))


@given(facts=facts)
def test_a_known_harmless_item_is_never_evidence(facts: Facts) -> None:
    rule = a_rule(MatchFound(signal="pdq"), Action.HOLD)
    harmless = [msgspec.structs.replace(match, opinion=Opinion.NEGATIVE) for match in facts.matches]
    outcome = Policy([rule], TAXONOMY).evaluate(msgspec.structs.replace(facts, matches=harmless, missing=[]))
    assert outcome.action is Action.ALLOW
