"""Pages of lists: whatever the order, all pages together are the list, and going back shows the same pages again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, create_engine, select

from siyaj.storage import appeals, audit, decisions, entries, evidence, keyset, report_list, samples
from siyaj.storage.database import Database
from siyaj.storage.keyset import Order, Place, Slice, Where

things = Table(
    "things",
    MetaData(),
    Column("seq", Integer, primary_key=True),
    Column("weight", BigInteger),
    Column("name", Text, nullable=False),
)
ORDERS = {
    "seq": Order(things.c.seq, things.c.seq),
    "weight": Order(things.c.weight, things.c.seq, nullable=True),
    "name": Order(things.c.name, things.c.seq),
}
ROWS = st.lists(st.tuples(st.none() | st.integers(0, 3), st.sampled_from(["", "a", "ب", "Z"])), max_size=14)


def flat(pages: list[list[int]]) -> list[int]:
    return [seq for page in pages for seq in page]


def walk(read: Any, down: bool, limit: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return the pages seen going forwards, and those seen going back from the last."""
    forwards: list[Slice[Any]] = [read(Where(down), limit)]
    while (at := forwards[-1].following) is not None:
        forwards.append(read(Where(down, at), limit))
    back = [forwards[-1]]
    while (at := back[-1].previous) is not None:
        back.append(read(Where(down, at, back=True), limit))
    return [[row.seq for row in one.rows] for one in forwards], [[row.seq for row in one.rows] for one in back[::-1]]


@contextmanager
def filled(rows: list[tuple[int | None, str]]) -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        things.create(connection)
        if rows:
            connection.execute(
                things.insert(), [{"seq": n, "weight": w, "name": t} for n, (w, t) in enumerate(rows, 1)]
            )
        yield connection
    engine.dispose()


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(sorted(ORDERS)), st.booleans(), st.integers(1, 5))
def test_all_pages_are_the_list(rows: list[tuple[int | None, str]], order: str, down: bool, limit: int) -> None:
    with filled(rows) as connection:
        every = connection.execute(select(things)).all()
        forwards, back = walk(
            lambda where, most: keyset.page(connection, select(things), ORDERS[order], where, most), down, limit
        )
    key = {"seq": lambda r: r.seq, "weight": lambda r: (r.weight, r.seq), "name": lambda r: (r.name, r.seq)}[order]
    known = [row for row in every if order != "weight" or row.weight is not None]
    unknown = [row.seq for row in sorted(every, key=lambda r: r.seq, reverse=down) if row not in known]
    assert flat(forwards) == [row.seq for row in sorted(known, key=key, reverse=down)] + unknown
    assert all(len(one) == limit for one in forwards[:-1])
    # Going back fills pages from its own end: the rows and their order are the same, only the cuts may differ.
    assert flat(back) == flat(forwards)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.booleans(), st.integers(1, 5))
def test_rows_in_memory_page_alike(rows: list[tuple[int | None, str]], down: bool, limit: int) -> None:
    with filled(rows) as connection:
        every = connection.execute(select(things)).all()
    forwards, back = walk(
        lambda where, most: keyset.page_of(every, lambda r: r.name, lambda r: r.seq, where, most), down, limit
    )
    expected = [row.seq for row in sorted(every, key=lambda r: (r.name, r.seq), reverse=down)]
    assert flat(forwards) == flat(back) == expected


def test_both_engines_page_alike(database: Database) -> None:
    with database.begin() as connection:
        things.create(connection)
        rows = [{"seq": n, "weight": None if n % 4 == 0 else n % 3, "name": "xyz"[n % 3]} for n in range(1, 24)]
        connection.execute(things.insert(), rows)
        for order in ORDERS.values():
            for down in (False, True):
                forwards, back = walk(
                    lambda where, most, by=order: keyset.page(connection, select(things), by, where, most), down, 5
                )
                assert sorted(flat(forwards)) == list(range(1, 24)) and flat(back) == flat(forwards)
        last = keyset.page(connection, select(things), ORDERS["weight"], Where(True), 23).rows[-5:]
        assert [row.seq for row in last] == [20, 16, 12, 8, 4], "what has no value comes last, whichever way"


LISTS = {
    "decisions": (
        decisions.those(decisions.DecisionFilter()),
        [decisions.WHEN, decisions.POLICY, decisions.DECIDED_BY],
    ),
    "reports": (
        report_list.those(report_list.ReportFilter()),
        [report_list.RECEIVED, report_list.REASON, report_list.WEIGHT],
    ),
    "audit": (audit.those(), [audit.NUMBER, audit.WHO, audit.WHAT, audit.SUBJECT]),
    "evidence": (evidence.those(), [evidence.SEALED, evidence.KEEP_UNTIL]),
    "samples": (samples.those(), [samples.DRAWN, samples.JUDGED]),
    "entries": (entries.those("known"), [entries.NUMBER, entries.KEY]),
    "appeals": (appeals.those(), [appeals.RECEIVED, appeals.STATE]),
}


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize("down", [False, True])
def test_an_order_reads_an_index_and_sorts_nothing(tmp_path: Path, name: str, down: bool) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'siyaj.db'}")
    asked: list[tuple[str, Any]] = []
    query, orders = LISTS[name]
    with database.read() as connection:
        for order in orders:
            for at in (None, Place("x" if isinstance(order.column.type, Text) else 5, 5)):
                plan = _plan(connection, query, order, Where(down, at))
                if "TEMP B-TREE" in plan:
                    asked.append((str(order.column), plan))
    database.close()
    assert asked == []


def test_what_replaced_a_decision_is_found_by_its_index(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'siyaj.db'}")
    with database.read() as connection:
        plan = _plan(connection, LISTS["decisions"][0], decisions.WHEN, Where(True))
    database.close()
    assert "SEARCH later USING INDEX ix_decisions_replaces (replaces=?)" in plan


def _plan(connection: Connection, query: Any, order: Order, where: Where) -> str:
    """Return how SQLite goes about a page: what it says of each statement that `page` runs."""
    said: list[str] = []

    class Spy:
        def execute(self, statement: Any) -> Any:
            compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
            said.extend(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
            return []

    keyset.page(Spy(), query, order, where, 50)  # type: ignore[arg-type]
    return "\n".join(said)
