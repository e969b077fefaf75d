"""The one thread that checks go through: it takes what waits, assesses it together and records it together.

Requests that arrive while a batch is being judged wait for the next batch, so load makes batches larger instead
of queues longer. Nobody waits for a batch to fill. What is recorded is handed to threads that do nothing but wait for
the disk: one wait serves all that was recorded before it began, and the next batch is judged meanwhile.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeVar

from siyaj.model.errors import SiyajError
from siyaj.moderation.checks.assess import Assessment
from siyaj.moderation.checks.extraction import Drawn
from siyaj.moderation.checks.pipeline import Pipeline
from siyaj.moderation.checks.record import Result
from siyaj.moderation.checks.requests import CheckRequest
from siyaj.moderation.checks.sealing import needs_sealing, seal_files
from siyaj.moderation.evidence.evidence import Vault

log = logging.getLogger(__name__)

T = TypeVar("T")

LARGEST_BATCH = 256
BUSY_FROM = 4
LINGER_SECONDS = 0.0002
"""When this many callers waited for the last batch, the next one is given a moment to fill: the event loop takes in
requests meanwhile, and one transaction serves twice as many. A lone caller never waits."""

FLUSHERS = 2
"""So many waits for the disk may go on at once: what is recorded while one goes on need not see its end first."""

Answered = Callable[[Sequence[Result]], None]


class Job(NamedTuple):
    """Requests that came together and are answered together, in the event loop that waits for them."""

    requests: list[CheckRequest]
    drawn: list[Drawn | None]
    answered: Answered
    loop: asyncio.AbstractEventLoop
    """Whose thread `answered` is called in."""
    assessed: list[Assessment | SiyajError] | None = None
    """Set when it comes back from sealing: only to be recorded."""


Settle = Callable[[Sequence[Job], Sequence[Result]], None]


class _Recorded(NamedTuple):
    """Jobs whose results are written, but not yet known to be durable."""

    jobs: Sequence[Job]
    results: Sequence[Result]


def _take_recorded(queue: "SimpleQueue[_Recorded | None]") -> tuple[list[_Recorded], bool]:
    """Wait for something, then take all that is there. True when it is time to stop: the None behind the last one is
    for one thread only."""
    taken = []
    one = queue.get()
    while one is not None:
        taken.append(one)
        try:
            one = queue.get_nowait()
        except Empty:
            return taken, False
    return taken, True


class CheckThread:
    """Answers jobs in the order in which they came, but for those whose files are sealed first."""

    def __init__(self, pipeline: Pipeline, vault: Vault, sealing: Executor, settle: Settle) -> None:
        """`sealing` are the threads in which files become evidence; `settle` is given what is answered, in the thread
        of the event loop that waits for it."""
        self._pipeline = pipeline
        self._vault = vault
        self._settle = settle
        self._sealers = sealing
        self._sealing = 0
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._busy = False
        self._recorded: SimpleQueue[_Recorded | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for work, name in ((self._work, "siyaj-check"), *((self._flush, "siyaj-flush"),) * FLUSHERS)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, job: Job) -> None:
        self._jobs.put(job)

    def close(self) -> None:
        """Answer what was taken, then stop."""
        self._jobs.put(None)
        for thread in self._threads:
            thread.join(timeout=30)

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
        for _ in range(FLUSHERS):
            self._recorded.put(None)

    def _flush(self) -> None:
        """A flushing thread: hand out answers once they are durable, until told to stop."""
        stopping = False
        while not stopping:
            batches, stopping = _take_recorded(self._recorded)
            if batches:
                self._finish(batches)

    def _finish(self, batches: Sequence["_Recorded"]) -> None:
        """Wait until what was recorded is durable, then hand it out."""
        jobs = [job for one in batches for job in one.jobs]
        results = self._safely(lambda: self._durable(batches), sum(len(one.results) for one in batches))
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            jobs[0].loop.call_soon_threadsafe(self._settle, jobs, results)

    def _durable(self, batches: Sequence["_Recorded"]) -> list[Result]:
        self._pipeline.flush()
        return [result for one in batches for result in one.results]

    def _answer_jobs(self, jobs: Sequence[Job]) -> None:
        """Record what can be, and hand what has files to keep to the threads that seal: it comes back as a job."""
        assessed = self._assess_safely(jobs)
        ready = []
        for job, its in zip(jobs, assessed, strict=True):
            if job.assessed is None and any(needs_sealing(one) for one in its):
                self._sealing += 1
                self._sealers.submit(self._seal, job._replace(assessed=its))
            else:
                ready.append((job, its))
        if ready:
            results = self._record_safely([one for _, its in ready for one in its])
            recorded = _Recorded([job for job, _ in ready], results)
            if self._jobs.empty():
                self._finish([recorded])  # nothing to judge meanwhile: to wake another thread costs more than to wait
            else:
                self._recorded.put(recorded)

    def _seal(self, job: Job) -> None:
        its = [seal_files(self._vault, one) for one in job.assessed or ()]
        self._jobs.put(job._replace(assessed=its))

    def _take(self) -> tuple[list[Job], bool]:
        """Wait for a job, then take all that are there, up to a batch. True when it is time to stop."""
        jobs: list[Job] = []
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

    def _assess_safely(self, jobs: Sequence[Job]) -> list[list[Assessment | SiyajError]]:
        """Assess the jobs that are not yet, in one batch. A fault fails this batch only, and says so to each caller."""
        fresh = [job for job in jobs if job.assessed is None]
        pairs = [pair for job in fresh for pair in zip(job.requests, job.drawn, strict=True)]
        line = self._pipeline
        its = iter(self._safely(lambda: line.assess([line.prepare(*pair) for pair in pairs]), len(pairs)))
        return [[next(its) for _ in job.requests] if job.assessed is None else job.assessed for job in jobs]

    def _record_safely(self, assessed: Sequence[Assessment | SiyajError]) -> Sequence[Result]:
        return self._safely(lambda: self._pipeline.record(assessed), len(assessed))

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
        self._pipeline.counts[f"failed.{fault.code}"] += count
        return [fault] * count
