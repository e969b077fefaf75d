"""A database of an older version is brought up to date with what is in it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import siyaj.storage.migrations as migrations
from siyaj.model.action import ActionKind
from siyaj.model.case import CaseOrigin, CaseState, Level
from siyaj.model.decision import Draft, Exemption
from siyaj.model.queue import QueueFilter
from siyaj.model.report import SubjectKind
from siyaj.storage import audit, cases, decisions, queue
from siyaj.storage.database import Database
from siyaj.storage.migrations.upgrade import HEAD

CHAIN = [
    ("removed", "first", None, None),
    ("overturned", "appeal", "removed", "removed"),
    ("undone", "undo", "overturned", "overturned"),
    ("overturned-again", "appeal", "undone", "removed"),
    ("undone-again", "undo", "overturned-again", "overturned-again"),
    ("overturned-for-good", "appeal", "undone-again", "removed"),
    ("slip", "first", None, None),
    ("slip-undone", "undo", "slip", "slip"),
    ("after-the-slip", "first", "slip-undone", None),
    ("kept", "first", None, None),
    ("kept-overturned", "appeal", "kept", "kept"),
    ("kept-undone", "undo", "kept-overturned", "kept-overturned"),
]
"""Decisions of the second version in the order in which they were made: id, kind, what each supersedes, and what it
takes the place of."""


def older_version(database_url: str, revision: str, rows: Callable[[sa.Connection], None]) -> None:
    """Make the tables as an older version had them, with a few rows."""
    engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        rows(connection)
    engine.dispose()


def first_rows(connection: sa.Connection) -> None:
    for number in range(3):
        connection.execute(
            sa.text("INSERT INTO audit (at, who, what, subject, detail) VALUES (:at, 'cli:amal', 'x', 'y', :detail)"),
            {"at": number, "detail": b"{}"},
        )
    connection.execute(
        sa.text(
            "INSERT INTO cases (id, subject_kind, subject_id, open_subject, state, reasons, priority, verdicts, "
            "reports, opened_at, deadline) VALUES ('case_1', 'item', 'm', 'item:m', 'open', :none, 5, 1, 0, 1, 2)"
        ),
        {"none": b"[]"},
    )


def chained_rows(connection: sa.Connection) -> None:
    draft = msgspec.json.encode(Draft(ActionKind.NONE, Exemption.NONE))
    for id_, kind, supersedes, _replaces in CHAIN:
        values = {"id": id_, "kind": kind, "supersedes": supersedes, "draft": draft, "empty": b"{}"}
        connection.execute(
            sa.text(
                "INSERT INTO decisions (id, subject_kind, subject_id, kind, action, decided_by, decided_at, "
                "effective_at, supersedes, effects, draft, statement) "
                "VALUES (:id, 'item', 'm', :kind, 'none', 'per_1', 1, 1, :supersedes, :empty, :draft, :empty)"
            ),
            values,
        )


def test_what_the_first_version_kept_is_there_and_its_audit_log_becomes_a_chain(database_url: str) -> None:
    older_version(database_url, "0001", first_rows)
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


def test_what_followed_on_an_undone_decision_takes_the_place_of_what_that_one_had_replaced(database_url: str) -> None:
    older_version(database_url, "0002", chained_rows)
    database = Database.open(database_url)
    with database.read() as connection:
        filled = connection.execute(sa.text("SELECT id, replaces FROM decisions ORDER BY seq")).all()
        shown = {id_: decisions.get(connection, id_) for id_, *_ in CHAIN}
    database.close()
    assert [tuple(row) for row in filled] == [(id_, replaces) for id_, _, _, replaces in CHAIN]
    superseded = {id_: one.superseded_by for id_, one in shown.items() if one is not None and one.superseded_by}
    assert superseded == {
        "removed": "overturned-for-good",
        "overturned": "undone",
        "overturned-again": "undone-again",
        "slip": "slip-undone",
        "kept-overturned": "kept-undone",
    }, "what was overturned and is not any more stands again"


def test_what_waits_is_listed_by_what_sets_it_apart(database_url: str) -> None:
    older_version(database_url, "0003", waiting_rows)
    database = Database.open(database_url)
    chosen = {
        "kind": QueueFilter(kind=SubjectKind.CHANNEL),
        "level": QueueFilter(level=Level.LEAD, state=CaseState.OPEN),
        "origin": QueueFilter(origin=CaseOrigin.APPEAL, state=CaseState.CLOSED),
        "skill": QueueFilter(skill="video"),
        "account": QueueFilter(account="amal"),
        "usual": QueueFilter(kind=SubjectKind.ITEM, level=Level.REVIEWER, origin=CaseOrigin.CONTENT, skill=""),
        "all": QueueFilter(),
    }
    with database.read() as connection:
        listed = {name: [case.id for _, case in queue.page(connection, its)] for name, its in chosen.items()}
        pages = [queue.page(connection, QueueFilter(), limit=2)]
        pages.append(queue.page(connection, QueueFilter(), pages[0][-1][0], limit=9))
    database.close()
    ids = ["kind", "level", "origin", "skill", "account", "usual"]
    assert listed == {**{name: [name] for name in ids[:5]}, "usual": ["account", "usual"], "all": ids}
    assert [case.id for page in pages for _, case in page] == ids


def waiting_rows(connection: sa.Connection) -> None:
    """One case that is set apart by each column, the most urgent first; and an ordinary one."""
    apart = {
        "kind": {"subject_kind": "channel"},
        "level": {"level": "lead"},
        "origin": {"origin": "appeal", "state": "closed"},
        "skill": {"skill": "video"},
        "account": {"account_id": "amal"},
        "usual": {},
    }
    usual = {"subject_kind": "item", "state": "open", "level": "reviewer", "origin": "content", "skill": ""}
    for number, (id_, its) in enumerate(apart.items()):
        values = {"account_id": None, **usual, **its, "id": id_, "rank": number // 2, "none": b"[]"}
        values["priority"] = 100 - number // 2
        connection.execute(
            sa.text(
                "INSERT INTO cases (id, subject_kind, subject_id, state, reasons, priority, rank, verdicts, reports, "
                "opened_at, deadline, level, origin, skill, account_id) "
                "VALUES (:id, :subject_kind, 'm', :state, :none, :priority, :rank, 1, 0, 1, 2, "
                ":level, :origin, :skill, :account_id)"
            ),
            values,
        )


def test_the_newest_step_is_named_as_such() -> None:
    """Else a database that is there already stays as it is, and nothing works on it."""
    steps = sorted((Path(migrations.__file__).parent / "versions").glob("0*.py"))
    assert steps[-1].name.split("_")[0] == HEAD
