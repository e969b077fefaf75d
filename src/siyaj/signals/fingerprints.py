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
from siyaj.signals.folding import ARABIC, LATIN, SPACE
from siyaj.signals.shapes import shape
from siyaj.signals.words import Prepared

LENGTH = 8
WINDOW = 8

_BASE = np.uint64(0x9E3779B97F4A7C15)


_SHAPES = np.arange(0x700, dtype=np.uint32)
for _code in range(0x600, 0x700):
    _SHAPES[_code] = ord(shape(chr(_code)))
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


class Letters(NamedTuple):
    """`codes` are the letters, uint32 (n,); `places` where each stands in the folded text, int32 (n,)."""

    codes: NDArray[np.uint32]
    places: NDArray[np.int32]


def letters(prepared: Prepared) -> Letters:
    """Return the letters and digits of a text, doubles once, Arabic ones as shapes without dots."""
    folded = prepared.folded
    return Letters(*_letters(folded.codes, folded.classes, _SHAPES, _AS_ARABIC, _AS_LATIN))


def sounds(prepared: Prepared) -> Letters:
    """Return the classes of consonants of a text, doubles once: the same for Arabic and for Arabizi, mostly."""
    folded = prepared.folded
    return Letters(*_letters(folded.codes, folded.classes, _SOUNDS, _NO_TABLE, _NO_TABLE))


@njit(cache=True, nogil=True)
def _letters(codes: Any, classes: Any, shapes: Any, as_arabic: Any, as_latin: Any) -> Any:
    kept = np.empty(codes.shape[0], dtype=np.uint32)
    places = np.empty(codes.shape[0], dtype=np.int32)
    length = 0
    until = 0
    for at in range(codes.shape[0]):
        if at >= until:  # the next piece between blanks: in which script?
            arabic = latin = False
            until = at + 1
            while until < codes.shape[0] and classes[until - 1] != SPACE:
                until += 1
            for inside in range(at, until):
                arabic |= classes[inside] == ARABIC
                latin |= classes[inside] == LATIN
        code = codes[at]
        if code < shapes.shape[0]:
            code = shapes[code]
        if latin and not arabic and code < as_latin.shape[0] and as_latin[code]:
            code = as_latin[code]
        elif arabic and code < as_arabic.shape[0] and as_arabic[code]:
            code = as_arabic[code]
        elif classes[at] <= SPACE or code == 0:
            continue
        if length == 0 or kept[length - 1] != code:
            kept[length] = code
            places[length] = at
            length += 1
    return kept[:length], places[:length]


def fingerprints(codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return the distinct fingerprints of letters, sorted, uint64 (m,)."""
    if len(codes) < LENGTH:
        return np.empty(0, dtype=np.uint64)
    prints: NDArray[np.uint64] = _winnow(codes)
    return prints


@njit(cache=True, nogil=True)
def _winnow(codes: Any) -> Any:
    count = codes.shape[0] - LENGTH + 1
    hashes = np.empty(count, dtype=np.uint64)
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
            hashes[at - LENGTH + 1] = mixed
    chosen = np.empty(count, dtype=np.uint64)
    length = 0
    last = -1
    for end in range(min(WINDOW, count) - 1, count):
        least = end
        for at in range(max(0, end - WINDOW + 1), end):
            if hashes[at] < hashes[least]:
                least = at
        if least != last:
            last = least
            chosen[length] = hashes[least]
            length += 1
    found = np.sort(chosen[:length])
    distinct = 1
    for at in range(1, length):
        if found[at] != found[distinct - 1]:
            found[distinct] = found[at]
            distinct += 1
    return found[:distinct]
