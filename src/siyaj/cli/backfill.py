"""`siyaj bank backfill`: signals that known entries lack, from files that are at hand."""

from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from siyaj.cli.progress import file_bar
from siyaj.cli.session import SOME_FAILED, emit, out, plain, say, session, who
from siyaj.model.errors import InvalidRequest
from siyaj.moderation.backfill import BackfilledFile, Outcome
from siyaj.moderation.backfill import backfill as backfill_files
from siyaj.moderation.runtime import Runtime
from siyaj.moderation.sweep import walk

_SAID = {
    Outcome.ADDED: "files gave their entries more",
    Outcome.COMPLETE: "had entries that lack nothing",
    Outcome.NO_ENTRY: "are in no entry",
    Outcome.RETIRED: "had entries that are revoked or expired",
    Outcome.FAILED: "could not be read",
}


def backfill(
    name: Annotated[str, Parameter(help="The bank")],
    /,
    *paths: Annotated[Path, Parameter(help="Files and folders; folders are walked, links are not followed")],
    types: Annotated[
        list[str] | None, Parameter(name="--types", negative="", help="Only these signal types; all if not given")
    ] = None,
    dry_run: Annotated[bool, Parameter(negative="", help="Say what would be drawn; decode and change nothing")] = False,
    all: Annotated[bool, Parameter(negative="", help="Also list files that change nothing (always in --json)")] = False,
) -> int:
    """Give entries the signals that they lack, from files that are at hand.

    Entries of imported lists hold hashes only, and older ones lack newer signal types: such a bank does not recognise
    altered copies. A file's entry is found by its SHA-256 or MD5. Opinion, confirmations and expiry stay: the signals
    are of the same bytes. Revoked and expired entries are left alone. It can be interrupted, and run again.

    Exit code 1 means that some files could not be read; each is named.
    """
    if not paths:
        raise InvalidRequest("there is nothing to draw from", hint="give files or folders")
    wanted = frozenset(one for given in types or () for one in given.split(",") if one)
    counts: Counter[Outcome] = Counter()
    with Runtime.open(session.get().settings) as runtime:
        files = backfill_files(runtime, name, paths, who=who(), types=wanted, dry_run=dry_run)
        failed = False
        for file in file_bar("backfill", files, lambda: sum(1 for _ in walk(paths))):
            counts[file.outcome] += 1
            failed = failed or file.error is not None
            _show(file, all, dry_run)
    listed = ", ".join(f"{counts[outcome]} {said}" for outcome, said in _SAID.items() if counts[outcome])
    say(f"{listed or 'there are no files'}{' (nothing was changed)' if dry_run else ''}")
    return SOME_FAILED if failed else 0


def _show(file: BackfilledFile, all: bool, dry_run: bool) -> None:
    if session.get().json:
        emit(file)
        return
    if file.added:
        verb = "would get" if dry_run else "got"
        out.print(f"entry {file.entry} {verb} {', '.join(file.added)} [dim]({plain(file.path)})[/]")
    elif all and file.error is None:
        about = f"entry {file.entry} " if file.entry is not None else ""
        out.print(f"[dim]{about}{file.outcome.replace('_', ' ')} ({plain(file.path)})[/]")
    if file.error is not None:
        say(f"[red]{file.error.code}[/] {plain(file.path)}: {plain(file.error.message)}")
