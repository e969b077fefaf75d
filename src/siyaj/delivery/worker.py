"""The outbox's worker: looks for deliveries that are due, hands them to the adaptors, writes what became of them.

Any number of workers may share a database: what one has claimed no other gets, and what a killed one had claimed comes
up again after LOST_SECONDS, with the same id. So an action arrives at least once, and a receiver that remembers ids
acts once. Each endpoint has a thread of its own while there is something for it: one that hangs holds up no other.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from siyaj.delivery.adaptor import Adaptor, Outcome, Result
from siyaj.delivery.adaptors import ADAPTORS, MakeAdaptor
from siyaj.delivery.settling import settle
from siyaj.model.clock import now_us
from siyaj.model.errors import SiyajError, StorageUnavailable
from siyaj.storage import deliveries, endpoints
from siyaj.storage.database import Database
from siyaj.storage.deliveries import Claim
from siyaj.storage.endpoints import Endpoint, EndpointKind, Secrets
from siyaj.storage.keyring import Keyring

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Actions that one endpoint gets at a time; never two about one subject."""
LOST_SECONDS = 60.0
"""A claim that is older is a dead worker's. Four times what an attempt may take (outgoing.TOTAL_SECONDS)."""
LOOK_SECONDS = 0.25
AWAY_SECONDS = 1.0
"""Between two tries while the database is away."""


class DeliveryWorker:
    """Delivers until it is stopped. Start it where the process lives long; a command that ends must not."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        adaptors: Mapping[EndpointKind, MakeAdaptor] = ADAPTORS,
        *,
        lost_seconds: float = LOST_SECONDS,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._adaptors = adaptors
        self._lost_us = int(lost_seconds * 1_000_000)
        self._lanes: dict[str, _Lane] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="siyaj-delivery", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the attempts that run, then return. What waits stays in the database."""
        self._stopping.set()
        self._thread.join(timeout=LOST_SECONDS)
        for lane in self._lanes.values():
            lane.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _work(self) -> None:
        kinds = [kind.value for kind in self._adaptors]
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                with self._database.read() as connection:
                    due = deliveries.due(connection, kinds)
                for endpoint in due:
                    self._lane(endpoint).run()
            except StorageUnavailable as error:
                log.warning("deliveries wait: %s", error.message)
                self._stopping.wait(AWAY_SECONDS)
            except Exception:
                log.exception("the delivery worker stumbled")
                self._stopping.wait(AWAY_SECONDS)

    def _lane(self, endpoint: str) -> "_Lane":
        if endpoint not in self._lanes:
            self._lanes[endpoint] = _Lane(
                endpoint, self._database, self._keyring, self._adaptors, self._lost_us, self._stopping
            )
        return self._lanes[endpoint]


class _Lane:
    """One endpoint's deliveries. Works in a thread of its own until nothing is due."""

    def __init__(
        self,
        endpoint: str,
        database: Database,
        keyring: Keyring,
        adaptors: Mapping[EndpointKind, MakeAdaptor],
        lost_us: int,
        stopping: threading.Event,
    ) -> None:
        self._id = endpoint
        self._database = database
        self._keyring = keyring
        self._adaptors = adaptors
        self._lost_us = lost_us
        self._stopping = stopping
        self._made: tuple[Endpoint, Secrets, Adaptor] | None = None
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Begin, unless it runs already."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name=f"siyaj-delivery-{self._id[-6:]}", daemon=True)
            self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.join(timeout=LOST_SECONDS)
        if self._made is not None:
            self._made[2].close()

    def _work(self) -> None:
        try:
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="siyaj-deliver") as pool:
                while not self._stopping.is_set() and (claims := self._claim()):
                    list(pool.map(self._deliver, claims))
        except StorageUnavailable as error:
            log.warning("deliveries wait: %s", error.message)
        except SiyajError as error:
            log.error("nothing can be delivered to the endpoint %s: %s", self._id, error)
            self._stopping.wait(AWAY_SECONDS)
        except Exception:
            log.exception("deliveries to the endpoint %s stumbled", self._id)
            self._stopping.wait(AWAY_SECONDS)

    def _claim(self) -> Sequence[Claim]:
        """Claim what is due, once an adaptor is there that can deliver it."""
        with self._database.read() as connection:
            endpoint = endpoints.get(connection, self._id)
            secrets = endpoints.secrets_of(connection, self._keyring, self._id)
        if self._made is None or self._made[:2] != (endpoint, secrets):
            if self._made is not None:
                self._made[2].close()
            self._made = (endpoint, secrets, self._adaptors[endpoint.kind](endpoint, secrets))
        with self._database.begin() as connection:
            return deliveries.claim(connection, self._id, now_us() + self._lost_us, AT_ONCE)

    def _deliver(self, claim: Claim) -> None:
        assert self._made is not None
        until = time.monotonic() + self._lost_us / 1_000_000
        try:
            outcome = self._made[2].deliver(claim.action)
        except Exception as error:
            log.exception("the adaptor of the endpoint %s stumbled over %s", self._id, claim.action.id)
            outcome = Outcome(Result.FAILED, f"a fault of the adaptor: {type(error).__name__}: {error}")
        while True:
            try:
                with self._database.begin() as connection:
                    settle(connection, claim, outcome)
                return
            except StorageUnavailable:
                if time.monotonic() > until:
                    return  # it comes up again, and arrives a second time with the same id
                time.sleep(AWAY_SECONDS)
