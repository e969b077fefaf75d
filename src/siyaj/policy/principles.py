"""What no policy may do, whoever writes it. Checked when a policy is loaded.

- Only an entry that two people confirmed acts (labels, limits or blocks). Everything else may only hold the item
  for a person.
- A name, a single word or an emblem never acts, also not when two people entered it: it stands in every news report.
- Text acts on a near-copy only, a picture on a near one of enough quality only.
- Text that looks tampered with is not evidence by itself: it does not even hold.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from siyaj.model.bank import Opinion
from siyaj.model.verdict import Action
from siyaj.policy.rules import (
    AccountIs,
    All,
    AnyOf,
    ChannelIs,
    Condition,
    MatchFound,
    Not,
    Rule,
    SignalFound,
    SignalMissing,
    many,
)

CONTEXT_TYPES = frozenset({"name", "term", "emblem"})
"""Signal types that never act."""


class Bound(NamedTuple):
    """How near and how good a match must be asked to be before it may act."""

    max_distance: float
    min_quality: int
    why: str


ACTING_BOUNDS = {
    # 31 of 256 bits and quality 50 are the operating point of the PDQ authors (facebook/ThreatExchange, hashing.pdf).
    "pdq": Bound(31, 50, "further away, or with little in them, unrelated pictures look alike"),
    # The share of blocks that do not agree once one picture is laid over the other (matching/local_score.py).
    "local": Bound(0.6, 0, "two fifths of what both pictures show must agree"),
    # The share of seconds that are not common, of the shorter side.
    "video": Bound(0.5, 50, "a few seconds of a known video stand in many reports about it"),
    # The same of its sound.
    "audio": Bound(0.5, 0, "a few seconds of a known recording stand in many reports about it"),
    # The share of the statement's fingerprints that are missing: at 0.3, seven tenths of it are there word by word.
    "text": Bound(0.3, 0, "text acts on a near-copy only; a quotation in a news report is not one"),
}


class Evidence(IntEnum):
    """How strong the weakest way is in which a condition can come true."""

    NONE = 0
    CIRCUMSTANCE = 1
    """The account, the channel, the kind of link, a missing signal: no match."""
    CONTEXT = 2
    """A match of a name, a term or an emblem."""
    KNOWN = 3
    """A match of an entry that may not act alone, or that is not near enough."""
    ACTS = 4


def violations(rule: Rule) -> Iterator[tuple[str, str, str]]:
    """Yield (path below the rule, what is wrong, what to do) for each principle that the rule breaks."""
    evidence = weakest(rule.when)
    for field, action in (("then", rule.then), ("otherwise", rule.otherwise)):
        if action in {Action.LABEL, Action.LIMIT, Action.BLOCK} and evidence < Evidence.ACTS:
            message, hint = _why_not(rule, evidence)
            yield f".{field}", f"this rule may not {action}: {message}", hint
    if evidence is Evidence.NONE and any(_is_evasion(each) for each in positive(rule.when)):
        yield (
            ".when",
            "tampered text is not evidence by itself",
            "ask for a match or a circumstance beside it, with `kind: all`",
        )
    for path, condition in walk(rule.when, ".when"):
        if isinstance(condition, MatchFound) and Opinion.NEGATIVE in many(condition.opinion):
            yield f"{path}.opinion", "negative entries silence matches; they are never evidence", "leave `negative` out"


def _why_not(rule: Rule, evidence: Evidence) -> tuple[str, str]:
    if evidence is Evidence.CONTEXT:
        return (
            "a name, a single word or an emblem never acts; it stands in every news report",
            "use `then: hold`, so that a person looks at it",
        )
    if evidence is Evidence.KNOWN:
        for condition in positive(rule.when):
            if (
                isinstance(condition, MatchFound)
                and condition.acts_alone is True
                and (shortfall := _short_of(condition))
            ):
                return shortfall
        return (
            "only entries that two people confirmed act alone",
            "add `acts_alone: true` to each `match`, or use `then: hold`",
        )
    return "nothing known has to match for it to fire", "ask for a `match`, or use `then: hold`"


def weakest(condition: Condition) -> Evidence:
    """Return the evidence that is there whenever the condition holds. That something is absent is no evidence."""
    if isinstance(condition, All):
        return max(weakest(each) for each in condition.of)
    if isinstance(condition, AnyOf):
        return min(weakest(each) for each in condition.of)
    if isinstance(condition, MatchFound):
        return _of_match(condition)
    if isinstance(condition, SignalFound):
        return Evidence.CIRCUMSTANCE if condition.variants and not _is_evasion(condition) else Evidence.NONE
    if isinstance(condition, AccountIs | ChannelIs | SignalMissing):
        return Evidence.CIRCUMSTANCE
    return Evidence.NONE


def _of_match(match: MatchFound) -> Evidence:
    if CONTEXT_TYPES & set(many(match.signal)):
        return Evidence.CONTEXT
    return Evidence.ACTS if match.acts_alone is True and not _short_of(match) else Evidence.KNOWN


def _short_of(match: MatchFound) -> tuple[str, str] | None:
    """Say which bound an acting match does not keep, and how to keep it."""
    for name in many(match.signal):
        bound = ACTING_BOUNDS.get(name)
        if bound is None:
            continue
        if match.max_distance is None or match.max_distance > bound.max_distance:
            return f"`{name}` acts at a distance of at most {bound.max_distance:g}: {bound.why}", (
                f"add `max_distance: {bound.max_distance:g}` or less to the match"
            )
        if (match.min_quality or 0) < bound.min_quality:
            return f"`{name}` acts at a quality of at least {bound.min_quality}: {bound.why}", (
                f"add `min_quality: {bound.min_quality}` or more to the match"
            )
    return None


def _is_evasion(condition: Condition) -> bool:
    return isinstance(condition, SignalFound) and "tampered" in many(condition.variants)


def walk(condition: Condition, path: str) -> Iterator[tuple[str, Condition]]:
    """Yield the condition and all below it, with their paths."""
    yield path, condition
    if isinstance(condition, All | AnyOf):
        for i, each in enumerate(condition.of):
            yield from walk(each, f"{path}.of[{i}]")
    elif isinstance(condition, Not):
        yield from walk(condition.of, f"{path}.of")


def positive(condition: Condition, holds: bool = True) -> Iterator[Condition]:
    """Yield what speaks for the condition: all that is not under a `not`, or under two."""
    if isinstance(condition, All | AnyOf):
        for each in condition.of:
            yield from positive(each, holds)
    elif isinstance(condition, Not):
        yield from positive(condition.of, not holds)
    elif holds:
        yield condition
