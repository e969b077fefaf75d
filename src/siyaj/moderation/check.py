"""The pipeline: event → signals → matches → verdict → record → answer.

Requests that arrive while a batch is being written wait for the next batch, so load makes batches larger instead
of queues longer, and one fsync serves many answers. Nobody waits for a batch to fill.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeVar

import msgspec

from siyaj.banks.lookup import Lookup
from siyaj.model.errors import (
    IdempotencyInFlight,
    IdempotencyMismatch,
    Overloaded,
    SiyajError,
)
from siyaj.model.settings import Settings
from siyaj.model.verdict import Verdict
from siyaj.moderation.assess import AppealLink, Assessment, Prepared, assess
from siyaj.moderation.evidence import Vault
from siyaj.moderation.extraction import Drawn, FileDrawer, draw_digests, draw_words, read_hashes
from siyaj.moderation.late import following
from siyaj.moderation.record import Result, answer_before, record
from siyaj.moderation.requests import CheckAnswer, CheckRequest
from siyaj.moderation.sealing import needs_sealing, seal_files
from siyaj.moderation.sightings import Sightings
from siyaj.policy.evaluate import Policy
from siyaj.storage.database import Database

log = logging.getLogger(__name__)

T = TypeVar("T")

Answered = Callable[[Sequence[Result]], None]

LARGEST_BATCH = 256
BUSY_FROM = 4
LINGER_SECONDS = 0.0002
"""When this many callers waited for the last batch, the next one is given a moment to fill: the event loop takes in
requests meanwhile, and one transaction serves twice as many. A lone caller never waits."""
LATE_PER_DECODER = 8
"""So many answered checks may still be decoding; beyond that a check waits for its media: their files fill memory."""
_MICROSECONDS_PER_HOUR = 3_600_000_000


class _Job(NamedTuple):
    """Requests that came together and are answered together, in the event loop that waits for them."""

    requests: list[CheckRequest]
    drawn: list[Drawn | None]
    answered: Answered
    loop: asyncio.AbstractEventLoop
    """Whose thread `answered` is called in."""
    assessed: list[Assessment | SiyajError] | None = None
    """Set when it comes back from sealing: only to be recorded."""


_Late = tuple[CheckRequest, asyncio.Future[Drawn | Result]]
"""A request whose media is still being decoded."""


def _job() -> tuple[_Job, asyncio.Future[Sequence[Result]]]:
    """Return an empty job, and what a task waits for."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Sequence[Result]] = loop.create_future()
    return _Job([], [], lambda results: None if future.done() else future.set_result(results), loop), future


