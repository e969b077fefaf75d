"""Whom to write to by e-mail: rows of the outbox, one for each report or appeal that came with an address."""

from enum import StrEnum

from msgspec import Struct
from sqlalchemy import Connection, select, update

from siyaj.storage.tables import mails


class Due(StrEnum):
    NOTHING = ""
    RECEIPT = "receipt"
    OUTCOME = "outcome"


class Mail(Struct):
    """`id`: a report's receipt or an appeal's id. `attempts` counts the present one."""

    id: str
    due: Due
    attempts: int


def insert(connection: Connection, id: str, case: str, due: Due, at: int) -> None:
    connection.execute(mails.insert(), {"id": id, "case_id": case, "due": due.value, "next_at": at})


def want(connection: Connection, due: Due, at: int, *, id: str = "", case: str = "") -> None:
    """Have one, or all of a case's reports, written to again. Where no mail is sent there are no rows."""
    which = mails.c.id == id if id else (mails.c.case_id == case) & mails.c.id.startswith("rcp_", autoescape=True)
    connection.execute(update(mails).where(which).values(due=due.value, next_at=at, attempts=0, error=""))


def claim(connection: Connection, now: int, lost_after: int) -> Mail | None:
    """Take the one that is longest due; nobody else gets it until `lost_after`."""
    kinds = [Due.RECEIPT.value, Due.OUTCOME.value]
    query = select(mails).where(mails.c.due.in_(kinds), mails.c.next_at <= now).order_by(mails.c.next_at).limit(1)
    row = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    taken = {"attempts": row.attempts + 1, "next_at": lost_after}
    connection.execute(update(mails).where(mails.c.id == row.id).values(**taken))
    return Mail(row.id, Due(row.due), row.attempts + 1)


def settle(connection: Connection, one: Mail, *, again_at: int | None = None, error: str = "") -> None:
    """Say how an attempt went: sent (or given up, with the `error`), or to be tried again. What became due meanwhile
    stays due."""
    mine = update(mails).where(mails.c.id == one.id, mails.c.due == one.due.value, mails.c.attempts == one.attempts)
    values = {"due": Due.NOTHING.value, "error": error[:300]} if again_at is None else {"next_at": again_at}
    connection.execute(mine.values(**values))
