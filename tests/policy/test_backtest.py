"""Back-testing and comparing: what would change before it changes."""

import msgspec

from siyaj.model.bank import Opinion
from siyaj.model.event import Event, EventKind
from siyaj.model.match import Match
from siyaj.model.verdict import Action
from siyaj.policy.backtest import Change, Past, RuleCount, backtest
from siyaj.policy.compare import diff_policies, summarise
from siyaj.policy.evaluate import Facts, Policy
from siyaj.policy.load import load_policy
from siyaj.policy.rules import Mode


def past(number: int, action: Action, *signals: str) -> Past:
    event = Event(id=str(number), kind=EventKind.MESSAGE)
    matches = [Match("bank", 1, signal, 0, Opinion.SEED) for signal in signals]
    return Past(f"ver_{number}", Facts(event.kind, event, matches), action)


def changed(policy: Policy, rule: str, **fields: object) -> Policy:
    rules = [msgspec.structs.replace(each, **fields) if each.id == rule else each for each in policy.rules]
    return Policy(rules, policy.taxonomy)


def test_a_backtest_counts_what_changes_and_what_each_rule_did() -> None:
    policy = load_policy()
    records = [past(n, Action.ALLOW, "pdq") for n in range(7)]
    records += [past(7, Action.HOLD, "pdq", "text"), past(8, Action.BLOCK), past(9, Action.ALLOW)]
    report = backtest(policy, iter(records))
    assert (report.version, report.total, report.changed) == (policy.version, 10, 8)
    assert report.changes == [
        Change(Action.ALLOW, Action.HOLD, 7, ["ver_0", "ver_1", "ver_2", "ver_3", "ver_4"]),
        Change(Action.BLOCK, Action.ALLOW, 1, ["ver_8"]),
    ]
    assert report.rules == [
        RuleCount("possible-picture", 8, 8, 7, ["ver_0", "ver_1", "ver_2", "ver_3", "ver_4"]),
        RuleCount("possible-statement", 1, 1, 0, ["ver_7"]),
    ]


def test_a_shadow_rule_is_counted_and_changes_nothing() -> None:
    policy = changed(load_policy(), "possible-picture", mode=Mode.SHADOW)
    report = backtest(policy, [past(1, Action.ALLOW, "pdq")])
    assert report.changed == 0
    assert report.rules == [RuleCount("possible-picture", 1, 0, 0, ["ver_1"])]


def test_a_policy_does_not_differ_from_itself() -> None:
    difference = diff_policies(load_policy(), load_policy())
    assert (difference.added, difference.removed, difference.changed) == ([], [], [])
    assert (difference.codes_added, difference.codes_removed) == ([], [])


def test_a_difference_names_rules_fields_and_codes() -> None:
    old = load_policy()
    new = changed(old, "possible-link", mode=Mode.SHADOW)
    new = Policy([rule for rule in new.rules if rule.id != "known-file"], new.taxonomy[:-1])
    difference = diff_policies(old, new)
    assert difference.removed == ["known-file"]
    assert [(change.rule, change.fields) for change in difference.changed] == [
        ("possible-link", {"mode": ("live", "shadow")})
    ]
    assert difference.codes_removed == [old.taxonomy[-1].code]
    assert diff_policies(new, old).added == ["known-file"]


def test_a_summary_has_a_line_for_each_rule_strictest_first() -> None:
    policy = load_policy()
    lines = summarise(policy)
    assert {line.id for line in lines} == {rule.id for rule in policy.rules}
    assert [line.then.severity for line in lines] == sorted((line.then.severity for line in lines), reverse=True)
    known_file = next(line for line in lines if line.id == "known-file")
    assert known_file.signals == ["md5", "sha256"]
    assert known_file.otherwise is Action.HOLD
    assert known_file.place.startswith("rules.yaml:")
