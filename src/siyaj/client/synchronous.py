"""`Siyaj`: the client for code without asyncio. `AsyncSiyaj` runs behind it, in a thread of its own."""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from siyaj.client.asked import PATIENT_SECONDS
from siyaj.client.asynchronous import BUDGET_SECONDS, STOP_SECONDS, AsyncSiyaj, Load
from siyaj.client.outcomes import Checked, Rechecked
from siyaj.client.spool import LARGEST_BYTES
from siyaj.model.action import ActionKind, Delivery, PlatformAction
from siyaj.model.event import Event, MediaFile
from siyaj.model.report import NewReport, SubjectKind
from siyaj.model.state import SubjectState

T = TypeVar("T")


class Siyaj:
    """Safe for many threads, and for processes that fork: each gets connections of its own.

    Every method is that of `AsyncSiyaj`, whose docstrings hold here too.
    """

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
        self._lock = threading.Lock()
        self._arguments = (url, key)
        self._options: dict[str, Any] = {
            "spool": spool,
            "spool_bytes": spool_bytes,
            "budget_seconds": budget_seconds,
            "stop_seconds": stop_seconds,
        }
        self._running: tuple[int, asyncio.AbstractEventLoop, AsyncSiyaj] | None = None

    def check(
        self,
        event: Event,
        *,
        fail_open: bool,
        files: Sequence[MediaFile] = (),
        idempotency_key: str | None = None,
        seconds: float | None = None,
    ) -> Checked:
        return self._run(
            self._client.check(
                event, fail_open=fail_open, files=files, idempotency_key=idempotency_key, seconds=seconds
            )
        )

    def check_batch(self, events: Sequence[Event], *, fail_open: bool, seconds: float | None = None) -> list[Checked]:
        return self._run(self._client.check_batch(events, fail_open=fail_open, seconds=seconds))

    def report(self, report: NewReport, *, seconds: float = PATIENT_SECONDS) -> str:
        return self._run(self._client.report(report, seconds=seconds))

    def actions(
        self, *, endpoint: str = "", kind: ActionKind | None = None, wait: float = 20.0, once: bool = False
    ) -> Iterator[PlatformAction]:
        its = self._client.actions(endpoint=endpoint, kind=kind, wait=wait, once=once)
        while (action := self._run(_next(its))) is not None:
            yield action

    def ack(
        self,
        action: str,
        *,
        error: str | None = None,
        unavailable: bool = False,
        endpoint: str = "",
        seconds: float = PATIENT_SECONDS,
    ) -> Delivery:
        given = self._client.ack(action, error=error, unavailable=unavailable, endpoint=endpoint, seconds=seconds)
        return self._run(given)

    def state(self, kind: SubjectKind, subject: str, *, seconds: float = PATIENT_SECONDS) -> SubjectState:
        return self._run(self._client.state(kind, subject, seconds=seconds))

    def recheck(self, load: Load | None = None, *, seconds: float = PATIENT_SECONDS) -> list[Rechecked]:
        return self._run(self._client.recheck(load, seconds=seconds))

    @property
    def counts(self) -> Counter[str]:
        return self._client.counts

    @property
    def waiting(self) -> int:
        return self._client.waiting

    def close(self) -> None:
        with self._lock:
            running, self._running = self._running, None
        if running is not None and running[0] == os.getpid():
            _, loop, client = running
            asyncio.run_coroutine_threadsafe(client.close(), loop).result(timeout=5)
            loop.call_soon_threadsafe(loop.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _client(self) -> AsyncSiyaj:
        return self._ready()[2]

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        waiting = asyncio.run_coroutine_threadsafe(work, self._ready()[1])
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()
            raise

    def _ready(self) -> tuple[int, asyncio.AbstractEventLoop, AsyncSiyaj]:
        """Start the loop in this process, if it does not run here: threads do not live through a fork."""
        with self._lock:
            if self._running is None or self._running[0] != os.getpid():
                loop = asyncio.new_event_loop()
                client = AsyncSiyaj(*self._arguments, **self._options)
                threading.Thread(target=loop.run_forever, name="siyaj-client", daemon=True).start()
                self._running = (os.getpid(), loop, client)
            return self._running


async def _next(its: AsyncIterator[PlatformAction]) -> PlatformAction | None:
    return await anext(its, None)
