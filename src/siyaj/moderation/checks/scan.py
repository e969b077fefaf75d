"""A sweep over stored files: each is drawn, matched and judged as an event of kind `media` would be.

A scan acts on nothing and opens no case: it reports. Results are kept in the database as they come, so that an
interrupted scan goes on where it stopped (`resume`), and a killed one loses at most the files in flight.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec import Struct

from siyaj.model.event import Event, EventKind
from siyaj.model.match import Match
from siyaj.model.paths import shown
from siyaj.model.signal import Missing
from siyaj.model.verdict import Action
from siyaj.moderation.runtime import Runtime
from siyaj.moderation.sweep import Fault, ahead, chunks, walk
from siyaj.policy.evaluate import Facts
from siyaj.signals.files import Extraction
from siyaj.storage import scans
from siyaj.storage.scans import ScannedRow


class ScannedFile(Struct, omit_defaults=False):
    """One line of `siyaj scan --json`. `matches` say why; `missing` names signals that could not be drawn."""

    path: str
    action: Action
    policy: str | None
    reasons: list[str]
    matches: list[Match]
    error: Fault | None = None


def scan(
    runtime: Runtime, paths: Sequence[Path], *, banks: frozenset[str] = frozenset(), resume: bool = False
) -> Iterator[ScannedFile]:
    """Yield one result for each file, in the order of `walk`. `banks` limits matches to these; empty means all.

    With `resume`, files that the same scan has done before, and that did not change, are answered from its record.
    """
    for name in banks:
        runtime.banks.get(name)
    identity = _identity(runtime, paths, banks)
    if not resume:
        with runtime.database.begin() as connection:
            scans.forget(connection, identity)
    with ThreadPoolExecutor(runtime.box.workers, thread_name_prefix="siyaj-scan") as pool:
        for chunk in ahead(chunks(walk(paths)), lambda files: _draw(runtime, pool, identity, files)):
            yield from _judge(runtime, identity, banks, chunk)


class _Drawing(Struct):
    """One file of a chunk: known from before, or being drawn."""

    path: Path
    fingerprint: str
    known: bytes | None
    extraction: Future[Extraction] | None


def _draw(runtime: Runtime, pool: ThreadPoolExecutor, identity: str, files: list[Path]) -> list[_Drawing]:
    with runtime.database.read() as connection:
        known = scans.known(connection, identity, [shown(path) for path in files])
    drawings = []
    for path in files:
        fingerprint = _fingerprint(path)
        row = known.get(shown(path))
        done = row.result if row is not None and row.fingerprint == fingerprint else None
        future = None if done is not None else pool.submit(runtime.drawer.draw, path)
        drawings.append(_Drawing(path, fingerprint, done, future))
    return drawings


def _judge(runtime: Runtime, identity: str, banks: frozenset[str], chunk: list[_Drawing]) -> list[ScannedFile]:
    fresh = [(drawing, drawing.extraction.result()) for drawing in chunk if drawing.extraction is not None]
    found = runtime.lookup.find([extraction.signals for _, extraction in fresh])
    judged = {
        drawing.path: _verdict(runtime, drawing.path, extraction, _within(its.matches, banks))
        for (drawing, extraction), its in zip(fresh, found, strict=True)
    }
    rows = [
        ScannedRow(shown(drawing.path), drawing.fingerprint, msgspec.json.encode(judged[drawing.path]))
        for drawing, _ in fresh
    ]
    with runtime.database.begin() as connection:
        scans.save(connection, identity, rows)
    return [
        msgspec.json.decode(drawing.known, type=ScannedFile) if drawing.known is not None else judged[drawing.path]
        for drawing in chunk
    ]


def _verdict(runtime: Runtime, path: Path, extraction: Extraction, matches: list[Match]) -> ScannedFile:
    event = Event(id=shown(path)[:256] or "?", kind=EventKind.MEDIA)
    outcome = runtime.policy.evaluate(
        Facts(
            kind=event.kind,
            event=event,
            matches=matches,
            signals=extraction.signals,
            missing=extraction.missing,
        )
    )
    return ScannedFile(
        path=shown(path),
        action=outcome.action,
        policy=outcome.policy,
        reasons=[reason.text for reason in outcome.reasons],
        matches=matches,
        error=_fault(extraction.missing),
    )


def _within(matches: list[Match], banks: frozenset[str]) -> list[Match]:
    return [match for match in matches if match.bank in banks] if banks else matches


def _fault(missing: Sequence[Missing]) -> Fault | None:
    return Fault(missing[0].code, missing[0].message) if missing else None


def _identity(runtime: Runtime, paths: Sequence[Path], banks: frozenset[str]) -> str:
    asked = "\0".join([runtime.policy.version, *sorted(banks), "", *(str(path.resolve()) for path in paths)])
    return hashlib.sha256(asked.encode("utf-8", "surrogateescape")).hexdigest()


def _fingerprint(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "gone"
    return f"{status.st_size}:{status.st_mtime_ns}"
