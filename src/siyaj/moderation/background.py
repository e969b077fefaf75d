"""Work behind the answers: a thread that does it, batch by batch, and rests when there is none."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)

LONGEST_REST = 60.0


class Worker:
    """Calls `work` again and again; it returns how much it did, and rests `seconds` where that was less than `full`.

    A trickle is thus done in one go every `seconds`: each go is a commit, and those who answer commit too.

    After a failure it rests longer each time, and never dies: what failed is tried again.
    """

    def __init__(self, name: str, work: Callable[[], int], seconds: float, full: int = 1) -> None:
        self._work = work
        self._seconds = seconds
        self._full = full
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        rest = self._seconds
        while not self._stopped.wait(rest):
            try:
                rest = self._seconds if self._work() < self._full else self._seconds / 20
            except Exception:
                log.exception("%s failed; it is tried again", self._thread.name)
                rest = min(LONGEST_REST, rest * 2 + self._seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(timeout=30)
