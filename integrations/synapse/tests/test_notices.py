"""Whoever is affected is told, also where the homeserver has no server notices; and that it cannot be is said."""

from collections.abc import Iterator

import pytest
from test_enforcement import Enforcer

from conftest import Trial
from siyaj.delivery.adaptor import Result
from trial.client import Client
from trial.homeserver import Homeserver

STATEMENT = {"action": "أُزيلت رسالتك", "facts": "راجعها شخص.", "appeal_url": "https://siyaj.test/appeal/abc"}


@pytest.fixture(scope="module")
def plain(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """A homeserver as it is after its installation: no module, no server notices."""
    homeserver = Homeserver(tmp_path_factory.mktemp("plain"), None, notices=False)
    trial.homeserver.stop()
    try:
        homeserver.start()
        yield homeserver
    finally:
        homeserver.stop()
        trial.homeserver.start()


@pytest.fixture(scope="module")
def enforcer(plain: Homeserver) -> Enforcer:
    return Enforcer(plain.address, plain.register("siyaj", admin=True))


def test_without_server_notices_people_are_told_in_a_room_of_their_own_once(
    plain: Homeserver, enforcer: Enforcer
) -> None:
    user = plain.register("told")
    for _ in range(2):
        outcome = enforcer.act("notify", f"account:{user.user_id}", statement=STATEMENT)
        assert (outcome.result, outcome.said) == (Result.DONE, f"a message was sent to {user.user_id}")
    (room,) = rooms(user, "join").values()
    said = [one["content"]["body"] for one in room["timeline"]["events"] if one["type"] == "m.room.message"]
    assert said == ["أُزيلت رسالتك\n\nراجعها شخص.\n\nhttps://siyaj.test/appeal/abc"]
    other = enforcer.act("notify", f"item:{user.user_id}", statement=STATEMENT)
    assert other.result is Result.DONE
    assert len(rooms(user, "join")) == 1, "the next message comes into the same room"


def test_who_left_that_room_is_invited_again_and_who_is_suspended_sees_where_to_appeal(
    plain: Homeserver, enforcer: Enforcer
) -> None:
    user = plain.register("suspended")
    assert enforcer.act("suspend_account", f"account:{user.user_id}").result is Result.DONE
    outcome = enforcer.act("notify", f"account:{user.user_id}", statement=STATEMENT)
    assert (outcome.result, "is invited to read it" in outcome.said) == (Result.DONE, True), outcome
    (invited,) = rooms(user, "invite").values()
    topics = [one["content"]["topic"] for one in invited["invite_state"]["events"] if one["type"] == "m.room.topic"]
    assert topics == [STATEMENT["appeal_url"]]


def test_who_is_not_there_cannot_be_told_and_that_is_no_failure(enforcer: Enforcer) -> None:
    outcome = enforcer.act("notify", "account:@nobody:garden.test", statement=STATEMENT)
    assert outcome.result is Result.UNAVAILABLE, outcome
    assert "at the address of the appeal" in outcome.said


def rooms(client: Client, membership: str) -> dict[str, dict[str, dict[str, list[dict[str, dict[str, str]]]]]]:
    found: dict[str, dict[str, dict[str, list[dict[str, dict[str, str]]]]]] = client.call(
        "GET", "/_matrix/client/v3/sync"
    )["rooms"].get(membership, {})
    return found
