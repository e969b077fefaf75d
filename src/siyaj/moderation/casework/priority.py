"""What a person looks at first: a priority of 0–100 with its reasons, so that the queue can say why in words.

A threat to life is 100, always, and alone: nothing else adds up to more than MOST.
"""

import math
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from siyaj.model.case import PriorityFactor, PriorityReason

LIFE = 100
MOST = 95
"""What any other case can reach: a threat to life goes before all of them (DSA Article 18)."""

_SEVERITY = 9
_ORDER = 25
_APPEAL = 10
_MOST_REACH = 20
_PER_TENFOLD = 4
_MOST_REPORTERS = 20
_RECENT = ((1.0, 8), (24.0, 5), (168.0, 2))
"""Hours since it was posted, and points: what is fresh still spreads."""
_SOON = ((1.0, 15), (4.0, 10), (12.0, 5))
"""Hours until the deadline, and points."""
_BRIGADING = -20
_UNDELIVERED = 20


class Inputs(Struct, kw_only=True):
    """What is known when a case opens or grows; leave out what is not.

    `severity` is the policy's in the taxonomy (1–5). `reach` are subscribers, or views so far. `age_hours`: since it
    was posted. `reporters` is the sum of the reports' weights in percent (100 is one report of ordinary accuracy).
    `match` is the strength of the best match, 0–1. `deadline_hours`: until the first review is due.
    """

    severity: int = 0
    reach: int = 0
    age_hours: float | None = None
    reporters: int = 0
    match: float = 0.0
    deadline_hours: float | None = None
    brigading: bool = False
    life: bool = False
    order: bool = False
    appeal: bool = False
    undelivered: bool = False


def score(given: Inputs) -> tuple[int, list[PriorityReason]]:
    """Return the priority and what it is made of, the weightiest first. The points add up to the priority unless that
    was cut off at 0 or MOST."""
    if given.life:
        return LIFE, [PriorityReason(PriorityFactor.LIFE, LIFE)]
    parts: tuple[tuple[PriorityFactor, int, Any, str], ...] = (
        (PriorityFactor.SEVERITY, _SEVERITY * given.severity, given.severity, "d"),
        (PriorityFactor.REACH, _reach(given.reach), given.reach, "d"),
        (PriorityFactor.RECENCY, _by_hours(given.age_hours, _RECENT), given.age_hours, ".1f"),
        (PriorityFactor.REPORTERS, _reporters(given.reporters), given.reporters, "d"),
        (PriorityFactor.MATCH, round(15 * min(1.0, max(0.0, given.match))), given.match, ".2f"),
        (PriorityFactor.DEADLINE, _by_hours(given.deadline_hours, _SOON), given.deadline_hours, ".1f"),
        (PriorityFactor.ORDER, _ORDER * given.order, "", ""),
        (PriorityFactor.APPEAL, _APPEAL * given.appeal, "", ""),
        (PriorityFactor.BRIGADING, _BRIGADING * given.brigading, "", ""),
        (PriorityFactor.UNDELIVERED, _UNDELIVERED * given.undelivered, "", ""),
    )
    reasons = [PriorityReason(factor, points, format(value, how)) for factor, points, value, how in parts if points]
    reasons.sort(key=lambda reason: -abs(reason.points))
    return min(MOST, max(0, sum(reason.points for reason in reasons))), reasons


def undelivered(points: int, reasons: Sequence[PriorityReason]) -> tuple[int, list[PriorityReason]]:
    """Return the priority, and its reasons, of a case whose decision was not carried out: its clock starts again."""
    if points >= LIFE:
        return points, list(reasons)
    gone = (PriorityFactor.UNDELIVERED, PriorityFactor.DEADLINE)
    kept = [
        PriorityReason(PriorityFactor.UNDELIVERED, _UNDELIVERED),
        *(one for one in reasons if one.factor not in gone),
    ]
    return min(MOST, max(points, sum(one.points for one in kept))), kept


def _reach(reach: int) -> int:
    return min(_MOST_REACH, round(_PER_TENFOLD * math.log10(reach))) if reach > 1 else 0


def _reporters(weight: int) -> int:
    """Ten reporters say more than one, but not ten times more."""
    return min(_MOST_REPORTERS, round(8 * math.log2(1 + weight / 100))) if weight > 0 else 0


def _by_hours(hours: float | None, steps: tuple[tuple[float, int], ...]) -> int:
    if hours is None:
        return 0
    return next((points for most, points in steps if hours <= most), 0)
