"""The pipeline: event → signals → matches → verdict → record, for many events at once, in the caller's thread."""

import logging
import time
from collections import Counter
from collections.abc import Sequence

from siyaj.banks.lookup import Lookup
from siyaj.model.errors import SiyajError
from siyaj.model.settings import Settings
from siyaj.moderation.checks.assess import AppealLink, Assessment, Prepared, assess
from siyaj.moderation.checks.extraction import Drawn, draw_words, read_hashes
from siyaj.moderation.checks.record import Result, record
from siyaj.moderation.checks.requests import CheckRequest
from siyaj.moderation.checks.sightings import Sightings
from siyaj.policy.evaluate import Policy
from siyaj.storage.database import Database

log = logging.getLogger(__name__)

_MICROSECONDS_PER_HOUR = 3_600_000_000


class Pipeline:
    """What a check asks and where it is recorded. Of each step, what fails with one event stays with that one."""

    def __init__(
        self,
        database: Database,
        lookup: Lookup,
        policy: Policy,
        sightings: Sightings,
        appeal_link: AppealLink,
        settings: Settings,
    ) -> None:
        self.database = database
        self._lookup = lookup
        self._policy = policy
        self._sightings = sightings
        self._appeal_link = appeal_link
        self._first_review_us = int(settings.first_review_hours * _MICROSECONDS_PER_HOUR)
        self._retries_are_likely = False
        self.counts: Counter[str] = Counter()

    def prepare(self, request: CheckRequest, drawn: Drawn | None) -> Prepared | SiyajError:
        """Draw what is drawn from words, and join it with what was drawn from files."""
        began = time.perf_counter_ns()
        try:
            signals = read_hashes(request.event)
            words = draw_words(request.event)
        except SiyajError as error:
            return error
        except Exception:
            log.exception("cannot draw signals from event %r", request.event.id)
            return SiyajError("this event could not be read; it was not recorded")
        signals += words.signals
        missing = words.missing
        if drawn is not None:
            signals += drawn.signals
            missing += drawn.missing
        return Prepared(request, signals, missing, (time.perf_counter_ns() - began) // 1_000)

    def assess(self, prepared: Sequence[Prepared | SiyajError]) -> list[Assessment | SiyajError]:
        """Judge what could be prepared. Raises StorageUnavailable."""
        ready = [one for one in prepared if isinstance(one, Prepared)]
        assessed = iter(assess(ready, self._lookup, self._policy, self._appeal_link) if ready else [])
        return [next(assessed) if isinstance(one, Prepared) else one for one in prepared]

    def record(self, assessed: Sequence[Assessment | SiyajError]) -> list[Result]:
        """Write what could be assessed; it is durable after the next `flush`. Raises StorageUnavailable."""
        sound = [one for one in assessed if isinstance(one, Assessment)]
        recorded = self._record(sound) if sound else []
        self._count(sound)
        if len(sound) == len(assessed):
            return recorded
        its = iter(recorded)
        return [next(its) if isinstance(one, Assessment) else one for one in assessed]

    def _record(self, sound: Sequence[Assessment]) -> list[Result]:
        """A batch with retries in it is often followed by another."""
        recorded = record(
            self.database, sound, self._first_review_us, self._sightings, ask_first=self._retries_are_likely
        )
        self._retries_are_likely = any(isinstance(one, SiyajError) or one.replayed for one in recorded)
        return recorded

    def flush(self) -> None:
        """Wait until all that was recorded is durable. Raises StorageUnavailable."""
        self.database.flush()

    def _count(self, sound: Sequence[Assessment]) -> None:
        self.counts["batches"] += 1
        self.counts["checks"] += len(sound)
        for action, count in Counter([one.verdict.action for one in sound]).items():
            self.counts[f"action.{action}"] += count
