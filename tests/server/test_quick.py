"""The quick way to a verdict says what the long way says, to the header; whatever is unusual goes the long way."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from siyaj.model.errors import StorageUnavailable
from siyaj.moderation.checks.requests import CheckRequest
from siyaj.server.quick import Quick
from tests.server.conftest import Served

VARYING = ("x-request-id",)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Which way requests went: True for the quick one. A slow machine has more time for a key and for a body."""
    monkeypatch.setattr("siyaj.server.auth.REMEMBERED_SECONDS", 600.0)
    monkeypatch.setattr("siyaj.server.run.HELD_SECONDS", 20.0)
    ways: list[bool] = []
    take = Quick.take

    def noted(self: Quick, cycle: Any) -> bool:
        ways.append(take(self, cycle))
        return ways[-1]

    monkeypatch.setattr(Quick, "take", noted)
    return ways


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]]]:
    return answer.status_code, [(name, value) for name, value in answer.headers.items() if name not in VARYING]


def in_pieces(body: bytes) -> Iterator[bytes]:
    yield body[:5]
    yield body[5:]


def test_both_ways_give_the_same_answer(served: Served, taken: list[bool]) -> None:
    served.client.post("/v1/check", json={"id": "q-0", "kind": "message"})  # so that the key is remembered
    taken.clear()
    body = json.dumps({"id": "q-1", "kind": "message", "text": "السلام عليكم"}).encode()
    headers = {"content-type": "application/json", "x-request-id": "mine-1"}
    first = served.client.post("/v1/check", content=body, headers=headers)
    quick = served.client.post("/v1/check", content=body, headers=headers)
    assert taken == [True, True]
    long = served.client.post("/v1/check", content=in_pieces(body), headers=headers)
    assert taken == [True, True], "without a length it went the long way"
    assert first.headers["x-request-id"] == "mine-1"
    assert (told(quick), quick.content) == (told(long), long.content)
    assert quick.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (b'{"id": "q-2"', {}, 400),
        (b'{"id": "q-2", "kind": "message", "more": 1}', {}, 400),
        (b'{"id": "q-2", "kind": "message"}', {"idempotency-key": "a b"}, 400),
        (b'{"id": "q-2", "kind": "message"}', {"content-type": "text/plain"}, 415),
        (b'{"id": "q-2", "kind": "message"}', {"authorization": "Bearer nope"}, 401),
        (b'{"id": "q-1", "kind": "message", "text": "other"}', {}, 422),
        (b'{"id": "q-2", "kind": "media", "hashes": [{"type": "pdq", "value": "12"}]}', {}, 400),
    ],
)
def test_faults_are_told_as_everywhere(served: Served, body: bytes, more: dict[str, str], status: int) -> None:
    headers = {"content-type": "application/json", **more}
    served.client.post("/v1/check", json={"id": "q-1", "kind": "message", "text": "السلام عليكم"})
    answer = served.client.post("/v1/check", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["instance"] == answer.headers["x-request-id"]
    assert answer.headers["connection"] == "close"


def test_a_database_that_is_away_is_told_as_everywhere(
    served: Served, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> list[Any]:
        raise StorageUnavailable("the database cannot be used now: it is locked", hint="retry")

    served.client.post("/v1/check", json={"id": "q-3", "kind": "message"})
    taken.clear()
    monkeypatch.setattr("siyaj.moderation.checks.pipeline.record", away)
    body = {"id": "q-4", "kind": "message"}
    quick = served.client.post("/v1/check", json=body)
    long = served.client.post("/v1/check", content=in_pieces(json.dumps(body).encode()))
    assert taken[0]
    assert (told(quick)[0], quick.headers["retry-after"]) == (503, long.headers["retry-after"])
    assert {**quick.json(), "instance": ""} == {**long.json(), "instance": ""}
    monkeypatch.undo()
    assert served.client.post("/v1/check", json=body).status_code == 200, "nothing of it stays in flight"


def test_an_answer_that_takes_too_long_is_a_timeout(
    served: Served, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    served.client.post("/v1/check", json={"id": "q-5", "kind": "message"})
    taken.clear()
    kept: list[tuple[CheckRequest, Any]] = []
    with monkeypatch.context() as patched:
        patched.setattr(served.runtime.checker, "take", lambda *given: kept.append(given))
        patched.setattr(Quick, "seconds", property(lambda _: 0.1), raising=False)
        answer = served.client.post("/v1/check", json={"id": "q-6", "kind": "message"})
    assert taken == [True]
    assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")


def test_requests_sent_ahead_are_answered_in_order(served: Served) -> None:
    served.client.post("/v1/check", json={"id": "q-7", "kind": "message"})
    with socket.create_connection(("127.0.0.1", served.port)) as raw:
        raw.settimeout(20)
        sent = b""
        for number in range(5):
            body = json.dumps({"id": f"ahead-{number}", "kind": "message"}).encode()
            last = b"Connection: close\r\n" if number == 4 else b""
            head = f"POST /v1/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.key}\r\n".encode()
            sent += head + last + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        raw.sendall(sent)
        got = b""
        while piece := raw.recv(65_536):
            got += piece
    assert [got.index(b'"event":"ahead-%d"' % number) for number in range(5)] == sorted(
        got.index(b'"event":"ahead-%d"' % number) for number in range(5)
    )
    assert got.count(b"HTTP/1.1 200") == 5
