"""`siyaj endpoint`: where actions go."""

import getpass
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from rich.table import Table

from siyaj.cli.outbox import open_database, open_keyring
from siyaj.cli.session import SOME_FAILED, emit, out, plain, say, session, who
from siyaj.delivery.adaptor import Result
from siyaj.delivery.adaptors import ADAPTORS
from siyaj.delivery.addresses import check_url
from siyaj.delivery.synapse_login import log_in
from siyaj.model.action import ActionKind, PlatformAction
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import InvalidRequest
from siyaj.model.ids import new_id
from siyaj.model.report import Subject, SubjectKind
from siyaj.moderation import reconcile as owed
from siyaj.storage import audit, endpoints
from siyaj.storage.endpoints import Endpoint, EndpointKind

app = App(name="endpoint", help="Where actions go: webhooks, admin interfaces, platforms that ask by themselves.")

Name = Annotated[str, Parameter(help="Its name or id")]


@app.command
def add(
    name: Annotated[str, Parameter(help="What you call it, e.g. `messenger`")],
    url: Annotated[str, Parameter(help="Its address; none for `--kind poll`")] = "",
    /,
    *,
    kind: Annotated[EndpointKind, Parameter(help="How actions reach it")] = EndpointKind.WEBHOOK,
    allow_private: Annotated[
        bool, Parameter(negative="", help="It may be in a private network, or on this machine, and speak plain http")
    ] = False,
    token_file: Annotated[
        Path | None,
        Parameter(allow_leading_hyphen=True, help="File with the access token of an admin interface; `-`: stdin"),
    ] = None,
    user: Annotated[
        str, Parameter(help="For `--kind synapse`, instead of a token: log this account in; its password is asked for")
    ] = "",
) -> None:
    """Add an endpoint and print its signing secret, this once. What is decided from now on goes there."""
    if kind is not EndpointKind.POLL:
        check_url(url, allow_private=allow_private)
    elif url:
        raise InvalidRequest("an endpoint that asks has no address", field="url")
    if user and (kind is not EndpointKind.SYNAPSE or token_file):
        raise InvalidRequest("--user is for `--kind synapse`, and instead of --token-file", field="user")
    token = _log_in(url, user, allow_private) if user else _read_token(token_file)
    with open_database() as database, database.begin() as connection:
        made, secret = endpoints.add(
            connection, open_keyring(), name, kind, url, token=token, allow_private=allow_private
        )
        audit.write(connection, who(), "endpoint.add", made.id, name=name, kind=kind.value, url=url)
    if session.get().json:
        emit({**_row(made), "secret": secret})
        return
    if kind is EndpointKind.WEBHOOK:
        out.print(secret)
        say(f"[dim]{plain(name)} is added. This secret signs what it gets. Keep it now: it is not shown again.[/]")
    else:
        say(f"{plain(name)} is added")


@app.command(name="list")
def list_() -> None:
    """Show the endpoints, and whether they are live."""
    with open_database() as database, database.read() as connection:
        found = endpoints.listed(connection)
    if session.get().json:
        for endpoint in found:
            emit(_row(endpoint))
        return
    table = Table("name", "kind", "address", "private", "state", box=None)
    for one in found:
        state = f"disabled: {one.disabled_why}" if one.disabled_at else "live"
        private = "allowed" if one.allow_private else ""
        table.add_row(plain(one.name), one.kind.value, plain(one.url), private, plain(state))
    out.print(table)


@app.command
def rotate(
    name: Name,
    /,
    *,
    hours: Annotated[float, Parameter(help="How long the old secret signs beside the new one")] = 24.0,
) -> None:
    """Make a new signing secret and print it. Both sign until the old one ends: change it there meanwhile."""
    until = now_us() + int(hours * 3_600_000_000)
    with open_database() as database, database.begin() as connection:
        endpoint = endpoints.get(connection, name)
        secret = endpoints.rotate(connection, open_keyring(), endpoint.id, until)
        audit.write(connection, who(), "endpoint.rotate", endpoint.id, name=endpoint.name, hours=hours)
    if session.get().json:
        emit({**_row(endpoint), "secret": secret, "old_until": to_datetime(until)})
        return
    out.print(secret)
    say(f"[dim]the old secret signs beside it for {hours:g} more hours[/]")


@app.command
def token(
    name: Name,
    /,
    *,
    token_file: Annotated[
        Path | None, Parameter(allow_leading_hyphen=True, help="File with the new access token; `-`: stdin")
    ] = None,
    user: Annotated[str, Parameter(help="Instead: log this account in; its password is asked for")] = "",
) -> None:
    """Replace the access token of an admin interface, e.g. after it expired."""
    if bool(user) == bool(token_file):
        raise InvalidRequest("name a file with the token, or the account to log in", hint="--token-file or --user")
    with open_database() as database, database.read() as connection:
        endpoint = endpoints.get(connection, name)
    fresh = _log_in(endpoint.url, user, endpoint.allow_private) if user else _read_token(token_file)
    with open_database() as database, database.begin() as connection:
        endpoints.set_token(connection, open_keyring(), endpoint.id, fresh)
        audit.write(connection, who(), "endpoint.token", endpoint.id, name=endpoint.name)
    _show(endpoint, "has a new access token")


