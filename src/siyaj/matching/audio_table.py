"""Where pairs of landmarks are filed: in drawers by what the pair looks like, 8 bytes for each pair.

    virtual time of the first (32 bits) · its tone (11) · tone of the second (11) · steps between them (10)

A pair is two landmarks within 0.8 s and 500 Hz: the same two in a bank and in a search, whatever else there is.
Drawers are coarser than what is asked of a pair, so the rest is compared in the drawer. All banked sounds lie behind
one another in virtual time. New pairs go to chains (the head), which take them without moving anything; a full head
becomes a sorted segment.

There are many more drawers than a small bank has pairs: so chains are shared by drawers, and the table of a segment
names every 2^shift-th drawer only. Which drawer a pair is in can be seen from the pair.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import int32, int64, njit, types, uint8, uint64
from numpy.typing import NDArray

NEAREST, FURTHEST = 4, 52
"""Steps from the first landmark of a pair to the second: from, and below."""
WIDEST = 256
"""Quarters of a bin between their tones, below."""
LOW_CELL, TONE_CELLS = 16, 216
WIDTH_CELLS = 2 * WIDEST // 8
GAP_CELLS = (FURTHEST - NEAREST) // 2
DRAWERS = TONE_CELLS * WIDTH_CELLS * GAP_CELLS

_INTS = types.Array(int32, 1, "C", readonly=True)


class Segment(NamedTuple):
    """Entries in the order of drawers; `entries[starts[k]:starts[k + 1]]` are those of drawers k × 2^shift and on."""

    starts: NDArray[np.int32]
    entries: NDArray[np.uint64]
    shift: int


class Head(NamedTuple):
    """Chains: `first[k]` is the newest entry of the drawers k, k + n, k + 2n… of n chains (a power of two), `after[i]`
    the one before entry i; -1 ends."""

    first: NDArray[np.int32]
    after: NDArray[np.int32]
    entries: NDArray[np.uint64]
    filled: NDArray[np.int64]
    """(1,): entries so far."""


def new_head(size: int) -> Head:
    return Head(
        np.full(1 << max(10, (size - 1).bit_length()), -1, dtype=np.int32),
        np.full(size, -1, dtype=np.int32),
        np.empty(size, dtype=np.uint64),
        np.zeros(1, dtype=np.int64),
    )


@njit(inline="always")
def cell_of(tone: Any, width: Any, gap: Any) -> Any:
    """Return the drawer, or -1 for a pair that is never filed."""
    row = (tone >> 3) - LOW_CELL
    column = (width + WIDEST) >> 3
    if row < 0 or row >= TONE_CELLS or column < 0 or column >= WIDTH_CELLS or gap < NEAREST or gap >= FURTHEST:
        return -1
    return (row * WIDTH_CELLS + column) * GAP_CELLS + ((gap - NEAREST) >> 1)


@njit(inline="always")
def drawer_of(entry: Any) -> Any:
    tone = np.int64((entry >> np.uint64(21)) & np.uint64(0x7FF))
    second = np.int64((entry >> np.uint64(10)) & np.uint64(0x7FF))
    return cell_of(tone, second - tone, np.int64(entry & np.uint64(0x3FF)))


@njit([uint64[::1](_INTS, _INTS, int64)], cache=True, nogil=True)
def make_pairs(times: Any, tones: Any, base: int) -> Any:
    """Return the entries of a sound whose virtual time begins at `base`."""
    out = np.empty(1_024, dtype=np.uint64)
    count = 0
    for one in range(len(times)):
        for other in range(one + 1, len(times)):
            gap = np.int64(times[other]) - times[one]
            if gap >= FURTHEST:
                break
            if cell_of(np.int64(tones[one]), np.int64(tones[other]) - tones[one], gap) < 0:
                continue
            if count == len(out):
                out = np.append(out, np.empty_like(out))
            out[count] = (
                (np.uint64(base + times[one]) << np.uint64(32))
                | (np.uint64(tones[one]) << np.uint64(21))
                | (np.uint64(tones[other]) << np.uint64(10))
                | np.uint64(gap)
            )
            count += 1
    return out[:count].copy()


@njit([types.void(uint64[::1], int32[::1], int32[::1], uint64[::1], int64[::1])], cache=True, nogil=True)
def file_pairs(pairs: Any, first: Any, after: Any, entries: Any, filled: Any) -> None:
    """Put one sound's pairs into the head. An entry is whole before a chain leads to it: readers do not wait."""
    for at in range(len(pairs)):
        place = filled[0]
        chain = drawer_of(pairs[at]) & (len(first) - 1)
        entries[place] = pairs[at]
        after[place] = first[chain]
        first[chain] = place
        filled[0] = place + 1


def shift_for(count: int) -> int:
    """Return the shift of a segment of so many entries: its table has two of them to a place, or is whole."""
    shift = 0
    while DRAWERS >> shift > count // 2 + 64:
        shift += 1
    return shift


@njit([uint64[::1](uint64[::1])], cache=True, nogil=True)
def sort_pairs(pairs: Any) -> Any:
    """Return pairs in the order of drawers."""
    drawers = np.empty(len(pairs), dtype=np.int32)
    for at in range(len(pairs)):
        drawers[at] = drawer_of(pairs[at])
    return pairs[np.argsort(drawers, kind="mergesort")]


@njit([int32[::1](uint64[::1], int64)], cache=True, nogil=True)
def index_pairs(entries: Any, shift: int) -> Any:
    """Return `starts` of a segment."""
    starts = np.zeros((DRAWERS >> shift) + 2, dtype=np.int32)
    for at in range(len(entries)):
        starts[(drawer_of(entries[at]) >> shift) + 1] += 1
    for place in range(1, len(starts)):
        starts[place] += starts[place - 1]
    return starts


@njit([uint64[::1](uint64[::1], uint64[::1], uint8[::1], int64)], cache=True, nogil=True)
def merge_pairs(entries: Any, more: Any, taken: Any, unit: int) -> Any:
    """Return the entries of two segments as one's, without what lies in units of virtual time that are not `taken`."""
    out = np.empty(len(entries) + len(more), dtype=np.uint64)
    count = one = other = 0
    while one < len(entries) or other < len(more):
        if other == len(more) or (one < len(entries) and drawer_of(entries[one]) <= drawer_of(more[other])):
            entry = entries[one]
            one += 1
        else:
            entry = more[other]
            other += 1
        if taken[np.int64(entry >> np.uint64(32)) // unit]:
            out[count] = entry
            count += 1
    return out[:count].copy()


def segment_of(entries: NDArray[np.uint64]) -> Segment:
    """Return the segment of entries that are in the order of drawers."""
    shift = shift_for(len(entries))
    return Segment(index_pairs(entries, shift), entries, shift)
