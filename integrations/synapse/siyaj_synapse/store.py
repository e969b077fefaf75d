"""What must outlive a restart, in one SQLite file: what passed unchecked, and which reports were sent."""

import json
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS unchecked (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    hook TEXT NOT NULL,
    event TEXT NOT NULL,
    place TEXT NOT NULL,
    repeat TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS sent (digest TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (source TEXT PRIMARY KEY, id INTEGER NOT NULL, digest TEXT NOT NULL);
"""


class Unchecked(NamedTuple):
    """Something that was let through. `place` says where to find it again: room, sender, file."""

    seq: int
    hook: str
    event: dict[str, Any]
    place: dict[str, str]
    repeat: str


class Cursor(NamedTuple):
    """How far a table was read, and what its last row was: another row under that id means an older backup."""

    id: int
    digest: str


class Store:
    """Each call opens the file, so that any thread and any worker process may make it. Blocks: call it in a thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        with self._open() as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_SCHEMA)

    def put(self, hook: str, event: dict[str, Any], place: dict[str, str], repeat: str) -> None:
        """Durable when this returns."""
        row = (hook, json.dumps(event), json.dumps(place), repeat, time.time())
        with self._open() as db:
            db.execute("INSERT INTO unchecked (hook, event, place, repeat, at) VALUES (?, ?, ?, ?, ?)", row)

    def oldest(self, count: int, *, media: bool = True, others: bool = True) -> list[Unchecked]:
        """`media` are the files, `others` everything else."""
        with self._open() as db:
            which = "(hook = 'media' AND ?) OR (hook != 'media' AND ?)"
            query = f"SELECT seq, hook, event, place, repeat FROM unchecked WHERE {which} ORDER BY seq LIMIT ?"
            rows = db.execute(query, (media, others, count))
            return [Unchecked(row[0], row[1], json.loads(row[2]), json.loads(row[3]), row[4]) for row in rows]

    def done(self, seq: int) -> None:
        with self._open() as db:
            db.execute("DELETE FROM unchecked WHERE seq = ?", (seq,))

    def waiting(self) -> int:
        with self._open() as db:
            return int(db.execute("SELECT count(*) FROM unchecked").fetchone()[0])

    def cursor(self, source: str) -> Cursor | None:
        with self._open() as db:
            row = db.execute("SELECT id, digest FROM cursors WHERE source = ?", (source,)).fetchone()
            return Cursor(*row) if row else None

    def advance(self, source: str, cursor: Cursor) -> None:
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", (source, *cursor))

    def unsent(self, digests: Collection[str]) -> set[str]:
        """Return those that were not sent yet."""
        marks = ",".join("?" * len(digests))
        with self._open() as db:
            known = db.execute(f"SELECT digest FROM sent WHERE digest IN ({marks})", tuple(digests))
            return set(digests) - {row[0] for row in known}

    def mark_sent(self, digest: str) -> None:
        with self._open() as db:
            db.execute("INSERT OR IGNORE INTO sent VALUES (?, ?)", (digest, time.time()))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=10)
        try:
            with db:
                db.execute("PRAGMA synchronous=FULL")
                yield db
        finally:
            db.close()
