"""Siyaj is killed, or hangs: the homeserver goes on as configured, and nothing that passed unchecked is forgotten."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Trial, module_config
from siyaj.cli.demo import pictures, posts
from trial.client import Client, Refused
from trial.homeserver import Homeserver


@pytest.fixture
def away(trial: Trial) -> Iterator[Trial]:
    """Whatever a test did to it, Siyaj answers again afterwards."""
    yield trial
    if trial.siyaj.process is None:
        trial.siyaj.start()
    trial.siyaj.resume()


def test_messages_flow_while_siyaj_is_killed_and_are_checked_when_it_is_back(away: Trial) -> None:
    author = away.homeserver.register("flow")
    room = author.create_room(preset="public_chat", name="Flow")
    author.say(room, "before")
    away.siyaj.kill()
    passed = author.say(room, posts.STATEMENT)
    altered = author.upload(pictures.jpeg(pictures.mirrored(pictures.landscape(100))))
    harmless = [author.say(room, f"{posts.NEWS} {number}") for number in range(20)]
    away.siyaj.start()
    assert wait_until(lambda: author.event(room, passed)["content"] == {}, 20), "what was known is redacted"
    assert wait_until(lambda: not downloads(author, altered), 20), "and what it showed is quarantined"
    for event in harmless:
        assert author.event(room, event)["content"]
        assert wait_until(lambda event=event: away.siyaj.get("/v1/verdicts", event=event)["items"], 20)


def test_a_profile_changed_while_siyaj_is_killed_becomes_a_case_when_it_is_back(away: Trial) -> None:
    user = away.homeserver.register("renamed-away")
    away.siyaj.kill()
    user.set_name(posts.STATEMENT[:250])
    away.siyaj.start()
    assert away.siyaj.case_of(f"account:{user.user_id}", seconds=20) is not None


def test_a_send_is_never_held_longer_than_its_deadline(away: Trial) -> None:
    author = away.homeserver.register("patient")
    room = author.create_room(name="Patience")
    away.siyaj.hang()
    times = []
    for number in range(12):
        began = time.monotonic()
        author.say(room, f"{posts.NEWS} {number}")
        times.append(time.monotonic() - began)
    assert max(times) < 1.0, "the deadline of a message is one second, for the whole send"
    assert min(times[:4]) > 0.5, "that long it is waited for"
    assert sorted(times)[:4][-1] < 0.5, "after five failures in a row nobody waits any more"


def test_a_hook_that_fails_closed_refuses_until_siyaj_is_back(away: Trial, tmp_path: Path) -> None:
    homeserver = Homeserver(
        tmp_path / "closed", module_config(away.siyaj, tmp_path, on_failure={"media": "closed", "message": "closed"})
    )
    away.homeserver.stop()
    try:
        homeserver.start()
        author = homeserver.register("closed")
        room = author.create_room(name="Closed")
        away.siyaj.kill()
        with pytest.raises(Refused, match="يتعذّر فحص"):
            author.say(room, posts.NEWS)
        with pytest.raises(Refused, match="cannot be checked at the moment"):
            author.upload(pictures.jpeg(pictures.landscape(503)))
        away.siyaj.start()
        assert wait_until(lambda: says(author, room), 15)
    finally:
        homeserver.stop()
        away.homeserver.start()


def test_a_key_that_is_revoked_in_mid_traffic_loses_nothing(away: Trial, tmp_path: Path) -> None:
    config = {**module_config(away.siyaj, tmp_path), "key": away.siyaj.new_key("soon revoked")}
    homeserver = Homeserver(tmp_path / "revoked", config)
    away.homeserver.stop()
    try:
        homeserver.start()
        author = homeserver.register("revoked")
        room = author.create_room(name="Revoked")
        with pytest.raises(Refused, match="السياسة"):
            author.say(room, posts.STATEMENT)
        away.siyaj.run("key", "revoke", "soon revoked")
        assert wait_until(lambda: says(author, room) and "Siyaj answered 401" in homeserver.log(), 10)
        passed = author.say(room, posts.STATEMENT)
        author.report_room(room, "look")
        assert homeserver.counted("siyaj_module_failed_open_total", hook="message") >= 2
        assert away.siyaj.case_of(f"channel:{room}", seconds=2) is None

        homeserver.stop()
        config["key"] = away.siyaj.new_key("fresh")
        homeserver.start()
        author = homeserver.log_in("revoked")
        assert wait_until(lambda: author.event(room, passed)["content"] == {}, 20)
        assert away.siyaj.case_of(f"channel:{room}", seconds=20) is not None
    finally:
        homeserver.stop()
        away.homeserver.start()


def says(author: Client, room: str) -> bool:
    try:
        return bool(author.say(room, posts.NEWS))
    except Refused:
        return False


def downloads(client: Client, mxc: str) -> bool:
    try:
        return bool(client.download(mxc))
    except Refused:
        return False


def wait_until(true, seconds: float) -> bool:  # type: ignore[no-untyped-def]
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True
