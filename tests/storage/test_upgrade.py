"""A database of the first version is brought up to date with what is in it."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import siyaj.storage.migrations as migrations
from siyaj.storage import audit, cases
from siyaj.storage.database import Database
from siyaj.storage.migrations.upgrade import HEAD


def first_version(database_url: str) -> None:
    """Make the tables as the first version had them, with a few rows."""
    engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for number in range(3):
            connection.execute(
                sa.text(
                    "INSERT INTO audit (at, who, what, subject, detail) VALUES (:at, 'cli:amal', 'x', 'y', :detail)"
                ),
                {"at": number, "detail": b"{}"},
            )
        connection.execute(
            sa.text(
                "INSERT INTO cases (id, subject_kind, subject_id, open_subject, state, reasons, priority, verdicts, "
                "reports, opened_at, deadline) VALUES ('case_1', 'item', 'm', 'item:m', 'open', :none, 5, 1, 0, 1, 2)"
            ),
            {"none": b"[]"},
        )
    engine.dispose()


def test_what_the_first_version_kept_is_there_and_its_audit_log_becomes_a_chain(database_url: str) -> None:
    first_version(database_url)
    database = Database.open(database_url)
    with database.begin() as connection:
        audit.write(connection, "cli:amal", "bank.create", "known")
    with database.read() as connection:
        verified = audit.verify(connection)
        case = cases.get(connection, "case_1")
        rank = connection.execute(sa.text("SELECT rank FROM cases")).scalar_one()
    database.close()
    assert (verified.rows, verified.fault) == (4, "")
    assert case is not None
    assert rank == 95
    assert (case.version, case.holder, list(case.priority_reasons)) == (1, None, [])


def test_the_newest_step_is_named_as_such() -> None:
    """Else a database that is there already stays as it is, and nothing works on it."""
    steps = sorted((Path(migrations.__file__).parent / "versions").glob("0*.py"))
    assert steps[-1].name.split("_")[0] == HEAD
