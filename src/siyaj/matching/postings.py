"""Fingerprint → statements: a table of fingerprints, each with a list of statements. It grows in place.

One writer at a time (the caller holds its lock), any number of readers without one: arrays are filled in place, and
replaced whole when they are full. A reader beside a writer may read a list while it is moved; so it may count a
statement wrongly, and what is counted is verified.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.matching import key_table
from siyaj.matching.posting_kernels import (
    BLOCKS_USED,
    KEYS_USED,
    common,
    least_shared,
    link,
    move,
    places_needed,
    sharing,
    unlink,
)
from siyaj.signals.fingerprints import Alphabet
from siyaj.signals.folding import Folded

COMMON = 12
"""A fingerprint in more statements than this, and in more than one of a hundred, says nothing of which it is."""
COMMON_SHARE = 0.01


class Arrays(NamedTuple):
    """`entries` uint64 (n, 2) are a key table of the fingerprints, each with its list, `bloom` the filter before it;
    `blocks` int32 (m,) hold the slots of the statements of longer lists; `least` int32 (k,) is how many fingerprints
    of the statement in a slot must be shared, 0 where there is none."""

    entries: NDArray[np.uint64]
    bloom: NDArray[np.uint64]
    blocks: NDArray[np.int32]
    least: NDArray[np.int32]


class Postings:
    def __init__(self) -> None:
        self._arrays = Arrays(*_table(key_table.SMALLEST), np.zeros(1_024, np.int32), np.zeros(64, np.int32))
        self._marks = np.zeros(34, dtype=np.int64)
        self._slots: dict[int, int] = {}
        self._refs: list[int] = []
        """By slot."""
        self._free: list[int] = []

    def add(self, ref: int, prints: NDArray[np.uint64]) -> None:
        """Add a statement by its distinct fingerprints, uint64 (n,)."""
        self._make_room(prints)
        entries, bloom, blocks, least = self._arrays
        if self._free:
            slot = self._free.pop()
            self._refs[slot] = ref
        else:
            slot = len(self._refs)
            self._refs.append(ref)
        self._slots[ref] = slot
        least[slot] = least_shared(len(prints))
        link(entries, bloom, blocks, self._marks, prints, slot)

    def remove(self, ref: int, prints: NDArray[np.uint64]) -> None:
        """Remove a statement that was added by these fingerprints."""
        self._make_room(prints)
        entries, _, blocks, least = self._arrays
        slot = self._slots.pop(ref)
        unlink(entries, blocks, self._marks, prints, slot)
        least[slot] = 0
        self._free.append(slot)

    def shared(self, folded: Folded, alphabet: Alphabet, most: int) -> list[tuple[int, int]]:
        """Return (ref, number of rare fingerprints shared) of the `most` that share most, most first."""
        rows = sharing(folded.codes, folded.classes, alphabet, *self._arrays, self._limit())
        if not len(rows):
            return []
        ranked = sorted(rows.tolist(), key=lambda row: (-row[1], row[0]))[:most]
        return [(self._refs[slot], count) for slot, count in ranked]

    def rare(self, prints: NDArray[np.uint64]) -> int:
        """Return how many of these fingerprints are not common."""
        return len(prints) - int(common(self._arrays.entries, prints, self._limit()))

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in self._arrays) + 110 * len(self._refs)

    def _limit(self) -> int:
        return max(COMMON, int(COMMON_SHARE * len(self._slots)))

    def _make_room(self, prints: NDArray[np.uint64]) -> None:
        """See to it that half of the table is free, and that there are places for these and a slot."""
        entries, bloom, blocks, least = self._arrays
        keys = int(self._marks[KEYS_USED]) + len(prints)
        if 2 * keys > len(entries):
            old = entries
            entries, bloom = _table(1 << (2 * keys).bit_length())
            self._marks[KEYS_USED] = move(old, entries, bloom)
        needed = self._marks[BLOCKS_USED] + places_needed(entries, prints) + 1
        if needed > len(blocks):
            blocks = np.concatenate((blocks, np.zeros(needed, dtype=np.int32)))
        if len(self._refs) == len(least):
            least = np.concatenate((least, np.zeros_like(least)))
        self._arrays = Arrays(entries, bloom, blocks, least)


def _table(capacity: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    keys, bloom = key_table.empty(capacity)
    return np.stack((keys, np.zeros_like(keys)), axis=1), bloom
