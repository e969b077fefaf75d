"""Text as a reviewer may see it: what matched is marked, and characters that deceive the eye are made visible.

A right-to-left override (U+202E) shows `gpj.exe` as `exe.jpg`. Such characters are taken out of the flow, so that they
turn nothing, and a sign stands in their place (Unicode Technical Report 36, 2.3.1).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct


class PieceKind(StrEnum):
    PLAIN = "plain"
    MARK = "mark"
    """Matched something; `number` says what: the place of its match in the list of matches, from 1."""
    CONTROL = "control"
    """A character that is not seen; `text` is its short name, `title` its full name."""


class Piece(Struct, frozen=True):
    kind: PieceKind
    text: str
    number: int = 0
    title: str = ""


class Span(Struct, frozen=True, order=True):
    """Offsets into the text, the end not included."""

    start: int
    end: int
    number: int = 0


_SHORT = {
    0x00AD: "SHY",
    0x200B: "ZWSP",
    0x202A: "LRE",
    0x202B: "RLE",
    0x202C: "PDF",
    0x202D: "LRO",
    0x202E: "RLO",
    0x2060: "WJ",
    0x2066: "LRI",
    0x2067: "RLI",
    0x2068: "FSI",
    0x2069: "PDI",
    0xFEFF: "BOM",
}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f" + "".join(map(chr, _SHORT)) + "\U000e0000-\U000e007f]")
"""Left alone: the marks and joiners (LRM, RLM, ALM, ZWNJ, ZWJ) with which Arabic, Persian and emoji are written."""


def pieces(text: str, spans: Iterable[Span] = ()) -> list[Piece]:
    """Return the text cut at its marks and controls. Joined, the plain and marked pieces are the text without them."""
    found: list[Piece] = []
    at = 0
    for span in flat(spans, len(text)):
        found += _cut(text[at : span.start], PieceKind.PLAIN, 0)
        found += _cut(text[span.start : span.end], PieceKind.MARK, span.number)
        at = span.end
    return found + _cut(text[at:], PieceKind.PLAIN, 0)


def flat(spans: Iterable[Span], length: int) -> list[Span]:
    """Return the spans in order and apart; where two overlap, the one that begins first wins up to its end."""
    kept: list[Span] = []
    at = 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        start, end = max(span.start, at), min(span.end, length)
        if start < end:
            kept.append(Span(start, end, span.number))
            at = end
    return kept


def _cut(text: str, kind: PieceKind, number: int) -> list[Piece]:
    found = []
    at = 0
    for control in _CONTROL.finditer(text):
        if control[0] == "\r":
            continue
        if control.start() > at:
            found.append(Piece(kind, text[at : control.start()], number))
        found.append(_control(control[0]))
        at = control.end()
    if at < len(text):
        found.append(Piece(kind, text[at:], number))
    return found


def _control(char: str) -> Piece:
    code = ord(char)
    name = unicodedata.name(char, "CONTROL")
    return Piece(PieceKind.CONTROL, _SHORT.get(code, f"U+{code:04X}"), title=f"U+{code:04X} {name}")


def hidden(found: Sequence[Piece]) -> int:
    """Return how many characters were made visible."""
    return sum(piece.kind is PieceKind.CONTROL for piece in found)


def one_line(text: str) -> list[Piece]:
    """A name or a title: the same, without line breaks."""
    return pieces(" ".join(text.split()))
