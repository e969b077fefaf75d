"""`siyaj bank`: curate what is known."""

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from msgspec import Struct
from rich.table import Table

from siyaj.banks.curation import new_entry
from siyaj.banks.exports import EXPORT_FORMATS, export_bank
from siyaj.banks.imports import IMPORT_FORMATS, import_file
from siyaj.cli.backfill import backfill
from siyaj.cli.progress import byte_bar
from siyaj.cli.session import SOME_FAILED, emit, out, plain, say, session, who
from siyaj.model.bank import CONFIRMATIONS_TO_ACT_ALONE, Entry, Opinion
from siyaj.model.clock import now_us
from siyaj.model.errors import InvalidRequest, NotFound, UnreadableMedia
from siyaj.model.paths import shown
from siyaj.model.signal import Signal
from siyaj.moderation.checks.extraction import draw_entry
from siyaj.moderation.runtime import Runtime
from siyaj.storage.entries import NewEntry

app = App(
    name="bank", help="Banks: lists of known items. Create one, add files, text and links, import lists, confirm."
)

app.command(backfill)

Name = Annotated[str, Parameter(help="The bank")]
Labels = Annotated[list[str] | None, Parameter(name="--label", negative="", help="A label (repeatable)")]
OpinionOption = Annotated[
    Opinion,
    Parameter(help="seed: someone else says so; confirmed: you do; negative: known harmless, silences matches"),
]


@app.command
def create(
    name: Name, /, *, description: Annotated[str, Parameter(help="What is in it, for your colleagues")] = ""
) -> None:
    """Create a bank."""
    with _runtime() as runtime:
        bank = runtime.banks.create(name, description, who=who())
    if session.get().json:
        emit(bank)
    else:
        say(f"created bank [bold]{plain(bank.name)}[/]. Add to it: siyaj bank add {plain(bank.name)} FILE…")


@app.command(name="list")
def list_(
    name: Annotated[str | None, Parameter(help="Show this bank's entries instead of the banks")] = None,
    /,
    *,
    after: Annotated[int, Parameter(help="Entries with a higher id than this")] = 0,
    limit: Annotated[int, Parameter(help="How many entries")] = 100,
    revoked: Annotated[bool, Parameter(negative="", help="The revoked entries instead of the live ones")] = False,
) -> None:
    """Show the banks, or the entries of one."""
    with _runtime() as runtime:
        if name is not None:
            _show_entries(runtime.banks.entries(name, after=after, limit=limit, revoked=revoked))
            return
        found = runtime.banks.list()
    if session.get().json:
        for bank in found:
            emit(bank)
        return
    table = Table("bank", "live entries", "description", box=None)
    for bank in found:
        table.add_row(plain(bank.name), f"{bank.entries:,}", plain(bank.description))
    out.print(table)


class AddedLine(Struct):
    """One line of `siyaj bank add --json`."""

    path: str | None
    entry: int | None
    created: bool
    signals: list[str]
    error: dict[str, str] | None = None


