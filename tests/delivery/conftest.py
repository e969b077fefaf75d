"""A platform that receives, an endpoint for it, and a worker between them."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from siyaj.delivery.worker import DeliveryWorker
from siyaj.model.action import ActionKind, Delivery, DeliveryState
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage import actions, delivery_list, endpoints
from siyaj.storage.actions import NewAction
from siyaj.storage.database import Database
from siyaj.storage.endpoints import EndpointKind
from siyaj.storage.keyring import Keyring
from tests.delivery.receiver import Receiver, receiver

Decide = Callable[..., str]


@pytest.fixture
def platform() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.open(tmp_path)


@pytest.fixture
def secret(database: Database, keyring: Keyring, platform: Receiver) -> str:
    """The secret of an endpoint `platform`, which leads to the receiver."""
    return add_endpoint(database, keyring, "platform", platform.url)


def add_endpoint(database: Database, keyring: Keyring, name: str, url: str) -> str:
    with database.begin() as connection:
        return endpoints.add(connection, keyring, name, EndpointKind.WEBHOOK, url, allow_private=True)[1]


@pytest.fixture
def decide(database: Database) -> Decide:
    """Enqueue one action about an item, as a decision does; return its id."""

    def enqueue(item: str = "m-1", kind: ActionKind = ActionKind.REMOVE, seconds: float = 0) -> str:
        at = to_datetime(now_us()) + timedelta(seconds=seconds)
        subject = Subject(SubjectKind.ITEM, item)
        new = NewAction("dec_1", "case_1", subject, kind, "tvec.praise", {"account": {"id": "u-1"}}, at)
        with database.begin() as connection:
            return actions.enqueue(connection, [new])[0]

    return enqueue


@pytest.fixture
def worker(database: Database, keyring: Keyring) -> Iterator[DeliveryWorker]:
    running = DeliveryWorker(database, keyring, lost_seconds=3)
    running.start()
    yield running
    running.stop()


def state(database: Database, action: str, endpoint: str = "platform") -> Delivery:
    with database.read() as connection:
        found = [one for one in delivery_list.of_case(connection, "case_1") if one.action == action]
    return next(one for one in found if one.endpoint == endpoint)


def wait_for_state(database: Database, action: str, wanted: DeliveryState, endpoint: str = "platform") -> Delivery:
    until = time.monotonic() + 40
    while (found := state(database, action, endpoint)).state is not wanted and time.monotonic() < until:
        time.sleep(0.02)
    assert found.state is wanted, found
    return found
