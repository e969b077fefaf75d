"""Reporters: how often each was right. Keyed by the platform's own id of the reporter."""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection, bindparam, select

from siyaj.storage.bulk import Among
from siyaj.storage.tables import reporters

PRIOR_UPHELD = 1
PRIOR_ALL = 2
"""Laplace's rule of succession: who never reported counts as right every second time."""


class Record(Struct, frozen=True):
    """What became of a reporter's reports."""

    id: str
    kind: str = "user"
    upheld: int = 0
    rejected: int = 0
    open: int = 0

    @property
    def accuracy(self) -> float:
        """0–1: the share of reports that a decision agreed with, drawn towards one half while they are few."""
        return (self.upheld + PRIOR_UPHELD) / (self.upheld + self.rejected + PRIOR_ALL)


_FOUND = Among(
    select(reporters.c.id, reporters.c.kind, reporters.c.upheld, reporters.c.rejected, reporters.c.open), reporters.c.id
)
_OPENED = (
    reporters.update()
    .where(reporters.c.id == bindparam("who"))
    .values(open=reporters.c.open + bindparam("more"), last_at=bindparam("at"), kind=bindparam("as_kind"))
)
_MOVED = (
    reporters.update()
    .where(reporters.c.id == bindparam("who"))
    .values(
        open=reporters.c.open + bindparam("d_open"),
        upheld=reporters.c.upheld + bindparam("d_upheld"),
        rejected=reporters.c.rejected + bindparam("d_rejected"),
    )
)


def found(connection: Connection, ids: Iterable[str]) -> dict[str, Record]:
    rows = _FOUND.rows(connection, sorted(set(ids)))
    return {row.id: Record(row.id, row.kind, row.upheld, row.rejected, row.open) for row in rows}


def opened(connection: Connection, who: str, kind: str, at: int, more: int = 1) -> None:
    """Count reports that wait. Raises AlreadyExists when another process met this reporter first."""
    given = {"who": who, "as_kind": kind, "at": at, "more": more}
    if connection.execute(_OPENED, given).rowcount == 0:
        connection.execute(reporters.insert(), {"id": who, "kind": kind, "open": more, "last_at": at})


def move(connection: Connection, moves: Iterable[tuple[str, bool | None, bool | None, bool, bool]]) -> None:
    """Count reports elsewhere: (reporter, upheld before, upheld now, open before, open now). Upheld None counts as
    neither: nobody could tell."""
    rows = [
        {
            "who": who,
            "d_open": int(open_now) - int(open_before),
            "d_upheld": int(now is True) - int(before is True),
            "d_rejected": int(now is False) - int(before is False),
        }
        for who, before, now, open_before, open_now in moves
    ]
    if rows:
        connection.execute(_MOVED, sorted(rows, key=lambda row: str(row["who"])))  # one order: no deadlock
