"""Notes on cases, and whom they mention."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from siyaj.model.case import Note
from siyaj.model.clock import now_us, to_datetime
from siyaj.storage.tables import mentions, notes, people


def add(connection: Connection, case: str, person: str, text: str, mentioned: Sequence[str]) -> Note:
    """Write a note; `mentioned` are ids of people."""
    now = now_us()
    row = {"case_id": case, "person": person, "at": now, "text": text, "mentions": msgspec.json.encode(mentioned)}
    seq = connection.execute(notes.insert().returning(notes.c.seq), row).scalar_one()
    if mentioned:
        rows = [{"note_seq": seq, "person": each, "case_id": case} for each in mentioned]
        connection.execute(mentions.insert(), rows)
    return Note(seq, case, person, to_datetime(now), text, list(mentioned))


def of_case(connection: Connection, case: str, limit: int = 500) -> list[Note]:
    """Return a case's notes, oldest first."""
    query = select(notes).where(notes.c.case_id == case).order_by(notes.c.seq).limit(limit)
    return [
        Note(row.seq, row.case_id, row.person, to_datetime(row.at), row.text, msgspec.json.decode(bytes(row.mentions)))
        for row in connection.execute(query)
    ]


def unread(connection: Connection, person: str, limit: int = 50) -> list[Note]:
    """Return notes that mention a person and were not read, newest first."""
    query = (
        select(notes)
        .join(mentions, mentions.c.note_seq == notes.c.seq)
        .where(mentions.c.person == person, mentions.c.read_at.is_(None))
        .order_by(notes.c.seq.desc())
        .limit(limit)
    )
    return [
        Note(row.seq, row.case_id, row.person, to_datetime(row.at), row.text, msgspec.json.decode(bytes(row.mentions)))
        for row in connection.execute(query)
    ]


def read(connection: Connection, case: str, person: str) -> None:
    """Note that a person has seen a case's notes."""
    connection.execute(
        mentions.update()
        .where(mentions.c.person == person, mentions.c.case_id == case, mentions.c.read_at.is_(None))
        .values(read_at=now_us())
    )


def people_called(connection: Connection, logins: Sequence[str]) -> dict[str, str]:
    """Return the ids of people who work here by their logins."""
    query = select(people.c.login, people.c.id).where(people.c.login.in_(logins), people.c.disabled_at.is_(None))
    return {row.login: row.id for row in connection.execute(query)} if logins else {}


def has_left(connection: Connection, person: str) -> bool:
    """True for somebody who was disabled: what they had open in a browser is not theirs to finish."""
    query = select(people.c.id).where(people.c.id == person, people.c.disabled_at.is_not(None))
    return connection.execute(query).one_or_none() is not None
