"""A database, SQLite or PostgreSQL, behind one small door: `begin` to write, `read` to read.

Foreign errors are translated here and nowhere else: a database that is locked, full or away is
StorageUnavailable (nothing was acknowledged; retry), a second row with a unique value is AlreadyExists.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, PoolProxiedConnection, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from siyaj.model.errors import AlreadyExists, StorageUnavailable, UserError
from siyaj.storage.bulk import Among
from siyaj.storage.engines import postgres, sqlite
from siyaj.storage.migrations.upgrade import upgrade
from siyaj.storage.tables import meta

__all__ = ["Connection", "Database"]


TURN_SECONDS = 30.0
"""How long a writer waits for those before it."""


class Database:
    """An open, migrated database. Safe for many threads; SQLite takes one writer at a time, in order."""

    def __init__(self, reading: Engine, writing: Engine) -> None:
        self._reading = reading
        self._writing = writing
        self.dialect = writing.dialect.name
        self._path = Path(writing.url.database or "")
        self._turn = threading.Lock()
        self._writer: Connection | None = None
        """SQLite's one writing connection, kept: a pool's work for each transaction costs more than some statements."""
        self._writes_durably = True
        """What that connection was told last."""
        self._unsynced_fault = ""
        """Why the disk did not take what was committed; from then on nothing is known to be durable."""
        self._askers: list[PoolProxiedConnection] = []
        """A reading connection that `ask` keeps, for the same reason; of several at once the others go back."""

    @classmethod
    def open(cls, url: str) -> Self:
        """Open `sqlite:////path/to/siyaj.db` (or a plain path) or `postgresql://…`, and bring its tables up to date.

        Raises UserError for a URL of another kind, StorageUnavailable when the database does not answer.
        """
        if url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
            reading, writing = postgres.engines(url)
        elif "://" not in url or url.startswith("sqlite://"):
            reading, writing = sqlite.engines(url)
        else:
            raise UserError(
                f"unknown kind of database in {url.split('://', maxsplit=1)[0]}://…",
                hint="use sqlite:// or postgresql://",
            )
        database = cls(reading, writing)
        try:
            with translated():
                upgrade(writing)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def begin(self, *, durable: bool = True) -> Iterator[Connection]:
        """Write: commit at the end of the block, roll back on any error. The commit is durable when this returns; with
        `durable=False` only when `flush` was called after it, while the next transaction may be under way."""
        if self.dialect != "sqlite":
            with translated(), self._writing.begin() as connection:
                yield connection
            return
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise StorageUnavailable("another writer takes very long", hint="retry")
        try:
            with translated(), self._kept_writer() as connection:
                driver: Any = connection.connection.driver_connection
                if durable is not self._writes_durably:
                    sqlite.set_durable(driver, durable)
                    self._writes_durably = durable
                driver.execute("BEGIN IMMEDIATE")  # what goes by the driver alone costs SQLAlchemy nothing
                yield connection
                (connection if connection.in_transaction() else driver).commit()
        finally:
            self._turn.release()

    def flush(self) -> None:
        """Wait until all that was committed is durable. Raises StorageUnavailable, and then for ever: a disk that
        lost a write once answers the next question with success, so what is committed is not vouched for until the
        process starts again and SQLite has read what is there."""
        if self.dialect != "sqlite":
            return
        if not self._unsynced_fault:
            try:
                sqlite.sync(self._path)
            except OSError as error:
                self._unsynced_fault = error.strerror or str(error)
        if self._unsynced_fault:
            raise StorageUnavailable(
                f"the disk did not take what was written: {self._unsynced_fault}", hint="check the disk, then restart"
            )

    @contextmanager
    def _kept_writer(self) -> Iterator[Connection]:
        """Keep the connection after what went well; after anything else the next writer gets a new one."""
        connection, self._writer = self._writer, None
        if connection is None:
            connection, self._writes_durably = self._writing.connect(), True
        try:
            yield connection
        except BaseException:
            self._let_go(connection)
            raise
        self._writer = connection

    def _let_go(self, connection: Connection) -> None:
        """Undo what was not committed, and give the connection back as the pool hands it out."""
        try:
            driver: Any = connection.connection.driver_connection
            (connection if connection.in_transaction() else driver).rollback()
            sqlite.set_durable(driver, True)
        except Exception:
            connection.invalidate()  # what went wrong before is what is told
        finally:
            connection.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read one consistent view; never waits for a writer."""
        with translated(), self._reading.connect() as connection:
            yield connection

    def ask(self, query: Among, values: Sequence[Any]) -> Sequence[Any]:
        """Answer one query by itself: a single statement sees one consistent view without a transaction around it."""
        if self.dialect != "sqlite":
            with self.read() as connection:
                return query.rows(connection, values)
        with translated():
            try:
                pooled = self._askers.pop()
            except IndexError:
                pooled = self._reading.raw_connection()
            try:
                found = query.rows_of(pooled.driver_connection, values)
            except BaseException:
                pooled.close()
                raise
            if self._askers:
                pooled.close()
            else:
                self._askers.append(pooled)
            return found

    def ping(self) -> None:
        """Raises StorageUnavailable when the database does not answer, or the disk lost what was written."""
        if self._unsynced_fault:
            self.flush()
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    @property
    def instance(self) -> str:
        """The id of this database, made when it was: index snapshots of another one are not for this one."""
        with self.read() as connection:
            return str(connection.execute(select(meta.c.value).where(meta.c.key == "instance")).scalar_one())

    def close(self) -> None:
        for kept in (self._writer, *self._askers):
            if kept is not None:
                kept.close()
        self._writer, self._askers = None, []
        self._reading.dispose()
        self._writing.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turn the drivers' errors into ours, whether SQLAlchemy wrapped them or not."""
    try:
        yield
    except (IntegrityError, sqlite3.IntegrityError) as error:
        raise AlreadyExists(f"the database refused a row: {_first_line(error)}") from error
    except (DBAPIError, sqlite3.Error) as error:
        if sqlite.is_unavailable(_original(error)) or (
            isinstance(error, DBAPIError) and postgres.is_unavailable(error)
        ):
            raise StorageUnavailable(f"the database cannot be used now: {_first_line(error)}", hint="retry") from error
        raise
    except SQLAlchemyError as error:
        if postgres.is_exhausted(error):
            raise StorageUnavailable("all database connections are in use", hint="retry") from error
        raise


def _original(error: DBAPIError | sqlite3.Error) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def _first_line(error: DBAPIError | sqlite3.Error) -> str:
    original = _original(error)
    return str(original).strip().splitlines()[0] if original else type(error).__name__
