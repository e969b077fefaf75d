"""`siyaj delivery`: what became of actions, and a worker of its own."""

import signal
import threading
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.table import Table

from siyaj.cli.outbox import open_database, open_keyring
from siyaj.cli.session import SOME_FAILED, emit, out, plain, say, session, who
from siyaj.delivery.worker import DeliveryWorker
from siyaj.model.action import DeliveryState
from siyaj.storage import audit, deliveries, delivery_list, endpoints

app = App(name="delivery", help="Actions on their way to platforms: list, replay, run.")


@app.command(name="list")
def list_(
    *,
    state: Annotated[DeliveryState | None, Parameter(help="Only those in this state")] = None,
    endpoint: Annotated[str, Parameter(help="Only those to this endpoint")] = "",
    limit: Annotated[int, Parameter(help="How many, the newest first")] = 50,
) -> None:
    """Show deliveries: which action, where to, how often tried, what went wrong."""
    with open_database() as database, database.read() as connection:
        chosen = endpoints.get(connection, endpoint).id if endpoint else ""
        found = [one for _, one in delivery_list.page(connection, state=state, endpoint=chosen, limit=limit)]
    if session.get().json:
        for one in found:
            emit(msgspec.to_builtins(one))
        return
    table = Table("action", "kind", "endpoint", "state", "tried", "next", "said", box=None)
    for one in found:
        next_at = f"{one.next_at:%Y-%m-%d %H:%M:%S}" if one.state is DeliveryState.WAITING else ""
        said = plain(one.error or one.answer)
        table.add_row(
            one.action, one.kind.value, plain(one.endpoint), one.state.value, str(one.attempts), next_at, said
        )
    out.print(table)


@app.command
def replay(
    action: Annotated[str, Parameter(help="Only this action; all dead ones if not given")] = "",
    /,
    *,
    endpoint: Annotated[str, Parameter(help="Only those to this endpoint")] = "",
) -> int:
    """Try dead deliveries again. One is left alone where a later action on the same subject has arrived."""
    with open_database() as database, database.begin() as connection:
        chosen = endpoints.get(connection, endpoint).id if endpoint else ""
        again, late = deliveries.replay(connection, endpoint=chosen, action=action)
        audit.write(connection, who(), "delivery.replay", action or endpoint or "all", again=again, left_alone=late)
    if session.get().json:
        emit({"replayed": again, "left_alone": late})
    else:
        say(f"{again} are tried again; {late} left alone: later actions on the same subjects have arrived")
    return SOME_FAILED if late else 0


@app.command(name="run")
def run() -> None:
    """Deliver until interrupted. `siyaj serve` does so by itself; this is for processes beside it."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    with open_database() as database, DeliveryWorker(database, open_keyring()):
        say("delivering")
        stopped.wait()
