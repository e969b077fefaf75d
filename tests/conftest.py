"""What every test may use."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from siyaj.storage.database import Database

ROOT = Path(__file__).parent.parent
POSTGRES = os.environ.get("SIYAJ_TEST_POSTGRES", "")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared pictures and texts; tests that need them skip where they are absent."""
    folder = Path(os.environ.get("SIYAJ_SHARED") or ROOT.parent / "shared")
    if not (folder / "media").is_dir():
        pytest.skip(f"shared material is not at {folder} (set SIYAJ_SHARED)")
    return folder


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of this test's own, on each engine: SQLite in its folder, PostgreSQL in a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'siyaj.db'}"
        return
    with postgres_schema() as url:
        yield url


@contextmanager
def postgres_schema() -> Iterator[str]:
    """A schema of its own, dropped afterwards. Skips where there is no PostgreSQL."""
    if not POSTGRES:
        pytest.skip("SIYAJ_TEST_POSTGRES names no PostgreSQL")
    schema = f"siyaj_{uuid.uuid4().hex}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")  # type: ignore[call-overload]
        yield f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{schema}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")  # type: ignore[call-overload]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """That database, opened and migrated."""
    opened = Database.open(database_url)
    yield opened
    opened.close()
