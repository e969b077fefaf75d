"""What Siyaj does at a real homeserver, by the adaptor itself."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from conftest import Trial
from siyaj.cli.demo import pictures
from siyaj.delivery.adaptor import Outcome, Result
from siyaj.delivery.synapse import SynapseAdaptor
from siyaj.model.action import ActionKind, PlatformAction
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage.endpoints import Endpoint, EndpointKind, Secrets
from trial.client import Client, Refused


class Enforcer(NamedTuple):
    address: str
    client: Client

    def act(self, kind: str, subject: str, *, query: str = "", token: str = "", **payload: Any) -> Outcome:
        endpoint = Endpoint("end_1", "matrix", EndpointKind.SYNAPSE, self.address + query, True, datetime.now(UTC))
        subject_kind, _, subject_id = subject.partition(":")
        action = PlatformAction(
            id=f"act_{kind}_{abs(hash(subject))}",
            kind=ActionKind(kind),
            subject=Subject(SubjectKind(subject_kind), subject_id),
            decision="dec_1",
            case=None,
            policy="tvec",
            created_at=datetime.now(UTC),
            payload=payload,
        )
        return SynapseAdaptor(endpoint, Secrets(token=token or self.client.token)).deliver(action)


@pytest.fixture(scope="module")
def enforcer(trial: Trial) -> Iterator[Enforcer]:
    client = trial.homeserver.register("enforcer", admin=True)
    yield Enforcer(trial.homeserver.address, client)


def test_an_event_is_redacted_with_what_it_shows_and_again_is_the_same(trial: Trial, enforcer: Enforcer) -> None:
    author = trial.homeserver.register("remove-author")
    room = author.create_room(name="Harvest")
    mxc = author.upload(pictures.jpeg(pictures.landscape(700)))
    event = author.send(room, "m.room.message", {"msgtype": "m.image", "body": "field.jpg", "url": mxc})
    first = enforcer.act("remove", f"item:{event}")
    assert first.result is Result.DONE, first
    assert author.event(room, event)["content"] == {}
    with pytest.raises(Refused):
        author.download(mxc)
    assert enforcer.act("remove", f"item:{event}") == Outcome(
        Result.DONE, "1 files quarantined; it was redacted already"
    )
    back = enforcer.act("restore", f"item:{event}")
    assert back.result is Result.UNAVAILABLE
    assert "cannot take back a redaction" in back.said
    assert author.download(mxc), "the picture is back"


def test_what_siyaj_does_is_not_checked_again(trial: Trial, enforcer: Enforcer) -> None:
    author = trial.homeserver.register("loop-author")
    room = author.create_room(name="Loop")
    event, other = author.say(room, "a message"), author.say(room, "another message")
    enforcer.act("remove", f"item:{event}")
    by_siyaj = author.event(room, event)["unsigned"]["redacted_because"]["event_id"]
    path = f"/_matrix/client/v3/rooms/{room}/redact/{other}/1"
    by_author = author.call("PUT", path, {"reason": "I mistyped"})["event_id"]
    checked = [bool(trial.siyaj.get("/v1/verdicts", event=one)["items"]) for one in (by_siyaj, by_author)]
    assert checked == [False, True], "as its author, but by the account that acts for Siyaj"


def test_an_event_whose_author_is_gone_is_redacted_with_power_over_the_room(trial: Trial, enforcer: Enforcer) -> None:
    owner, guest = trial.homeserver.register("power-owner"), trial.homeserver.register("power-guest")
    room = owner.create_room(preset="public_chat", name="Well")
    guest.join(room)
    event = guest.say(room, "The well is dry.")
    guest.call("POST", f"/_matrix/client/v3/rooms/{room}/leave", {})
    assert enforcer.act("remove", f"item:{event}").result is Result.DONE
    assert owner.event(room, event)["content"] == {}


def test_a_file_is_quarantined_even_when_it_was_marked_safe_and_given_back(trial: Trial, enforcer: Enforcer) -> None:
    author = trial.homeserver.register("file-author")
    mxc = author.upload(pictures.jpeg(pictures.landscape(701)))
    enforcer.client.call("POST", f"/_synapse/admin/v1/media/protect/{mxc.rpartition('/')[2]}", {})
    assert enforcer.act("remove", f"item:{mxc}") == Outcome(Result.DONE, "quarantined")
    assert enforcer.act("remove", f"item:{mxc}") == Outcome(Result.DONE, "it was quarantined already")
    with pytest.raises(Refused):
        author.download(mxc)
    assert enforcer.act("restore", f"item:{mxc}") == Outcome(Result.DONE, "given back")
    assert author.download(mxc)


def test_a_closed_room_shows_nothing_and_reopening_says_what_cannot_come_back(trial: Trial, enforcer: Enforcer) -> None:
    owner, guest = trial.homeserver.register("close-owner"), trial.homeserver.register("close-guest")
    room = owner.create_room(preset="public_chat", name="Orchard")
    guest.join(room)
    kept, removed = (owner.upload(pictures.jpeg(pictures.landscape(seed))) for seed in (702, 703))
    for mxc in (kept, removed):
        owner.send(room, "m.room.message", {"msgtype": "m.image", "body": "a.jpg", "url": mxc})
    enforcer.act("remove", f"item:{removed}")
    assert enforcer.act("close_channel", f"channel:{room}") == Outcome(
        Result.DONE, "2 files quarantined; blocked; 2 members put out"
    )
    assert enforcer.act("close_channel", f"channel:{room}").result is Result.DONE, "again is the same"
    with pytest.raises(Refused):
        guest.join(room)
    with pytest.raises(Refused):
        guest.download(kept)
    reopened = enforcer.act("reopen_channel", f"channel:{room}")
    assert reopened.result is Result.UNAVAILABLE
    assert reopened.said.startswith("unblocked; 1 files given back. Its members were put out")
    assert guest.download(kept)
    with pytest.raises(Refused):
        guest.download(removed)


def test_a_limited_room_leaves_the_directory_and_comes_back(trial: Trial, enforcer: Enforcer) -> None:
    owner = trial.homeserver.register("limit-owner")
    room = owner.create_room(preset="public_chat", name="Market", visibility="public")
    assert enforcer.act("limit", f"channel:{room}").said == "taken off the directory"
    listed = f"/_matrix/client/v3/directory/list/room/{room}"
    assert owner.call("GET", listed)["visibility"] == "private"
    assert enforcer.act("restore", f"channel:{room}").said == "in the directory again"
    assert owner.call("GET", listed)["visibility"] == "public"


def test_a_room_that_was_deleted_already_is_closed_and_limited(trial: Trial, enforcer: Enforcer) -> None:
    owner = trial.homeserver.register("deleted-owner")
    room = owner.create_room(preset="public_chat", name="Gone", visibility="public")
    task = enforcer.client.call("DELETE", f"/_synapse/admin/v2/rooms/{room}", {"purge": True})["delete_id"]
    until = time.monotonic() + 30
    while enforcer.client.call("GET", f"/_synapse/admin/v2/rooms/delete_status/{task}")["status"] != "complete":
        assert time.monotonic() < until
        time.sleep(0.2)
    for kind in ("close_channel", "limit"):
        assert enforcer.act(kind, f"channel:{room}").result is Result.DONE
    assert enforcer.act("reopen_channel", f"channel:{room}").result is Result.UNAVAILABLE


def test_an_account_is_suspended_and_reinstated(trial: Trial, enforcer: Enforcer) -> None:
    user = trial.homeserver.register("suspended")
    room = user.create_room(name="Bench")
    assert enforcer.act("suspend_account", f"account:{user.user_id}").said == "suspended"
    with pytest.raises(Refused, match="USER_SUSPENDED"):
        user.say(room, "hello")
    assert enforcer.act("reinstate_account", f"account:{user.user_id}").said == "may write again"
    assert user.say(room, "hello")


def test_an_account_is_deactivated_only_where_the_endpoint_says_so(trial: Trial, enforcer: Enforcer) -> None:
    user = trial.homeserver.register("deactivated")
    assert enforcer.act("suspend_account", f"account:{user.user_id}", query="?suspend=deactivate").said == "deactivated"
    back = enforcer.act("reinstate_account", f"account:{user.user_id}")
    assert (back.result, "cannot be restored" in back.said) == (Result.REFUSED, True)


@pytest.mark.parametrize(
    ("kind", "subject", "result", "said"),
    [
        ("none", "item:siyaj-test", Result.DONE, "an administrator"),
        ("remove", "item:$nowhere", Result.DONE, "not on this homeserver"),
        ("remove", "item:mxc://garden.test/nowhere", Result.DONE, "not on this homeserver"),
        ("remove", "item:mxc://other.test/nowhere", Result.DONE, "not on this homeserver"),
        ("remove", "item:m-1", Result.REFUSED, "neither an event nor a file"),
        ("label", "item:$nowhere", Result.UNAVAILABLE, "Synapse cannot label"),
        ("close_channel", "channel:!nowhere:garden.test", Result.DONE, "blocked"),
        ("limit", "channel:!nowhere:garden.test", Result.DONE, "not on this homeserver"),
        ("hold", "item:$nowhere", Result.DONE, "not on this homeserver"),
        ("restore", "item:$nowhere", Result.UNAVAILABLE, "not on this homeserver"),
        ("restore", "item:mxc://garden.test/nowhere", Result.UNAVAILABLE, "not on this homeserver"),
        ("reinstate_account", "account:@nobody:garden.test", Result.UNAVAILABLE, "not on this homeserver"),
        ("close_channel", "channel:c-3", Result.REFUSED, "not a legal room ID"),
        ("suspend_account", "account:@nobody:garden.test", Result.DONE, "no such account"),
        ("suspend_account", "account:@someone:other.test", Result.UNAVAILABLE, "of another server"),
        ("reinstate_account", "account:@someone:other.test", Result.UNAVAILABLE, "of another server"),
        ("notify", "account:@nobody:garden.test", Result.REFUSED, "nothing to send"),
    ],
)
def test_what_is_not_there_or_cannot_be_has_a_defined_outcome(
    enforcer: Enforcer, kind: str, subject: str, result: Result, said: str
) -> None:
    outcome = enforcer.act(kind, subject)
    assert (outcome.result, said in outcome.said) == (result, True), outcome


def test_an_expired_or_common_token_is_tried_again_later_and_says_so(trial: Trial, enforcer: Enforcer) -> None:
    expired = enforcer.act("suspend_account", "account:@amal:garden.test", token="syt_expired")
    assert (expired.result, "set a fresh one" in expired.said) == (Result.FAILED, True)
    common = trial.homeserver.register("no-admin")
    outcome = enforcer.act("suspend_account", "account:@amal:garden.test", token=common.token)
    assert (outcome.result, "no administrator" in outcome.said) == (Result.FAILED, True), outcome
