"""Folding: the many ways to write one text → one way, with a map back to where each character came from.

What is folded: presentation forms and ligatures, marks (harakat, Latin accents), tatweel, zero-width and bidi
controls, variants of Arabic letters (hamza carriers, Persian, Urdu, Kurdish, Uyghur letters), digits of every script,
case, full-width and mathematical letters, Cyrillic and Greek letters that look Latin, white space.

The mapping is free of context: one character becomes none, one or several, whatever stands beside it. So it is a table,
filled 256 code points at a time when the first of them is met (Unicode 15, from Python's `unicodedata`).
"""

import threading
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_PAGE = 256
_CODES = 0x110000
_UNKNOWN = -(2**31)
_MANY = 1 << 24
"""Table values: a code point; -1 for nothing; from `_MANY` on a place and length in the list of expansions."""

OTHER, SPACE, ARABIC, LATIN, DIGIT, LETTER = range(6)
"""Classes of folded characters; `LETTER` is one of any other script."""
LOOKALIKE, DROPPED_CONTROL, DOTLESS, DOTS_LOST = 32, 64, 128, 512
"""Marks on characters as they were written: a letter of another script that looks Latin (seen where it stands beside a
Latin one), an invisible control (seen where it stands between letters, twice), an Arabic letter without its dots, a
`ى` inside a word, which is a ya without its dots (at the end it is a letter of its own, before a hamza an old
spelling)."""
_ORDINARY_CONTROLS = "\u00ad\u200c"
"""Hyphenation, and the non-joiner with which Persian is spelled."""

