"""Exact sets of hash values, live: which refs carry exactly this value?

Log-structured like the Hamming index. New values go to a dict (the head); a full head becomes an immutable segment of
sorted arrays; segments merge in the background. A removed ref is marked dead where it lies. One value may have several
refs: the same file in two banks.

Per value of 256 bits in a segment: 8 B prefix + 24 B rest + 8 B ref + 4 B order + 1 B mark.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.matching.exact_segment import Segment
from siyaj.model.sentence import clause, sentence
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit

HEAD_LIMIT = 1 << 16
"""Values in the dict before it becomes a segment."""
BULK = 1 << 13
"""An add of at least so many values becomes a segment at once."""
MERGE_FACTOR = 4
"""A segment is merged with the one before it when that one is not at least this many times as large."""

WHY = sentence(clause("identical"))


class _Head:
    """The newest values. Written under the index's lock, read without one: each step leaves it whole."""

    def __init__(self) -> None:
        self.refs_of: dict[bytes, tuple[int, ...]] = {}
        self.key_of: dict[int, bytes] = {}

    def add(self, ref: int, key: bytes) -> None:
        self.key_of[ref] = key
        self.refs_of[key] = (*self.refs_of.get(key, ()), ref)

    def remove(self, ref: int) -> None:
        key = self.key_of.pop(ref, None)
        if key is None:
            return
        if rest := tuple(one for one in self.refs_of[key] if one != ref):
            self.refs_of[key] = rest
        else:
            del self.refs_of[key]


class _State(NamedTuple):
    segments: tuple[Segment, ...]
    head: _Head


