"""The preset for synapse-http-antispam: what it sends, byte for byte, and what it makes of the answers."""

import httpx
import pytest

from siyaj.cli.demo import posts
from tests.server.conftest import Served

PRESET = "/v1/presets/http-antispam"


@pytest.fixture(scope="module", autouse=True)
def banked(served: Served) -> None:
    """A statement that two people confirmed."""
    served.client.post("/v1/banks", json={"name": "antispam"}).raise_for_status()
    entry = {"text": posts.STATEMENT, "opinion": "confirmed"}
    made = served.client.post("/v1/banks/antispam/entries", json=entry).json()["entries"]
    second = {"Authorization": f"Bearer {served.new_key('banks:write', name='basim')}"}
    for one in made:
        served.client.post(f"/v1/banks/antispam/entries/{one['id']}/confirm", headers=second).raise_for_status()


def ask(served: Served, callback: str, body: object) -> httpx.Response:
    return served.client.post(f"{PRESET}/{callback}", json=body)


def event(said: dict[str, object], **more: object) -> dict[str, object]:
    its = {"type": "m.room.message", "room_id": "!a:garden.test", "sender": "@amal:garden.test", "content": said}
    return {"event": {**its, "event_id": f"$e{abs(hash(str(said)))}", "origin_server_ts": 1, "unsigned": {}, **more}}


def test_a_known_statement_is_refused_as_a_matrix_error(served: Served) -> None:
    answer = ask(served, "check_event_for_spam", event({"msgtype": "m.text", "body": posts.STATEMENT}))
    assert answer.status_code == 403
    error = answer.json()
    assert error["errcode"] == "M_FORBIDDEN"
    assert error["org.siyaj.verdict"].startswith("ver_")
    assert "مراجعونا" in error["error"], "in the language of what was written"


def test_a_known_statement_as_a_rooms_topic_is_refused(served: Served) -> None:
    topic = event({"topic": posts.STATEMENT}, type="m.room.topic", state_key="")
    assert ask(served, "check_event_for_spam", topic).status_code == 403


@pytest.mark.parametrize(
    ("callback", "body"),
    [
        ("check_event_for_spam", event({"msgtype": "m.text", "body": posts.NEWS})),
        ("check_event_for_spam", event({"ciphertext": posts.STATEMENT}, type="m.room.encrypted")),
        ("check_event_for_spam", event({})),
        ("user_may_join_room", {"user": "@b:garden.test", "room": "!a:garden.test", "is_invited": False}),
        ("user_may_invite", {"inviter": "@a:g.test", "invitee": "@b:g.test", "room_id": "!a:garden.test"}),
        ("user_may_publish_room", {"user_id": "@a:garden.test", "room_id": "!a:garden.test"}),
        ("check_login_for_spam", {"user_id": "@a:garden.test", "device_id": None}),
        ("accept_make_join", {"anything": 1}),
    ],
)
def test_what_is_not_known_passes(served: Served, callback: str, body: object) -> None:
    answer = ask(served, callback, body)
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize(
    ("callback", "body"),
    [
        ("check_event_for_spam", b"{"),
        ("check_event_for_spam", b"[]"),
        ("check_event_for_spam", b"{}"),
        ("check_event_for_spam", b'{"event": {"content": {"body": "x"}}}'),
        ("user_may_join_room", b'{"room": 3}'),
    ],
)
def test_a_fault_is_never_json_so_that_the_module_does_not_take_it_for_a_refusal(
    served: Served, callback: str, body: bytes
) -> None:
    answer = served.client.post(f"{PRESET}/{callback}", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")


def test_neither_is_an_unknown_key(served: Served) -> None:
    answer = served.client.post(f"{PRESET}/user_may_invite", json={}, headers={"Authorization": "Bearer siyaj_no"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "text/plain; charset=utf-8")
