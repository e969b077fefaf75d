"""Terms in text: words and phrases, found at the boundaries of words, after attached particles, under disguise.

A dictionary from the first word of each term to the terms that begin with it. So adding and removing are immediate
(an Aho-Corasick automaton would have to be built anew), and only where the gate (`siyaj.matching.term_gate`) has seen
two words that may be a term's is anything looked up. Texts that look tampered with, or hold Latin words, are read a
second time: each word is replaced by all words of terms that it could be in disguise (`siyaj.matching.vocabulary`).
"""

import threading
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from siyaj.matching.term_table import Found, TermTable
from siyaj.matching.vocabulary import Guess
from siyaj.model.sentence import clause, sentence
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit
from siyaj.signals.disguises import is_arabic, is_latin, is_plain, pieces, spelled_runs, squeeze
from siyaj.signals.folding import DOTLESS, DOTS_LOST
from siyaj.signals.shapes import dots, has_dots
from siyaj.signals.words import DISGUISED, HAS_LATIN, Prepared, Word, core, cores, prepare, prepare_once

REMEMBERED = 200_000
MOST_HITS = 50
MOST_WORDS = 1_000
"""Words of a text that are read a second time; the longest messages of Telegram have fewer."""
MOST_SPELLED = 2_000
"""Letters of a run of single letters in which terms are looked for."""
FEWEST_SOUNDS, FEWEST_SOUNDS_ALONE = 6, 8
"""Letters of an Arabic term, and of one of one word, to be found in Latin ones: with fewer, Latin words meet it by
chance."""
FEWEST_SHAPES = 5
FEWEST_DOTS = 2
"""Dots that must be missing from a term in ordinary letters: with one less, many words are other words."""
LONGEST_REMEMBERED = 64
"""Letters of a word that is remembered; longer ones are no words, and would fill the memory."""

_LONE_ARTICLES = frozenset({"al", "el", "il"})


class _Known(NamedTuple):
    """What a word of a message may be: the words it may go on a term with, the words it may begin one with."""

    further: tuple[str, ...]
    starts: tuple[str, ...]


class _Slot(NamedTuple):
    """One word of a text read a second time."""

    word: Word
    guess: Guess


