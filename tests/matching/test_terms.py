"""Terms are found as words, after particles and under disguise; as parts of other words they are not."""

import threading
from collections.abc import Sequence
from random import Random

import pytest
from benchmarks import _evasions
from hypothesis import given
from hypothesis import strategies as st

from siyaj.matching.terms import TermIndex
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit

TERMS = ("الفانوس الأزرق", "مشتل", "جمعية حراس الزيتون", "Blue Lantern", "ساقية الخادم")
ARABIC = "جمعية حراس الزيتون"
AROUND = ("قال أمس إن", "ستلتقي غدا في البلدة")


def _index(*terms: str) -> TermIndex:
    index = TermIndex()
    index.add(range(1, len(terms) + 1), terms)
    return index


INDEX = _index(*TERMS)


def _hits(text: str, index: TermIndex = INDEX) -> list[Hit]:
    return index.search([Signal("text", text)])[0]


def _found(text: str, terms: Sequence[str] = TERMS, index: TermIndex = INDEX) -> set[str]:
    return {terms[hit.ref - 1] for hit in _hits(text, index)}


@pytest.mark.parametrize(
    "written", ["الفانوس الأزرق", "فانوس أزرق", "والفانوس الازرق", "بالفانوسِ الأزرقِ", "للفانوس الأزرق"]
)
def test_a_phrase_is_found_with_and_without_article_and_particles(written: str) -> None:
    assert _found(f"رأيت {written} في السوق") == {"الفانوس الأزرق"}


@pytest.mark.parametrize(
    "written", ["#الفانوسالأزرق", "فانوسأزرق", "والفانوسالازرق", "#BlueLantern", "https://bluelantern.example/"]
)
def test_a_phrase_is_found_written_as_one_word(written: str) -> None:
    assert _found(f"رأيت {written} في السوق") == {"Blue Lantern" if written.isascii() else "الفانوس الأزرق"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("الفانوس في السوق الأزرق", id="words apart"),
        pytest.param("الأزرق الفانوس", id="words in another order"),
        pytest.param("فوانيس زرقاء", id="other words"),
        pytest.param("مشتلات", id="the beginning of a longer word"),
        pytest.param("blue lanterns", id="a Latin word with an ending"),
        pytest.param("bluelanterns.example", id="words run together with an ending"),
        pytest.param("الفانوسالأزرقاء", id="joined words with an ending"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_not_the_term_is_not_found(text: str) -> None:
    assert _found(text) == set()


@pytest.mark.parametrize("name", [name for name in _evasions.ARABIC if name != "attached particles"])
def test_arabic_terms_are_found_under_disguise(name: str) -> None:
    random = Random(7)
    written = [_evasions.ARABIC[name](ARABIC, random) for _ in range(20)]
    missed = [one for one in written if ARABIC not in _found(f"{AROUND[0]} {one} {AROUND[1]}")]
    assert len(missed) <= 2, missed


@pytest.mark.parametrize("name", list(_evasions.LATIN))
def test_latin_terms_are_found_under_disguise(name: str) -> None:
    random = Random(7)
    written = [_evasions.LATIN[name]("blue lantern", random) for _ in range(20)]
    missed = [one for one in written if "Blue Lantern" not in _found(f"we met the {one} people")]
    assert len(missed) <= 1, missed


@pytest.mark.parametrize(
    "written",
    [
        "sa9iyat al5adem",
        "saqiyat al khadem",
        "Sa9iet el-khadim",
        "sa2yat el 7'adem",
        "saqiyet elkhadem",
        "wa sa8iyat al5adim",
    ],
)
def test_arabic_is_found_in_latin_letters(written: str) -> None:
    assert _found(f"shoftu {written} ams") == {"ساقية الخادم"}


def test_ordinary_latin_text_is_not_read_as_arabic() -> None:
    text = "The committee said that the new library will open next week, and that books are free for all children."
    assert _found(text) == set()


def test_a_hit_says_where_in_the_original_and_how() -> None:
    text = "🌿 رأيت الـفـانُوس الأزْرَق هنا"
    hit = _hits(text)[0]
    assert [text[start:end] for start, end in hit.spans] == ["الـفـانُوس الأزْرَق"]
    assert hit.why == "the term stands in the text, as a word"


@pytest.mark.parametrize(
    ("text", "how"),
    [("ا.ل.ف.ا.ن.و.س ا.ل.أ.ز.ر.ق", "disguise"), ("الفا نوس الأزرق", "blank inside"), ("blue lantern", "as a word")],
)
def test_a_hit_says_how_the_term_was_hidden(text: str, how: str) -> None:
    assert how in _hits(text)[0].why


def test_terms_come_and_go() -> None:
    index = _index("الفانوس الأزرق", "الفانوس الأخضر")
    text = "الفانوس الأزرق والفانوس الأخضر"
    assert _found(text, ("a", "b"), index) == {"a", "b"}
    index.remove([1, 99])
    assert _found(text, ("a", "b"), index) == {"b"}
    index.add([2], ["مشتل الوادي"])
    assert _found(text, ("a", "b"), index) == set()
    assert len(index) == 1
    index.remove([2])
    assert len(index) == 0
    assert _hits("مشتل الوادي", index) == []


def test_two_entries_may_hold_the_same_term() -> None:
    index = _index("الفانوس الأزرق", "فانوس ازرق")
    assert {hit.ref for hit in _hits("الفانوس الأزرق", index)} == {1, 2}
    index.remove([1])
    assert {hit.ref for hit in _hits("الفانوس الأزرق", index)} == {2}


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(1, 6),
            st.lists(st.sampled_from(["فانوس", "ازرق", "مشتل", "lantern"]), min_size=1, max_size=3),
        ),
        max_size=12,
    )
)
def test_any_order_of_adding_and_removing_ends_as_if_built_anew(steps: list[tuple[bool, int, list[str]]]) -> None:
    index, kept = TermIndex(), dict[int, str]()
    for adding, ref, words in steps:
        if adding:
            index.add([ref], [" ".join(words)])
            kept[ref] = " ".join(words)
        else:
            index.remove([ref])
            kept.pop(ref, None)
    anew = TermIndex()
    anew.add(list(kept), list(kept.values()))
    text = "فانوس ازرق مشتل lantern ازرق فانوس م.ش.ت.ل lantern مشتل"
    assert sorted(_hits(text, index)) == sorted(_hits(text, anew))
    assert len(index) == len(anew)


