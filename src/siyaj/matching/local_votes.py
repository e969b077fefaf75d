"""Searched features vote for banked pictures; the pictures with the most votes that agree are worth a closer look."""

from typing import Any

import numpy as np
from numba import float32, int32, int64, njit, types, uint8, uint64

from siyaj.matching.hamming_kernels import _popcount
from siyaj.matching.lanes import lowest
from siyaj.matching.local_lanes import LANES, ask, near_lanes
from siyaj.matching.local_table import (
    _DOUBTS,
    _FRAMES,
    _WORDS,
    FEWEST_BITS,
    MOST_IN_DRAWER,
    MOST_OF_ONE,
    SKETCH_RADIUS,
    _key,
    _sketch,
)

AT_ONCE = 64
"""Drawers that are opened together."""
IN_LINE = 8
"""Entries in a cache line."""
FULL = 64
"""Entries from which a drawer is full."""
_VOTES = uint64[::1]
_EVEN = 0x155555
"""Every other bit of a key: comparisons; the bits between are their mirror images."""


@njit(inline="always")
def _vote(entry: Any, query: int, angle: int, level: int) -> Any:
    """Return row (32 bits), 2 × feature + mirrored (16), difference of angle in 64ths (8), of level, plus 32 (8)."""
    turn = (np.int64((entry >> np.uint64(4)) & np.uint64(63)) - angle) & 63
    grown = np.int64(entry & np.uint64(15)) - level + 32
    head = (entry >> np.uint64(40)) << np.uint64(32)
    return head | (np.uint64(query) << np.uint64(16)) | (np.uint64(turn) << np.uint64(8)) | np.uint64(grown)


@njit(inline="always")
def _near(entry: Any, sketch: Any, sure: Any) -> Any:
    different = ((entry >> np.uint64(10)) ^ sketch) & sure
    return np.int64(_popcount(different)) <= SKETCH_RADIUS


@njit(
    [int64(uint64[::1], int64, int64, uint64, uint64, int64, int64, int64, int64, _VOTES, int64)],
    cache=True,
    nogil=True,
)
def _vote_run(
    entries: Any,
    begin: int,
    end: int,
    sketch: Any,
    sure: Any,
    query: int,
    angle: int,
    level: int,
    limit: int,
    votes: Any,
    count: int,
) -> int:
    """Append the votes for `entries[begin:end]`, until there are `limit`; return the new count."""
    placed, held = sketch << np.uint64(10), sure << np.uint64(10)
    for low in range(begin, end, LANES):
        if low + LANES <= len(entries):
            mask = near_lanes(entries, low, placed, held)
        else:
            mask = np.uint8(0)
            for lane in range(len(entries) - low):
                mask |= np.uint8(_near(entries[low + lane], sketch, sure)) << np.uint8(lane)
        if end - low < LANES:
            mask &= np.uint8((1 << (end - low)) - 1)
        while mask:
            if count >= limit:
                return count
            votes[count] = _vote(entries[low + np.int64(lowest(mask))], query, angle, level)
            count += 1
            mask &= mask - np.uint8(1)
    return count


@njit(inline="always")
def _asked(words: Any, frames: Any, doubts: Any, one: int, mirrored: int) -> Any:
    """Return key, sketch, its bits that are sure, doubtful bits of the key, angle in 64ths and level of one side."""
    doubt = np.uint64(doubts[one])
    angle = np.int64(frames[one, 0])
    if mirrored:
        even = np.uint64(_EVEN)
        doubt = ((doubt & even) << np.uint64(1)) | ((doubt >> np.uint64(1)) & even)
        angle = (128 - angle) & 255
    sure = np.uint64(0x3FFFFFFF) & ~((doubt >> np.uint64(FEWEST_BITS)) & np.uint64(0xFF))
    return _key(words, one, mirrored), _sketch(words, one, mirrored), sure, doubt, angle >> 2, np.int64(frames[one, 1])


@njit(
    [int64(_WORDS, _FRAMES, _DOUBTS, int64, int32[::1], uint64[::1], int64, _VOTES, int64, int32[::1])],
    cache=True,
    nogil=True,
)
def vote_segment(
    words: Any,
    frames: Any,
    doubts: Any,
    bits: int,
    starts: Any,
    entries: Any,
    most: int,
    votes: Any,
    count: int,
    passed: Any,
) -> int:
    """Append what the features find in a segment; return the new count. `passed` counts by 2 × feature + mirrored, and
    none may have more than `most` votes when this segment is done."""
    mask = np.uint64((1 << bits) - 1)
    # Drawers lie all over the memory: they are asked for together, so that one wait serves them all.
    begins, ends = np.empty(AT_ONCE, dtype=np.int64), np.empty(AT_ONCE, dtype=np.int64)
    shifts = np.empty(AT_ONCE, dtype=np.int64)
    for one in range(words.shape[0]):
        for mirrored in range(2):
            key, sketch, sure, doubt, angle, level = _asked(words, frames, doubts, one, mirrored)
            doubt &= mask
            query, before = 2 * one + mirrored, count
            limit = min(count + most - passed[query], len(votes))
            flip, more = doubt, True
            while more and count < limit:
                opened = 0
                while more and opened < AT_ONCE:
                    drawer = np.int64((key & mask) ^ flip)
                    # Nothing is decided here by what is still on its way: a wrong guess would wait for it.
                    begins[opened], ends[opened] = starts[drawer], starts[drawer + 1]
                    opened += 1
                    more = flip != 0
                    flip = (flip - np.uint64(1)) & doubt  # the next smaller subset of the doubtful bits
                for nth in range(opened):
                    size = ends[nth] - begins[nth]
                    # A full drawer is begun anywhere, or what was banked first had all votes.
                    shifts[nth] = np.int64(words[one, 1] >> np.uint64(40)) % size if size > FULL else 0
                    for line in range(0, min(size, FULL), IN_LINE):
                        ask(entries, begins[nth] + shifts[nth] + line)
                for nth in range(opened):
                    first, size, shift = begins[nth], ends[nth] - begins[nth], shifts[nth]
                    before_end = min(size - shift, MOST_IN_DRAWER)
                    rest = min(shift, MOST_IN_DRAWER - before_end)
                    asked = (sketch, sure, query, angle, level, limit, votes)
                    count = _vote_run(entries, first + shift, first + shift + before_end, *asked, count)
                    if rest:
                        count = _vote_run(entries, first, first + rest, *asked, count)
            passed[query] += count - before
    return count


