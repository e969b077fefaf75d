"""A text with disguised words, read again: pieces between blanks, and what a piece may spell.

| disguise | undone by |
|---|---|
| signs inside words (`ف.ا.نوس`), words spelled by letters (`ف ا ن و س`) | `pieces`, `spelled_runs` |
| letters drawn out (`فاااانوس`) | `squeeze`, `once` |
| Latin letters and digits for Arabic ones, digits and signs for Latin ones | `spellings` |
| letters without their dots | `siyaj.signals.shapes` |
| Arabic in Latin letters and digits | `siyaj.signals.arabizi` |
"""

import re
from collections.abc import Iterator
from itertools import islice, product

from siyaj.signals.words import SPELLED, Prepared, Word

MOST_SPELLINGS = 64
LONGEST_PIECE = 60

_DOUBLE = re.compile(r"(.)\1+")
_DRAWN_OUT = re.compile(r"([^\W\d])\1{2,}")
_IN_ARABIC = re.compile(r"[\u0600-\u08ff]")
_PLAIN = re.compile(r"(?:([\u0620-\u064a])(?!\1\1))+|[0-9]+")
_IN_LATIN = re.compile(r"[a-z]")
_EDGES = '.,;:?()[]{}"«»“”…-–—*_~،؛؟#'
_LETTER = re.compile(r"[^\W_]")
_NO_LETTER = re.compile(r"[\W_]")


def _table(pairs: str) -> dict[str, str]:
    """`"0o 1il"` → what `0` and `1` may stand for."""
    return {pair[0]: pair[1:] for pair in pairs.split()}


_AS_LATIN = _table("0o 1il 3e 4a 5s 7t 8b 9g @a $s !il |il +t")
_AS_ARABIC = _table(
    "0ه 1ال 2ا 3ع 5هخ 6ط 7ح 8غق 9وقص |ال !ا aا bب dد eي fف gوغ hه iا jزج kك lال mم nن oهو qق rر sس tت uو wو yي zز"
)


def is_arabic(word: str) -> bool:
    return _IN_ARABIC.search(word) is not None


def is_plain(word: str) -> bool:
    """True for Arabic letters alone, none drawn out, and for a number."""
    return _PLAIN.fullmatch(word) is not None


def is_latin(word: str) -> bool:
    """True for a word with Latin letters and no Arabic ones."""
    return _IN_LATIN.search(word) is not None and not is_arabic(word)


def squeeze(word: str) -> str:
    """Return a word with letters that are drawn out written once."""
    return _DRAWN_OUT.sub(r"\1", word)


def once(word: str) -> str:
    """Return a word with all double letters written once."""
    return _DOUBLE.sub(r"\1", word)


def spellings(piece: str) -> Iterator[str]:
    """Yield the words that a piece of folded text may spell, drawn-out letters written once."""
    bare = _NO_LETTER.sub("", piece)
    squeezed = squeeze(bare)
    yield squeezed
    if squeezed != bare:
        yield once(squeezed)
    if len(piece) > LONGEST_PIECE:
        return
    if is_arabic(piece):
        if squeezed != "".join(_IN_ARABIC.findall(squeezed)) or "|" in piece or "!" in piece:
            yield from _read(piece, _AS_ARABIC)
    elif _IN_LATIN.search(piece) and any(one in _AS_LATIN for one in piece):
        yield from _read(piece, _AS_LATIN)


def _read(piece: str, table: dict[str, str]) -> Iterator[str]:
    letters = [table.get(one, one) for one in squeeze(piece) if one in table or one.isalnum()]
    for spelling in islice(product(*letters), MOST_SPELLINGS):
        yield "".join(spelling)


def pieces(prepared: Prepared) -> list[Word]:
    """Return what stands between blanks, without signs at its edges; three or more lone letters in a row are one."""
    return list(_joined_singles(_chunks(prepared)))


def spelled_runs(prepared: Prepared) -> list[Word]:
    """Return runs of single letters with the gaps closed: in them words have no boundaries any more."""
    if not prepared.signs & SPELLED:
        return []
    bare = (Word(_NO_LETTER.sub("", one.text), one.start, one.end) for one in pieces(prepared))
    return [one for one in bare if one.text and one.end - one.start >= 2 * len(one.text) - 1]


def _chunks(prepared: Prepared) -> Iterator[Word]:
    at = 0
    for chunk in prepared.folded.text.split(" "):
        text = chunk.strip(_EDGES)
        if text and (text.isalnum() or _LETTER.search(text)):
            start = at if text == chunk else at + chunk.index(text)
            yield Word(text, start, start + len(text))
        at += len(chunk) + 1


def _joined_singles(words: Iterator[Word]) -> Iterator[Word]:
    """Join runs of three or more words of one letter (an emoji or sign alone between them has been passed over)."""
    run: list[Word] = []
    for word in words:
        if len(word.text) == 1 and not word.text.isdigit():
            run.append(word)
            continue
        yield from _close(run)
        run = []
        yield word
    yield from _close(run)


def _close(run: list[Word]) -> Iterator[Word]:
    if len(run) < 3:
        yield from run
    else:
        yield Word("".join(word.text for word in run), run[0].start, run[-1].end)
