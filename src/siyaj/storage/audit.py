"""The audit log: who did what, to what, when. Written in the transaction of the deed."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from siyaj.model.clock import now_us
from siyaj.storage.tables import audit


class AuditRow(Struct):
    """`at` in microseconds since 1970."""

    seq: int
    at: int
    who: str
    what: str
    subject: str
    detail: dict[str, Any]


def write(connection: Connection, who: str, what: str, subject: str, **detail: Any) -> None:
    """Note a deed, e.g. `write(connection, "cli:amal", "bank.create", "known")`. Never pass secrets."""
    connection.execute(
        audit.insert(),
        {"at": now_us(), "who": who, "what": what, "subject": subject, "detail": msgspec.json.encode(detail)},
    )


def listed(connection: Connection, after: int = 0, limit: int = 100) -> list[AuditRow]:
    """Return deeds with a number above `after`, oldest first."""
    query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)
    return [
        AuditRow(row.seq, row.at, row.who, row.what, row.subject, msgspec.json.decode(bytes(row.detail)))
        for row in connection.execute(query)
    ]
