"""`siyaj audit`: who did what, and whether the log is whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table

from siyaj.cli.session import SOME_FAILED, emit, out, plain, say, session
from siyaj.model.clock import to_datetime
from siyaj.moderation.runtime import database_url
from siyaj.storage import audit
from siyaj.storage.database import Database

app = App(name="audit", help="The audit log: list, verify.")


@app.command(name="list")
def list_(
    *,
    who: Annotated[str, Parameter(help="Who did it, e.g. `person:amal`")] = "",
    what: Annotated[str, Parameter(help="What was done, by its beginning, e.g. `session.`")] = "",
    subject: Annotated[str, Parameter(help="To what, e.g. a case's id")] = "",
    before: Annotated[int | None, Parameter(help="Only rows with a smaller number")] = None,
    limit: Annotated[int, Parameter(help="How many")] = 50,
) -> None:
    """Show deeds, the newest first."""
    with _database() as database, database.read() as connection:
        rows = audit.page(connection, before=before, who=who, what=what, subject=subject, limit=limit)
    if session.get().json:
        for row in rows:
            emit({**{name: getattr(row, name) for name in row.__struct_fields__}, "at": to_datetime(row.at)})
        return
    table = Table("number", "time (UTC)", "who", "what", "to what", box=None)
    for row in rows:
        at = f"{to_datetime(row.at):%Y-%m-%d %H:%M:%S}"
        table.add_row(str(row.seq), at, plain(row.who), plain(row.what), plain(row.subject))
    out.print(table)


@app.command
def verify(
    *,
    head: Annotated[str, Parameter(help="A fingerprint that was noted before: it must still be in the log")] = "",
) -> int:
    """Walk the whole log; exit code 1 when a row was changed, taken out or put in.

    Prints how many rows there are and the fingerprint of the last one. Note it elsewhere: whoever can write the
    database could forge the whole log, but not what you noted.
    """
    with _database() as database, database.read() as connection:
        result = audit.verify(connection)
        known = not head or audit.holds(connection, head)
    fault = result.fault or ("" if known else "the fingerprint that was noted is not in the log")
    if session.get().json:
        emit({"rows": result.rows, "head": result.head, "fault": fault})
    elif fault:
        say(f"[red]the log was tampered with:[/] {plain(fault)} (whole up to row {result.rows:,})")
    else:
        say(f"the log is whole: {result.rows:,} rows")
        out.print(result.head)
    return SOME_FAILED if fault else 0


@contextmanager
def _database() -> Iterator[Database]:
    database = Database.open(database_url(session.get().settings))
    try:
        yield database
    finally:
        database.close()
