"""Exhibits: what it takes to show a reviewer why something matched, kept beside the verdict."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, select

from siyaj.storage.tables import exhibits


class Exhibit(Struct, frozen=True, gc=False):
    """Of a signal that matched: its value, or, where that is no picture, its still (64 × 64 grey)."""

    type: str
    part: str
    variant: str
    data: bytes


def insert(connection: Connection, rows: Sequence[tuple[str, Exhibit]]) -> None:
    """Write (verdict id, exhibit)."""
    if rows:
        connection.execute(
            exhibits.insert(),
            [
                {"verdict_id": verdict, "type": one.type, "part": one.part, "variant": one.variant, "data": one.data}
                for verdict, one in rows
            ],
        )


def of_verdict(connection: Connection, verdict_id: str) -> list[Exhibit]:
    query = select(exhibits).where(exhibits.c.verdict_id == verdict_id)
    return [Exhibit(row.type, row.part, row.variant, bytes(row.data)) for row in connection.execute(query)]