@njit(
    [int64(_WORDS, _FRAMES, _DOUBTS, int32[::1], int32[::1], uint64[::1], _VOTES, int64, int32[::1])],
    cache=True,
    nogil=True,
)
def vote_head(
    words: Any, frames: Any, doubts: Any, first: Any, after: Any, entries: Any, votes: Any, count: int, passed: Any
) -> int:
    """The same for the head."""
    mask = np.uint64((1 << FEWEST_BITS) - 1)
    for one in range(words.shape[0]):
        for mirrored in range(2):
            key, sketch, sure, doubt, angle, level = _asked(words, frames, doubts, one, mirrored)
            doubt &= mask
            query, before = 2 * one + mirrored, count
            limit = min(count + MOST_OF_ONE - passed[query], len(votes))
            flip = doubt
            while True:
                at = first[np.int64((key & mask) ^ flip)]
                while at >= 0:
                    if _near(entries[at], sketch, sure) and count < limit:
                        votes[count] = _vote(entries[at], query, angle, level)
                        count += 1
                    at = after[at]
                if flip == 0 or count == limit:
                    break
                flip = (flip - np.uint64(1)) & doubt
            passed[query] += count - before
    return count


@njit([int64[::1](float32[::1], int64)], cache=True, nogil=True)
def _heaviest(weight: Any, wanted: int) -> Any:
    """Return the places of the `wanted` heaviest, heaviest first: those above a step that leaves enough, sorted."""
    top = weight.max()
    if top <= 0:
        return np.empty(0, dtype=np.int64)
    steps = np.zeros(1025, dtype=np.int64)
    scale = np.float32(1024.0) / top
    for at in range(len(weight)):
        steps[min(int(weight[at] * scale), 1024)] += 1
    floor, above = 1024, steps[1024]
    while floor > 1 and above < wanted:
        floor -= 1
        above += steps[floor]
    out = np.empty(above, dtype=np.int64)
    count = 0
    for at in range(len(weight)):
        if min(int(weight[at] * scale), 1024) >= floor:
            out[count] = at
            count += 1
    return out[np.argsort(-weight[out])[:wanted]]


@njit([types.Tuple((int64[::1], float32[::1]))(_VOTES, int64, int32[::1], uint8[::1], int64)], cache=True, nogil=True)
def elect(votes: Any, count: int, passed: Any, alive: Any, wanted: int) -> Any:
    """Return at most `wanted` of 2 × row + mirrored with the most weight of votes that agree in turn and scale, and
    the weights. A feature votes once for a picture, and weighs less the more pictures it votes for."""
    rows = len(alive)
    weight = np.zeros(2 * rows, dtype=np.float32)
    last = np.full(2 * rows, -1, dtype=np.int32)
    before: Any = -1
    heavy = np.float32(0)
    for at in range(count):
        query = np.int64((votes[at] >> np.uint64(16)) & np.uint64(0xFFFF))
        one = 2 * np.int64(votes[at] >> np.uint64(32)) + (query & 1)
        if query != before:
            before, heavy = query, np.float32(1.0 / np.sqrt(4.0 + passed[query]))
        if last[one] != query and alive[one >> 1]:
            last[one] = query
            weight[one] += heavy
    order = _heaviest(weight, 4 * wanted)
    slot = last
    slot[:] = -1
    for at in range(len(order)):
        slot[order[at]] = at
    agree: Any = np.zeros((len(order), 16, 16), dtype=np.float32)
    given = np.zeros(len(order), dtype=np.int32)
    # Of each feature those votes that are for one of them, and which of them.
    its, places = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    begin = 0
    while begin < count:
        query = np.int64((votes[begin] >> np.uint64(16)) & np.uint64(0xFFFF))
        end, many = begin, 0
        while end < count and np.int64((votes[end] >> np.uint64(16)) & np.uint64(0xFFFF)) == query:
            place = slot[2 * np.int64(votes[end] >> np.uint64(32)) + (query & 1)]
            if place >= 0:
                given[place] += 1
                its[many], places[many] = end, place
                many += 1
            end += 1
        for nth in range(many):
            at, place = its[nth], places[nth]
            # One vote, shared among all features of that picture that this one resembles.
            share = np.float32(1.0 / (np.sqrt(4.0 + passed[query]) * given[place]))
            turned = np.int64((votes[at] >> np.uint64(8)) & np.uint64(255)) >> 2
            grew = min(max((np.int64(votes[at] & np.uint64(255)) - 16) >> 1, 0), 15)
            agree[place, turned, grew] += share
        for nth in range(many):
            given[places[nth]] = 0
        begin = end
    best = np.zeros(len(order), dtype=np.float32)
    for place in range(len(order)):
        for turn in range(16):
            for grown in range(15):
                near = agree[place, turn, grown] + agree[place, turn, grown + 1]
                next_turn = (turn + 1) & 15
                near += agree[place, next_turn, grown] + agree[place, next_turn, grown + 1]
                best[place] = max(best[place], near)
    final = np.argsort(-best)[:wanted]
    return order[final], best[final]
