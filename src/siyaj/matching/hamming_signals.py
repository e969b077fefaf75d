"""The Hamming index as an index of signals: hex values in, hits with their reason out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from siyaj.matching.hamming import HammingIndex, codes_from_hex
from siyaj.model.sentence import clause, sentence
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit


class HammingSignalIndex:
    """Finds codes within `radius` bits; distances are bits. Implements SignalIndex.

    `closer` names types of searched signals that are guesses, and within how many bits theirs count.
    """

    def __init__(self, bits: int = 256, radius: int = 31, closer: Mapping[str, int] | None = None) -> None:
        self._closer = dict(closer or {})
        self.bits = bits
        self.radius = radius
        self._index = HammingIndex(bits)

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        self._index.add(np.asarray(refs, dtype=np.int64), codes_from_hex(values, self.bits))

    def remove(self, refs: Sequence[int]) -> None:
        self._index.remove(np.asarray(refs, dtype=np.int64))

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        found: list[list[Hit]] = [[] for _ in signals]
        if not found:
            return found
        hits = self._index.search(codes_from_hex([signal.value for signal in signals], self.bits), self.radius)
        if len(hits.query):
            for query, ref, bits in zip(hits.query.tolist(), hits.id.tolist(), hits.distance.tolist(), strict=True):
                if bits > self._closer.get(signals[query].type, self.radius):
                    continue
                why = sentence(clause("bits", bits=bits, of=self.bits))
                found[query].append(Hit(ref, float(bits), (), why))
        return found

    def save(self, folder: Path) -> None:
        self._index.save(folder)

    def load(self, folder: Path) -> None:
        """Become what was saved. Raises ValueError for a snapshot that is damaged or of other bits."""
        index = HammingIndex.load(folder)
        if index.bits != self.bits:
            raise ValueError(f"the snapshot in {folder} holds codes of {index.bits} bits, not {self.bits}")
        self._index = index

    def __len__(self) -> int:
        return len(self._index)

    @property
    def nbytes(self) -> int:
        return self._index.nbytes
