"""Brings a database's tables up to date, in process, before anything else touches it."""

import uuid
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text

from siyaj.storage.tables import meta

HEAD = "0004"
"""The newest step. When a database is there already, Alembic is not even imported: starting stays quick."""

_LOCK = 7_420_119
"""An arbitrary number for PostgreSQL's advisory lock: processes that start together migrate one after the other."""


def upgrade(engine: Engine) -> None:
    """Apply the steps that are missing, all in one transaction."""
    if _version(engine) == HEAD:
        return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _apply(connection)
        if connection.execute(select(meta.c.value).where(meta.c.key == "instance")).one_or_none() is None:
            connection.execute(meta.insert(), {"key": "instance", "value": uuid.uuid4().hex})


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _apply(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  (only needed when there is something to do)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
