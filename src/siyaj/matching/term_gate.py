"""Could a term stand in this text? Asked of every message, before anything is looked up word by word.

Two words in a row are one number, and so is a word with a blank inside; the numbers of all terms are a set. A word is
taken with and without its article and particles, and as its shape without dots, for either may be how it was meant. So
nothing that the terms' table would find is passed over, and a clean message costs a few microseconds.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from siyaj.matching import key_table
from siyaj.matching.key_table import holds, insert_all, mixed
from siyaj.signals.fingerprints import SHAPES
from siyaj.signals.folding import SPACE, Folded
from siyaj.signals.words import SHORTEST_CORE

SHORTEST_SPLIT = 5
"""Letters of a word in which a blank is passed over, when the term has other words as well."""

_BASE = 0x9E3779B97F4A7C15
_INVERSE = np.array([pow(pow(_BASE, -1, 1 << 64), n, 1 << 64) for n in range(5)], dtype=np.uint64)
"""A word is the sum of its letters times the powers of `_BASE`; by these its first letters are taken off again."""
_CORE, _WHOLE, _AFTER = 0, 1, 2
"""What a word may be, by column: without its article, as it stands, and without particles (two columns)."""


class TermGate:
    """One writer at a time, any number of readers: arrays are filled in place, and replaced whole when full."""

    def __init__(self) -> None:
        self._state = key_table.empty()
        self._held = 0

    def add(self, words: Sequence[str], splittable: Iterable[str]) -> None:
        """Let a term through: its words without articles, and the words that may have a blank inside."""
        fresh = _keys(words, splittable)
        keys = self._state[0]
        if 2 * (self._held + len(fresh)) > len(keys):
            self._rebuild(keys[keys != 0], 4 * (self._held + len(fresh)))
        self._held += insert_all(*self._state, fresh)

    def renew(self, terms: Iterable[tuple[Sequence[str], Iterable[str]]]) -> None:
        """Let these terms through and no others."""
        every = np.concatenate([np.empty(0, np.uint64), *(_keys(words, parts) for words, parts in terms)])
        self._rebuild(every, 2 * len(every))

    def look(self, folded: Folded) -> NDArray[np.int32]:
        """Return, doubled, the places of words with which a term may begin, and, doubled and one more, those of words
        that may go on the word before them, if with one of these a term begins; int32 (n,)."""
        found: NDArray[np.int32] = _look(folded.codes, folded.classes, SHAPES, *self._state)
        return found

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in self._state)

    def _rebuild(self, every: NDArray[np.uint64], room: int) -> None:
        state = key_table.empty(max(key_table.SMALLEST, 1 << int(room).bit_length()))
        self._held = insert_all(*state, every)
        self._state = state


def _keys(words: Sequence[str], splittable: Iterable[str]) -> NDArray[np.uint64]:
    first, second, *_ = *map(_number, words[:2]), np.uint64(0)
    return np.array([_pair(first, second), *(_split(_number(one)) for one in splittable)], dtype=np.uint64)


def _number(word: str) -> np.uint64:
    return np.uint64(_number_of(np.frombuffer(word.encode("utf-32-le"), dtype=np.uint32), SHAPES))


@njit(inline="always")
def _shape(code: Any, shapes: Any) -> Any:
    return np.uint64(shapes[code] if code < shapes.shape[0] else code)


@njit(cache=True, nogil=True)
def _number_of(codes: Any, shapes: Any) -> Any:
    number, power = np.uint64(0), np.uint64(1)
    for code in codes:
        number += _shape(code, shapes) * power
        power *= np.uint64(_BASE)
    return number


@njit(cache=True, nogil=True)
def _pair(first: Any, second: Any) -> Any:
    """Return the key of two words in a row; of one word where the second is 0."""
    return mixed(first * np.uint64(0xC2B2AE3D27D4EB4F) + second * np.uint64(0x27D4EB2F165667C5))


@njit(cache=True, nogil=True)
def _split(word: Any) -> Any:
    return mixed(word ^ np.uint64(0x165667B19E3779F9))


@njit(inline="always")
def _is_article(one: Any, other: Any) -> Any:
    return other == 0x644 and one in (0x627, 0x644)


@njit(inline="always")
def _is_preposition(code: Any) -> Any:
    return code in (0x628, 0x643, 0x644, 0x633)  # ب ك ل س


@njit(cache=True, nogil=True)
def _read_word(codes: Any, start: int, end: int, shapes: Any, sums: Any, forms: Any) -> Any:
    """Read a word into a row of forms, uint64 (5,): four columns as above, 0 where there is none, and `_BASE` to the
    power of the word's length. `sums` is room for its beginnings, uint64 (5,)."""
    length = end - start
    number, power = np.uint64(0), np.uint64(1)
    for at in range(min(5, length)):
        sums[at] = number
        number += _shape(codes[start + at], shapes) * power
        power *= np.uint64(_BASE)
    for at in range(start + 5, end):
        number += _shape(codes[at], shapes) * power
        power *= np.uint64(_BASE)
    forms[_WHOLE] = number
    forms[4] = power
    forms[_CORE] = _without(number, sums, codes, start, 0, length)
    forms[_AFTER] = forms[_AFTER + 1] = 0
    at = 0
    if length > SHORTEST_CORE and codes[start] in (0x648, 0x641):  # and: و ف
        at = 1
        forms[_AFTER] = _without(number, sums, codes, start, 1, length)
    if length - at > SHORTEST_CORE and _is_preposition(codes[start + at]):
        forms[_AFTER + 1] = _without(number, sums, codes, start, at + 1, length)


