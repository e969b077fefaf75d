"""What marks a decision leaves, and what they add up to."""

from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.action import ActionKind
from siyaj.model.report import SubjectKind
from siyaj.policy.ladder import FITTING, Ladder, Step, StrikeRule
from siyaj.policy.load import load_policy

SHIPPED = load_policy().ladder
A, K = ActionKind, SubjectKind


def proposed(subject: SubjectKind, policy: str, severity: int, weight: int = 0) -> ActionKind | None:
    step = SHIPPED.step(subject, policy, severity, weight)
    return step.then if step else None


def test_the_shipped_ladder() -> None:
    assert proposed(K.ITEM, "tvec.bystander", 2) is A.LABEL
    assert proposed(K.ITEM, "tvec", 3) is A.REMOVE
    assert proposed(K.ACCOUNT, "tvec", 3, 2) is None
    assert proposed(K.ACCOUNT, "tvec", 3, 4) is A.LIMIT
    assert proposed(K.ACCOUNT, "tvec.perpetrator", 5, 8) is A.SUSPEND_ACCOUNT
    assert proposed(K.ACCOUNT, "tvec.entity", 3) is A.SUSPEND_ACCOUNT
    assert proposed(K.CHANNEL, "tvec.entity.outlet", 3) is A.CLOSE_CHANNEL
    assert proposed(K.CHANNEL, "tvec.entityx", 3) is None
    strike = SHIPPED.strike(K.ACCOUNT, A.REMOVE, "tvec", 3)
    assert strike is not None
    assert (strike.weight, strike.days) == (2, 180)
    assert SHIPPED.strike(K.ACCOUNT, A.LABEL, "tvec", 5) is None
    assert SHIPPED.strike(K.ITEM, A.REMOVE, "tvec", 5) is None


def test_a_policy_of_ones_own_without_a_ladder_has_the_shipped_one(tmp_path: object) -> None:
    assert load_policy().ladder == SHIPPED
    assert SHIPPED.steps


@given(st.sampled_from(K), st.integers(1, 5), st.integers(0, 100), st.integers(0, 100))
def test_more_weight_never_proposes_a_lower_step(subject: SubjectKind, severity: int, less: int, more: int) -> None:
    order = [A.LABEL, A.LIMIT, A.REMOVE, A.SUSPEND_ACCOUNT, A.CLOSE_CHANNEL]
    low, high = sorted((less, less + more))
    before, after = proposed(subject, "tvec", severity, low), proposed(subject, "tvec", severity, high)
    assert before is None or (after is not None and order.index(after) >= order.index(before))
    assert after is None or after in FITTING[subject]


def test_of_strikes_that_fit_the_weightiest_is_left() -> None:
    rules = [StrikeRule(on=K.ACCOUNT, actions=[A.REMOVE], weight=w, days=d) for w, d in ((1, 900), (3, 10), (3, 20))]
    found = Ladder(rules, [Step(subject=K.ACCOUNT, then=A.LIMIT)]).strike(K.ACCOUNT, A.REMOVE, "x", 1)
    assert found == rules[2]
