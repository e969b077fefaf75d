"""Translations: what a machine made of a text of a case, once, because a person asked for it."""

import hashlib

from msgspec import Struct
from sqlalchemy import Connection, select

from siyaj.storage.tables import cases, translations


class Translation(Struct):
    """`target` is a language (BCP 47, primary subtag); `at` in microseconds."""

    text: str
    target: str
    by: str
    at: int


def key_of(text: str, target: str) -> str:
    return hashlib.sha256(f"{target}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def save(connection: Connection, case: str, key: str, made: Translation) -> None:
    """Keep a translation; one that is there already is overwritten."""
    values = {"target": made.target, "text": made.text, "by": made.by, "at": made.at}
    mine = (translations.c.case_id == case) & (translations.c.key == key)
    if not connection.execute(translations.update().where(mine).values(**values)).rowcount:
        connection.execute(translations.insert(), {"case_id": case, "key": key, **values})


def of_case(connection: Connection, case: str) -> dict[str, Translation]:
    """Return a case's translations by key."""
    rows = connection.execute(select(translations).where(translations.c.case_id == case))
    return {row.key: Translation(row.text, row.target, row.by, row.at) for row in rows}


def forget(connection: Connection, before: int) -> int:
    """Delete those of cases that were closed before a time (microseconds); return how many."""
    closed = select(cases.c.id).where(cases.c.closed_at < before)
    done = connection.execute(translations.delete().where(translations.c.case_id.in_(closed)))
    return done.rowcount
