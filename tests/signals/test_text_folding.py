"""Folding: one form for all ways to write a text, never an error, and a way back to the original."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyaj.signals.folding import fold_with_offsets
from siyaj.signals.text import fold

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=60)
"""All of Unicode, halves of surrogate pairs as well."""
LETTERS = st.text(
    st.one_of(
        st.characters(min_codepoint=0x0600, max_codepoint=0x06FF),
        st.characters(min_codepoint=0x00C0, max_codepoint=0x024F),
        st.characters(min_codepoint=0x1E00, max_codepoint=0x1EFF),
        st.characters(min_codepoint=0xFB50, max_codepoint=0xFEFC),
        st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        pytest.param("الفَانُوسُ الأزْرَقُ", "الفانوس الازرق", id="marks and hamza"),
        pytest.param("الفـــانـوس", "الفانوس", id="tatweel"),
        pytest.param("ﺍﻟﻔﺎﻧﻮﺱ", "الفانوس", id="presentation forms"),
        pytest.param("ﻻ ﻷ ﻹ ﻵ", "لا لا لا لا", id="lam-alef ligatures"),
        pytest.param("ﷺ", "صلي الله عليه وسلم", id="a ligature of four words"),
        pytest.param("ال\u200bفا\u200cن\u00adوس", "الفانوس", id="zero-width characters"),
        pytest.param("\u202bالفا\u200eنوس\u202c", "الفانوس", id="bidi controls"),
        pytest.param("کتاب", "كتاب", id="Persian kaf"),
        pytest.param("فی یوم", "في يوم", id="Persian ya"),
        pytest.param("مدرسہ", "مدرسه", id="Urdu ha"),
        pytest.param("مدرسة مدرسه", "مدرسه مدرسه", id="ta marbuta and ha"),
        pytest.param("على علي", "علي علي", id="alef maqsura and ya"),
        pytest.param("٢٠٢٦ ۲۰۲۶ ２０２６", "2026 2026 2026", id="digits"),
        pytest.param("Straße ÉCOLE", "strasse ecole", id="case and accents"),
        pytest.param(
            "ｌａｎｔｅｒｎ 𝗅𝖺𝗇𝗍𝖾𝗋𝗇 ⓛⓐⓝⓣⓔⓡⓝ 🅻🅰🅽🆃🅴🆁🅽", "lantern lantern lantern lantern", id="letters in other dress"
        ),
        pytest.param("lаntеrn", "lantern", id="Cyrillic look-alikes"),
        pytest.param("  a \t\n b\u3000c ", "a b c", id="white space"),
    ],
)
def test_ways_to_write_are_one(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(("one", "other"), [("قلب", "كلب"), ("سماء", "سمك"), ("زيت", "زين"), ("lantern", "lantem")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(ANY_TEXT)
def test_folding_twice_changes_nothing_and_nothing_raises(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded


@given(LETTERS)
def test_decomposed_and_composed_letters_are_one(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(ANY_TEXT)
def test_every_folded_character_knows_where_it_came_from(text: str) -> None:
    folded = fold_with_offsets(text)
    assert len(folded.offsets) == len(folded.classes) == len(folded.text)
    assert all(0 <= at < len(text) for at in folded.offsets)
    assert list(folded.offsets) == sorted(folded.offsets)
    for char, at in zip(folded.text, folded.offsets, strict=True):
        assert char in fold(text[at]) or char == " "


def test_every_character_of_unicode_folds_to_what_stays_folded() -> None:
    every = "".join(map(chr, range(0x110000)))
    folded = fold(every)
    assert fold(folded) == folded


@pytest.mark.parametrize(
    "text", ["", " ", "\u064b" * 100_000, "ا" * 100_000, "\ud800" * 1_000, "\ufdfa" * 10_000, "\0"]
)
def test_hostile_texts_fold(text: str) -> None:
    assert len(fold(text)) <= 18 * len(text)
