"""Exposures: one row for each person and shift, of how long graphic media was revealed to them."""

from msgspec import Struct
from sqlalchemy import Connection, select

from siyaj.storage.tables import exposures


class ExposureRow(Struct):
    """Times in microseconds. `day` is the one on which the shift began; `since` when its stretch of work began."""

    person: str
    day: str
    seconds: int
    revealed: int
    since: int
    last_at: int


def latest(connection: Connection, person: str, *, lock: bool = False) -> ExposureRow | None:
    """Return a person's last shift; `lock` keeps other writers of it waiting until the transaction ends."""
    query = select(exposures).where(exposures.c.person == person).order_by(exposures.c.last_at.desc()).limit(1)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return ExposureRow(row.person, row.day, row.seconds, row.revealed, row.since, row.last_at) if row else None


def save(connection: Connection, row: ExposureRow) -> None:
    """Write a shift; one that is there already is overwritten."""
    values = {"seconds": row.seconds, "revealed": row.revealed, "since": row.since, "last_at": row.last_at}
    of_it = (exposures.c.person == row.person) & (exposures.c.day == row.day)
    if not connection.execute(exposures.update().where(of_it).values(**values)).rowcount:
        connection.execute(exposures.insert(), {"person": row.person, "day": row.day, **values})


def forget(connection: Connection, before: str) -> None:
    """Delete shifts that began before this day."""
    connection.execute(exposures.delete().where(exposures.c.day < before))


def since_day(connection: Connection, day: str) -> list[ExposureRow]:
    """Return the shifts that began on `day` or later, for those who care for the team; newest first."""
    query = select(exposures).where(exposures.c.day >= day).order_by(exposures.c.day.desc(), exposures.c.seconds.desc())
    return [
        ExposureRow(row.person, row.day, row.seconds, row.revealed, row.since, row.last_at)
        for row in connection.execute(query)
    ]
