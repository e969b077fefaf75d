"""A circuit breaker: when Siyaj fails again and again it is left alone for a while, and nobody waits for it.

After FAILURES in a row it opens; after a pause one call may try; if that fails the pause doubles, up to LONGEST_PAUSE.
"""

import random
import time
from collections.abc import Callable

FAILURES = 5
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 30.0


class Breaker:
    """Not for several threads at once: its event loop owns it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._open_until = 0.0
        self._probing = False

    @property
    def open(self) -> bool:
        return self._failures >= FAILURES

    def may_call(self) -> bool:
        """True when Siyaj may be asked. While it is open, one caller is let through after each pause."""
        if not self.open:
            return True
        if self._probing or self._clock() < self._open_until:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._failures, self._pause, self._probing = 0, FIRST_PAUSE, False

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            jitter = 1 + 0.2 * random.random()  # noqa: S311  (many clients must not come back at once)
            self._open_until = self._clock() + self._pause * jitter
            if self._probing:
                self._pause = min(LONGEST_PAUSE, self._pause * 2)
        self._probing = False

    def gave_up(self) -> None:
        """The caller went away: that says nothing about Siyaj."""
        self._probing = False
