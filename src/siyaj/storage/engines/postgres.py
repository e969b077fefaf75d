"""PostgreSQL by URL, through psycopg 3. Connections that died are replaced when they are next asked for."""

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from siyaj.model.errors import UserError

CONNECTIONS = 8
STATEMENT_SECONDS = 60
CONNECT_SECONDS = 5

_UNAVAILABLE_CLASSES = (
    "08",  # connection exception
    "25006",  # read-only transaction: a standby
    "40",  # transaction rollback: serialisation, deadlock
    "53",  # insufficient resources: disk full, too many connections
    "55P03",  # lock not available
    "57",  # operator intervention: shutdown, crash, cancelled
    "58",  # system error
)


def engines(url: str) -> tuple[Engine, Engine]:
    """Return the (reading, writing) engine, one and the same. Raises UserError for a URL that cannot be read."""
    try:
        parsed = make_url(url).set(drivername="postgresql+psycopg")
    except ArgumentError:
        raise UserError("the database URL cannot be read", hint="postgresql://user@host:port/name") from None
    engine = create_engine(
        parsed,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "siyaj",
            "options": f"{parsed.query.get('options', '')} -c statement_timeout={STATEMENT_SECONDS}s".strip(),
        },
    )
    return engine, engine


def is_unavailable(error: DBAPIError) -> bool:
    """True for a server that is away, full, shutting down, or gave up this transaction for another."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return type(error.orig).__name__ == "OperationalError" and type(error.orig).__module__.startswith("psycopg")
    return str(state).startswith(_UNAVAILABLE_CLASSES)


def is_exhausted(error: SQLAlchemyError) -> bool:
    return isinstance(error, PoolTimeout)
