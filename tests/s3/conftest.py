"""`make test-s3` asks for these; the suite without it leaves them out, since they fetch a server."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.s3.server import CannotInstall, Server, python


@pytest.fixture(scope="session")
def interpreter() -> Path:
    if not os.environ.get("SIYAJ_TEST_S3"):
        pytest.skip("`make test-s3` runs these, against a server of their own")
    try:
        return python()
    except CannotInstall as error:
        pytest.skip(f"the S3-compatible server is not here and cannot be installed: {error}")


@pytest.fixture(scope="session")
def s3(interpreter: Path) -> Iterator[Server]:
    server = Server(interpreter)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(s3: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Makes a bucket; returns its URL as the setting takes it."""
    use(monkeypatch, s3)

    def make() -> str:
        name = f"siyaj-{uuid.uuid4().hex}"
        httpx.put(f"{s3.address}/{name}").raise_for_status()
        return f"s3://{name}/evidence"

    return make


def use(monkeypatch: pytest.MonkeyPatch, server: Server, key: str = "test") -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
