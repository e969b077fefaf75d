"""A match: entry × signal × distance, with what it was compared on."""

import msgspec
from msgspec import Struct

from siyaj.model.bank import Opinion
from siyaj.model.sentence import Clause


class Segment(Struct, frozen=True, gc=False):
    """Where a video or a sound and an entry show the same: from–to of the event's side and of the entry's, seconds."""

    start: float
    end: float
    entry_start: float
    entry_end: float


class Match(Struct, omit_defaults=True, gc=False):
    """`distance` is 0 for identical; its unit is the signal type's own (bits for `pdq`, the share of the
    statement's fingerprints that are missing for `text`, 0 for exact types, 1 − resemblance for `name`).

    `signal` is the *entry's* signal type; `part` and `variant` are the event's side. `spans` are
    (start, end) offsets into the original text, for a reviewer's screen.
    """

    bank: str
    entry: int
    signal: str
    distance: float
    opinion: Opinion
    part: str = ""
    variant: str = ""
    quality: int = 100
    labels: list[str] = msgspec.field(default_factory=list)
    acts_alone: bool = False
    spans: list[tuple[int, int]] = msgspec.field(default_factory=list)
    segment: Segment | None = None
    """The longest one, of a video or a sound."""
    why: str = ""
    """One sentence for a reviewer, e.g. `12 of 256 bits differ`. Never shown to the poster."""
    said: list[Clause] = msgspec.field(default_factory=list)
    """The same sentence in clauses, for other languages than English."""
