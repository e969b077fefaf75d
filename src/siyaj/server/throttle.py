"""How often an address may fail: against guessing many logins at once, which the lock of one account does not see."""

import threading
import time
from collections import OrderedDict

from siyaj.model.errors import RateLimited

_MOST_ADDRESSES = 10_000


class Throttle:
    """Counts failures by address, in memory, for each process. Safe for many threads."""

    def __init__(self, failures: int, seconds: float) -> None:
        """So many may fail in so many seconds; generous, since a whole team may share an address."""
        self._failures = failures
        self._seconds = seconds
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """Raises RateLimited when too much came wrong from there lately."""
        with self._lock:
            since, count = self._counts.get(address, (0.0, 0))
        if count >= self._failures and time.monotonic() - since < self._seconds:
            raise RateLimited("too many log-ins failed from this address", hint="try again later")

    def failed(self, address: str) -> None:
        now = time.monotonic()
        with self._lock:
            since, count = self._counts.pop(address, (now, 0))
            if now - since >= self._seconds:
                since, count = now, 0
            self._counts[address] = (since, count + 1)
            if len(self._counts) > _MOST_ADDRESSES:
                self._counts.popitem(last=False)
