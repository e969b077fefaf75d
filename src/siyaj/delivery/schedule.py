"""When a failed delivery is tried again: soon at first, then less and less often, for three days in all."""

import random

_MINUTE, _HOUR = 60.0, 3_600.0

RETRIES = (
    5.0,
    30.0,
    2 * _MINUTE,
    10 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    20 * _HOUR,
)
"""Seconds between one attempt and the next. docs/integrate.md shows this table; a test keeps the two equal."""
JITTER = 0.2
"""Each wait is up to so much longer, by chance: a platform that comes back is not met by all of them at once."""
LONGEST_WAIT = 24 * _HOUR
"""A platform may ask for more time (Retry-After), but not for more than this."""


def wait_after(attempt: int, asked: float = 0.0) -> float | None:
    """Return the seconds to wait after a failed attempt (counted from 1), or None: give up.

    `asked` is what the platform asked for, in seconds.
    """
    if attempt > len(RETRIES):
        return None
    planned = RETRIES[attempt - 1] * (1 + JITTER * random.random())  # noqa: S311  (no secret hangs on it)
    return max(planned, min(asked, LONGEST_WAIT))
