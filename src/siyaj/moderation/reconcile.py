"""What an endpoint is owed: what should be so on its platform, and was never sent there."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby

from siyaj.model.action import UNDO, DeliveryState, PlatformAction
from siyaj.model.report import Subject
from siyaj.moderation.state import in_force
from siyaj.storage import audit, deliveries
from siyaj.storage.actions import take_turns
from siyaj.storage.database import Connection, Database
from siyaj.storage.endpoints import Endpoint

Fared = tuple[int, PlatformAction, DeliveryState | None]
"""An action's number, the action, and how it fares at the endpoint; None: it was never to go there."""


AT_ONCE = 500
"""Actions that leave in one transaction: nobody who writes waits long for it."""


def missing(
    connection: Connection,
    endpoint: Endpoint,
    *,
    again: bool = False,
    most: int = AT_ONCE,
    after: Subject | None = None,
) -> list[tuple[int, PlatformAction]]:
    """Return (number, action) of what an endpoint is owed, see `owed`: so many, and what else its last subject is
    owed. The next page is what comes `after` that subject; an empty one is the end."""
    found: list[tuple[int, PlatformAction]] = []
    with closing(deliveries.at_endpoint(connection, endpoint.id, after)) as fared:
        for number, action in owed(fared, again=again):
            if len(found) >= most and action.subject != found[-1][1].subject:
                break
            found.append((number, action))
    return found


def pages(
    database: Database, endpoint: Endpoint, *, again: bool = False, by: str = ""
) -> Iterator[list[tuple[int, PlatformAction]]]:
    """Yield all that an endpoint is owed, page by page. With `by` each page has left when it is yielded: who is
    interrupted in the middle has sent whole pages, and goes on with the rest when called again."""
    after: Subject | None = None
    while True:
        with database.read() as connection:
            found = missing(connection, endpoint, most=AT_ONCE, again=again, after=after)
        if not found:
            return
        after = found[-1][1].subject
        if by:
            send(database, endpoint, found, by)
        yield found


def send(database: Database, endpoint: Endpoint, found: Sequence[tuple[int, PlatformAction]], by: str) -> None:
    """Let what `missing` returned leave at once, with the ids that it always had. `by`: for the audit log."""
    with database.begin() as connection:
        take_turns(connection, [action.subject for _, action in found])
        deliveries.send(connection, endpoint.id, [number for number, _ in found])
        audit.write(connection, by, "endpoint.reconcile", endpoint.id, name=endpoint.name, sent=len(found))


def owed(fared: Iterable[Fared], *, again: bool = False) -> Iterator[tuple[int, PlatformAction]]:
    """Yield what is to leave: measures in force, and what took back a measure that had arrived.

    `fared` comes subject by subject, each in order. What waits already is left alone, as is what was given up on
    (`siyaj delivery replay`) or is not available there. `again`: also what arrived.
    """
    leaves = {None, DeliveryState.CANCELLED, *([DeliveryState.DELIVERED] if again else [])}
    for _, its in groupby(fared, key=lambda one: one[1].subject):
        history = list(its)
        wanted = {action.id for action in in_force(action for _, action, _ in history)}
        wanted |= {action.id for action in _taken_back(history)}
        yield from ((number, action) for number, action, state in history if action.id in wanted and state in leaves)


def _taken_back(history: list[Fared]) -> Iterator[PlatformAction]:
    """Yield the newest of each kind of undo that follows a measure which arrived."""
    undone: dict[str, PlatformAction] = {}
    arrived: set[str] = set()
    for _, action, state in history:
        undo = UNDO.get(action.kind)
        if undo is not None:
            undone.pop(undo, None)
            if state is DeliveryState.DELIVERED:
                arrived.add(undo)
        elif action.kind in arrived:
            undone[action.kind] = action
    yield from undone.values()
