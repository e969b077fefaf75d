"""Reporters: how often each was right. Keyed by the platform's own id of the reporter."""

from collections import Counter
from collections.abc import Container, Iterable, Sequence

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


def opened(connection: Connection, waiting: Sequence[tuple[str, str]], known: Container[str], at: int) -> None:
    """Count reports that wait: (reporter, kind), once for each. Raises AlreadyExists when another process met one of
    the reporters first."""
    more, kinds = Counter(who for who, _ in waiting), dict(waiting)
    ordered = sorted(more)  # one order: no deadlock
    rows = [{"who": who, "as_kind": kinds[who], "at": at, "more": more[who]} for who in ordered if who in known]
    if rows:
        connection.execute(_OPENED, rows)
    new = [{"id": who, "kind": kinds[who], "open": more[who], "last_at": at} for who in ordered if who not in known]
    if new:
        connection.execute(reporters.insert(), new)


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
