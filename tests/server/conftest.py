"""A real server: uvicorn on a free port, over a real runtime, spoken to over HTTP."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest
import uvicorn

from siyaj.model.settings import Settings
from siyaj.moderation.runtime import Runtime
from siyaj.server.app import create_app
from siyaj.server.run import configuration
from siyaj.storage import keys
from siyaj.storage.keys import SCOPES


class Served(NamedTuple):
    """A running server, and a client with a key that may do everything."""

    runtime: Runtime
    port: int
    key: str
    client: httpx.Client

    def new_key(self, *scopes: str, name: str = "other") -> str:
        with self.runtime.database.begin() as connection:
            return keys.create(connection, name, list(scopes))[1]


def serve(settings: Settings) -> Iterator[Served]:
    with Runtime.open(settings) as runtime:
        with runtime.database.begin() as connection:
            key = keys.create(connection, "amal", list(SCOPES))[1]
        config = configuration(create_app(runtime), msgspec.structs.replace(settings, port=0), loop="asyncio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
            yield Served(runtime, port, key, client)
        server.should_exit = True
        thread.join(timeout=30)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("served")
    yield from serve(Settings(data=str(folder), decoders=1, max_request_bytes=200_000, max_files=3))
