"""Exports a bank's live entries: in our formats, and in those of python-threatexchange and Tech Against Terrorism."""

import csv
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from siyaj.banks.curation import Banks
from siyaj.banks.readers import escape
from siyaj.model.bank import Entry, EntrySignal
from siyaj.model.errors import InvalidRequest
from siyaj.signals.video_value import unpack, write_vpdq

PAGE = 1_000

SHARED = frozenset({"threatexchange", "tat"})
OURS_ALONE = frozenset({"local", "emblem", "audio"})
"""Signal types that no other software reads; they are left out of the formats that are shared."""

_COLUMNS = ("type", "value", "quality", "opinion", "labels", "expires_at", "entry")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ENCODER = msgspec.json.Encoder()


def export_bank(banks: Banks, bank: str, path: Path | None, *, format: str = "csv") -> int:
    """Write a bank to a file (or standard output) and return the number of lines that hold entries.

    Raises NotFound, InvalidRequest.
    """
    if format not in EXPORT_FORMATS:
        raise InvalidRequest(f"unknown format {format!r}", field="format", hint=f"one of {', '.join(EXPORT_FORMATS)}")
    banks.get(bank)
    count = 0
    file = path.open("wb") if path is not None else sys.stdout.buffer
    try:
        for line in export_lines(banks, bank, format):
            file.write(line)
            count += 1
        file.flush()
    finally:
        if path is not None:
            file.close()
    return count - (format == "csv")


def export_lines(banks: Banks, bank: str, format: str) -> Iterator[bytes]:
    """Yield a bank's lines: one for each signal of each live entry, and before them the header of a CSV."""
    if format == "csv":
        yield _csv(_COLUMNS)
    line = EXPORT_FORMATS[format]
    after = 0
    while page := banks.entries(bank, after=after, limit=PAGE):
        for entry in page:
            for signal in entry.signals:
                if format not in SHARED or signal.type not in OURS_ALONE:
                    yield line(entry, signal)
        after = page[-1].id


def _as_csv(entry: Entry, signal: EntrySignal) -> bytes:
    value = escape(signal.value) if signal.type in ("text", "term", "name") else signal.value
    expires = entry.expires_at.isoformat() if entry.expires_at else ""
    labels = "|".join(_safe(label) for label in entry.labels)
    return _csv((signal.type, value, signal.quality, entry.opinion.value, labels, expires, entry.id))


def _as_jsonl(entry: Entry, signal: EntrySignal) -> bytes:
    shown = {
        "type": signal.type,
        "value": signal.value,
        "quality": signal.quality,
        "opinion": entry.opinion,
        "labels": entry.labels,
        "expires_at": entry.expires_at,
        "provenance": entry.provenance,
        "entry": entry.id,
    }
    return _ENCODER.encode({key: value for key, value in shown.items() if value is not None}) + b"\n"


def _as_threatexchange(_: Entry, signal: EntrySignal) -> bytes:
    """`TYPE VALUE`, as the `local_file` exchange of python-threatexchange reads it."""
    names = {"text": "raw_text", "md5": "video_md5", "video": "vpdq"}
    value = write_vpdq(unpack(signal.value)) if signal.type == "video" else signal.value
    value = value.replace("\r", " ").replace("\n", " ")
    return f"{names.get(signal.type, signal.type)} {value}\n".encode("utf-8", "replace")


def _as_tat(entry: Entry, signal: EntrySignal) -> bytes:
    """One line for each hash, with the fields of the Tech Against Terrorism hash list."""
    shown = {
        "hash_digest": write_vpdq(unpack(signal.value)) if signal.type == "video" else signal.value,
        "algorithm": "VPDQ" if signal.type == "video" else signal.type.upper(),
        "ideology": entry.labels[0] if entry.labels else "",
        "file_type": entry.provenance.get("file_type", ""),
        "deleted": False,
        "created_on": entry.created_at,
        "id": entry.id,
    }
    return _ENCODER.encode(shown) + b"\n"


def _csv(cells: tuple[object, ...]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue().encode("utf-8", "replace")


def _safe(label: str) -> str:
    """A spreadsheet would run a cell that begins like a formula. Values are not touched: they must come back whole."""
    return f"'{label}" if label.startswith(_FORMULA) else label


EXPORT_FORMATS: dict[str, Callable[[Entry, EntrySignal], bytes]] = {
    "csv": _as_csv,
    "jsonl": _as_jsonl,
    "threatexchange": _as_threatexchange,
    "tat": _as_tat,
}
