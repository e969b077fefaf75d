"""Fingerprint → statements. New ones lie in a dictionary; when there are many they move into sorted arrays.

Readers take one look at (arrays, dictionary) and need no lock: arrays are never changed, the dictionary's values are
replaced whole.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

HEAD_LIMIT = 20_000
HEAD_SHARE = 0.1
"""Postings in the dictionary before they move: this many, or this share of those in the arrays."""
COMMON = 12
"""A fingerprint in more statements than this, and in more than one of a hundred, says nothing of which it is."""
COMMON_SHARE = 0.01


class _Sorted(NamedTuple):
    """Parallel arrays, sorted by print; `dead` refs are passed over."""

    prints: NDArray[np.uint64]
    refs: NDArray[np.int64]


_EMPTY = _Sorted(np.empty(0, np.uint64), np.empty(0, np.int64))


class Postings:
    """One writer at a time (the caller holds its lock), any number of readers."""

    def __init__(self) -> None:
        self._state: tuple[_Sorted, dict[int, tuple[int, ...]]] = (_EMPTY, {})
        self._dead: frozenset[int] = frozenset()
        self._statements = 0
        self._in_head = 0

    def add(self, ref: int, prints: NDArray[np.uint64]) -> None:
        if ref in self._dead:
            self._merge()
        head = self._state[1]
        for one in prints.tolist():
            head[one] = (*head.get(one, ()), ref)
        self._statements += 1
        self._in_head += len(prints)
        if self._in_head >= max(HEAD_LIMIT, HEAD_SHARE * len(self._state[0].prints)):
            self._merge()

    def remove(self, ref: int, prints: NDArray[np.uint64]) -> None:
        head = self._state[1]
        for one in prints.tolist():
            its = head.get(one, ())
            if ref in its:
                rest = tuple(other for other in its if other != ref)
                if rest:
                    head[one] = rest
                else:
                    del head[one]
        self._dead |= {ref}
        self._statements -= 1
        if len(self._dead) > 1_000:
            self._merge()

    def shared(self, prints: NDArray[np.uint64], most: int) -> list[tuple[int, int]]:
        """Return (ref, number of rare fingerprints shared) of the `most` that share most, at least two, most first."""
        (prints_of, refs_of), head = self._state
        limit = self._common()
        refs: list[int] = []
        if head:
            get = head.get
            for one in prints.tolist():
                its = get(one)
                if its is not None and len(its) <= limit:
                    refs += its
        dead = self._dead
        found = _gather(prints, prints_of, refs_of, limit, np.array(refs, dtype=np.int64), most + len(dead))
        return [(ref, count) for ref, count in found.tolist() if ref not in dead][:most]

    def rare(self, prints: NDArray[np.uint64]) -> list[int]:
        """Return those fingerprints that are not common."""
        (prints_of, _), head = self._state
        limit = self._common()
        low = np.searchsorted(prints_of, prints, "left")
        high = np.searchsorted(prints_of, prints, "right")
        return [
            one
            for one, held in zip(prints.tolist(), (high - low).tolist(), strict=True)
            if held + len(head.get(one, ())) <= limit
        ]

    @property
    def nbytes(self) -> int:
        (prints, refs), head = self._state
        return prints.nbytes + refs.nbytes + 220 * len(head)

    def _common(self) -> int:
        return max(COMMON, int(COMMON_SHARE * self._statements))

    def _merge(self) -> None:
        (prints, refs), head = self._state
        alive = ~np.isin(refs, np.array(sorted(self._dead), dtype=np.int64))
        new_prints = np.array([one for one, its in head.items() for _ in its], dtype=np.uint64)
        new_refs = np.array([ref for its in head.values() for ref in its], dtype=np.int64)
        every = np.concatenate((prints[alive], new_prints))
        order = np.argsort(every, kind="stable")
        self._state = (_Sorted(every[order], np.concatenate((refs[alive], new_refs))[order]), {})
        self._dead = frozenset()
        self._in_head = 0


@njit(cache=True, nogil=True)
def _gather(wanted: Any, prints: Any, refs: Any, limit: int, more: Any, most: int) -> Any:
    """Return (ref, count) rows, at most `most`, of those that occur at least twice among the refs of wanted
    fingerprints and `more`, those that occur most first.

    Fingerprints that more than `limit` statements share are passed over.
    """
    found = np.empty(64 + more.shape[0], dtype=np.int64)
    found[: more.shape[0]] = more
    length = more.shape[0]
    count = prints.shape[0]
    for one in wanted:
        left, right = 0, count
        while left < right:
            middle = (left + right) >> 1
            if prints[middle] < one:
                left = middle + 1
            else:
                right = middle
        end = left
        while end < count and prints[end] == one and end - left <= limit:
            end += 1
        if end - left > limit:
            continue
        if length + end - left > found.shape[0]:
            larger = np.empty(2 * (length + end - left), dtype=np.int64)
            larger[:length] = found[:length]
            found = larger
        for at in range(left, end):
            found[length] = refs[at]
            length += 1
    return _repeated(np.sort(found[:length]), most)


@njit(cache=True, nogil=True)
def _repeated(refs: Any, most: int) -> Any:
    """Return (ref, count) rows of what stands at least twice in a sorted array, the `most` frequent first."""
    rows = np.empty((refs.shape[0], 2), dtype=np.int64)
    length = 0
    start = 0
    for at in range(1, refs.shape[0] + 1):
        if at == refs.shape[0] or refs[at] != refs[start]:
            if at - start > 1:
                rows[length, 0] = refs[start]
                rows[length, 1] = at - start
                length += 1
            start = at
    return rows[np.argsort(-rows[:length, 1], kind="mergesort")[:most]]