@app.command
def add(
    name: Name,
    /,
    *files: Annotated[Path, Parameter(help="Pictures or any other files")],
    emblem: Annotated[
        bool, Parameter(negative="", help="The files are emblems or logos, sought inside pictures; context, no verdict")
    ] = False,
    opinion: OpinionOption = Opinion.SEED,
    label: Labels = None,
    text: Annotated[list[str] | None, Parameter(negative="", help="A statement; near-copies of it match")] = None,
    text_file: Annotated[list[Path] | None, Parameter(negative="", help="A file with a statement, UTF-8")] = None,
    term: Annotated[list[str] | None, Parameter(negative="", help="A word or phrase; context, never a verdict")] = None,
    url: Annotated[list[str] | None, Parameter(negative="", help="A page, path, host or invite link")] = None,
    alias: Annotated[list[str] | None, Parameter(negative="", help="A name that others resemble")] = None,
    hash: Annotated[list[str] | None, Parameter(negative="", help="TYPE:VALUE, e.g. pdq:…")] = None,
    source: Annotated[str, Parameter(help="Where it comes from, kept as provenance")] = "",
    days: Annotated[float | None, Parameter(help="Days until the entries expire; never if not given")] = None,
) -> int:
    """Add items to a bank: each file, text, term, link, name or hash becomes one entry.

    An entry that is there already is brought up to date. A file that cannot be read is named; the others are added.
    `confirmed` entries act alone when a second person confirms them (`siyaj bank confirm`); until then they hold.
    """
    failed = False
    expires = now_us() + int(timedelta(days=days).total_seconds() * 1e6) if days is not None else None
    fields = {"opinion": opinion, "labels": label or [], "expires_at": expires}
    with _runtime() as runtime:
        runtime.banks.get(name)
        if emblem and not files:
            raise InvalidRequest("--emblem is about files, and none is given", hint="give pictures of emblems")
        given = (("text", text), ("term", term), ("url", url), ("name", alias))
        signals: list[tuple[str | None, Signal]] = []
        signals += [(None, Signal(kind, value)) for kind, values in given for value in values or ()]
        signals += [(shown(path), Signal("text", _read_text(path))) for path in text_file or ()]
        signals += [(None, _hash(value)) for value in hash or ()]
        lines = [
            *_from_signals(runtime, name, signals, source, fields),
            *_from_files(runtime, name, files, emblem, source, fields),
        ]
        if not lines:
            raise InvalidRequest("there is nothing to add", hint="give files, --text, --term, --url, --alias or --hash")
        for line in lines:
            failed = failed or line.error is not None
            _show_added(line)
    if opinion is Opinion.CONFIRMED and not session.get().json:
        say(f"[dim]matches are held until {CONFIRMATIONS_TO_ACT_ALONE} people confirm them: siyaj bank confirm[/]")
    return SOME_FAILED if failed else 0


@app.command
def confirm(
    name: Name,
    /,
    *entries: Annotated[int, Parameter(help="Entry ids")],
    by: Annotated[str | None, Parameter(help="Who confirms; the user of this terminal if not given")] = None,
) -> None:
    """Confirm entries. With two people's confirmations an entry acts without a person."""
    with _runtime() as runtime:
        _show_entries([runtime.banks.confirm(name, entry, who=by or who()) for entry in _some(entries)])


@app.command
def revoke(name: Name, /, *entries: Annotated[int, Parameter(help="Entry ids")]) -> None:
    """Take entries out of matching at once. Their record stays; `restore` undoes it."""
    with _runtime() as runtime:
        _show_entries([runtime.banks.revoke(name, entry, who=who()) for entry in _some(entries)])


@app.command
def restore(name: Name, /, *entries: Annotated[int, Parameter(help="Entry ids")]) -> None:
    """Take revoked entries back into matching."""
    with _runtime() as runtime:
        _show_entries([runtime.banks.restore(name, entry, who=who()) for entry in _some(entries)])


@app.command(name="import")
def import_(
    name: Name,
    file: Annotated[Path, Parameter(help="The list")],
    /,
    *,
    format: Annotated[str, Parameter(help=f"One of {', '.join(IMPORT_FORMATS)}")] = "auto",
    opinion: OpinionOption = Opinion.SEED,
    label: Labels = None,
) -> int:
    """Import a list of hashes, texts, links or names. Bad lines are named and skipped (exit code 1).

    An interrupted import can be run again: what is there already is not added twice.
    """
    gc.disable()  # rows make no cycles: to walk through a million of them again and again costs a sixth of the time
    with _runtime() as runtime, byte_bar("import", file) as advance:
        report = import_file(
            runtime.banks,
            name,
            file,
            format=format,
            who=who(),
            opinion=opinion,
            labels=label or [],
            progress=advance,
        )
    if session.get().json:
        emit(report)
    else:
        for refusal in report.refusals[:20]:
            say(f"line {refusal.line}: [red]{refusal.code}[/] {plain(refusal.message)} [dim]{plain(refusal.value)}[/]")
        if report.refused > len(report.refusals[:20]):
            say(f"… and {report.refused - len(report.refusals[:20]):,} more refused lines (--json lists them)")
        say(f"{report.accepted:,} added, {report.duplicates:,} were there, {report.refused:,} refused")
    return SOME_FAILED if report.refused else 0


