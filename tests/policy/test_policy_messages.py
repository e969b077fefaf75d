"""What people read when a policy is wrong: golden files, one for each faulty policy in `golden/`.

To accept new messages: `SIYAJ_WRITE_GOLDEN=1 pytest tests/policy/test_policy_messages.py`, then read the difference.
"""

import os
from pathlib import Path

import pytest

from siyaj.model.errors import ErrorCode, InvalidPolicy
from siyaj.policy.load import DESIGN_TYPES, load_policy
from siyaj.policy.problems import FaultyPolicy

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("policy", sorted(GOLDEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_faulty_policy_is_refused_with_every_problem_its_line_and_a_hint(policy: Path) -> None:
    with pytest.raises(FaultyPolicy) as refused:
        load_policy(policy, known_types=DESIGN_TYPES)
    said = "".join(f"{problem}\n" for problem in refused.value.problems)
    expected = policy.with_suffix(".txt")
    if os.environ.get("SIYAJ_WRITE_GOLDEN"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")


def test_the_error_names_the_first_problem_and_counts_the_others() -> None:
    with pytest.raises(InvalidPolicy) as refused:
        load_policy(GOLDEN / "a-seed-acts.yaml")
    error = refused.value
    assert error.code is ErrorCode.INVALID_POLICY
    assert error.field == "a-seed-acts.yaml:7"
    assert "only entries that two people confirmed act alone; and 4 more problems" in error.message
    assert error.hint is not None and "acts_alone: true" in error.hint
