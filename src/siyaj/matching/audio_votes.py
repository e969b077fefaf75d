"""Votes: each pair of a block of the search says at which virtual time the block might begin; chance says it evenly.

Pairs are compared with a tolerance, at a speed that is assumed. One byte for each 128 ms of all banked sounds counts.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import float64, int32, int64, njit, types, uint8, uint64
from numpy.typing import NDArray

from siyaj.matching.audio_table import (
    FURTHEST,
    GAP_CELLS,
    LOW_CELL,
    NEAREST,
    TONE_CELLS,
    WIDEST,
    WIDTH_CELLS,
    Head,
    Segment,
    drawer_of,
)

BIN = 8
"""Steps of virtual time that are counted as one; two neighbours are taken together."""
TONE_SLACK = 3
"""Quarters of a bin: what codecs and noise do to a tone."""
GAP_SLACK = 2
"""Steps that two landmarks may be nearer or further."""
MOST_IN_DRAWER = 8_192
"""Entries of neighbouring drawers that are looked at in a segment. Only what is in half of a bank fills one further."""

_INTS = types.Array(int32, 1, "C", readonly=True)
_ENTRIES = types.Array(uint64, 1, "C", readonly=True)


@njit([int64[:, ::1](_INTS, _INTS, int64, float64, float64, int64)], cache=True, nogil=True)
def make_asked(times: Any, tones: Any, begin: int, pace: float, pitch: float, slack: int) -> Any:
    """Return (n, 4): tone, other tone, steps between and steps from `begin`, of the pairs of a block as if banked.

    `pace`: banked steps for one searched step; `pitch`: banked tone for a searched one.
    """
    out = np.empty((1_024, 4), dtype=np.int64)
    count = 0
    for at in range(len(times)):
        tone = round(tones[at] * pitch)
        for to in range(at + 1, len(times)):
            gap = round((times[to] - times[at]) * pace)
            if gap >= FURTHEST + GAP_SLACK:
                break
            other = round(tones[to] * pitch)
            if gap < NEAREST - GAP_SLACK or abs(other - tone) >= WIDEST + slack:
                continue
            if count == len(out):
                out = np.concatenate((out, np.empty_like(out)))
            out[count, 0], out[count, 1], out[count, 2] = tone, other, gap
            out[count, 3] = round((times[at] - begin) * pace)
            count += 1
    return out[:count].copy()


@njit(inline="always")
def _bounds(asked: Any, slack: int) -> Any:
    """Return the cells that a pair may be in: rows, columns and gaps from–to."""
    tone, gap = asked[0], asked[2]
    width = asked[1] - tone + WIDEST
    return (
        max(0, ((tone - slack) >> 3) - LOW_CELL),
        min(TONE_CELLS, ((tone + slack) >> 3) - LOW_CELL + 1),
        max(0, (width - slack) >> 3),
        min(WIDTH_CELLS, ((width + slack) >> 3) + 1),
        max(0, (gap - GAP_SLACK - NEAREST) >> 1),
        min(GAP_CELLS, ((gap + GAP_SLACK - NEAREST) >> 1) + 1),
    )


@njit(inline="always")
def _count(entry: Any, asked: Any, slack: int, counts: Any) -> None:
    """Count one entry, if it is the pair that is asked for."""
    one = np.int64((entry >> np.uint64(21)) & np.uint64(0x7FF))
    two = np.int64((entry >> np.uint64(10)) & np.uint64(0x7FF))
    gap = np.int64(entry & np.uint64(0x3FF))
    if abs(one - asked[0]) > slack or abs(two - asked[1]) > slack or abs(gap - asked[2]) > GAP_SLACK:
        return
    begins = (np.int64(entry >> np.uint64(32)) - asked[3]) // BIN
    if 0 <= begins < len(counts) and counts[begins] < 255:
        counts[begins] += 1


@njit([types.void(int64[:, ::1], int64, _INTS, _ENTRIES, int64, uint8[::1])], cache=True, nogil=True)
def vote_segment(asked: Any, slack: int, starts: Any, entries: Any, shift: int, counts: Any) -> None:
    """Count the votes of pairs in a segment."""
    for at in range(len(asked)):
        row, last_row, low, high, gap, last_gap = _bounds(asked[at], slack)
        for across in range(row, last_row):
            for column in range(low, high):
                drawer = (across * WIDTH_CELLS + column) * GAP_CELLS
                if gap >= last_gap:
                    continue
                begin, end = starts[(drawer + gap) >> shift], starts[((drawer + last_gap - 1) >> shift) + 1]
                for place in range(begin, min(end, begin + MOST_IN_DRAWER)):
                    if shift == 0 or drawer + gap <= drawer_of(entries[place]) < drawer + last_gap:
                        _count(entries[place], asked[at], slack, counts)


@njit([types.void(int64[:, ::1], int64, int32[::1], int32[::1], uint64[::1], uint8[::1])], cache=True, nogil=True)
def vote_head(asked: Any, slack: int, first: Any, after: Any, entries: Any, counts: Any) -> None:
    """The same in the head."""
    for at in range(len(asked)):
        row, last_row, low, high, gap, last_gap = _bounds(asked[at], slack)
        for across in range(row, last_row):
            for column in range(low, high):
                drawer = (across * WIDTH_CELLS + column) * GAP_CELLS
                for one in range(drawer + gap, drawer + last_gap):
                    place, seen = first[one & (len(first) - 1)], 0
                    while place >= 0 and seen < MOST_IN_DRAWER:
                        if drawer_of(entries[place]) == one:
                            _count(entries[place], asked[at], slack, counts)
                        place = after[place]
                        seen += 1


@njit([int64[::1](uint8[::1], uint8[::1], int64, int64, int64)], cache=True, nogil=True)
def elect(counts: Any, taken: Any, unit: int, least: int, most: int) -> Any:
    """Return the virtual steps with at least `least` votes, at most `most` of them, best first.

    Only in units that are `taken`: what is gone still votes, until segments are merged.
    """
    for at in range(len(counts) - 1):
        if counts[at] and not taken[at * BIN // unit]:
            counts[at] = 0
    spread = np.zeros(511, dtype=np.int64)
    for at in range(len(counts) - 1):
        spread[counts[at] + counts[at + 1]] += 1
    total, bar = 0, 510
    while bar > least and total + spread[bar] <= 3 * most:  # neighbours of the best are as good, and left out below
        total += spread[bar]
        bar -= 1
    bar = max(bar, least)
    places, votes = np.empty(4 * most, dtype=np.int64), np.empty(4 * most, dtype=np.int64)
    count = 0
    for at in range(len(counts) - 1):
        here = np.int64(counts[at]) + counts[at + 1]
        if here < bar:
            continue
        if count and places[count - 1] >= at - 2:  # one alignment
            if here > votes[count - 1]:
                places[count - 1], votes[count - 1] = at, here
        elif count < len(places):
            places[count], votes[count] = at, here
            count += 1
    best = np.argsort(-votes[:count], kind="mergesort")[:most]
    return places[best] * BIN + BIN


class Voters(NamedTuple):
    """All banked pairs, as they were at one moment."""

    segments: tuple[Segment, ...]
    head: Head
    taken: NDArray[np.uint8]
    """(units,): whether a unit of virtual time belongs to a sound that is still there."""
    unit: int
    """Steps of one."""

    def ask(
        self,
        times: NDArray[np.int32],
        tones: NDArray[np.int32],
        begin: int,
        pace: float,
        pitch: float,
        slack: int,
        least: int,
        most: int,
    ) -> NDArray[np.int64]:
        """Return at which virtual steps a block of landmarks may begin, most votes first."""
        counts = np.zeros(len(self.taken) * self.unit // BIN, dtype=np.uint8)
        asked = make_asked(times, tones, begin, pace, pitch, slack)
        for segment in self.segments:
            vote_segment(asked, slack, segment.starts, segment.entries, segment.shift, counts)
        vote_head(asked, slack, self.head.first, self.head.after, self.head.entries, counts)
        elected: NDArray[np.int64] = elect(counts, self.taken, self.unit, least, most)
        return elected
