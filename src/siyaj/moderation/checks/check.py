"""Answers checks: what comes in over HTTP waits here, in its event loop, until the check thread has its verdict."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from siyaj.model.errors import IdempotencyInFlight, IdempotencyMismatch, Overloaded, SiyajError
from siyaj.model.settings import Settings
from siyaj.model.verdict import Verdict
from siyaj.moderation.checks.assess import Assessment, Prepared
from siyaj.moderation.checks.check_thread import Answered, CheckThread, Job
from siyaj.moderation.checks.extraction import Drawn, FileDrawer, draw_digests
from siyaj.moderation.checks.late import following
from siyaj.moderation.checks.pipeline import Pipeline
from siyaj.moderation.checks.record import Result, answer_before
from siyaj.moderation.checks.requests import CheckAnswer, CheckRequest
from siyaj.moderation.checks.sealing import seal_files
from siyaj.moderation.evidence.evidence import Vault

log = logging.getLogger(__name__)

LATE_PER_DECODER = 8
"""So many answered checks may still be decoding; beyond that a check waits for its media: their files fill memory."""


_Late = tuple[CheckRequest, asyncio.Future[Drawn | Result]]
"""A request whose media is still being decoded."""


def _job() -> tuple[Job, asyncio.Future[Sequence[Result]]]:
    """Return an empty job, and what a task waits for."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Sequence[Result]] = loop.create_future()
    return Job([], [], lambda results: None if future.done() else future.set_result(results), loop), future


