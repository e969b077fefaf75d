"""Keys, scopes, limits, slow clients, headers, metrics, docs."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from siyaj.model.errors import ErrorCode
from siyaj.model.settings import Settings
from siyaj.server import run
from siyaj.server.auth import Gatekeeper
from siyaj.server.gate import Gate
from siyaj.server.metrics import Metrics
from siyaj.server.problems import STATUS
from siyaj.storage import keys
from tests.server.conftest import Served, serve

ROOT = Path(__file__).parent.parent.parent
PUBLIC = {"/healthz", "/readyz", "/openapi.json", "/docs", "/docs/style.css"}


def routes(served: Served) -> list[tuple[str, str]]:
    paths = served.client.get("/openapi.json").json()["paths"]
    filled = (
        (path.replace("{bank}", "b").replace("{entry}", "1").replace("{verdict}", "v"), its)
        for path, its in paths.items()
    )
    return [(method.upper(), path) for path, its in filled for method in its]


def test_every_route_needs_a_key_with_its_scope(served: Served) -> None:
    powerless = served.new_key(name="powerless")
    walked = 0
    for method, path in routes(served):
        if path in PUBLIC:
            continue
        walked += 1
        address = f"http://127.0.0.1:{served.port}{path}"
        forwarded = {"X-Forwarded-For": "203.0.113.1"}
        refused = {
            401: [{}, {"Authorization": "Bearer nope"}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}],
            403: [{"Authorization": f"Bearer {powerless}"}],
        }
        for status, givens in refused.items():
            for given in givens:
                answer = httpx.request(method, address, headers={**forwarded, **given})
                assert answer.status_code == status, (method, path, given)
                assert answer.headers["content-type"] == "application/problem+json"
    assert walked >= 14


def test_public_routes_are_open_and_safe(served: Served) -> None:
    for path in PUBLIC:
        answer = httpx.get(f"http://127.0.0.1:{served.port}{path}")
        assert answer.status_code == 200, path
        assert answer.headers["x-content-type-options"] == "nosniff"
    page = httpx.get(f"http://127.0.0.1:{served.port}/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "/v1/check" in page.text
    assert "<script" not in page.text
    assert "https://" not in page.text


def test_revoked_and_expired_keys_are_refused(served: Served) -> None:
    from datetime import UTC, datetime

    secret = served.new_key("check", name="short-lived")
    with served.runtime.database.begin() as connection:
        keys.revoke(connection, "short-lived")
        _, expired = keys.create(connection, "expired", ["check"], datetime(2020, 1, 1, tzinfo=UTC))
    for key in (secret, expired):
        answer = served.client.post(
            "/v1/check", json={"id": "x", "kind": "message"}, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 401


def test_unknown_paths_and_methods(served: Served) -> None:
    assert served.client.get("/v1/nothing").json()["code"] == "not_found"
    assert served.client.get("/v1/check").json()["code"] == "method_not_allowed"
    assert served.client.delete("/v1/banks").json()["code"] == "method_not_allowed"
    assert served.client.get("/v1/banks/nope").status_code == 404
    assert served.client.get("/v1/verdicts/nope").status_code == 404
    assert served.client.get("/v1/verdicts").status_code == 400


def test_a_sane_request_id_comes_back_and_another_is_replaced(served: Served) -> None:
    assert served.client.get("/healthz", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert served.client.get("/healthz", headers={"X-Request-Id": "a b\tc"}).headers["x-request-id"].startswith("req_")


def test_a_huge_body_is_refused_before_it_is_sent(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as raw:
        head = f"POST /v1/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.key}\r\n"
        raw.sendall(head.encode() + b"Content-Type: application/json\r\nContent-Length: 52428800\r\n\r\n")
        raw.settimeout(10)
        assert b" 413 " in raw.recv(4_096)


def test_a_chunked_body_is_counted(served: Served) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"id": "x", "kind": "message", "text": "'
        for _ in range(100):
            yield b"a" * 10_000

    answer = served.client.post("/v1/check", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_half_a_header_is_cut_off_and_stalls_nobody(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "HEAD_SECONDS", 0.5)
    with socket.create_connection(("127.0.0.1", served.port)) as dawdler:
        dawdler.sendall(b"POST /v1/check HTTP/1.1\r\nHost: x\r\nAuthor")
        began = time.monotonic()
        assert served.client.post("/v1/check", json={"id": "quick", "kind": "message"}).status_code == 200
        assert time.monotonic() - began < 5
        dawdler.settimeout(10)
        with contextlib.suppress(ConnectionResetError):
            assert dawdler.recv(100) == b""


def test_half_a_body_times_out(tmp_path: Path) -> None:
    for served in serve(Settings(data=str(tmp_path), decoders=1, request_seconds=0.5)):
        with socket.create_connection(("127.0.0.1", served.port)) as raw:
            head = f"POST /v1/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.key}\r\n"
            raw.sendall(head.encode() + b'Content-Length: 100\r\n\r\n{"id":')
            raw.settimeout(10)
            assert b" 408 " in raw.recv(4_096)


def test_a_long_answer_has_time_for_each_of_its_pieces() -> None:
    """Longer than a request may take, but never silent for so long."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(6):
            await asyncio.sleep(0.1)
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def ask() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        settings, metrics = Settings(request_seconds=0.3), Metrics(dict)
        gate = Gate(app, {}, Gatekeeper(None, 0, 1), metrics, settings, lambda scope, error: b"")  # type: ignore[arg-type]
        scope = {"type": "http", "path": "/console/", "method": "GET", "headers": []}
        await gate(scope, receive, send)
        return sent

    sent = asyncio.run(ask())
    assert b"".join(one.get("body", b"") for one in sent) == b"x" * 6 and not sent[-1]["more_body"]


