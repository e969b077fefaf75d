"""`siyaj explain`: why a file matches, as a picture."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from msgspec import Struct

from siyaj.cli.session import SOME_FAILED, emit, out, plain, say, session
from siyaj.model.errors import InvalidRequest, NotFound
from siyaj.model.match import Match
from siyaj.model.paths import shown
from siyaj.moderation.evidence.explanation import exhibits_of, explain
from siyaj.moderation.runtime import Runtime
from siyaj.signals.registry import signal_types

MOST = 10


class Explained(Struct, omit_defaults=False):
    """One line of `--json`. `picture` is null where a match cannot be shown; `error` says why."""

    match: Match
    picture: str | None
    error: str | None = None


def explain_(
    file: Annotated[Path, Parameter(help="A picture or video")],
    /,
    *,
    bank: Annotated[
        list[str] | None, Parameter(negative="", help="Only matches of this bank; may be given again")
    ] = None,
    output: Annotated[Path, Parameter(name=["--output", "-o"], help="The PNG to write")] = Path("explanation.png"),
    clear: Annotated[bool, Parameter(negative="", help="Not blurred. Grey it stays: a bank keeps no colours")] = False,
) -> int:
    """Draw why a file matches: both sides in small, with what they share outlined; frames for videos.

    The first match goes to OUTPUT, further ones beside it (`explanation-2.png` …), each entry once, at most 10. Blurred
    and grey, because most questions need no more. Exit code 1 when nothing matches, or a match cannot be shown.
    """
    if not file.is_file():
        raise NotFound(f"there is no file {str(file)!r}", hint="check the path")
    if not output.parent.is_dir():
        raise InvalidRequest(f"there is no folder {str(output.parent)!r} to write to", field="--output")
    with Runtime.open(session.get().settings) as runtime:
        for name in bank or ():
            runtime.banks.get(name)
        extraction = runtime.box.extract(file, types=frozenset(signal_types()))
        found = runtime.lookup.find([extraction.signals])[0].matches
        matches = _each_entry_once([match for match in found if not bank or match.bank in bank])
        exhibits = exhibits_of(extraction.signals, matches)
        lines = []
        for number, match in enumerate(matches[:MOST], 1):
            path = output if number == 1 else output.with_stem(f"{output.stem}-{number}")
            try:
                drawn = explain(match, runtime.banks.entry(match.bank, match.entry), exhibits, blurred=not clear)
            except NotFound as error:
                lines.append(Explained(match, None, error.message))
                continue
            path.write_bytes(drawn)
            lines.append(Explained(match, shown(path)))
    for missing in extraction.missing:
        say(f"[red]{missing.code}[/] {plain(missing.message)}")
    for line in lines:
        _show(line)
    if not lines:
        say("nothing in it matches a bank")
    return 0 if lines and all(line.picture for line in lines) else SOME_FAILED


def _each_entry_once(matches: list[Match]) -> list[Match]:
    """Of an entry's matches the one that shows most: of a video, else by features, else by the hash of the whole."""
    rank = ("video", "local", "emblem", "pdq", "sha256", "md5")
    seen: dict[int, Match] = {}
    order = sorted(matches, key=lambda match: rank.index(match.signal) if match.signal in rank else len(rank))
    for match in order:
        seen.setdefault(match.entry, match)
    return sorted(seen.values(), key=lambda match: match.distance)


def _show(line: Explained) -> None:
    match = line.match
    if session.get().json:
        emit(line)
        return
    out.print(f"{plain(match.bank)} entry {match.entry}, {match.signal} {match.distance:g}: {plain(match.why)}")
    out.print(
        f"  [dim]{plain(line.picture)}[/]" if line.picture else f"  [yellow]no picture[/]: {plain(line.error or '')}"
    )