@given(st.text(st.characters(codec=None, categories=None), max_size=80), st.sampled_from(TERMS))
def test_a_term_is_found_in_any_company(text: str, term: str) -> None:
    assert term in _found(f"{text} . {term} . {text}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ا" * 100_000, id="one letter"),
        pytest.param("\u064b" * 100_000, id="marks"),
        pytest.param("ا ب " * 25_000, id="lone letters"),
        pytest.param("ا1" * 50_000, id="mixed"),
        pytest.param("a1!|" * 25_000, id="leetspeak"),
        pytest.param(" ".join(f"s{'aeiouy' * 6}t{n}" for n in range(2_000)), id="vowels"),
        pytest.param("\ud800." * 50_000, id="surrogates"),
        pytest.param(" ".join(TERMS) * 1_500, id="terms over and over"),
    ],
)
def test_hostile_texts_are_searched(text: str) -> None:
    assert len(_hits(text)) <= 50


def test_one_writes_while_others_read() -> None:
    index = _index("الفانوس الأزرق")
    done, failures = threading.Event(), list[BaseException]()

    def read() -> None:
        try:
            while not done.is_set():
                assert 1 in {hit.ref for hit in _hits("رأيت الفانوس الأزرق و lantern هنا", index)}
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for ref in range(2, 300):
        index.add([ref], [f"الفانوس {'ابتثجحخدذر'[ref % 10] * 3} lantern"])
        assert ref in {hit.ref for hit in _hits(f"فانوس {'ابتثجحخدذر'[ref % 10] * 3} lantern", index)}
        index.remove([ref])
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []


def test_thousands_of_terms_added_and_removed_are_found_and_forgotten() -> None:
    letters = "ابتجدرسعفقكلمنهوي"
    random = Random(4)
    terms = [" ".join("".join(random.choices(letters, k=6)) for _ in range(2)) for _ in range(3_000)]
    index = _index(*terms)
    index.remove(range(1, 2_801))
    for ref in range(1, 3_001, 67):
        assert ref in {hit.ref for hit in _hits(f"قال و{terms[ref - 1]} أمس", index)} or ref <= 2_800
    assert all(hit.ref > 2_800 for term in terms[::67] for hit in _hits(term, index))
    index.add([1], [terms[0]])
    assert 1 in {hit.ref for hit in _hits(terms[0], index)}


def test_a_blank_in_the_last_of_three_words_is_passed_over() -> None:
    assert ARABIC in _found("قال أمس جمعية حراس الز يتون شيئا") | _found("قال أمس جم عية حراس الز يتون شيئا")
