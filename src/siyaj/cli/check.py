"""`siyaj check`: one event through the pipeline, recorded as over HTTP."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from siyaj.cli.scan import STYLES
from siyaj.cli.session import out, plain, session, who
from siyaj.model.errors import InvalidRequest, NotFound, SiyajError
from siyaj.model.event import Event, EventKind, HashInput, MediaFile
from siyaj.model.ids import new_id
from siyaj.model.verdict import Verdict
from siyaj.moderation.checks.requests import CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime


def check(
    *files: Annotated[Path, Parameter(help="Media files of the event")],
    text: Annotated[str, Parameter(help="The message; `-` reads it from standard input")] = "",
    link: Annotated[list[str] | None, Parameter(negative="", help="A link of the message (repeatable)")] = None,
    hash: Annotated[
        list[str] | None, Parameter(negative="", help="A known hash, as TYPE:VALUE, e.g. pdq:… (repeatable)")
    ] = None,
    event: Annotated[Path | None, Parameter(help="The whole event as a JSON file; `-` reads standard input")] = None,
    id: Annotated[str, Parameter(help="The platform's own id; made up when not given")] = "",
    kind: Annotated[EventKind, Parameter(help="What it is")] = EventKind.MESSAGE,
) -> None:
    """Check one event: text, links, hashes, files. The verdict is recorded and a held item opens a case.

    The same id with the same content answers as before; with other content it is refused.
    """
    checked = _event(event) if event is not None else _described(id, kind, text, link or [], hash or [])
    media = [MediaFile(path.name, _read(path)) for path in files]
    request = CheckRequest(checked, media, "cli", None, hash_request(checked, media), who=who())
    with Runtime.open(session.get().settings) as runtime:
        result = runtime.checker.check_now([request])[0]
    if isinstance(result, SiyajError):
        raise result
    if session.get().json:
        sys.stdout.buffer.write(result.body + b"\n")
    else:
        _print(msgspec.json.decode(result.body, type=Verdict), result.replayed)


def _event(path: Path) -> Event:
    raw = sys.stdin.buffer.read() if str(path) == "-" else _read(path)
    try:
        return msgspec.json.decode(raw, type=Event)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path} is not an event: {error}", hint="docs/http.md shows the fields") from None


def _described(event_id: str, kind: EventKind, text: str, links: list[str], hashes: list[str]) -> Event:
    words = sys.stdin.read() if text == "-" else text
    inputs = []
    for given in hashes:
        signal, colon, value = given.partition(":")
        if not colon:
            raise InvalidRequest(f"--hash {given!r} names no type", hint="write it as TYPE:VALUE, e.g. pdq:f8f8…")
        inputs.append(HashInput(signal, value))
    described = Event(event_id or new_id("cli"), kind, text=words, links=links, hashes=inputs)
    try:
        return msgspec.convert(msgspec.to_builtins(described), Event)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"this event does not fit: {error}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {str(path)!r}", hint="check the path") from None
    except OSError as error:
        raise InvalidRequest(f"cannot read {str(path)!r}: {error.strerror}") from None


def _print(verdict: Verdict, replayed: bool) -> None:
    again = " [dim](answered before)[/]" if replayed else ""
    out.print(f"[{STYLES[verdict.action]}]{verdict.action}[/]  {plain(verdict.event)}{again}")
    for reason in verdict.reasons:
        out.print(f"  {plain(reason.text)} [dim]({reason.rule}, {reason.policy})[/]")
    if verdict.case:
        out.print(f"  waits for a person as case {verdict.case}")
    out.print(f"  [dim]verdict {verdict.id}[/]")
