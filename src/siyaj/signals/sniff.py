"""What kind of file is it? By its first bytes, never by its name."""

import re

from siyaj.signals.base import ContentKind

_HEAD = 4_096
_MOST_CHUNKS = 10_000

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\1\0", "image/x-icon"),
    (b"\0\0\0\x0cjP  ", "image/jp2"),
    (b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (b"FLV\1", "video/x-flv"),
    (b"\0\0\1\xba", "video/mpeg"),
    (b"\0\0\1\xb3", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),  # layer 3 of MPEG 1, 2 and 2.5, with and without a checksum
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xe3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),  # ADTS of MPEG 4 and 2
    (b"\xff\xf9", "audio/aac"),
    (b"#!AMR", "audio/amr"),
    (b"%PDF-", "application/pdf"),
    (b"PK\3\4", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"hevm": "image/heic",
    b"hevs": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
}
_KINDS = {"image": ContentKind.IMAGE, "video": ContentKind.VIDEO, "audio": ContentKind.AUDIO, "text": ContentKind.TEXT}
_CLAIMS = {
    "jpg jpeg jpe jfif png gif webp avif heic heif bmp tif tiff ico jp2": ContentKind.IMAGE,
    "mp4 m4v mov mkv webm avi flv mpg mpeg wmv 3gp ts ogv": ContentKind.VIDEO,
    "mp3 m4a ogg oga opus wav flac aac amr wma": ContentKind.AUDIO,
}
_CLAIMED = {extension: kind for extensions, kind in _CLAIMS.items() for extension in extensions.split()}


def media_type(data: bytes) -> str:
    """Return the media type (RFC 6838) of the bytes; `application/octet-stream` when nothing fits."""
    head = data[:_HEAD]
    known = _by_magic(head) or _by_structure(head)
    return known or ("text/plain" if _is_text(data) else "application/octet-stream")


def _by_magic(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":  # ISO/IEC 14496-12: the major brand, then the compatible ones
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def _by_structure(head: bytes) -> str | None:
    if head.startswith(b"BM") and head[14:15] in (b"\x0c", b"\x28", b"\x34", b"\x38", b"\x40", b"\x6c", b"\x7c"):
        return "image/bmp"
    if _ANYMAP.match(head):
        return "image/x-portable-anymap"
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return "video/mp2t"
    return None


def moves(data: bytes, media: str) -> bool:
    """Return whether a picture file says that it has several frames."""
    if media == "image/gif":
        return _gif_moves(data)
    if media == "image/png":
        return _before(data, b"acTL", b"IDAT")
    if media == "image/webp":
        return _before(data, b"ANMF", b"VP8 ", b"VP8L")
    return data[4:8] == b"ftyp" and b"avis" in data[8 : min(int.from_bytes(data[:4]), _HEAD)]


def _gif_moves(data: bytes) -> bool:
    """Look for a second image; a control extension before each (GIF89a) is usual, but need not be there."""
    if data.count(b"\x21\xf9\x04") > 1:
        return True
    images, at = 0, 13 + _colours(data[10:11])
    while at < len(data) and images < 2:
        if data[at] == 0x2C:
            images += 1
            at += 11 + _colours(data[at + 9 : at + 10])
        elif data[at] == 0x21:
            at += 2
        else:
            break
        while at < len(data) and data[at]:  # sub-blocks, each after its length
            at += 1 + data[at]
        at += 1
    return images > 1


def _colours(flags: bytes) -> int:
    """Return how many bytes the table of colours takes that these flags announce."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _before(data: bytes, wanted: bytes, *pictures: bytes) -> bool:
    """Return whether a chunk of this name stands before the picture's own: a colour profile may be long."""
    png = wanted == b"acTL"
    at = 8 if png else 12
    for _ in range(_MOST_CHUNKS):
        head = data[at : at + 8]
        name, size = (head[4:], head[:4]) if png else (head[:4], head[4:])
        if name == wanted:
            return True
        if len(head) < 8 or name in pictures:
            return False
        length = int.from_bytes(size, "big" if png else "little")
        at += 12 + length if png else 8 + length + length % 2
    return False


def content_kind(media: str) -> ContentKind:
    """Return what a media type is to signal types; `file` for what none reads."""
    return _KINDS.get(media.partition("/")[0], ContentKind.FILE)


def claimed_kind(name: str) -> ContentKind | None:
    """Return what a file's name claims it to be, if it claims to be media."""
    _, dot, extension = name.strip().lower().rpartition(".")
    return _CLAIMED.get(extension) if dot else None


_ANYMAP = re.compile(rb"P[1-6]\s+(#[^\n]*\n\s*)*\d+\s")


def _is_text(data: bytes) -> bool:
    if not data or b"\0" in data[:_HEAD]:
        return False
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True
