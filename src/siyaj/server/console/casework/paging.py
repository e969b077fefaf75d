"""Cursors of lists: where a page ends, as two numbers in the address. And lists as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from litestar import Response

PAGE = 50
EXPORTED = 10_000
"""Rows of one export."""

Place = tuple[int, int]
_RISKY = ("=", "+", "-", "@", "\t", "\r")


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


def as_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response[str]:
    """Answer with a CSV file (RFC 4180), UTF-8 with a mark so that spreadsheets read Arabic. A value that a spreadsheet
    would take for a formula gets an apostrophe: names come from strangers (OWASP, CSV injection)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    for row in rows:
        writer.writerow([_safe(value) for value in row])
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _safe(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text
