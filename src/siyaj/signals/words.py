"""Folded text → words, and the plain form of a word that indexes look up.

A message is prepared once, and that serves terms and near-copies alike.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from siyaj.signals.folding import (
    ARABIC,
    DIGIT,
    DOTLESS,
    DOTS_LOST,
    DROPPED_CONTROL,
    LATIN,
    LOOKALIKE,
    OTHER,
    SPACE,
    Folded,
    fold_codes,
    run_folding,
)

LONGEST_SHORT = 4_096
"""Characters of a message; posts of this length are the longest that Telegram takes."""
SHORTEST_CORE = 3
"""Letters that must be left of a word when a particle is taken off it."""

HAS_LATIN, ODD_NEIGHBOURS, SIGN_INSIDE, SPELLED, HIDDEN_INSIDE, MIXED = (1 << n for n in range(6))
DRAWN_OUT = 1 << 8
"""What is seen in a text, beside `DOTLESS` and `DOTS_LOST`."""
TAMPERED = SPELLED | HIDDEN_INSIDE | MIXED | DOTLESS
DISGUISED = TAMPERED | DRAWN_OUT | DOTS_LOST | ODD_NEIGHBOURS | SIGN_INSIDE
"""Signs of words in disguise. Letters drawn out are how people shout, and digits and signs beside letters have ordinary
reasons too, so they are no tampering."""

_ARTICLES = ("ال", "لل")
_PARTICLES = (frozenset("وف"), frozenset("بكلس"))
"""In this order, one of each at most."""


class Word(NamedTuple):
    """A word of a text: its folded letters, and where it stands in the folded text."""

    text: str
    start: int
    end: int


class Prepared(NamedTuple):
    """A text, ready for every index.

    `original` is the text as it was written; `signs` are the marks above that were found in it.
    """

    original: str
    folded: Folded
    signs: int

    @property
    def spaced(self) -> str:
        """The folded text with a blank for all that is no letter or digit."""
        codes = np.where(self.folded.classes <= SPACE, np.uint32(32), self.folded.codes)
        return codes.tobytes().decode("utf-32-le")

    def words(self) -> list[Word]:
        words, at = [], 0
        for text in self.spaced.split(" "):
            if text:
                words.append(Word(text, at, at + len(text)))
            at += len(text) + 1
        return words

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the original of a place in the folded text."""
        offsets = self.folded.offsets
        return int(offsets[start]), int(offsets[end - 1]) + 1


def prepare(text: str) -> Prepared:
    """Fold a text and part it into words. The last texts are kept, for several indexes ask for the same."""
    return _last_short(text) if len(text) <= LONGEST_SHORT else _last_long(text)


def prepare_once(text: str) -> Prepared:
    """Do the same for a text that is not asked for again."""
    _, codes, offsets, classes, seen, signs = run_folding(_prepare, text)
    return Prepared(text, Folded(codes, offsets, classes, seen), signs)


_last_short = lru_cache(maxsize=512)(prepare_once)
_last_long = lru_cache(maxsize=8)(prepare_once)  # a long text takes megabytes


def core(word: str) -> str:
    """Return a word without the definite article: `الفانوس`, `للفانوس` → `فانوس`."""
    if word.startswith(_ARTICLES) and len(word) - 2 >= SHORTEST_CORE:
        return word[2:]
    return word


def cores(word: str) -> tuple[str, ...]:
    """Return what a word may be without attached particles, itself first: `وبالفانوس` → …, `بالفانوس`, `فانوس`."""
    found = {core(word): None}
    rest = word
    for particles in _PARTICLES:
        if rest[:1] in particles and len(rest) - 1 >= SHORTEST_CORE:
            rest = rest[1:]
            found.setdefault(core(rest))
    return tuple(found)


def is_tampered(prepared: Prepared) -> bool:
    """True when the text looks as if someone hid words from machines.

    That is: words spelled letter by letter, signs inside words, letters without their dots, invisible characters
    inside words, words of mixed scripts. Evasion alone is no evidence: in a policy it stands beside
    other things.
    """
    return bool(prepared.signs & TAMPERED)


