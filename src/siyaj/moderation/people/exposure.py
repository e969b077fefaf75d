"""Care: how long graphic media was revealed to a person in this shift, and when a break is due.

Seeing it harms, and harm adds up. The console counts the seconds in which media was shown unblurred, proposes a break
after a stretch of work, and asks a person to stop at the budget that they or their lead set. It proposes and never
locks somebody out: a threat to life may not wait for a clock.
"""

from datetime import datetime

from msgspec import Struct

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.person import Person
from siyaj.storage import exposures
from siyaj.storage.database import Connection, Database
from siyaj.storage.exposures import ExposureRow

_MINUTE_US = 60_000_000
_DAY_US = 1_440 * _MINUTE_US
BREAK_US = 10 * _MINUTE_US
"""Nothing heard of a person for so long is a break."""
SHIFT_GAP_US = 6 * 60 * _MINUTE_US
"""After so long a pause the next work is another shift."""
KEPT_DAYS = 90
"""It is there to care for somebody now, not to know about them for ever."""
LONGEST_BEAT = 120
"""Seconds that one report of a screen can add: a tab that slept does not claim that somebody looked at it all night."""


class Exposure(Struct, frozen=True):
    """A person's shift. `seconds` of revealed graphic media, in `revealed` items; `budget` in seconds; `working_since`
    is when the present stretch of work began (None: no work now)."""

    seconds: int
    revealed: int
    budget: int
    working_since: datetime | None
    break_due: bool
    """A break is proposed: the stretch of work is longer than the person's `break_minutes`."""

    @property
    def left(self) -> int:
        return max(0, self.budget - self.seconds)

    @property
    def spent(self) -> bool:
        """The budget is used up: ask the person to go on with something else."""
        return self.seconds >= self.budget


class Exposures:
    """Counts, person by person. Safe for many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, person: Person, now: int | None = None) -> Exposure:
        """Return the person's present shift; after a long pause it is a new, empty one."""
        with self._database.read() as connection:
            row = exposures.latest(connection, person.id)
        return _shown(row, person, now or now_us())

    def note(self, person: Person, *, seconds: int = 0, revealed: int = 0, now: int | None = None) -> Exposure:
        """Add what a screen reports while a person works: seconds since it last did in which media was revealed, and
        how many items were revealed anew. With neither it only says that the person is at work."""
        moment = now or now_us()
        with self._database.begin() as connection:
            row = _present(connection, person.id, moment)
            if moment - row.last_at >= BREAK_US:
                row.since = moment
            row.seconds += max(0, min(seconds, LONGEST_BEAT))
            row.revealed += max(0, revealed)
            row.last_at = max(row.last_at, moment)
            exposures.save(connection, row)
        return _shown(row, person, moment)

    def team(self, days: int = 7, now: int | None = None) -> list[ExposureRow]:
        """Return everybody's shifts of the last days, the newest first, for those who care for the team."""
        since = to_datetime((now or now_us()) - days * _DAY_US).date().isoformat()
        with self._database.read() as connection:
            return exposures.since_day(connection, since)

    def rest(self, person: Person, now: int | None = None) -> Exposure:
        """Note that the person takes a break now: the stretch of work begins anew."""
        moment = now or now_us()
        with self._database.begin() as connection:
            row = _present(connection, person.id, moment)
            row.since = row.last_at = moment
            exposures.save(connection, row)
        return _shown(row, person, moment)


def _present(connection: Connection, person: str, now: int) -> ExposureRow:
    """Return the row of the present shift. A second shift that begins on one day goes on with that day's row: a nap
    does not make the budget anew."""
    day = to_datetime(now).date().isoformat()
    row = exposures.latest(connection, person, lock=True)
    if row is None or (now - row.last_at >= SHIFT_GAP_US and row.day != day):
        exposures.forget(connection, to_datetime(now - KEPT_DAYS * _DAY_US).date().isoformat())
        return ExposureRow(person, day, 0, 0, since=now, last_at=now)
    return row


def _shown(row: ExposureRow | None, person: Person, now: int) -> Exposure:
    budget = person.preferences.exposure_minutes * 60
    day = to_datetime(now).date().isoformat()
    if row is None or (now - row.last_at >= SHIFT_GAP_US and row.day != day):
        return Exposure(0, 0, budget, None, break_due=False)
    at_work = now - row.last_at < BREAK_US
    due = at_work and now - row.since >= person.preferences.break_minutes * _MINUTE_US
    return Exposure(row.seconds, row.revealed, budget, to_datetime(row.since) if at_work else None, break_due=due)
