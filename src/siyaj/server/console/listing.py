"""Every list of the console: its columns are declared once, and from them come the headings that sort, the pages both
ways, and the CSV, which is the whole list, in the order and with the filters of the page."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar.response import Stream
from msgspec import Struct
from sqlalchemy import BigInteger, Integer, Row, Select, Text
from sqlalchemy.types import TypeEngine

from siyaj.server.console import export
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.session import AnyRequest
from siyaj.storage import keyset
from siyaj.storage.database import Connection, Database
from siyaj.storage.keyset import Order, Place, Slice, Value, Where

PAGE = 50
CHUNK = 1_000
"""Rows that an export reads at once; each chunk is a reading of its own, so that none lasts long."""
MOST_FIELD = 300

R = TypeVar("R")


class Column(NamedTuple):
    """`value` is exported under `name`; `label` is the heading, empty where a column is only exported. A list sorts by
    `order`: of a table, or of rows that are few themselves; `down`: the first click puts the highest first."""

    name: str
    value: Callable[[Any], Any] | None = None
    label: str = ""
    order: Order | Callable[[Any], Value] | None = None
    down: bool = False
    number: bool = False


class Filter(NamedTuple):
    """A field of the filter form: a choice, or words where there are no options."""

    name: str
    label: str
    options: Sequence[tuple[str, str]] = ()
    hint: str = ""


class Heading(NamedTuple):
    """`href` sorts by it, or turns the order; empty: it cannot sort. `sorted`: the value of aria-sort, or empty."""

    label: str
    href: str
    sorted: str
    number: bool


class Listing(NamedTuple):
    """A list: the name of its file, where its page and its file are, and how it is sorted at first (`-name`: down)."""

    name: str
    path: str
    file: str
    columns: Sequence[Column]
    sort: str
    anchor: str = ""
    """The part of a page that it stands in, where it is not the whole."""


class Listed(Struct, Generic[R]):
    """A page of a list, ready to be shown. Addresses are empty where there is nothing further."""

    head: Sequence[Heading]
    rows: Sequence[R]
    filters: Sequence[Filter]
    query: Mapping[str, str]
    sort: str
    path: str
    """Without any filter."""
    export: str
    first: str
    previous: str
    following: str
    narrowed: bool


Fetch = Callable[[Column, Where, int], Slice[R]]


def query_of(request: AnyRequest, *fields: str) -> dict[str, str]:
    """Return what the address says of these filters; no engine takes a NUL."""
    return {field: str(request.query_params.get(field) or "").replace("\0", "")[:MOST_FIELD] for field in fields}


def of_table(database: Database, query: Select[Any], read: Callable[[Connection, list[Row[Any]]], list[R]]) -> Fetch[R]:
    """Return how pages of a question to the database are read."""

    def fetch(column: Column, where: Where, limit: int) -> Slice[R]:
        assert isinstance(column.order, Order)
        with database.read() as connection:
            found = keyset.page(connection, query, column.order, where, limit)
            return found.map(lambda rows: read(connection, rows))

    return fetch


def of_rows(rows: Iterable[R], tie: Callable[[R], Value]) -> Fetch[R]:
    """The same, of rows that are few and already there."""
    every = list(rows)

    def fetch(column: Column, where: Where, limit: int) -> Slice[R]:
        key = column.order
        assert key is not None and not isinstance(key, Order)
        if every and where.at and (type(key(every[0])), type(tie(every[0]))) != (*map(type, where.at),):
            where = Where(where.down)  # a place in another list
        return keyset.page_of(every, key, tie, where, limit)

    return fetch


def each(read: Callable[[Row[Any]], R]) -> Callable[[Connection, list[Row[Any]]], list[R]]:
    return lambda _connection, rows: [read(row) for row in rows]


def page(
    listing: Listing, request: AnyRequest, query: Mapping[str, str], filters: Sequence[Filter], fetch: Fetch[R]
) -> Listed[R]:
    """Return the page that the address asks for: `sort`, and `after` or `before`, a place. What it says that is none of
    ours is left out: then the list begins at its beginning."""
    column, down = _sorted(listing, request)
    back = "before" in request.query_params
    at = _place(request.query_params.get("before" if back else "after", ""), column.order)
    found = fetch(column, Where(down, at, back and at is not None), PAGE)
    sort = f"-{column.name}" if down else column.name
    asked = {**query, "sort": "" if sort == listing.sort else sort}
    return Listed(
        head=[_heading(one, listing, query, column, down) for one in listing.columns if one.label],
        rows=found.rows,
        filters=filters,
        query=query,
        sort=asked["sort"],
        path=listing.path,
        export=address(listing.file, asked),
        first=address(listing.path, asked) + listing.anchor if found.previous else "",
        previous=address(listing.path, asked, before=_cursor(found.previous)) + listing.anchor
        if found.previous
        else "",
        following=address(listing.path, asked, after=_cursor(found.following)) + listing.anchor
        if found.following
        else "",
        narrowed=any(query.get(one.name) for one in filters),
    )


def sheet(listing: Listing, request: AnyRequest, fetch: Fetch[Any]) -> Stream:
    """Answer with the whole list as CSV, however long it is."""
    column, down = _sorted(listing, request)
    told = [one for one in listing.columns if one.value is not None]
    rows = ([one.value(row) for one in told if one.value] for row in _all(fetch, column, down))
    return export.sheet(listing.name, [one.name for one in told], rows)


def address(path: str, query: Mapping[str, str], **changed: str) -> str:
    """Return an address with those parts of the query that say something."""
    kept = {name: value for name, value in {**query, **changed}.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def _all(fetch: Fetch[R], column: Column, down: bool) -> Iterator[R]:
    where = Where(down)
    while True:
        found = fetch(column, where, CHUNK)
        yield from found.rows
        if found.following is None:
            return
        where = Where(down, found.following)


def _sorted(listing: Listing, request: AnyRequest) -> tuple[Column, bool]:
    """Return the column that the address sorts by, and whether downwards."""
    can = {one.name: one for one in listing.columns if one.order is not None}
    asked = str(request.query_params.get("sort") or "")
    sort = asked if asked.removeprefix("-") in can else listing.sort
    return can[sort.removeprefix("-")], sort.startswith("-")


def _heading(column: Column, listing: Listing, query: Mapping[str, str], chosen: Column, down: bool) -> Heading:
    if column.order is None:
        return Heading(_(column.label), "", "", column.number)
    is_chosen = column.name == chosen.name
    turned = not down if is_chosen else column.down
    sort = f"-{column.name}" if turned else column.name
    href = address(listing.path, query, sort="" if sort == listing.sort else sort) + listing.anchor
    return Heading(_(column.label), href, ("descending" if down else "ascending") if is_chosen else "", column.number)


def _cursor(at: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(at)).decode().rstrip("=")


def _place(cursor: str, order: Any) -> Place | None:
    """Read a cursor; one that is none, or of another list, begins at the beginning."""
    try:
        at = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=Place)
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        return None
    if isinstance(order, Order):
        fits = _is(at.tie, order.tie.type)
        fits &= order.nullable if at.value is None else _is(at.value, order.column.type)
        return at if fits else None
    return at if at.value is not None else None


def _is(value: Value, kind: TypeEngine[Any]) -> bool:
    if isinstance(value, int):
        return isinstance(kind, Integer) and abs(value) < 1 << (63 if isinstance(kind, BigInteger) else 31)
    return isinstance(kind, Text) and "\0" not in value
