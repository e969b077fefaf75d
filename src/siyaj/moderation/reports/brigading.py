"""Brigading: many young accounts report one subject with near-copies of one text, within a short time.

Such reports keep their receipts, and count for little. A person sees that it was so: a brigade may be right.
"""

from collections.abc import Sequence

from msgspec import Struct
from rapidfuzz import fuzz

from siyaj.signals.text import fold

WINDOW_US = 3_600_000_000
YOUNG_DAYS = 7.0
FEWEST = 5
"""Reports that look alike before they are called a brigade."""
SHARE = 0.6
"""Of the reports within the window, so many must be of the brigade."""
WEIGHT = 10
"""Percent that a brigade's report counts."""
MOST_COMPARED = 50
_NEAR = 85.0
_SHORTEST = 8
_LONGEST = 200


class Seen(Struct):
    """A report within the window. `text_key`: the beginning of its folded text."""

    receipt: str
    text_key: str
    young: bool
    weight: int


def text_key(text: str) -> str:
    """Return what near-copies of a text have in common, as far as it is compared."""
    return " ".join(fold(text[: 4 * _LONGEST]).split())[:_LONGEST]


def is_young(age_days: float | None) -> bool:
    """An account of unknown age is not called young."""
    return age_days is not None and age_days < YOUNG_DAYS


def brigade(new: Seen, before: Sequence[Seen]) -> list[Seen]:
    """Return the reports before it that make a brigade with `new`; empty: there is none."""
    if not new.young or len(new.text_key) < _SHORTEST:
        return []
    alike = [one for one in before[-MOST_COMPARED:] if one.young and _near(one.text_key, new.text_key)]
    if len(alike) + 1 < FEWEST or len(alike) + 1 < SHARE * (len(before[-MOST_COMPARED:]) + 1):
        return []
    return alike


def _near(one: str, other: str) -> bool:
    return fuzz.ratio(one, other, score_cutoff=_NEAR) > 0
