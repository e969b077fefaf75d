"""Reports come in over HTTP, become cases, and are not lost or counted twice."""

import threading
from typing import Any

import msgspec
import pytest

from tests.server.conftest import Served


def report(served: Served, subject: str = "item:m-1", **fields: Any) -> dict[str, Any]:
    kind, _, subject_id = subject.partition(":")
    answer = served.client.post("/v1/reports", json={"subject": {"kind": kind, "id": subject_id}, **fields})
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


def case_of(served: Served, subject: str) -> dict[str, Any]:
    (case,) = served.client.get("/v1/cases", params={"subject": subject}).json()["items"]
    told: dict[str, Any] = served.client.get(f"/v1/cases/{case['id']}").json()
    return told


def test_a_report_gets_a_receipt_and_opens_a_case(served: Served) -> None:
    given = {"reason": "recruitment", "text": "انظروا إلى هذه القناة", "reporter": {"id": "u-1", "age_days": 400}}
    receipt = report(served, "channel:c-1", **given, content={"text": "what it said"})["receipt"]
    status = served.client.get(f"/v1/reports/{receipt}").json()
    assert (status["state"], status["outcome"]) == ("open", "")
    assert "text" not in status
    kept = case_of(served, "channel:c-1")
    assert kept["case"]["reports"] == 1
    assert kept["case"]["verdicts"] == 0
    assert kept["reports"][0]["text"] == given["text"]
    assert kept["reports"][0]["content"]["text"] == "what it said"
    assert "recruitment" in kept["case"]["reasons"][0]["text"]
    assert "تجنيد" in kept["case"]["reasons"][0]["text_ar"]


def test_reports_and_verdicts_on_one_subject_are_one_case(served: Served) -> None:
    served.client.post("/v1/banks", json={"name": "reported"})
    served.client.post("/v1/banks/reported/entries", json={"signals": [{"type": "md5", "value": "7" * 32}]})
    held = {"id": "m-2", "kind": "message", "hashes": [{"type": "md5", "value": "7" * 32}]}
    case = served.client.post("/v1/check", json=held).json()["case"]
    report(served, "item:m-2", reason="praise")
    report(served, "item:m-2", reason="praise", reporter={"kind": "authority"})
    kept = case_of(served, "item:m-2")
    assert kept["case"]["id"] == case
    assert (kept["case"]["verdicts"], kept["case"]["reports"]) == (1, 2)
    assert len(kept["verdicts"]) == 1
    assert len(kept["reports"]) == 2


def test_a_threat_to_life_goes_before_everything_and_has_an_hour(served: Served) -> None:
    report(served, "item:calm", reason="instruction", reporter={"kind": "authority"})
    report(served, "item:urgent", reason="other")
    before = case_of(served, "item:urgent")["case"]
    report(served, "item:urgent", reason="threat_to_life")
    after = case_of(served, "item:urgent")["case"]
    assert after["priority"] == 100 > before["priority"]
    assert after["deadline"] < before["deadline"]
    first = served.client.get("/v1/cases", params={"state": "open", "limit": 1}).json()["items"][0]
    assert first["id"] == after["id"]


def test_the_same_report_again_is_the_same_report(served: Served) -> None:
    one = report(served, "item:m-3", id="r-1", text="a")
    assert report(served, "item:m-3", id="r-1", text="a") == one
    body = {"subject": {"kind": "item", "id": "m-3"}, "id": "r-1", "text": "b"}
    other = served.client.post("/v1/reports", json=body)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    headers = {"Idempotency-Key": "k-1"}
    receipts = {served.client.post("/v1/reports", json=body, headers=headers).json()["receipt"] for _ in range(3)}
    assert len(receipts) == 1
    assert case_of(served, "item:m-3")["case"]["reports"] == 2


