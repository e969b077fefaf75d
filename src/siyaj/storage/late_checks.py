"""Late checks: answered at once, while their media was still being decoded; and the files of reports."""

from msgspec import Struct
from sqlalchemy import Connection, select, update

from siyaj.storage.tables import late_checks

REPORTED = "report"
"""The scope of those that came with a report; keys have ids of another form."""


class LateCheck(Struct):
    """Times in microseconds."""

    verdict: str
    """The one that was answered at once; of a reported file the receipt."""
    scope: str
    who: str
    attempts: int


def insert(connection: Connection, late: LateCheck, next_at: int) -> None:
    values = {"verdict_id": late.verdict, "scope": late.scope, "who": late.who, "next_at": next_at}
    connection.execute(late_checks.insert(), values)


def claim(connection: Connection, now: int, lost_after: int) -> LateCheck | None:
    """Take the one that is longest due; nobody else gets it until `lost_after`."""
    query = select(late_checks).where(late_checks.c.next_at <= now).order_by(late_checks.c.next_at).limit(1)
    row = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    mine = update(late_checks).where(late_checks.c.verdict_id == row.verdict_id)
    connection.execute(mine.values(attempts=row.attempts + 1, next_at=lost_after))
    return LateCheck(row.verdict_id, row.scope, row.who, row.attempts + 1)


def remove(connection: Connection, verdict: str) -> None:
    connection.execute(late_checks.delete().where(late_checks.c.verdict_id == verdict))