@njit(inline="always")
def _without(number: Any, sums: Any, codes: Any, start: int, at: int, length: int) -> Any:
    """Return the number of a word from a place on (at most 2), without the article if one stands there."""
    if length - at - 2 >= SHORTEST_CORE and _is_article(codes[start + at], codes[start + at + 1]):
        at += 2
    return (number - sums[at]) * _INVERSE[at] if at else number


@njit(cache=True, nogil=True)
def _goes_on(first: Any, second: Any, keys: Any, bloom: Any) -> bool:
    """True when a term may begin with these two words, each a row of forms."""
    for column in range(4):
        form = first[column]
        if not form or (column == _WHOLE and form == first[_CORE]):
            continue
        if holds(keys, bloom, _pair(form, second[_CORE])):
            return True
        if second[_WHOLE] != second[_CORE] and holds(keys, bloom, _pair(form, second[_WHOLE])):
            return True
    return False


@njit(cache=True, nogil=True)
def _begins_alone(word: Any, keys: Any, bloom: Any) -> bool:
    found = False
    for column in range(4):
        found |= word[column] and holds(keys, bloom, _pair(word[column], np.uint64(0)))
    return found


@njit(cache=True, nogil=True)
def _words(classes: Any, bounds: Any) -> int:
    """Write where each word begins and ends, int32 (n, 2); return how many there are."""
    count = 0
    inside = False
    for at in range(classes.shape[0]):
        if (classes[at] > SPACE) != inside:
            inside = not inside
            bounds[count, 0 if inside else 1] = at
            count += not inside
    if inside:
        bounds[count, 1] = classes.shape[0]
        count += 1
    return count


@njit(cache=True, nogil=True)
def _look(codes: Any, classes: Any, shapes: Any, keys: Any, bloom: Any) -> Any:
    bounds = np.empty((classes.shape[0] // 2 + 1, 2), dtype=np.int32)
    count = _words(classes, bounds)
    forms = np.empty((count + 2, 5), dtype=np.uint64)  # and two rows for words that are joined
    sums = np.zeros(5, dtype=np.uint64)
    found = np.empty(3 * count, dtype=np.int32)
    length = 0
    for at in range(count):
        _read_word(codes, bounds[at, 0], bounds[at, 1], shapes, sums, forms[at])
        if at and _goes_on(forms[at - 1], forms[at], keys, bloom):
            found[length] = 2 * at - 2
            length += 1
        if _begins_alone(forms[at], keys, bloom):
            found[length] = 2 * at
            length += 1
    split = np.zeros(count + 1, dtype=np.uint8)  # 1: a word of a term if its halves are joined; 2: and it goes on one
    for at in range(1, count):
        whole = forms[at - 1, _WHOLE] + forms[at - 1, 4] * forms[at, _WHOLE]
        if holds(keys, bloom, _split(whole)):
            split[at] = 1 + _is_split(codes, bounds, at, count, shapes, sums, forms, keys, bloom)
    if split.max() == 2:
        for at in range(1, count):
            if split[at] == 2 or (split[at] == 1 and split[at - 1] < 2 and split[at + 1] < 2):
                found[length] = 2 * at + 1
                length += 1
    return found[:length]


@njit(cache=True, nogil=True)
def _is_split(
    codes: Any, bounds: Any, at: int, count: int, shapes: Any, sums: Any, forms: Any, keys: Any, bloom: Any
) -> Any:
    """True when a word, joined with the word before, goes on a term with those around, which may be split as well."""
    joined, other = forms[count], forms[count + 1]
    _join(codes, bounds, at, shapes, sums, joined)
    if at >= 2 and _goes_on(forms[at - 2], joined, keys, bloom):
        return True
    if at + 1 < count and _goes_on(joined, forms[at + 1], keys, bloom):
        return True
    if at >= 3:
        _join(codes, bounds, at - 2, shapes, sums, other)
        if _goes_on(other, joined, keys, bloom):
            return True
    if at + 2 < count:
        _join(codes, bounds, at + 2, shapes, sums, other)
        return _goes_on(joined, other, keys, bloom)
    return False


@njit(cache=True, nogil=True)
def _join(codes: Any, bounds: Any, at: int, shapes: Any, sums: Any, forms: Any) -> Any:
    """Read a word as one with the word before."""
    first, second = codes[bounds[at - 1, 0] : bounds[at - 1, 1]], codes[bounds[at, 0] : bounds[at, 1]]
    joined = np.concatenate((first, second))
    _read_word(joined, 0, joined.shape[0], shapes, sums, forms)