_ARABIC = {
    "ا": "أإآٱٲٳٵ",
    "ب": "ٮٻڀپݐݑݒݓݔݕݖࢠ",
    "ت": "ٹٺټٽٿ",
    "ج": "ڃڄچڇڿݮݯ",
    "ح": "ځڂݲ",
    "خ": "څ",
    "د": "ڈډڊڋڍݙݚ",
    "ذ": "ڌڎڏڐ",
    "ر": "ڑڒړڔڕږݛݬ",
    "ز": "ڗژڙݫ",
    "س": "ښڛݭ",
    "ش": "ڜۺݜ",
    "ص": "ڝ",
    "ض": "ڞۻ",
    "ط": "ڟ",
    "ع": "ڠݝݞݟ",
    "غ": "ۼ",
    "ف": "ڡڢڣڤڥڦݠݡ",
    "ق": "ٯڧڨ",
    "ك": "کڪګڬڭڮگڰڱڲڳڴݢݣݤ",
    "ل": "ڵڶڷڸݪ",
    "م": "ݥݦ",
    "ن": "ںڻڼڽڹݧݨݩ",
    "ه": "ةۀہۂۃھەۿ",
    "و": "ؤٶٷۄۅۆۇۈۉۊۋۏ",
    "ي": "ىئیۍێېۑےۓٸݵݶݷ",
}
_DOTLESS = frozenset("ٮڡٯںٸ")
_DROPPED = frozenset("ـء" + "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Tatweel and the lone hamza, and letters that are drawn as nothing."""

_LATIN = {
    "a": "аαɑᴀ",
    "b": "вβʙьƅ",
    "c": "сϲᴄ",
    "d": "ԁɗđᴅ",
    "e": "еεєҽᴇ",
    "f": "ғϝꜰ",
    "g": "ɡԍɢ",
    "h": "һнηʜħ",
    "i": "іιıɩɪӏ",
    "j": "јϳᴊ",
    "k": "кκᴋ",
    "l": "łʟⅼ",
    "m": "мμᴍ",
    "n": "пոɴŋ",
    "o": "оοσօøᴏ",
    "p": "рρᴘ",
    "q": "ԛ",
    "r": "гᴦʀ",
    "s": "ѕꜱ",
    "t": "тτᴛŧ",
    "u": "υսᴜ",
    "v": "νѵᴠ",
    "w": "ԝωшщᴡ",
    "x": "хχ×",
    "y": "уγүʏ",
    "z": "ᴢƶ",
}
_SAME = {variant: base for table in (_ARABIC, _LATIN) for base, variants in table.items() for variant in variants}
_SIGNS = {
    **{chr(0x1F130 + n): chr(97 + n) for n in range(26)},
    **{chr(0x1F150 + n): chr(97 + n) for n in range(26)},
    **{chr(0x1F170 + n): chr(97 + n) for n in range(26)},
    **{chr(0x1F1E6 + n): chr(97 + n) for n in range(26)},
}
"""Letters in squares and circles, and regional indicators, that Unicode does not decompose."""


class Folded(NamedTuple):
    """`codes` are the code points of the folded text, uint32 (n,).

    `offsets[i]` is where its character `i` came from in the original, int32 (n,); `classes` uint8 (n,); `seen` are the
    marks of all original characters together.
    """

    codes: NDArray[np.uint32]
    offsets: NDArray[np.int32]
    classes: NDArray[np.uint8]
    seen: int

    @property
    def text(self) -> str:
        return self.codes.tobytes().decode("utf-32-le")


class _Table:
    """The mapping as arrays for the kernel. Filled under a lock; a kernel that meets a gap asks again."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.targets = np.full(_CODES, _UNKNOWN, dtype=np.int32)
        self.classes = np.zeros(_CODES, dtype=np.uint8)
        self.expansions = np.zeros(1 << 17, dtype=np.uint32)
        self.used = 0

    def fill(self, page: int) -> None:
        with self.lock:
            first = page * _PAGE
            if self.targets[first] != _UNKNOWN:
                return
            values = [self._target(chr(code)) for code in range(first, first + _PAGE)]
            for code in range(first, first + _PAGE):
                self.classes[code] = _class_of(chr(code))
            self.targets[first + 1 : first + _PAGE] = values[1:]
            self.targets[first] = values[0]  # last: it says that the page is there

    def _target(self, char: str) -> int:
        folded = fold_char(char)
        if len(folded) < 2:
            return ord(folded) if folded else -1
        place = self.used
        self.expansions[place : place + len(folded)] = [ord(one) for one in folded]
        self.used += len(folded)
        return _MANY * len(folded) + place


def fold_char(char: str) -> str:
    """Return what one character becomes; what it becomes stays as it is when folded again."""
    folded = _once(char)
    while (again := "".join(_once(one) for one in folded)) != folded:
        folded = again
    return folded


def _once(char: str) -> str:
    if char in _DROPPED:
        return ""
    if char in _SIGNS:
        return _SIGNS[char]
    kind = unicodedata.category(char)
    if kind in ("Mn", "Me", "Cf", "Cs", "Cn", "Co"):
        return ""
    if kind in ("Cc", "Zs", "Zl", "Zp"):
        return " " if char.isspace() else ""
    if kind == "Nd":
        return str(unicodedata.digit(char))
    pieces = unicodedata.normalize("NFKD", char).casefold()
    kept = (_SAME.get(one, one) for one in pieces if unicodedata.category(one) not in ("Mn", "Me", "Cf"))
    return "".join(" " if one.isspace() else one for one in kept if one not in _DROPPED)


def _class_of(char: str) -> int:
    """Return the class of a character that stands in folded text, and its marks where it stands in an original."""
    marks = DOTLESS if char in _DOTLESS else 0
    kind = unicodedata.category(char)
    if kind == "Cf" and char not in _ORDINARY_CONTROLS:
        marks |= DROPPED_CONTROL
    if char.isspace():
        return SPACE
    if kind == "Nd":
        return DIGIT | marks
    if not char.isalpha():
        return OTHER | marks
    code = ord(char)
    if 0x370 <= code <= 0x58F and char in _SAME:
        marks |= LOOKALIKE
    if 0x600 <= code <= 0x8FF or 0xFB50 <= code <= 0xFEFF:
        return ARABIC | marks
    return (LATIN if code < 0x250 or 0xFF21 <= code <= 0xFF5A else LETTER) | marks


@njit(cache=True, nogil=True)
def fold_codes(codes: Any, targets: Any, kinds: Any, expansions: Any) -> Any:
    """Fold code points, uint32 (n,), by the table's arrays. Returns (status, codes, offsets, classes, seen).

    `status` is 0, or -1 - page for a page of the table that is not filled; then nothing else counts. The arrays are
    those of `Folded`.
    """
    room = codes.shape[0] + 64
    out = np.empty(room, dtype=np.uint32)
    offsets = np.empty(room, dtype=np.int32)
    classes = np.empty(room, dtype=np.uint8)
    length = status = 0
    seen = hidden = 0
    spaced = True  # white space at the beginning is dropped
    for at in range(codes.shape[0]):
        code = codes[at]
        target = targets[code]
        if target == -2147483648:
            status = -1 - int(code >> 8)
            break
        kind = kinds[code]
        if kind & 0xE0 or (at and kinds[codes[at - 1]] & 32):
            if kind & 64 and _is_between_letters(codes, kinds, at):
                hidden += 1
            seen |= _marks(codes, kinds, at, hidden)
        if code == 0x649 and at + 1 < codes.shape[0] and _is_arabic_letter(codes[at + 1]):
            seen |= 512
        if target == -1:
            continue
        many = target >> 24
        start = target & 0xFFFFFF
        if length + many >= room:
            room = 2 * room + many
            out, offsets, classes = _larger(out, room), _larger(offsets, room), _larger(classes, room)
        for step in range(max(1, many)):
            one = expansions[start + step] if many else np.uint32(target)
            if targets[one] == -2147483648:
                status = -1 - int(one >> 8)
            if one == 32 and spaced:
                continue
            spaced = one == 32
            out[length] = one
            offsets[length] = at
            classes[length] = kinds[one] & 7
            length += 1
    if length and out[length - 1] == 32:
        length -= 1
    return status, out[:length], offsets[:length], classes[:length], seen


@njit(cache=True, nogil=True, inline="always")
def _is_between_letters(codes: Any, kinds: Any, at: int) -> bool:
    return bool(
        0 < at < codes.shape[0] - 1 and kinds[codes[at - 1]] & 7 >= ARABIC and kinds[codes[at + 1]] & 7 >= ARABIC
    )


@njit(cache=True, nogil=True, inline="always")
def _is_arabic_letter(code: Any) -> Any:
    return 0x627 <= code <= 0x63A or 0x641 <= code <= 0x64A


@njit(cache=True, nogil=True)
def _marks(codes: Any, kinds: Any, at: int, hidden: int) -> Any:
    """Return the marks that are seen at a place, with so many controls between letters up to there."""
    kind = kinds[codes[at]]
    found = kind & 128
    if hidden > 1:
        found |= 64
    if at and kind & 32 != kinds[codes[at - 1]] & 32:
        other = kinds[codes[at - 1]] if kind & 32 else kind
        found |= 32 if other & 7 == LATIN else 0
    return found


@njit(cache=True, nogil=True)
def _larger(values: Any, room: int) -> Any:
    larger = np.empty(room, dtype=values.dtype)
    larger[: values.shape[0]] = values
    return larger


_TABLE = _Table()


def run_folding(kernel: Callable[..., Any], text: str) -> Any:
    """Call a kernel that folds, with a text's code points and the table's arrays, until every page it needs is filled.

    Returns what the kernel returned, of which the first is the status of `fold_codes`.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    while True:
        found = kernel(codes, _TABLE.targets, _TABLE.classes, _TABLE.expansions)
        if found[0] >= 0:
            return found
        _TABLE.fill(-1 - found[0])


def fold_with_offsets(text: str) -> Folded:
    """Fold a text and remember where each character came from. Never raises, whatever the text holds."""
    return Folded(*run_folding(fold_codes, text)[1:])
