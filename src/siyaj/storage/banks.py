"""Banks, as rows."""

from sqlalchemy import Connection, Row, func, select

from siyaj.model.bank import Bank
from siyaj.model.clock import now_us, to_datetime
from siyaj.storage.tables import banks, entries

_COUNT = (
    select(func.count())
    .select_from(entries)
    .where(entries.c.bank_id == banks.c.id, entries.c.revoked_at.is_(None))
    .scalar_subquery()
)


def insert(connection: Connection, name: str, description: str) -> Bank:
    """Raises AlreadyExists."""
    now = now_us()
    row = {"name": name, "description": description, "created_at": now}
    bank_id = connection.execute(banks.insert().returning(banks.c.id), row).scalar_one()
    return Bank(bank_id, name, description, to_datetime(now))


def get(connection: Connection, name: str) -> Bank | None:
    row = connection.execute(select(banks).where(banks.c.name == name)).one_or_none()
    return _bank(row, 0) if row else None


def listed(connection: Connection) -> list[Bank]:
    """Return all banks with the number of their live entries, by name."""
    query = select(banks, _COUNT.label("live")).order_by(banks.c.name)
    return [_bank(row, row.live) for row in connection.execute(query)]


def _bank(row: Row[tuple[object, ...]], live: int) -> Bank:
    return Bank(row.id, row.name, row.description, to_datetime(row.created_at), live)
