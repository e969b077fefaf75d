"""Daily numbers: how many verdicts, reports and decisions of each sort a day had. Added to in the background."""

from collections import Counter
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from siyaj.model.clock import to_datetime
from siyaj.storage.tables import daily_numbers


class Key(NamedTuple):
    """What is counted together. `what` is `verdict`, `report`, or the kind of a decision (`decision` for a
    first one, `appeal`, `correction`); of a report `policy` is the reason and
    `made_by` the kind of reporter."""

    day: str
    what: str
    made_by: str
    policy: str
    language: str
    action: str


def day_of(microseconds: int) -> str:
    """Return the day (UTC) as YYYY-MM-DD."""
    return to_datetime(microseconds).date().isoformat()


def add(connection: Connection, counts: Counter[Key]) -> None:
    """Add counts to those that stand."""
    if not counts:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(daily_numbers)
    statement = statement.on_conflict_do_update(
        index_elements=list(daily_numbers.primary_key.columns),
        set_={"count": daily_numbers.c.count + statement.excluded.count},
    )
    connection.execute(statement, [{**key._asdict(), "count": count} for key, count in sorted(counts.items())])
