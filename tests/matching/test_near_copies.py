"""Near-copies: a statement posted again, changed, wrapped or moved, is found; a text of the same formulas is not."""

import threading
from itertools import pairwise
from random import Random

import pytest
from benchmarks import _evasions, _rewrites
from hypothesis import given
from hypothesis import strategies as st

from siyaj.matching.near_copies import NearCopyIndex
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit

STATEMENT = (
    "نعلن لأهلنا في كل قرية أننا سنزرع ألف شجرة زيتون قبل نهاية الشتاء، وأن أبواب مشتلنا مفتوحة لكل من أراد أن يحمل "
    "غرسة إلى بيته. سنوزع المعاول والقفازات صباح كل سبت عند البئر القديمة، ونطلب من الشباب أن يحضروا معهم ماء يكفي "
    "لسقي الغراس في أيامها الأولى، فقد طال انتظار المطر هذا العام."
)
SHORT = "نلتقي صباح السبت عند البئر القديمة لنزرع الزيتون معا"
ENGLISH = (
    "We invite every family of the valley to plant one thousand olive trees before the winter ends. Spades and gloves "
    "are handed out each Saturday morning beside the old well; bring water for the young trees, as rain is late."
)
STATEMENTS = (STATEMENT, SHORT, ENGLISH)
NEWS = (
    "قالت وزارة الزراعة اليوم إن حملة التشجير في المناطق الجبلية تجاوزت أهدافها هذا العام بفضل آلاف المتطوعين.",
    "أعلنت البلدية عن فتح باب التسجيل في دورات تعليم السباحة للأطفال ابتداء من الأسبوع المقبل في المسبح الجديد.",
    "فاز فريق المدينة بكأس الدورة بعد مباراة مثيرة انتهت بركلات الترجيح أمام جمهور كبير ملأ مدرجات الملعب القديم.",
)


def _index(*statements: str) -> NearCopyIndex:
    index = NearCopyIndex()
    index.add(range(1, len(statements) + 1), statements)
    return index


INDEX = _index(*STATEMENTS)


def _hits(text: str, index: NearCopyIndex = INDEX) -> list[Hit]:
    return index.search([Signal("text", text)])[0]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_copy_has_no_distance(statement: str) -> None:
    hits = _hits(statement)
    assert [(STATEMENTS[hit.ref - 1], hit.distance) for hit in hits] == [(statement, 0.0)]


@pytest.mark.parametrize("name", list(_rewrites.rewrites(NEWS)))
def test_a_statement_posted_again_is_found(name: str) -> None:
    random = Random(3)
    rewrite = _rewrites.rewrites(NEWS)[name]
    found = [{hit.ref for hit in _hits(rewrite(STATEMENT, random))} for _ in range(20)]
    assert sum(1 in refs for refs in found) >= 19


@pytest.mark.parametrize("name", list(_evasions.LATIN))
def test_an_english_statement_is_found_under_disguise(name: str) -> None:
    assert 3 in {hit.ref for hit in _hits(_evasions.LATIN[name](ENGLISH.lower(), Random(3)))}


@pytest.mark.parametrize("text", [*NEWS, " ".join(NEWS), "", "🌿", "نعم", "السلام عليكم ورحمة الله وبركاته"])
def test_other_texts_are_not_near(text: str) -> None:
    assert _hits(text) == []


def test_a_quotation_of_one_sentence_is_not_the_statement() -> None:
    quoted = f"كتب المشتل في صفحته: «{STATEMENT[:90]}»، {NEWS[0]}"
    assert [hit for hit in _hits(quoted) if hit.distance <= 0.3] == []


def test_two_lists_of_the_same_names_are_no_copies() -> None:
    places = ("الوادي", "المرجان", "السنديان", "الزيتون", "البرجين", "الساحل", "القلعة", "النخيل", "الميناء", "العيون")
    clubs = [f"{kind} {place}" for kind, place in zip(("نجم", "شبيبة", "مستقبل", "ترجي") * 3, places, strict=False)]
    one = "تدور مقابلات الجولة الثانية من بطولة الحي لكرة اليد وفق البرنامج التالي: " + "، ".join(
        f"{a} - {b}" for a, b in pairwise(clubs)
    )
    Random(1).shuffle(clubs)
    other = "تدور مقابلات الجولة الخامسة من بطولة الحي لكرة اليد وفق البرنامج التالي: " + "، ".join(
        f"{b} - {a}" for a, b in pairwise(clubs)
    )
    assert [hit.distance for hit in _hits(one, _index(one))] == [0.0]
    assert [hit for hit in _hits(other, _index(one)) if hit.distance <= 0.2] == []


def test_a_short_statement_must_be_there_nearly_whole() -> None:
    assert [hit.ref for hit in _hits(f"تذكير: {SHORT} 🌿 {NEWS[0]}")] == [2]
    assert _hits("نلتقي صباح الأحد عند الجسر الجديد لنزرع الزيتون معا") == []


