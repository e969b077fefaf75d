"""The quick way to a verdict: a small, plain `POST /v1/check` is answered without a task for it.

It takes only what goes right. Whatever is unusual (files, a body that dawdles, a key that is not remembered, a fault
in what was sent) goes the long way through the gate instead, which says what is wrong: so errors are made in one
place.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from siyaj.model.errors import SiyajError
from siyaj.moderation.checks.check import Checker
from siyaj.moderation.checks.record import Result
from siyaj.moderation.checks.requests import CheckAnswer
from siyaj.server.api.check import CheckRoutes, answer_headers
from siyaj.server.auth import Gatekeeper, authorise, bearer
from siyaj.server.body import Body, content_type
from siyaj.server.gate import SAFETY_HEADERS, Headers, refusal, request_id_of, too_slow
from siyaj.server.metrics import Metrics

PATH = "/v1/check"
_RAW_PATH = PATH.encode()


class Quick:
    """Answers checks straight from the connection; belongs to one event loop's thread."""

    def __init__(
        self,
        routes: CheckRoutes,
        checker: Checker,
        gatekeeper: Gatekeeper,
        metrics: Metrics,
        most_bytes: int,
        seconds: float,
    ) -> None:
        """`most_bytes` a body may have, and `seconds` an answer may take: as everywhere behind the gate."""
        self._routes = routes
        self._checker = checker
        self._gatekeeper = gatekeeper
        self._metrics = metrics
        self._most_bytes = most_bytes
        self.seconds = seconds

    @staticmethod
    def is_for(cycle: RequestResponseCycle) -> bool:
        """True for what may go the quick way once its body is there: it will be soon."""
        scope = cycle.scope
        if scope["raw_path"] != _RAW_PATH or scope["method"] != "POST" or cycle.waiting_for_100_continue:
            return False
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        return length.isdigit() and int(length) <= HIGH_WATER_LIMIT

    def take(self, cycle: RequestResponseCycle) -> bool:
        """Answer a request whose body is there whole, now or later; False: nothing happened, it goes the long way."""
        began = time.perf_counter()
        scope: Any = cycle.scope
        if cycle.flow.write_paused or len(cycle.body) > self._most_bytes or content_type(scope) != "application/json":
            return False
        given = dict(scope["headers"])
        try:
            caller = self._gatekeeper.recall(bearer(given.get(b"authorization")))
            if caller is None:
                return False
            authorise(caller, "POST", PATH)
            request = self._routes.read(scope, Body(bytes(cycle.body)), caller)
            if not self._checker.takes(request):
                return False
            self._gatekeeper.spend(caller, 1)
        except SiyajError:
            return False
        exchange = _Exchange(cycle, request_id_of(given), began, self._metrics)
        exchange.timer = asyncio.get_running_loop().call_later(self.seconds, exchange.late)
        self._checker.take(request, exchange.answered)
        return True


class _Exchange:
    """A request that waits for its verdict."""

    __slots__ = ("_began", "_cycle", "_metrics", "_request_id", "timer")

    def __init__(self, cycle: RequestResponseCycle, request_id: bytes, began: float, metrics: Metrics) -> None:
        self._cycle = cycle
        self._request_id = request_id
        self._began = began
        self._metrics = metrics
        self.timer: asyncio.TimerHandle | None = None

    def answered(self, results: Sequence[Result]) -> None:
        (result,) = results
        if self.timer is None:
            return  # it was told that it took too long
        self.timer.cancel()
        if isinstance(result, CheckAnswer):
            self._send(200, answer_headers(result), result.body)
        else:
            self._send(*refusal(result, self._request_id))

    def late(self) -> None:
        self.timer = None
        self._send(*refusal(too_slow(), self._request_id))

    def _send(self, status: int, headers: Headers, body: bytes) -> None:
        """Write head and body in one piece, and tell uvicorn that this one is answered."""
        cycle = self._cycle
        self._metrics.answered(PATH, status, time.perf_counter() - self._began)
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive and (b"connection", b"close") not in headers:
            headers = [*headers, (b"connection", b"close")]
        head = [*cycle.default_headers, *headers, *SAFETY_HEADERS, (b"x-request-id", self._request_id)]
        lines = b"".join([b"%b: %b\r\n" % line for line in head])
        cycle.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
        if not cycle.keep_alive or (b"connection", b"close") in headers:
            cycle.transport.close()
        cycle.on_response()
