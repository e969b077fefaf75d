"""The outbox: actions are written with the decision, wait for their time, and are claimed once."""

from datetime import timedelta
from pathlib import Path

import pytest

from siyaj.model.action import ActionKind, DeliveryState
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage import actions, deliveries, delivery_list, endpoints
from siyaj.storage.actions import NewAction
from siyaj.storage.database import Database
from siyaj.storage.endpoints import EndpointKind
from siyaj.storage.keyring import Keyring

ITEM = Subject(SubjectKind.ITEM, "m1")
KINDS = [kind.value for kind in EndpointKind]


def new_action(seconds: float = 0, kind: ActionKind = ActionKind.REMOVE, subject: Subject = ITEM) -> NewAction:
    at = to_datetime(now_us()) + timedelta(seconds=seconds)
    return NewAction("dec_1", "case_1", subject, kind, "tvec.praise", {"account": "u1"}, at)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.open(tmp_path)


@pytest.fixture
def endpoint(database: Database, keyring: Keyring) -> str:
    with database.begin() as connection:
        made, _ = endpoints.add(connection, keyring, "forum", EndpointKind.WEBHOOK, "https://forum.example/hook")
    return made.id


def claim(database: Database) -> list[deliveries.Claim]:
    with database.begin() as connection:
        return [
            one
            for endpoint in deliveries.due(connection, KINDS)
            for one in deliveries.claim(connection, endpoint, now_us() + 60_000_000, 10)
        ]


def test_an_action_is_seen_from_its_time_on_and_can_be_cancelled_before(database: Database, endpoint: str) -> None:
    with database.begin() as connection:
        (later,) = actions.enqueue(connection, [new_action(60)])
        assert actions.get(connection, later) is None
    assert claim(database) == []
    with database.begin() as connection:
        assert actions.cancel(connection, "dec_1") == 1
        assert actions.cancel(connection, "dec_1") == 0
        assert [one.state for one in delivery_list.of_case(connection, "case_1")] == [DeliveryState.CANCELLED]


def test_what_has_left_is_not_cancelled(database: Database, endpoint: str) -> None:
    with database.begin() as connection:
        (now,) = actions.enqueue(connection, [new_action()])
    (one,) = claim(database)
    assert (one.action.id, one.action.policy, one.action.payload) == (now, "tvec.praise", {"account": "u1"})
    with database.begin() as connection:
        assert actions.cancel(connection, "dec_1") == 0
        assert deliveries.delivered(connection, one, "ok")
        assert not deliveries.failed(connection, one, "late", None)
        (shown,) = delivery_list.of_case(connection, "case_1")
    assert (shown.state, shown.attempts, shown.endpoint) == (DeliveryState.DELIVERED, 1, "forum")


def test_an_action_waits_for_the_earlier_one_of_its_subject(database: Database, endpoint: str) -> None:
    other = Subject(SubjectKind.ITEM, "m2")
    with database.begin() as connection:
        first, second, third = actions.enqueue(
            connection, [new_action(), new_action(kind=ActionKind.RESTORE), new_action(subject=other)]
        )
    claimed = claim(database)
    assert [one.action.id for one in claimed] == [first, third]
    assert claim(database) == []
    with database.begin() as connection:
        deliveries.failed(connection, claimed[0], "500", now_us() + 60_000_000)
    assert claim(database) == []
    with database.begin() as connection:
        deliveries.failed(connection, claimed[0], "500", None)
    assert [one.action.id for one in claim(database)] == [second]


def test_nothing_is_sent_to_a_disabled_endpoint(database: Database, endpoint: str) -> None:
    with database.begin() as connection:
        actions.enqueue(connection, [new_action()])
        endpoints.disable(connection, endpoint, "gone")
        actions.enqueue(connection, [new_action()])
    assert claim(database) == []
    with database.begin() as connection:
        endpoints.enable(connection, endpoint)
    assert len(claim(database)) == 1


def test_secrets_are_sealed_and_the_old_one_signs_for_a_while(
    database: Database, endpoint: str, keyring: Keyring
) -> None:
    with database.begin() as connection:
        (old,) = endpoints.secrets_of(connection, keyring, endpoint).live(now_us())
        stored = bytes(connection.exec_driver_sql("SELECT secrets FROM endpoints").scalar_one())
        assert old.removeprefix("whsec_").encode() not in stored
        fresh = endpoints.rotate(connection, keyring, endpoint, now_us() + 1_000_000)
        kept = endpoints.secrets_of(connection, keyring, endpoint)
    assert kept.live(now_us()) == [fresh, old]
    assert kept.live(now_us() + 2_000_000) == [fresh]
