"""A file's bytes → all its signals, and which are missing. One bad file never raises: it says what is wrong."""

import hashlib
import os
import stat
from typing import BinaryIO

import msgspec
from msgspec import Struct

from siyaj.model.errors import ErrorCode, SiyajError
from siyaj.model.signal import Missing, Signal
from siyaj.signals.base import Content, ContentKind, SignalType
from siyaj.signals.limits import MAX_PIXELS
from siyaj.signals.registry import cheap_types, signal_types
from siyaj.signals.sniff import claimed_kind, content_kind, media_type, moves


class Limits(Struct, frozen=True):
    """What a decoder may be asked for."""

    max_pixels: int = 100_000_000


class Extraction(Struct):
    """What was drawn from one file."""

    media_type: str
    signals: list[Signal] = msgspec.field(default_factory=list)
    missing: list[Missing] = msgspec.field(default_factory=list)


LONGEST_TEXT = 100_000
"""Characters of a text file that are looked at, as many as of a message."""


def extract_file(
    data: bytes,
    *,
    part: str,
    name: str = "",
    limits: Limits | None = None,
    types: frozenset[str] | None = None,
    banking: bool = False,
) -> Extraction:
    """Draw the signals that the file's kind has: of the `types` given, else all that are not costly. Never raises.

    `banking` draws what a bank keeps of it.
    """
    token = MAX_PIXELS.set((limits or Limits()).max_pixels)
    try:
        return _extract(data, part, name, types, banking)
    finally:
        MAX_PIXELS.reset(token)


LARGEST_WHOLE = 256 * 1024**2
"""Bytes. A larger file on disk is hashed piece by piece, and not decoded."""
_DIGESTS = ("sha256", "md5")


def extract_path(
    path: str | bytes,
    *,
    part: str,
    name: str,
    limits: Limits | None = None,
    types: frozenset[str] | None = None,
    banking: bool = False,
) -> Extraction:
    """The same for a file on disk. Never raises; what is not a regular file is not read."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST_WHOLE:
                why = f"the file has {size:,} bytes; up to {LARGEST_WHOLE:,} are decoded"
                return hash_only(file, part=part, name=name, types=types, code=ErrorCode.MEDIA_TOO_LARGE, why=why)
            data = file.read()
    except OSError as error:
        return unreadable(f"the file cannot be read: {error.strerror or error}", part=part, name=name, types=types)
    return extract_file(data, part=part, name=name, limits=limits, types=types, banking=banking)


def open_regular(path: str | bytes) -> BinaryIO:
    """Open a file for reading, or raise OSError: a pipe would never end, and a device may do anything."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is not a regular file")
        return os.fdopen(handle, "rb")
    except OSError:
        os.close(handle)
        raise


def hash_only(
    file: BinaryIO, *, part: str, name: str, types: frozenset[str] | None, code: ErrorCode, why: str
) -> Extraction:
    """Hash a file piece by piece; every other signal that its kind has is missing, with this code and reason."""
    digests = [hashlib.new(one, usedforsecurity=False) for one in _DIGESTS if types is None or one in types]
    head = b""
    while piece := file.read(1 << 20):
        head = head or piece
        for digest in digests:
            digest.update(piece)
    media = media_type(head)
    kind = content_kind(media)
    lost = drawn_from(kind)
    if (claimed := claimed_kind(name)) and kind in (ContentKind.FILE, ContentKind.TEXT):
        lost += [one for one in drawn_from(claimed) if one not in lost]
    return Extraction(
        media,
        [Signal(digest.name, digest.hexdigest(), part=part) for digest in digests if head],
        [Missing(one, part, code, why) for one in _named(lost, types) if one not in _DIGESTS],
    )


def unreadable(why: str, *, part: str, name: str, types: frozenset[str] | None) -> Extraction:
    """Every signal is missing from a file that cannot even be opened."""
    lost = _named(drawn_from(claimed_kind(name) or ContentKind.FILE), types)
    missing = [Missing(one, part, ErrorCode.UNREADABLE_MEDIA, why) for one in lost]
    return Extraction("application/octet-stream", missing=missing)


def _named(drawing: list[SignalType], types: frozenset[str] | None) -> list[str]:
    wanted = cheap_types() if types is None else types
    return [one.name for one in drawing if one.name in wanted]


def drawn_from(kind: ContentKind) -> list[SignalType]:
    """Return the signal types that are drawn from such a file."""
    kinds = {kind} if kind is ContentKind.TEXT else {kind, ContentKind.FILE}
    found = [one for one in signal_types().values() if kinds & one.content_kinds]
    return found if kind is not ContentKind.TEXT else [*found, *drawn_from(ContentKind.FILE)]


def _extract(data: bytes, part: str, name: str, types: frozenset[str] | None, banking: bool) -> Extraction:
    media = media_type(data)
    kind = content_kind(media)
    claimed = claimed_kind(name)
    extraction = Extraction(media)
    if not data:
        lost = drawn_from(claimed or ContentKind.FILE)
        extraction.missing = [
            Missing(one, part, ErrorCode.UNREADABLE_MEDIA, "the file is empty") for one in _named(lost, types)
        ]
        return extraction
    kinds = [kind, ContentKind.ANIMATION] if moves(data, media) else [kind]
    for asked in kinds:
        for drawing in drawn_from(asked):
            if drawing.name in _named([drawing], types) and (asked is kind or asked in drawing.content_kinds):
                _draw(drawing, asked, data, part, banking, extraction)
    if claimed is not None and kind in (ContentKind.FILE, ContentKind.TEXT):
        extraction.missing += _not_what_it_claims(claimed, media, part, types)
    return extraction


def _draw(
    drawing: SignalType, kind: ContentKind, data: bytes, part: str, banking: bool, extraction: Extraction
) -> None:
    asked = kind if kind in drawing.content_kinds else ContentKind.FILE
    try:
        text = data.decode("utf-8-sig")[:LONGEST_TEXT] if asked is ContentKind.TEXT else ""
        found = drawing.extract(Content(asked, data=b"" if text else data, text=text, banking=banking))
    except SiyajError as error:
        extraction.missing.append(Missing(drawing.name, part, error.code, error.message))
    except MemoryError:
        message = "decoding takes more memory than is allowed"
        extraction.missing.append(Missing(drawing.name, part, ErrorCode.MEDIA_TOO_LARGE, message))
    except Exception as error:
        message = f"the {drawing.name} signal cannot be drawn: {type(error).__name__}"
        extraction.missing.append(Missing(drawing.name, part, ErrorCode.UNREADABLE_MEDIA, message))
    else:
        extraction.signals += [msgspec.structs.replace(signal, part=part) for signal in found]


def _not_what_it_claims(claimed: ContentKind, media: str, part: str, types: frozenset[str] | None) -> list[Missing]:
    """A file named like a picture that is none: whoever asked for its picture signals must be told."""
    said = f"the file is named like {_ARTICLES.get(claimed, 'a')} {claimed} but its bytes are {media}"
    own = [one for one in drawn_from(claimed) if ContentKind.FILE not in one.content_kinds]
    return [Missing(one, part, ErrorCode.UNREADABLE_MEDIA, said) for one in _named(own, types)]


_ARTICLES = {ContentKind.IMAGE: "an", ContentKind.AUDIO: "an"}
