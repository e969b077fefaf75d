"""`text` and `term` as signal types: what is drawn from a message, and which entries are refused."""

import pytest

from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.text import TERM, TEXT

PLAIN = "نزرع اليوم ألف شجرة زيتون في الوادي القديم، وندعو الأهالي إلى الحضور."


def _drawn(text: str) -> list[Signal]:
    return TEXT.extract(Content(ContentKind.TEXT, text=text))


@pytest.mark.parametrize("text", [PLAIN, "ok", "👍", "…", "lantern"])
def test_a_message_gives_its_text_as_it_was_written(text: str) -> None:
    assert _drawn(text) == [Signal("text", text)]


def test_an_empty_message_gives_no_signal() -> None:
    assert _drawn("") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("نزرع ا ل ي و م ألف شجرة", id="spelled by blanks"),
        pytest.param("نزرع ا.ل.ي.و.م ألف شجرة", id="spelled by dots"),
        pytest.param("نز\u200bرع ال\u200bيوم أل\u200bف شجرة", id="invisible characters"),
        pytest.param("نزرع الىوم ألڡ سحره رٮٮوں", id="letters without dots"),
        pytest.param("نزرع الlيوم ألف شجرة", id="Latin letters in Arabic words"),
        pytest.param("plant the оlive tree", id="Cyrillic in a Latin word"),
    ],
)
def test_a_disguised_text_says_so(text: str) -> None:
    assert [signal.variant for signal in _drawn(text)] == ["tampered"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("نَزْرَعُ اليَومَ أَلفَ شَجَرةٍ", id="careful vowels"),
        pytest.param("قال المدير (س. ع) إن 30 شجرة و30 غرسة زُرعت عام 2026م", id="initials and numbers"),
        pytest.param("می\u200cخواهم به باغ\u200cها بروم و آن\u200cها را ببینم", id="Persian"),
        pytest.param("نَزْرَعُ اليَومَ\u200f 👨\u200d👩\u200d👧 ألفَ شَجَرةٍ.\u200f", id="vowels, emojis and direction marks"),
        pytest.param("a7la fanous el yom, mp3s, b2b", id="Arabizi"),
        pytest.param("ملف الPDF على الـGPS في Gmail", id="acronyms with the article"),
        pytest.param("تابعونا على https://example.org/olive و@olive_trees 🌿", id="links and mentions"),
        pytest.param("COVID-19, mp3, and 3D: it's O.K.", id="English"),
        pytest.param("هههه جميييييل", id="a laugh and a shout"),
        pytest.param("Việt Nam и Россия, Ελλάδα, iPhone手机", id="many scripts"),
        pytest.param("#نزرع_اليوم_ألف_شجرة #olive_trees", id="hashtags"),
    ],
)
def test_ordinary_writing_is_not_called_tampered(text: str) -> None:
    assert [signal.variant for signal in _drawn(text)] == [""]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (f" {PLAIN}", "white space"),
        ("نزرع اليوم", "needs 20"),
        ("ا" * 100_001, "at most 100,000"),
        (f"{PLAIN}\0", "cannot be stored"),
        (f"{PLAIN}\ud800", "cannot be stored"),
        ("\u064b" * 30, "0 letters"),
    ],
)
def test_statements_that_say_too_little_are_refused(value: str, says: str) -> None:
    with pytest.raises(InvalidSignal, match=says):
        TEXT.parse(value)


@pytest.mark.parametrize(
    ("value", "says"), [("", "empty"), ("ا ب", "needs 3"), ("...", "0 letters"), ("ا" * 201, "at most 200")]
)
def test_terms_that_would_stand_in_every_text_are_refused(value: str, says: str) -> None:
    with pytest.raises(InvalidSignal, match=says):
        TERM.parse(value)


def test_sound_values_stay_as_they_are() -> None:
    assert TEXT.parse(PLAIN) == PLAIN
    assert TERM.parse("الفانوس الأزرق") == "الفانوس الأزرق"
