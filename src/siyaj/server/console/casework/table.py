"""A list as a table of cells: what decisions, appeals, reports and the pages of subjects have in common."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from siyaj.server.console.marked import Piece, one_line


class Cell(Struct, frozen=True):
    """`words` are cut so that nothing in them deceives; `at` is shown as a time instead."""

    words: Sequence[Piece] = ()
    href: str = ""
    tone: str = ""
    under: Sequence[Piece] = ()
    at: datetime | None = None
    is_id: bool = False


def cell(text: str, *, href: str = "", tone: str = "", under: str = "", is_id: bool = False) -> Cell:
    return Cell(one_line(text), href, tone, one_line(under), is_id=is_id)


def moment(at: datetime | None) -> Cell:
    return Cell(at=at)
