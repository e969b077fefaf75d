"""A process that is killed while it decides leaves no half decision."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from siyaj.storage import audit
from siyaj.storage.database import Connection, Database
from siyaj.storage.tables import actions, cases, decisions, strikes

ROOT = Path(__file__).parents[3]
KILLS = 3


def test_kill_while_deciding_leaves_nothing_half(database_url: str) -> None:
    Database.open(database_url).close()
    acknowledged = {
        decision for n in range(KILLS) for decision in decide_until_killed(database_url, f"r{n}", 0.3 + n / 7)
    }
    assert acknowledged
    database = Database.open(database_url)
    with database.read() as connection:
        assert not audit.verify(connection).fault
        written = whole(connection)
    database.close()
    assert acknowledged <= written


def decide_until_killed(url: str, name: str, seconds: float) -> list[str]:
    """Return the decisions that were acknowledged before the kill."""
    command = [sys.executable, "-m", "tests.moderation.decider", url, name]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline().strip()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().splitlines()
    process.wait()
    return [line for line in (first, *rest[:-1]) if line.startswith("dec_")]


def whole(connection: Connection) -> set[str]:
    """Check that each decision is whole, or wholly undone; return their ids."""
    superseded = set(connection.execute(select(decisions.c.supersedes)).scalars())
    made = connection.execute(select(decisions).where(decisions.c.kind == "first")).all()
    for row in made:
        case = connection.execute(select(cases).where(cases.c.id == row.case_id)).one()
        undone = row.id in superseded
        assert case.state == ("open" if undone else "closed")
        assert (case.decision_id is None) is undone
        assert count(connection, actions, row.id, actions.c.cancelled_at.is_(None)) == (0 if undone else 2)
        assert count(connection, strikes, row.id, strikes.c.reversed_at.is_(None)) == (0 if undone else 2)
    closed = set(connection.execute(select(cases.c.decision_id).where(cases.c.state == "closed")).scalars())
    assert closed <= {row.id for row in made}
    return {row.id for row in made}


def count(connection: Connection, table: object, decision: str, condition: object) -> int:
    query = select(func.count()).select_from(table).where(table.c.decision_id == decision, condition)  # type: ignore[call-overload, attr-defined]
    return int(connection.execute(query).scalar_one())
