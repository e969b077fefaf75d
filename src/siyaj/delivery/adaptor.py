"""The seam between the outbox and a platform: an adaptor does one action, and says how it went.

An adaptor may be given the same action again (its process was killed, the answer was lost): doing it twice must be
the same as doing it once. It keeps to `outgoing.TOTAL_SECONDS`; a worker waits no longer before another one tries.
"""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from siyaj.model.action import PlatformAction


class Result(StrEnum):
    DONE = "done"
    FAILED = "failed"
    """Tried again later, then dead."""
    REFUSED = "refused"
    """Trying again cannot help: dead at once, `siyaj delivery replay` tries again."""
    UNAVAILABLE = "unavailable"
    """This platform has no such thing, e.g. it cannot tell anybody anything: shown on the case as not available, and
    no failure. Only where nobody needs to decide otherwise."""
    GONE = "gone"
    """The endpoint wants nothing more (HTTP 410): it is disabled."""


class Outcome(Struct):
    """`said` is shown on the case: what the platform answered, or what went wrong. Never a secret.

    `retry_after` in seconds, where the platform asked for more time than the schedule gives it.
    """

    result: Result
    said: str = ""
    retry_after: float = 0.0


class Adaptor(Protocol):
    """How actions reach one endpoint. Used from several threads at once."""

    def deliver(self, action: PlatformAction) -> Outcome:
        """Do it. What goes wrong at the platform is an Outcome; an exception counts as FAILED and is logged."""
        ...

    def close(self) -> None: ...
