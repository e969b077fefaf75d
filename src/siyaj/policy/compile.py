"""Conditions → closures, once; what is asked per event is then a few comparisons."""

from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import Any

from siyaj.model.bank import Opinion
from siyaj.model.match import Match
from siyaj.policy.facts import Facts
from siyaj.policy.rules import (
    AccountIs,
    All,
    AnyOf,
    ChannelIs,
    Condition,
    EventIs,
    LanguageIs,
    MatchFound,
    Not,
    SignalFound,
    SignalMissing,
    many,
)

Test = Callable[[Facts], bool]
Accepts = Callable[[str], bool]
NOTHING_UNKNOWN: frozenset[str] = frozenset()


def compile_condition(condition: Condition, unknown: frozenset[str] = NOTHING_UNKNOWN) -> Test:
    """Return a test of facts.

    `unknown` names signal types that could not be drawn: then the test says whether the condition *could* hold,
    whatever those signals would have been.
    """
    if isinstance(condition, All):
        return _all([compile_condition(each, unknown) for each in condition.of])
    if isinstance(condition, AnyOf):
        return _any([compile_condition(each, unknown) for each in condition.of])
    if unknown & mentioned_types(condition):
        return _always
    return _COMPILERS[type(condition)](condition)


def mentioned_types(condition: Condition) -> frozenset[str]:
    """Return the signal types that the condition asks about."""
    if isinstance(condition, All | AnyOf):
        return frozenset().union(*(mentioned_types(each) for each in condition.of))
    if isinstance(condition, Not):
        return mentioned_types(condition.of)
    if isinstance(condition, MatchFound):
        return frozenset(many(condition.signal))
    return frozenset(many(condition.type)) if isinstance(condition, SignalFound) else frozenset()


def needed_types(condition: Condition) -> frozenset[str] | None:
    """Return types of which one must have matched for the condition to hold; None: it may hold without a match."""
    if isinstance(condition, MatchFound):
        return frozenset(many(condition.signal))
    if isinstance(condition, All):
        needs = [need for each in condition.of if (need := needed_types(each)) is not None]
        return min(needs, key=len, default=None)
    if isinstance(condition, AnyOf):
        each_needs = [needed_types(each) for each in condition.of]
        return None if None in each_needs else frozenset().union(*(need for need in each_needs if need))
    return None


def _always(_: Facts) -> bool:
    return True


def _all(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(facts: Facts) -> bool:
        for each in tests:  # noqa: SIM110 - all() over a generator takes three times as long here
            if not each(facts):
                return False
        return True

    return test


def _any(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(facts: Facts) -> bool:
        for each in tests:  # noqa: SIM110 - as above
            if each(facts):
                return True
        return False

    return test


def _not(condition: Not) -> Test:
    inner = compile_condition(condition.of)
    return lambda facts: not inner(facts)


def match_test(condition: MatchFound) -> Callable[[Match], bool]:
    """Return whether one match is of the kind that the condition asks for."""
    types = frozenset(many(condition.signal))
    opinions = frozenset(many(condition.opinion) or [Opinion.SEED, Opinion.CONFIRMED])
    alone = condition.acts_alone
    furthest = inf if condition.max_distance is None else condition.max_distance
    poorest = condition.min_quality or 0
    narrowed = tuple(_narrowing(condition))

    def test(match: Match) -> bool:
        if match.signal not in types or match.distance > furthest or match.quality < poorest:
            return False
        if match.opinion not in opinions or (alone is not None and match.acts_alone is not alone):
            return False
        for each in narrowed:  # noqa: SIM110 - as above
            if not each(match):
                return False
        return True

    return test


def _narrowing(condition: MatchFound) -> Iterator[Callable[[Match], bool]]:
    """Yield tests for the fields that few rules use."""
    if condition.variants is not None:
        variants = frozenset(many(condition.variants))
        yield lambda match: match.variant in variants
    if (part := _part_test(condition.parts)) is not None:
        yield lambda match: part(match.part)
    if condition.banks is not None:
        banks = _lowered(condition.banks)
        yield lambda match: match.bank.lower() in banks
    if condition.labels is not None:
        labels = _lowered(condition.labels)
        yield lambda match: not labels.isdisjoint(_lowered(match.labels))
    if condition.without_labels is not None:
        barred = _lowered(condition.without_labels)
        yield lambda match: barred.isdisjoint(_lowered(match.labels))


def _match_found(condition: MatchFound) -> Test:
    fits, least = match_test(condition), condition.min_count

    def one(facts: Facts) -> bool:
        for match in facts.matches:  # noqa: SIM110 - as above
            if fits(match):
                return True
        return False

    def several(facts: Facts) -> bool:
        return len({(match.bank, match.entry) for match in facts.matches if fits(match)}) >= least

    return one if least == 1 else several


def _signal_found(condition: SignalFound) -> Test:
    types, variants = frozenset(many(condition.type)), frozenset(many(condition.variants))
    part = _part_test(condition.parts)

    def test(facts: Facts) -> bool:
        for signal in facts.signals:
            if (
                signal.type in types
                and (not variants or signal.variant in variants)
                and (part is None or part(signal.part))
            ):
                return True
        return False

    return test


def _signal_missing(condition: SignalMissing) -> Test:
    types, codes = frozenset(many(condition.type)), frozenset(many(condition.code))
    return lambda facts: any(
        (not types or missing.type in types) and (not codes or missing.code in codes) for missing in facts.missing
    )


def _event_is(condition: EventIs) -> Test:
    kinds = frozenset(many(condition.one_of))
    return lambda facts: facts.kind in kinds


def _language_is(condition: LanguageIs) -> Test:
    wanted = [language.lower() for language in many(condition.one_of)]

    def test(facts: Facts) -> bool:
        language = facts.event.language.lower().replace("_", "-") + "-"
        return any(language.startswith(f"{each}-") for each in wanted)

    return test


def _account_is(condition: AccountIs) -> Test:
    trusted, younger, older = condition.trusted, condition.younger_than_days, condition.older_than_days

    def test(facts: Facts) -> bool:
        account = facts.event.account
        if account is None or (trusted is not None and account.trusted is not trusted):
            return False
        age = account.age_days
        if younger is not None and (age is None or age >= younger):
            return False
        return older is None or (age is not None and age > older)

    return test


def _channel_is(condition: ChannelIs) -> Test:
    public, least, most = condition.public, condition.min_subscribers, condition.max_subscribers

    def test(facts: Facts) -> bool:
        channel = facts.event.channel
        if channel is None or (public is not None and channel.public is not public):
            return False
        subscribers = channel.subscribers
        if least is not None and (subscribers is None or subscribers < least):
            return False
        return most is None or (subscribers is not None and subscribers <= most)

    return test


def _part_test(parts: str | list[str] | None) -> Accepts | None:
    """`channel.*` takes every part that begins with `channel.`; without the star, the whole part must be equal."""
    whole = frozenset(part for part in many(parts) if not part.endswith("*"))
    beginnings = tuple(part[:-1] for part in many(parts) if part.endswith("*"))
    if parts is None:
        return None
    return lambda part: part in whole or part.startswith(beginnings)


def _lowered(words: str | list[str] | None) -> frozenset[str]:
    return frozenset(word.lower() for word in many(words))


_COMPILERS: dict[type[Any], Callable[[Any], Test]] = {
    Not: _not,
    MatchFound: _match_found,
    SignalFound: _signal_found,
    SignalMissing: _signal_missing,
    EventIs: _event_is,
    LanguageIs: _language_is,
    AccountIs: _account_is,
    ChannelIs: _channel_is,
}
