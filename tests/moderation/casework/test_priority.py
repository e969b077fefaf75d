"""A priority is 0–100 and says what it is made of; a threat to life is 100 and alone there."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.case import PriorityFactor
from siyaj.moderation.casework.priority import LIFE, MOST, Inputs, score

INPUTS = st.builds(
    Inputs,
    severity=st.integers(0, 5),
    reach=st.integers(0, 10**9),
    age_hours=st.none() | st.floats(0, 10_000),
    reporters=st.integers(0, 10**6),
    match=st.floats(0, 1),
    deadline_hours=st.none() | st.floats(-100, 10_000),
    brigading=st.booleans(),
    order=st.booleans(),
    appeal=st.booleans(),
)


@given(INPUTS)
def test_points_add_up(inputs: Inputs) -> None:
    points, reasons = score(inputs)
    total = sum(reason.points for reason in reasons)
    assert points == min(MOST, max(0, total))
    assert all(reason.points for reason in reasons)
    assert [abs(reason.points) for reason in reasons] == sorted((abs(r.points) for r in reasons), reverse=True)


@given(INPUTS)
def test_a_threat_to_life_goes_before_everything(inputs: Inputs) -> None:
    points, reasons = score(msgspec.structs.replace(inputs, life=True))
    assert points == LIFE > score(inputs)[0]
    assert [reason.factor for reason in reasons] == [PriorityFactor.LIFE]


@given(INPUTS, st.sampled_from(["severity", "reach", "reporters", "match"]))
def test_more_never_lowers_a_priority(inputs: Inputs, what: str) -> None:
    ceiling: dict[str, Any] = {"severity": 5, "reach": 10**9, "reporters": 10**6, "match": 1.0}
    assert score(msgspec.structs.replace(inputs, **{what: ceiling[what]}))[0] >= score(inputs)[0]
    assert (
        score(msgspec.structs.replace(inputs, brigading=True))[0]
        <= score(msgspec.structs.replace(inputs, brigading=False))[0]
    )