class ExactIndex:
    """Values are hex digits of `bytes` bytes (a multiple of 8). Safe for many threads; implements SignalIndex."""

    def __init__(self, bytes: int = 32) -> None:
        if bytes <= 0 or bytes % 8:
            raise ValueError(f"bytes must be a positive multiple of 8, not {bytes}")
        self._width = bytes
        self._write = threading.Lock()
        self._merging: threading.Thread | None = None
        self._state = _State((), _Head())

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        """Make values findable; a ref that is there is replaced, of a ref given twice the last stays.

        Raises ValueError for a value that is not hex of the right length.
        """
        if len(refs) != len(values):
            raise ValueError(f"{len(values)} values need as many refs, not {len(refs)}")
        raw = self._raw(values)
        with self._write:
            self._forget(refs)
            if len(values) >= BULK:
                self._add_segment(np.asarray(refs, dtype=np.int64), raw)
            else:
                self._add_to_head(refs, raw)
        self._merge_in_background()

    def remove(self, refs: Sequence[int]) -> None:
        with self._write:
            self._forget(refs)

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        """Return for each signal a hit of distance 0 per ref with that value; a malformed value finds nothing."""
        found: list[list[Hit]] = [[] for _ in signals]
        state = self._state
        if not state.segments and not state.head.key_of:
            return found
        wanted = {at: key for at, signal in enumerate(signals) if (key := self._key(signal.value)) is not None}
        for at, key in wanted.items():
            found[at] += [Hit(ref, 0.0, (), WHY) for ref in state.head.refs_of.get(key, ())]
        if state.segments and wanted:
            places, queries = list(wanted), self._words(b"".join(wanted.values()))
            for segment in state.segments:
                for row, ref in segment.search(queries):
                    found[places[row]].append(Hit(ref, 0.0, (), WHY))
        return found

    def __len__(self) -> int:
        state = self._state
        return sum(segment.live for segment in state.segments) + len(state.head.key_of)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays (mapped ones included), and an estimate for the head."""
        state = self._state
        return sum(segment.nbytes for segment in state.segments) + len(state.head.key_of) * (300 + self._width)

    def save(self, folder: Path) -> None:
        """Write the live values to `folder`, which must not be there."""
        with self._write:
            state = self._state
            head = state.head
            newest = self._segment(list(head.key_of), b"".join(head.key_of.values()))
            dead = [segment.dead.copy() for segment in state.segments]
        Segment.merge([*state.segments, newest], [*dead, newest.dead]).save(folder)

    def load(self, folder: Path) -> None:
        """Become what was saved, memory-mapped. Raises ValueError for a folder that is damaged or of another width."""
        segment = Segment.load(folder, self._width // 8)
        with self._write:
            self._state = _State((segment,), _Head())

    def settle(self) -> None:
        """Wait until no merge runs. For measurements and tests; nothing else needs it."""
        while (merging := self._merging) is not None and merging.is_alive():
            merging.join()

    def _key(self, value: str) -> bytes | None:
        try:
            key = bytes.fromhex(value)
        except ValueError:
            return None
        return key if len(key) == self._width else None

    def _raw(self, values: Sequence[str]) -> bytes:
        wrong = next((value for value in values if len(value) != 2 * self._width), None)
        if wrong is not None:
            raise ValueError(f"a value must be {2 * self._width} hex digits, not {wrong[:80]!r}")
        raw = bytes.fromhex("".join(values))
        if len(raw) != len(values) * self._width:
            raise ValueError("a value contains white space")
        return raw

    def _words(self, raw: bytes) -> NDArray[np.uint64]:
        return np.frombuffer(raw, dtype=np.uint64).reshape(-1, self._width // 8)

    def _segment(self, refs: Sequence[int] | NDArray[np.int64], raw: bytes) -> Segment:
        return Segment.build(np.asarray(refs, dtype=np.int64), self._words(raw))

    def _add_segment(self, refs: NDArray[np.int64], raw: bytes) -> None:
        state = self._state
        self._state = _State((*state.segments, self._segment(refs, raw)), state.head)

    def _add_to_head(self, refs: Sequence[int], raw: bytes) -> None:
        head, width = self._state.head, self._width
        for position, ref in enumerate(refs):
            if ref in head.key_of:  # given twice
                head.remove(ref)
            head.add(int(ref), raw[position * width : (position + 1) * width])
        if len(head.key_of) >= HEAD_LIMIT:
            full = self._segment(list(head.key_of), b"".join(head.key_of.values()))
            self._state = _State((*self._state.segments, full), _Head())

    def _forget(self, refs: Sequence[int]) -> None:
        state = self._state
        if state.head.key_of:
            few = state.head.key_of.keys() & set(refs) if len(refs) > len(state.head.key_of) else refs
            for ref in list(few):
                state.head.remove(ref)
        if state.segments:
            numbers = np.asarray(refs, dtype=np.int64)
            for segment in state.segments:
                segment.bury(numbers)

    def _merge_in_background(self) -> None:
        if _to_merge(self._state.segments) is None:
            return
        with self._write:
            if self._merging is None or not self._merging.is_alive():
                self._merging = threading.Thread(target=self._merge, name="siyaj-merge-exact", daemon=True)
                self._merging.start()

    def _merge(self) -> None:
        """Merge neighbours until sizes fall off geometrically. Sorting takes no lock; only the swap does."""
        while (start := _to_merge(self._state.segments)) is not None:
            old = self._state.segments[start:]
            with self._write:
                before = [segment.dead.copy() for segment in old]
            merged = Segment.merge(old, before)
            with self._write:
                if self._state.segments[start : start + len(old)] != old:
                    continue  # a snapshot was loaded meanwhile
                for segment, dead in zip(old, before, strict=True):
                    merged.bury(segment.refs[segment.dead & ~dead])
                rest = self._state.segments[start + len(old) :]
                self._state = _State((*self._state.segments[:start], merged, *rest), self._state.head)


def _to_merge(segments: Sequence[Segment]) -> int | None:
    """Return where to start merging, to the end: the first segment that is not much larger than all after it."""
    behind = 0
    start = None
    for position in range(len(segments) - 1, -1, -1):
        size = len(segments[position].refs)
        if behind and size < MERGE_FACTOR * behind:
            start = position
        behind += size
    return start
