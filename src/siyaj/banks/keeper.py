"""Keeps this process's indexes equal to the database: at the start from a snapshot, then by the feed of changes.

A change made in this process is applied before the call that made it returns; one made elsewhere within
`poll_seconds`. When the database is away, matching goes on with what is known and the keeper tries again.
"""

import logging
import threading
import time
from pathlib import Path
from typing import Any

from siyaj.matching.matcher import Matcher
from siyaj.model.errors import SiyajError
from siyaj.storage import changes, entries
from siyaj.storage.changes import Change, Op
from siyaj.storage.database import Connection, Database

log = logging.getLogger(__name__)

SNAPSHOT_AFTER = 50_000
"""Entry signals changed since the last snapshot, and a tenth of all, after which a new one is written (also at a clean
stop, if anything changed)."""


class Keeper:
    """Owns the matcher's contents. `on_change` is told which refs changed, so that caches can forget them."""

    def __init__(self, database: Database, matcher: Matcher, folder: Path, poll_seconds: float = 0.5) -> None:
        self._database = database
        self._matcher = matcher
        self._folder = folder
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="siyaj-keeper", daemon=True)
        self._seq = 0
        self._unsaved = 0
        self.ready = False
        self.last_error: str | None = None
        self.generation = 0
        """Grows with every applied change; whoever caches what the database says of an entry compares it."""

    def start(self) -> None:
        """Load everything, then follow the feed. Returns when matching is complete."""
        with self._lock:
            self._load()
        self.ready = True
        self._thread.start()

    def refresh(self) -> None:
        """Apply what changed since the last look. Raises StorageUnavailable."""
        with self._lock, self._database.read() as connection:
            while found := changes.since(connection, self._seq):
                for change in found:
                    self._apply(connection, change)
                self._seq = found[-1].seq

    def snapshot(self) -> None:
        """Write the indexes to the disk, so that the next start is quick. Searches go on meanwhile."""
        with self._lock:
            with self._database.read() as connection:
                stamp = _stamp(self._database, connection, self._seq)
            try:
                self._matcher.save(self._folder, stamp)
            except OSError as error:  # a full disk costs a slow start, nothing else
                log.warning("cannot write the index snapshot to %s: %s", self._folder, error)
            self._unsaved = 0

    def stop(self) -> None:
        """Stop following; write a snapshot if anything changed since the last."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        if self._unsaved:
            try:
                self.snapshot()
            except SiyajError as error:
                log.warning("no snapshot was written: %s", error)

    def _load(self) -> None:
        began = time.monotonic()
        snapshot = self._matcher.load(self._folder)
        with self._database.read() as connection:
            if snapshot is not None and not _belongs(snapshot.stamp, self._database, connection):
                log.warning("the index snapshot in %s belongs to another database and is not used", self._folder)
                self._matcher.clear()
                snapshot = None
            loaded = snapshot.loaded if snapshot is not None else set()
            self._seq = changes.newest(connection) if snapshot is None else int(snapshot.stamp["seq"])
            if missing := sorted(set(self._matcher.types) - loaded):
                for chunk in entries.live_values(connection, types=missing):
                    self._add(chunk)
                    self._unsaved += len(chunk) if snapshot is None else 0
        log.info("indexes are complete after %.2f s", time.monotonic() - began)

    def _apply(self, connection: Connection, change: Change) -> None:
        self.generation += 1
        if change.op is Op.REMOVE:
            self._matcher.remove(range(change.first_ref, change.last_ref + 1))
        elif change.op is Op.ADD:
            # What was revoked since is not live any more and is not read; a later change says so again.
            for chunk in entries.live_values(connection, change.first_ref, change.last_ref):
                self._add(chunk)
        self._unsaved += 0 if change.op is Op.TOUCH else change.last_ref - change.first_ref + 1

    def _add(self, chunk: list[tuple[int, str, str]]) -> None:
        by_type: dict[str, tuple[list[int], list[str]]] = {}
        for ref, kind, value in chunk:
            refs, values = by_type.setdefault(kind, ([], []))
            refs.append(ref)
            values.append(value)
        for kind, (refs, values) in by_type.items():
            if kind in self._matcher.types:
                self._matcher.add(kind, refs, values)
            else:
                log.warning("%d signals of type %r are banked, but no plug-in brings that type", len(refs), kind)

    def _poll(self) -> None:
        while not self._stopping.wait(self._poll_seconds):
            try:
                self.refresh()
                self.last_error = None
                if self._unsaved >= max(SNAPSHOT_AFTER, sum(self._matcher.counts().values()) // 10):
                    self.snapshot()
            except SiyajError as error:
                self.last_error = error.message
                log.warning("cannot follow the banks: %s", error)
            except Exception:
                self.last_error = "internal fault, see the log"
                log.exception("cannot follow the banks")


def _stamp(database: Database, connection: Connection, seq: int) -> dict[str, Any]:
    return {"instance": database.instance, "seq": seq, "at": changes.moment(connection, seq)}


def _belongs(stamp: dict[str, Any], database: Database, connection: Connection) -> bool:
    """True when the snapshot's last change is in this database's own history: not so for another database, nor for
    one that was restored from a backup older than the snapshot."""
    return stamp == _stamp(database, connection, int(stamp.get("seq", -1)))
