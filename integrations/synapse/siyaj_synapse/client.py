"""Speaks Siyaj's HTTP contract from inside Synapse's reactor, never longer than a deadline."""

import json
import time
import uuid
from collections.abc import Awaitable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from synapse.module_api import ModuleApi, make_deferred_yieldable, run_in_background
from twisted.internet import reactor
from twisted.web.client import readBody
from twisted.web.http_headers import Headers

from siyaj_synapse.breaker import Breaker
from siyaj_synapse.config import Config

ACTIONS = ("allow", "label", "limit", "hold", "block")


class NoAnswer(Exception):
    """Siyaj gave no answer in time, or said that it cannot now: ask again later."""


class NotAccepted(Exception):
    """Siyaj says that this request is wrong (4xx): asking again would not help."""


class File(NamedTuple):
    name: str
    data: bytes


class Siyaj:
    """The client. Belongs to the reactor's thread."""

    def __init__(self, api: ModuleApi, config: Config) -> None:
        self._http = api.http_client
        self._url = config.url
        self._key = config.key
        self.breaker = Breaker(config.breaker_failures, config.breaker_seconds, time.monotonic)

    async def check(
        self, event: dict[str, Any], files: Sequence[File] = (), *, seconds: float, repeat: str = ""
    ) -> dict[str, Any]:
        """Return the verdict on an event. `repeat` asks for a fresh verdict. Raises NoAnswer, NotAccepted."""
        headers = {"Idempotency-Key": repeat} if repeat else {}
        kind, body = _body("event", event, files)
        verdict = await self._ask("POST", "/v1/check", seconds, body, {"Content-Type": kind, **headers})
        if verdict.get("action") not in ACTIONS or not isinstance(verdict.get("id"), str):
            raise NoAnswer("what answers at Siyaj's address gives no verdicts")
        return verdict

    async def report(
        self, report: dict[str, Any], key: str, files: Sequence[File] = (), *, seconds: float
    ) -> dict[str, Any]:
        """Hand a report on; `key` says which it is, however often it is sent. Raises NoAnswer, NotAccepted."""
        kind, body = _body("report", report, files)
        return await self._ask("POST", "/v1/reports", seconds, body, {"Content-Type": kind, "Idempotency-Key": key})

    async def state(self, kind: str, subject: str, *, seconds: float) -> dict[str, Any]:
        """Return what should be the state of an account, channel or item. Raises NoAnswer, NotAccepted."""
        return await self._ask("GET", f"/v1/state/{kind}/{quote(subject, safe='')}", seconds)

    async def _ask(
        self, method: str, path: str, seconds: float, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        if self.breaker.open:
            raise NoAnswer("Siyaj failed several times in a row and is left alone for a moment")
        began = time.monotonic()
        its = {"Authorization": f"Bearer {self._key}", **(headers or {})}
        try:
            status, raw = await _within(seconds, self._exchange(method, f"{self._url}{path}", body, its))
        except Exception as error:
            self.breaker.failed()
            # Synapse's client may raise anything when it is cut off, so the clock says whether it was the deadline.
            late = time.monotonic() - began >= seconds
            raise NoAnswer(f"no answer within {seconds:g} s" if late else f"{type(error).__name__}: {error}") from None
        return self._read(status, raw)

    async def _exchange(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        raw_headers = Headers({name: [value] for name, value in headers.items()})
        response = await self._http.request(method, url, data=body, headers=raw_headers)
        return response.code, await make_deferred_yieldable(readBody(response))

    def _read(self, status: int, raw: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = None
        if status in (200, 202) and isinstance(answer, dict):
            self.breaker.succeeded()
            return answer
        said = f"Siyaj answered {status}: {raw[:300].decode(errors='replace')}"
        # 401 and 403 are a key's fault and not this request's: what it was about must not be lost.
        if 400 <= status < 500 and status not in (401, 403, 408, 409, 425, 429):
            self.breaker.succeeded()
            raise NotAccepted(said)
        self.breaker.failed()
        raise NoAnswer(said)


async def _within(seconds: float, work: Awaitable[tuple[int, bytes]]) -> tuple[int, bytes]:
    """Await, but no longer than this; then the connection is dropped. Raises twisted's TimeoutError."""

    async def run() -> tuple[int, bytes]:
        return await work

    running = run_in_background(run)
    running.addTimeout(seconds, reactor)
    answer: tuple[int, bytes] = await make_deferred_yieldable(running)
    return answer


def _body(name: str, given: dict[str, Any], files: Sequence[File]) -> tuple[str, bytes]:
    """Return content type and body: JSON, or multipart (RFC 7578) with it as part `name` and the files beside it."""
    said = json.dumps(given).encode()
    if not files:
        return "application/json", said
    boundary = uuid.uuid4().hex
    parts = [(name, f"{name}.json", "application/json", said)]
    parts += [("file", one.name, "application/octet-stream", one.data) for one in files]
    body = bytearray()
    for part, filename, kind, data in parts:
        shown = "".join(letter if letter.isprintable() and letter not in '"\\' else "_" for letter in filename)
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"; filename="{shown}"\r\n'.encode()
        body += f"Content-Type: {kind}\r\n\r\n".encode() + data + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", bytes(body + f"--{boundary}--\r\n".encode())
