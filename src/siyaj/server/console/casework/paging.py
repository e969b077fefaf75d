"""Cursors of lists: where a page ends, as two numbers in the address."""

from collections.abc import Mapping
from urllib.parse import urlencode

PAGE = 50

Place = tuple[int, int]


def place(cursor: str) -> Place | None:
    """Read a cursor; one that is none begins at the beginning."""
    first, dot, second = cursor.partition(".")
    numbers = [part for part in (first, second) if part.isascii() and part.isdigit() and len(part) < 19]
    return (int(first), int(second)) if dot and len(numbers) == 2 else None


def cursor(at: Place) -> str:
    return f"{at[0]}.{at[1]}"


def address(path: str, query: Mapping[str, str], **changed: str) -> str:
    """Return an address with those parts of the query that say something."""
    kept = {name: value for name, value in {**query, **changed}.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
