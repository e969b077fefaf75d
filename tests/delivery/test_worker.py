"""Actions reach a real receiver: signed, in order, again after a failure, and never lost."""

import time

import pytest
from standardwebhooks import Webhook

from siyaj.delivery import outgoing, schedule
from siyaj.delivery.adaptor import Outcome, Result
from siyaj.delivery.memory import MemoryAdaptor
from siyaj.delivery.worker import DeliveryWorker
from siyaj.model.action import ActionKind, DeliveryState
from siyaj.model.clock import now_us
from siyaj.storage import deliveries, delivery_list, endpoints, notes
from siyaj.storage.database import Database
from siyaj.storage.endpoints import EndpointKind
from siyaj.storage.keyring import Keyring
from tests.delivery.conftest import Decide, add_endpoint, state, wait_for_state
from tests.delivery.receiver import Receiver, close_early, drip, flood, hang, reply


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again almost at once, four times at most."""
    monkeypatch.setattr(schedule, "RETRIES", (0.05, 0.05, 0.05))


def test_an_action_arrives_signed_as_standard_webhooks_says(
    database: Database, platform: Receiver, secret: str, worker: DeliveryWorker, decide: Decide
) -> None:
    action = decide("رسالة-١")
    (one,) = platform.wait_for(1)
    told = Webhook(secret).verify(one.body, one.headers)
    assert one.id == told["data"]["id"] == action
    assert told["type"] == "action.remove"
    assert told["data"]["subject"] == {"kind": "item", "id": "رسالة-١"}
    assert told["data"]["payload"] == {"account": {"id": "u-1"}}
    assert wait_for_state(database, action, DeliveryState.DELIVERED).answer == "200 {}"


def test_both_secrets_sign_while_one_is_rotated(
    database: Database, keyring: Keyring, platform: Receiver, secret: str, worker: DeliveryWorker, decide: Decide
) -> None:
    with database.begin() as connection:
        endpoint = endpoints.get(connection, "platform")
        fresh = endpoints.rotate(connection, keyring, endpoint.id, now_us() + 60_000_000)
    decide()
    (one,) = platform.wait_for(1)
    for each in (secret, fresh):
        Webhook(each).verify(one.body, one.headers)


def test_a_failure_is_tried_again_with_the_same_id_and_body(
    database: Database, platform: Receiver, secret: str, quick: None, worker: DeliveryWorker, decide: Decide
) -> None:
    platform.answers.extend([500, close_early, 302])
    action = decide()
    received = platform.wait_for(4)
    assert wait_for_state(database, action, DeliveryState.DELIVERED).attempts == 4
    assert {one.id for one in received} == {action}
    assert len({one.body for one in received}) == 1


def test_what_fails_to_the_end_is_dead_and_can_be_replayed(
    database: Database, platform: Receiver, secret: str, quick: None, worker: DeliveryWorker, decide: Decide
) -> None:
    platform.answers.extend([500, 500, 500, lambda handler: reply(handler, 400, "لا أعرف هذه الرسالة".encode())])
    action = decide()
    dead = wait_for_state(database, action, DeliveryState.DEAD)
    assert (dead.attempts, dead.error) == (4, "400 لا أعرف هذه الرسالة")
    with database.begin() as connection:
        assert deliveries.replay(connection) == (1, 0)
    assert wait_for_state(database, action, DeliveryState.DELIVERED).error == ""


def test_what_a_platform_has_no_way_to_do_is_settled_and_no_failure(
    database: Database, platform: Receiver, secret: str, worker: DeliveryWorker, decide: Decide
) -> None:
    platform.answers.append(lambda handler: reply(handler, 501, "لا رسائل خاصّة هنا".encode()))
    first, second = decide(kind=ActionKind.NOTIFY), decide(kind=ActionKind.RESTORE)
    told = wait_for_state(database, first, DeliveryState.UNAVAILABLE)
    assert (told.attempts, told.error, told.answer) == (1, "", "لا رسائل خاصّة هنا")
    wait_for_state(database, second, DeliveryState.DELIVERED)
    with database.begin() as connection:
        assert delivery_list.counts(connection)["dead"] == 0
        assert notes.of_case(connection, "case_1") == []
        assert deliveries.replay(connection) == (0, 0), "it is not among what failed"
        assert deliveries.replay(connection, action=first) == (1, 0), "by name it is tried again"
    wait_for_state(database, first, DeliveryState.DELIVERED)


def test_a_dead_one_is_not_replayed_over_a_later_action(
    database: Database, platform: Receiver, secret: str, worker: DeliveryWorker, decide: Decide
) -> None:
    memory = Outcome(Result.REFUSED, "no such room")
    adaptor = MemoryAdaptor()
    adaptor.answers.append(memory)
    worker._adaptors = {EndpointKind.WEBHOOK: lambda endpoint, secrets: adaptor}
    first = decide()
    wait_for_state(database, first, DeliveryState.DEAD)
    second = decide(kind=ActionKind.RESTORE)
    wait_for_state(database, second, DeliveryState.DELIVERED)
    with database.begin() as connection:
        assert deliveries.replay(connection) == (0, 1)
    assert [one.id for one in adaptor.received] == [first, second]


def test_410_disables_the_endpoint_and_enabling_it_goes_on(
    database: Database, platform: Receiver, secret: str, quick: None, worker: DeliveryWorker, decide: Decide
) -> None:
    platform.answers.append(410)
    action = decide()
    platform.wait_for(1)
    until = time.monotonic() + 10
    disabled = None
    while disabled is None and time.monotonic() < until:
        with database.read() as connection:
            endpoint = endpoints.get(connection, "platform")
        disabled = endpoint.disabled_at
    assert endpoint.disabled_why.startswith("410")
    time.sleep(0.6)
    assert len(platform.received) == 1
    with database.begin() as connection:
        endpoints.enable(connection, endpoint.id)
    wait_for_state(database, action, DeliveryState.DELIVERED)


@pytest.mark.parametrize("trick", [hang, drip])
def test_a_receiver_that_hangs_is_given_up_on_and_holds_up_no_other(
    database: Database,
    keyring: Keyring,
    platform: Receiver,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
    worker: DeliveryWorker,
    decide: Decide,
    trick: object,
) -> None:
    monkeypatch.setitem(outgoing.Outgoing.send.__kwdefaults__, "seconds", 1.0)
    platform.answers.append(trick)  # type: ignore[arg-type]
    add_endpoint(database, keyring, "other", platform.url.replace("/hook", "/other"))
    began = time.monotonic()
    action = decide()
    platform.wait_for(2)
    done: list[str] = []
    until = began + 10
    while not done and time.monotonic() < until:
        done = [
            name for name in ("platform", "other") if state(database, action, name).state is DeliveryState.DELIVERED
        ]
        time.sleep(0.02)
    assert len(done) == 1, "the other one hangs, and holds up nobody"
    slow = "other" if done == ["platform"] else "platform"
    until = time.monotonic() + 10
    while not state(database, action, slow).error and time.monotonic() < until:
        time.sleep(0.05)
    assert "no answer within 1 s" in state(database, action, slow).error


def test_an_answer_of_100_mb_is_not_read(
    database: Database, platform: Receiver, secret: str, worker: DeliveryWorker, decide: Decide
) -> None:
    platform.answers.append(flood)
    action = decide()
    delivered = wait_for_state(database, action, DeliveryState.DELIVERED)
    assert len(delivered.answer) <= 600


def test_a_subjects_actions_keep_their_order_through_failures(
    database: Database, platform: Receiver, secret: str, quick: None, worker: DeliveryWorker, decide: Decide
) -> None:
    platform.answers.extend([500, 500])
    first = decide()
    second = decide(kind=ActionKind.RESTORE)
    wait_for_state(database, second, DeliveryState.DELIVERED)
    kept = list(dict.fromkeys(platform.ids))
    assert kept == [first, second]
    assert platform.ids.index(second) == len(platform.ids) - 1


def test_several_workers_deliver_each_action_once(
    database: Database, keyring: Keyring, platform: Receiver, secret: str, decide: Decide
) -> None:
    workers = [DeliveryWorker(database, keyring) for _ in range(3)]
    for each in workers:
        each.start()
    made = [decide(f"m-{number}") for number in range(40)]
    platform.wait_for(40)
    time.sleep(0.6)
    for each in workers:
        each.stop()
    assert sorted(platform.ids) == sorted(made)


def test_nothing_leaves_before_its_time(
    database: Database, platform: Receiver, secret: str, worker: DeliveryWorker, decide: Decide
) -> None:
    began = time.monotonic()
    decide(seconds=1.0)
    platform.wait_for(1)
    assert time.monotonic() - began >= 1.0


def test_the_schedule_spans_from_seconds_to_three_days() -> None:
    waits = [schedule.wait_after(attempt) for attempt in range(1, len(schedule.RETRIES) + 1)]
    assert all(wait is not None for wait in waits)
    assert 5 <= (waits[0] or 0) <= 6
    assert 2.9 * 86_400 < sum(schedule.RETRIES) < 3.1 * 86_400
    assert schedule.wait_after(len(schedule.RETRIES) + 1) is None
    spread = [schedule.wait_after(2) or 0 for _ in range(200)]
    assert 30 <= min(spread) < 32 < 34 < max(spread) <= 36, "each wait is up to a fifth longer, by chance"
    assert schedule.wait_after(1, asked=3_600) == 3_600