def test_ten_in_the_same_second_are_all_kept(served: Served) -> None:
    receipts: list[str] = []

    def send(number: int) -> None:
        receipts.append(report(served, "account:many", reason="violence", reporter={"id": f"u-{number}"})["receipt"])

    threads = [threading.Thread(target=send, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(receipts)) == 10
    assert case_of(served, "account:many")["case"]["reports"] == 10


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "subject"),
        ({"subject": {"kind": "planet", "id": "x"}}, "subject.kind"),
        ({"subject": {"kind": "item", "id": ""}}, "subject.id"),
        ({"subject": {"kind": "item", "id": "x"}, "reason": "dislike"}, "reason"),
        ({"subject": {"kind": "item", "id": "x"}, "text": "x" * 100_001}, "text"),
        ({"subject": {"kind": "item", "id": "x"}, "colour": 1}, "colour"),
        ({"subject": {"kind": "item", "id": "x\0"}}, None),
    ],
)
def test_nonsense_is_refused(served: Served, body: dict[str, Any], field: str | None) -> None:
    answer = served.client.post("/v1/reports", json=body)
    assert answer.status_code == 400
    assert answer.json().get("field") == field or field is None


def test_long_and_odd_texts_come_back_as_they_were(served: Served) -> None:
    for number, text in enumerate(("ا" * 60_000, "<script>alert(1)</script>", "\u202egnp.exe", "😀\u0301\u200b")):
        report(served, f"item:odd-{number}", text=text, reporter={"name": text[:900]})
        assert case_of(served, f"item:odd-{number}")["reports"][0]["text"] == text


def test_pages_of_cases_do_not_overlap(served: Served) -> None:
    for number in range(12):
        report(served, f"item:page-{number}", reason="praise")
    seen: list[str] = []
    cursor = ""
    while True:
        page = served.client.get("/v1/cases", params={"limit": 5, "cursor": cursor}).json()
        seen += [case["id"] for case in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 12
    assert served.client.get("/v1/cases", params={"cursor": "x"}).status_code == 400
    assert served.client.get("/v1/cases/case_x").status_code == 404
    assert served.client.get("/v1/reports/rcp_x").status_code == 404


def test_each_route_needs_its_scope(served: Served) -> None:
    checker = {"Authorization": f"Bearer {served.new_key('check', name='checker')}"}
    body = {"subject": {"kind": "item", "id": "x"}}
    assert served.client.post("/v1/reports", json=body, headers=checker).status_code == 403
    assert served.client.get("/v1/cases", headers=checker).status_code == 403


def test_files_come_beside_a_report_and_are_sealed(served: Served) -> None:
    text = "x" * 60_000
    given = {"subject": {"kind": "item", "id": "with-files"}, "content": {"text": text}}
    parts = [
        ("report", (None, msgspec.json.encode(given), "application/json")),
        ("file", ("<b>one</b>.png", b"one", "image/png")),
        ("file", ("two.png", b"two", "image/png")),
    ]
    answer = served.client.post("/v1/reports", files=parts)
    assert answer.status_code == 202, answer.text
    case = case_of(served, "item:with-files")
    assert case["reports"][0]["content"]["text"] == text
    sealed = served.runtime.vault.of_case(case["case"]["id"])
    assert [(one.name, one.size, one.sealed_by) for one in sealed] == [
        ("<b>one</b>.png", 3, "key:amal"),
        ("two.png", 3, "key:amal"),
    ]


def test_damaged_reports_say_where(served: Served) -> None:
    for body, kind in ((b"{", "application/json"), (b"--x", "multipart/form-data; boundary=x"), (b"x", "text/csv")):
        answer = served.client.post("/v1/reports", content=body, headers={"content-type": kind})
        assert answer.status_code in (400, 415), answer.text
    nowhere = served.client.post("/v1/reports", files={"file": ("a.png", b"x", "image/png")})
    assert (nowhere.status_code, nowhere.json()["field"]) == (400, "report")
    unknown = served.client.post("/v1/reports", json={"subject": {"kind": "planet", "id": "x"}})
    assert (unknown.status_code, unknown.json()["field"]) == (400, "subject.kind")
