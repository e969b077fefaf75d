"""The words of all terms, and which of them a disguised word of a message could be."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from siyaj.signals import arabizi
from siyaj.signals.disguises import is_arabic, is_latin, once, spellings, squeeze
from siyaj.signals.shapes import could_be_bare, has_dots, shape
from siyaj.signals.words import core, cores

MOST_CANDIDATES = 120
"""Words that are looked at for one key, so that a bank of look-alikes cannot make messages slow."""


class Guess(NamedTuple):
    """What a word may be: `first` where a term begins with it, `further` where one goes on."""

    first: frozenset[str]
    further: frozenset[str]


class Vocabulary:
    """One writer at a time (the caller holds its lock), any number of readers: tuples are replaced, never changed."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._by_once: dict[str, tuple[str, ...]] = {}
        self._by_shape: dict[str, tuple[str, ...]] = {}
        self._by_sound: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def has_arabic(self) -> bool:
        return bool(self._by_sound)

    def add(self, word: str) -> None:
        self._counts[word] = self._counts.get(word, 0) + 1
        if self._counts[word] == 1:
            for table, key in self._keys(word):
                table[key] = (*table.get(key, ()), word)

    def remove(self, word: str) -> None:
        self._counts[word] -= 1
        if self._counts[word]:
            return
        del self._counts[word]
        for table, key in self._keys(word):
            rest = tuple(one for one in table[key] if one != word)
            if rest:
                table[key] = rest
            else:
                del table[key]

    def _keys(self, word: str) -> Iterator[tuple[dict[str, tuple[str, ...]], str]]:
        if (single := once(word)) != word:
            yield self._by_once, single
        if is_arabic(word):
            yield self._by_shape, shape(word)
            for key in arabizi.keys_of_arabic(word):
                yield self._by_sound, key

    def bare(self, word: str) -> tuple[str, ...]:
        """Return the words that a word without any dots could be with some."""
        if has_dots(word):
            return ()
        return tuple(one for one in self._by_shape.get(shape(word), ()) if one != word and could_be_bare(word, one))

    def guess(self, piece: str, dotless: bool) -> Guess:
        """Return what a piece of a tampered text could be, whatever the disguise. `piece` is folded, without blanks.

        `dotless`: the text holds letters that exist only without dots.
        """
        first: set[str] = set()
        further: set[str] = set()
        drawn_out = squeeze(piece) != piece
        for spelling in spellings(piece):
            first.update(self._like(cores(spelling), dotless, drawn_out))
            further.update(self._like((core(spelling),), dotless, drawn_out))
        if self._by_sound and is_latin(piece):
            at_first, at_further = arabizi.forms(squeeze(arabizi.token_of(piece)))
            first.update(self._sounding(at_first))
            further.update(self._sounding(at_further))
        return Guess(frozenset(first), frozenset(further))

    def _like(self, words: Sequence[str], dotless: bool, drawn_out: bool) -> Iterator[str]:
        """Yield the words of terms that are these words, or would be with doubles or dots."""
        for word in words:
            if word in self._counts:
                yield word
            if drawn_out:
                yield from self._by_once.get(word, ())
            if dotless:
                yield from self._by_shape.get(shape(word), ())

    def _sounding(self, tokens: Sequence[str]) -> Iterator[str]:
        for token in tokens:
            for key in arabizi.keys_of_latin(token):
                for word in self._by_sound.get(key, ())[:MOST_CANDIDATES]:
                    if arabizi.could_be(token, word):
                        yield word
