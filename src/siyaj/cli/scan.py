"""`siyaj scan`: sweep stored files against the banks."""

from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from siyaj.cli.progress import file_bar
from siyaj.cli.session import SOME_FAILED, emit, out, plain, say, session
from siyaj.model.verdict import Action
from siyaj.moderation.checks.scan import ScannedFile
from siyaj.moderation.checks.scan import scan as scan_files
from siyaj.moderation.runtime import Runtime
from siyaj.moderation.sweep import walk

STYLES = {
    Action.ALLOW: "green",
    Action.LABEL: "cyan",
    Action.LIMIT: "yellow",
    Action.HOLD: "yellow",
    Action.BLOCK: "bold red",
}


def scan(
    *paths: Annotated[Path, Parameter(help="Files and folders; folders are walked, links are not followed")],
    bank: Annotated[
        list[str] | None, Parameter(name="--bank", negative="", help="Match only against this bank (repeatable)")
    ] = None,
    resume: Annotated[
        bool, Parameter(negative="", help="Go on where an interrupted scan of the same paths stopped")
    ] = False,
    all: Annotated[bool, Parameter(negative="", help="Also list files without a match (always in --json)")] = False,
) -> int:
    """Check files against the banks and print what matched, and why.

    A scan acts on nothing and opens no case. It can be interrupted at any time; `--resume` continues it.
    Exit code 1 means that some files could not be read; each is named.
    """
    counts: Counter[str] = Counter()
    with Runtime.open(session.get().settings) as runtime:
        files = scan_files(runtime, paths, banks=frozenset(bank or ()), resume=resume)
        for file in file_bar("scan", files, lambda: sum(1 for _ in walk(paths))):
            counts[file.action] += 1
            counts["failed"] += file.error is not None
            if session.get().json:
                emit(file)
            elif all or file.error or file.matches or file.action is not Action.ALLOW:
                _print(file)
    _summary(counts)
    return SOME_FAILED if counts["failed"] else 0


def _print(file: ScannedFile) -> None:
    out.print(f"[{STYLES[file.action]}]{file.action:>5}[/]  {plain(file.path)}")
    for match in file.matches:
        out.print(
            f"       {match.signal}: {plain(match.why) or f'distance {match.distance:g}'}"
            f" [dim](bank {match.bank}, entry {match.entry}, {match.opinion})[/]"
        )
    for reason in file.reasons:
        out.print(f"       [dim]{plain(reason)}[/]")
    if file.error:
        out.print(f"       [red]{file.error.code}[/] {plain(file.error.message)}")


def _summary(counts: Counter[str]) -> None:
    total = sum(counts[action] for action in Action)
    actions = ", ".join(f"{counts[action]} {action}" for action in Action if counts[action])
    failed = f"; {counts['failed']} could not be read fully" if counts["failed"] else ""
    say(f"{total} files: {actions or 'nothing to do'}{failed}")
