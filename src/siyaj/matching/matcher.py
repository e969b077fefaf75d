"""All indexes together: one per signal type, asked in one batch per type."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from siyaj.matching.build import build_index
from siyaj.matching.snapshot import Snapshot, read_snapshot, write_snapshot
from siyaj.model.errors import UnknownSignalType
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit, SignalIndex, SignalType


class TypedHit(NamedTuple):
    """A hit, and the signal type of the entry that was hit."""

    type: str
    hit: Hit


class Matcher:
    """Live indexes over everything banked. Safe for many threads; a search waits for no writer.

    An index is built when the first value of its type comes: a type without entries costs nothing.
    """

    def __init__(self, types: Mapping[str, SignalType]) -> None:
        self.types = dict(types)
        self._building = threading.Lock()
        self._indexes: dict[str, SignalIndex] = {}
        self._routes = {
            query: tuple(name for name, one in self.types.items() if query in one.queried_by)
            for query in {query for one in self.types.values() for query in one.queried_by}
        }

    def add(self, type: str, refs: Sequence[int], values: Sequence[str]) -> None:
        """Make entry signals of one type findable; a ref that is there is replaced. Raises UnknownSignalType."""
        self._index(type).add(refs, values)

    def remove(self, refs: Sequence[int]) -> None:
        """Forget entry signals, of whatever type; unknown refs are ignored."""
        for index in tuple(self._indexes.values()):
            index.remove(refs)

    def search(self, signals: Sequence[Signal]) -> list[list[TypedHit]]:
        """Return for each signal what it hit, nearest first within each entry type."""
        found: list[list[TypedHit]] = [[] for _ in signals]
        groups: dict[str, list[int]] = {}
        for position, signal in enumerate(signals):
            groups.setdefault(signal.type, []).append(position)
        for query, positions in groups.items():
            for target in self._routes.get(query, ()):
                if (index := self._indexes.get(target)) is not None:
                    asked = signals if len(positions) == len(signals) else [signals[at] for at in positions]
                    for at, hits in zip(positions, index.search(asked), strict=True):
                        if hits:
                            found[at] += [TypedHit(target, hit) for hit in hits]
        return found

    def clear(self) -> None:
        """Forget everything."""
        with self._building:
            self._indexes = {}

    def save(self, folder: Path, stamp: dict[str, Any]) -> None:
        """Write a snapshot of those indexes that can be saved, atomically. Raises OSError; then nothing changed.

        `stamp` is JSON that says of which state of the database this is the image; writers must be kept out.
        """
        write_snapshot(folder, stamp, self._indexes)

    def load(self, folder: Path) -> Snapshot | None:
        """Become what was saved. None when there is no snapshot, or one that is damaged or of another version.

        The types that are not in `Snapshot.loaded` are empty: the caller adds their entries from the database.
        """
        snapshot = read_snapshot(folder, self._build)
        if snapshot is not None:
            with self._building:
                self._indexes = dict(snapshot.indexes)
        return snapshot

    def counts(self) -> dict[str, int]:
        """Return how many entry signals of each type are findable."""
        indexes = self._indexes
        return {name: len(indexes[name]) if name in indexes else 0 for name in self.types}

    @property
    def nbytes(self) -> int:
        """Memory held by all indexes, in bytes."""
        return sum(index.nbytes for index in tuple(self._indexes.values()))

    def _build(self, type: str) -> SignalIndex | None:
        return build_index(self.types[type].index) if type in self.types else None

    def _index(self, type: str) -> SignalIndex:
        if (index := self._indexes.get(type)) is not None:
            return index
        if type not in self.types:
            raise UnknownSignalType(
                f"unknown signal type {type!r}", hint=f"known types: {', '.join(sorted(self.types))}"
            )
        with self._building:
            if type not in self._indexes:  # replaced as a whole: a search iterates over what it took
                self._indexes = {**self._indexes, type: build_index(self.types[type].index)}
            return self._indexes[type]
