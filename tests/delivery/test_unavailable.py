"""What a platform cannot do at all is shown, and is no failure."""

from siyaj.delivery.adaptor import Adaptor, Outcome, Result
from siyaj.delivery.worker import DeliveryWorker
from siyaj.model.action import ActionKind, DeliveryState, PlatformAction
from siyaj.storage import queue
from siyaj.storage.database import Database
from siyaj.storage.endpoints import Endpoint, EndpointKind, Secrets
from siyaj.storage.keyring import Keyring
from tests.delivery.conftest import Decide, wait_for_state


class Mute:
    """Removes, and cannot tell anybody anything."""

    def deliver(self, action: PlatformAction) -> Outcome:
        if action.kind is ActionKind.NOTIFY:
            return Outcome(Result.UNAVAILABLE, "it has no messages to its users")
        return Outcome(Result.DONE, "done")

    def close(self) -> None:
        pass


def test_a_platform_that_can_tell_nobody_is_no_failure(
    database: Database, keyring: Keyring, secret: str, decide: Decide
) -> None:
    def mute(endpoint: Endpoint, secrets: Secrets) -> Adaptor:
        return Mute()

    told, removed = decide(kind=ActionKind.NOTIFY), decide()
    with DeliveryWorker(database, keyring, {EndpointKind.WEBHOOK: mute}):
        found = wait_for_state(database, told, DeliveryState.UNAVAILABLE)
        wait_for_state(database, removed, DeliveryState.DELIVERED)
    assert (found.error, found.answer) == ("", "it has no messages to its users")
    with database.read() as connection:
        assert queue.failed(connection) == 0
