"""Of the pictures with most votes, those whose votes agree in place come first.

`local_votes` counts votes that agree in turn and scale: what a drawer tells. Hundreds of strangers reach as many as a
small crop does. Here each vote is followed to the banked feature that it speaks of. The whole descriptors are compared,
which most of the strangers' votes do not survive, and what is left must lie as one picture lies on another.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import float32, float64, int32, int64, njit, types, uint8
from numpy.typing import NDArray

from siyaj.matching.hamming_kernels import _popcount
from siyaj.matching.local_align import FARTHEST, SIZES, lies_near
from siyaj.matching.local_table import _FRAMES, _WORDS
from siyaj.matching.local_votes import _VOTES
from siyaj.signals.local_value import HEAD_SIZE, MOST_FEATURES, Features

SEEDS = 40
"""Votes whose own turn, scale and place are tried on all others of the picture."""
Points = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Of the searched features and of their mirror images: (n, 4) x, y and size in pixels of the thumbnail, radians."""

_BYTES = types.Array(uint8, 1, "C", readonly=True)
_POINTS = float64[:, ::1]


@njit(inline="always")
def _word(data: Any, at: int) -> Any:
    value = np.uint64(0)
    for byte in range(8):
        value |= np.uint64(data[at + byte]) << np.uint64(8 * byte)
    return value


@njit(int64(_BYTES, int64, int64, _WORDS, int64, int64), cache=True, nogil=True)
def _apart(data: Any, begin: int, feature: int, words: Any, query: int, mirrored: int) -> Any:
    """Return in how many bits a feature of the value at `data[begin:]` and a searched one differ."""
    a, b, c, d = (2, 3, 0, 1) if mirrored else (0, 1, 2, 3)
    place = begin + HEAD_SIZE + 32 * feature
    apart: Any = np.int64(_popcount(_word(data, place) ^ words[query, a]))
    apart += np.int64(_popcount(_word(data, place + 8) ^ words[query, b]))
    apart += np.int64(_popcount(_word(data, place + 16) ^ words[query, c]))
    apart += np.int64(_popcount(_word(data, place + 24) ^ words[query, d]))
    return apart


@njit(float32(_POINTS, int64[:, ::1], float32[::1], _POINTS, int64, int64), cache=True, nogil=True)
def _agreement(banked: Any, pairs: Any, weights: Any, searched: Any, count: int, features: int) -> Any:
    """Return the greatest weight of pairs that one similarity brings together: a feature of either side counts once.
    Rows are x, y, size, angle in radians."""
    best = np.float32(0)
    taken = np.full(features, -1, dtype=np.int64)
    for seed in np.argsort(-weights[:count])[:SEEDS]:
        i, j = pairs[seed, 0], pairs[seed, 1]
        grown = searched[j, 2] / banked[i, 2]
        turn = searched[j, 3] - banked[i, 3]
        cos, sin = grown * np.cos(turn), grown * np.sin(turn)
        total, before = np.float32(0), -1
        for at in range(count):
            k, m = pairs[at, 0], pairs[at, 1]
            if m == before or taken[k] == seed:
                continue
            ratio = searched[m, 2] / (banked[k, 2] * grown)
            if ratio > 1.5 or ratio < 0.67:
                continue
            if lies_near(banked, searched, k, m, i, j, cos, sin, 0.12 * grown):
                total += weights[at]
                before, taken[k] = m, seed
        best = max(best, total)
    return best


@njit(_POINTS(_BYTES, int64, int64), cache=True, nogil=True)
def _points(data: Any, begin: int, count: int) -> Any:
    """Return (n, 4) of a banked value: x, y and size in pixels of the thumbnail, angle in radians."""
    longest = np.int64(data[begin + 4]) | (np.int64(data[begin + 5]) << 8)
    wide, tall = np.float64(data[begin + 8]), np.float64(data[begin + 9])
    out = np.empty((count, 4), dtype=np.float64)
    places, frames = begin + HEAD_SIZE + 32 * count, begin + HEAD_SIZE + 36 * count
    for at in range(count):
        place = places + 4 * at
        out[at, 0] = (np.int64(data[place]) | (np.int64(data[place + 1]) << 8)) * (wide / 65_535)
        out[at, 1] = (np.int64(data[place + 2]) | (np.int64(data[place + 3]) << 8)) * (tall / 65_535)
        out[at, 2] = SIZES[data[frames + 2 * at + 1]] * (max(tall, wide) / longest)
        out[at, 3] = data[frames + 2 * at] * (2 * np.pi / 256)
    return out


