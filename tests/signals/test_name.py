# ruff: noqa: E501
"""Names and their forms: decoration, spellings and scripts do not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.errors import InvalidSignal
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.name import NAME
from siyaj.signals.name_forms import fold_name, name_forms, skeleton


@pytest.mark.parametrize(
    "written",
    [
        "Green Lantern", "GREEN  LANTERN", "@green_lantern", "green-lantern-2", "GreenLantern", "g r e e n  lantern", "𝔊𝔯𝔢𝔢𝔫 𝕷𝖆𝖓𝖙𝖊𝖗𝖓",
        "ɢʀᴇᴇɴ ʟᴀɴᴛᴇʀɴ", "🅶🆁🅴🅴🅽 lantern", "★ Green ★ Lantern ★ 2024", "Gr33n L4nt3rn", "Ｇｒｅｅｎ Ｌａｎｔｅｒｎ", "Gréén\u200b Läntern", "🟢green🟢lantern🟢",
    ],
)  # fmt: skip
def test_decoration_case_and_numbers_do_not_matter(written: str) -> None:
    assert fold_name(written) == "green lantern"


@pytest.mark.parametrize(
    "written",
    [
        "كتيبة الفانوس",
        "كَتِيبَةُ الفَانُوسِ",
        "كتـيـبـة الفـانـوس",
        "كتيبه الفانوس",
        "كتيبة_الفانوس_2",
        "★كتيبة★الفانوس★",
        "ﻛﺘﻴﺒﺔ ﺍﻟﻔﺎﻧﻮﺱ",
    ],
)
def test_arabic_marks_forms_and_articles_do_not_matter(written: str) -> None:
    assert name_forms(written).joined == name_forms("كتيبة الفانوس").joined


@pytest.mark.parametrize(
    ("arabic", "latin"),
    [
        ("فانوس", ["fanus", "fanous", "fanoos", "fanws"]),
        ("أخضر", ["akhdar", "akhdhar", "axdar"]),
        ("كتيبة", ["katiba", "kateebah", "katibah"]),
        ("شمس", ["shams", "chams"]),
        ("غزال", ["ghazal", "gazal"]),
        ("صقور", ["suqur", "soqoor", "sukur"]),
        ("قمر", ["qamar", "kamar"]),
        ("ثلج", ["thalj", "talj", "thalg"]),
        ("جبهة", ["jabha", "jabhah"]),
    ],
)
def test_a_word_has_one_skeleton_in_both_scripts(arabic: str, latin: list[str]) -> None:
    assert {skeleton(word) for word in latin} == {skeleton(arabic)}


def test_words_that_any_outlet_adds_are_not_counted() -> None:
    assert name_forms("Green Lantern Official Media Channel").joined == "greenlantern"
    assert name_forms("قناة الفانوس الرسمية").joined == name_forms("الفانوس").joined
    assert name_forms("greenlanternnews").joined == "greenlantern"


@given(st.text(max_size=600))
def test_any_name_has_forms_and_folding_is_stable(name: str) -> None:
    forms = name_forms(name)
    assert all(token.text and token.skeletons for token in forms.tokens)
    NAME.extract(Content(ContentKind.NAME, text=name))


@pytest.mark.parametrize("empty", ["", "   ", "★★★", "😀", "123", "_", "official news", "\ud800", "القناة الرسمية"])
def test_a_name_that_says_nothing_gives_no_signal_and_is_no_entry(empty: str) -> None:
    assert NAME.extract(Content(ContentKind.NAME, text=empty)) == []
    with pytest.raises(InvalidSignal):
        NAME.parse(empty)


def test_an_entry_keeps_its_spelling() -> None:
    assert NAME.parse("  Liwa  al-Fānūs \n") == "Liwa al-Fānūs"
    with pytest.raises(InvalidSignal, match="at most 512"):
        NAME.parse("a" * 513)
