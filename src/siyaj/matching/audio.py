"""Sounds that are parts of, or contain, or are altered copies of banked ones. Live, voted for, then laid side by side.

Log-structured: pairs of landmarks go to the head, a full head becomes a sorted segment, segments merge in the
background. Pairs of a searched sound, block by block, vote for a place in a banked one; the few places with most votes
are looked at with all landmarks, and only where both agree for seconds, far more than beside that place, is it a hit.

Per minute of banked sound: some 24 KB, of which 11 are pairs in drawers and 7 landmarks.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.matching.audio_find import Sound, find, sound_of
from siyaj.matching.audio_table import (
    Head,
    Segment,
    file_pairs,
    make_pairs,
    merge_pairs,
    new_head,
    segment_of,
    sort_pairs,
)
from siyaj.matching.audio_votes import Voters
from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.audio_value import BANKED, Landmarks, pack_bytes, unpack, unpack_bytes
from siyaj.signals.base import Hit

SMALLEST_HEAD, LARGEST_HEAD, HEAD_SHARE = 1 << 13, 1 << 18, 8
"""Pairs in the head before it becomes a segment: an eighth of all, between six minutes of sound and three hours."""
MERGE_FACTOR = 4
UNIT = 512
"""Steps of virtual time that belong to one sound."""
LEAD = 3
"""Units before a sound: a search may begin so much before it."""
MOST_UNITS = (1 << 32) // UNIT - 1
FEWEST_UNITS = 4_096
"""Virtual time is used anew when more than this and half of it are of sounds that are gone."""
ANCHOR_STRENGTH = 3


class _Filed(NamedTuple):
    ref: int
    begin: int
    """Virtual step at which it begins."""
    units: tuple[int, int]
    landmarks: Landmarks


class _Table(NamedTuple):
    """All that a reader needs, replaced as a whole; `rows` and the arrays are added to in place."""

    segments: tuple[Segment, ...]
    head: Head
    units: int
    owner: NDArray[np.int32]
    """(≥ units,): the row that a unit of virtual time belongs to."""
    taken: NDArray[np.uint8]
    """(≥ units,): whether that row is still there."""
    rows: dict[int, _Filed]


def _empty() -> _Table:
    return _Table((), new_head(SMALLEST_HEAD), 0, np.zeros(1_024, np.int32), np.zeros(1_024, np.uint8), {})


class AudioIndex:
    """Values are those of the `audio` signal. Implements SignalIndex; safe for many threads, readers never wait."""

    def __init__(self) -> None:
        self._write = threading.Lock()
        self._merging: threading.Thread | None = None
        self._clear()

    def _clear(self) -> None:
        self._table = _empty()
        self._row_of: dict[int, int] = {}
        self._next = 0
        self._gone = 0

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        """Make sounds findable; a ref that is there is replaced. Raises InvalidSignal for a value that is none."""
        if len(refs) != len(values):
            raise ValueError(f"{len(values)} values need as many refs, not {len(refs)}")
        parsed = [_banked(value) for value in values]
        with self._write:
            for ref, landmarks in zip(refs, parsed, strict=True):
                self._forget(int(ref))
                self._add(int(ref), landmarks)
            self._renumber()
        self._merge_in_background()

    def remove(self, refs: Sequence[int]) -> None:
        with self._write:
            for ref in refs if len(refs) <= len(self._row_of) else self._row_of.keys() & set(refs):
                self._forget(int(ref))

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        """Return hits, distance 1 − share of the seconds that agree, of this sound or of the banked one, whichever is
        larger. A value that is none finds nothing, and so does the short form of a sound whose search form is asked
        for as well."""
        found: list[list[Hit]] = [[] for _ in signals]
        better = {signal.part for signal in signals if signal.variant}
        for at, signal in enumerate(signals if self._row_of else ()):
            if signal.variant or signal.part not in better:
                try:
                    landmarks = unpack(signal.value)
                except InvalidSignal:
                    continue
                found[at] = self._find(sound_of(landmarks))
        return found

    def _find(self, sound: Sound) -> list[Hit]:
        table = self._table
        voters = Voters(table.segments, table.head, table.taken[: table.units], UNIT)

        def whose(step: int) -> tuple[int, int, Sound] | None:
            filed = table.rows.get(int(table.owner[step // UNIT])) if step < table.units * UNIT else None
            return None if filed is None else (filed.ref, filed.begin, sound_of(filed.landmarks))

        return [hit for hit in find(sound, voters, whose) if hit.ref in self._row_of]

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def nbytes(self) -> int:
        table = self._table
        # Beside its landmarks a row costs an array's head, tuples and a place in two dicts.
        kept = sum(filed.landmarks.packed.nbytes + 700 for filed in tuple(table.rows.values()))
        filed = sum(segment.entries.nbytes + segment.starts.nbytes for segment in table.segments)
        return kept + filed + sum(array.nbytes for array in table.head) + table.owner.nbytes + table.taken.nbytes

    def save(self, folder: Path) -> None:
        """Write the live sounds to `folder`, which must not be there."""
        with self._write:
            filed = list(self._table.rows.values())
        folder.mkdir(parents=True)
        values = [pack_bytes(one.landmarks) for one in filed]
        np.save(folder / "refs.npy", np.array([one.ref for one in filed], dtype=np.int64))
        np.save(folder / "ends.npy", np.cumsum([len(value) for value in values], dtype=np.int64))
        np.save(folder / "values.npy", np.frombuffer(b"".join(values), dtype=np.uint8))

    def load(self, folder: Path) -> None:
        """Become what was saved. Raises ValueError for a folder that is damaged; OSError when it cannot be read."""
        refs, ends, values = (
            np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("refs", "ends", "values")
        )
        if refs.dtype != np.int64 or ends.dtype != np.int64 or values.dtype != np.uint8 or len(refs) != len(ends):
            raise ValueError(f"the snapshot in {folder} is not one of sounds")
        data = values.tobytes()
        try:
            sounds = [
                unpack_bytes(data[start:end]) for start, end in zip([0, *ends.tolist()], ends.tolist(), strict=False)
            ]
        except InvalidSignal as error:
            raise ValueError(f"the snapshot in {folder} is damaged: {error}") from None
        with self._write:
            self._clear()
            for ref, landmarks in zip(refs.tolist(), sounds, strict=True):
                self._add(ref, landmarks)
        self._merge_in_background()

    def settle(self) -> None:
        """Wait until no merge runs. For measurements and tests; nothing else needs it."""
        while (merging := self._merging) is not None and merging.is_alive():
            merging.join()

    def _add(self, ref: int, landmarks: Landmarks) -> None:
        table = self._table
        first = table.units
        end = first + LEAD + landmarks.steps // UNIT + 1
        if end > MOST_UNITS:
            raise ValueError("an index of sounds holds at most two years of them")
        begin = (first + LEAD) * UNIT
        strong = landmarks.strengths >= ANCHOR_STRENGTH
        pairs = make_pairs(landmarks.times[strong], landmarks.tones[strong], begin)
        if int(table.head.filled[0]) + len(pairs) > len(table.head.entries):
            self._seal(len(pairs))
        table = self._table
        owner, taken = _grown(table.owner, end), _grown(table.taken, end)
        owner[first:end], taken[first:end] = self._next, 1
        table.rows[self._next] = _Filed(ref, begin, (first, end), landmarks)
        self._row_of[ref] = self._next
        self._next += 1
        self._table = table._replace(units=end, owner=owner, taken=taken)
        file_pairs(pairs, table.head.first, table.head.after, table.head.entries, table.head.filled)

    def _forget(self, ref: int) -> None:
        if (row := self._row_of.pop(ref, None)) is not None:
            filed = self._table.rows.pop(row)
            self._table.taken[slice(*filed.units)] = 0
            self._gone += filed.units[1] - filed.units[0]

    def _renumber(self) -> None:
        """Begin anew with what is there, beside what readers look at, when virtual time is mostly of what is gone."""
        if self._gone < FEWEST_UNITS or 2 * self._gone < self._table.units:
            return
        old, fresh = list(self._table.rows.values()), AudioIndex()
        for filed in old:
            fresh._add(filed.ref, filed.landmarks)
        self._next, self._gone = fresh._next, 0
        self._row_of, self._table = fresh._row_of, fresh._table

    def _seal(self, more: int) -> None:
        table = self._table
        pairs = table.head.entries[: int(table.head.filled[0])]
        segments = (*table.segments, segment_of(sort_pairs(pairs))) if len(pairs) else table.segments
        most = sum(len(segment.entries) for segment in segments) // HEAD_SHARE
        size = max(min(max(SMALLEST_HEAD, most), LARGEST_HEAD), more)
        self._table = table._replace(segments=segments, head=new_head(size))

    def _merge_in_background(self) -> None:
        with self._write:
            if self._mergeable() is None or (self._merging is not None and self._merging.is_alive()):
                return
            self._merging = threading.Thread(target=self._merge, name="siyaj-audio-merge", daemon=True)
            self._merging.start()

    def _mergeable(self) -> int | None:
        """Return the place of the first segment that is not MERGE_FACTOR times as large as the next one."""
        sizes = [len(segment.entries) for segment in self._table.segments]
        return next((at for at in range(len(sizes) - 1) if sizes[at] < MERGE_FACTOR * sizes[at + 1]), None)

    def _merge(self) -> None:
        while True:
            with self._write:
                at = self._mergeable()
                if at is None:
                    self._merging = None
                    return
                one, other = self._table.segments[at : at + 2]
                taken = self._table.taken.copy()
            merged = segment_of(merge_pairs(one.entries, other.entries, taken, UNIT))
            with self._write:
                segments = self._table.segments
                if (
                    len(segments) > at + 1 and segments[at] is one and segments[at + 1] is other
                ):  # else all was numbered anew
                    self._table = self._table._replace(segments=(*segments[:at], merged, *segments[at + 2 :]))


def _banked(value: str) -> Landmarks:
    landmarks = unpack(value)
    if landmarks.form != BANKED:
        raise InvalidSignal("a bank keeps the short form of an audio value, not the one for searching")
    return landmarks


def _grown(array: "NDArray[Any]", size: int) -> "NDArray[Any]":
    return array if size <= len(array) else np.concatenate([array, np.zeros(size, dtype=array.dtype)])
