"""Pictures that are parts of, or contain, or are altered copies of banked ones. Live, approximate, then verified.

Log-structured: new pictures go to the head, a full head becomes a sorted segment, segments merge in the background.
Features of a searched picture vote for banked ones; the few with the most agreeing votes are laid over it, and only
those whose pixels agree are hits. What voting misses is lost, what it wrongly finds is thrown out: so the votes may
be coarse, and nothing is ever found that was not compared.

What gives features no hold, flat drawings and calm pictures under lettering, is found by a sketch of the whole
(`local_whole`), and laid over the searched picture in the same way.

Per banked picture: 8 B for each feature in its drawer, 36 B for its sketch, and its value (descriptors, places,
thumbnail) as bytes.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.matching.local_compare import Alignment, Searched, compare, counted, prepare
from siyaj.matching.local_rank import Points, ranked
from siyaj.matching.local_score import (
    CROWD,
    LEAST_EMBLEM_WEIGHT,
    LEAST_SCORE,
    LEAST_SCORE_IN_CROWD,
    LEAST_WEIGHT,
    LEAST_WHOLE,
    describe,
    emblem_accepted,
    score,
    whole_score,
)
from siyaj.matching.local_table import (
    MOST_OF_ONE,
    MOST_ROWS,
    MOST_VOTES,
    Head,
    Segment,
    bits_for,
    file_features,
    merge_entries,
    new_head,
    sort_head,
)
from siyaj.matching.local_votes import elect, vote_head, vote_segment
from siyaj.matching.local_whole import Sketches, lay, nearest_looks
from siyaj.model import match
from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit
from siyaj.signals.local_value import BANKED, SEARCH, Features, pack_bytes, time_of, unpack, unpack_bytes

LEAST_HEAD, MOST_HEAD = 1 << 14, 1 << 17
"""Features in the head before it becomes a segment: 60 pictures at first, 500 in a large bank."""
MERGE_FACTOR = 4
MOST_ELECTED, MOST_RANKED = 256, 64
"""Banked pictures whose votes are followed to their places, and those of them that may be looked at."""
MOST_MISSES = 4
"""Banked pictures that a searched one is laid over in vain before the rest, with fewer votes, are left alone."""


class _Filed(NamedTuple):
    ref: int
    data: bytes
    item: int
    """Its ref; of a frame, that of the video's first: signals of one entry follow one another, in the order of time."""


class _State(NamedTuple):
    segments: tuple[Segment, ...]
    head: Head


