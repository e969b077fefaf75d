"""Nothing is kept for ever: evidence, and what reports say of people, goes on schedule, and the rows say so.

The row is marked first: what is marked cannot be opened. Its bytes go at once or, after a crash, with the orphans:
blobs that no live row names.
"""

import logging
from datetime import timedelta

from msgspec import Struct

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import SiyajError
from siyaj.storage import audit, evidence, reports, translations
from siyaj.storage.blobs import Blobs
from siyaj.storage.database import Database

log = logging.getLogger(__name__)

SWEEP_SECONDS = 600.0
ORPHAN_AGE = timedelta(hours=1)
"""A younger blob may belong to a transaction that is not finished."""
_TURNS_A_DAY = 144
_BATCH = 200


class Swept(Struct):
    """What a sweep did."""

    destroyed: int = 0
    prolonged: int = 0
    """Their case was closed later than they were sealed."""
    orphans: int = 0
    forgotten: int = 0
    """Reports whose names, words and contents were taken out."""


class Retention:
    """The schedule of one vault."""

    def __init__(self, database: Database, blobs: Blobs, keep_us: int) -> None:
        self._database = database
        self._blobs = blobs
        self._keep_us = keep_us
        self._turns = 0

    def work(self) -> int:
        """A turn of the sweep that `siyaj serve` runs; orphans are looked for first of all, then about once a day."""
        swept = Swept()
        now = now_us()
        while self._sweep_batch(now, "system", swept):
            pass
        self._forget(now, "system", swept)
        if self._turns % _TURNS_A_DAY == 0:
            swept.orphans = self._sweep_orphans(now)
        self._turns += 1
        if swept.destroyed or swept.orphans or swept.forgotten:
            log.info(
                "evidence: destroyed %d, %d orphans; %d reports forgotten",
                swept.destroyed,
                swept.orphans,
                swept.forgotten,
            )
        return 0

    def sweep(self, who: str = "system") -> Swept:
        """Destroy what is past its date and neither held nor part of an open case; remove orphans.

        The time runs from the later of sealing and closing of the case: a decision can be contested for so long.
        """
        swept = Swept()
        now = now_us()
        while self._sweep_batch(now, who, swept):
            pass
        self._forget(now, who, swept)
        swept.orphans = self._sweep_orphans(now)
        return swept

    def _sweep_batch(self, now: int, who: str, swept: Swept) -> bool:
        """Return whether there may be more."""
        gone = []
        with self._database.begin() as connection:
            due = evidence.due(connection, now, _BATCH)
            for one in due:
                keep_until = (one.closed_at or 0) + self._keep_us if one.closed_at else 0
                if keep_until > now:
                    evidence.set_keep_until(connection, one.id, keep_until)
                    swept.prolonged += 1
                elif evidence.mark_destroyed(connection, one.id, now):
                    audit.write(connection, who, "evidence.destroy", one.id, why="its time is over")
                    gone.append(one.location)
        with self._database.read() as connection:
            shared = evidence.live_locations(connection, gone)
        for location in set(gone) - shared:
            self._remove(location)
        swept.destroyed += len(gone)
        return len(due) == _BATCH

    def _forget(self, now: int, who: str, swept: Swept) -> None:
        """Personal data of reports goes when the evidence goes, and what was translated of it."""
        with self._database.begin() as connection:
            translations.forget(connection, now - self._keep_us)
        while True:
            with self._database.begin() as connection:
                count = reports.forget(connection, now - self._keep_us, now, _BATCH)
                if count:
                    audit.write(connection, who, "report.forget", "reports", count=count)
            swept.forgotten += count
            if count < _BATCH:
                return

    def _sweep_orphans(self, now: int) -> int:
        removed = 0
        oldest = to_datetime(now) - ORPHAN_AGE
        for page in self._blobs.all():
            old = [blob.name for blob in page if blob.written_at < oldest]
            if not old:
                continue
            with self._database.read() as connection:
                live = evidence.live_locations(connection, old)
            for name in old:
                if name not in live:
                    self._remove(name)
                    removed += 1
        return removed

    def _remove(self, location: str) -> None:
        try:
            self._blobs.remove(location)
        except SiyajError as error:
            log.warning("cannot remove %s now; the next sweep tries again: %s", location, error)
