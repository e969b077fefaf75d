"""A real Siyaj to talk to, and clients of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from siyaj.client import Siyaj
from siyaj.model.settings import Settings
from siyaj.storage import endpoints
from siyaj.storage.endpoints import EndpointKind
from tests.server.conftest import Served, serve


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("served")
    for one in serve(Settings(data=str(folder), decoders=1)):
        one.runtime.box.warm()
        with one.runtime.database.begin() as connection:
            endpoints.add(connection, one.runtime.keyring, "asks", EndpointKind.POLL)
        one.client.post("/v1/banks", json={"name": "known"})
        one.client.post("/v1/banks/known/entries", json={"signals": [{"type": "md5", "value": "7" * 32}]})
        yield one


@pytest.fixture
def siyaj(served: Served) -> Iterator[Siyaj]:
    with Siyaj(f"http://127.0.0.1:{served.port}", served.key, stop_seconds=10) as client:
        yield client
