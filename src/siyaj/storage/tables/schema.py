"""What all tables share. Times are UTC, in microseconds since 1970 (integers sort, compare and index alike on both
engines). JSON columns hold msgspec-encoded bytes.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows only for a column that is declared exactly INTEGER."""


def partial(name: str, condition: str, *columns: str) -> Index:
    """Return an index of those rows only that are as the condition says."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    comment="`instance`: the id of this database; index snapshots carry it so that they never serve another one.",
)
