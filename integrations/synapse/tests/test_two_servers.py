"""Two real homeservers that federate over TLS: ours is moderated, the other one is not."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from test_enforcement import Enforcer

from conftest import Trial, module_config
from siyaj.cli.demo import pictures, posts
from siyaj.delivery.adaptor import Result
from trial.client import Client, Refused
from trial.federation import Federation
from trial.homeserver import Homeserver


class Two(NamedTuple):
    ours: Homeserver
    theirs: Homeserver
    local: Client
    """Of our server, the owner of `room`."""
    remote: Client
    """Of the other server, a member of it."""
    room: str
    enforcer: Enforcer


@pytest.fixture(scope="module")
def two(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    federation = Federation.make(folder / "tls")
    ours = Homeserver(folder / "ours", None, federation=federation)
    config = module_config(trial.siyaj, folder, enforcer=f"@siyaj:{ours.name}")
    ours.modules = [{"module": "siyaj_synapse.SiyajModule", "config": config}]
    theirs = Homeserver(folder / "theirs", None, federation=federation)
    trial.homeserver.stop()
    try:
        ours.start()
        theirs.start()
        local, remote = ours.register("amal"), theirs.register("basim")
        enforcer = Enforcer(ours.address, ours.register("siyaj", admin=True))
        room = local.create_room(preset="public_chat", name="Bridge", visibility="public")
        remote.join(room, via=ours.name)
        yield Two(ours, theirs, local, remote, room, enforcer)
    finally:
        ours.stop()
        theirs.stop()
        trial.homeserver.start()


def test_what_people_of_other_servers_say_in_a_room_here_is_checked(two: Two, trial: Trial) -> None:
    harmless = two.remote.say(two.room, posts.NEWS)
    assert until(lambda: sees(two.local, two.room, harmless))
    refused = two.remote.say(two.room, posts.STATEMENT)
    after = two.remote.say(two.room, "صباح الخير")
    assert until(lambda: sees(two.local, two.room, after)), "the room goes on"
    assert refused not in timeline(two.local), "here nobody is shown it; their own server knows no refusal"
    assert trial.siyaj.get("/v1/verdicts", event=refused)["items"][0]["action"] == "block"


def test_files_of_other_servers_are_checked_when_they_come(two: Two) -> None:
    known = two.remote.upload(pictures.jpeg(pictures.landscape(100)))
    other = two.remote.upload(pictures.jpeg(pictures.landscape(801)))
    with pytest.raises(Refused):
        two.local.download(known)
    assert two.local.download(other)
    assert two.remote.download(known), "there it stays: that server has no such module"


def test_reports_about_people_of_other_servers(two: Two, trial: Trial) -> None:
    """Of their events: a case. Of themselves: Synapse drops it, and answers 200."""
    event = two.remote.say(two.room, "كلام يستحق أن يُنظر فيه")
    assert until(lambda: sees(two.local, two.room, event))
    two.local.report_user(two.remote.user_id, "again and again")
    two.local.report_event(two.room, event, "look")
    case = trial.siyaj.case_of(f"item:{event}", seconds=20)
    assert case is not None
    assert (case["account"], case["channel"]) == (two.remote.user_id, two.room)
    assert trial.siyaj.case_of(f"account:{two.remote.user_id}", seconds=2) is None


def test_reports_by_people_of_other_servers_stay_with_their_server(two: Two, trial: Trial) -> None:
    event = two.local.say(two.room, "كلام آخر")
    assert until(lambda: sees(two.remote, two.room, event))
    two.remote.report_event(two.room, event, "look")
    assert trial.siyaj.case_of(f"item:{event}", seconds=3) is None, "Matrix hands no report on"


def test_decisions_about_people_of_other_servers(two: Two) -> None:
    event = two.remote.say(two.room, "what a person decided to remove")
    assert until(lambda: sees(two.local, two.room, event))
    removed = two.enforcer.act("remove", f"item:{event}")
    assert (removed.result, removed.said) == (Result.DONE, "redacted, with power over its room")
    assert until(lambda: two.remote.event(two.room, event)["content"] == {}), "there too"
    suspended = two.enforcer.act("suspend_account", f"account:{two.remote.user_id}")
    assert suspended.result is Result.UNAVAILABLE, suspended
    told = two.enforcer.act("notify", f"account:{two.remote.user_id}", statement={"action": "أُزيلت رسالتك"})
    assert (told.result, "is invited to read it" in told.said) == (Result.DONE, True), told
    invited = two.remote.call("GET", "/_matrix/client/v3/sync")["rooms"].get("invite", {})
    assert len(invited) == 1


def timeline(client: Client) -> set[str]:
    """Return the ids of the events that a client is shown."""
    rooms = client.call("GET", "/_matrix/client/v3/sync")["rooms"].get("join", {})
    return {event["event_id"] for room in rooms.values() for event in room["timeline"]["events"]}


def sees(client: Client, room: str, event: str) -> bool:
    try:
        return bool(client.event(room, event))
    except Refused:
        return False


def until(true: Callable[[], bool], seconds: float = 40) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True
