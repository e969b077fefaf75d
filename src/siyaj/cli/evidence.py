"""`siyaj evidence`: sealed copies of what was decided on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

from cyclopts import App, Parameter
from rich.table import Table

from siyaj.cli.session import SOME_FAILED, emit, err, out, plain, say, session, who
from siyaj.model.errors import InvalidRequest
from siyaj.model.evidence import Evidence
from siyaj.model.report import Subject, SubjectKind
from siyaj.moderation.evidence import package
from siyaj.moderation.evidence.evidence import Vault
from siyaj.moderation.runtime import database_url
from siyaj.storage import evidence
from siyaj.storage.blobs import Blobs
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring

app = App(name="evidence", help="Evidence: list, hold, release, export as a package, verify, destroy what is due.")

_Id = Annotated[str, Parameter(help="Ids, as `siyaj evidence list` shows them")]
_Why = Annotated[str, Parameter(help="The reason, e.g. the reference of a request; it stands in the audit log")]


@app.command(name="list")
def list_(
    *,
    case: Annotated[str, Parameter(help="Of this case only")] = "",
    subject: Annotated[str, Parameter(help="Of this subject only, e.g. `item:m-1`")] = "",
    held: Annotated[bool | None, Parameter(help="Only what is, or is not, under legal hold")] = None,
) -> None:
    """Show what is sealed, oldest first. Destroyed evidence stays listed, without its bytes."""
    about = _subject(subject) if subject else None
    table = Table("id", "subject", "file", "bytes", "sealed", "kept until", "state", box=None)
    after = ""
    with _open() as opened:
        while True:
            with opened.database.read() as connection:
                found = evidence.listed(connection, case=case, subject=about, held=held, after=after)
            for one in found:
                emit(one) if session.get().json else table.add_row(*_cells(one))
            if not found:
                break
            after = found[-1].id
    if not session.get().json:
        out.print(table)


@app.command
def hold(*ids: _Id, why: _Why) -> None:
    """Put evidence under legal hold: it is kept, whatever its date, until it is released."""
    with _open() as opened:
        for one in _some(ids):
            _tell(opened.vault.hold(one, who(), why), "held")


@app.command
def release(*ids: _Id, why: _Why) -> None:
    """Lift a legal hold: the date counts again."""
    with _open() as opened:
        for one in _some(ids):
            _tell(opened.vault.release(one, who(), why), "released")


@app.command
def export(
    target: Annotated[Path, Parameter(help="The zip file to write")],
    /,
    *ids: _Id,
    case: Annotated[str, Parameter(help="All evidence of this case, instead of ids")] = "",
    why: _Why,
) -> None:
    """Write a package: the files, and a manifest with hashes and the chain of custody."""
    if bool(ids) == bool(case):
        raise InvalidRequest("name evidence by its ids, or a case", hint="--case CASE")
    with _open() as opened:
        chosen = package.chosen(opened.database, ids, case)
        manifest = package.export(opened.vault, opened.database, chosen, target, who=who(), why=why)
    if session.get().json:
        emit({"package": str(target), "items": len(manifest.items), "audit_head": manifest.audit.hash})
    else:
        say(f"wrote {plain(str(target))} with {len(manifest.items)} files; check it with `siyaj evidence verify`")


@app.command
def sweep() -> None:
    """Destroy what is past its date, and bytes that nothing points to. `siyaj serve` does this by itself."""
    with _open() as opened:
        swept = opened.vault.sweep(who())
    if session.get().json:
        emit(swept)
    else:
        say(f"destroyed {swept.destroyed}, prolonged {swept.prolonged}")
        say(f"removed {swept.orphans} orphans, forgot {swept.forgotten} reports")


@app.command
def verify(
    path: Annotated[Path | None, Parameter(help="A package; everything in the store if not given")] = None, /
) -> int:
    """Check that files are what was sealed: those of a package, or all in the store."""
    if path is not None:
        manifest, faults = package.verify(path)
        checked = len(manifest.items)
    else:
        with _open() as opened:
            checked, broken = opened.vault.verify(who())
        faults = [package.Fault(one, fault) for one, fault in broken.items()]
    if session.get().json:
        emit({"checked": checked, "faults": faults})
    else:
        for fault in faults:
            err.print(f"[red]{plain(fault.file)}[/] {plain(fault.message)}")
        say(f"checked {checked} files, {len(faults)} faults")
    return SOME_FAILED if faults else 0


class _Opened(NamedTuple):
    database: Database
    vault: Vault


@contextmanager
def _open() -> Iterator[_Opened]:
    settings = session.get().settings
    data = Path(settings.data)
    database = Database.open(database_url(settings))
    try:
        keyring = Keyring.open(data, settings.secret)
        blobs = Blobs.open(settings.evidence_store, data)
        yield _Opened(database, Vault(database, keyring, blobs, settings.evidence_days))
    finally:
        database.close()


def _some(ids: tuple[str, ...]) -> tuple[str, ...]:
    if not ids:
        raise InvalidRequest("name at least one piece of evidence", hint="`siyaj evidence list` shows the ids")
    return ids


def _subject(text: str) -> Subject:
    kind, colon, subject_id = text.partition(":")
    if not colon or not subject_id or kind not in tuple(SubjectKind):
        raise InvalidRequest(f"{text!r} names no subject", hint="write it as item:ID, account:ID or channel:ID")
    return Subject(SubjectKind(kind), subject_id)


def _tell(one: Evidence, what: str) -> None:
    if session.get().json:
        emit(one)
    else:
        say(f"{what} {one.id} ({plain(one.name)})")


def _cells(one: Evidence) -> tuple[str, ...]:
    state = "destroyed" if one.destroyed_at else (f"held: {one.hold}" if one.hold else "kept")
    return (
        one.id,
        plain(one.subject.key),
        plain(one.name),
        f"{one.size:,}",
        f"{one.sealed_at:%Y-%m-%d %H:%M}",
        f"{one.keep_until:%Y-%m-%d}",
        plain(state),
    )
