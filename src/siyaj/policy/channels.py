"""Rules about channels: what accumulates in one opens a case on it, with what is recommended and why.

A channel rule never acts. That many are counted is a reason to look, not a reason to close: closing may be recommended
only on what people decided before (removals here, or the closing of a channel that this one resembles), and a person
decides it. `docs/policy.md` explains each field.
"""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from siyaj.model.action import ActionKind
from siyaj.model.channel import ReturnMark
from siyaj.model.report import SubjectKind
from siyaj.policy.ladder import FITTING
from siyaj.policy.rules import Code, Days, Mode, Sentence, Slug, Subscribers, Word, Words, many

Window = Annotated[float, Meta(gt=0, le=366)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Share = Annotated[float, Meta(gt=0, le=1)]
CASE = "case"


class _Condition(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"):
    """What all conditions share: the field `kind` says which one it is."""


class ChannelAll(_Condition, frozen=True, tag="all"):
    """Every condition of the list holds."""

    of: Annotated[list["ChannelCondition"], Meta(min_length=1, max_length=100)]


class ChannelAny(_Condition, frozen=True, tag="any"):
    """At least one condition of the list holds."""

    of: Annotated[list["ChannelCondition"], Meta(min_length=1, max_length=100)]


class ChannelNot(_Condition, frozen=True, tag="not"):
    """The condition does not hold."""

    of: "ChannelCondition"


class Removals(_Condition, frozen=True, tag="removals"):
    """People decided to remove so many items here, and those decisions stand."""

    at_least: Count
    within_days: Window
    policies: Words | None = None


class Refused(_Condition, frozen=True, tag="refused"):
    """Of the items checked here, such a share was held or blocked."""

    share: Share
    within_days: Window
    min_items: Count = 20


class Reach(_Condition, frozen=True, tag="reach"):
    """The channel has at least so many subscribers."""

    at_least: Subscribers


class Reported(_Condition, frozen=True, tag="reported"):
    """Different people reported it or items in it; each counts as much as they were right before (0.5 when
    new, several times as much for trusted flaggers and authorities)."""

    weight: Annotated[float, Meta(gt=0, le=100_000)]
    within_days: Window


class NamedLike(_Condition, frozen=True, tag="named_like"):
    """Its title or handle resembles a banked name."""

    resemblance: Annotated[float, Meta(ge=0.5, le=1)]
    labels: Words | None = None


class ClosedLinks(_Condition, frozen=True, tag="closed_links"):
    """It posts, or can be entered by, so many different addresses that belonged to channels which were closed."""

    at_least: Count


class ReturnOf(_Condition, frozen=True, tag="return_of"):
    """It resembles a channel that was closed, in at least so many of these marks (all, if none are given)."""

    at_least: Annotated[int, Meta(ge=1, le=5)]
    marks: ReturnMark | Annotated[list[ReturnMark], Meta(min_length=1)] | None = None


class TheChannel(_Condition, frozen=True, tag="channel"):
    """The channel itself. All fields given must hold."""

    public: bool | None = None
    younger_than_days: Days | None = None
    older_than_days: Days | None = None


class Writes(_Condition, frozen=True, tag="language"):
    """At least such a share of its items is in one of these languages."""

    one_of: Words
    share: Share = 0.5


ChannelCondition = (
    ChannelAll
    | ChannelAny
    | ChannelNot
    | Removals
    | Refused
    | Reach
    | Reported
    | NamedLike
    | ClosedLinks
    | ReturnOf
    | TheChannel
    | Writes
)


class GivenState(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What accumulated in an invented channel; all of it `days_ago`."""

    days_ago: Days = 1.0
    subscribers: Subscribers | None = None
    public: bool | None = None
    age_days: Days | None = None
    removals: Annotated[int, Meta(ge=0, le=1_000)] = 0
    removal_policy: Code = "tvec"
    items: Annotated[int, Meta(ge=0)] = 0
    refused: Annotated[int, Meta(ge=0)] = 0
    language: str = ""
    reporters: Annotated[list[Annotated[float, Meta(ge=0, le=4)]], Meta(max_length=1_000)] = msgspec.field(
        default_factory=list
    )
    """How much each of them counts."""
    resemblance: Annotated[float, Meta(ge=0, le=1)] = 0.0
    name_labels: Words | None = None
    closed_links: Annotated[int, Meta(ge=0, le=1_000)] = 0
    returns: list[ReturnMark] = msgspec.field(default_factory=list)


class ChannelExample(Struct, frozen=True, forbid_unknown_fields=True):
    """`expect`: `case` or `nothing`."""

    name: Sentence
    given: GivenState
    expect: Word


class ChannelRule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When this holds, a person looks at the channel; `recommend` is what they are advised to do."""

    id: Slug
    title: Sentence
    policy: Code
    mode: Mode
    when: ChannelCondition
    reason: Sentence
    reason_ar: str = ""
    title_ar: str = ""
    then: Word = CASE
    recommend: ActionKind = ActionKind.NONE
    examples: list[ChannelExample] = msgspec.field(default_factory=list)


def faults_of_channel_rule(rule: ChannelRule) -> Iterator[tuple[str, str, str]]:
    """Yield (path below the rule, what is wrong, what to do) for each principle that the rule breaks."""
    if rule.then != CASE:
        yield (
            ".then",
            f"a rule never does {rule.then!r} to a channel: a person decides that",
            "use `then: case`, and say `recommend: close_channel` where that is advised",
        )
    if rule.mode is Mode.PARTIAL:
        yield ".mode", "a channel rule is `off`, `shadow` or `live`", "use `shadow` to see first what it would open"
    fitting = FITTING[SubjectKind.CHANNEL]
    if rule.recommend not in fitting:
        known = ", ".join(sorted(fitting))
        yield ".recommend", f"`{rule.recommend}` cannot be done to a channel", f"one of {known}"
    if rule.recommend is ActionKind.CLOSE_CHANNEL and not rests_on_decisions(rule.when):
        yield (
            ".recommend",
            "counts alone never close a channel: people can be many and wrong",
            "ask for `removals`, or for `return_of` with `at_least: 2`, in every way in which it can come true; or use"
            " `recommend: limit`",
        )
    for i, example in enumerate(rule.examples):
        if example.expect not in (CASE, "nothing"):
            yield f".examples[{i}].expect", f"unknown value {example.expect!r}", "known: case, nothing"


def rests_on_decisions(condition: ChannelCondition) -> bool:
    """True when the condition cannot hold without something that people decided before."""
    if isinstance(condition, ChannelAll):
        return any(rests_on_decisions(each) for each in condition.of)
    if isinstance(condition, ChannelAny):
        return all(rests_on_decisions(each) for each in condition.of)
    if isinstance(condition, Removals):
        return True
    # One mark is a coincidence: two channels of one town have the same name.
    return isinstance(condition, ReturnOf) and condition.at_least >= 2 and len(set(many(condition.marks))) != 1
