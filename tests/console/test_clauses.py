"""Why something matched, in the language of the page."""

from collections.abc import Iterator

import pytest

from siyaj.model.bank import Opinion
from siyaj.model.match import Match
from siyaj.model.person import Locale
from siyaj.model.sentence import TEXTS, Sentence, clause, sentence
from siyaj.server.console import i18n
from siyaj.server.console.casework import clauses


@pytest.fixture
def arabic() -> Iterator[None]:
    token = i18n.current.set(Locale.AR)
    yield
    i18n.current.reset(token)


def match(why: str) -> Match:
    said = list(why.clauses) if isinstance(why, Sentence) else []
    return Match("known", 1, "pdq", 12, Opinion.SEED, why=str(why), said=said)


def test_every_clause_of_a_match_is_there_to_be_translated() -> None:
    assert clauses.CLAUSES == TEXTS


def test_a_sentence_is_its_english_text_for_programs() -> None:
    said = sentence(clause("local.share", share=0.934), clause("local.both", degrees=15))
    assert said == "93% of what is in common agrees, mirrored and turned by 15°"
    assert isinstance(said, str) and [one.code for one in said.clauses] == ["local.share", "local.both"]


@pytest.mark.usefixtures("arabic")
def test_a_match_says_why_in_arabic() -> None:
    assert clauses.why(match(sentence(clause("bits", bits=12, of=256)))) == "يختلف 12 بت من أصل 256"
    place = sentence(clause("url.host", place="example.org"), clause("url.imitated", host="example.com"))
    assert clauses.why(match(place)) == ("على المضيف \u2068example.org\u2069، ويقلّد مضيفه \u2068example.com\u2069")


@pytest.mark.usefixtures("arabic")
def test_what_was_stored_before_or_by_a_plug_in_keeps_its_words() -> None:
    assert clauses.why(match("12 of 256 bits differ")) == "12 of 256 bits differ"
    unknown = Match("known", 1, "x", 0, Opinion.SEED, why="as a plug-in says", said=[clause("of.a.plug-in")])
    assert clauses.why(unknown) == "as a plug-in says"
