"""Kappa and error rates against figures from the literature, and what must hold for any figures."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyaj.moderation.quality.agreement import kappa, wilson


def pairs(table: list[list[int]]) -> list[tuple[int, int]]:
    return [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]


def test_kappa_of_the_textbook() -> None:
    # Fleiss, Levin, Paik: Statistical Methods for Rates and Proportions (2003), table 18.1: 0.68, standard error 0.087
    found = kappa(pairs([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))
    assert found.value == pytest.approx(0.6765, abs=5e-4)
    assert found.high is not None
    assert found.low is not None
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(0.0877, abs=5e-4)
    assert (found.agreed, found.of) == (89, 100)


def test_kappa_of_two_by_two() -> None:
    assert kappa(pairs([[20, 5], [10, 15]])).value == pytest.approx(0.4)
    assert kappa(pairs([[45, 15], [25, 15]])).value == pytest.approx(0.1304, abs=5e-5)
    assert kappa(pairs([[0, 5], [5, 0]])).value == pytest.approx(-1)


def test_kappa_says_nothing_where_nothing_can_be_said() -> None:
    assert kappa([]).value is None
    always = kappa([("none", "none")] * 30)
    assert (always.agreed, always.of, always.value) == (30, 30, None)


def test_wilson_of_the_literature() -> None:
    # Newcombe (1998), table I, method 3
    for count, of, low, high in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]:
        rate = wilson(count, of)
        assert (rate.low, rate.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert wilson(1, 29).low == pytest.approx(0.0061, abs=5e-5)
    assert wilson(0, 0).share is None
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2)


@given(st.integers(0, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_its_share_and_mirrors(case: tuple[int, int]) -> None:
    count, of = case
    rate, mirror = wilson(count, of), wilson(of - count, of)
    if of == 0:
        assert rate.low is None
        return
    assert rate.low is not None
    assert rate.share is not None
    assert rate.high is not None
    assert mirror.high is not None
    assert 0 <= rate.low <= rate.share <= rate.high <= 1
    assert rate.low == pytest.approx(1 - mirror.high)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=60))
def test_kappa_is_bounded_symmetric_and_blind_to_names(given_pairs: list[tuple[str, str]]) -> None:
    found, swapped = kappa(given_pairs), kappa([(b, a) for a, b in given_pairs])
    renamed = kappa([(a.upper(), b.upper()) for a, b in given_pairs])
    if found.value is None:
        assert swapped.value is None
        return
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert swapped.value == pytest.approx(found.value)
    assert swapped.low == pytest.approx(found.low)
    assert renamed.value == pytest.approx(found.value)
    assert (found.value == pytest.approx(1)) == all(a == b for a, b in given_pairs)
    assert math.isfinite(found.value)