@app.command
def disable(name: Name, /, *, why: Annotated[str, Parameter(help="For those who ask later")] = "by hand") -> None:
    """Send nothing more there. What waits keeps waiting; what is decided meanwhile is not sent there at all."""
    with open_database() as database, database.begin() as connection:
        endpoint = endpoints.get(connection, name)
        endpoints.disable(connection, endpoint.id, why)
        audit.write(connection, who(), "endpoint.disable", endpoint.id, name=endpoint.name, why=why)
        endpoint = endpoints.get(connection, endpoint.id)
    _show(endpoint, "is disabled")


@app.command
def enable(name: Name, /) -> None:
    """Send there again, what waits first. Let the platform reconcile what was decided while it was disabled."""
    with open_database() as database, database.begin() as connection:
        endpoint = endpoints.get(connection, name)
        endpoints.enable(connection, endpoint.id)
        audit.write(connection, who(), "endpoint.enable", endpoint.id, name=endpoint.name)
        endpoint = endpoints.get(connection, endpoint.id)
    _show(endpoint, "is live")


@app.command
def reconcile(
    name: Name,
    /,
    *,
    send: Annotated[bool, Parameter(negative="", help="Let it leave, instead of only showing it")] = False,
    all_: Annotated[
        bool, Parameter(name="--all", negative="", help="Also what arrived: the platform was restored from a backup")
    ] = False,
) -> None:
    """Show what should be so at an endpoint and was never sent there, as it was added later, or disabled meanwhile."""
    table, count = Table("action", "kind", "subject", "decided", box=None), 0
    with open_database() as database:
        with database.read() as connection:
            endpoint = endpoints.get(connection, name)
        for page in owed.pages(database, endpoint, again=all_, by=who() if send else ""):
            count += len(page)
            for _, one in page:
                if session.get().json:
                    emit({**msgspec.to_builtins(one), "sent": send})
                else:
                    table.add_row(one.id, one.kind.value, plain(one.subject.key), f"{one.created_at:%Y-%m-%d %H:%M}")
    if session.get().json:
        return
    out.print(table)
    if not count:
        say(f"nothing is missing at {plain(endpoint.name)}")
    elif send:
        say(f"{count} leave for {plain(endpoint.name)}")
    else:
        say(f"{count} should be so at {plain(endpoint.name)}; --send lets them leave")


@app.command
def test(name: Name, /) -> int:
    """Send an action of the kind `none`, which does nothing, and say what came back."""
    with open_database() as database, database.read() as connection:
        endpoint = endpoints.get(connection, name)
        secrets = endpoints.secrets_of(connection, open_keyring(), endpoint.id)
    make = ADAPTORS.get(endpoint.kind)
    if make is None:
        raise InvalidRequest(f"{name!r} asks by itself: nothing is sent there")
    subject = Subject(SubjectKind.ITEM, "siyaj-test")
    nothing = PlatformAction(
        new_id("act"), ActionKind.NONE, subject, "test", None, None, to_datetime(now_us()), {"test": True}
    )
    adaptor = make(endpoint, secrets)
    outcome = adaptor.deliver(nothing)
    adaptor.close()
    if session.get().json:
        emit({"endpoint": endpoint.name, "result": outcome.result.value, "said": outcome.said})
    else:
        colour = "green" if outcome.result is Result.DONE else "red"
        out.print(f"[{colour}]{outcome.result.value}[/] {plain(outcome.said)}")
    return 0 if outcome.result is Result.DONE else SOME_FAILED


def _log_in(url: str, user: str, allow_private: bool) -> str:
    typed = getpass.getpass(f"Password of {user}: ") if sys.stdin.isatty() else sys.stdin.readline()
    return log_in(url, user, typed.rstrip("\n"), allow_private=allow_private)


def _read_token(path: Path | None) -> str:
    """A token is never an argument: arguments are seen by every user of the machine."""
    if path is None:
        return ""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"cannot read the token from {str(path)!r}: {error}", field="token_file") from None
    if not text.strip():
        raise InvalidRequest(f"there is no token in {str(path)!r}", field="token_file")
    return text.strip()


def _show(endpoint: Endpoint, what: str) -> None:
    if session.get().json:
        emit(_row(endpoint))
    else:
        say(f"{plain(endpoint.name)} {what}")


def _row(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "kind": endpoint.kind.value,
        "url": endpoint.url,
        "allow_private": endpoint.allow_private,
        "created_at": endpoint.created_at,
        "disabled_at": endpoint.disabled_at,
        "disabled_why": endpoint.disabled_why,
    }
