"""The mutable part of a Hamming index: the newest codes, compared one by one while few, in chains when many.

One writer at a time (the index holds its lock); any number of readers. A reader sees the rows below the `count` that
it read first. Rows are written before they are linked, and linked before they are counted.
"""

import numpy as np
from numpy.typing import NDArray

from siyaj.matching import hamming_kernels as kernels
from siyaj.matching.hamming_segment import Hits

CHAINED_FROM = 2_048
"""Below, comparing with each code is quicker than following chains."""

_FIRST_CAPACITY = 1_024


class Head:
    """Newest codes. `append` needs room: ask `grown` first."""

    def __init__(self, bits: int, capacity: int = _FIRST_CAPACITY) -> None:
        self.bits = bits
        self.count = 0
        self.ids = np.zeros(capacity, dtype=np.int64)
        self.words = np.zeros((capacity, bits // 64), dtype=np.uint64)
        self.dead = np.zeros(capacity, dtype=np.bool_)
        self._row_of: dict[int, int] = {}
        chained = capacity >= CHAINED_FROM
        chunks = bits // kernels.CHUNK_BITS
        self.heads = np.full((chunks, kernels.BUCKETS if chained else 0), -1, dtype=np.int32)
        self.following = np.full((chunks, capacity if chained else 0), -1, dtype=np.int32)

    def grown(self, more: int) -> "Head":
        """Return this head, or a larger copy, with room for `more` codes. Readers of this one are not disturbed."""
        needed = self.count + more
        if needed <= len(self.ids):
            return self
        larger = Head(self.bits, max(needed, 2 * len(self.ids)))
        larger.append(self.ids[: self.count], self.words[: self.count])
        larger.dead[: self.count] = self.dead[: self.count]
        larger._row_of = dict(self._row_of)
        return larger

    def append(self, ids: NDArray[np.int64], words: NDArray[np.uint64]) -> None:
        first, end = self.count, self.count + len(ids)
        self.ids[first:end] = ids
        self.words[first:end] = words
        if self.heads.shape[1]:
            kernels.link(self.words, first, end, self.heads, self.following)
        self._row_of.update(zip(ids.tolist(), range(first, end), strict=True))
        self.count = end

    def search(self, queries: NDArray[np.uint64], radius: int, count: int, out: Hits, found: int) -> int:
        if not count:
            return found
        chunks = self.bits // kernels.CHUNK_BITS
        if self.heads.shape[1] and radius < 2 * chunks:
            return int(
                kernels.search_chains(
                    queries, radius, self.words, self.ids, self.dead, count, self.heads, self.following, *out, found
                )
            )
        return int(kernels.search_flat(queries, radius, self.words, self.ids, self.dead, count, *out, found))

    def rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        if not self._row_of:
            return np.empty(0, dtype=np.int64)
        rows = (self._row_of.get(one) for one in ids.tolist())
        return np.array([row for row in rows if row is not None], dtype=np.int64)

    def bury(self, rows: NDArray[np.int64]) -> None:
        self.dead[rows] = True
        for row in rows.tolist():
            number = int(self.ids[row])
            if self._row_of.get(number) == row:  # a replaced id lives on in a later row
                del self._row_of[number]

    def live_rows(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Return (ids, words) of the live codes, as copies."""
        alive = ~self.dead[: self.count]
        return self.ids[: self.count][alive], self.words[: self.count][alive]

    @property
    def live(self) -> int:
        return len(self._row_of)

    @property
    def nbytes(self) -> int:
        arrays = (self.ids, self.words, self.dead, self.heads, self.following)
        return sum(array.nbytes for array in arrays) + 100 * len(self._row_of)
