"""The in-memory twin of an endpoint, for tests: it keeps what it is given and answers as it is told."""

import threading
from collections import deque

from siyaj.delivery.adaptor import Outcome, Result
from siyaj.model.action import PlatformAction


class MemoryAdaptor:
    """`received` holds each delivery, repeated ones too; `answers` are given in turn, then DONE."""

    def __init__(self) -> None:
        self.received: list[PlatformAction] = []
        self.answers: deque[Outcome] = deque()
        self._lock = threading.Lock()

    def deliver(self, action: PlatformAction) -> Outcome:
        with self._lock:
            self.received.append(action)
            return self.answers.popleft() if self.answers else Outcome(Result.DONE)

    def close(self) -> None:
        """Nothing is open."""
