"""One transaction, again where the database gave it up for another one (deadlock, lock timeout)."""

import time
from collections.abc import Callable
from typing import TypeVar

from siyaj.model.errors import StorageUnavailable
from siyaj.storage.database import Connection, Database

T = TypeVar("T")
ATTEMPTS = 3
PAUSE_SECONDS = 0.05


def patiently(database: Database, write: Callable[[Connection], T]) -> T:
    """Call `write` in a transaction, which it must be able to begin again from the start.

    Raises StorageUnavailable after ATTEMPTS, and what `write` raises.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with database.begin() as connection:
                return write(connection)
        except StorageUnavailable:
            if attempt == ATTEMPTS:
                raise
            time.sleep(PAUSE_SECONDS * attempt)
    raise AssertionError("unreachable")
