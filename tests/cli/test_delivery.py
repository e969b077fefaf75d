"""`siyaj endpoint` and `siyaj delivery`: set up, test, rotate, and a worker of its own that may be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from siyaj.model.action import ActionKind
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage import actions
from siyaj.storage.actions import NewAction
from siyaj.storage.database import Database
from tests.cli.conftest import Run
from tests.delivery.receiver import receiver, reply


def test_an_endpoint_is_added_tested_rotated_and_disabled(siyaj: Run) -> None:
    with receiver() as platform:
        refused = siyaj("endpoint", "add", "forum", platform.url)
        assert refused.code == 2
        assert "--allow-private" in refused.err
        added = siyaj("endpoint", "add", "forum", platform.url, "--allow-private", "--json").lines[0]
        tested = siyaj("endpoint", "test", "forum")
        assert (tested.code, tested.out) == (0, "done 200 {}\n")
        (one,) = platform.received
        assert Webhook(added["secret"]).verify(one.body, one.headers)["type"] == "action.none"
        fresh = siyaj("endpoint", "rotate", "forum").out.strip()
        siyaj("endpoint", "test", "forum")
        for secret in (fresh, added["secret"]):
            Webhook(secret).verify(platform.received[1].body, platform.received[1].headers)
        platform.answers.append(500)
        assert siyaj("endpoint", "test", "forum").code == 1
    assert siyaj("endpoint", "disable", "forum", "--why", "moved").code == 0
    listed = siyaj("endpoint", "list", "--json").lines
    assert [(one["name"], one["disabled_why"]) for one in listed] == [("forum", "moved")]
    assert siyaj("endpoint", "enable", "forum").code == 0
    assert (
        siyaj("endpoint", "add", "forum", "https://forum.example/", "--json").lines[0]["error"]["code"]
        == "already_exists"
    )
    told = siyaj("endpoint", "list")
    assert "whsec_" not in told.out + told.err


def test_an_account_of_a_homeserver_is_logged_in(siyaj: Run) -> None:
    with receiver() as platform:
        platform.answers.append(lambda handler: reply(handler, 200, b'{"access_token": "syt_given"}'))
        add = ("endpoint", "add", "matrix", platform.url, "--kind", "synapse", "--allow-private", "--user", "siyaj")
        assert siyaj(*add, stdin="the password\n").code == 0
        asked = json.loads(platform.received[0].body)
        assert (asked["identifier"]["user"], asked["password"]) == ("siyaj", "the password")
        refused = lambda handler: reply(handler, 403, b'{"error": "Invalid username or password"}')  # noqa: E731
        platform.answers.append(refused)
        again = siyaj("endpoint", "token", "matrix", "--user", "siyaj", stdin="wrong\n")
    assert (again.code, "403 Invalid username or password" in again.err) == (2, True)


def test_an_endpoint_that_was_added_late_gets_what_should_be_so(
    siyaj: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIYAJ_DATABASE", database_url)
    siyaj("endpoint", "add", "early", "--kind", "poll")
    now = to_datetime(now_us()) - timedelta(seconds=1)
    database = Database.open(database_url)
    with database.begin() as connection:
        removed, restored = (Subject(SubjectKind.ITEM, name) for name in ("m-1", "m-2"))
        each = [(removed, ActionKind.REMOVE), (restored, ActionKind.REMOVE), (restored, ActionKind.RESTORE)]
        new = [NewAction("dec_1", None, subject, kind, None, {}, now) for subject, kind in each]
        first, *_ = actions.enqueue(connection, new)
    database.close()
    siyaj("endpoint", "add", "late", "--kind", "poll")
    for sent in (False, True):
        lines = siyaj("endpoint", "reconcile", "late", "--json", *(["--send"] if sent else [])).lines
        assert [(one["id"], one["sent"]) for one in lines] == [(first, sent)]
    assert siyaj("endpoint", "reconcile", "late").err.startswith("nothing is missing")
    listed = siyaj("delivery", "list", "--endpoint", "late", "--json").lines
    assert [(one["action"], one["state"]) for one in listed] == [(first, "waiting")]


def test_a_token_comes_from_a_file_and_is_never_shown(siyaj: Run, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret-token\n")
    added = siyaj("endpoint", "add", "matrix", "https://matrix.example", "--kind", "synapse", "--token-file", "token")
    assert added.code == 0
    assert siyaj("endpoint", "token", "matrix", "--token-file", "-", stdin="another").code == 0
    assert siyaj("endpoint", "token", "matrix", "--token-file", "-", stdin=" ").code == 2
    for path in (tmp_path / "data").glob("*"):
        assert not path.is_file() or b"s3cret-token" not in path.read_bytes()


def test_a_worker_that_is_killed_in_the_middle_loses_nothing_and_repeats_the_id(
    siyaj: Run, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIYAJ_DATABASE", database_url)
    with receiver() as platform:
        siyaj("endpoint", "add", "forum", platform.url, "--allow-private")
        database = Database.open(database_url)
        at = to_datetime(now_us()) - timedelta(seconds=1)
        with database.begin() as connection:
            subjects = [Subject(SubjectKind.ITEM, f"m-{number}") for number in range(30)]
            made = actions.enqueue(
                connection, [NewAction("dec_1", None, one, ActionKind.REMOVE, None, {}, at) for one in subjects]
            )
        platform.answers.extend([lambda handler: time.sleep(30)] * 3)
        killed = _run(tmp_path)
        platform.wait_for(4)
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        with database.begin() as connection:  # a minute later
            connection.exec_driver_sql("UPDATE deliveries SET next_at = 0 WHERE state = 'waiting'")
        third, second = _run(tmp_path), _run(tmp_path)
        platform.wait_for(33)
        until = time.monotonic() + 10
        while siyaj("delivery", "list", "--state", "waiting", "--json").lines and time.monotonic() < until:
            time.sleep(0.1)
        for each in (second, third):
            each.terminate()
            assert each.wait(timeout=20) == 0
        database.close()
        assert set(platform.ids) == set(made), "an idempotent receiver has done each once, and none is missing"
        assert len(platform.ids) <= 30 + 4, "only what was on its way when the worker died comes twice"
    listed = siyaj("delivery", "list", "--json").lines
    assert {one["state"] for one in listed} == {"delivered"}
    assert siyaj("delivery", "replay", "--json").lines == [{"replayed": 0, "left_alone": 0}]


def _run(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "siyaj.cli.main", "delivery", "run"],
        env={**os.environ, "SIYAJ_DATA": str(folder / "data")},
        stderr=subprocess.DEVNULL,
    )


def test_json_lines_of_an_endpoint_hold_what_a_script_needs(siyaj: Run) -> None:
    added = json.loads(siyaj("endpoint", "add", "asks", "--kind", "poll", "--json").out)
    assert (added["kind"], added["url"], added["disabled_at"]) == ("poll", "", None)
