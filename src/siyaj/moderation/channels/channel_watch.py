"""Which channels to think about, and when: at most once in a few seconds each, however much happens in them."""

import logging
import threading
import time
from collections.abc import Callable, Iterable

from siyaj.model.clock import now_us
from siyaj.model.errors import SiyajError
from siyaj.storage import closed_channels
from siyaj.storage.closed_channels import Stirred
from siyaj.storage.database import Database

log = logging.getLogger(__name__)

REST_SECONDS = 3.0
"""Between two thoughts about one channel."""
AT_ONCE = 50
MOST_WAITING = 20_000
OVERLAP = 200
"""Numbers that are read again: PostgreSQL gives them out before the rows can be seen."""
LOOK_BACK_US = 86_400_000_000
FRESH_US = 600_000_000
"""At the start, channels seen so lately are thought about: the process before may have died first."""


class Watch:
    """A queue of channels, filled by checks of this process and by reports and decisions of any."""

    def __init__(self, database: Database, think: Callable[[str], object]) -> None:
        self._database = database
        self._think = think
        self._lock = threading.Lock()
        self._due: dict[str, float] = {}
        self._thought: dict[str, float] = {}
        self._place: list[int] | None = None
        self._read: tuple[set[int], set[int]] = (set(), set())

    def stir(self, ids: Iterable[str], seconds: float = 0.0) -> None:
        """Think about these, in so many seconds at the earliest."""
        now = time.monotonic()
        with self._lock:
            for channel in ids:
                due = max(now + seconds, self._thought.get(channel, 0.0) + REST_SECONDS)
                if len(self._due) < MOST_WAITING:
                    self._due[channel] = max(due, self._due.get(channel, 0.0)) if seconds else due

    def work(self) -> int:
        """Do what is due; return how much that was. One that fails is logged and tried again at its next stir."""
        self._follow()
        due = self._take()
        for channel in due:
            try:
                self._think(channel)
            except SiyajError as error:
                log.warning("channel %r could not be thought about: %s", channel, error)
                self.stir([channel], 5.0)
            except Exception:  # one channel's fault must not stop the others
                log.exception("channel %r cannot be thought about", channel)
        return len(due)

    def _take(self) -> list[str]:
        now = time.monotonic()
        with self._lock:
            due = [channel for channel, at in self._due.items() if at <= now][:AT_ONCE]
            for channel in due:
                del self._due[channel]
                self._thought[channel] = now
            if len(self._thought) > MOST_WAITING:
                self._thought = {channel: at for channel, at in self._thought.items() if at > now - REST_SECONDS}
        return due

    def _follow(self) -> None:
        """Stir the channels that people decided on or reported, in whichever process that was."""
        with self._database.read() as connection:
            if self._place is None:
                self._place = list(closed_channels.start(connection, now_us() - LOOK_BACK_US))
                self.stir(closed_channels.seen_since(connection, now_us() - FRESH_US))
            found = (
                closed_channels.decided_since(connection, self._place[0] - OVERLAP),
                closed_channels.reported_since(connection, self._place[1] - OVERLAP),
            )
        now = now_us()
        for number, rows in enumerate(found):
            for row in rows:
                if row.seq not in self._read[number] and row.channel:
                    self._stir_when_due(row, now)
            if rows:
                self._place[number] = max(self._place[number], rows[-1].seq)
                self._read[number].clear()
                self._read[number].update(row.seq for row in rows)

    def _stir_when_due(self, row: Stirred, now: int) -> None:
        self.stir([row.channel], max(0.0, (row.due - now) / 1_000_000))