class LocalIndex:
    """Values are those of the `local` signal. Implements SignalIndex; safe for many threads, readers never wait."""

    def __init__(self, emblem: bool = False) -> None:
        self._emblem = emblem
        self._write = threading.Lock()
        self._merging: threading.Thread | None = None
        self._clear()

    def _clear(self) -> None:
        self._rows: dict[int, _Filed] = {}
        self._row_of: dict[int, int] = {}
        self._next = 0
        self._alive = np.zeros(1024, dtype=np.uint8)
        self._state = _State((), new_head(LEAST_HEAD))
        self._sketches = None if self._emblem else Sketches()

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        """Make pictures findable; a ref that is there is replaced. Raises InvalidSignal for a value that is none."""
        if len(refs) != len(values):
            raise ValueError(f"{len(values)} values need as many refs, not {len(refs)}")
        parsed = [_banked(value) for value in values]
        with self._write:
            for ref, features in zip(refs, parsed, strict=True):
                self._add(int(ref), features)
        self._merge_in_background()

    def remove(self, refs: Sequence[int]) -> None:
        with self._write:
            for ref in refs if len(refs) <= len(self._row_of) else self._row_of.keys() & set(refs):
                self._forget(int(ref))

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        """Return hits, distance 1 − share of agreeing blocks. A value that is none finds nothing, and so does the
        short form of a picture whose search form is asked for as well."""
        found: list[list[Hit]] = [[] for _ in signals]
        if not self._row_of:
            return found
        better = {signal.part for signal in signals if signal.variant}
        for at, signal in enumerate(signals):
            if signal.variant or signal.part not in better:
                try:
                    features = unpack(signal.value)
                except InvalidSignal:
                    continue
                found[at] = [
                    _hit(ref, alignment, self._segment(features, ref)) for ref, alignment in self.find(features)
                ]
        return found

    def _segment(self, features: Features, ref: int) -> match.Segment | None:
        """Return when the two frames are shown; None where the searched picture stands still."""
        filed = self._rows.get(self._row_of.get(ref, -1))
        there = time_of(filed.data) if filed is not None else 0.0
        return match.Segment(features.at, features.at, there, there) if features.at or there else None

    def find(self, features: Features) -> list[tuple[int, Alignment]]:
        """Return the refs of the banked pictures that match, and how they lie, best first."""
        searched = prepare(features)
        found: list[tuple[int, Alignment, float]] = []
        items, misses = set(), 0
        least = LEAST_EMBLEM_WEIGHT if self._emblem else LEAST_WEIGHT
        for one in self._elected(features, searched.points):
            filed = self._rows.get(int(one) >> 1)
            if filed is None:
                continue
            banked = unpack_bytes(filed.data)
            alignment = compare(searched, banked, mirrored=bool(one & 1), least=least)
            reached = self._score(searched, banked, alignment) if alignment is not None else -math.inf
            if alignment is not None and reached >= LEAST_SCORE:
                found.append((filed.ref, alignment, reached))
                items.add(filed.item)
                continue
            misses += 1
            if misses == MOST_MISSES:
                break
        for filed, alignment, reached in self._wholes(searched, {ref for ref, _, _ in found}):
            found.append((filed.ref, alignment, reached))
            items.add(filed.item)
        crowded = not self._emblem and len(items) >= CROWD
        return _best_of([one for one in found if not crowded or one[2] >= LEAST_SCORE_IN_CROWD])

    def _wholes(self, searched: Searched, known: set[int]) -> Iterator[tuple[_Filed, Alignment, float]]:
        """Yield what is found by sketches and not yet known, and what is to be compared with LEAST_SCORE."""
        seen: dict[int, tuple[_Filed, Features]] = {}

        def banked(row: int) -> Features | None:
            filed = self._rows.get(row)
            if filed is None or filed.ref in known:
                return None
            seen[row] = (filed, unpack_bytes(filed.data))
            return seen[row][1]

        sketches = self._sketches
        for row, guess in nearest_looks(searched, sketches, self._alive, banked) if sketches is not None else ():
            filed, features = seen[row]
            alignment = lay(searched, features, guess)
            if alignment is not None and (reached := whole_score(searched, features, alignment)) >= LEAST_WHOLE:
                yield filed, counted(searched, features, alignment), reached - LEAST_WHOLE + LEAST_SCORE

    def _score(self, searched: Searched, banked: Features, alignment: Alignment) -> float:
        if self._emblem:
            return math.inf if emblem_accepted(alignment) else -math.inf
        return score(searched, banked, alignment)

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def nbytes(self) -> int:
        state = self._state
        # Beside its data a row costs its bytes object, a tuple and a place in two dicts.
        values = sum(len(filed.data) + 300 for filed in tuple(self._rows.values()))
        sorted_bytes = sum(segment.entries.nbytes + segment.starts.nbytes for segment in state.segments)
        sketches = self._sketches.nbytes if self._sketches is not None else 0
        return values + sorted_bytes + sketches + sum(array.nbytes for array in state.head)

    def save(self, folder: Path) -> None:
        """Write the live pictures to `folder`, which must not be there."""
        with self._write:
            filed = list(self._rows.values())
        folder.mkdir(parents=True)
        ends = np.cumsum([len(one.data) for one in filed], dtype=np.int64)
        np.save(folder / "refs.npy", np.array([one.ref for one in filed], dtype=np.int64))
        np.save(folder / "ends.npy", ends)
        np.save(folder / "values.npy", np.frombuffer(b"".join(one.data for one in filed), dtype=np.uint8))

    def load(self, folder: Path) -> None:
        """Become what was saved. Raises ValueError for a folder that is damaged; OSError when it cannot be read."""
        refs, ends, values = (
            np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("refs", "ends", "values")
        )
        if refs.dtype != np.int64 or ends.dtype != np.int64 or values.dtype != np.uint8 or len(refs) != len(ends):
            raise ValueError(f"the snapshot in {folder} is not one of local features")
        data = values.tobytes()
        try:
            pictures = [
                unpack_bytes(data[start:end]) for start, end in zip([0, *ends.tolist()], ends.tolist(), strict=False)
            ]
        except InvalidSignal as error:
            raise ValueError(f"the snapshot in {folder} is damaged: {error}") from None
        with self._write:
            self._clear()
            for ref, features in zip(refs.tolist(), pictures, strict=True):
                self._add(ref, features)
        self._merge_in_background()

    def settle(self) -> None:
        """Wait until no merge runs. For measurements and tests; nothing else needs it."""
        while (merging := self._merging) is not None and merging.is_alive():
            merging.join()

    def _add(self, ref: int, features: Features) -> None:
        self._forget(ref)
        head = self._state.head
        if int(head.filled[0]) + len(features.words) > len(head.entries):
            self._seal()
            head = self._state.head
        if self._next >= MOST_ROWS:
            self._renumber()
            head = self._state.head
        row = self._next
        self._next += 1
        if row >= len(self._alive):
            self._alive = np.concatenate([self._alive, np.zeros(len(self._alive), dtype=np.uint8)])
        self._rows[row] = _Filed(ref, pack_bytes(features), self._item(ref, features.at))  # before it can be found
        if self._sketches is not None:
            self._sketches.add(row, features.thumbnail)
        self._alive[row] = 1
        self._row_of[ref] = row
        file_features(features.words, features.frames, row, head.first, head.after, head.entries, head.filled)

    def _item(self, ref: int, at: float) -> int:
        before = self._rows.get(self._row_of.get(ref - 1, -1))
        return before.item if before is not None and time_of(before.data) < at else ref

    def _renumber(self) -> None:
        """Begin anew with what is alive. Rows are counted over the life of an index, not used again."""
        filed = list(self._rows.values())
        if len(filed) >= MOST_ROWS:
            raise ValueError(f"an index of local features holds at most {MOST_ROWS:,} pictures")
        self._clear()
        for one in filed:
            self._add(one.ref, unpack_bytes(one.data))

    def _forget(self, ref: int) -> None:
        if (row := self._row_of.pop(ref, None)) is not None:
            self._alive[row] = 0
            del self._rows[row]

    def _seal(self) -> None:
        state = self._state
        bits = bits_for(int(state.head.filled[0]))
        segment = Segment(bits, *sort_head(state.head.first, state.head.after, state.head.entries, bits))
        size = min(max(LEAST_HEAD, 32 * len(self._row_of)), MOST_HEAD)
        self._state = _State((*state.segments, segment), new_head(size))

    def _merge_in_background(self) -> None:
        with self._write:
            if self._mergeable() is None or (self._merging is not None and self._merging.is_alive()):
                return
            self._merging = threading.Thread(target=self._merge, name="siyaj-local-merge", daemon=True)
            self._merging.start()

    def _mergeable(self) -> int | None:
        """Return the place of the first segment that is not MERGE_FACTOR times as large as the next one."""
        sizes = [len(segment.entries) for segment in self._state.segments]
        return next((at for at in range(len(sizes) - 1) if sizes[at] < MERGE_FACTOR * sizes[at + 1]), None)

    def _merge(self) -> None:
        while True:
            with self._write:
                at = self._mergeable()
                if at is None:
                    self._merging = None
                    return
                one, other = self._state.segments[at : at + 2]
                alive = self._alive.copy()
            bits = bits_for(len(one.entries) + len(other.entries))
            parts = merge_entries(one.starts, one.entries, other.starts, other.entries, alive, bits)
            merged = Segment(bits, *parts)
            with self._write:  # only this thread takes segments away, and `_seal` adds behind
                segments = self._state.segments
                self._state = _State((*segments[:at], merged, *segments[at + 2 :]), self._state.head)

    def _elected(self, features: Features, points: Points) -> NDArray[np.int64]:
        """Return 2 × row + mirrored of the pictures to look at, most promising first."""
        state = self._state
        doubts = features.doubts if features.form == SEARCH else np.zeros(len(features.words), dtype=np.uint32)
        votes = np.empty(MOST_VOTES, dtype=np.uint64)
        passed = np.zeros(2 * len(features.words), dtype=np.int32)
        count = 0
        asked = (features.words, features.frames, doubts)
        head = state.head
        done, total = 0, sum(len(segment.entries) for segment in state.segments) + int(head.filled[0])
        for segment in state.segments:
            done += len(segment.entries)
            most = MOST_OF_ONE * done // max(total, 1)  # each segment its share: none was banked too late to be found
            drawers = (segment.bits, segment.starts, segment.entries)
            count = vote_segment(*asked, *drawers, most, votes, count, passed)
        count = vote_head(*asked, head.first, head.after, head.entries, votes, count, passed)
        # `_alive` is taken last: every row that can have been voted for lies within it.
        order: NDArray[np.int64] = elect(votes, count, passed, self._alive, MOST_ELECTED)[0]
        values = [filed.data if (filed := self._rows.get(one >> 1)) else b"" for one in order.tolist()]
        order = order[[bool(value) for value in values]]  # one may have been removed since
        return ranked(votes, count, passed, order, [*filter(None, values)], features, points)[:MOST_RANKED]


def _best_of(found: Sequence[tuple[int, Alignment, float]]) -> list[tuple[int, Alignment]]:
    """Return each picture once, as it lies best, best first."""
    kept = sorted((one[:2] for one in found), key=lambda each: (-each[1].share, each[0]))
    return [each for at, each in enumerate(kept) if each[0] not in {ref for ref, _ in kept[:at]}]


def _banked(value: str) -> Features:
    features = unpack(value)
    if features.form != BANKED:
        raise InvalidSignal("a bank keeps the short form of a local value, not the one for searching")
    return features


def _hit(ref: int, alignment: Alignment, segment: match.Segment | None) -> Hit:
    return Hit(ref, round(1.0 - alignment.share, 4), (), describe(alignment), segment)
