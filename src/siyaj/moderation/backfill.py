"""New signals for known entries, from media that is still at hand: each file's entry is known by its SHA-256 or MD5.

Entries come from lists of hashes, or were added before a signal type existed. Where their files lie somewhere, what is
missing is drawn from them. A file whose entry lacks nothing is hashed and not decoded, so an interrupted run is simply
started again.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Struct

from siyaj.model.bank import Entry
from siyaj.model.clock import now_us, to_us
from siyaj.model.errors import ErrorCode, InvalidRequest
from siyaj.model.paths import shown
from siyaj.model.signal import Signal
from siyaj.moderation.runtime import Runtime
from siyaj.moderation.sweep import Fault, ahead, chunks, walk
from siyaj.signals.base import ContentKind
from siyaj.signals.files import Extraction, drawn_from, hash_only, open_regular
from siyaj.signals.registry import kept_types, signal_type, signal_types
from siyaj.signals.sniff import content_kind
from siyaj.storage import banks, entries

DIGESTS = frozenset({"sha256", "md5"})


class Outcome(StrEnum):
    """What became of a file."""

    ADDED = "added"
    """Its entry got signals; with `dry_run`, it would get those that can be drawn."""
    COMPLETE = "complete"
    """Its entry lacks nothing that can be drawn from such a file, or what it lacks is not in there."""
    NO_ENTRY = "no_entry"
    RETIRED = "retired"
    """Its entry was revoked, or is expired; it is left alone."""
    FAILED = "failed"
    """It could not be read, or nothing that was lacking could be drawn."""


class BackfilledFile(Struct):
    """One line of `siyaj bank backfill --json`. `added` are signal types; `error` says why another one is not."""

    path: str
    outcome: Outcome
    entry: int | None = None
    added: list[str] = msgspec.field(default_factory=list)
    error: Fault | None = None


class _Asked(Struct):
    """A file with its digests, its entry where there is one, and what is drawn from it."""

    path: Path
    media_type: str = ""
    digests: list[Signal] = msgspec.field(default_factory=list)
    entry: Entry | None = None
    lacks: frozenset[str] = frozenset()
    drawing: Future[Extraction] | None = None
    fault: Fault | None = None


def backfill(
    runtime: Runtime,
    bank: str,
    paths: Sequence[Path],
    *,
    who: str,
    types: frozenset[str] = frozenset(),
    dry_run: bool = False,
) -> Iterator[BackfilledFile]:
    """Yield what became of each file, in the order of `walk`. `types` limits what is drawn; empty means all.

    Raises NotFound for an unknown bank or path, UnknownSignalType, InvalidRequest.
    """
    runtime.banks.get(bank)
    wanted = frozenset(signal_type(name).name for name in types) or drawn_for_banks()
    if names := sorted(wanted - drawn_for_banks()):
        raise InvalidRequest(
            f"{names[0]!r} is not drawn from files",
            field="types",
            hint=f"one of {', '.join(sorted(drawn_for_banks()))}",
        )
    with ThreadPoolExecutor(runtime.box.workers, thread_name_prefix="siyaj-backfill") as pool:
        started = ahead(chunks(walk(paths)), lambda files: _start(runtime, pool, bank, files, wanted, dry_run))
        for chunk in started:
            yield from _finish(runtime, bank, chunk, who, dry_run)


def drawn_for_banks() -> frozenset[str]:
    """Return the types of signals that a bank keeps of a file, digests aside."""
    kinds = frozenset(ContentKind) - {ContentKind.TEXT, ContentKind.LINK, ContentKind.NAME}
    return frozenset(name for name in kept_types() if kinds & signal_types()[name].content_kinds) - DIGESTS


def _start(
    runtime: Runtime, pool: ThreadPoolExecutor, bank: str, files: list[Path], wanted: frozenset[str], dry_run: bool
) -> list[_Asked]:
    asked = [_hash(path) for path in files]
    _identify(runtime, bank, asked)
    for one in asked:
        if one.entry is None or _retired(one.entry):
            continue
        one.lacks = (wanted & _drawn(one.media_type)) - {signal.type for signal in one.entry.signals}
        if one.lacks and not dry_run:
            # The digests again: the file may be another one by the time it is decoded.
            draw = frozenset(one.lacks | DIGESTS)
            one.drawing = pool.submit(runtime.box.extract, one.path, types=draw, banking=True)
    return asked


def _hash(path: Path) -> _Asked:
    """Hashing needs no decoder: it is done here, piece by piece."""
    try:
        with open_regular(os.fspath(path)) as file:
            hashed = hash_only(file, part="", name=path.name, types=DIGESTS, code=ErrorCode.INTERNAL, why="")
    except OSError as error:
        said = f"the file cannot be read: {error.strerror or error}"
        return _Asked(path, fault=Fault(ErrorCode.UNREADABLE_MEDIA, said))
    if not hashed.signals:
        return _Asked(path, fault=Fault(ErrorCode.UNREADABLE_MEDIA, "the file is empty"))
    return _Asked(path, hashed.media_type, hashed.signals)


def _identify(runtime: Runtime, bank: str, asked: list[_Asked]) -> None:
    """Find the entries. One with a SHA-256 has it as its key, and one with an MD5 and none has that."""
    keys = {f"{signal.type}:{signal.value}" for one in asked for signal in one.digests}
    with runtime.database.read() as connection:
        found = banks.get(connection, bank)
        known = entries.ids_by_key(connection, found.id, sorted(keys)) if found is not None else {}
        read = {entry.id: entry for entry in entries.among(connection, bank, list(known.values()))}
    for one in asked:
        ids = (known.get(f"{signal.type}:{signal.value}") for signal in one.digests)
        one.entry = next((read[entry] for entry in ids if entry in read), None)


def _drawn(media_type: str) -> set[str]:
    """Return the types that such a file may have. Whether a picture moves is not known before it is decoded."""
    kind = content_kind(media_type)
    kinds = [kind, ContentKind.ANIMATION] if kind is ContentKind.IMAGE else [kind]
    return {drawing.name for asked in kinds for drawing in drawn_from(asked)}


def _retired(entry: Entry) -> bool:
    return entry.revoked_at is not None or (entry.expires_at is not None and to_us(entry.expires_at) <= now_us())


def _finish(runtime: Runtime, bank: str, chunk: list[_Asked], who: str, dry_run: bool) -> list[BackfilledFile]:
    drawn = [(one, one.drawing.result()) for one in chunk if one.drawing is not None and one.entry is not None]
    fresh = {id(one): _fresh(one, extraction) for one, extraction in drawn}
    given = [(one.entry.id, fresh[id(one)]) for one, _ in drawn if one.entry is not None]
    got = runtime.banks.enrich(bank, given, who=who) if any(signals for _, signals in given) else [()] * len(given)
    done = {id(one): _line(one, extraction, types) for (one, extraction), types in zip(drawn, got, strict=True)}
    return [done.get(id(one)) or _undrawn(one, dry_run) for one in chunk]


def _fresh(one: _Asked, extraction: Extraction) -> list[Signal]:
    """Return what the entry gets: nothing when the file was changed since it was recognised."""
    if _changed(one, extraction):
        return []
    return [signal for signal in extraction.signals if not signal.variant and signal.type in one.lacks]


def _changed(one: _Asked, extraction: Extraction) -> bool:
    now = {(signal.type, signal.value) for signal in extraction.signals}
    return not {(signal.type, signal.value) for signal in one.digests} <= now


def _line(one: _Asked, extraction: Extraction, types: Sequence[str]) -> BackfilledFile:
    missing = next((each for each in extraction.missing if each.type in one.lacks), None)
    fault = Fault(missing.code, missing.message) if missing else None
    if fault is None and _changed(one, extraction):
        fault = Fault(ErrorCode.UNREADABLE_MEDIA, "the file was changed while it was read")
    outcome = Outcome.ADDED if types else Outcome.FAILED if fault else Outcome.COMPLETE
    return BackfilledFile(shown(one.path), outcome, one.entry.id if one.entry else None, list(types), fault)


def _undrawn(one: _Asked, dry_run: bool) -> BackfilledFile:
    path = shown(one.path)
    if one.fault is not None:
        return BackfilledFile(path, Outcome.FAILED, error=one.fault)
    if one.entry is None:
        return BackfilledFile(path, Outcome.NO_ENTRY)
    if _retired(one.entry):
        return BackfilledFile(path, Outcome.RETIRED, one.entry.id)
    added = sorted(one.lacks) if dry_run else []
    return BackfilledFile(path, Outcome.ADDED if added else Outcome.COMPLETE, one.entry.id, added)
