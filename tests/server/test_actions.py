"""Platforms ask what is to be done, say what they did, and reconcile."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from siyaj.model.action import ActionKind
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.storage import actions, endpoints
from siyaj.storage.actions import NewAction
from siyaj.storage.endpoints import EndpointKind
from tests.server.conftest import Served, serve


@pytest.fixture
def asked(database_url: str, tmp_path: Path) -> Iterator[Served]:
    for served in serve(Settings(data=str(tmp_path / "data"), database=database_url, decoders=1)):
        with served.runtime.database.begin() as connection:
            endpoints.add(connection, served.runtime.keyring, "asks", EndpointKind.POLL)
        yield served


def decide(
    served: Served, kind: ActionKind = ActionKind.REMOVE, item: str = "m-1", seconds: float = 0, **payload: Any
) -> str:
    at = to_datetime(now_us()) + timedelta(seconds=seconds)
    new = NewAction("dec_1", "case_1", Subject(SubjectKind.ITEM, item), kind, "tvec.praise", payload, at)
    with served.runtime.database.begin() as connection:
        return actions.enqueue(connection, [new])[0]


def offered(served: Served, **params: Any) -> list[str]:
    page = served.client.get("/v1/actions", params=params).json()
    return [action["id"] for action in page["items"]]


def test_actions_are_offered_until_they_are_acknowledged(asked: Served) -> None:
    first, second = decide(asked), decide(asked, ActionKind.RESTORE)
    other = decide(asked, item="m-2")
    assert offered(asked) == [first, other], "the second waits for the first of its subject"
    assert offered(asked, kind="restore") == []
    told = asked.client.post(f"/v1/actions/{first}/ack", json={"ok": True}).json()
    assert (told["state"], told["attempts"], told["endpoint"]) == ("delivered", 1, "asks")
    assert offered(asked) == [second, other]
    again = asked.client.post(f"/v1/actions/{first}/ack", json={"ok": True})
    assert (again.status_code, again.json()["attempts"]) == (200, 1)
    page = asked.client.get("/v1/actions", params={"limit": 1}).json()
    assert offered(asked, after=page["next"]) == [other]


def test_what_could_not_be_done_is_offered_again_later_and_says_so(asked: Served) -> None:
    action = decide(asked)
    told = asked.client.post(f"/v1/actions/{action}/ack", json={"ok": False, "error": "الغرفة غير موجودة"}).json()
    assert (told["state"], told["error"]) == ("waiting", "الغرفة غير موجودة")
    assert told["next_at"] > told["delivered_at"] if told["delivered_at"] else True
    assert offered(asked) == []
    asked.client.post(f"/v1/actions/{action}/ack", json={"ok": True})
    late = asked.client.post(f"/v1/actions/{action}/ack", json={"ok": False, "error": "it came back"}).json()
    assert (late["state"], late["error"]) == ("dead", "it came back")


def test_what_is_not_available_on_a_platform_is_settled_as_such(asked: Served) -> None:
    told = {"ok": False, "unavailable": True, "error": "لا رسائل خاصّة هنا"}
    first, later = decide(asked, ActionKind.NOTIFY), decide(asked)
    for _ in range(2):
        said = asked.client.post(f"/v1/actions/{first}/ack", json=told).json()
        assert (said["state"], said["answer"], said["error"]) == ("unavailable", "لا رسائل خاصّة هنا", "")
    assert offered(asked) == [later]
    asked.client.post(f"/v1/actions/{later}/ack", json={"ok": True})
    said = asked.client.post(f"/v1/actions/{later}/ack", json=told).json()
    assert (said["state"], said["delivered_at"]) == ("unavailable", None), "it turned out after it was taken"


def test_a_long_poll_is_answered_when_something_is_decided(asked: Served) -> None:
    timer = threading.Timer(0.5, decide, (asked,))
    timer.start()
    began = time.monotonic()
    assert len(offered(asked, wait=20)) == 1
    assert time.monotonic() - began < 15
    timer.join()
    began = time.monotonic()
    assert offered(asked, wait=0.5, after="999999") == []
    assert time.monotonic() - began >= 0.5


def test_what_is_wrong_is_named(asked: Served) -> None:
    with asked.runtime.database.begin() as connection:
        endpoints.add(connection, asked.runtime.keyring, "sent", EndpointKind.WEBHOOK, "https://x.example/")
    assert asked.client.get("/v1/actions", params={"endpoint": "sent"}).json()["field"] == "endpoint"
    assert asked.client.get("/v1/actions", params={"endpoint": "nobody"}).status_code == 404
    assert asked.client.get("/v1/actions", params={"after": "x"}).json()["field"] == "after"
    assert asked.client.get("/v1/actions", params={"wait": 26}).status_code == 400
    assert asked.client.post("/v1/actions/act_x/ack", json={"ok": True}).status_code == 404
    assert asked.client.post("/v1/actions/act_x/ack", json={}).status_code == 400
    key = asked.new_key("actions:read")
    refused = httpx.post(
        f"http://127.0.0.1:{asked.port}/v1/actions/x/ack", json={"ok": True}, headers={"Authorization": f"Bearer {key}"}
    )
    assert refused.status_code == 403


def state(served: Served, subject: str, kind: str = "item") -> dict[str, Any]:
    answer = served.client.get(f"/v1/state/{kind}/{subject}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_state_follows_the_actions_in_force(asked: Served) -> None:
    assert state(asked, "m-1")["standing"] == "allowed"
    decide(asked, ActionKind.LABEL)
    decide(asked, statement={"appeal_url": "https://appeal.example/t"})
    decide(asked, ActionKind.NOTIFY)
    told = state(asked, "m-1")
    assert (told["standing"], told["actions"]) == ("removed", ["label", "remove"])
    assert (told["decision"], told["case"], told["policy"]) == ("dec_1", "case_1", "tvec.praise")
    assert told["appeal_url"] == "https://appeal.example/t"
    decide(asked, ActionKind.RESTORE)
    assert state(asked, "m-1")["standing"] == "allowed"
    decide(asked, seconds=60)
    assert state(asked, "m-1")["standing"] == "allowed", "what may still be undone is not in force"


def test_a_measure_that_is_over_is_taken_back_once(asked: Served) -> None:
    limited = decide(asked, ActionKind.LIMIT, days=7, account="u-1")
    kept, again = decide(asked, ActionKind.LIMIT, "m-2", days=7), decide(asked, ActionKind.LIMIT, "m-2")
    assert asked.runtime.ending.work() == 0
    assert state(asked, "m-1")["standing"] == "limited"
    with asked.runtime.database.begin() as connection:
        connection.exec_driver_sql("UPDATE actions SET ends_at = ends_at - 700000000000")
    assert asked.runtime.ending.work() == 2
    assert asked.runtime.ending.work() == 0
    assert state(asked, "m-1")["standing"] == "allowed"
    assert state(asked, "m-2")["standing"] == "limited", "a later measure stands in its place"
    for action in (limited, kept, again):
        asked.client.post(f"/v1/actions/{action}/ack", json={"ok": True})
    (undone,) = asked.client.get("/v1/actions").json()["items"]
    assert (undone["kind"], undone["payload"]) == ("restore", {"account": "u-1", "ends": limited})
    assert 'siyaj_deliveries{state="waiting"} 1.0' in asked.client.get("/metrics").text


def test_state_of_what_was_only_checked_is_its_verdict(asked: Served) -> None:
    asked.client.post("/v1/banks", json={"name": "known"})
    asked.client.post("/v1/banks/known/entries", json={"signals": [{"type": "md5", "value": "7" * 32}]})
    event = {"id": "$a/b//c?", "kind": "message", "hashes": [{"type": "md5", "value": "7" * 32}]}
    verdict = asked.client.post("/v1/check", json=event).json()
    told = state(asked, "%24a%2Fb%2F%2Fc%3F")
    assert (told["subject"]["id"], told["standing"]) == ("$a/b//c?", "held")
    assert (told["verdict"], told["case"]) == (verdict["id"], verdict["case"])
    assert state(asked, "$a/b//c%3F")["standing"] == "held"


def test_state_needs_the_scope_for_it_and_nothing_more(asked: Served) -> None:
    address = f"http://127.0.0.1:{asked.port}/v1/state/channel/c-1"
    given = {scope: asked.new_key(scope, name=scope) for scope in ("state:read", "check", "actions:read")}
    answers = {scope: httpx.get(address, headers={"Authorization": f"Bearer {key}"}) for scope, key in given.items()}
    assert {scope: answer.status_code for scope, answer in answers.items()} == {
        "state:read": 200,
        "check": 403,
        "actions:read": 403,
    }
    assert (answers["state:read"].json()["subject"], httpx.get(address).status_code) == (
        {"kind": "channel", "id": "c-1"},
        401,
    )


@pytest.mark.parametrize("path", ["planet/x", "item/%ff", "item/" + "x" * 257, "item/%00"])
def test_no_subject_is_refused(asked: Served, path: str) -> None:
    assert asked.client.get(f"/v1/state/{path}").status_code == 400
