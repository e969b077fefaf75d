"""Engines, migrations, and what becomes of their errors."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text, select

from siyaj.model.errors import AlreadyExists, StorageUnavailable, UserError
from siyaj.storage import banks
from siyaj.storage.bulk import insert_rows
from siyaj.storage.database import Database
from siyaj.storage.tables import metadata


def test_migrations_make_exactly_the_tables(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [one for one in compare_metadata(context, metadata) if "alembic_version" not in str(one)]
    assert found == []


def test_an_instance_keeps_its_id(database: Database, database_url: str) -> None:
    again = Database.open(database_url)
    assert again.instance == database.instance
    again.close()


def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(Database.open(database_url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.instance for one in opened}) == 1
    assert len(opened) == 4
    for one in opened:
        one.close()


def test_a_second_row_of_one_name_already_exists_and_rolls_back(database: Database) -> None:
    with database.begin() as connection:
        banks.insert(connection, "one", "")
    with pytest.raises(AlreadyExists), database.begin() as connection:
        banks.insert(connection, "two", "")
        banks.insert(connection, "one", "")
    with database.read() as connection:
        assert [bank.name for bank in banks.listed(connection)] == ["one"]


@pytest.mark.parametrize("durable", [True, False])
def test_what_the_driver_wrote_is_undone_with_the_rest(database: Database, durable: bool) -> None:
    """`insert_rows` goes past SQLAlchemy on SQLite, and is in the same transaction."""
    row = ("tvec", "ver_1", b"", 1)
    names = ("account_id", "verdict_id", "data", "at")
    with database.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE scratch (account_id TEXT, verdict_id TEXT, data {_bytes(database)}, at BIGINT NOT NULL)"
        )
    table = Table(
        "scratch",
        MetaData(),
        Column("account_id", Text),
        Column("verdict_id", Text),
        Column("data", LargeBinary),
        Column("at", BigInteger, nullable=False),
    )

    def written() -> list[tuple[object, ...]]:
        with database.read() as connection:
            return [tuple(one) for one in connection.execute(select(table).order_by(table.c.at))]

    with pytest.raises(ZeroDivisionError), database.begin(durable=durable) as connection:
        insert_rows(connection, table, names, [row])
        raise ZeroDivisionError
    with pytest.raises(AlreadyExists), database.begin(durable=durable) as connection:
        insert_rows(connection, table, names, [row])
        banks.insert(connection, "one", "")
        banks.insert(connection, "one", "")
    assert written() == []
    with database.begin(durable=durable) as connection:
        insert_rows(connection, table, names, [row, ("", None, None, 2), (None, "ليل", b"\0\1", 3)])
        banks.insert(connection, "one", "")
    assert written() == [row, ("", None, None, 2), (None, "ليل", b"\0\1", 3)]
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE scratch")


def _bytes(database: Database) -> str:
    return "BLOB" if database.dialect == "sqlite" else "BYTEA"


def test_sqlite_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    database = Database.open(str(tmp_path / "new" / "siyaj.db"))
    assert stat.S_IMODE((tmp_path / "new" / "siyaj.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    database.close()


def test_how_much_sqlite_keeps_can_be_said_in_the_url(tmp_path: Path) -> None:
    def kept(url: str) -> list[int]:
        database = Database.open(url)
        with database.read() as reading, database.begin() as writing:
            found = [one.exec_driver_sql("PRAGMA cache_size").scalar_one() for one in (reading, writing)]
        database.close()
        return found

    assert kept(f"sqlite:///{tmp_path / 'a.db'}") == kept(str(tmp_path / "a.db")) == [-262_144] * 2
    assert kept(f"sqlite:///{tmp_path / 'a.db'}?cache_mb=4") == [-4_096] * 2
    assert [one.name for one in tmp_path.glob("*.db")] == ["a.db"]
    for wrong in ("cache_mb=0", "cache_mb=x", "cache=4", "cache_mb"):
        with pytest.raises(UserError, match="means nothing"):
            Database.open(f"sqlite:///{tmp_path / 'b.db'}?{wrong}")


def test_a_file_that_is_no_database_is_unavailable_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "siyaj.db"
    path.write_bytes(b"this is no database, but somebody's letter\n" * 100)
    before = path.read_bytes()
    with pytest.raises(StorageUnavailable):
        Database.open(str(path))
    assert path.read_bytes() == before


def test_a_locked_database_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from siyaj.storage.engines import sqlite

    monkeypatch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "PRAGMA busy_timeout = 50"))
    database = Database.open(str(tmp_path / "siyaj.db"))
    blocker = sqlite3.connect(tmp_path / "siyaj.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable), database.begin():
        pass
    database.ping()
    blocker.close()
    with database.begin() as connection:
        banks.insert(connection, "one", "")
    database.close()


def test_where_there_is_no_log_nothing_has_to_be_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from siyaj.storage.engines import sqlite

    others = [one for one in sqlite.PRAGMAS if "journal_mode" not in one]
    monkeypatch.setattr(sqlite, "PRAGMAS", ("PRAGMA journal_mode = DELETE", *others))
    database = Database.open(str(tmp_path / "siyaj.db"))
    with database.begin(durable=False) as connection:
        banks.insert(connection, "one", "")
    database.flush()
    database.close()


def test_after_what_was_to_be_flushed_commits_wait_for_the_disk_again(tmp_path: Path) -> None:
    database = Database.open(str(tmp_path / "siyaj.db"))
    told = []
    for durable in (False, True):
        with database.begin(durable=durable) as connection:
            told.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())
    assert told == [1, 2]  # NORMAL, FULL
    database.close()


def test_a_database_that_is_away_is_unavailable() -> None:
    with pytest.raises(StorageUnavailable):
        Database.open("postgresql://nobody@127.0.0.1:1/none")


def test_other_kinds_of_database_are_refused() -> None:
    with pytest.raises(UserError, match="mysql"):
        Database.open("mysql://root@localhost/siyaj")


@pytest.mark.postgresql
def test_a_lost_connection_is_unavailable_once_and_then_replaced(database: Database) -> None:
    if database.dialect != "postgresql":
        pytest.skip("SQLite has no connection to lose")
    with pytest.raises(StorageUnavailable), database.begin() as connection:
        pid = connection.connection.cursor().execute("SELECT pg_backend_pid()").fetchone()[0]
        with database.begin() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        banks.insert(connection, "lost", "")
    with database.begin() as connection:
        banks.insert(connection, "found", "")
    with database.read() as connection:
        assert [bank.name for bank in banks.listed(connection)] == ["found"]
