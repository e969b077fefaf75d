"""Writes and asks for many rows at once, by the quickest way that each engine has."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ARRAY, Column, ColumnElement, Connection, Row, Select, Table, Text, any_, bindparam, func, select
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
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(rows))


class Among:
    """A query for the rows whose column is among given values. Compiled once for each engine, however many values
    there are: they travel as one parameter (a JSON array for SQLite, an array for PostgreSQL).
    """

    def __init__(self, query: Select[Any], column: Column[Any]) -> None:
        listed = select(func.json_each(bindparam("values", type_=Text)).table_valued("value").c.value)
        array: ColumnElement[bool] = column == any_(bindparam("values", type_=ARRAY(column.type)))
        self._sqlite = query.where(column.in_(listed))
        self._postgresql = query.where(array)
        self._text = str(self._sqlite.compile(dialect=sqlite_dialect(), compile_kwargs={"render_postcompile": True}))

    def rows(self, connection: Connection, values: Sequence[Any]) -> Sequence[Row[Any]]:
        if connection.dialect.name == "sqlite":
            encoded = msgspec.json.encode(values).decode()
            return connection.exec_driver_sql(self._text, (encoded,)).all()
        return connection.execute(self._postgresql, {"values": list(values)}).all()
