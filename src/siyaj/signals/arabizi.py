"""Arabic in Latin letters and digits, as it is typed in chats: `el fanous el azra2`, `alfanoos alazra9`.

One Arabic word is written in very many ways, so both sides are brought to keys that are coarse (classes of consonants;
vowels, h and 3 count for nothing), and what a key finds is verified letter by letter by `could_be`.
"""

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import NamedTuple

MOST_KEYS = 12
LONGEST_TOKEN = 40
"""Longer ones are no words."""


class _Letter(NamedTuple):
    """How a letter is written: one to `most` of `ways` in a row, or nothing where it is `silent`. `classes` are what it
    may count for in a key."""

    ways: tuple[str, ...]
    classes: tuple[str, ...]
    most: int = 2
    silent: bool = False


def _letter(ways: str, classes: str = "", most: int = 2, *, silent: bool = False) -> _Letter:
    return _Letter(tuple(ways.split()), tuple(classes.split(",")), most, silent)


_LETTERS = {
    "ا": _letter("a e i o u 2 '", most=3),
    "ب": _letter("b p", "b"),
    "ت": _letter("t", "t"),
    "ث": _letter("th s t t'", "t,s"),
    "ج": _letter("j g dj dg", "g"),
    "ح": _letter("7 h"),
    "خ": _letter("kh 5 x 7'", "k"),
    "د": _letter("d", "d"),
    "ذ": _letter("th dh z d 4", "t,d,s"),
    "ر": _letter("r", "r"),
    "ز": _letter("z", "s"),
    "س": _letter("s c", "s"),
    "ش": _letter("sh ch $ c", "s"),
    "ص": _letter("s 9 c", "s"),
    "ض": _letter("d dh d' 9 9'", "d"),
    "ط": _letter("t 6", "t"),
    "ظ": _letter("z z' 6' th dh d", "s,t,d"),
    "ع": _letter("3 a e i o u '"),
    "غ": _letter("gh 8 3' g", "g"),
    "ف": _letter("f v ph", "f"),
    "ق": _letter("q 9 8 2 k g c '", "k,g"),
    "ك": _letter("k c q", "k"),
    "ل": _letter("l", "l"),
    "م": _letter("m", "m"),
    "ن": _letter("n", "n"),
    "ه": _letter("h"),
    "و": _letter("w v o u 2"),
    "ي": _letter("y i e 2"),
}
_LAST = {
    "ه": _letter("a e o h t ah eh oh at et ot", ",t"),
    "ي": _letter("y i e 2 a"),
    "ع": _letter("3 a e i o u '", silent=True),
}
"""Letters at the end of a word. `ة` is folded to `ه`; its t is heard before another word. `ى` is folded to `ي`."""
_VOWELS = frozenset("aeiou2'")
"""Up to two may stand before any letter: they are not written in Arabic, and `2` is a hamza, which is folded away."""

_CLUSTERS = {
    **dict.fromkeys(("b", "p"), "b"),
    **dict.fromkeys(("d", "dh", "9'"), "d"),
    **dict.fromkeys(("f", "v", "ph"), "f"),
    **dict.fromkeys(("g", "j", "gh", "dj", "dg", "3'", "8"), "g"),
    **dict.fromkeys(("k", "q", "x", "kh", "7'", "5"), "k"),
    **dict.fromkeys(("s", "z", "sh", "$", "4", "6'"), "s"),
    **dict.fromkeys(("t", "th", "6"), "t"),
    **{one: one for one in "lmnr"},
    **dict.fromkeys(("c", "ch"), "ks"),
    "2": " k",
    "9": "skd",
}
"""Latin letters and digits → the classes that they may stand for; a blank for none."""
_CLUSTER = re.compile("|".join(map(re.escape, sorted(_CLUSTERS, key=len, reverse=True))))
_APOSTROPHES = str.maketrans("’‘ʼ`´", "'" * 5)
_NO_SOUND = re.compile(r"[^a-z0-9'$]|^'+")
_DOUBLE = re.compile(r"(.)\1+")
_ARTICLES = (
    re.compile(r"^(?:wa?|fa?)?l[aei]?l[aei](?=.{3})"),
    re.compile(r"^(?:wa?|fa?)?l[aei]?l(?=.{3})"),
    re.compile(r"^(?:wa?|b[ie]?|fa?|ka?)?[aei]?l(?=.{3})"),
    re.compile(r"^(?:wa?|b[ie]?|fa?|ka?)?[aei](sh|th|dh|[tdrzsn])(?=\1.{2})"),  # before a sun letter it sounds like it
)
_PARTICLE = re.compile(r"^(?:wa?|fa?|b[ie]?|li?|ka?|sa?)(?=.{3})")


def keys_of_arabic(word: str) -> tuple[str, ...]:
    """Return the keys under which a folded Arabic word is found."""
    return _keys([letter.classes for letter in _letters(word)])


def token_of(piece: str) -> str:
    """Return the letters, digits and apostrophes of a piece of folded text."""
    return _NO_SOUND.sub("", piece.translate(_APOSTROPHES))


def keys_of_latin(token: str) -> tuple[str, ...]:
    """Return the keys with which a folded Latin token asks."""
    return _keys([tuple(_CLUSTERS[one].replace(" ", "_")) for one in _CLUSTER.findall(token)])


def forms(token: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a token may be at the beginning of a term, and further on: without article and particles."""
    further = dict.fromkeys((token, *(article.sub("", token) for article in _ARTICLES)))
    first = {**further, _PARTICLE.sub("", token): None}
    return tuple(first), tuple(further)


def could_be(token: str, word: str) -> bool:
    """True when a Latin token is a way to write a folded Arabic word."""
    if not len(word) - 1 <= len(token) <= min(LONGEST_TOKEN, 3 * len(word)):
        return False
    ends = {0}
    for letter in _letters(word):
        ends |= {at + 1 for at in ends if token[at : at + 1] in _VOWELS}
        ends |= {at + 1 for at in ends if token[at : at + 1] in _VOWELS}
        ends = _after(token, ends, letter) | (ends if letter.silent else set())
        if not ends:
            return False
    length = len(token)
    return length in ends or (length - 1 in ends and token[-1] in "2'")


def _after(token: str, starts: set[int], letter: _Letter) -> set[int]:
    """Return the places in a token where a letter may end that begins at one of these."""
    ends: set[int] = set()
    for _ in range(letter.most):
        starts = {at + len(way) for at in starts for way in letter.ways if token.startswith(way, at)}
        if not starts:
            break
        ends |= starts
    return ends


def sound(char: str) -> str:
    """Return the likeliest class of one folded letter or digit, Arabic or Latin; nothing for vowels, h and 3."""
    if char in _LETTERS:
        return _LETTERS[char].classes[0]
    return _CLUSTERS.get(char, "")[:1].strip()


def _keys(classes: list[tuple[str, ...]]) -> tuple[str, ...]:
    every = ("".join(one).replace("_", "") for one in islice(product(*classes), MOST_KEYS))
    return tuple(dict.fromkeys(_DOUBLE.sub(r"\1", key) for key in every))


def _letters(word: str) -> Iterator[_Letter]:
    last = len(word) - 1
    for at, one in enumerate(word):
        yield (at == last and _LAST.get(one)) or _LETTERS.get(one) or _Letter((one,), (one,))
