"""How often something may fail: an address, against guessing many logins at once; a login, whether it exists or not."""

import threading
import time
from collections import OrderedDict

from siyaj.model.errors import RateLimited

_MOST = 10_000


class LogInThrottles:
    """Those of one server."""

    def __init__(self) -> None:
        self.addresses = Throttle(50, 300)
        """Generous: a whole team may sit behind one address."""
        self.logins = Throttle(5, 60)
        """As the lock of an account begins, but for logins that do not exist too: a lock must not tell who exists."""


class Throttle:
    """Counts failures by key, in memory, for each process. Safe for many threads."""

    def __init__(self, failures: int, seconds: float) -> None:
        """So many may fail in so many seconds."""
        self._failures = failures
        self._seconds = seconds
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        """Raises RateLimited when too much came wrong from there lately."""
        with self._lock:
            since, count = self._counts.get(key, (0.0, 0))
        if count >= self._failures and time.monotonic() - since < self._seconds:
            raise RateLimited("too many log-ins failed", hint="try again later")

    def forget(self, key: str) -> None:
        with self._lock:
            self._counts.pop(key, None)

    def failed(self, key: str) -> None:
        now = time.monotonic()
        with self._lock:
            since, count = self._counts.pop(key, (now, 0))
            if now - since >= self._seconds:
                since, count = now, 0
            self._counts[key] = (since, count + 1)
            if len(self._counts) > _MOST:
                self._counts.popitem(last=False)
