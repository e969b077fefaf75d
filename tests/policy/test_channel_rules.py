"""Rules about channels: they open cases, they say why, and none of them closes by count."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.action import ActionKind
from siyaj.model.channel import Resemblance, ReturnMark
from siyaj.policy.channel_state import (
    ChannelFacts,
    LikeName,
    PastDay,
    PastRemoval,
    PastReporter,
    find,
    hold,
    isolated,
)
from siyaj.policy.channels import (
    ChannelAll,
    ChannelAny,
    ChannelCondition,
    ChannelNot,
    ChannelRule,
    ClosedLinks,
    NamedLike,
    Reach,
    Refused,
    Removals,
    Reported,
    ReturnOf,
    faults_of_channel_rule,
    rests_on_decisions,
)
from siyaj.policy.load import load_policy
from siyaj.policy.rules import Mode

counts = st.one_of(
    st.builds(Reach, at_least=st.integers(0, 1_000)),
    st.builds(Refused, share=st.floats(0.01, 1), within_days=st.just(7.0), min_items=st.integers(1, 30)),
    st.builds(Reported, weight=st.floats(0.1, 5), within_days=st.just(7.0)),
    st.builds(NamedLike, resemblance=st.floats(0.5, 1)),
    st.builds(ClosedLinks, at_least=st.integers(1, 3)),
    st.builds(ReturnOf, at_least=st.integers(1, 3), marks=st.none() | st.just([ReturnMark.TITLE])),
    st.builds(Removals, at_least=st.integers(1, 3), within_days=st.just(7.0)),
)


def several(inner: st.SearchStrategy[ChannelCondition]) -> st.SearchStrategy[ChannelCondition]:
    lists = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(st.builds(ChannelAll, of=lists), st.builds(ChannelAny, of=lists), st.builds(ChannelNot, of=inner))


conditions = st.recursive(counts, several, max_leaves=8)
only_counts = st.builds(
    ChannelFacts,
    subscribers=st.none() | st.integers(0, 10**9),
    reporters=st.lists(st.builds(PastReporter, id=st.text(), days_ago=st.just(1.0), weight=st.floats(0, 2))),
    days=st.lists(st.builds(PastDay, st.just(1.0), st.just("ar"), st.just(50), st.integers(0, 50)), max_size=3),
    names=st.lists(st.builds(LikeName, st.just("known/1"), st.floats(0.5, 1)), max_size=2),
    closed_links=st.lists(st.text(min_size=1), max_size=5),
    returns=st.lists(
        st.builds(Resemblance, st.just("old"), st.just("old"), st.sampled_from(list(ReturnMark)).map(lambda m: (m,)))
    ),
)


@given(conditions, only_counts)
def test_whatever_is_counted_never_recommends_to_close(when: ChannelCondition, facts: ChannelFacts) -> None:
    rule = ChannelRule("it", "It", "tvec", Mode.LIVE, when, "So.", recommend=ActionKind.CLOSE_CHANNEL)
    if not list(faults_of_channel_rule(rule)):
        assert find([rule], facts) == []


@given(conditions)
def test_a_not_is_no_decision(when: ChannelCondition) -> None:
    assert not rests_on_decisions(ChannelNot(when))


def test_three_confirmed_removals_and_reach_say_why_in_both_languages() -> None:
    removals = [PastRemoval(f"dec_{n}", 2, "tvec.publication") for n in range(3)]
    [finding] = find(load_policy().channels, ChannelFacts(subscribers=1_200, removals=removals))
    assert finding.rule.id == "repeated-removals"
    assert finding.rule.recommend is ActionKind.CLOSE_CHANNEL
    assert finding.held.english == [
        "Items that people decided to remove in the last 7 days: 3.",
        "Subscribers: 1,200.",
    ]
    assert finding.held.arabic == [
        "عدد المواد التي قرّر مراجعون إزالتها خلال آخر 7 أيام: 3.",
        "عدد المشتركين: 1,200.",
    ]
    assert finding.held.evidence == ["removal:dec_0", "removal:dec_1", "removal:dec_2"]


def test_every_shipped_rule_speaks_arabic() -> None:
    assert [rule.id for rule in load_policy().channels if not (rule.reason_ar and rule.title_ar)] == []


def test_a_return_names_the_marks_and_a_title_cannot_turn_the_sentence() -> None:
    back = Resemblance("old", "حديقة\N{RIGHT-TO-LEFT OVERRIDE} الحي", (ReturnMark.ADMINS, ReturnMark.HANDLE))
    held = hold(ReturnOf(2), ChannelFacts(returns=[back]))
    assert held is not None
    assert held.english == [
        "It resembles the closed channel \u2068حديقة الحي\u2069: the same people run it, its handle has the same form."
    ]
    assert held.arabic == [
        "تشبه القناة المغلقة \u2068حديقة الحي\u2069: يديرها الأشخاص أنفسهم، معرّفها على الصيغة نفسها."
    ]
    assert isolated("a" * 500) == f"\u2068{'a' * 80}\u2069"


def test_reporters_who_are_mostly_wrong_weigh_little() -> None:
    condition = Reported(weight=3, within_days=7)
    mob = [PastReporter(f"u{n}", 1, 0.1) for n in range(20)]
    assert hold(condition, ChannelFacts(reporters=mob)) is None
    assert hold(condition, ChannelFacts(reporters=[PastReporter(f"u{n}", 1, 0.9) for n in range(4)])) is not None


def test_a_policy_of_ones_own_has_the_shipped_channel_rules_or_none_on_purpose(tmp_path: Path) -> None:
    rule = (
        "rules:\n- {id: mine, title: Mine, policy: tvec, mode: live, reason: So., then: hold,"
        " when: {kind: match, signal: pdq}}\n"
    )
    (tmp_path / "mine.yaml").write_text(rule)
    assert [each.id for each in load_policy(tmp_path).channels] == [each.id for each in load_policy().channels]
    (tmp_path / "mine.yaml").write_text(rule + "channels: []\n")
    assert load_policy(tmp_path).channels == ()