@njit(cache=True, nogil=True, inline="always")
def _is_inside_arabic(classes: Any, at: int) -> bool:
    """True between two letters and two letters: `3ر2` is a number, `و7مودعين` wants a blank."""
    if at < 2 or at + 2 >= classes.shape[0]:
        return False
    return bool((classes[at - 2 : at] == ARABIC).all() and (classes[at + 1 : at + 3] == ARABIC).all())


@njit(cache=True, nogil=True, inline="always")
def _is_punctuation(code: Any) -> bool:
    """True for quotation marks, brackets and commas: they stand between letters where a blank was forgotten."""
    return code in (0x22, 0x28, 0x29, 0x2C, 0x60C, 0x61B, 0x61F, 0xAB, 0xBB, 0x201C, 0x201D)


@njit(cache=True, nogil=True, inline="always")
def _joins_words(code: Any) -> bool:
    """True for what stands between words in hashtags, compounds, addresses and after sentences."""
    return code in (0x27, 0x2D, 0x2E, 0x2F, 0x3A, 0x5F, 0x2013, 0x2019)


@njit(cache=True, nogil=True)
def _prepare(codes: Any, targets: Any, kinds: Any, expansions: Any) -> Any:
    """Fold code points and look at what came out. Returns what `fold_codes` returns, and the signs."""
    status, folded, offsets, classes, seen = fold_codes(codes, targets, kinds, expansions)
    signs = _signs(folded, classes) | (seen & (DOTLESS | DOTS_LOST))
    if seen & LOOKALIKE:
        signs |= MIXED
    if seen & DROPPED_CONTROL:
        signs |= HIDDEN_INSIDE
    return status, folded, offsets, classes, seen, signs


@njit(cache=True, nogil=True)
def _neighbours(classes: Any, at: int) -> int:
    """Return what two letters or digits of different classes side by side tell."""
    kind, after = classes[at], classes[at + 1]
    letter = kind != DIGIT
    if after == ARABIC and (kind == LATIN or (kind == DIGIT and _is_inside_arabic(classes, at))):
        return MIXED
    if kind == ARABIC and after == LATIN:
        return ODD_NEIGHBOURS  # an article before an acronym (`الPDF`) is no tampering
    if letter != (after != DIGIT) and (not letter or (at > 0 and classes[at - 1] >= ARABIC)):
        return ODD_NEIGHBOURS  # a particle before a number (`و30`) is no sign
    return 0


@njit(cache=True, nogil=True)
def _signs(codes: Any, classes: Any) -> int:
    """Look once over a folded text for everything that tells of a disguise."""
    found = 0
    inside = 0
    singles = 0
    length = classes.shape[0]
    for at in range(length):
        kind = classes[at]
        if kind == LATIN:
            found |= HAS_LATIN
        if kind < ARABIC:
            continue
        letter = kind != DIGIT
        if at + 1 < length and classes[at + 1] >= ARABIC:
            if classes[at + 1] != kind:
                found |= _neighbours(classes, at)
            if letter and at + 2 < length and codes[at] == codes[at + 1] == codes[at + 2]:
                found |= DRAWN_OUT
            singles = 0
            continue
        if not letter:
            singles = 0
            continue
        if at + 2 < length and classes[at + 1] == OTHER and classes[at + 2] >= ARABIC and classes[at + 2] != DIGIT:
            sign = codes[at + 1]
            found |= 0 if _is_punctuation(sign) else SIGN_INSIDE
            inside += kind == ARABIC and not _is_punctuation(sign) and not _joins_words(sign)
        alone = at == 0 or classes[at - 1] < ARABIC
        singles = singles + 1 if alone else 0
        if singles >= 4:  # three are initials
            found |= SPELLED
    if inside >= 3:
        found |= SPELLED
    return found
