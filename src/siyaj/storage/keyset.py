"""Pages of any list, in any of its orders, forwards and back.

A page goes on behind the last row seen (keyset), so page 1,000 costs what page 1 costs, and what is written meanwhile
neither repeats nor hides a row. Rows that have no value in the column come last, whichever way the list is turned: the
engines disagree about where they belong, and one question for each kind lets both read an index.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_

T = TypeVar("T")
S = TypeVar("S")
Value = int | str
VALUE, TIE = "order_value", "order_tie"


class Place(NamedTuple):
    """A row's place in an order; `value` is None where the row has none."""

    value: Value | None
    tie: Value


class Order(NamedTuple):
    """By a column; rows of equal value by `tie`, which is unique and never null."""

    column: ColumnElement[Any]
    tie: ColumnElement[Any]
    nullable: bool = False


class Where(NamedTuple):
    """Which way and from where: `down` turns the order, `back` reads towards its beginning, `at` is left out itself."""

    down: bool = False
    at: Place | None = None
    back: bool = False


class Slice(Struct, Generic[T]):
    """A page's rows in the list's order, and where the pages before and after it go on."""

    rows: list[T]
    previous: Place | None
    following: Place | None

    def map(self, read: Callable[[list[T]], list[S]]) -> "Slice[S]":
        return Slice(read(self.rows), self.previous, self.following)


def page(connection: Connection, query: Select[Any], order: Order, where: Where, limit: int) -> Slice[Row[Any]]:
    """Return a page of what `query` selects. Rows carry `order_value` and `order_tie` beside its columns."""
    query = query.add_columns(order.column.label(VALUE), order.tie.label(TIE))
    kinds = [True, False] if order.nullable else [True]
    if where.back:
        kinds.reverse()
    if where.at is not None:
        kinds = kinds[kinds.index(where.at.value is not None or not order.nullable) :]
    found: list[Row[Any]] = []
    for number, valued in enumerate(kinds):
        asked = (
            query.where(order.column.is_not(None) if valued else order.column.is_(None)) if order.nullable else query
        )
        if where.at is not None and number == 0:
            asked = asked.where(_beyond(order, where.at, where.down != where.back))
        found += connection.execute(_ordered(asked, order, valued, where).limit(limit + 1 - len(found)))
        if len(found) > limit:
            break
    return _cut(found, where, limit, lambda row: Place(getattr(row, VALUE), getattr(row, TIE)))


def page_of(
    rows: Iterable[T], key: Callable[[T], Value], tie: Callable[[T], Value], where: Where, limit: int
) -> Slice[T]:
    """The same, of a list short enough to be in memory."""

    def place(row: T) -> Place:
        return Place(key(row), tie(row))

    going_down = where.down != where.back
    found = sorted(rows, key=place, reverse=going_down)
    if where.at is not None:
        found = [row for row in found if (place(row) < where.at if going_down else place(row) > where.at)]
    return _cut(found[: limit + 1], where, limit, place)


def _ordered(query: Select[Any], order: Order, valued: bool, where: Where) -> Select[Any]:
    by = [order.tie] if order.column is order.tie or not valued else [order.column, order.tie]
    return query.order_by(*(one.desc() if where.down != where.back else one.asc() for one in by))


def _beyond(order: Order, at: Place, down: bool) -> ColumnElement[bool]:
    tied = order.tie < at.tie if down else order.tie > at.tie
    if order.column is order.tie or at.value is None:
        return tied
    # The first half is what an index is entered by; said so because SQLite enters none by an `or`.
    reached = order.column <= at.value if down else order.column >= at.value
    return and_(reached, or_(order.column != at.value, tied))


def _cut(found: list[T], where: Where, limit: int, place: Callable[[T], Place]) -> Slice[T]:
    more, rows = len(found) > limit, found[:limit]
    if where.back:
        rows.reverse()
    if not rows:
        return Slice(rows, None, None)
    first, last = place(rows[0]), place(rows[-1])
    came_from = where.at is not None
    if where.back:
        return Slice(rows, first if more else None, last if came_from else None)
    return Slice(rows, first if came_from else None, last if more else None)
