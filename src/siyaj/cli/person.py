"""`siyaj person`: who works in the console."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.table import Table

from siyaj.cli.session import emit, out, plain, say, session, who
from siyaj.model.errors import UserError
from siyaj.model.person import Person, Role
from siyaj.moderation.people.people import People
from siyaj.moderation.runtime import database_url
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring

app = App(name="person", help="People of the console: create, list, password, totp, roles, disable, enable.")

Login = Annotated[str, Parameter(help="Their login")]


@app.command
def create(
    login: Login,
    /,
    *,
    role: Annotated[list[Role], Parameter(negative="", help="What they may do (repeatable)")],
    name: Annotated[str, Parameter(help="As others see it; the login if not given")] = "",
    language: Annotated[list[str] | None, Parameter(negative="", help="Language they review (repeatable)")] = None,
    skill: Annotated[list[str] | None, Parameter(negative="", help="What they are good at (repeatable)")] = None,
    invite: Annotated[
        bool, Parameter(negative="", help="Print a link to choose a password, instead of asking")
    ] = False,
) -> None:
    """Add somebody. Asks for a password; reads it from the first line of stdin where that is no terminal."""
    password = None if invite else _password()
    with _people() as people:
        made = people.create(
            login, name or login, role, who=who(), password=password, languages=language or (), skills=skill or ()
        )
        token = people.invite(login, who=who()) if invite else None
    path = f"/console/invitation/{token}" if token else None
    if session.get().json:
        emit({**_row(made), **({"invitation": path} if path else {})})
        return
    say(f"created {plain(made.login)} ({', '.join(made.roles)})")
    if path:
        out.print(f"{session.get().settings.public_url.rstrip('/')}{path}")


@app.command(name="list")
def list_() -> None:
    """Show who there is, and what they may do."""
    with _people() as people:
        found = people.listed()
    if session.get().json:
        for person in found:
            emit(_row(person))
        return
    table = Table("login", "name", "roles", "languages", "second factor", "state", box=None)
    for person in found:
        state = "disabled" if person.disabled_at else "live"
        factor = "yes" if person.has_totp else "no"
        table.add_row(
            person.login, plain(person.name), ", ".join(person.roles), " ".join(person.languages), factor, state
        )
    out.print(table)


@app.command
def password(login: Login, /) -> None:
    """Set a password; lifts a lock-out and ends the person's sessions."""
    given = _password()
    with _people() as people:
        _done(people.set_password(login, given, who=who()), "has a new password")


@app.command
def totp(login: Login, /) -> None:
    """Take the second factor away, for a lost phone. It is set up anew at the next log-in."""
    with _people() as people:
        _done(people.reset_totp(login, who=who()), "sets up a second factor at the next log-in")


@app.command
def roles(login: Login, role: Annotated[list[Role], Parameter(help="All the roles they have from now on")], /) -> None:
    """Set what somebody may do."""
    with _people() as people:
        before = people.get(login)
        changed = people.edit(login, before.name, role, before.languages, before.skills, who=who())
    _done(changed, f"is now {', '.join(changed.roles)}")


@app.command
def disable(login: Login, /) -> None:
    """Shut somebody out and end their sessions. What they decided stays under their name."""
    with _people() as people:
        _done(people.disable(login, who=who()), "is disabled")


@app.command
def enable(login: Login, /) -> None:
    """Let somebody in again; lifts a lock-out too."""
    with _people() as people:
        _done(people.enable(login, who=who()), "may sign in again")


@contextmanager
def _people() -> Iterator[People]:
    settings = session.get().settings
    database = Database.open(database_url(settings))
    try:
        yield People(database, Keyring.open(Path(settings.data), settings.secret))
    finally:
        database.close()


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != first:
        raise UserError("the two passwords differ")
    return first


def _done(person: Person, what: str) -> None:
    if session.get().json:
        emit(_row(person))
    else:
        say(f"{plain(person.login)} {what}")


def _row(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "login": person.login,
        "name": person.name,
        "roles": person.roles,
        "languages": person.languages,
        "skills": person.skills,
        "totp": person.has_totp,
        "created_at": person.created_at,
        "disabled_at": person.disabled_at,
    }
