"""Exact search in Hamming space, live: codes come and go while searches run, and no search waits for a writer.

Log-structured. New codes go to a small *head*; a full head becomes an immutable *segment* with buckets; segments
merge in the background. A removed code is marked dead where it lies and dropped at the next merge. A search takes
one look at the tuple (segments, head) and works on that.

Per code: 32 B itself, 8 B id, 16 × 8 B in buckets (row number and two more chunks), 1 B dead mark.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siyaj.matching import hamming_kernels as kernels
from siyaj.matching.hamming_head import CHAINED_FROM, Head
from siyaj.matching.hamming_segment import Hits, Segment, load_segments, save_segments

HEAD_LIMIT = 1 << 15
"""Codes in the head before it becomes a segment."""
MERGE_FACTOR = 4
"""A segment is merged with the one before it when that one is not at least this many times as large."""
SAVED_WHOLE_FROM = 16
"""A snapshot is written as one segment unless its largest is this many times as large as the others together: each
segment is searched by itself, and a snapshot is a good time to put them together."""

_SEED = 20_230_507
"""Of the fixed permutation of bits. A snapshot depends on it: never change it without a new format version."""


class _State(NamedTuple):
    segments: tuple[Segment, ...]
    head: Head


class HammingIndex:
    """An exact index over codes of `bits` bits (a multiple of 64).

    Fastest for radii below `bits / 8` (31 of 256); beyond, every code is compared. Safe for many threads.
    """

    def __init__(self, bits: int = 256) -> None:
        if bits <= 0 or bits % 64:
            raise ValueError(f"bits must be a positive multiple of 64, not {bits}")
        self.bits = bits
        self._order = np.random.default_rng(_SEED).permutation(bits).astype(np.int64)
        self._write = threading.Lock()
        self._merging: threading.Thread | None = None
        self._state = _State((), Head(bits))

    def add(self, ids: ArrayLike, codes: ArrayLike) -> None:
        """Add codes: `ids` (n,) positive int64, `codes` (n, bits/8) uint8. An id that is there is replaced; of an id
        given twice the last stays. Found by every search that begins after this returns.
        """
        numbers, words = self._checked(ids, codes)
        if not len(numbers):
            return
        with self._write:
            segments, head = self._state
            if len(numbers) >= HEAD_LIMIT:
                stale = _rows_of(self._state, numbers)
                self._state = _State((*segments, Segment.build(numbers, words)), head)
            else:
                # A head that grew is another object: what is stale must be marked in that one, before it is sealed.
                grown = _State(segments, head.grown(len(numbers)))
                stale = _rows_of(grown, numbers)
                grown.head.append(numbers, words)
                self._state = grown
            _bury(stale)
            if self._state.head.count >= HEAD_LIMIT:
                self._seal()
        self._merge_in_background()

    def remove(self, ids: ArrayLike) -> None:
        """Forget codes; ids that are not there are ignored."""
        numbers = np.atleast_1d(np.asarray(ids, dtype=np.int64))
        with self._write:
            _bury(_rows_of(self._state, numbers))

    def search(self, codes: ArrayLike, radius: int) -> Hits:
        """Return every code within `radius` bits of each query (m, bits/8) uint8, ordered by query, then distance."""
        queries = kernels.permute(self._words(codes), self._order)
        state = self._state
        count = state.head.count
        capacity = 64 + 4 * len(queries)
        while True:
            out = Hits(*(np.empty(capacity, dtype=np.int64) for _ in range(3)))
            found = 0
            for segment in state.segments:
                found = segment.search(queries, radius, out, found)
            found = state.head.search(queries, radius, count, out, found)
            if found <= capacity:
                break
            capacity = found + found // 4
        return _ordered(out, found)

    def __len__(self) -> int:
        state = self._state
        return sum(segment.live for segment in state.segments) + state.head.live

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, mapped ones included."""
        state = self._state
        return sum(segment.nbytes for segment in state.segments) + state.head.nbytes

    def save(self, folder: Path) -> None:
        """Write a snapshot to a folder, atomically: it is there whole or not at all. Searches and writes go on."""
        with self._write:
            state = self._state
            dead = [segment.dead.copy() for segment in state.segments]
            head = state.head.live_rows()
        segments = list(zip(state.segments, dead, strict=True))
        if _is_scattered(state.segments):
            whole, _ = Segment.merge(state.segments, dead)
            segments = [(whole, whole.dead)]
        save_segments(folder, self.bits, segments, head)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open a snapshot, memory-mapped. Raises ValueError for one that is damaged or of another format."""
        bits, segments, (ids, words) = load_segments(folder)
        index = cls(bits)
        head = index._state.head
        if len(ids) >= CHAINED_FROM:
            segments.append(Segment.build(ids, words))
        elif len(ids):
            head = head.grown(len(ids))
            head.append(ids, words)
        index._state = _State(tuple(segments), head)
        index._merge_in_background()
        return index

    def settle(self) -> None:
        """Wait until no merge runs. For measurements and tests; nothing else needs it."""
        while (merging := self._merging) is not None and merging.is_alive():
            merging.join()

    def _checked(self, ids: ArrayLike, codes: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        numbers = np.atleast_1d(np.asarray(ids, dtype=np.int64))
        words = self._words(codes)
        if numbers.shape != (len(words),):
            raise ValueError(f"{len(words)} codes need as many ids, not an array of shape {numbers.shape}")
        if len(numbers) and numbers.min() <= 0:
            raise ValueError(f"ids must be positive, not {numbers.min()}")
        if len(numbers) > 1 and not np.all(numbers[1:] > numbers[:-1]):
            last = len(numbers) - 1 - np.unique(numbers[::-1], return_index=True)[1]
            numbers, words = numbers[last], words[last]
        return numbers, kernels.permute(words, self._order)

    def _words(self, codes: ArrayLike) -> NDArray[np.uint64]:
        array = np.ascontiguousarray(np.asarray(codes, dtype=np.uint8))
        if array.size == 0:
            array = array.reshape(0, self.bits // 8)
        if array.ndim != 2 or array.shape[1] != self.bits // 8:
            raise ValueError(f"codes must have the shape (n, {self.bits // 8}), not {array.shape}")
        return array.view(np.uint64)

    def _seal(self) -> None:
        ids, words = self._state.head.live_rows()
        segments = self._state.segments
        if len(ids):
            segments = (*segments, Segment.build(ids, words))
        self._state = _State(segments, Head(self.bits))

    def _merge_in_background(self) -> None:
        with self._write:
            if _to_merge(self._state.segments) is None or (self._merging is not None and self._merging.is_alive()):
                return
            self._merging = threading.Thread(target=self._merge, name="siyaj-merge", daemon=True)
            self._merging.start()

    def _merge(self) -> None:
        """Merge neighbours until sizes fall off geometrically. Building takes no lock; only the swap does."""
        while (start := _to_merge(self._state.segments)) is not None:
            old = self._state.segments[start:]
            with self._write:
                dead = [segment.dead.copy() for segment in old]
            merged, kept = Segment.merge(old, dead)
            with self._write:
                for segment, before, rows in zip(old, dead, kept, strict=True):
                    died = np.flatnonzero(segment.dead & ~before)
                    merged.bury(rows[died])
                rest = self._state.segments[start + len(old) :]
                self._state = _State((*self._state.segments[:start], merged, *rest), self._state.head)


def codes_from_hex(values: Sequence[str], bits: int = 256) -> NDArray[np.uint8]:
    """Return codes (n, bits/8) uint8 of hex strings that were validated before."""
    return np.frombuffer(bytes.fromhex("".join(values)), dtype=np.uint8).reshape(len(values), bits // 8)


def _to_merge(segments: Sequence[Segment]) -> int | None:
    """Return where to start merging, to the end: the first segment that is not much larger than all after it."""
    behind = 0
    start = None
    for position in range(len(segments) - 1, -1, -1):
        size = len(segments[position].ids)
        if behind and size < MERGE_FACTOR * behind:
            start = position
        behind += size
    return start


def _is_scattered(segments: Sequence[Segment]) -> bool:
    sizes = sorted(len(segment.ids) for segment in segments)
    return len(sizes) > 1 and sizes[-1] < SAVED_WHOLE_FROM * sum(sizes[:-1])


def _rows_of(state: _State, ids: NDArray[np.int64]) -> list[tuple[Any, NDArray[np.int64]]]:
    """Return (where, rows) of those ids that are there."""
    places: list[tuple[Any, NDArray[np.int64]]] = [(part, part.rows_of(ids)) for part in state.segments]
    return [*places, (state.head, state.head.rows_of(ids))]


def _bury(places: list[tuple[Any, NDArray[np.int64]]]) -> None:
    for part, rows in places:
        if len(rows):
            part.bury(rows)


def _ordered(out: Hits, found: int) -> Hits:
    if found > 1:
        order = np.lexsort((out.distance[:found], out.query[:found]))
        return Hits(*(array[:found][order] for array in out))
    return Hits(*(array[:found] for array in out))
