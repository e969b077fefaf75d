"""Strikes add up, expire, and are reversed: after any sequence of decisions, undoing and appeals the sum is right."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.ids import new_id
from siyaj.model.person import Role
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.strike import Strike
from siyaj.storage import strikes
from siyaj.storage.database import Database
from tests.moderation.desk import POLICY, Desk, draft, open_desk, posted
from tests.moderation.staff import person

AMAL, LAYLA = person("amal"), person("layla", Role.LEAD)
NUMBERS = count()
DONE = st.tuples(
    st.sampled_from(["tvec", "tvec.bystander", "tvec.violence", "tvec.perpetrator"]),
    st.sampled_from(["remove", "limit", "label"]),
    st.sampled_from(["none", "none", "news"]),
    st.sampled_from(["stands", "undone", "overturned", "upheld"]),
)


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    yield open_desk(database, undo_seconds=60)


@given(st.lists(DONE, max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_sum_is_that_of_what_stands(desk: Desk, done: list[tuple[str, str, str, str]]) -> None:
    number = next(NUMBERS)
    expected = {SubjectKind.ACCOUNT: 0, SubjectKind.CHANNEL: 0}
    for policy, action, exemption, fate in done:
        if action == "remove" and exemption != "none":
            continue
        item = f"m-{number}-{next(NUMBERS)}"
        case = posted(desk.database, item, account=f"u-{number}", channel=f"c-{number}")
        made = desk.decide(case, draft(action, policy, exemption, deviation="x"), AMAL)
        if fate == "undone":
            desk.decisions.undo(made.id, AMAL)
        elif fate != "stands":
            ruling = draft("restore" if fate == "overturned" else "none", policy="")
            desk.decide(desk.appeal(made.id).case, ruling, LAYLA)
        if fate in ("stands", "upheld") and exemption == "none":
            for kind in expected:
                rule = POLICY.ladder.strike(kind, made.action, policy, POLICY.severity(policy))
                expected[kind] += rule.weight if rule else 0
    assert desk.weight("account", f"u-{number}") == expected[SubjectKind.ACCOUNT]
    assert desk.weight("channel", f"c-{number}") == expected[SubjectKind.CHANNEL]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(-100, 100), st.booleans()), max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_only_live_strikes_weigh(database: Database, marks: list[tuple[int, int, bool]]) -> None:
    subject, now = Subject(SubjectKind.ACCOUNT, f"e-{next(NUMBERS)}"), now_us()
    moment = to_datetime(now)
    made = [
        Strike(new_id("str"), subject, new_id("dec"), weight, moment, moment + timedelta(days=days, seconds=1))
        for weight, days, _ in marks
    ]
    with database.begin() as connection:
        strikes.insert(connection, made)
        for strike, (_, _, reversed_) in zip(made, marks, strict=True):
            if reversed_:
                assert strikes.reverse(connection, strike.decision, "dec_x", now) == [strike.id]
                assert strikes.reverse(connection, strike.decision, "dec_y", now) == []
        live = sum(weight for weight, days, reversed_ in marks if days >= 0 and not reversed_)
        assert strikes.weight(connection, subject, now) == live
        found = strikes.of_subject(connection, subject)
        assert sum(one.weight for one in found if one.live(moment)) == live
        strikes.revive(connection, [strike.id for strike in made])
        assert strikes.weight(connection, subject, now) == sum(weight for weight, days, _ in marks if days >= 0)
