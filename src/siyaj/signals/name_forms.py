"""A name as tokens that can be compared across spellings and scripts.

A token has its folded text and its *skeleton*: the consonants, in classes that are the same for Arabic letters and for
all the ways to write them in Latin ones. `كتيبة الفانوس`, `Katibat al-Fanous` and `K4t1ba_elfanoos2` share skeletons.
Its *sound* has the vowels too: Arabic writes the long ones, so `وادي` (`wady`) is found in order in `wadi` and `ouadi`.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

LONGEST = 512
"""Characters of a name that are looked at."""
MOST_TOKENS = 24

WEAK, GENERIC, DISTINCTIVE = 0.05, 0.5, 1.0
"""What a token counts: words that any outlet adds; words that many are called; its own."""


class _Words(Struct, forbid_unknown_fields=True):
    about: str
    stop: frozenset[str]
    weak: frozenset[str]
    generic: frozenset[str]


_TOKEN = re.compile(r"[^\W_]+(?:[@$!][^\W_]+)*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ARABIC = re.compile(r"[\u0620-\u06ff]")
_DIGITS_AROUND = re.compile(r"^\d+(?=\D{3})|(?<=\D{3})\d+$")
_LEET = str.maketrans("01345789@$!", "oieashbgasi")
_APOSTROPHES = re.compile(r"(?<=\w)['’‘ʼʿʾ`](?=\w)")

_LATIN_CLUSTERS = [
    *(("sch", "S"), ("tch", "S"), ("sh", "S"), ("ch", "S"), ("kh", "x"), ("gh", "g")),
    *(("th", "t"), ("dh", "d"), ("dj", "g"), ("ph", "f"), ("ck", "k"), ("qu", "kw")),
]
_LATIN = str.maketrans(
    "bpcdfvgjhkqlmnrstxz",
    "bbkdffgghkklmnrstxz",
)
_LATIN_SOUNDS = str.maketrans("aeiouwy", "aaywwwy")
_LONG_VOWELS = [("ee", "y"), ("oo", "w"), ("ou", "w")]
_ARABIC_CLASSES = str.maketrans(
    "بپتثطجگغچحهخدذضرزظسصشفڤقكکلمن",
    "bbtttgggShhxdddrzzssSffkkklmn",
)
_ARABIC_SOUNDS = str.maketrans("اأإآىوؤيئ", "aaaaywwyy")
_SUN_ARTICLES = frozenset(
    vowel + consonant for vowel in "ae" for consonant in ("s", "sh", "r", "n", "t", "d", "z", "l", "th", "dh")
)
"""The article before letters that it is spoken as: `an-nur`, `es-sahel`."""
_INNER_ARTICLE = re.compile(r"(?<=[a-z]{3})(?:al|el|ul)(?=[a-z]{3})")
_DECORATED = {
    ord(letter): plain for letter, plain in zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)
} | {
    first + position: chr(ord("a") + position)
    for first in (0x1F150, 0x1F170, 0x1F1E6)  # letters in circles, in squares, of flags
    for position in range(26)
}
_NOT_CLASS = re.compile(r"[^bdfghklmnrstxzS]")
_NOT_SOUND = re.compile(r"[^abdfghklmnrstwxyzS]")
_SILENT_H = re.compile(r"..[aeiou]h$")
"""As the feminine's: `katibah`. In `salih` and `reeh` it is spoken: that is a reading of its own."""
_DOUBLE = re.compile(r"(.)\1+")


class NameToken(Struct, frozen=True):
    """One word of a name. `skeletons` has one or more readings (`Jabhat`: with and without the t of the feminine), and
    `sounds` the same ones."""

    text: str
    skeletons: tuple[str, ...]
    sounds: tuple[str, ...]
    arabic: bool
    weight: float


class NameForms(Struct, frozen=True):
    """`counted` words are not weak; what is `joined` is of them, for names written as one: `joined_skeletons` with and
    without the articles in the middle, as their `joined_sounds`."""

    tokens: tuple[NameToken, ...]
    counted: int
    joined: str
    joined_skeletons: tuple[str, ...]
    joined_sounds: tuple[str, ...]

    @property
    def distinctive(self) -> list[NameToken]:
        return [token for token in self.tokens if token.weight == DISTINCTIVE]


def name_forms(name: str) -> NameForms:
    """Return the forms of a name. Never raises; a name of decoration only has no tokens."""
    tokens = tuple(token for word in _words(name) if (token := _token(word)) is not None)[:MOST_TOKENS]
    counted = [token for token in tokens if token.weight > WEAK]
    joined = "".join(one.text for one in counted)
    readings = dict(_joined_readings(counted))
    if (bare := _INNER_ARTICLE.sub("", joined)) != joined:
        readings |= {skeleton(one): sound(one) for one in _readings(bare, arabic=False)}
    return NameForms(tokens, len(counted), joined, tuple(readings), tuple(readings.values()))


def _joined_readings(words: list[NameToken]) -> Iterator[tuple[str, str]]:
    """Yield skeleton and sound of words written as one, for each reading of the last."""
    if not words:
        return
    before, heard_before = "".join(one.skeletons[0] for one in words[:-1]), "".join(one.sounds[0] for one in words[:-1])
    for consonants, heard in zip(words[-1].skeletons, words[-1].sounds, strict=True):
        yield _DOUBLE.sub(r"\1", before + consonants), _DOUBLE.sub(r"\1", heard_before + heard)


