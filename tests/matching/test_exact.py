"""Exact sets: which refs carry exactly this value?"""

import hashlib
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyaj.matching import exact
from siyaj.matching.exact import ExactIndex
from siyaj.model.signal import Signal


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def refs(index: ExactIndex, *values: str) -> list[list[int]]:
    return [sorted(hit.ref for hit in hits) for hits in index.search([Signal("sha256", value) for value in values])]


def test_only_the_same_value_is_found_and_one_value_has_many_refs() -> None:
    index = ExactIndex()
    index.add([1, 2, 3], [digest(1), digest(2), digest(1)])
    assert refs(index, digest(1), digest(2), digest(3)) == [[1, 3], [2], []]
    (hits, *_) = index.search([Signal("sha256", digest(2))])
    assert (hits[0].distance, hits[0].why) == (0, "identical")


def test_a_removed_ref_is_gone_and_may_come_back_with_another_value() -> None:
    index = ExactIndex()
    index.add([1, 2], [digest(1), digest(1)])
    index.remove([1, 77])
    assert refs(index, digest(1)) == [[2]]
    index.add([2], [digest(2)])
    assert refs(index, digest(1), digest(2)) == [[], [2]]
    assert len(index) == 1


@pytest.mark.parametrize(
    "value", ["", "00", "zz" * 32, "0" * 63, " " + "0" * 63, digest(1) + "00", "é" * 64, "\udc80" * 64]
)
def test_a_malformed_query_finds_nothing_and_a_malformed_value_is_refused(value: str) -> None:
    index = ExactIndex()
    index.add([1], ["0" * 64])
    assert refs(index, value) == [[]]
    with pytest.raises(ValueError):
        index.add([2], [value])
    assert len(index) == 1


def test_many_values_stay_small_and_findable_through_merges() -> None:
    index = ExactIndex()
    count, step = 150_000, 10_000
    values = [digest(number) for number in range(count)]
    for start in range(0, count, step):
        index.add(range(start + 1, start + step + 1), values[start : start + step])
    index.settle()
    assert len(index) == count
    assert index.nbytes <= 64 * count
    assert refs(index, *values[::997]) == [[number + 1] for number in range(0, count, 997)]
    index.remove(range(1, count + 1, 2))
    assert refs(index, values[0], values[1]) == [[], [2]]
    assert len(index) == count // 2


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 30), st.integers(0, 8)), max_size=120))
def test_it_behaves_like_a_dictionary(steps: list[tuple[bool, int, int]]) -> None:
    limits = exact.HEAD_LIMIT
    exact.HEAD_LIMIT = 7  # so that segments and merges take part
    try:
        index, expected = ExactIndex(8), {}
        for adding, ref, number in steps:
            if adding:
                index.add([ref], [f"{number:016x}"])
                expected[ref] = number
            else:
                index.remove([ref])
                expected.pop(ref, None)
        index.settle()
        for number in range(9):
            assert refs(index, f"{number:016x}") == [sorted(ref for ref, one in expected.items() if one == number)]
        assert len(index) == len(expected)
    finally:
        exact.HEAD_LIMIT = limits


def test_what_was_saved_is_there_after_loading(tmp_path: Path) -> None:
    index = ExactIndex(16)
    values = [digest(number)[:32] for number in range(20_000)]
    index.add(range(1, 20_001), values)
    index.add([20_001, 20_002], ["0" * 32, "0" * 32])
    index.remove([5, 20_002])
    index.save(tmp_path / "one")
    loaded = ExactIndex(16)
    loaded.load(tmp_path / "one")
    assert len(loaded) == 20_000
    assert refs(loaded, values[3], values[4], "0" * 32) == [[4], [], [20_001]]
    loaded.remove([4])
    assert refs(loaded, values[3]) == [[]]
    with pytest.raises(ValueError):
        ExactIndex(32).load(tmp_path / "one")


def test_searches_go_on_while_values_come_and_go() -> None:
    index = ExactIndex(16)
    fixed = [digest(number)[:32] for number in range(1_000)]
    index.add(range(1, 1_001), fixed)
    wrong: list[object] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            if (found := refs(index, fixed[7], fixed[999])) != [[8], [1_000]]:
                wrong.append(found)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(12):
        start = 10_000 * (turn + 1)
        index.add(range(start, start + 9_000), [digest(start + number)[:32] for number in range(9_000)])
        index.remove(range(start, start + 4_000))
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(index) == 1_000 + 12 * 5_000
