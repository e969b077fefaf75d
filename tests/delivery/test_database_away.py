"""The database goes away and comes back: what is on its way is finished, nothing is lost."""

import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from siyaj.delivery.worker import DeliveryWorker
from siyaj.model.action import DeliveryState
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring
from tests.delivery.conftest import Decide, wait_for_state
from tests.delivery.receiver import Receiver


class Cable:
    """A cable to a server that can be pulled: every connection breaks, and no new one is made."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        self._pulled = False
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        self._pulled = True
        for one in self._open:
            one.close() if one.fileno() < 0 else one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def plug_in(self) -> None:
        self._pulled = False

    def _accept(self) -> None:
        while True:
            near, _ = self._listening.accept()
            if self._pulled:
                near.close()
                continue
            far = socket.create_connection(self._to)
            self._open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65_536):
                other.sendall(data)
        except OSError:
            pass
        finally:
            for end in (one, other):
                end.close()


@pytest.fixture
def cable(database_url: str) -> Iterator[Cable]:
    if not database_url.startswith("postgresql"):
        pytest.skip("an embedded database has no cable")
    url = make_url(database_url)
    yield Cable(url.host or "127.0.0.1", url.port or 5432)


@pytest.mark.postgresql
def test_postgresql_goes_away_and_comes_back(
    cable: Cable,
    database_url: str,
    database: Database,
    keyring: Keyring,
    platform: Receiver,
    secret: str,
    decide: Decide,
) -> None:
    url = make_url(database_url).set(port=cable.port).render_as_string(hide_password=False)
    through = Database.open(url)
    began = threading.Event()

    def slowly(handler: object) -> None:
        from tests.delivery.receiver import reply

        began.set()
        time.sleep(1.0)
        reply(handler, 200)  # type: ignore[arg-type]

    platform.answers.append(slowly)
    with DeliveryWorker(through, keyring):
        first = decide("m-1")
        assert began.wait(10)
        cable.pull()  # it is delivered meanwhile, and that cannot be written
        second = decide("m-2")
        time.sleep(2.0)
        assert platform.ids == [first]
        cable.plug_in()
        for action in (first, second):
            wait_for_state(database, action, DeliveryState.DELIVERED)
    assert sorted(platform.ids) == sorted([first, second]), "the first was not even sent twice"
    through.close()


def test_a_locked_sqlite_is_waited_for(
    database_url: str,
    database: Database,
    keyring: Keyring,
    platform: Receiver,
    secret: str,
    decide: Decide,
    tmp_path: Path,
) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("SQLite only")
    made = [decide(f"m-{number}") for number in range(3)]
    blocker = sqlite3.connect(tmp_path / "siyaj.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with DeliveryWorker(database, keyring):
        time.sleep(6.0)
        assert platform.received == []
        blocker.execute("ROLLBACK")
        blocker.close()
        for action in made:
            wait_for_state(database, action, DeliveryState.DELIVERED)
    assert sorted(platform.ids) == sorted(made)
