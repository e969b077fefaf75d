"""How much of a statement stands in a post: the share of its letters that lie in 6-letter sequences of both.

In any order, so that moved sentences count, but within a stretch of the post about as long as the statement: in a long
post the common words of any statement are found somewhere. Linear in both lengths, unlike an edit distance, of which
two unrelated Arabic texts already have only 0.4 (most of one letter sequence can be picked from the other in order).
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

GRAM = 6
SLACK = 64
"""Letters by which the stretch may be longer than 1.5 times the statement."""
NEAR, FEWEST_NEAR = 12, 4
"""A copy begins and ends at four grams of the statement, 12 letters apart at most: a lone one is chance."""


class Coverage(NamedTuple):
    """`share` of the statement's letters, 0 to 1; `start` and `end` are the place in the post's letters."""

    share: float
    start: int
    end: int


def coverage(statement: NDArray[np.uint32], post: NDArray[np.uint32]) -> Coverage:
    """Return the coverage of a statement's letters, uint32 (n,), by a post's, uint32 (m,)."""
    if min(len(statement), len(post)) < GRAM:
        return Coverage(0.0, 0, 0)
    covered, start, end = _covered(statement, post)
    return Coverage(covered / len(statement), int(start), int(end))


@njit(cache=True, nogil=True)
def _grams(codes: Any) -> Any:
    hashes = np.zeros(codes.shape[0] - GRAM + 1, dtype=np.uint64)
    for at in range(hashes.shape[0]):
        mixed = np.uint64(0)
        for step in range(GRAM):
            mixed = (mixed ^ np.uint64(codes[at + step])) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        hashes[at] = mixed
    return hashes


@njit(cache=True, nogil=True)
def _covered(statement: Any, post: Any) -> Any:
    """Return (letters of the statement covered, start, end)."""
    grams = _grams(statement)
    order = np.argsort(grams, kind="mergesort")
    ranked = grams[order]
    met = np.searchsorted(ranked, _grams(post))
    low, high = _best_stretch(ranked, met, _grams(post), statement.shape[0] * 3 // 2 + SLACK)
    seen = np.zeros(ranked.shape[0] + 1, dtype=np.bool_)
    for at in range(low, high):
        if met[at] >= 0:
            seen[met[at]] = True
    start, end = _ends(met, low, high)
    inside = np.zeros(statement.shape[0], dtype=np.bool_)
    first = 0
    for rank in range(ranked.shape[0]):
        if ranked[rank] != ranked[first]:
            first = rank
        if seen[first]:
            inside[order[rank] : order[rank] + GRAM] = True
    return inside.sum(), start, end


@njit(cache=True, nogil=True)
def _ends(met: Any, low: int, high: int) -> Any:
    """Return where the copy begins and ends: at grams of the statement that have others near, if there are such."""
    start, end = -1, high
    island = first = last = 0
    for at in range(low, high):
        if met[at] < 0:
            continue
        if island == 0 or at - last > NEAR:
            island, first = 0, at
        island += 1
        last = at
        if island >= FEWEST_NEAR:
            start = first if start < 0 else start
            end = at + GRAM
    return max(start, low), end


@njit(cache=True, nogil=True)
def _best_stretch(ranked: Any, met: Any, asked: Any, width: int) -> Any:
    """Return the stretch of the post with most different grams of the statement; `met` becomes -1 elsewhere."""
    counts = np.zeros(ranked.shape[0], dtype=np.int32)
    different = most = best = 0
    for at in range(met.shape[0]):
        rank = met[at]
        if rank >= ranked.shape[0] or ranked[rank] != asked[at]:
            met[at] = -1
        else:
            counts[rank] += 1
            different += counts[rank] == 1
        gone = at - width
        if gone >= 0 and met[gone] >= 0:
            counts[met[gone]] -= 1
            different -= counts[met[gone]] == 0
        if different > most:
            most, best = different, at
    return max(0, best - width + 1), min(best + 1, met.shape[0])