class TermIndex:
    """The index behind the signal type `term`. One writer at a time, any number of readers."""

    def __init__(self) -> None:
        self._write = threading.Lock()
        self._table = TermTable()
        self._guesses: dict[tuple[str, bool], Guess] = {}

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        with self._write:
            try:
                for ref, value in zip(refs, values, strict=True):
                    self._add(ref, tuple(word.text for word in prepare_once(value).words()))
            finally:
                self._changed()

    def remove(self, refs: Sequence[int]) -> None:
        with self._write:
            known = [ref for ref in refs if ref in self._table.words]
            for ref in known:
                self._table.forget(ref)
            if known:
                self._changed()

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        return [self._search(prepare(signal.value)) for signal in signals]

    def __len__(self) -> int:
        return len(self._table.words)

    @property
    def nbytes(self) -> int:
        """An estimate: a term stands in two dictionaries, its words in up to four."""
        return 700 * len(self._table.words) + 600 * len(self._table.vocabulary) + 250 * len(self._guesses)

    def _add(self, ref: int, words: tuple[str, ...]) -> None:
        if ref in self._table.words:
            self._table.forget(ref)
        if words:
            self._table.learn(ref, words)

    def _changed(self) -> None:
        """Forget what was remembered. A reader that is at work goes on filling the dictionaries it began with."""
        self._table.settle()
        self._guesses = {}

    def _search(self, prepared: Prepared) -> list[Hit]:
        if not self._table.words:
            return []
        hits: dict[int, Hit] = {}
        self._read(prepared, hits)
        if prepared.signs & DISGUISED or (prepared.signs & HAS_LATIN and self._table.vocabulary.has_arabic):
            self._read_again(prepared, hits)
        return list(hits.values())[:MOST_HITS]

    def _read(self, prepared: Prepared, hits: dict[int, Hit]) -> None:
        """Look up the words as they are. The gate is all that a clean message costs."""
        places = self._table.gate.look(prepared.folded).tolist()
        if not places:
            return
        words = prepared.words()
        for place in places:
            position, goes_on = divmod(place, 2)
            if not goes_on:
                self._note_beginning(prepared, words, position, hits)
        if split := {place // 2 for place in places if place % 2}:
            self._find_split(prepared, words[:MOST_WORDS], split, hits)

    def _know(self, text: str) -> _Known:
        bare = self._table.vocabulary.bare(text)
        starts = dict.fromkeys(one for one in (*cores(text), *bare) if one in self._table.by_first)
        return _Known((core(text), *bare), tuple(starts))

    def _note_beginning(self, prepared: Prepared, words: Sequence[Word], position: int, hits: dict[int, Hit]) -> None:
        """Note the terms that begin with a word."""

        def further(at: int) -> tuple[str, ...]:
            return self._know(words[at].text).further

        for first in self._know(words[position].text).starts:
            for found in self._table.beginning(first, position, len(words), further):
                if len(hits) >= MOST_HITS:
                    return
                covered = words[found.first : found.end]
                missing = _dots(self._table.words.get(found.ref, ())) - _dots(one.text for one in covered)
                if missing <= 0:
                    self._note(hits, prepared, found, words, "term.word")
                elif missing >= FEWEST_DOTS and _is_bare(prepared, covered):
                    self._note(hits, prepared, found, words, "term.dots")

    def _read_again(self, prepared: Prepared, hits: dict[int, Hit]) -> None:
        """Look up what the words could be, parted at blanks, and parted at signs as well."""
        dotless = bool(prepared.signs & (DOTLESS | DOTS_LOST))
        whole = pieces(prepared)[:MOST_WORDS]
        self._find_disguised(prepared, whole, dotless, hits)
        parted = prepared.words()[:MOST_WORDS]
        if len(parted) != len(whole):
            self._find_disguised(prepared, parted, dotless, hits)
        for run in spelled_runs(prepared):
            self._find_spelled(prepared, run, hits)

    def _find_disguised(self, prepared: Prepared, words: Sequence[Word], dotless: bool, hits: dict[int, Hit]) -> None:
        """Look up what words could be, if one that does not look like itself could be a word of a term at all."""
        if not dotless and not any(any(self._guess(one.text, dotless)) for one in words if self._is_odd(one)):
            return
        slots = [_Slot(one, self._guess(one.text, dotless)) for one in words if one.text not in _LONE_ARTICLES]
        self._find(prepared, slots, hits, "term.disguise", fewest_words=1)

    def _is_odd(self, word: Word) -> bool:
        """False for a word of one script that is written as words are: `_read` has looked it up."""
        if is_plain(word.text):
            return word.end - word.start != len(word.text)
        return self._table.vocabulary.has_arabic or squeeze(word.text) != word.text or not word.text.isalpha()

    def _find(
        self, prepared: Prepared, slots: Sequence[_Slot], hits: dict[int, Hit], how: str, *, fewest_words: int
    ) -> None:
        words = [slot.word for slot in slots]
        for position, slot in enumerate(slots):
            for first in slot.guess.first:
                for found in self._table.beginning(first, position, len(slots), lambda at: slots[at].guess.further):
                    if len(hits) >= MOST_HITS:
                        return
                    if found.ref not in hits and self._says_enough(found, words, fewest_words):
                        self._note(hits, prepared, found, words, how)

    def _find_split(
        self, prepared: Prepared, parts: Iterable[Word], split: Collection[int], hits: dict[int, Hit]
    ) -> None:
        """Look for terms with a blank inside a word: the words at these positions go on with the words before."""
        words: list[Word] = []
        for position, word in enumerate(parts):
            if position in split and position - 1 not in split:
                first = words.pop()
                words.append(Word(first.text + word.text, first.start, word.end))
            else:
                words.append(word)
        known = [self._know(word.text) for word in words]
        slots = [
            _Slot(word, Guess(frozenset(its.starts), frozenset(its.further)))
            for word, its in zip(words, known, strict=True)
        ]
        self._find(prepared, slots, hits, "term.blank", fewest_words=2)

    def _guess(self, piece: str, dotless: bool) -> Guess:
        guesses = self._guesses
        if len(guesses) > REMEMBERED:
            guesses = self._guesses = {}
        guess = guesses.get((piece, dotless))
        if guess is None:
            could = self._table.vocabulary.guess(piece, dotless)
            guess = Guess(frozenset(one for one in could.first if one in self._table.by_first), could.further)
            if len(piece) <= LONGEST_REMEMBERED:
                guesses[piece, dotless] = guess
        return guess

    def _says_enough(self, found: Found, words: Sequence[Word], fewest_words: int) -> bool:
        """False for a term of so little that other words, read as disguised ones, meet it by chance."""
        term = [core(word) for word in self._table.words.get(found.ref, ())]
        covered = words[found.first : found.end]
        if len(covered) < fewest_words:
            return False
        if not any(map(is_arabic, term)):
            return True
        sounds = FEWEST_SOUNDS if len(term) > 1 else FEWEST_SOUNDS_ALONE
        fewest = sounds if any(is_latin(word.text) for word in covered) else FEWEST_SHAPES
        return sum(map(len, term)) >= fewest

    def _note(self, hits: dict[int, Hit], prepared: Prepared, found: Found, words: Sequence[Word], how: str) -> None:
        if found.ref not in hits:
            span = prepared.span(words[found.first].start, words[found.end - 1].end)
            hits[found.ref] = Hit(found.ref, 0.0, (span,), sentence(clause(how)))

    def _find_spelled(self, prepared: Prepared, run: Word, hits: dict[int, Hit]) -> None:
        text = run.text[:MOST_SPELLED]
        for start in range(len(text)):
            for length in self._table.lengths:
                if start + length > len(text) or len(hits) >= MOST_HITS:
                    break
                for ref in self._table.joined.get(text[start : start + length], ()):
                    span = prepared.span(run.start, run.end)
                    hits.setdefault(ref, Hit(ref, 0.0, (span,), sentence(clause("term.spelled"))))


def _dots(words: Iterable[str]) -> int:
    return sum(dots(core(word)) for word in words)


def _is_bare(prepared: Prepared, words: Sequence[Word]) -> bool:
    """True when no letter of these words has dots, `ي` included, which folding takes for `ى`."""
    start, end = prepared.span(words[0].start, words[-1].end)
    return not any(has_dots(word.text) for word in words) and "ي" not in prepared.original[start:end]
