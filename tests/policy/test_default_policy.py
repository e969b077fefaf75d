"""The policy that ships with Siyaj keeps the principles of the design."""

import re

import pytest

from siyaj.model.bank import Opinion
from siyaj.model.event import Account, Event, EventKind
from siyaj.model.match import Match
from siyaj.model.signal import Missing, Signal
from siyaj.model.verdict import Action
from siyaj.policy.evaluate import MISSING_RULE, Facts, Policy
from siyaj.policy.load import load_policy
from siyaj.policy.rules import Expected, Rule
from siyaj.policy.testing import test_policy as run_all

ARABIC = re.compile("[\u0621-\u064a]")
RULES = load_policy().rules


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_examples_that_fire_and_that_do_not(rule: Rule) -> None:
    expected = {example.expect for example in rule.examples}
    assert Expected.NOTHING in expected
    assert expected - {Expected.NOTHING}


def test_every_example_holds(policy: Policy) -> None:
    results = run_all(policy)
    assert len(results) > 30
    assert [result for result in results if not result.passed] == []


def test_every_rule_and_category_speaks_arabic(policy: Policy) -> None:
    for rule in policy.rules:
        assert ARABIC.search(rule.title_ar)
        assert ARABIC.search(rule.reason_ar)
    for category in policy.taxonomy:
        assert ARABIC.search(category.title_ar)


def test_a_reason_holds_nothing_of_what_matched(policy: Policy) -> None:
    match = Match(
        bank="secret-bank",
        entry=424242,
        signal="pdq",
        distance=17,
        opinion=Opinion.CONFIRMED,
        acts_alone=True,
        labels=["secret label"],
        why="17 of 256 bits differ",
    )
    outcome = policy.evaluate(_facts([match]))
    said = " ".join(reason.text + reason.text_ar for reason in outcome.reasons)
    assert outcome.action is Action.BLOCK
    for secret in ("secret", "424242", "17"):
        assert secret not in said


@pytest.mark.parametrize("signal", ["sha256", "md5", "pdq", "text", "url"])
def test_a_known_item_is_blocked_only_after_two_people_confirmed_it(policy: Policy, signal: str) -> None:
    assert policy.evaluate(_facts([_match(signal)])).action is Action.HOLD
    assert policy.evaluate(_facts([_match(signal, opinion=Opinion.CONFIRMED)])).action is Action.HOLD
    assert policy.evaluate(_facts([_match(signal, opinion=Opinion.CONFIRMED, acts_alone=True)])).action is Action.BLOCK


@pytest.mark.parametrize("signal", ["sha256", "md5", "pdq", "text", "url"])
def test_what_a_trusted_newsroom_posts_is_asked_about_before_it_is_removed(policy: Policy, signal: str) -> None:
    newsroom = Account(id="newsroom", trusted=True)
    match = _match(signal, opinion=Opinion.CONFIRMED, acts_alone=True)
    assert policy.evaluate(_facts([match], account=newsroom)).action is Action.HOLD


@pytest.mark.parametrize("signal", ["name", "term", "emblem"])
def test_names_single_words_and_emblems_do_nothing_in_a_message(policy: Policy, signal: str) -> None:
    many = [_match(signal, entry=i, opinion=Opinion.CONFIRMED, acts_alone=True) for i in range(20)]
    old = Account(id="reader", age_days=400)
    assert policy.evaluate(_facts(many, account=old)).action is Action.ALLOW


def test_tampered_text_and_hidden_links_alone_do_nothing(policy: Policy) -> None:
    signals = [Signal("text", "x", variant="tampered"), Signal("url", "x", variant="shortener")]
    facts = _facts([], account=Account(id="new", age_days=0))
    facts.signals = signals
    assert policy.evaluate(facts).action is Action.ALLOW


def test_media_that_could_not_be_decoded_goes_to_a_person(policy: Policy) -> None:
    facts = _facts([])
    facts.missing = [Missing("pdq", "file:0", "decoder_killed", "killed")]
    outcome = policy.evaluate(facts)
    assert outcome.action is Action.HOLD
    assert [reason.rule for reason in outcome.reasons] == [MISSING_RULE]


def test_a_label_of_the_entry_names_the_category_in_the_words_of_the_exchanges(policy: Policy) -> None:
    match = _match("pdq", opinion=Opinion.CONFIRMED, acts_alone=True, labels=["Imminent Credible Threat", "manifesto"])
    assert policy.evaluate(_facts([match])).policy == "tvec.threat"


def test_the_categories_of_the_shared_database_are_there(policy: Policy) -> None:
    labels = {label for category in policy.taxonomy for label in category.labels}
    assert labels >= {
        "imminent credible threat",
        "graphic violence against defenseless people",
        "glorification of terrorist acts",
        "recruitment and instruction",
        "content incident protocol",
        "attacker manifesto",
        "terrorist publication",
        "terrorist url",
        "bystander footage",
    }


def _match(signal: str, *, entry: int = 1, opinion: Opinion = Opinion.SEED, **fields: object) -> Match:
    return Match("bank", entry, signal, 0, opinion, **fields)  # type: ignore[arg-type]


def _facts(matches: list[Match], account: Account | None = None) -> Facts:
    event = Event(id="1", kind=EventKind.MESSAGE, account=account)
    return Facts(event.kind, event, matches)
