"""Databases of a benchmark's own: SQLite in a folder, PostgreSQL in a schema of `SIYAJ_TEST_POSTGRES`, or of a server
that is started for the purpose and stopped afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is removed afterwards."""
    made = Path(tempfile.mkdtemp(prefix="siyaj-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str | None]:
    """The URL of an empty schema; None where no PostgreSQL can be had."""
    given = os.environ.get("SIYAJ_TEST_POSTGRES", "")
    if given:
        with _schema(given) as url:
            yield url
        return
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        yield None
        return
    with _server(found[-1].parent) as server, _schema(server) as url:
        yield url


@contextmanager
def _schema(server: str) -> Iterator[str]:
    schema = f"siyaj_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{schema}"
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


@contextmanager
def _server(binaries: Path) -> Iterator[str]:
    """A server of our own on a free port, durable as PostgreSQL is by default."""
    with folder() as made:
        data = made / "pg"
        made.chmod(0o755)
        data.mkdir()
        if os.getuid() == 0:
            shutil.chown(data, "postgres")
        _run(binaries / "initdb", "-D", data, "-U", "siyaj", "-A", "trust", "-E", "UTF8")
        port = _free_port()
        options = f"-c listen_addresses=127.0.0.1 -p {port} -c max_connections=200 -k {data}"
        _run(binaries / "pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", options, "start")
        try:
            yield f"postgresql://siyaj@127.0.0.1:{port}/postgres"
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "fast", "stop")


def _run(*command: object) -> None:
    """Run as `postgres` where we are root: PostgreSQL refuses to run as root."""
    words = [str(word) for word in command]
    if os.getuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
