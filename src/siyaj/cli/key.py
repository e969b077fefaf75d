"""`siyaj key`: the API keys that platforms call with."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.table import Table

from siyaj.cli.session import emit, out, plain, say, session, who
from siyaj.model.clock import now_us, to_datetime
from siyaj.moderation.runtime import database_url
from siyaj.storage import audit, keys
from siyaj.storage.database import Database
from siyaj.storage.keys import SCOPES, Key

app = App(name="key", help="API keys: create, list, revoke. A key is shown once; only its hash is stored.")


@app.command
def create(
    name: Annotated[str, Parameter(help="Who will use it, e.g. `messenger-prod`")],
    /,
    *,
    scope: Annotated[
        list[str] | None,
        Parameter(negative="", help=f"What it may do (repeatable); all if not given: {', '.join(SCOPES)}"),
    ] = None,
    days: Annotated[float | None, Parameter(help="Days until it expires; never if not given")] = None,
) -> None:
    """Make a key and print it. It is shown this once."""
    expires = to_datetime(now_us()) + timedelta(days=days) if days is not None else None
    with _database() as database, database.begin() as connection:
        key, secret = keys.create(connection, name, list(scope or SCOPES), expires)
        audit.write(connection, who(), "key.create", key.id, name=name, scopes=key.scopes)
    if session.get().json:
        emit({**_row(key), "key": secret})
        return
    out.print(secret)
    say(f"[dim]key {key.id} for {plain(name)}, may: {', '.join(key.scopes)}. Keep it now: it is not shown again.[/]")


@app.command(name="list")
def list_() -> None:
    """Show the keys: who has one, what it may do, whether it is live."""
    with _database() as database, database.read() as connection:
        found = keys.listed(connection)
    if session.get().json:
        for key in found:
            emit(_row(key))
        return
    table = Table("id", "name", "may", "created", "state", box=None)
    now = to_datetime(now_us())
    for key in found:
        state = "live" if key.live(now) else ("revoked" if key.revoked_at else "expired")
        table.add_row(key.id, plain(key.name), ", ".join(key.scopes), _day(key.created_at), state)
    out.print(table)


@app.command
def revoke(key: Annotated[str, Parameter(help="Its id, or its name when only one live key has it")], /) -> None:
    """Revoke a key. A running server refuses it within five seconds."""
    with _database() as database, database.begin() as connection:
        revoked = keys.revoke(connection, key)
        audit.write(connection, who(), "key.revoke", revoked.id, name=revoked.name)
    if session.get().json:
        emit(_row(revoked))
    else:
        say(f"revoked {revoked.id} ({plain(revoked.name)})")


@contextmanager
def _database() -> Iterator[Database]:
    database = Database.open(database_url(session.get().settings))
    try:
        yield database
    finally:
        database.close()


def _row(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
