"""Numbers: what a team sees of its own work, and what a platform publishes of it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct


class Rate(Struct, frozen=True):
    """`count` of `of`, as a share, with its interval of 95 %. Without any, share and bounds are None."""

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class Kappa(Struct, frozen=True):
    """`value` is 1 for full agreement, 0 for what chance gives, negative below it; `agreed` of `of` pairs are alike.

    `value` is None without pairs, and where both always say the same one thing: then chance explains all agreement, and
    nothing can be said. `low` and `high` bound 95 %; they lie in −1…1.
    """

    agreed: int
    of: int
    value: float | None
    low: float | None
    high: float | None


class Day(Struct, frozen=True):
    """One day (UTC). Waits are medians, in seconds; None on a day without any."""

    day: str
    opened: int
    closed: int
    reports: int
    backlog: int
    first_look: int | None
    to_decision: int | None
    appeals: int
    overturned: int


class Share(Struct, frozen=True):
    """One slice: `name` is a policy code, a language, an age, …"""

    name: str
    count: int


class ErrorRates(Struct, frozen=True):
    """Both directions, from samples that were judged again. `disputed_*` are reviewers' decisions that another person
    would have made the other way."""

    wrongly_removed: Rate
    """Of what the policy refused alone: what a person would have left."""
    wrongly_left: Rate
    """Of what was allowed: what a person would have acted on."""
    disputed_removals: Rate
    disputed_leaves: Rate


class Dashboard(Struct, frozen=True):
    """`days` are in order, the last is today. Ages are those of cases that are open now."""

    at: datetime
    days: Sequence[Day]
    waiting: int
    overdue: int
    oldest_hours: float
    ages: Sequence[Share]
    first_look: int | None
    to_decision: int | None
    """Medians over the whole time, in seconds."""
    by_policy: Sequence[Share]
    by_language: Sequence[Share]
    by_action: Sequence[Share]
    automated: int
    """Refused, limited or labelled by the policy alone."""
    by_people: int
    """Decisions of people that did something."""
    left_by_people: int
    """Decisions of people to leave things as they are."""
    verdicts: int
    overturned: Rate
    errors: ErrorRates


class AgreementLine(Struct, frozen=True):
    """`name` is a person's id, a policy code or a language; empty for all together."""

    name: str
    kappa: Kappa


class QualityReport(Struct, frozen=True):
    """Samples judged a second time, in the time asked for."""

    judged: int
    waiting: int
    overall: Kappa
    reviewers: Sequence[AgreementLine]
    policies: Sequence[AgreementLine]
    languages: Sequence[AgreementLine]
    errors: ErrorRates


class Line(Struct, frozen=True, omit_defaults=True):
    """One published figure. `by` says what it is broken down by, e.g. `{"policy": "tvec.praise"}`."""

    measure: str
    value: float | None
    by: dict[str, str] = {}
    low: float | None = None
    high: float | None = None


class Published(Struct, frozen=True):
    """Figures for a transparency report over [since, until), both days (UTC)."""

    since: str
    until: str
    lines: Sequence[Line]
