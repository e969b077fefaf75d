"""Writes and asks for many rows at once, by the quickest way that each engine has.

On SQLite that is the driver itself: SQLAlchemy's work for a statement costs more than the statement, and checks are
recorded a few at a time. The driver's errors are translated by `storage.database` as SQLAlchemy's are.
"""

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ARRAY, Column, ColumnElement, Connection, Select, Table, Text, any_, bindparam, func, select
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of plain driver values (str, int, bytes, None), in the transaction of the connection."""
    if not rows:
        return
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        # A raw cursor's errors do not pass through SQLAlchemy: rows that may be refused are inserted otherwise.
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join(f"nullif(?, {_NULL_SQL})" if table.c[name].nullable else "?" for name in columns)
    # For None and bytes the driver looks for an adapter each time (`need_adapt` in CPython's _sqlite/cursor.c): seven
    # of the fourteen values of a verdict, which cost more than all others together.
    bindable = [
        [_NULL if value is None else bytearray(value) if type(value) is bytes else value for value in row]
        for row in rows
    ]
    _driver(connection).executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", bindable)


_NULL, _NULL_SQL = "\0", "char(0)"
"""Stands for None until SQLite has it. No text that is stored holds this character: PostgreSQL takes none."""


class Among:
    """A query for the rows whose column is among given values. Compiled once for each engine, however many values
    there are: they travel as one parameter (a JSON array for SQLite, an array for PostgreSQL).
    """

    def __init__(self, query: Select[Any], column: Column[Any]) -> None:
        listed = select(func.json_each(bindparam("values", type_=Text)).table_valued("value").c.value)
        array: ColumnElement[bool] = column == any_(bindparam("values", type_=ARRAY(column.type)))
        in_list = query.where(column.in_(listed))
        self._postgresql = query.where(array)
        self._text = str(in_list.compile(dialect=sqlite_dialect(), compile_kwargs={"render_postcompile": True}))
        self._row: Any = namedtuple("Row", query.selected_columns.keys())  # type: ignore[misc]

    def rows(self, connection: Connection, values: Sequence[Any]) -> Sequence[Any]:
        """Return rows whose columns are attributes, as the driver gives them."""
        if connection.dialect.name == "sqlite":
            return self.rows_of(_driver(connection), values)
        return connection.execute(self._postgresql, {"values": list(values)}).all()

    def rows_of(self, driver: Any, values: Sequence[Any]) -> Sequence[Any]:
        """Ask SQLite's driver."""
        found = driver.execute(self._text, (msgspec.json.encode(values).decode(),)).fetchall()
        return [self._row._make(row) for row in found]


def _driver(connection: Connection) -> Any:
    """Return the driver's connection, in the transaction that the connection is in or begins here."""
    driver: Any = connection.connection.driver_connection
    if not (connection.in_transaction() or (connection.dialect.name == "sqlite" and driver.in_transaction)):
        connection.begin()
    return driver
