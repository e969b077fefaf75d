"""Programs work on cases as people do: take, decide, undo, appeal."""

import hashlib
import io
import time
from typing import Any

import httpx
from PIL import Image

from tests.server.conftest import Served
from tests.server.test_reports import report

STATEMENT = "نعلن لأهلنا في كل قرية أننا سنزرع ألف شجرة زيتون قبل نهاية الشتاء، وأبواب مشتلنا مفتوحة للجميع."
REMOVE = {"action": "remove", "exemption": "none", "policy": "tvec", "act": "praise"}
NOTHING = {"action": "none", "exemption": "none"}


def client(served: Served, *scopes: str, name: str) -> httpx.Client:
    key = served.new_key(*scopes, name=name)
    return httpx.Client(
        base_url=f"http://127.0.0.1:{served.port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
    )


def opened(served: Served, subject: str) -> str:
    report(served, subject, reason="praise")
    (case,) = served.client.get("/v1/cases", params={"subject": subject, "state": "open"}).json()["items"]
    return str(case["id"])


def post(asking: httpx.Client, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    answer = asking.post(path, json=body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_case_is_taken_decided_and_undone(served: Served) -> None:
    case = opened(served, "item:w-1")
    taken = post(served.client, f"/v1/cases/{case}/take")
    assert taken["holder"].startswith("key:")
    shown = post(served.client, f"/v1/cases/{case}/preview", REMOVE)
    assert shown["actions"] == [{"kind": "remove", "subject": {"kind": "item", "id": "w-1"}}]
    ruling = {"version": taken["version"], "draft": REMOVE}
    made = post(served.client, f"/v1/cases/{case}/decide", ruling)["decision"]
    assert post(served.client, f"/v1/cases/{case}/decide", ruling)["decision"] == made
    assert served.client.get(f"/v1/decisions/{made['id']}").json() == made
    (listed,) = served.client.get("/v1/decisions", params={"subject": "item:w-1"}).json()["items"]
    assert listed == made
    undone = post(served.client, f"/v1/decisions/{made['id']}/undo")
    assert undone["supersedes"] == made["id"]
    again = served.client.post(f"/v1/decisions/{made['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "decision_final")
    assert served.client.get(f"/v1/cases/{case}").json()["case"]["state"] == "open"


def test_a_stale_version_and_a_case_of_another_are_conflicts(served: Served) -> None:
    case = opened(served, "item:w-2")
    taken = post(served.client, f"/v1/cases/{case}/take")
    stale = served.client.post(f"/v1/cases/{case}/release", json={"version": taken["version"] - 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    other = client(served, "cases:write", "cases:decide", name="other-reviewer")
    held = other.post(f"/v1/cases/{case}/take")
    assert (held.status_code, held.json()["code"]) == (409, "case_held")
    post(served.client, f"/v1/cases/{case}/renew")
    post(served.client, f"/v1/cases/{case}/release", {"version": taken["version"], "why": "not mine"})
    assert post(other, f"/v1/cases/{case}/take")["holder"] != taken["holder"]


def test_a_key_decides_only_with_the_scope(served: Served) -> None:
    case = opened(served, "item:w-3")
    writer = client(served, "cases:write", name="writer")
    note = post(writer, f"/v1/cases/{case}/notes", {"text": "seen before"}, 201)
    assert note["text"] == "seen before"
    assert writer.post(f"/v1/cases/{case}/take").status_code == 403
    assert writer.post("/v1/cases/next").status_code == 403
    reader = client(served, "cases:read", name="reader")
    assert reader.post("/v1/cases/next").status_code == 403
    assert reader.get("/v1/decisions").status_code == 403
    assert reader.post("/v1/appeals", json={}).status_code == 403
    assert [one["text"] for one in reader.get(f"/v1/cases/{case}").json()["notes"]] == ["seen before"]


def test_an_appeal_is_handed_in_and_decided_by_another_key(served: Served) -> None:
    event = {"id": "w-4", "kind": "message", "text": STATEMENT, "account": {"id": "u-4"}, "channel": {"id": "c-4"}}
    served.client.post("/v1/banks", json={"name": "statements"})
    served.client.post("/v1/banks/statements/entries", json={"text": STATEMENT})
    checked = post(served.client, "/v1/check", event)
    assert checked["action"] == "hold"
    assert "/appeal/verdict:" in checked["appeal_url"]
    case = served.client.get(f"/v1/cases/{checked['case']}").json()["case"]
    assert (case["account"], case["channel"], case["language"]) == ("u-4", "c-4", "ar")
    assert case["copy_key"].startswith("text:")
    assert {one["factor"] for one in case["priority_reasons"]} >= {"severity", "match"}
    reviewer = client(served, "cases:write", "cases:decide", name="reviewer")
    taken = post(reviewer, f"/v1/cases/{case['id']}/take")
    ruling = {"version": taken["version"], "draft": {**REMOVE, "bank": "statements"}}
    made = post(reviewer, f"/v1/cases/{case['id']}/decide", ruling)["decision"]
    assert made["statement"]["language"] == "ar"
    assert served.client.get("/v1/strikes/account/u-4").json()["live"] == 2
    token = made["statement"]["appeal_url"].rpartition("/")[2]
    appeal = post(served.client, "/v1/appeals", {"token": token, "text": "هذه حملة تشجير"}, 202)
    replayed = served.client.post("/v1/appeals", json={"token": token, "text": "again"})
    assert (replayed.status_code, replayed.json()["code"]) == (409, "appeal_closed")
    assert reviewer.post(f"/v1/cases/{appeal['case']}/take").status_code == 403
    taken = post(served.client, f"/v1/cases/{appeal['case']}/take")
    restore = {"action": "restore", "exemption": "counter_speech"}
    post(served.client, f"/v1/cases/{appeal['case']}/decide", {"version": taken["version"], "draft": restore})
    settled = served.client.get(f"/v1/appeals/{appeal['id']}").json()
    assert settled["state"] == "overturned"
    assert served.client.get("/v1/strikes/account/u-4").json()["live"] == 0
    (listed,) = served.client.get("/v1/appeals", params={"state": "overturned"}).json()["items"]
    assert listed["id"] == appeal["id"]
    (overturning,) = served.client.get("/v1/decisions", params={"kind": "appeal"}).json()["items"]
    assert overturning["supersedes"] == made["id"]


def test_a_banked_picture_gets_the_features_that_find_altered_copies(served: Served) -> None:
    noise = Image.effect_noise((480, 360), 90).convert("RGB")
    held = io.BytesIO()
    noise.save(held, "PNG")
    files = {"file": ("picture.png", held.getvalue(), "image/png")}
    for bank in ("seeds", "decided"):
        served.client.post("/v1/banks", json={"name": bank})
    md5 = hashlib.md5(held.getvalue(), usedforsecurity=False).hexdigest()
    post(served.client, "/v1/banks/seeds/entries", {"signals": [{"type": "md5", "value": md5}]}, 201)
    event = {"event": ("event.json", b'{"id": "w-7", "kind": "media", "account": {"id": "u-7"}}', "application/json")}
    checked = served.client.post("/v1/check", files={**event, **files}).json()
    assert checked["action"] == "hold"
    taken = post(served.client, f"/v1/cases/{checked['case']}/take")
    ruling = {"version": taken["version"], "draft": {**REMOVE, "bank": "decided"}}
    post(served.client, f"/v1/cases/{checked['case']}/decide", ruling)
    until = time.monotonic() + 60
    types: set[str] = set()
    while "local" not in types and time.monotonic() < until:
        time.sleep(0.2)
        (entry,) = served.client.get("/v1/banks/decided/entries").json()["items"]
        types = {signal["type"] for signal in entry["signals"]}
    assert types >= {"sha256", "md5", "pdq", "local"}
    assert entry["confirmed_by"] == ["key:amal"]


def test_cases_are_filtered_and_sorted(served: Served) -> None:
    opened(served, "account:w-5")
    for params, field in (
        ({"kind": "account"}, "kind"),
        ({"sort": "newest", "limit": 1}, "id"),
        ({"overdue": True}, ""),
    ):
        items = served.client.get("/v1/cases", params=params).json()["items"]
        if field == "kind":
            assert {one["subject"]["kind"] for one in items} == {"account"}
        elif field == "id":
            assert items[0]["subject"]["id"] == "w-5"
        else:
            assert items == []
    assert served.client.get("/v1/cases", params={"sort": "colour"}).status_code == 400
    assert served.client.get("/v1/strikes/planet/x").status_code == 400


def test_the_next_case_is_the_one_that_is_held(served: Served) -> None:
    opened(served, "item:w-6")
    worker = client(served, "cases:write", "cases:decide", name="worker")
    first = post(worker, "/v1/cases/next")["case"]
    assert post(worker, "/v1/cases/next")["case"]["id"] == first["id"]
    post(worker, f"/v1/cases/{first['id']}/escalate", {"version": first["version"], "why": "hard"})
    assert worker.post(f"/v1/cases/{first['id']}/take").status_code == 403
    assert NOTHING["action"] == "none"
