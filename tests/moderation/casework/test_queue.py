"""Every list of cases reads an index, whatever it is sorted and filtered by: with 100,000 cases as with ten."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from siyaj.model.case import CaseOrigin, CaseState, Level
from siyaj.model.clock import now_us
from siyaj.model.queue import QueueFilter, QueueSort
from siyaj.storage import copies, leases, queue
from siyaj.storage.database import Database
from siyaj.storage.leases import Suits
from siyaj.storage.tables import cases as table

CASES = 20_000
OPEN = CaseState.OPEN
FILTERS = [
    QueueFilter(state=OPEN),
    QueueFilter(state=OPEN, sort=QueueSort.DEADLINE),
    QueueFilter(state=OPEN, language="fa"),
    QueueFilter(state=OPEN, policy="tvec.rare"),
    QueueFilter(state=OPEN, origin=CaseOrigin.APPEAL),
    QueueFilter(state=OPEN, level=Level.LEAD),
    QueueFilter(state=OPEN, overdue=True, sort=QueueSort.DEADLINE),
    QueueFilter(holder="per_x"),
    QueueFilter(assignee="per_x"),
    QueueFilter(account="u-7"),
    QueueFilter(channel="c-7"),
    QueueFilter(subject="item:m-77"),
    QueueFilter(text="m-77"),
    QueueFilter(),
    QueueFilter(sort=QueueSort.OLDEST),
    QueueFilter(sort=QueueSort.NEWEST),
    QueueFilter(sort=QueueSort.CLOSED),
]


@pytest.fixture
def filled(database: Database) -> Iterator[Database]:
    with database.begin() as connection:
        now = now_us()
        rows = [
            {
                "id": f"case_{n}",
                "subject_kind": "item",
                "subject_id": f"m-{n}",
                "open_subject": f"item:m-{n}" if n % 3 else None,
                "state": "open" if n % 3 else "closed",
                "policy": "tvec.rare" if n % 5_000 == 0 else "tvec",
                "reasons": b"[]",
                "priority": n % 90,
                "rank": 100 - n % 90,
                "verdicts": 1,
                "reports": 0,
                "opened_at": now + n,
                "deadline": now + n * 1_000,
                "closed_at": None if n % 3 else now + n,
                "language": "fa" if n % 4_000 == 1 else "ar",
                "origin": "appeal" if n % 3_000 == 1 else "content",
                "level": "lead" if n % 3_000 == 2 else "reviewer",
                "account_id": f"u-{n % 5_000}",
                "channel_id": f"c-{n % 3_000}",
                "copy_key": f"sha256:{n % 9_000}",
            }
            for n in range(CASES)
        ]
        connection.execute(table.insert(), rows)
        connection.execute(text("ANALYZE"))
    yield database


def test_every_page_reads_an_index(filled: Database) -> None:
    with filled.read() as connection:
        for chosen in FILTERS:
            first = queue.page(connection, chosen, None, 20)
            for after in (None, first[-1][0] if first else (50, 10_000)):
                plans = explained(filled, partial(queue.page, connection, chosen, after, 20))
                assert plans
                for plan in plans:
                    assert not scans(plan), (chosen, plan)
        assert scans(explained(filled, lambda: connection.execute(table.select().where(table.c.reach > 5)).first())[0])
    wanted = Suits("per_amal", ["", "ar", "en"], [""], escalated=False, appeals=False)
    with filled.begin() as connection:
        plans = explained(filled, partial(leases.next_for, connection, wanted, 60_000_000))
        case = leases.next_for(connection, wanted, 60_000_000)
        assert case is not None
        plans += explained(filled, partial(copies.open_ones, connection, case, now_us()))
    for plan in plans:
        assert not scans(plan), plan


def explained(database: Database, ask: Callable[[], object]) -> list[str]:
    """Run something and return the plans of what it read of cases."""
    said: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.lstrip().upper().startswith("SELECT") and "FROM cases" in statement:
            said.append((statement, parameters))

    engine: Engine = database._reading
    engines = {engine, database._writing}
    for one in engines:
        event.listen(one, "before_cursor_execute", note)
    ask()
    for one in engines:
        event.remove(one, "before_cursor_execute", note)
    word = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
    with database.read() as connection:
        return [
            "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(f"{word} {statement}", parameters))  # type: ignore[arg-type]
            for statement, parameters in said
        ]


NARROW = ("account_id=?", "channel_id=?", "subject_id=?", "holder=?", "assignee=?", "MULTI-INDEX OR")
"""What leads to few rows; those may be sorted."""


def scans(plan: str) -> bool:
    """True when the whole table is read, or much of it sorted."""
    sorted_whole = "USE TEMP B-TREE FOR ORDER BY" in plan and not any(one in plan for one in NARROW)
    return "Seq Scan on cases" in plan or "SCAN cases'" in plan or sorted_whole
