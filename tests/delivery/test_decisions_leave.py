"""From a person's decision to the platform, and back again when an appeal succeeds."""

import time
from collections.abc import Iterator

import pytest

from siyaj.delivery import schedule
from siyaj.delivery.worker import DeliveryWorker
from siyaj.model.case import Note
from siyaj.model.person import Role
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.state import Standing
from siyaj.moderation.state import state_of
from siyaj.storage import delivery_list, notes
from siyaj.storage.database import Database
from tests.delivery.receiver import Receiver
from tests.moderation.desk import NOTHING, Desk, draft, open_desk, posted
from tests.moderation.staff import person

AMAL, LAYLA = person("amal"), person("layla", Role.LEAD)
ITEM = Subject(SubjectKind.ITEM, "m-1")


@pytest.fixture
def desk(database: Database, secret: str, worker: DeliveryWorker) -> Iterator[Desk]:
    """`secret` and `worker`: there is an endpoint, and what is decided is delivered."""
    return open_desk(database, undo_seconds=0.0)


def kinds(platform: Receiver) -> list[str]:
    return [one.data["type"] for one in platform.received]


def test_a_decision_reaches_the_platform_and_a_successful_appeal_takes_it_back(desk: Desk, platform: Receiver) -> None:
    case = posted(desk.database, language="ar")
    first = desk.decide(case, draft(), AMAL)
    began = time.monotonic()
    platform.wait_for(2)
    assert time.monotonic() - began < 10
    assert sorted(kinds(platform)) == ["action.notify", "action.remove"]
    removed = next(one.data["data"] for one in platform.received if one.data["type"] == "action.remove")
    assert (removed["decision"], removed["case"], removed["subject"]["id"]) == (first.id, case, "m-1")
    assert removed["payload"]["statement"]["appeal_url"]
    standing = state_of(desk.database, ITEM)
    assert (standing.standing, standing.decision) == (Standing.REMOVED, first.id)
    assert standing.appeal_url == removed["payload"]["statement"]["appeal_url"]
    _wait_delivered(desk.database, case, 2)

    appeal = desk.appeal(first.id)
    desk.decide(appeal.case, draft("restore", policy=""), LAYLA)
    platform.wait_for(4)
    assert "action.restore" in kinds(platform)
    assert state_of(desk.database, ITEM).standing is Standing.ALLOWED


def test_what_cannot_be_done_is_told_to_who_decided(
    desk: Desk, platform: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "RETRIES", ())
    platform.answers.extend([500, 500])
    case = posted(desk.database)
    desk.decide(case, draft(), AMAL)
    until = time.monotonic() + 20
    while len(found := _notes(desk.database, case)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert sorted(note.text for note in found) == ["platform: notify ✗ 500 {}", "platform: remove ✗ 500 {}"]
    assert {note.person for note in found} == {"system"}
    assert {tuple(note.mentions) for note in found} == {(AMAL.id,)}


def _notes(database: Database, case: str) -> list[Note]:
    with database.read() as connection:
        return notes.of_case(connection, case)


def test_what_was_held_is_released(desk: Desk, platform: Receiver) -> None:
    case = posted(desk.database, verdicts=1)
    desk.held(case)
    assert state_of(desk.database, ITEM).standing is Standing.HELD
    desk.decide(case, NOTHING, AMAL)
    platform.wait_for(1)
    assert kinds(platform) == ["action.restore"]
    assert state_of(desk.database, ITEM).standing is Standing.ALLOWED


def test_an_undone_decision_never_leaves(
    database: Database, secret: str, worker: DeliveryWorker, platform: Receiver
) -> None:
    desk = open_desk(database, undo_seconds=60)
    made = desk.decide(posted(database), draft(), AMAL)
    time.sleep(0.6)
    desk.decisions.undo(made.id, AMAL)
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET next_at = 0")
    time.sleep(0.6)
    assert platform.received == []
    assert state_of(database, ITEM).standing is Standing.ALLOWED


def test_an_appeal_that_waits_or_fails_changes_nothing(desk: Desk, platform: Receiver) -> None:
    verdict = desk.held(None, action="block")
    token = desk.links.appeal(f"verdict:{verdict}").rpartition("/")[2]
    from siyaj.model.appeal import NewAppeal

    appeal = desk.appeals.receive(NewAppeal(token, "كان هذا خبرًا", "", "ar"))
    assert state_of(desk.database, ITEM).standing is Standing.BLOCKED
    desk.decide(appeal.case, NOTHING, LAYLA)
    assert state_of(desk.database, ITEM).standing is Standing.BLOCKED


def _wait_delivered(database: Database, case: str, count: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with database.read() as connection:
            states = [one.state for one in delivery_list.of_case(connection, case)]
        if states == ["delivered"] * count:
            return
        time.sleep(0.05)
    raise AssertionError(states)
