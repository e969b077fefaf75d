"""Near-copies of statements: an inverted index of winnowed fingerprints, asked by containment, verified by
coverage (`siyaj.signals.coverage`).

Containment (the share of a statement's fingerprints that stand in the post) also finds a statement inside a longer
post, where MinHash looks for two texts of one size. Fingerprints that many statements share (greetings, formulas,
quotations from scripture) count for nothing: they do not say which statement it is.
"""

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.matching.postings import Postings
from siyaj.model.sentence import clause, sentence
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit
from siyaj.signals.coverage import Coverage, coverage
from siyaj.signals.fingerprints import SPOKEN, WRITTEN, Alphabet, fingerprints, letters
from siyaj.signals.folding import ARABIC, LATIN, SPACE
from siyaj.signals.words import HAS_LATIN, Prepared, prepare, prepare_once

MOST_DISTANCE = 0.35
"""Of two unrelated bulletins full of the same formulas a third is different."""
SHORT = 100
"""Letters. A shorter statement must be there nearly whole."""
MOST_DISTANCE_SHORT = 0.15
SHORT_SOUNDS = 60
"""The same for a statement's consonants, of which there are about half as many."""
LEAST_CONTAINMENT = 0.3
"""Of its fingerprints, for a statement to be near: one changed letter costs up to eight of them."""
MOST_CANDIDATES = 32
"""Statements that are looked at for one post, those that share most first."""
LEAST_RARE = 0.5
"""Share of a statement's fingerprints that must be its own: one that is mostly formulas is nobody's statement."""


class _Statement(NamedTuple):
    letters: NDArray[np.uint32]
    fingerprints: NDArray[np.uint64]


class _Reading:
    """Statements read in one way: their letters, or their sounds. One writer at a time, any number of readers."""

    def __init__(self, alphabet: Alphabet, short: int) -> None:
        self._alphabet = alphabet
        self._short = short
        self.statements: dict[int, _Statement] = {}
        self.postings = Postings()

    def add(self, ref: int, prepared: Prepared) -> None:
        codes = letters(prepared.folded, self._alphabet).codes
        prints = fingerprints(codes)
        self.statements[ref] = _Statement(codes, prints)
        self.postings.add(ref, prints)

    def remove(self, ref: int) -> None:
        if ref in self.statements:
            self.postings.remove(ref, self.statements.pop(ref).fingerprints)

    def search(self, prepared: Prepared) -> list[Hit]:
        candidates = self.postings.shared(prepared.folded, self._alphabet, MOST_CANDIDATES)
        return self._verified(prepared, candidates) if candidates else []

    def _verified(self, prepared: Prepared, candidates: Sequence[tuple[int, int]]) -> list[Hit]:
        its = letters(prepared.folded, self._alphabet)
        hits = []
        for ref, shared in candidates:
            statement = self.statements.get(ref)
            found = self._verify(statement, shared, its.codes) if statement is not None else None
            if found is not None:
                span = prepared.span(int(its.places[found.start]), int(its.places[found.end - 1]) + 1)
                why = sentence(clause("statement", share=round(found.share, 4)))
                hits.append(Hit(ref, round(1 - found.share, 4), (span,), why))
        return hits

    def _verify(self, statement: _Statement, shared: int, post: NDArray[np.uint32]) -> Coverage | None:
        """Return how much of the statement stands in the post, or None when it is no near-copy."""
        found = coverage(statement.letters, post)
        if found.share < 1.0 - (MOST_DISTANCE_SHORT if len(statement.letters) < self._short else MOST_DISTANCE):
            return None
        rare = self.postings.rare(statement.fingerprints)
        if rare < LEAST_RARE * len(statement.fingerprints) or shared < LEAST_CONTAINMENT * rare:
            return None
        return found


class NearCopyIndex:
    """The index behind the signal type `text`. One writer at a time, any number of readers.

    Distance: the share of the statement's letters that are missing in the post. Arabic statements are also found in
    Latin letters, by their sounds.
    """

    def __init__(self) -> None:
        self._write = threading.Lock()
        self._written = _Reading(WRITTEN, SHORT)
        self._spoken = _Reading(SPOKEN, SHORT_SOUNDS)

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        with self._write:
            for ref, value in zip(refs, values, strict=True):
                prepared = prepare_once(value)
                self._remove([ref])
                self._written.add(ref, prepared)
                if _is_mostly(ARABIC, prepared):
                    self._spoken.add(ref, prepared)

    def remove(self, refs: Sequence[int]) -> None:
        with self._write:
            self._remove(refs)

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        return [self._search(prepare(signal.value)) for signal in signals]

    def __len__(self) -> int:
        return len(self._written.statements)

    @property
    def nbytes(self) -> int:
        readings = (self._written, self._spoken)
        every = [one for reading in readings for one in tuple(reading.statements.values())]
        held = sum(one.letters.nbytes + one.fingerprints.nbytes + 200 for one in every)
        return held + sum(reading.postings.nbytes for reading in readings)

    def _remove(self, refs: Sequence[int]) -> None:
        for ref in refs:
            self._written.remove(ref)
            self._spoken.remove(ref)

    def _search(self, prepared: Prepared) -> list[Hit]:
        if not self._written.statements:
            return []
        hits = self._written.search(prepared)
        if prepared.signs & HAS_LATIN and self._spoken.statements and _is_mostly(LATIN, prepared):
            known = {hit.ref for hit in hits}
            hits += [hit for hit in self._spoken.search(prepared) if hit.ref not in known]
        return sorted(hits, key=lambda hit: hit.distance)


def _is_mostly(kind: int, prepared: Prepared) -> bool:
    """True when more than half of a text's letters and digits are of a class."""
    classes = prepared.folded.classes
    return 2 * int(np.count_nonzero(classes == kind)) > int(np.count_nonzero(classes > SPACE))