def test_rates_are_limited_per_key_and_a_batch_counts_each_event(tmp_path: Path) -> None:
    for served in serve(Settings(data=str(tmp_path), decoders=1, rate_per_second=1.0, rate_burst=5)):
        events = [{"id": f"m{n}", "kind": "message"} for n in range(4)]
        assert served.client.post("/v1/check/batch", json={"events": events}).status_code == 200
        assert served.client.post("/v1/check", json={"id": "a", "kind": "message"}).status_code == 200
        refused = served.client.post("/v1/check", json={"id": "b", "kind": "message"})
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["retry-after"]
        other = served.new_key("check")
        answer = served.client.post(
            "/v1/check", json={"id": "c", "kind": "message"}, headers={"Authorization": f"Bearer {other}"}
        )
        assert answer.status_code == 200


def test_metrics_count_what_happened(served: Served) -> None:
    served.client.post("/v1/check", json={"id": "metric", "kind": "message"})
    text = httpx.get(f"http://127.0.0.1:{served.port}/metrics").text
    assert 'siyaj_requests_total{route="/v1/check",status="200"}' in text
    assert 'siyaj_verdicts_total{action="allow"}' in text
    assert 'siyaj_index_entries{signal="pdq"}' in text


def test_every_error_code_has_a_status_and_stands_in_the_docs() -> None:
    page = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    for code in ErrorCode:
        assert f"| `{code}` | {STATUS[code]} |" in page


def test_every_route_stands_in_the_docs(served: Served) -> None:
    page = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    for path in served.client.get("/openapi.json").json()["paths"]:
        last = path.rsplit("/", 1)[-1]
        assert path in page or f"…/{last}" in page or f"/{last}" in page, path


def test_a_fault_of_ours_is_a_problem_for_programs_and_a_page_for_people(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("what happened inside")

    monkeypatch.setattr(served.runtime.banks, "list", broken)
    monkeypatch.setattr(served.runtime.reports, "get", broken)
    answer = served.client.get("/v1/banks")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["content-type"] == "application/problem+json"
    page = served.client.get("/receipt/rcp_x", headers={"accept-language": "ar"})
    assert (page.status_code, page.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert "what happened inside" not in answer.text + page.text
    assert caplog.text.count("ValueError: what happened inside") == 2
