"""Second opinions: what each person would decide, kept apart until both stand."""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, select

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.decision import Draft, Opinion
from siyaj.storage.tables import second_opinions


class Round(Struct):
    """The opinions of the last time that a second one was asked for, the first one first."""

    number: int
    opinions: list[Opinion]


def last_round(connection: Connection, case: str) -> Round:
    c = second_opinions.c
    number = connection.execute(select(func.coalesce(func.max(c.round), 0)).where(c.case_id == case)).scalar_one()
    query = select(second_opinions).where(c.case_id == case, c.round == number).order_by(c.at)
    return Round(
        int(number),
        [
            Opinion(row.person, to_datetime(row.at), msgspec.json.decode(bytes(row.draft), type=Draft))
            for row in connection.execute(query)
        ],
    )


def add(connection: Connection, case: str, number: int, person: str, draft: Draft) -> None:
    row = {"case_id": case, "round": number, "person": person, "at": now_us(), "draft": msgspec.json.encode(draft)}
    connection.execute(second_opinions.insert(), row)