class Checker:
    """Answers checks. One thread assesses and records; callers wait in their event loop.

    `submit` and `submit_many` belong to one event loop; `check_now` is for callers without one.
    """

    def __init__(self, pipeline: Pipeline, drawer: FileDrawer, vault: Vault, decoders: int, settings: Settings) -> None:
        self._pipeline = pipeline
        self._drawer = drawer
        self._vault = vault
        self._media_wait = settings.media_wait_seconds
        self._most_late = LATE_PER_DECODER * decoders
        self._tasks: set[asyncio.Task[None]] = set()
        self._limit = settings.queue
        self._in_flight: dict[str, bytes] = {}
        self._decoding = ThreadPoolExecutor(2 * decoders, thread_name_prefix="siyaj-decode")
        self._thread = CheckThread(pipeline, vault, self._decoding, self._settle)

    async def submit(self, request: CheckRequest) -> CheckAnswer:
        """Answer one request; raises SiyajError (a user's fault, or StorageUnavailable, or Overloaded)."""
        result = (await self.submit_many([request]))[0]
        if isinstance(result, SiyajError):
            raise result
        return result

    async def submit_many(self, requests: Sequence[CheckRequest]) -> list[Result]:
        """Answer many requests, each with its answer or its error, in order."""
        results: list[Result | None] = [None] * len(requests)
        job, future = _job()
        late: list[_Late] = []
        for position, request in enumerate(requests):
            results[position] = self._refuse(request)
            if results[position] is not None:
                continue
            self._in_flight[request.request_key] = request.request_hash
            if request.files:
                results[position] = await self._take_files_in(request, job, late)
            else:
                job.requests.append(request)
                job.drawn.append(None)
        if job.requests:
            self._thread.put(job)
            answered = await future
            self._follow_all(late, dict(zip((id(one) for one in job.requests), answered, strict=True)))
            answers = iter(answered)
            return [next(answers) if result is None else result for result in results]
        return [result for result in results if result is not None]

    def takes(self, request: CheckRequest) -> bool:
        """True when `take` may be called: nothing has to be decoded, and nothing speaks against answering it now."""
        return not request.files and self._refuse(request) is None

    def take(self, request: CheckRequest, answered: Answered) -> None:
        """Answer a request that is as `takes` says; `answered` is called in the thread of this event loop. What
        `submit` does, without a task that waits."""
        self._in_flight[request.request_key] = request.request_hash
        self._thread.put(Job([request], [None], answered, asyncio.get_running_loop()))

    def check_now(self, requests: Sequence[CheckRequest]) -> list[Result]:
        """Answer requests in the caller's own thread, in one batch. Raises StorageUnavailable."""
        prepared: list[Prepared | Result] = []
        for request in requests:
            drawn = self._draw_files(request) if request.files else None
            prepared.append(
                drawn if isinstance(drawn, (CheckAnswer, SiyajError)) else self._pipeline.prepare(request, drawn)
            )
        ready = [one for one in prepared if isinstance(one, Prepared)]
        assessed = [seal_files(self._vault, one) for one in self._pipeline.assess(ready)]
        judged = iter(self.record_now(assessed))
        return [next(judged) if isinstance(one, Prepared) else one for one in prepared]

    def record_now(self, assessed: Sequence[Assessment | SiyajError]) -> list[Result]:
        """Write verdicts that are made; they are durable when this returns. Raises StorageUnavailable."""
        results = self._pipeline.record(assessed)
        self._pipeline.flush()
        return results

    def stats(self) -> dict[str, int]:
        """Return counters since the start, and how many wait now."""
        return {**self._pipeline.counts, "waiting": len(self._in_flight)}

    def close(self) -> None:
        """Answer what was taken, then stop."""
        self._thread.close()
        self._decoding.shutdown(wait=True, cancel_futures=True)

    def _refuse(self, request: CheckRequest) -> SiyajError | None:
        running = self._in_flight.get(request.request_key)
        if running is not None and running != request.request_hash:
            return IdempotencyMismatch("another request with this key is being answered", hint="use a fresh key")
        if running is not None:
            return IdempotencyInFlight("the first request with this key is still being answered", hint="retry")
        if len(self._in_flight) >= self._limit:
            return Overloaded(f"{self._limit} checks are waiting", hint="retry after a second")
        return None

    async def _take_files_in(self, request: CheckRequest, job: Job, late: list[_Late]) -> Result | None:
        """Put a request into a job once its files are decoded; or answer it at once, if it was answered before."""
        try:
            decoded = await self._decode(request)
        except BaseException:
            self._forget([request, *job.requests])
            raise
        if isinstance(decoded, asyncio.Future):
            late.append((request, decoded))
            request.late = True
            decoded = draw_digests(request.files)
        if not isinstance(decoded, Drawn):
            self._forget([request])
            return decoded
        job.requests.append(request)
        job.drawn.append(decoded)
        return None

    def _forget(self, requests: Sequence[CheckRequest]) -> None:
        for request in requests:
            self._in_flight.pop(request.request_key, None)

    async def _decode(self, request: CheckRequest) -> Drawn | Result | asyncio.Future[Drawn | Result]:
        """Decode, or return what still runs when the time for it is over."""
        loop = asyncio.get_running_loop()
        decoding = loop.run_in_executor(self._decoding, self._draw_files, request)
        if self._media_wait and len(self._tasks) < self._most_late:
            done, _ = await asyncio.wait({decoding}, timeout=self._media_wait)
            if not done:
                return decoding
        return await decoding

    def _follow_all(self, late: Sequence[_Late], answered: Mapping[int, Result]) -> None:
        """See to it that final verdicts follow. What is lost here, with the process, `late.LateChecks` finishes."""
        for request, decoding in late:
            answer = answered[id(request)]
            if isinstance(answer, CheckAnswer) and not answer.replayed:
                first = msgspec.json.decode(answer.body, type=Verdict)
                if first.pending:
                    task = asyncio.create_task(self._follow(following(request, first.id), decoding))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)

    async def _follow(self, request: CheckRequest, decoding: asyncio.Future[Drawn | Result]) -> None:
        drawn = await decoding
        if isinstance(drawn, Drawn):
            job, future = _job()
            self._thread.put(job._replace(requests=[request], drawn=[drawn]))
            await future

    def _draw_files(self, request: CheckRequest) -> Drawn | Result:
        """Decode the files, unless this request was answered before: a retry costs no decoding."""
        try:
            before = answer_before(self._pipeline.database, request)
            return self._drawer.draw_all(request.files) if before is None else before
        except SiyajError as error:
            return error

    def _settle(self, jobs: Sequence[Job], results: Sequence[Result]) -> None:
        """Hand results to those who wait, in the event loop's thread."""
        start = 0
        for job in jobs:
            end = start + len(job.requests)
            self._forget(job.requests)
            try:
                job.answered(results[start:end])
            except Exception:  # the others' answers are theirs
                log.exception("an answer could not be handed over")
            start = end