@njit(inline="always")
def _place(slot: Any, vote: Any) -> Any:
    """Return where in the order the picture of a vote stands; -1 where it does not."""
    one = 2 * np.int64(vote >> np.uint64(32)) + np.int64((vote >> np.uint64(16)) & np.uint64(1))
    return slot[one] if one < len(slot) else -1


@njit(types.Tuple((int64[::1], int64[::1]))(_VOTES, int64, int64[::1]), cache=True, nogil=True)
def _sorted_by_picture(votes: Any, count: int, order: Any) -> Any:
    """Return which votes are for which of `order`: those for i are `its[ends[i]:ends[i + 1]]`."""
    slot = np.full(order.max() + 1, -1, dtype=np.int32)
    for at in range(len(order)):
        slot[order[at]] = at
    ends = np.zeros(len(order) + 1, dtype=np.int64)
    for at in range(count):
        place = _place(slot, votes[at])
        if place >= 0:
            ends[place + 1] += 1
    for at in range(len(order)):
        ends[at + 1] += ends[at]
    its = np.empty(ends[-1], dtype=np.int64)
    filled = ends[:-1].copy()
    for at in range(count):
        place = _place(slot, votes[at])
        if place >= 0:
            its[filled[place]] = at
            filled[place] += 1
    return its, ends


@njit(
    float32[::1](_VOTES, int64, int32[::1], int64[::1], _BYTES, int64[::1], _WORDS, _FRAMES, _POINTS, _POINTS),
    cache=True,
    nogil=True,
)
def placed(
    votes: Any,
    count: int,
    passed: Any,
    order: Any,
    data: Any,
    begins: Any,
    words: Any,
    frames: Any,
    plain: Any,
    flipped: Any,
) -> Any:
    """Return for each of `order` (2 × row + mirrored) the weight of its votes that agree in place as well.

    `data[begins[i]:]` are the bytes of the banked value of `order[i]`; `plain` and `flipped` the points of the searched
    features (x, y, size, radians) and those of their mirror images.
    """
    its, ends = _sorted_by_picture(votes, count, order)
    out = np.zeros(len(order), dtype=np.float32)
    pairs = np.empty((len(words), 2), dtype=np.int64)
    weights = np.empty(len(words), dtype=np.float32)
    first = np.empty(1024, dtype=np.int32)
    after = np.empty(MOST_FEATURES, dtype=np.int32)
    for one in range(len(order)):
        begin, mirrored = begins[one], order[one] & 1
        features = np.int64(data[begin + 6]) | (np.int64(data[begin + 7]) << 8)
        first[:] = -1
        for at in range(features):
            frame = begin + HEAD_SIZE + 36 * features + 2 * at
            cell = 16 * (np.int64(data[frame]) >> 2) + np.int64(data[frame + 1])
            after[at], first[cell] = first[cell], at
        found, least = 0, 0
        for at in its[ends[one] : ends[one + 1]]:
            query = np.int64((votes[at] >> np.uint64(17)) & np.uint64(0x7FFF))
            angle = np.int64(frames[query, 0])
            if mirrored:
                angle = (128 - angle) & 255
            angle = (np.int64((votes[at] >> np.uint64(8)) & np.uint64(255)) + (angle >> 2)) & 63
            level = np.int64(votes[at] & np.uint64(255)) - 32 + np.int64(frames[query, 1])
            near = first[16 * angle + level]
            while near >= 0:
                apart = _apart(data, begin, near, words, query, mirrored)
                if apart <= FARTHEST:
                    if found == 0 or pairs[found - 1, 1] != query:
                        found += 1
                        least = FARTHEST + 1
                    if apart < least:
                        pairs[found - 1, 0], pairs[found - 1, 1], least = near, query, apart
                        weights[found - 1] = np.float32(1.0 / np.sqrt(4.0 + passed[2 * query + mirrored]))
                near = after[near]
        if found:
            banked = _points(data, begin, features)
            out[one] = _agreement(banked, pairs, weights, flipped if mirrored else plain, found, features)
    return out


def ranked(
    votes: NDArray[np.uint64],
    count: int,
    passed: NDArray[np.int32],
    order: NDArray[np.int64],
    values: Sequence[bytes],
    features: Features,
    points: Points,
) -> NDArray[np.int64]:
    """Return `order` with those first whose votes agree in place; those alike stay as they were.

    `values` are the banked values of `order`.
    """
    if not len(order):
        return order
    begins = np.cumsum([0, *map(len, values)], dtype=np.int64)
    data = np.frombuffer(b"".join(values), dtype=np.uint8)
    weights = placed(votes, count, passed, order, data, begins, features.words, features.frames, *points)
    return order[np.argsort(-weights, kind="stable")]
