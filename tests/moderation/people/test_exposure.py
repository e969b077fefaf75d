"""Care for those who look: what a shift adds up to, when a break is proposed, when the budget is spent."""

from datetime import UTC, datetime

import pytest

from siyaj.model.person import Person, Preferences, Role
from siyaj.moderation.people.exposure import Exposures
from siyaj.storage.database import Database

MINUTE = 60_000_000
NOON = 1_800_000_000_000_000


@pytest.fixture
def exposure(database: Database) -> Exposures:
    return Exposures(database)


def person(id_: str = "per_1", **preferences: int) -> Person:
    return Person(id_, id_, "Amal", [Role.REVIEWER], [], [], Preferences(**preferences), datetime.now(UTC))


def test_revealed_seconds_add_up_to_the_budget(exposure: Exposures) -> None:
    amal = person(exposure_minutes=2)
    assert not exposure.note(amal, seconds=60, revealed=1, now=NOON).spent
    seen = exposure.note(amal, seconds=60, now=NOON + MINUTE)
    assert (seen.seconds, seen.revealed, seen.left, seen.spent) == (120, 1, 0, True)
    assert exposure.of(amal, NOON + 2 * MINUTE).spent
    assert exposure.of(person("per_2"), NOON).seconds == 0


def test_a_break_is_proposed_after_a_stretch_of_work_and_a_pause_ends_the_stretch(exposure: Exposures) -> None:
    amal = person(break_minutes=50)
    for minute in range(0, 50, 5):
        assert not exposure.note(amal, now=NOON + minute * MINUTE).break_due
    assert exposure.note(amal, now=NOON + 50 * MINUTE).break_due
    assert exposure.of(amal, NOON + 70 * MINUTE).working_since is None
    assert not exposure.note(amal, now=NOON + 70 * MINUTE).break_due


def test_resting_begins_the_stretch_anew_but_not_the_budget(exposure: Exposures) -> None:
    amal = person(break_minutes=10)
    exposure.note(amal, seconds=30, now=NOON)
    assert exposure.note(amal, seconds=30, now=NOON + 9 * MINUTE).seconds == 60
    assert exposure.note(amal, now=NOON + 11 * MINUTE).break_due
    rested = exposure.rest(amal, NOON + 12 * MINUTE)
    assert (rested.break_due, rested.seconds) == (False, 60)


def test_a_new_day_after_a_long_pause_is_a_new_shift_and_midnight_is_not(exposure: Exposures) -> None:
    amal = person()
    midnight = (NOON // (86_400 * 10**6) + 1) * 86_400 * 10**6
    exposure.note(amal, seconds=100, now=midnight - MINUTE)
    assert exposure.note(amal, seconds=20, now=midnight + MINUTE).seconds == 120
    later = midnight + 9 * 60 * MINUTE
    assert exposure.of(amal, later).seconds == 0
    assert exposure.note(amal, seconds=5, now=later).seconds == 5


def test_a_screen_cannot_claim_a_night_nor_take_back(exposure: Exposures) -> None:
    assert exposure.note(person(), seconds=40_000, now=NOON).seconds == 120
    assert exposure.note(person(), seconds=-50, revealed=-2, now=NOON).seconds == 120


def test_the_team_is_seen_shift_by_shift(exposure: Exposures) -> None:
    exposure.note(person(), seconds=90, revealed=2, now=NOON)
    exposure.note(person("per_2"), seconds=30, now=NOON + MINUTE)
    assert [(row.person, row.seconds) for row in exposure.team(now=NOON)] == [("per_1", 90), ("per_2", 30)]
    assert exposure.team(now=NOON + 30 * 1_440 * MINUTE) == []


def test_old_shifts_are_forgotten(exposure: Exposures) -> None:
    exposure.note(person("per_2"), seconds=90, now=NOON)
    later = NOON + 100 * 1_440 * MINUTE
    exposure.note(person(), seconds=10, now=later)
    assert [row.person for row in exposure.team(days=365, now=later)] == ["per_1"]
