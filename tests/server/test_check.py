"""`POST /v1/check` and `/v1/check/batch`, as a platform calls them."""

import json
from typing import Any

import pytest

from siyaj.cli.demo import pictures
from tests.server.conftest import Served

KNOWN = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"


def message(event_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": event_id, "kind": "message", **fields}


def test_an_unknown_message_is_allowed(served: Served) -> None:
    answer = served.client.post("/v1/check", json=message("ok-1", text="السلام عليكم"))
    assert answer.status_code == 200
    verdict = answer.json()
    assert set(verdict) == {"id", "event", "action", "policy", "reasons", "case", "appeal_url", "pending"}
    assert (verdict["event"], verdict["action"], verdict["pending"]) == ("ok-1", "allow", False)


def test_a_banked_hash_is_held_and_its_record_can_be_read(served: Served) -> None:
    served.client.post("/v1/banks", json={"name": "hashes"})
    added = served.client.post("/v1/banks/hashes/entries", json={"signals": [{"type": "pdq", "value": KNOWN}]})
    assert added.status_code == 201
    asked = message("known-1", hashes=[{"type": "pdq", "value": KNOWN.upper(), "quality": 90}])
    verdict = served.client.post("/v1/check", json=asked).json()
    assert verdict["action"] == "hold"
    assert verdict["case"].startswith("case_")
    assert KNOWN not in json.dumps(verdict), "the poster must never learn the matched hash"
    row = served.client.get(f"/v1/verdicts/{verdict['id']}").json()
    assert row["record"]["matches"][0]["bank"] == "hashes"
    assert row["answer"] == verdict
    assert served.client.get("/v1/verdicts", params={"event": "known-1"}).json()["items"][0]["id"] == verdict["id"]


def test_media_travels_as_multipart(served: Served) -> None:
    original = pictures.landscape(7)
    served.client.post("/v1/banks", json={"name": "pictures"})
    entry = ("entry.json", b'{"opinion": "seed"}', "application/json")
    files = {"entry": entry, "file": ("a.jpg", pictures.jpeg(original), "image/jpeg")}
    added = served.client.post("/v1/banks/pictures/entries", files=files)
    assert added.status_code == 201, added.text
    for event_id, picture, action in (
        ("p1", pictures.mirrored(original), "hold"),
        ("p2", pictures.landscape(8), "allow"),
    ):
        event = ("event.json", json.dumps({"id": event_id, "kind": "media"}).encode(), "application/json")
        sent = {"event": event, "file": ("b.jpg", pictures.jpeg(picture, 50), "image/jpeg")}
        assert served.client.post("/v1/check", files=sent).json()["action"] == action


def test_a_broken_picture_is_held_not_refused(served: Served) -> None:
    event = ("event.json", b'{"id": "broken", "kind": "media"}', "application/json")
    cut = pictures.jpeg(pictures.landscape(9))[:1_500]
    answer = served.client.post("/v1/check", files={"event": event, "file": ("b.jpg", cut, "image/jpeg")})
    assert (answer.status_code, answer.json()["action"]) == (200, "hold")


def test_a_retry_is_replayed_and_another_body_is_refused(served: Served) -> None:
    first = served.client.post("/v1/check", json=message("r-1", text="one"))
    again = served.client.post(
        "/v1/check",
        content=b'{"text": "one",  "kind": "message", "id": "r-1"}',
        headers={"content-type": "application/json"},
    )
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = served.client.post("/v1/check", json=message("r-1", text="two"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    fresh = served.client.post("/v1/check", json=message("r-1", text="two"), headers={"Idempotency-Key": "edit-2"})
    assert fresh.status_code == 200


def test_a_batch_answers_each_event_in_order(served: Served) -> None:
    events = [message("b-1"), {"id": "b-2"}, message("b-3", hashes=[{"type": "pdq", "value": "zz"}]), message("b-4")]
    results = served.client.post("/v1/check/batch", json={"events": events}).json()["results"]
    assert [result.get("event") for result in results] == ["b-1", None, None, "b-4"]
    assert (results[1]["code"], results[1]["field"]) == ("invalid_request", "kind")
    assert (results[2]["code"], results[2]["field"]) == ("invalid_signal", "hashes[0].value")


def test_batches_have_bounds(served: Served) -> None:
    for events in ([], [message(f"x{n}") for n in range(101)]):
        answer = served.client.post("/v1/check/batch", json={"events": events})
        assert (answer.status_code, answer.json()["field"]) == (400, "events")


BAD = [
    (b"", 400, None),
    (b"{", 400, None),
    (b"[]", 400, None),
    (b'{"id": "x"}', 400, "kind"),
    (b'{"id": "x", "kind": "nope"}', 400, "kind"),
    (b'{"id": "x", "kind": "message", "colour": 1}', 400, "colour"),
    (b'{"id": "x", "kind": "message", "account": {"id": "a", "colour": 1}}', 400, "account.colour"),
    (b'{"id": 5, "kind": "message"}', 400, "id"),
    (b'{"id": "", "kind": "message"}', 400, "id"),
    (b'{"id": "x", "kind": "message", "text": "\xff"}', 400, None),
    (b'{"id": "x", "kind": "message", "text": "\\ud800"}', 400, None),
    (b'{"id": "x\\u0000", "kind": "message"}', 400, "id"),
    (b'{"id": "x", "kind": "message", "account": {"id": "\\u0000"}}', 400, "account.id"),
    (b'{"id": ' + b"[" * 50_000, 400, None),
    (
        b'{"id": "x", "kind": "media", "hashes": [{"type": "pdq", "value": "' + KNOWN[:-1].encode() + b'"}]}',
        400,
        "hashes[0].value",
    ),
    (
        b'{"id": "x", "kind": "media", "hashes": [{"type": "pdq", "value": "' + KNOWN.encode() + b' "}]}',
        400,
        "hashes[0].value",
    ),
    (b'{"id": "x", "kind": "media", "hashes": [{"type": "md6", "value": "00"}]}', 400, "hashes[0].type"),
    (b'{"id": "x", "kind": "message", "text": "' + b"a" * 199_000 + b'"}', 400, "text"),
    (b'{"id": "x", "kind": "message", "text": "' + b"a" * 300_000 + b'"}', 413, None),
]


@pytest.mark.parametrize(("body", "status", "field"), BAD)
def test_bad_bodies_get_a_clear_answer(served: Served, body: bytes, status: int, field: str | None) -> None:
    answer = served.client.post("/v1/check", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"urn:siyaj:problem:{problem['code']}"
    assert problem["instance"] == answer.headers["x-request-id"]
    if field is not None:
        assert problem["field"] == field


def test_other_media_types_are_refused(served: Served) -> None:
    answer = served.client.post("/v1/check", content=b"<x/>", headers={"content-type": "text/xml"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


EVENT = b'--b\r\ncontent-disposition: form-data; name="event"\r\n\r\n{"id": "mp", "kind": "media"}\r\n'
FILE = b'--b\r\ncontent-disposition: form-data; name="f"; filename="x.bin"\r\n\r\nabc\r\n'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (FILE + b"--b--\r\n", 400),
        (EVENT + EVENT + b"--b--\r\n", 400),
        (EVENT + FILE, 400),
        (EVENT + FILE * 5 + b"--b--\r\n", 413),
        (b"nonsense", 400),
        (b"--b\r\n" + b"x-long: " + b"y" * 20_000 + b"\r\n\r\n", 400),
        (EVENT + FILE + b"--b--\r\n", 200),
    ],
)
def test_multipart_that_is_not_sound_is_refused(served: Served, body: bytes, status: int) -> None:
    answer = served.client.post("/v1/check", content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.status_code == status, answer.text


def test_idempotency_keys_have_bounds(served: Served) -> None:
    for key in ("", "a b", "x" * 256):
        answer = served.client.post("/v1/check", json=message("k"), headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["field"]) == (400, "Idempotency-Key")
