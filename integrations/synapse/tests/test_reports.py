"""What people report at a real homeserver becomes a case; none is lost, none counts twice."""

import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from conftest import Trial, module_config
from siyaj.cli.demo import posts
from trial.homeserver import Homeserver


def test_a_reported_room_is_a_case_within_two_seconds(trial: Trial) -> None:
    owner, reporter = trial.homeserver.register("reported-owner"), trial.homeserver.register("room-reporter")
    room = owner.create_room(preset="public_chat", name="Gate")
    began = time.monotonic()
    reporter.report_room(room, "هذه الغرفة تنشر تهديدات")
    case = trial.siyaj.case_of(f"channel:{room}")
    assert case is not None
    assert time.monotonic() - began < 2
    (report,) = trial.siyaj.get(f"/v1/cases/{case['id']}")["reports"]
    assert report["text"] == "هذه الغرفة تنشر تهديدات"
    assert report["reporter"]["id"] == reporter.user_id


def test_a_reported_event_comes_with_what_it_said_and_a_reported_user_is_an_account(trial: Trial) -> None:
    author, reporter = trial.homeserver.register("reported"), trial.homeserver.register("reporter")
    room = author.create_room(preset="public_chat", name="Square")
    reporter.join(room)
    author.say(room, "ما قيل قبله")
    event = author.say(room, "كلام يستحق أن يُنظر فيه")
    reporter.report_event(room, event, "look")
    reporter.report_user(author.user_id, "again and again")
    case = trial.siyaj.case_of(f"item:{event}")
    assert case is not None
    (report,) = trial.siyaj.get(f"/v1/cases/{case['id']}")["reports"]
    assert report["content"]["text"] == "كلام يستحق أن يُنظر فيه"
    assert report["content"]["before"] == [{"text": "ما قيل قبله", "account": author.user_id}]
    assert (case["account"], case["channel"]) == (author.user_id, room)
    assert trial.siyaj.case_of(f"account:{author.user_id}") is not None


def test_reports_made_while_siyaj_is_away_arrive_when_it_is_back_and_once(trial: Trial) -> None:
    owner, reporter = trial.homeserver.register("away-owner"), trial.homeserver.register("away-reporter")
    room = owner.create_room(preset="public_chat", name="Mill")
    trial.siyaj.kill()
    for number in range(5):
        reporter.report_room(room, f"report {number}")
    time.sleep(1.5)
    trial.siyaj.start()
    assert reports_of(trial, room, 5) == [f"report {number}" for number in range(5)]
    trial.homeserver.stop()
    trial.homeserver.start()
    time.sleep(2)
    assert len(reports_of(trial, room, 5)) == 5, "a restart sends none again"


def test_ids_that_repeat_after_an_older_backup_are_other_reports(trial: Trial) -> None:
    owner, reporter = trial.homeserver.register("backup-owner"), trial.homeserver.register("backup-reporter")
    room = owner.create_room(preset="public_chat", name="Bridge")
    reporter.report_room(room, "before")
    assert reports_of(trial, room, 1) == ["before"]
    trial.homeserver.stop()
    with sqlite3.connect(trial.homeserver.folder / "homeserver.db") as db:
        before = db.execute("SELECT max(id) FROM room_reports").fetchone()[0]
        db.execute("DELETE FROM room_reports WHERE id = ?", (before,))
    trial.homeserver.start()
    owner, reporter = trial.homeserver.log_in("backup-owner"), trial.homeserver.log_in("backup-reporter")
    reporter.report_room(room, "after")
    with sqlite3.connect(trial.homeserver.folder / "homeserver.db") as db:
        assert db.execute("SELECT max(id) FROM room_reports").fetchone()[0] == before, "the id is given again"
    assert reports_of(trial, room, 2) == ["before", "after"]


def test_a_homeserver_that_is_restored_from_an_older_backup_repeats_and_loses_no_report(
    trial: Trial, tmp_path: Path
) -> None:
    homeserver = Homeserver(tmp_path / "restored", module_config(trial.siyaj, tmp_path))
    database = homeserver.folder / "homeserver.db"
    trial.homeserver.stop()
    try:
        homeserver.start()
        owner, reporter = homeserver.register("old-owner"), homeserver.register("old-reporter")
        room = owner.create_room(preset="public_chat", name="Old bridge")
        reporter.join(room)
        event = owner.say(room, "كلام يستحق أن يُنظر فيه")

        def report(word: str) -> None:
            reporter.report_room(room, word)
            reporter.report_user(owner.user_id, word)
            reporter.report_event(room, event, word)

        def arrived(count: int) -> list[list[str]]:
            subjects = (f"channel:{room}", f"account:{owner.user_id}", f"item:{event}")
            return [reports_about(trial, subject, count) for subject in subjects]

        report("one")
        assert arrived(1) == [["one"]] * 3
        homeserver.stop()
        shutil.copy(database, tmp_path / "backup.db")
        homeserver.start()
        reporter = homeserver.log_in("old-reporter")
        report("two")
        assert arrived(2) == [["one", "two"]] * 3
        homeserver.stop()
        for leftover in homeserver.folder.glob("homeserver.db*"):
            leftover.unlink()
        shutil.copy(tmp_path / "backup.db", database)
        homeserver.start()
        reporter = homeserver.log_in("old-reporter")
        report("three")
        assert arrived(3) == [["one", "two", "three"]] * 3
    finally:
        homeserver.stop()
        trial.homeserver.start()


@pytest.mark.parametrize("reason", ["", "\u202eتقرير\u202c \u0000 <script>alert(1)</script>", posts.STATEMENT[:900]])
def test_a_reason_may_be_any_text(trial: Trial, reason: str) -> None:
    name = f"odd-{abs(hash(reason)) % 10_000}"
    owner, reporter = trial.homeserver.register(name), trial.homeserver.register(f"{name}-reporter")
    room = owner.create_room(preset="public_chat", name="Odd")
    reporter.report_room(room, reason)
    assert reports_of(trial, room, 1) == [reason.replace("\0", " ")]


def reports_of(trial: Trial, room: str, count: int) -> list[str]:
    return reports_about(trial, f"channel:{room}", count)


def reports_about(trial: Trial, subject: str, count: int, seconds: float = 8) -> list[str]:
    """Return what the reports about it say, once there are so many."""
    until = time.monotonic() + seconds
    while True:
        case = trial.siyaj.case_of(subject, seconds=0)
        found = trial.siyaj.get(f"/v1/cases/{case['id']}")["reports"] if case else []
        if len(found) >= count or time.monotonic() > until:
            return [one["text"] for one in found]
        time.sleep(0.1)
