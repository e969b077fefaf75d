"""What kind of file is it? By its first bytes, never by its name."""

import re

from siyaj.signals.base import ContentKind

_HEAD = 4_096

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
        return data.count(b"\x21\xf9\x04") > 1  # GIF89a: graphic control extensions, one before each frame
    if media == "image/png":
        return b"acTL" in data[:_HEAD]
    if media == "image/webp":
        return b"ANIM" in data[:_HEAD]
    return data[4:12] == b"ftypavis"


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
