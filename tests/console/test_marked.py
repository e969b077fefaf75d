"""Text as a reviewer sees it."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from siyaj.server.console.marked import Piece, PieceKind, Span, flat, hidden, one_line, pieces

PLAIN, MARK, CONTROL = PieceKind.PLAIN, PieceKind.MARK, PieceKind.CONTROL


def test_what_matched_is_marked_by_its_offsets() -> None:
    text = "قال الفانوس الأزرق إنه سيزرع"
    assert pieces(text, [Span(4, 18, 2)]) == [
        Piece(PLAIN, "قال "),
        Piece(MARK, "الفانوس الأزرق", 2),
        Piece(PLAIN, " إنه سيزرع"),
    ]


def test_an_override_is_shown_and_turns_nothing() -> None:
    found = pieces("photo\u202egpj.exe")
    assert found == [
        Piece(PLAIN, "photo"),
        Piece(CONTROL, "RLO", title="U+202E RIGHT-TO-LEFT OVERRIDE"),
        Piece(PLAIN, "gpj.exe"),
    ]
    assert hidden(found) == 1


def test_controls_inside_what_matched_do_not_hide_the_mark() -> None:
    assert [piece.kind for piece in pieces("aب\u200bتc", [Span(1, 4, 1)])] == [PLAIN, MARK, CONTROL, MARK, PLAIN]


def test_persian_and_emoji_are_left_alone() -> None:
    text = "می\u200cخواهم 👩\u200d🌾 \u200f"
    assert pieces(text) == [Piece(PLAIN, text)]


def test_a_name_is_one_line() -> None:
    assert one_line("a\n\n b\u202d") == [
        Piece(PLAIN, "a b"),
        Piece(CONTROL, "LRO", title="U+202D LEFT-TO-RIGHT OVERRIDE"),
    ]


spans = st.lists(st.builds(Span, st.integers(0, 60), st.integers(0, 60), st.integers(0, 5)))


@given(st.text(max_size=50), spans)
def test_nothing_of_the_text_is_lost(text: str, given_spans: list[Span]) -> None:
    found = pieces(text, given_spans)
    shown = "".join(piece.text for piece in found if piece.kind is not CONTROL)
    assert len(shown) + hidden(found) == len(text)
    assert all(char in text for char in shown)


@given(spans)
def test_marks_stand_apart_and_in_order(given_spans: list[Span]) -> None:
    found = flat(given_spans, 50)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert all(0 <= one.start < one.end <= 50 for one in found)
