"""Lists in the formats that the field uses → rows, one line after the other. A bad line becomes a refusal, not an end.

The names of columns and types differ from exchange to exchange; they are all understood in every format:
ThreatExchange's own files and indicators (`signal_type`, `signal_str`, `indicator`, `HASH_PDQ`), Tech Against
Terrorism's hash list (`hash_digest`, `algorithm`, `ideology`, `deleted`), StopNCII (`hashValue`, `hashType`), ours.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from siyaj.model.errors import ErrorCode, ImportRefused, SiyajError
from siyaj.signals import designated

LONGEST_LINE = 1_000_000
LARGEST_DOCUMENT = 200 * 1024 * 1024
"""Bytes of a JSON document that is not one object per line; it is read whole."""


class Row(Struct, gc=False):
    """One line of a list, as it was written: nothing in it is checked yet."""

    line: int
    type: str
    value: str
    quality: int = 100
    labels: list[str] = msgspec.field(default_factory=list)
    opinion: str = ""
    expires_at: str = ""
    provenance: dict[str, Any] = msgspec.field(default_factory=dict)
    deleted: bool = False


class Refusal(Struct, gc=False):
    """A line that was not taken, and why. `value` is its beginning."""

    line: int
    value: str
    code: str
    message: str


Progress = Callable[[int], None]

_COLUMNS = {
    "type": ("type", "signal_type", "algorithm", "hashtype", "hash_type", "indicator_type"),
    "value": ("value", "signal_str", "signal", "hash_digest", "hashvalue", "hash", "hash_value", "indicator", "text"),
    "labels": ("labels", "label", "tags", "ideology"),
    "opinion": ("opinion", "category"),
    "quality": ("quality",),
    "expires_at": ("expires_at", "expires", "expire_time"),
    "deleted": ("deleted", "should_delete"),
    "original_id": ("id", "original_id"),
    "file_type": ("file_type",),
}
_COLUMN = {name: column for column, names in _COLUMNS.items() for name in names}

_TYPES = {
    "hash_pdq": "pdq",
    "pdq_hash": "pdq",
    "hash_md5": "md5",
    "video_md5": "md5",
    "hash_video_md5": "md5",
    "hash_sha256": "sha256",
    "sha-256": "sha256",
    "vpdq": "video",
    "video_vpdq": "video",
    "hash_vpdq": "video",
    "raw_text": "text",
    "text_string": "text",
    "uri": "url",
    "link": "url",
}
_OPINIONS = {
    "positive_class": "seed",
    "investigation_seed": "seed",
    "negative_class": "negative",
    "malicious": "seed",
    "unknown": "seed",
    "non_malicious": "negative",
}


def signal_type_name(given: str) -> str:
    """Return our name for a signal type that an exchange names otherwise."""
    lower = given.strip().lower()
    return _TYPES.get(lower, lower)


def read_rows(file: BinaryIO, kind: str, progress: Progress) -> Iterator[Row | Refusal]:
    """Yield the rows of a list in one of `FORMATS`. Raises ImportRefused when it is not in that format at all."""
    if kind == "un":
        return _designated(file.read(designated.LARGEST + 1))
    lines = _lines(file, progress)
    first = next(lines, None)
    if first is None:
        return iter(())
    if kind == "auto":
        kind = _guess(first[1])
        if kind == "un":
            return _designated(first[1] + file.read())
    every = chain([first], lines)
    return FORMATS[kind](every)


def _guess(line: bytes) -> str:
    """Say which format a list is in, by its first line. Raises ImportRefused when that cannot be said."""
    start = line.removeprefix(b"\xef\xbb\xbf").strip()
    if start.startswith((b"{", b"[")):
        return "jsonl"
    if start.startswith(b"<"):
        return "un"
    text = start.decode("utf-8", "replace")
    if any(column.strip().strip('"').lower() in _COLUMN for column in _split(text, _delimiter(text))):
        return "csv"
    words = text.split(" ", 1)
    if len(words) == 2 and signal_type_name(words[0]) in {*_TYPES.values(), "term", "name"}:
        return "threatexchange"
    if len(text) == 32 and all(digit in "0123456789abcdefABCDEF" for digit in text):
        return "md5"
    raise ImportRefused(
        "this list does not say what it holds",
        field="line 1",
        hint="name its format: pdq, sha256 or md5 for one hash per line, csv with a header, jsonl, threatexchange, un",
    )


def _lines(file: BinaryIO, progress: Progress) -> Iterator[tuple[int, bytes]]:
    """Yield (number, line) without its end; blank lines are passed over. A line that is too long is cut."""
    read = 0
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 2), b""), 1):
        read += len(line)
        if number % 10_000 == 1:
            progress(read)
        stripped = line.rstrip(b"\r\n")
        if stripped:
            yield number, stripped
    progress(read)


def _hashes(kind: str) -> Callable[[Iterator[tuple[int, bytes]]], Iterator[Row | Refusal]]:
    def read(lines: Iterator[tuple[int, bytes]]) -> Iterator[Row | Refusal]:
        for number, line in lines:
            yield Row(number, kind, line.decode("utf-8", "replace").removeprefix("\ufeff"))

    return read


def _threatexchange(lines: Iterator[tuple[int, bytes]]) -> Iterator[Row | Refusal]:
    """`TYPE VALUE`, one a line: the `local_file` exchange of python-threatexchange."""
    for number, line in lines:
        kind, _, value = line.decode("utf-8", "replace").removeprefix("\ufeff").partition(" ")
        yield Row(number, signal_type_name(kind), value)


def _vpdq(lines: Iterator[tuple[int, bytes]]) -> Iterator[Row | Refusal]:
    """One video: a JSON list, or a line for each frame as the `vpdq` command writes it."""
    whole = b"\n".join(line for _, line in lines)
    yield Row(1, "video", whole.decode("utf-8", "replace").removeprefix("\ufeff"))


def _csv(lines: Iterator[tuple[int, bytes]]) -> Iterator[Row | Refusal]:
    """A header, then one entry a line. A quoted value must end on its line, so that a stray quote costs one line."""
    first = next(lines, (1, b""))
    header = first[1].decode("utf-8-sig", "replace")
    delimiter = _delimiter(header)
    columns = [_COLUMN.get(name.strip().lower(), "") for name in _split(header, delimiter)]
    if "value" not in columns:
        raise ImportRefused(
            "the first line names no column `value`", field="line 1", hint="a header such as `type,value,labels`"
        )
    for number, line in lines:
        text = line.decode("utf-8", "replace")
        cells = _split(text, delimiter)
        if len(cells) > len(columns):
            message = f"it has {len(cells)} cells and the header {len(columns)}"
            yield Refusal(number, text[:80], ErrorCode.INVALID_REQUEST, message)
            continue
        yield _row(number, dict(zip(columns, cells, strict=False)), unescape)


def _jsonl(lines: Iterator[tuple[int, bytes]]) -> Iterator[Row | Refusal]:
    """One JSON object a line; or one JSON document: a list of objects, or an object with a list `results`."""
    number, line = next(lines, (1, b"{}"))
    try:
        whole = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        yield from _document(number, line, lines)
        return
    if isinstance(whole, dict) and not isinstance(whole.get("results"), list):
        yield from (_object(at, one) for at, one in chain([(number, line)], lines))
    else:
        yield from _objects(whole)


def _document(number: int, line: bytes, lines: Iterator[tuple[int, bytes]]) -> Iterator[Row | Refusal]:
    """The first line alone is no JSON: a document over many lines, or a bad first line."""
    head = list(islice(lines, 100))
    if line.lstrip()[:1] == b"[" or line.strip() == b"{" or (head and not head[0][1].lstrip().startswith(b"{")):
        pieces = [line, *(piece for _, piece in chain(head, lines))]
        if sum(map(len, pieces)) > LARGEST_DOCUMENT:
            raise ImportRefused("this JSON document is too large", hint="write one object per line")
        try:
            whole = msgspec.json.decode(b"\n".join(pieces))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ImportRefused(f"this is not valid JSON: {error}", hint="write one object per line") from None
        yield from _objects(whole)
    else:
        yield from (_object(at, one) for at, one in chain([(number, line)], head, lines))


def _objects(whole: Any) -> Iterator[Row | Refusal]:
    items = whole.get("results") if isinstance(whole, dict) else whole
    if not isinstance(items, list):
        raise ImportRefused("this JSON holds no list of entries", hint="a list, or an object with a list `results`")
    for position, one in enumerate(items, 1):
        yield _mapped(position, one)


def _object(number: int, line: bytes) -> Row | Refusal:
    try:
        return _mapped(number, msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf")))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(number, _beginning(line), ErrorCode.INVALID_REQUEST, f"not valid JSON: {error}")


def _mapped(number: int, one: Any) -> Row | Refusal:
    if not isinstance(one, dict):
        return Refusal(number, str(one)[:80], ErrorCode.INVALID_REQUEST, "it is no JSON object")
    return _row(number, {_COLUMN.get(key.lower(), ""): value for key, value in one.items()}, str)


def _row(number: int, cells: Mapping[str, Any], decode: Callable[[str], str]) -> Row | Refusal:
    value = cells.get("value")
    if not isinstance(value, str) or not value:
        return Refusal(number, str(value or "")[:80], ErrorCode.INVALID_REQUEST, "it has no value")
    quality = cells.get("quality") or 100
    if quality != 100:
        quality = str(quality)
        if not quality.isascii() or not quality.isdigit() or int(quality) > 100:
            return Refusal(
                number, value[:80], ErrorCode.INVALID_REQUEST, f"its quality {quality[:20]!r} is not 0 to 100"
            )
    kind = signal_type_name(str(cells.get("type") or ""))
    row = Row(line=number, type=kind, value=value, quality=int(quality))
    if kind in ("text", "term", "name"):
        row.value = decode(value)
    if len(cells) > 2:
        _complete(row, cells)
    return row


def _complete(row: Row, cells: Mapping[str, Any]) -> None:
    """Fill in what most lists do not have."""
    opinion = str(cells.get("opinion") or "").strip().lower()
    row.labels = _labels(cells.get("labels"))
    row.opinion = _OPINIONS.get(opinion, opinion)
    row.expires_at = str(cells.get("expires_at") or "")
    row.provenance = {key: cells[key] for key in ("original_id", "file_type") if cells.get(key)}
    row.deleted = str(cells.get("deleted") or "").strip().lower() in ("true", "1", "yes")


def _labels(given: Any) -> list[str]:
    several = given if isinstance(given, list) else str(given or "").replace(";", "|").split("|")
    return [str(label).strip()[:100] for label in several if str(label).strip()][:50]


def _designated(data: bytes) -> Iterator[Row | Refusal]:
    """Every name of every record of the UN consolidated list, poor aliases left out."""
    for position, record in enumerate(designated.parse_designated(data).records, 1):
        about = {"reference": record.reference, "list": f"UN {record.list_type}".strip(), "listed_on": record.listed_on}
        for name in record.names():
            yield Row(position, "name", name, labels=[record.kind.value], provenance=about)


def _delimiter(header: str) -> str:
    return max((",", ";", "\t"), key=header.count)


def _split(line: str, delimiter: str) -> Sequence[str]:
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    except csv.Error:
        return [line]


def escape(text: str) -> str:
    """Write a text so that it stays on one line of CSV."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def unescape(text: str) -> str:
    """Undo `escape`."""
    pieces = text.split("\\\\")
    return "\\".join(piece.replace("\\n", "\n").replace("\\r", "\r") for piece in pieces)


def _beginning(line: bytes) -> str:
    return line[:80].decode("utf-8", "replace")


FORMATS: dict[str, Callable[[Iterator[tuple[int, bytes]]], Iterator[Row | Refusal]]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "tat": _jsonl,
    "threatexchange": _threatexchange,
    "vpdq": _vpdq,
    "pdq": _hashes("pdq"),
    "sha256": _hashes("sha256"),
    "md5": _hashes("md5"),
}


def open_list(path: Path) -> BinaryIO:
    """Raises ImportRefused when the file cannot be read."""
    try:
        return path.open("rb")
    except OSError as error:
        raise ImportRefused(f"cannot read {str(path)!r}: {error.strerror}") from None


def refusal(row: Row, error: SiyajError) -> Refusal:
    return Refusal(row.line, row.value[:80], error.code, str(error))
