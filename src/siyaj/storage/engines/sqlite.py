"""SQLite, embedded: write-ahead log, every commit on the disk before it returns."""

import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from siyaj.model.errors import StorageUnavailable, UserError

BUSY_SECONDS = 5.0
READERS = 16
CACHE_MB = 256
"""Pages that a connection keeps, in MiB at most: a large import touches pages all over the index of keys."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit is on the disk when it returns; without `set_durable`, `sync` sees to it
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1_000)}",
    "PRAGMA journal_size_limit = 134217728",
    "PRAGMA wal_autocheckpoint = 16384",  # pages: 64 MB; each checkpoint waits for the disk twice more
    "PRAGMA trusted_schema = OFF",
)

_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}


def engines(url: str) -> tuple[Engine, Engine]:
    """Return (reading, writing) engines on the file; its folder is made, readable by its owner only. `?cache_mb=16`
    behind a `sqlite:` URL says how large the cache of each connection may grow."""
    path, cache_mb = Path(url), CACHE_MB
    if url.startswith("sqlite:"):
        name, _, query = url.removeprefix("sqlite:///").partition("?")
        path, cache_mb = Path(name), _cache_mb(query)
    _make(path)
    return _engine(path, "DEFERRED", READERS, cache_mb), _engine(path, "IMMEDIATE", 1, cache_mb)


def _cache_mb(query: str) -> int:
    given = parse_qs(query, keep_blank_values=True)
    size = given.pop("cache_mb", [str(CACHE_MB)])[-1]
    if given or not size.isdecimal() or not 1 <= int(size) <= 65_536:
        raise UserError(
            f"?{query} behind the database's URL means nothing",
            hint="only `cache_mb` may stand there, e.g. ?cache_mb=16",
        )
    return int(size)


def is_unavailable(error: BaseException | None) -> bool:
    """True for a driver's error about a database that is locked, full, read-only, damaged or gone."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and (code & 0xFF) in _UNAVAILABLE


def set_durable(driver: Any, durable: bool) -> None:
    """Say whether the commits of a connection wait for the disk. Where they do not, `sync` does: what the machine loses
    before, when its power fails, is the end of the log, whole transactions (https://www.sqlite.org/wal.html,
    "Performance Considerations")."""
    driver.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")


def sync(path: Path) -> None:
    """Wait until every commit so far is on the disk. Raises OSError: then nobody knows what is.

    What no longer stands in the write-ahead log was synced when it moved to the database file. The log's own locks
    are held elsewhere, so that opening and closing it lets go of none. A file system that has no shared memory gets
    no log: there SQLite keeps a journal instead, and every commit waits for the disk itself.
    """
    try:
        log = os.open(f"{path}-wal", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        _sync(log)
    finally:
        os.close(log)


_sync = getattr(os, "fdatasync", os.fsync)


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StorageUnavailable(
            f"cannot open the database {str(path)!r}: {error.strerror}", hint="check --data and its permissions"
        ) from None


def _engine(path: Path, begin: str, connections: int, cache_mb: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        for pragma in (*PRAGMAS, f"PRAGMA cache_size = -{cache_mb * 1_024}"):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A write transaction takes its lock at once: two readers that both turn writer would be refused.
        driver = connection.connection.driver_connection
        if not driver.in_transaction:  # `Database.begin` may have begun it without SQLAlchemy
            driver.execute(f"BEGIN {begin}")

    return engine
