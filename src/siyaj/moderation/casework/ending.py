"""Measures that end: when the days of a limit or a suspension are over, what takes it back leaves by itself."""

from typing import Any

from siyaj.model.action import UNDO, PlatformAction
from siyaj.model.clock import now_us, to_datetime
from siyaj.moderation.state import in_force
from siyaj.storage import actions, audit
from siyaj.storage.actions import NewAction
from siyaj.storage.database import Connection, Database

LOOK_SECONDS = 30.0
_BATCH = 100


class Ending:
    """Sees to measures that are over. Any number of processes may: each measure is seen to once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def work(self) -> int:
        """Take back what is over; return how many were looked at. Raises StorageUnavailable."""
        with self._database.begin() as connection:
            over = actions.ended(connection, _BATCH)
            for measure in over:
                _end(connection, measure)
        return len(over)


def _end(connection: Connection, measure: PlatformAction) -> None:
    """Take a measure back, unless that happened already or a newer one stands in its place."""
    done = actions.of_subject(connection, measure.subject, visible_only=False)
    if measure.id not in {one.id for one in in_force(done)} or measure.kind not in UNDO:
        return
    payload: dict[str, Any] = {
        name: measure.payload[name] for name in ("account", "channel") if name in measure.payload
    }
    payload["ends"] = measure.id
    new = NewAction(
        decision=measure.decision,
        case=measure.case,
        subject=measure.subject,
        kind=UNDO[measure.kind],
        policy=measure.policy,
        payload=payload,
        not_before=to_datetime(now_us()),
    )
    actions.enqueue(connection, [new])
    audit.write(connection, "system", "action.end", measure.subject.key, action=measure.id, decision=measure.decision)
