"""Lists as CSV (RFC 4180), for spreadsheets: what each list of the console exports.

UTF-8 with a byte order mark, without which spreadsheets read Arabic wrongly. A cell that begins like a formula gets an
apostrophe: what a stranger wrote must not run in a colleague's spreadsheet (OWASP: CSV injection).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from litestar.response import Stream

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 500


def sheet(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Stream:
    """Answer with a CSV file, e.g. `sheet("cases", ["id", "state"], …)`. Times are written as RFC 3339 in UTC."""
    today = datetime.now(UTC).date().isoformat()
    return Stream(
        _lines(header, rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="siyaj-{name}-{today}.csv"'},
    )


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _written([header])
    left = iter(rows)
    while chunk := list(islice(left, _CHUNK)):
        yield _written(chunk)


def _written(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, bool | int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