def fold_name(name: str) -> str:
    """Return the name without decoration, marks and letter variants, lower case, words between single spaces."""
    return " ".join(_words(name))


def skeleton(word: str) -> str:
    """Return the consonant classes of a folded word of either script."""
    return _DOUBLE.sub(r"\1", _NOT_CLASS.sub("", sound(word)))


def sound(word: str) -> str:
    """Return the classes of a folded word of either script: its consonants, and the vowels that are written, as `a`,
    `w` (also o and u) and `y` (also i)."""
    if _ARABIC.search(word):
        bare = word[:-1] if word[-1] in "هة" and len(word) > 2 else word
        classes = bare.translate(_ARABIC_CLASSES).translate(_ARABIC_SOUNDS)
    else:
        bare = word[:-1] if _SILENT_H.search(word) else word
        for cluster, one in (*_LATIN_CLUSTERS, *_LONG_VOWELS):
            bare = bare.replace(cluster, one)
        classes = bare.translate(_LATIN).translate(_LATIN_SOUNDS)
    return _DOUBLE.sub(r"\1", _NOT_SOUND.sub("", classes))


@cache
def _known() -> _Words:
    """Return the lists, folded as names are."""
    given = msgspec.json.decode((files("siyaj.signals") / "name_words.json").read_bytes(), type=_Words)
    stop, weak, generic = (frozenset(map(_folded, its)) for its in (given.stop, given.weak, given.generic))
    return _Words(given.about, stop, weak, generic - weak)


@cache
def _glued() -> tuple[str, ...]:
    """Return the weak words that handles are glued to, longest first."""
    return tuple(sorted((word for word in _known().weak if word.isascii() and len(word) >= 4), key=len, reverse=True))


def _words(name: str) -> list[str]:
    return list(_unarticled(list(_joined(_TOKEN.findall(_folded(name))))))


def _folded(name: str) -> str:
    from siyaj.signals.text import fold  # noqa: PLC0415  (text's tables are only needed where names are)

    plain = unicodedata.normalize("NFKD", name[:LONGEST])
    plain = "".join(character for character in plain if unicodedata.category(character) not in ("Mn", "Me", "Cf", "Cs"))
    plain = _APOSTROPHES.sub("", plain)
    plain = _CAMEL.sub(" ", plain).translate(_DECORATED).replace("ـ", "")
    return fold(plain).lower()


def _joined(words: list[str]) -> Iterator[str]:
    """Join letters that stand alone: `g r e e n` is one word."""
    run = ""
    for word in words:
        if len(word) == 1 and not word.isdigit():
            run += word
            continue
        if run:
            yield run
            run = ""
        yield from _parted(word)
    if run:
        yield run


def _parted(word: str) -> Iterator[str]:
    """Drop numbers around a word, read digits and signs inside as letters, part words like `greennews`."""
    if word.isdigit():
        return
    word = _DIGITS_AROUND.sub("", _DIGITS_AROUND.sub("", word))
    if not word.isalpha():
        word = word.translate(_LEET)
    if word.isascii() and len(word) >= 8 and word not in _known().weak and word not in _known().generic:
        for weak in _glued():
            if word.endswith(weak) and len(word) - len(weak) >= 4:
                yield from _parted(word.removesuffix(weak))
                yield weak
                return
            if word.startswith(weak) and len(word) - len(weak) >= 4:
                yield weak
                yield from _parted(word.removeprefix(weak))
                return
    yield word


def _unarticled(words: list[str]) -> Iterator[str]:
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else ""
        if following and (word in ("al", "el", "ul") or (word in _SUN_ARTICLES and following[0] == word[1])):
            continue
        if len(word) > 4 and word.startswith("ال") and word != "الله":
            yield word[2:]
        elif len(word) > 5 and word.startswith(("وال", "بال", "كال")):
            yield word[3:]
        elif len(word) > 5 and word.startswith("لل"):
            yield word[2:]
        else:
            yield word


def _token(word: str) -> NameToken | None:
    known = _known()
    if word in known.stop:
        return None
    weight = WEAK if word in known.weak else GENERIC if word in known.generic else DISTINCTIVE
    arabic = _ARABIC.search(word) is not None
    readings = {skeleton(one): sound(one) for one in reversed(_readings(word, arabic))}
    return NameToken(word, tuple(reversed(readings)), tuple(reversed(readings.values())), arabic, weight)


def _readings(word: str, arabic: bool) -> list[str]:
    """Return a word, and without what may be an article (`alwadi`, `annur`) or the t of the feminine (`katibat`)."""
    readings = [word]
    if not arabic and _SILENT_H.search(word):
        readings.append(f"{word}h")
    if not arabic and len(word) > 4:
        article = next((one for one in _SUN_ARTICLES if _is_before(one, word)), "")
        if article or word.startswith(("al", "el")):
            readings += [one.removeprefix(article or word[:2]) for one in readings]
        if word.endswith(("at", "et")):
            readings.append(word[:-2])
    return readings


def _is_before(article: str, word: str) -> bool:
    return word.startswith(article + article[1])
