"""Laws of the evaluator, over invented policies and events."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.bank import Opinion
from siyaj.model.event import Account, Channel, Event, EventKind
from siyaj.model.match import Match
from siyaj.model.signal import Missing
from siyaj.model.verdict import Action
from siyaj.policy.evaluate import MISSING_RULE, Facts, Policy, place_in_share
from siyaj.policy.rules import (
    AccountIs,
    All,
    ChannelIs,
    EventIs,
    LanguageIs,
    MatchFound,
    Mode,
    Partial,
    Rule,
    SignalFound,
)
from tests.policy.policy_strategies import TAXONOMY, facts, facts_with, policy_of, rule_with, rules, types


@given(rules, facts)
def test_the_strictest_enforced_rule_wins(rules: list[Rule], facts: Facts) -> None:
    outcome = policy_of(rules).evaluate(facts)
    enforced = [result.action for result in outcome.rules if result.enforced]
    assert outcome.action == max(enforced, key=lambda action: action.severity, default=Action.ALLOW)
    assert {reason.rule for reason in outcome.reasons} == {result.rule for result in outcome.rules if result.enforced}
    if outcome.action is Action.ALLOW:
        assert outcome.policy is None
    else:
        assert outcome.policy == outcome.reasons[0].policy
        assert outcome.reasons[0].action is outcome.action


@given(rules, st.randoms(), facts)
def test_the_order_of_rules_means_nothing(rules: list[Rule], random: object, facts: Facts) -> None:
    shuffled = list(rules)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    here, there = policy_of(rules), policy_of(shuffled)
    assert here.version == there.version
    one, other = here.evaluate(facts), there.evaluate(facts)
    assert (one.action, one.policy, one.reasons) == (other.action, other.policy, other.reasons)
    assert sorted(one.rules, key=lambda result: result.rule) == sorted(other.rules, key=lambda result: result.rule)


@given(rules, rule_with(st.sampled_from([Mode.SHADOW, Mode.OFF])), facts)
def test_a_rule_in_shadow_never_changes_an_answer(rules: list[Rule], quiet: Rule, facts: Facts) -> None:
    quiet = msgspec.structs.replace(quiet, id="quiet")
    without, with_it = policy_of(rules).evaluate(facts), policy_of([*rules, quiet]).evaluate(facts)
    assert (without.action, without.policy, without.reasons) == (with_it.action, with_it.policy, with_it.reasons)
    assert [result for result in with_it.rules if result.rule != "quiet"] == without.rules
    assert all(not result.enforced for result in with_it.rules if result.rule == "quiet")


@given(rules, rule_with(st.just(Mode.LIVE)), facts)
def test_another_live_rule_never_makes_an_answer_milder(rules: list[Rule], more: Rule, facts: Facts) -> None:
    more = msgspec.structs.replace(more, id="more")
    before, after = policy_of(rules).evaluate(facts), policy_of([*rules, more]).evaluate(facts)
    assert after.action.severity >= before.action.severity


@given(rules, facts_with(st.just([])), types)
def test_what_could_not_be_drawn_never_makes_an_answer_milder(rules: list[Rule], facts: Facts, name: str) -> None:
    # Conditions that ask for a missing signal aside, which are true only when it is missing.
    rules = [rule for rule in rules if b'"missing"' not in msgspec.json.encode([rule.when, rule.unless])]
    policy = policy_of(rules)
    less = msgspec.structs.replace(
        facts,
        matches=[match for match in facts.matches if match.signal != name],
        signals=[signal for signal in facts.signals if signal.type != name],
        missing=[Missing(name, "file:0", "decoder_killed", "killed")],
    )
    full, partly = policy.evaluate(facts), policy.evaluate(less)
    assert partly.action.severity >= min(full.action.severity, Action.HOLD.severity) or _exempt(rules)


def _exempt(rules: list[Rule]) -> bool:
    """Whether an exemption can rest on what was drawn: then there is no telling without it."""
    return any(isinstance(rule.unless, MatchFound | SignalFound) for rule in rules)


MEDIA = Event(id="1", kind=EventKind.MEDIA)
KILLED = Missing("pdq", "file:0", "decoder_killed", "killed")


def a_rule(mode: Mode = Mode.LIVE, **fields: object) -> Rule:
    values = {
        "id": "known-picture",
        "title": "A picture",
        "policy": "tvec",
        "when": MatchFound(signal="pdq"),
        "then": Action.HOLD,
        "reason": "It is listed.",
        **fields,
    }
    return Rule(mode=mode, **values)  # type: ignore[arg-type]


def test_a_missing_signal_on_an_enforcing_rule_holds_the_item_for_a_person() -> None:
    outcome = policy_of([a_rule()]).evaluate(Facts(MEDIA.kind, MEDIA, missing=[KILLED]))
    assert (outcome.action, outcome.policy) == (Action.HOLD, "tvec")
    assert [reason.rule for reason in outcome.reasons] == [MISSING_RULE]
    assert "known pictures" in outcome.reasons[0].text
    assert "الصور المعروفة" in outcome.reasons[0].text_ar


def test_a_missing_signal_does_nothing_where_no_enforced_rule_could_have_fired_on_it() -> None:
    facts = Facts(MEDIA.kind, MEDIA, missing=[KILLED])
    only_messages = All(of=[EventIs(one_of=EventKind.MESSAGE), MatchFound(signal="pdq")])
    for rule in (
        a_rule(Mode.SHADOW),
        a_rule(Mode.OFF),
        a_rule(Mode.PARTIAL, partial=Partial(channels="elsewhere")),
        a_rule(when=MatchFound(signal="text")),
        a_rule(when=only_messages),
    ):
        assert policy_of([rule]).evaluate(facts).action is Action.ALLOW


def test_enforcing_types_are_those_of_live_and_partial_rules() -> None:
    shadow = a_rule(Mode.SHADOW, id="shadow", when=MatchFound(signal="name"))
    partial = a_rule(Mode.PARTIAL, id="partial", when=MatchFound(signal=["md5", "url"]), partial=Partial(share=0.1))
    assert policy_of([a_rule(), shadow, partial]).enforcing_types == {"pdq", "md5", "url"}


def test_a_partial_rule_is_enforced_for_its_part_and_in_shadow_for_the_rest() -> None:
    policy = policy_of([a_rule(Mode.PARTIAL, partial=Partial(share=0.25, channels=["pilot"]))])
    enforced = 0
    for number in range(400):
        event = Event(id="1", kind=EventKind.MEDIA, account=Account(id=str(number)), channel=Channel(id="pilot"))
        outcome = policy.evaluate(Facts(event.kind, event, [_a_match()]))
        assert len(outcome.rules) == 1
        assert outcome.rules[0].enforced is (outcome.action is Action.HOLD)
        enforced += outcome.rules[0].enforced
        event.channel = Channel(id="elsewhere")
        assert policy.evaluate(Facts(event.kind, event, [_a_match()])).action is Action.ALLOW
    assert 60 <= enforced <= 140


def _a_match(**fields: object) -> Match:
    return Match("ours", 1, "pdq", 4, Opinion.SEED, **fields)  # type: ignore[arg-type]


@given(st.text(), st.text())
def test_ones_place_in_a_share_is_stable_and_a_growing_share_keeps_it(rule: str, account: str) -> None:
    place = place_in_share(rule, account)
    assert 0 <= place < 1
    assert place == place_in_share(rule, account)


def test_an_exemption_softens_or_silences_a_rule() -> None:
    event = Event(id="1", kind=EventKind.MEDIA, account=Account(id="newsroom", trusted=True))
    facts = Facts(event.kind, event, [_a_match()])
    trusted = AccountIs(trusted=True)
    assert policy_of([a_rule(unless=trusted)]).evaluate(facts).rules == []
    softened = a_rule(then=Action.BLOCK, unless=trusted, otherwise=Action.HOLD)
    assert policy_of([softened]).evaluate(facts).action is Action.HOLD
    event.account = Account(id="newsroom")
    assert policy_of([softened]).evaluate(facts).action is Action.BLOCK


def test_what_the_platform_did_not_tell_fulfils_no_condition() -> None:
    stranger = Facts(MEDIA.kind, MEDIA)
    for condition in (
        AccountIs(trusted=False),
        AccountIs(younger_than_days=5),
        AccountIs(older_than_days=0),
        ChannelIs(public=True),
        ChannelIs(min_subscribers=0),
        LanguageIs(one_of="ar"),
    ):
        assert policy_of([a_rule(when=condition)]).evaluate(stranger).action is Action.ALLOW


def test_a_language_includes_its_regions_and_not_its_neighbours() -> None:
    policy = policy_of([a_rule(when=LanguageIs(one_of=["ar"]))])
    for language, action in {"ar": "hold", "AR-sy": "hold", "arz": "allow", "": "allow", "en": "allow"}.items():
        event = Event(id="1", kind=EventKind.MESSAGE, language=language)
        assert policy.evaluate(Facts(event.kind, event)).action == action


def test_the_labels_of_the_entry_name_the_code_and_other_entries_do_not() -> None:
    policy = policy_of([a_rule(when=MatchFound(signal="pdq", acts_alone=True), then=Action.BLOCK)])
    confirmed = _a_match(acts_alone=True, labels=["manifesto"])
    assert policy.evaluate(Facts(MEDIA.kind, MEDIA, [confirmed])).policy == "tvec.manifesto"
    seed = _a_match(labels=["manifesto"])
    assert policy.evaluate(Facts(MEDIA.kind, MEDIA, [_a_match(acts_alone=True), seed])).policy == "tvec"


def test_a_count_is_of_different_entries() -> None:
    policy = policy_of([a_rule(when=MatchFound(signal="pdq", min_count=2))])
    twice = [_a_match(part="file:0"), _a_match(part="file:1")]
    assert policy.evaluate(Facts(MEDIA.kind, MEDIA, twice)).action is Action.ALLOW
    other = Match("ours", 2, "pdq", 4, Opinion.SEED)
    assert policy.evaluate(Facts(MEDIA.kind, MEDIA, [*twice, other])).action is Action.HOLD


def test_the_version_changes_with_what_decides_and_with_nothing_else() -> None:
    policy = policy_of([a_rule()])
    assert len(policy.version) == 16
    assert policy_of([a_rule(examples=[])]).version == policy.version
    assert policy_of([a_rule(then=Action.BLOCK)]).version != policy.version
    assert policy_of([a_rule(Mode.SHADOW)]).version != policy.version
    assert Policy([a_rule()], TAXONOMY[:1]).version != policy.version