@app.command
def export(
    name: Name,
    file: Annotated[Path | None, Parameter(help="Where to; standard output if not given")] = None,
    /,
    *,
    format: Annotated[str, Parameter(help=f"One of {', '.join(EXPORT_FORMATS)}")] = "csv",
) -> None:
    """Export a bank's live entries."""
    with _runtime() as runtime:
        count = export_bank(runtime.banks, name, file, format=format)
    say(f"{count:,} entries exported")


def _runtime() -> Runtime:
    return Runtime.open(session.get().settings)


def _from_signals(
    runtime: Runtime, bank: str, signals: Sequence[tuple[str | None, Signal]], source: str, fields: dict[str, Any]
) -> Iterator[AddedLine]:
    for path, signal in signals:
        yield _add(runtime, bank, path, new_entry([signal], provenance=_provenance(path, source), **fields))


def _from_files(
    runtime: Runtime, bank: str, files: Sequence[Path], emblem: bool, source: str, fields: dict[str, Any]
) -> Iterator[AddedLine]:
    for path in files:
        if not path.is_file():
            yield AddedLine(shown(path), None, False, [], {"code": "not_found", "message": "there is no such file"})
            continue
        extraction = draw_entry(runtime.box, path, name=path.name, emblem=emblem)
        try:
            if extraction.missing:
                first = extraction.missing[0]
                raise UnreadableMedia(first.message, field=first.code)
            entry = new_entry(extraction.signals, provenance=_provenance(shown(Path(path.name)), source), **fields)
            yield _add(runtime, bank, shown(path), entry)
        except UnreadableMedia as error:
            code = error.field or error.code
            yield AddedLine(shown(path), None, False, [], {"code": code, "message": error.message})


def _add(runtime: Runtime, bank: str, path: str | None, entry: NewEntry) -> AddedLine:
    added = runtime.banks.add(bank, entry, who=who())
    return AddedLine(path, added.entry.id, added.created, [signal.type for signal in added.entry.signals])


def _provenance(path: str | None, source: str) -> dict[str, str]:
    given = {"source": source, "file": path or ""}
    return {key: value for key, value in given.items() if value}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFound(f"cannot read {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidRequest(f"{str(path)!r} is not UTF-8 text", hint="convert it, or add it as a file") from None


def _hash(given: str) -> Signal:
    kind, colon, value = given.partition(":")
    if not colon:
        raise InvalidRequest(f"--hash {given!r} names no type", hint="write it as TYPE:VALUE, e.g. pdq:f8f8…")
    return Signal(kind, value)


def _some(entries: tuple[int, ...]) -> tuple[int, ...]:
    if not entries:
        raise InvalidRequest("no entry is named", hint="`siyaj bank list NAME` shows their ids")
    return entries


def _show_added(line: AddedLine) -> None:
    if session.get().json:
        emit(line)
    elif line.error:
        say(f"[red]{line.error['code']}[/] {plain(line.path or '')}: {plain(line.error['message'])}")
    else:
        what = "added" if line.created else "was there, brought up to date"
        drawn = ", ".join(f"{count} × {name}" if count > 1 else name for name, count in Counter(line.signals).items())
        out.print(f"entry {line.entry} {what} [dim]({drawn}) {plain(line.path or '')}[/]")


def _show_entries(entries: Sequence[Entry]) -> None:
    if session.get().json:
        for entry in entries:
            emit(entry)
        return
    table = Table("entry", "opinion", "signals", "labels", "confirmed by", "from", box=None)
    for entry in entries:
        opinion = (
            f"{entry.opinion}{' (acts alone)' if entry.acts_alone else ''}{' revoked' if entry.revoked_at else ''}"
        )
        kinds = ", ".join(signal.type for signal in entry.signals)
        origin = str(entry.provenance.get("file") or entry.provenance.get("source") or "")
        table.add_row(
            str(entry.id),
            opinion,
            kinds,
            plain(", ".join(entry.labels)),
            plain(", ".join(entry.confirmed_by)),
            plain(origin),
        )
    out.print(table)
