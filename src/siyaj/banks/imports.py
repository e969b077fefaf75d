"""Imports a list into a bank: in chunks, each one transaction, so that a killed import leaves whole chunks and may
simply be run again."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from siyaj.banks.curation import Banks, entry_key, require
from siyaj.banks.readers import FORMATS, Refusal, Row, open_list, read_rows, refusal
from siyaj.model.bank import Opinion
from siyaj.model.clock import now_us, to_us
from siyaj.model.errors import ImportRefused, SiyajError, UnknownSignalType
from siyaj.model.signal import Signal
from siyaj.signals.registry import signal_type, signal_types
from siyaj.storage import audit, changes, entries
from siyaj.storage.changes import Op
from siyaj.storage.database import Connection
from siyaj.storage.entries import NewEntry

IMPORT_FORMATS = ("auto", *FORMATS, "un")
CHUNK = 100_000
SORTED_FROM = 10_000
"""So many entries are written in the order of their keys, not of their lines: the index of keys is then filled from one
end to the other, in two thirds of the time."""
MOST_REFUSALS = 10_000
"""Refused lines that are kept to be shown; all are counted."""


class ImportReport(Struct):
    """What became of a list's lines."""

    accepted: int = 0
    duplicates: int = 0
    revoked: int = 0
    refused: int = 0
    refusals: list[Refusal] = msgspec.field(default_factory=list)

    def refuse(self, one: Refusal) -> None:
        self.refused += 1
        if len(self.refusals) < MOST_REFUSALS:
            self.refusals.append(one)


def import_file(
    banks: Banks,
    bank: str,
    path: Path,
    *,
    format: str = "auto",
    who: str,
    opinion: Opinion = Opinion.SEED,
    labels: Sequence[str] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Add every sound line of a list to a bank; say for each other line why it was refused.

    `opinion` and `labels` are for lines that bring none. A line may not make itself `confirmed`: what others say is a
    seed (DESIGN: principles), unless the caller imports as confirmed. `progress` is told the bytes read.
    Raises NotFound for an unknown bank, ImportRefused for a file that is no such list.
    """
    if format not in IMPORT_FORMATS:
        raise ImportRefused(f"unknown format {format!r}", field="format", hint=f"one of {', '.join(IMPORT_FORMATS)}")
    banks.get(bank)
    report = ImportReport()
    with open_list(path) as file:
        rows = read_rows(file, format, progress)
        while chunk := list(islice(rows, CHUNK)):
            _import_chunk(banks, bank, chunk, report, who, opinion, labels)
    return report


def _import_chunk(
    banks: Banks,
    bank: str,
    chunk: Sequence[Row | Refusal],
    report: ImportReport,
    who: str,
    opinion: Opinion,
    labels: Sequence[str],
) -> None:
    fresh: dict[str, NewEntry] = {}
    gone: set[str] = set()
    for row in chunk:
        if isinstance(row, Refusal):
            report.refuse(row)
            continue
        try:
            new = _entry(row, opinion, labels)
        except SiyajError as error:
            report.refuse(refusal(row, error))
            continue
        if row.deleted:
            gone.add(new.key)
            fresh.pop(new.key, None)
        elif new.key in fresh:
            report.duplicates += 1
        else:
            gone.discard(new.key)
            fresh[new.key] = new
    with banks.database.begin() as connection:
        changes.lock(connection)
        _write(connection, bank, fresh, gone, report, who)
    banks.refresh()


def _write(
    connection: Connection, bank: str, fresh: dict[str, NewEntry], gone: set[str], report: ImportReport, who: str
) -> None:
    found = require(connection, bank)
    known = entries.ids_by_key(connection, found.id, [*fresh, *gone])
    new = [one for key, one in fresh.items() if key not in known]
    if len(new) >= SORTED_FROM:
        new.sort(key=lambda one: one.key)
    ids, refs = entries.insert_many(connection, found.id, new)
    changes.write_range(connection, Op.ADD, refs)
    confirmed = [at for at, one in zip(ids, new, strict=True) if one.opinion is Opinion.CONFIRMED]
    entries.confirm(connection, confirmed, who)
    report.accepted += len(new)
    report.duplicates += len(fresh) - len(new)
    report.revoked += _revoke(connection, [known[key] for key in gone if key in known])
    if new or gone:
        audit.write(connection, who, "bank.import", bank, added=len(new), revoked=len(gone & known.keys()))


def _revoke(connection: Connection, ids: Sequence[int]) -> int:
    refs = entries.revoke_many(connection, ids, now_us())
    changes.write(connection, Op.REMOVE, refs)
    return len(ids)


def _entry(row: Row, opinion: Opinion, labels: Sequence[str]) -> NewEntry:
    if not row.type:
        raise UnknownSignalType("the line names no signal type", hint=f"types: {', '.join(sorted(signal_types()))}")
    value = signal_type(row.type).parse(row.value)
    signal = Signal(row.type, value, row.quality)
    return NewEntry(
        key=entry_key([signal]),
        signals=[signal],
        opinion=_opinion(row, opinion),
        labels=row.labels or list(labels),
        provenance=row.provenance,
        expires_at=_moment(row.expires_at) if row.expires_at else None,
    )


def _opinion(row: Row, default: Opinion) -> Opinion:
    if not row.opinion:
        return default
    try:
        given = Opinion(row.opinion)
    except ValueError:
        raise ImportRefused(f"unknown opinion {row.opinion[:40]!r}", hint=f"one of {', '.join(Opinion)}") from None
    return default if given is Opinion.CONFIRMED else given


def _moment(given: str) -> int:
    """Read RFC 3339 or seconds since 1970."""
    try:
        if given.replace(".", "", 1).isdigit():
            return int(float(given) * 1e6)
        moment = datetime.fromisoformat(given)
        return to_us(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ImportRefused(f"{given[:40]!r} is not a time", hint="write it as 2030-01-31T00:00:00Z") from None