class Checker:
    """Answers checks. One thread assesses and records; callers wait in their event loop.

    `submit` and `submit_many` belong to one event loop; `check_now` is for callers without one.
    """

    def __init__(
        self,
        database: Database,
        lookup: Lookup,
        policy: Policy,
        drawer: FileDrawer,
        vault: Vault,
        decoders: int,
        settings: Settings,
        sightings: Sightings,
        appeal_link: AppealLink,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._policy = policy
        self._drawer = drawer
        self._vault = vault
        self._sealing = 0
        self._sightings = sightings
        self._media_wait = settings.media_wait_seconds
        self._most_late = LATE_PER_DECODER * decoders
        self._tasks: set[asyncio.Task[None]] = set()
        self._appeal_link = appeal_link
        self._first_review_us = int(settings.first_review_hours * _MICROSECONDS_PER_HOUR)
        self._limit = settings.queue
        self._in_flight: dict[str, bytes] = {}
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._decoding = ThreadPoolExecutor(2 * decoders, thread_name_prefix="siyaj-decode")
        self.counts: Counter[str] = Counter()
        self._busy = False
        self._thread = threading.Thread(target=self._work, name="siyaj-check", daemon=True)
        self._thread.start()

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
            if results[position] is None:
                results[position] = await self._take_in(request, job, late)
        if job.requests:
            self._jobs.put(job)
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
        self._jobs.put(_Job([request], [None], answered, asyncio.get_running_loop()))

    def check_now(self, requests: Sequence[CheckRequest]) -> list[Result]:
        """Answer requests in the caller's own thread, in one batch. Raises StorageUnavailable."""
        prepared: list[Prepared | Result] = []
        for request in requests:
            drawn = self._draw_files(request) if request.files else None
            prepared.append(drawn if isinstance(drawn, (CheckAnswer, SiyajError)) else self._prepare(request, drawn))
        ready = [one for one in prepared if isinstance(one, Prepared)]
        judged = iter(self._record([seal_files(self._vault, one) for one in self._assess(ready)]))
        return [next(judged) if isinstance(one, Prepared) else one for one in prepared]

    def record_now(self, assessed: Sequence[Assessment]) -> list[Result]:
        """Write verdicts that were made without asking the banks. Raises StorageUnavailable."""
        return self._record(assessed)

    def stats(self) -> dict[str, int]:
        """Return counters since the start, and how many wait now."""
        return {**self.counts, "waiting": len(self._in_flight)}

    def close(self) -> None:
        """Answer what was taken, then stop."""
        self._jobs.put(None)
        self._thread.join(timeout=30)
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

    async def _take_in(self, request: CheckRequest, job: _Job, late: list[_Late]) -> Result | None:
        """Put a request into a job; or answer it at once, if it was answered before."""
        self._in_flight[request.request_key] = request.request_hash
        drawn = None
        if request.files:
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
            drawn = decoded
        job.requests.append(request)
        job.drawn.append(drawn)
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
            self._jobs.put(job._replace(requests=[request], drawn=[drawn]))
            await future

    def _draw_files(self, request: CheckRequest) -> Drawn | Result:
        """Decode the files, unless this request was answered before: a retry costs no decoding."""
        try:
            before = answer_before(self._database, request)
            return self._drawer.draw_all(request.files) if before is None else before
        except SiyajError as error:
            return error

    def _settle(self, jobs: Sequence[_Job], results: Sequence[Result]) -> None:
        """Hand results to those who wait, in the event loop's thread."""
        start = 0
        for job in jobs:
            end = start + len(job.requests)
            self._forget(job.requests)
            job.answered(results[start:end])
            start = end

    def _work(self) -> None:
        """The check thread: take what waits, answer it, until told to stop."""
        stopping = False
        while not stopping or self._sealing:
            jobs, stop = self._take()
            stopping = stopping or stop
            self._busy = len(jobs) >= BUSY_FROM
            self._sealing -= sum(job.assessed is not None for job in jobs)
            if jobs:
                self._answer_jobs(jobs)

    def _answer_jobs(self, jobs: Sequence[_Job]) -> None:
        """Record what can be, and hand what has files to keep to the threads that seal: it comes back as a job."""
        assessed = self._assess_safely(jobs)
        ready = []
        for job, its in zip(jobs, assessed, strict=True):
            if job.assessed is None and any(needs_sealing(one) for one in its):
                self._sealing += 1
                self._decoding.submit(self._seal, job._replace(assessed=its))
            else:
                ready.append((job, its))
        if ready:
            results = self._record_safely([one for _, its in ready for one in its])
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                jobs[0].loop.call_soon_threadsafe(self._settle, [job for job, _ in ready], results)

    def _seal(self, job: _Job) -> None:
        its = [seal_files(self._vault, one) for one in job.assessed or ()]
        self._jobs.put(job._replace(assessed=its))

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for a job, then take all that are there, up to a batch. True when it is time to stop."""
        jobs: list[_Job] = []
        taken = 0
        job = self._jobs.get()
        if self._busy:
            time.sleep(LINGER_SECONDS)
        while job is not None:
            jobs.append(job)
            taken += len(job.requests)
            if taken >= LARGEST_BATCH:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs, False
        return jobs, True

    def _assess_safely(self, jobs: Sequence[_Job]) -> list[list[Assessment | SiyajError]]:
        """Assess the jobs that are not yet, in one batch. A fault fails this batch only, and says so to each caller."""
        fresh = [job for job in jobs if job.assessed is None]
        pairs = [pair for job in fresh for pair in zip(job.requests, job.drawn, strict=True)]
        its = iter(self._safely(lambda: self._assess([self._prepare(*pair) for pair in pairs]), len(pairs)))
        return [[next(its) for _ in job.requests] if job.assessed is None else job.assessed for job in jobs]

    def _record_safely(self, assessed: Sequence[Assessment | SiyajError]) -> Sequence[Result]:
        return self._safely(lambda: self._record(assessed), len(assessed))

    def _safely(self, step: Callable[[], Sequence[T]], count: int) -> Sequence[T | SiyajError]:
        if not count:
            return []
        try:
            return step()
        except SiyajError as error:
            fault = error
        except Exception:
            log.exception("a batch of %d checks failed", count)
            fault = SiyajError("this event could not be assessed; it was not recorded")
        self.counts[f"failed.{fault.code}"] += count
        return [fault] * count

    def _prepare(self, request: CheckRequest, drawn: Drawn | None) -> Prepared | SiyajError:
        """Draw what is drawn from words, and join it with what was drawn from files."""
        began = time.perf_counter_ns()
        try:
            signals = read_hashes(request.event)
            words = draw_words(request.event)
        except SiyajError as error:
            return error
        except Exception:
            log.exception("cannot draw signals from event %r", request.event.id)
            return SiyajError("this event could not be read; it was not recorded")
        signals += words.signals
        missing = words.missing
        if drawn is not None:
            signals += drawn.signals
            missing += drawn.missing
        return Prepared(request, signals, missing, (time.perf_counter_ns() - began) // 1_000)

    def _assess(self, prepared: Sequence[Prepared | SiyajError]) -> list[Assessment | SiyajError]:
        ready = [one for one in prepared if isinstance(one, Prepared)]
        assessed = iter(assess(ready, self._lookup, self._policy, self._appeal_link) if ready else [])
        return [next(assessed) if isinstance(one, Prepared) else one for one in prepared]

    def _record(self, assessed: Sequence[Assessment | SiyajError]) -> list[Result]:
        sound = [one for one in assessed if isinstance(one, Assessment)]
        recorded = iter(record(self._database, sound, self._first_review_us, self._sightings) if sound else [])
        self._count(sound)
        return [next(recorded) if isinstance(one, Assessment) else one for one in assessed]

    def _count(self, sound: Sequence[Assessment]) -> None:
        self.counts["batches"] += 1
        self.counts["checks"] += len(sound)
        self.counts.update(f"action.{one.verdict.action}" for one in sound)
