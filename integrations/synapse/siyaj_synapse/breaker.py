"""A circuit breaker: a Siyaj that fails again and again is left alone for some seconds, so that nobody waits for it."""

from collections.abc import Callable


class Breaker:
    """Belongs to the reactor's thread."""

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float]) -> None:
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0

    @property
    def open(self) -> bool:
        """True while nobody should ask. After the pause one asks (and the rest wait for what comes of it)."""
        if self._failures < self._most:
            return False
        if self._clock() < self._closed_until:
            return True
        self._closed_until = self._clock() + self._seconds
        return False

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        self._closed_until = self._clock() + self._seconds