def test_distance_is_the_share_of_the_statement_that_is_missing() -> None:
    words = STATEMENT.split()
    whole, most = _hits(STATEMENT), _hits(" ".join(words[: len(words) * 8 // 10]))
    assert whole[0].distance == 0.0
    assert most[0].distance == pytest.approx(0.2, abs=0.05)


def test_a_hit_says_where_in_the_original_and_how_much() -> None:
    marked = _evasions.several(STATEMENT, Random(1))
    text = f"{NEWS[0]} 🌿\n{marked}\n{NEWS[1]}"
    hit = _hits(text)[0]
    [(start, end)] = hit.spans
    assert abs(start - text.index(marked)) <= 12
    assert abs(end - text.index(marked) - len(marked)) <= 12
    assert hit.why == "100% of the statement stands in this text"


def test_formulas_that_many_statements_share_say_nothing() -> None:
    formula = "بسم الله الرحمن الرحيم والحمد لله رب العالمين والصلاة والسلام على أشرف المرسلين وعلى آله وصحبه أجمعين. "
    random = Random(5)
    letters = "ابتجدرسعفقكلمنهوي"
    ends = [" ".join("".join(random.choices(letters, k=5)) for _ in range(30)) for _ in range(40)]
    index = _index(*(formula + end for end in ends))
    assert _hits(formula + NEWS[0], index) == []
    assert [hit.ref for hit in _hits(formula + ends[7], index)] == [8]


def test_a_statement_of_formulas_alone_is_nobody_s() -> None:
    formula = "بسم الله الرحمن الرحيم والحمد لله رب العالمين والصلاة والسلام على أشرف المرسلين"
    index = _index(*[formula] * 40)
    assert _hits(formula, index) == []


def test_statements_come_and_go() -> None:
    index = _index(*STATEMENTS)
    index.remove([1, 99])
    assert _hits(STATEMENT, index) == []
    index.add([1], [STATEMENT])
    assert [hit.ref for hit in _hits(STATEMENT, index)] == [1]
    index.add([1], [ENGLISH])
    assert _hits(STATEMENT, index) == []
    assert {hit.ref for hit in _hits(ENGLISH, index)} == {1, 3}
    assert len(index) == 3
    assert index.nbytes > 0


def test_the_last_of_two_values_for_one_entry_counts() -> None:
    index = NearCopyIndex()
    index.add([1, 1], [STATEMENT, ENGLISH])
    assert _hits(STATEMENT, index) == []
    assert [hit.ref for hit in _hits(ENGLISH, index)] == [1]


def test_arabic_statements_are_not_heard_in_english() -> None:
    assert _hits("The committee said that the new library opens next week; books are free for all children. " * 3) == []


def test_many_statements_added_and_removed_are_found_and_forgotten() -> None:
    random = Random(9)
    letters = "ابتجدرسعفقكلمنهوي"
    texts = [" ".join("".join(random.choices(letters, k=5)) for _ in range(60)) for _ in range(1_500)]
    index = NearCopyIndex()
    for first in range(0, 1_500, 100):
        index.add(range(first + 1, first + 101), texts[first : first + 100])
    index.remove(range(1, 1_500, 2))
    for ref in range(1, 1_501, 37):
        assert [hit.ref for hit in _hits(texts[ref - 1], index)] == ([ref] if ref % 2 == 0 else [])
    index.add([1], [texts[0]])
    assert [hit.ref for hit in _hits(texts[0], index)] == [1]


@given(st.text(st.characters(codec=None, categories=None), max_size=200))
def test_a_statement_is_found_in_any_company(text: str) -> None:
    assert 1 in {hit.ref for hit in _hits(f"{text} {STATEMENT} {text}")}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ا" * 100_000, id="one letter"),
        pytest.param("ab" * 50_000, id="two letters"),
        pytest.param("\u064b" * 100_000, id="marks"),
        pytest.param("\ud800" * 100_000, id="surrogates"),
        pytest.param("\ufdfa" * 20_000, id="ligatures"),
        pytest.param(STATEMENT * 300, id="the statement over and over"),
    ],
)
def test_hostile_texts_are_searched_and_may_be_entries(text: str) -> None:
    _hits(text)
    index = _index(text, STATEMENT)
    assert 2 in {hit.ref for hit in _hits(STATEMENT, index)}
    _hits(text, index)


def test_one_writes_while_others_read() -> None:
    index = _index(STATEMENT)
    done, failures = threading.Event(), list[BaseException]()

    def read() -> None:
        try:
            while not done.is_set():
                assert 1 in {hit.ref for hit in _hits(f"{STATEMENT} {done.is_set()}", index)}
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for ref in range(2, 150):
        text = f"{ENGLISH} {ref:05d} {SHORT} {ref * 7919:09d}"
        index.add([ref], [text])
        assert ref in {hit.ref for hit in _hits(text, index)}
        index.remove([ref])
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
