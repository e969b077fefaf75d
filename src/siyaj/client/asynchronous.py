"""`AsyncSiyaj`: the client, for asyncio."""

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from siyaj.client import asked, wire
from siyaj.client.asked import PATIENT_SECONDS
from siyaj.client.breaker import Breaker
from siyaj.client.errors import ClientError, Refused, Unavailable
from siyaj.client.outcomes import Checked, Rechecked
from siyaj.client.spool import LARGEST_BYTES, Spool, Unchecked
from siyaj.model.action import ActionKind, Delivery, PlatformAction
from siyaj.model.event import Event, MediaFile
from siyaj.model.report import NewReport, SubjectKind
from siyaj.model.state import Acknowledgement, SubjectState
from siyaj.model.verdict import Action, Verdict

log = logging.getLogger("siyaj.client")

BUDGET_SECONDS = 0.3
"""A check of words and hashes should be answered in this time; a slower answer is used, and counted as `slow`."""
STOP_SECONDS = 1.0
"""Nobody waits longer than this for a check, whatever happens."""

Load = Callable[[Event, Sequence[str]], Awaitable[Sequence[MediaFile]] | Sequence[MediaFile]]


class AsyncSiyaj:
    """Belongs to one event loop. `counts` says what happened: checks, slow, fail_opens, fail_closed, refused, lost."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        spool: str | Path | None = None,
        spool_bytes: int = LARGEST_BYTES,
        budget_seconds: float = BUDGET_SECONDS,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """`spool` is a file in which what was let through unchecked waits for `recheck`; without one it is only
        counted."""
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers={"authorization": f"Bearer {key}", "user-agent": "siyaj-client"},
            timeout=None,  # one deadline for the whole call, below  # noqa: S113
            trust_env=False,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=60),
        )
        self._spool = Spool(Path(spool), spool_bytes) if spool is not None else None
        self._breaker = Breaker()
        self._budget = budget_seconds
        self._stop = stop_seconds
        self.counts: Counter[str] = Counter()

    async def check(
        self,
        event: Event,
        *,
        fail_open: bool,
        files: Sequence[MediaFile] = (),
        idempotency_key: str | None = None,
        seconds: float | None = None,
    ) -> Checked:
        """Ask before something is published. Never raises for what the network or Siyaj does.

        `fail_open` says what happens when there is no answer within `seconds`: publish, or hold back. An edited item
        needs an `idempotency_key` of its own, e.g. `m-1:edit-2`; the same call again gets the same verdict.
        """
        self.counts["checks"] += 1
        headers = {"idempotency-key": idempotency_key} if idempotency_key else {}
        began = time.monotonic()
        try:
            answer = await self._guarded("/v1/check", wire.check_body(event, files), headers, seconds)
            verdict = wire.read(answer, Verdict)
        except ClientError as error:
            kept = Unchecked(event, str(error), time.time(), idempotency_key, [file.name for file in files])
            return self._failed(kept, error, fail_open=fail_open)
        if not files and time.monotonic() - began > self._budget:
            self.counts["slow"] += 1
        return Checked(verdict.action, verdict)

    async def check_batch(
        self, events: Sequence[Event], *, fail_open: bool, seconds: float | None = None
    ) -> list[Checked]:
        """Check many events, each for itself, in order."""
        self.counts["checks"] += len(events)
        found: list[Checked] = []
        for start in range(0, len(events), wire.LARGEST_BATCH):
            some = events[start : start + wire.LARGEST_BATCH]
            for event, result in zip(some, await self._batch(some, seconds), strict=True):
                if isinstance(result, Verdict):
                    found.append(Checked(result.action, result))
                else:
                    found.append(self._failed(Unchecked(event, str(result), time.time()), result, fail_open=fail_open))
        return found

    async def report(self, report: NewReport, *, seconds: float = PATIENT_SECONDS) -> str:
        """Report something; return the receipt: it is durable then. Raises Refused, Unavailable."""
        once = {"idempotency-key": report.id if _is_key(report.id) else uuid.uuid4().hex}
        answer = await self._patiently("POST", "/v1/reports", wire.json_body(report), seconds, once)
        return wire.read(answer, wire.Receipt).receipt

    async def actions(
        self, *, endpoint: str = "", kind: ActionKind | None = None, wait: float = 20.0, once: bool = False
    ) -> AsyncIterator[PlatformAction]:
        """Yield what is to be done, in order, for ever (or, with `once`, what is there). Acknowledge each with `ack`.

        What is not acknowledged comes again in the next iteration over `actions`. While Siyaj is away this waits.
        """
        its = asked.actions(self._within, endpoint, kind, wait, once=once)
        async for action in its:
            yield action

    async def ack(
        self,
        action: str,
        *,
        error: str | None = None,
        unavailable: bool = False,
        endpoint: str = "",
        seconds: float = PATIENT_SECONDS,
    ) -> Delivery:
        """Say that an action was done, or with `error` why not: then it is offered again later, except where
        `unavailable` says that your platform has no way to do it."""
        told = Acknowledgement(error is None and not unavailable, (error or "")[:2_000], unavailable)
        body = wire.json_body(told)
        params = {"params": {"endpoint": endpoint}} if endpoint else {}
        answer = await self._patiently("POST", f"/v1/actions/{action}/ack", {**body, **params}, seconds)
        return wire.read(answer, Delivery)

    async def state(self, kind: SubjectKind, subject: str, *, seconds: float = PATIENT_SECONDS) -> SubjectState:
        """Return what should be the state of an item, account or channel. Raises Refused, Unavailable."""
        return wire.read(await self._patiently("GET", wire.state_path(kind, subject), {}, seconds), SubjectState)

    async def recheck(self, load: Load | None = None, *, seconds: float = PATIENT_SECONDS) -> list[Rechecked]:
        """Check what was let through unchecked; return the verdicts, for you to act on. Call it from time to time.

        `load(event, names)` returns the files that came with an event; without it such events keep waiting. Stops at
        the first that Siyaj does not answer: the rest waits too. Verdicts are recorded in Siyaj like any other.
        """
        if self._spool is None:
            return []
        waiting = await asyncio.to_thread(self._spool.take)
        if waiting is None:
            return []
        left: list[Unchecked] | None = None
        try:
            done, left = await self._recheck_all(waiting, load, seconds)
        finally:
            self._spool.done(left)
        self.counts["rechecked"] += len(done)
        return done

    async def _recheck_all(
        self, waiting: Sequence[Unchecked], load: Load | None, seconds: float
    ) -> tuple[list[Rechecked], list[Unchecked]]:
        """Return the verdicts, and what is left."""
        done: list[Rechecked] = []
        left: list[Unchecked] = []
        for place, one in enumerate(waiting):
            if one.files and load is None:
                left.append(one)
                continue
            try:
                done.append(Rechecked(one.event, await self._recheck(one, load, seconds)))
            except Unavailable:
                return done, [*left, *waiting[place:]]
            except Refused as error:
                if _helps_later(error):
                    return done, [*left, *waiting[place:]]
                self.counts["lost"] += 1
                log.error("event %r was let through and cannot be checked: %s", one.event.id, error)
        return done, left

    @property
    def waiting(self) -> int:
        """How many events wait for `recheck`."""
        return len(self._spool) if self._spool is not None else 0

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _recheck(self, one: Unchecked, load: Load | None, seconds: float) -> Verdict:
        files: Sequence[MediaFile] = ()
        if one.files and load is not None:
            loaded = load(one.event, one.files)
            files = loaded if isinstance(loaded, Sequence) else await loaded
        headers = {"idempotency-key": one.idempotency_key} if one.idempotency_key else {}
        body = wire.check_body(one.event, files)
        return wire.read(await self._within("POST", "/v1/check", body, headers, seconds), Verdict)

    async def _batch(
        self, events: Sequence[Event], seconds: float | None
    ) -> Sequence[Verdict | Refused | Unavailable | ClientError]:
        try:
            answer = await self._guarded("/v1/check/batch", wire.batch_body(events), {}, seconds)
            results = wire.read(answer, wire.Results).results
        except ClientError as error:
            return [error] * len(events)
        return [wire.read_result(result) for result in results]

    async def _guarded(
        self, path: str, body: dict[str, Any], headers: dict[str, str], seconds: float | None
    ) -> httpx.Response:
        """POST within the deadline, unless the circuit breaker is open."""
        if not self._breaker.may_call():
            raise Unavailable("the circuit breaker is open: Siyaj failed several times in a row")
        try:
            answer = await self._within("POST", path, body, headers, seconds or self._stop)
        except Unavailable:
            self._breaker.failed()
            raise
        except BaseException:
            self._breaker.gave_up()
            raise
        if answer.status_code in wire.RETRIED:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        return answer

    async def _within(
        self, method: str, path: str, arguments: dict[str, Any], headers: dict[str, str], seconds: float
    ) -> httpx.Response:
        """Send one request; once more where a kept connection had died. Raises Unavailable."""
        sent = {**arguments, "headers": {**arguments.get("headers", {}), **headers}}
        try:
            async with asyncio.timeout(seconds):
                try:
                    return await self._http.request(method, path, **sent)
                except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                    return await self._http.request(method, path, **sent)
        except TimeoutError:
            raise Unavailable(f"no answer within {seconds:g} s") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"cannot be reached: {error or type(error).__name__}") from None

    async def _patiently(
        self, method: str, path: str, arguments: dict[str, Any], seconds: float, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Try until it is answered or `seconds` are over. Raises Unavailable."""
        until, pause = time.monotonic() + seconds, 0.1
        while True:
            left = until - time.monotonic()
            try:
                answer = await self._within(method, path, arguments, headers or {}, max(0.05, left))
            except Unavailable:
                if time.monotonic() + pause >= until:
                    raise
            else:
                if answer.status_code not in wire.RETRIED or time.monotonic() + pause >= until:
                    return answer
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 2)

    def _failed(self, kept: Unchecked, error: ClientError, *, fail_open: bool) -> Checked:
        if isinstance(error, Refused):
            self.counts["refused"] += 1
            log.error("the check of %r was refused: %s", kept.event.id, error)
        if not fail_open:
            self.counts["fail_closed"] += 1
            return Checked(Action.HOLD, None, str(error))
        self.counts["fail_opens"] += 1
        if self._spool is not None and _helps_later(error):
            try:
                self.counts["lost"] += self._spool.keep([kept])
            except OSError as broken:
                self.counts["lost"] += 1
                log.error("event %r was let through and cannot be kept: %s", kept.event.id, broken)
        else:
            self.counts["lost"] += 1
        return Checked(Action.ALLOW, None, str(error))


def _helps_later(error: ClientError) -> bool:
    """True for what another try may mend: Siyaj is back, or the key is valid again."""
    return not isinstance(error, Refused) or error.status in (401, 403)


def _is_key(text: str) -> bool:
    return 0 < len(text) <= 255 and text.isascii() and text.isprintable() and " " not in text
