"""Invented policies and events, for laws that hold for all of them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from siyaj.model.bank import Opinion
from siyaj.model.event import Account, Channel, Event, EventKind
from siyaj.model.match import Match
from siyaj.model.signal import Missing, Signal
from siyaj.model.verdict import Action
from siyaj.policy.evaluate import Facts, Policy
from siyaj.policy.rules import (
    AccountIs,
    All,
    AnyOf,
    ChannelIs,
    Condition,
    EventIs,
    LanguageIs,
    MatchFound,
    Mode,
    Not,
    Partial,
    Rule,
    SignalFound,
    SignalMissing,
)
from siyaj.policy.taxonomy import Category

TYPES = ["sha256", "pdq", "text", "term", "url", "name", "emblem"]
TAXONOMY = [
    Category(code="tvec", title="All", title_ar="الكل", severity=3, labels=["tvec"]),
    Category(code="tvec.manifesto", title="Manifesto", title_ar="بيان", severity=4, labels=["Manifesto"]),
    Category(code="tvec.link", title="Link", title_ar="رابط", severity=2),
]

types = st.sampled_from(TYPES)
matches = st.builds(
    Match,
    bank=st.sampled_from(["ours", "theirs"]),
    entry=st.integers(1, 5),
    signal=types,
    distance=st.sampled_from([0, 0.2, 10, 31]),
    opinion=st.sampled_from([Opinion.SEED, Opinion.CONFIRMED]),
    part=st.sampled_from(["text", "file:0", "channel.title"]),
    quality=st.integers(0, 100),
    labels=st.lists(st.sampled_from(["manifesto", "bystander"]), max_size=2),
    acts_alone=st.booleans(),
)
signals = st.builds(Signal, type=types, value=st.just("x"), variant=st.sampled_from(["", "tampered", "invite"]))
missing = st.builds(
    Missing, type=types, part=st.just("file:0"), code=st.just("decoder_killed"), message=st.just("killed")
)
events = st.builds(
    Event,
    id=st.sampled_from(["1", "2", "3"]),
    kind=st.sampled_from(EventKind),
    account=st.none()
    | st.builds(Account, id=st.just("a"), age_days=st.none() | st.floats(0, 9), trusted=st.booleans()),
    channel=st.none() | st.builds(Channel, id=st.just("c"), subscribers=st.none() | st.integers(0, 9)),
    language=st.sampled_from(["", "ar", "ar-SY", "en"]),
)


def facts_with(missing: st.SearchStrategy[list[Missing]]) -> st.SearchStrategy[Facts]:
    return st.builds(
        lambda event, matches, signals, missing: Facts(event.kind, event, matches, signals, missing),
        events,
        st.lists(matches, max_size=4),
        st.lists(signals, max_size=3),
        missing,
    )


facts = facts_with(st.lists(missing, max_size=2))
leaves: st.SearchStrategy[Condition] = st.one_of(
    st.builds(
        MatchFound,
        signal=st.lists(types, min_size=1, max_size=2),
        acts_alone=st.none() | st.booleans(),
        max_distance=st.none() | st.sampled_from([0.0, 0.2, 31.0]),
        min_quality=st.none() | st.just(50),
        without_labels=st.none() | st.just("bystander"),
        min_count=st.sampled_from([1, 1, 2]),
    ),
    st.builds(SignalFound, type=types, variants=st.none() | st.just("tampered")),
    st.builds(SignalMissing, type=types),
    st.builds(EventIs, one_of=st.sampled_from(EventKind)),
    st.builds(LanguageIs, one_of=st.just("ar")),
    st.builds(AccountIs, trusted=st.none() | st.booleans(), younger_than_days=st.none() | st.just(3.0)),
    st.builds(ChannelIs, min_subscribers=st.just(5)),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(All, of=st.lists(inner, min_size=1, max_size=3)),
        st.builds(AnyOf, of=st.lists(inner, min_size=1, max_size=3)),
        st.builds(Not, of=inner),
    ),
    max_leaves=6,
)


def rule_with(mode: st.SearchStrategy[Mode]) -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule,
        id=st.sampled_from([f"rule-{i}" for i in range(20)]),
        title=st.just("A rule"),
        policy=st.sampled_from(["tvec", "tvec.link"]),
        mode=mode,
        when=conditions,
        then=st.sampled_from([Action.LABEL, Action.LIMIT, Action.HOLD, Action.BLOCK]),
        reason=st.just("Because."),
        partial=st.just(Partial(share=0.5)),
        unless=st.none() | leaves,
        otherwise=st.none() | st.just(Action.LABEL),
    )


rules = st.lists(rule_with(st.sampled_from(Mode)), max_size=6, unique_by=lambda rule: rule.id)


def policy_of(rules: Sequence[Rule]) -> Policy:
    return Policy(rules, TAXONOMY)
