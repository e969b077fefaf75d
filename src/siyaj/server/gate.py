"""The one door that every request goes through: id, key, scope, size, time, errors, metrics. Plain ASGI."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from siyaj.model.errors import RequestTimeout, RequestTooLarge, SiyajError
from siyaj.model.ids import new_id
from siyaj.model.settings import Settings
from siyaj.server import slashes
from siyaj.server.auth import PUBLIC, Caller, Gatekeeper, authorise, bearer, is_browser
from siyaj.server.metrics import Metrics
from siyaj.server.problems import STATUS, headers, problem

log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(rb"[\w.:-]{1,100}")

SAFETY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
CSP = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"media-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Of every page for people: nothing from elsewhere, nothing inline."""
BROWSER_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", CSP),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


ErrorPage = Callable[[Scope, SiyajError], bytes]
Headers = list[tuple[bytes, bytes]]

PRESETS = "/v1/presets/"
"""Contracts of others, for whom a JSON body means that the content is refused: a fault is told them in plain text."""


def plain(error: SiyajError) -> bytes:
    return f"{error.code}: {error.message}".encode()


class Gate:
    """Wraps the app. What goes wrong inside is answered as a problem; nothing leaves as a bare 500."""

    def __init__(
        self,
        app: ASGIApp,
        hot: Mapping[str, ASGIApp],
        gatekeeper: Gatekeeper,
        metrics: Metrics,
        settings: Settings,
        error_page: ErrorPage,
        quick: object = None,
    ) -> None:
        """`hot` are routes by path that are answered without the framework's work per request; `error_page` makes
        the page that a person reads when something goes wrong; `quick` is for `run.Protocol`: the way past here."""
        self.quick = quick
        self.app = app
        self.hot = hot
        self.gatekeeper = gatekeeper
        self.metrics = metrics
        self.settings = settings
        self.error_page = error_page

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        slashes.keep(scope)
        given = dict(scope["headers"])
        request_id = request_id_of(given)
        page: Callable[[SiyajError], bytes] | None = None
        if is_browser(scope["path"]):
            page = lambda error: self.error_page(scope, error)  # noqa: E731
        elif scope["path"].startswith(PRESETS):
            page = plain
        exchange = _Exchange(send, request_id, self._limit(scope, given), receive, page)
        scope["state"] = {**scope.get("state", {}), "request_id": request_id.decode()}
        try:
            async with asyncio.timeout(self.settings.request_seconds) as deadline:
                exchange.runs(deadline, self.settings.request_seconds)
                await self._admit(scope, given)
                exchange.check_length(given)
                app = self.hot.get(scope["path"], self.app)
                await app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            await exchange.refuse(too_slow())
        except SiyajError as error:
            await exchange.refuse(error)
        except Exception:
            log.exception("request %s failed", request_id)
            await exchange.refuse(SiyajError("a fault of ours; it is logged under this request's id"))
        self.metrics.answered(scope["path"], exchange.status, time.perf_counter() - began)

    async def _admit(self, scope: Any, given: dict[bytes, bytes]) -> None:
        path = scope["path"]
        if path in PUBLIC or is_browser(path) or (path == "/metrics" and _is_local(scope, given)):
            return
        secret = bearer(given.get(b"authorization"))
        caller = self.gatekeeper.recall(secret)
        if caller is None:
            caller = await asyncio.to_thread(self.gatekeeper.look_up, secret)
        authorise(caller, scope["method"], path)
        scope["state"]["caller"] = caller

    def _limit(self, scope: Scope, given: dict[bytes, bytes]) -> int:
        """Return how many bytes the body may have: files may be larger than JSON."""
        if scope["path"].endswith("/import") or given.get(b"content-type", b"").startswith(b"multipart/"):
            return self.settings.max_media_bytes
        return self.settings.max_request_bytes


def caller_of(scope: Scope) -> Caller:
    """Return who calls; only behind the gate, on a route that is not public."""
    caller: Caller = scope["state"]["caller"]
    return caller


class _Exchange:
    """One request's two ends: counts what comes in, adds headers to what goes out."""

    def __init__(
        self,
        send: Send,
        request_id: bytes,
        limit: int,
        receive: Receive,
        page: Callable[[SiyajError], bytes] | None = None,
    ) -> None:
        """`page` makes the page for an error, where a person reads it."""
        self._page = page
        self._send = send
        self._receive = receive
        self._request_id = request_id
        self._limit = limit
        self._received = 0
        self._deadline: asyncio.Timeout | None = None
        self._seconds = 0.0
        self.status = 0

    def check_length(self, given: dict[bytes, bytes]) -> None:
        """Refuse a body that says itself that it is too large, before a byte of it is read."""
        length = given.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limit:
            raise self._too_large()

    def _too_large(self) -> RequestTooLarge:
        return RequestTooLarge(f"the body is larger than {self._limit:,} bytes")

    def runs(self, deadline: asyncio.Timeout, seconds: float) -> None:
        """A long answer has so much time for each of its pieces: an export must not end in its middle."""
        self._deadline, self._seconds = deadline, seconds

    async def receive(self) -> Any:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self._limit:
                raise self._too_large()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message["headers"])
            if self._page is not None:
                names = {name.lower() for name, _ in given}
                given += [header for header in BROWSER_HEADERS if header[0] not in names]
            else:
                given += SAFETY_HEADERS
            message["headers"] = [*given, (b"x-request-id", self._request_id)]
        elif message.get("more_body") and self._deadline is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._seconds)
        await self._send(message)

    async def refuse(self, error: SiyajError) -> None:
        """Answer with a problem, unless an answer has begun already."""
        if self.status:
            return
        status, its, body = refusal(error, self._request_id, self._page)
        await self.send({"type": "http.response.start", "status": status, "headers": its})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})


def refusal(
    error: SiyajError, request_id: bytes, page: Callable[[SiyajError], bytes] | None = None
) -> tuple[int, Headers, bytes]:
    """Return the status, headers and body that tell an error: a problem, or `page` where a person reads it."""
    its = [(name.encode(), value.encode()) for name, value in headers(error).items()]
    if page is not None:
        body = page(error)
        kind = b"text/plain; charset=utf-8" if page is plain else b"text/html; charset=utf-8"
        its = [(b"content-type", kind), *(one for one in its if one[0] == b"retry-after")]
    else:
        body = msgspec.json.encode(problem(error, request_id.decode()))
    return STATUS[error.code], [*its, (b"content-length", str(len(body)).encode()), (b"connection", b"close")], body


def too_slow() -> RequestTimeout:
    return RequestTimeout("the request took too long", hint="send it again; it is safe")


def request_id_of(given: Mapping[bytes, bytes]) -> bytes:
    """Return the id that the caller gave its request (header `x-request-id`), else a new one."""
    its = given.get(b"x-request-id")
    if its is not None and _REQUEST_ID.fullmatch(its):
        return its
    return new_id("req").encode()


def _is_local(scope: Scope, given: dict[bytes, bytes]) -> bool:
    """True for a caller on this machine that came without a proxy."""
    client = scope.get("client")
    host = client[0] if client else ""
    return host in ("127.0.0.1", "::1") and b"x-forwarded-for" not in given and b"forwarded" not in given
