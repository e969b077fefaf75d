"""Winnowed fingerprints of text: hashes of 8-letter sequences, thinned so that any 15 letters in common share one
(Schleimer, Wilkerson and Aiken: Winnowing, SIGMOD 2003).

Over the folded letters and digits alone, doubles once, Arabic letters without their dots: blanks, signs, marks, lost
dots and drawn-out letters do not matter.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from siyaj.signals.arabizi import sound
from siyaj.signals.folding import ARABIC, LATIN, SPACE, Folded
from siyaj.signals.shapes import shape

LENGTH = 8
WINDOW = 8

_BASE = np.uint64(0x9E3779B97F4A7C15)


SHAPES = np.arange(0x700, dtype=np.uint32)
"""Letters → what they are without dots."""
for _code in range(0x600, 0x700):
    SHAPES[_code] = ord(shape(chr(_code)))
_AS_ARABIC = np.zeros(128, dtype=np.uint32)
for _written, _letter in zip("012356789|ligjoa", "هااعهطحغواااوزها", strict=True):
    _AS_ARABIC[ord(_written)] = ord(shape(_letter))
"""What a digit, sign or Latin letter inside an Arabic word most likely stands for."""


_SOUNDS = np.zeros(0x700, dtype=np.uint32)
for _code in range(0x700):
    _SOUNDS[_code] = ord(sound(chr(_code)) or "\0")
_AS_LATIN = np.zeros(128, dtype=np.uint32)
for _written, _letter in zip("013457@$l", "oieastasi", strict=True):
    _AS_LATIN[ord(_written)] = ord(_letter)
"""The same for Latin words; l is read as i, for 1 may be either."""
_NO_TABLE = np.zeros(128, dtype=np.uint32)


class Alphabet(NamedTuple):
    """What a folded code point counts for, 0 for nothing: uint32 (0x700,), higher ones for themselves; and before that
    what those below 128 stand for inside Arabic and inside Latin words, uint32 (128,)."""

    of: NDArray[np.uint32]
    in_arabic: NDArray[np.uint32]
    in_latin: NDArray[np.uint32]


WRITTEN = Alphabet(SHAPES, _AS_ARABIC, _AS_LATIN)
"""Letters and digits, Arabic ones as shapes without dots."""
SPOKEN = Alphabet(_SOUNDS, _NO_TABLE, _NO_TABLE)
"""Classes of consonants: the same for Arabic and for Arabizi, mostly."""


class Letters(NamedTuple):
    """`codes` are the letters, doubles once, uint32 (n,); `places` where each stands in the folded text, int32 (n,)."""

    codes: NDArray[np.uint32]
    places: NDArray[np.int32]


def letters(folded: Folded, alphabet: Alphabet) -> Letters:
    return Letters(*_letters(folded.codes, folded.classes, alphabet))


def fingerprints(codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return the distinct fingerprints of letters, sorted, uint64 (m,); none is 0."""
    return np.unique(_winnow(codes))


@njit(cache=True, nogil=True)
def winnowed(codes: Any, classes: Any, alphabet: Any) -> Any:
    """Return the fingerprints of a folded text in its order, uint64 (m,)."""
    return _winnow(_letters(codes, classes, alphabet)[0])


@njit(cache=True, nogil=True)
def _letters(codes: Any, classes: Any, alphabet: Any) -> Any:
    of, in_arabic, in_latin = alphabet
    kept = np.empty(codes.shape[0], dtype=np.uint32)
    places = np.empty(codes.shape[0], dtype=np.int32)
    length = piece = until = 0
    arabic = latin = False
    last = np.uint32(0)
    for at in range(codes.shape[0]):
        code = codes[at]
        if code < of.shape[0]:
            code = of[code]
        if classes[at] == SPACE:
            piece = at + 1
        if code < 128 and (in_arabic[code] or in_latin[code]):
            if at >= until:  # the first such character of this piece between blanks: in which script is the piece?
                arabic, latin, until = _scripts(classes, piece)
            if latin and not arabic and in_latin[code]:
                code = in_latin[code]
            elif arabic and in_arabic[code]:
                code = in_arabic[code]
            elif classes[at] <= SPACE:
                continue
        elif classes[at] <= SPACE or code == 0:
            continue
        if code != last:
            kept[length] = last = code
            places[length] = at
            length += 1
    return kept[:length], places[:length]


@njit(cache=True, nogil=True)
def _scripts(classes: Any, start: int) -> Any:
    """Return (has Arabic letters, has Latin letters, end) of what begins there and ends at a blank."""
    arabic = latin = False
    end = start
    while end < classes.shape[0] and classes[end] != SPACE:
        arabic |= classes[end] == ARABIC
        latin |= classes[end] == LATIN
        end += 1
    return arabic, latin, end


@njit(cache=True, nogil=True)
def _winnow(codes: Any) -> Any:
    """Return the least of each window of hashes, once where windows in a row have the same."""
    count = codes.shape[0] - LENGTH + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64)
    hashes = _hashes(codes)
    chosen = np.empty(count, dtype=np.uint64)
    length = 0
    least = last = -1
    for end in range(count):
        if least < 0 or hashes[end] <= hashes[least]:
            least = end
        elif least <= end - WINDOW:
            least = end
            for at in range(end - 1, end - WINDOW, -1):
                if hashes[at] < hashes[least]:
                    least = at
        if least != last and end >= min(WINDOW, count) - 1:
            last = least
            chosen[length] = hashes[least]
            length += 1
    return chosen[:length]


@njit(cache=True, nogil=True)
def _hashes(codes: Any) -> Any:
    """Return the hash of each sequence of letters, rolling (Karp and Rabin) and then mixed; never 0."""
    hashes = np.empty(codes.shape[0] - LENGTH + 1, dtype=np.uint64)
    top = np.uint64(1)
    for _ in range(LENGTH - 1):
        top *= _BASE
    rolling = np.uint64(0)
    for at in range(codes.shape[0]):
        if at >= LENGTH:
            rolling -= np.uint64(codes[at - LENGTH]) * top
        rolling = rolling * _BASE + np.uint64(codes[at])
        if at >= LENGTH - 1:
            mixed = rolling
            mixed ^= mixed >> np.uint64(32)
            mixed *= np.uint64(0xD6E8FEB86659FD93)
            mixed ^= mixed >> np.uint64(32)
            hashes[at - LENGTH + 1] = mixed if mixed else np.uint64(1)
    return hashes
