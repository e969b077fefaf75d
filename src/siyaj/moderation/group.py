"""Many callers, one writer: what waits is written together, so that one fsync serves many answers.

Nobody waits for a group to fill: a lone caller's item is written at once, and load makes groups larger.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from siyaj.model.errors import Overloaded, SiyajError

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

LARGEST = 256
MOST_WAITING = 10_000
BUSY_FROM = 4
LINGER_SECONDS = 0.001
"""When this many came together, the next group is given a moment to fill."""


class Group(Generic[T, R]):
    """`write` takes items and returns a result or an error for each, in order; what it returns is durable."""

    def __init__(self, name: str, write: Callable[[Sequence[T]], Sequence[R | SiyajError]]) -> None:
        self._write = write
        self._queue: SimpleQueue[tuple[T, Future[R]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"siyaj-{name}", daemon=True)
        self._thread.start()

    def submit(self, item: T) -> "Future[R]":
        """Raises Overloaded."""
        if self._queue.qsize() >= MOST_WAITING:
            raise Overloaded(f"{MOST_WAITING} of them are waiting", hint="retry after a second")
        future: Future[R] = Future()
        self._queue.put((item, future))
        return future

    def close(self) -> None:
        """Write what was taken, then stop."""
        self._queue.put(None)
        self._thread.join(timeout=30)

    def _work(self) -> None:
        stopping = False
        busy = False
        while not stopping:
            taken, stopping = self._take(busy)
            busy = len(taken) >= BUSY_FROM
            if taken:
                self._answer(taken)

    def _take(self, busy: bool) -> tuple[list[tuple[T, Future[R]]], bool]:
        one = self._queue.get()
        if busy:
            time.sleep(LINGER_SECONDS)
        taken: list[tuple[T, Future[R]]] = []
        while one is not None:
            taken.append(one)
            if len(taken) >= LARGEST:
                return taken, False
            try:
                one = self._queue.get_nowait()
            except Empty:
                return taken, False
        return taken, True

    def _answer(self, taken: Sequence[tuple[T, "Future[R]"]]) -> None:
        for (_, future), result in zip(taken, self._safely([item for item, _ in taken]), strict=True):
            if not future.set_running_or_notify_cancel():
                continue
            if isinstance(result, SiyajError):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _safely(self, items: Sequence[T]) -> Sequence[R | SiyajError]:
        """A fault with one item stays with that one."""
        try:
            return self._write(items)
        except SiyajError as error:
            return [error] * len(items)
        except Exception:
            if len(items) == 1:
                log.exception("an item could not be written")
                return [SiyajError("a fault of ours; it was not recorded")]
            return [result for item in items for result in self._safely([item])]
