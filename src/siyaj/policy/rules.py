"""A policy file's words as types: conditions, rules, examples. `docs/policy.md` explains each field.

Every struct refuses fields it does not know. A condition that asks about something the platform did not tell (an
account's age, a channel's size) is not fulfilled.
"""

from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from siyaj.model.bank import Opinion
from siyaj.model.event import Account, Channel, EventKind
from siyaj.model.verdict import Action

T = TypeVar("T")

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=64)]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*\Z", max_length=64)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Words = Word | Annotated[list[Word], Meta(min_length=1, max_length=200)]
Sentence = Annotated[str, Meta(min_length=1, max_length=500)]
Distance = Annotated[float, Meta(ge=0, le=100_000)]
Quality = Annotated[int, Meta(ge=0, le=100)]
Days = Annotated[float, Meta(ge=0, le=100_000)]
Subscribers = Annotated[int, Meta(ge=0)]


def many(value: T | list[T] | None) -> list[T]:
    """Return a field that takes one or several as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


class _Condition(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"):
    """What all conditions share: the field `kind` says which one it is."""


class All(_Condition, frozen=True, tag="all"):
    """Every condition of the list holds."""

    of: Annotated[list["Condition"], Meta(min_length=1, max_length=100)]


class AnyOf(_Condition, frozen=True, tag="any"):
    """At least one condition of the list holds."""

    of: Annotated[list["Condition"], Meta(min_length=1, max_length=100)]


class Not(_Condition, frozen=True, tag="not"):
    """The condition does not hold."""

    of: "Condition"


class MatchFound(_Condition, frozen=True, tag="match"):
    """A bank entry matched. All fields must hold for the same match; `min_count` counts different entries."""

    signal: Words
    opinion: Opinion | Annotated[list[Opinion], Meta(min_length=1)] | None = None
    acts_alone: bool | None = None
    max_distance: Distance | None = None
    min_quality: Quality | None = None
    labels: Words | None = None
    without_labels: Words | None = None
    banks: Words | None = None
    parts: Words | None = None
    variants: Words | None = None
    min_count: Annotated[int, Meta(ge=1, le=100)] = 1


class SignalFound(_Condition, frozen=True, tag="signal"):
    """A signal was drawn, whether or not anything matched it: a shortened link, text that looks tampered with."""

    type: Words
    variants: Words | None = None
    parts: Words | None = None


class SignalMissing(_Condition, frozen=True, tag="missing"):
    """A signal could not be drawn."""

    type: Words | None = None
    code: Words | None = None


class EventIs(_Condition, frozen=True, tag="event"):
    """The event is of one of these kinds."""

    one_of: EventKind | Annotated[list[EventKind], Meta(min_length=1)]


class LanguageIs(_Condition, frozen=True, tag="language"):
    """The platform named one of these languages; `ar` includes `ar-SY` (BCP 47)."""

    one_of: Words


class AccountIs(_Condition, frozen=True, tag="account"):
    """The account that posts. All fields given must hold."""

    trusted: bool | None = None
    younger_than_days: Days | None = None
    older_than_days: Days | None = None


class ChannelIs(_Condition, frozen=True, tag="channel"):
    """The channel it is posted in, or that is checked itself. All fields given must hold."""

    public: bool | None = None
    min_subscribers: Subscribers | None = None
    max_subscribers: Subscribers | None = None


Condition = All | AnyOf | Not | MatchFound | SignalFound | SignalMissing | EventIs | LanguageIs | AccountIs | ChannelIs


class Mode(StrEnum):
    OFF = "off"
    """Not evaluated."""
    SHADOW = "shadow"
    """Evaluated and recorded; does nothing."""
    PARTIAL = "partial"
    """Enforced for a part of the traffic, shadow for the rest."""
    LIVE = "live"


class Partial(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a partial rule is enforced: all fields given must hold."""

    share: Annotated[float, Meta(gt=0, le=1)] | None = None
    channels: Words | None = None
    kinds: EventKind | Annotated[list[EventKind], Meta(min_length=1)] | None = None


class GivenMatch(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    signal: Word
    distance: Distance = 0.0
    opinion: Opinion = Opinion.SEED
    acts_alone: bool = False
    quality: Quality = 100
    labels: Words | None = None
    bank: Word = "example"
    part: str = ""
    variant: str = ""


class GivenSignal(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    type: Word
    variant: str = ""
    part: str = ""


class GivenMissing(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    type: Word
    code: str = "decoder_killed"


class GivenAccount(Account):
    id: str = "example"


class GivenChannel(Channel):
    id: str = "example"


class Given(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is known of an invented event."""

    kind: EventKind = EventKind.MESSAGE
    language: str = ""
    account: GivenAccount | None = None
    channel: GivenChannel | None = None
    matches: list[GivenMatch] = msgspec.field(default_factory=list)
    signals: list[GivenSignal] = msgspec.field(default_factory=list)
    missing: list[GivenMissing] = msgspec.field(default_factory=list)


class Expected(StrEnum):
    """What a rule does by itself, whatever its mode: an action, or nothing at all."""

    NOTHING = "nothing"
    LABEL = "label"
    LIMIT = "limit"
    HOLD = "hold"
    BLOCK = "block"


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    """An example of one rule."""

    name: Sentence
    given: Given
    expect: Expected


class PolicyExample(Struct, frozen=True, forbid_unknown_fields=True):
    """An example of the whole policy, with the modes as they stand."""

    name: Sentence
    given: Given
    verdict: Action


class Rule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When this holds, do that. `unless` turns the action into `otherwise`, or into nothing where that is not given."""

    id: Slug
    title: Sentence
    policy: Code
    mode: Mode
    when: Condition
    then: Action
    reason: Sentence
    title_ar: str = ""
    reason_ar: str = ""
    partial: Partial | None = None
    unless: Condition | None = None
    otherwise: Action | None = None
    examples: list[Example] = msgspec.field(default_factory=list)
