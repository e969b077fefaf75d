"""Files: the kind is told from the bytes, every signal of that kind is drawn, what is missing is named."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from siyaj.model.errors import ErrorCode
from siyaj.signals import files
from siyaj.signals.base import ContentKind
from siyaj.signals.files import Extraction, Limits, extract_file, extract_path
from siyaj.signals.sniff import claimed_kind, content_kind, media_type
from tests.signals.signal_pictures import blots, file, png


def drawn(extraction: Extraction) -> list[str]:
    return sorted({signal.type for signal in extraction.signals})


def missing(extraction: Extraction) -> dict[str, str]:
    return {one.type: one.code for one in extraction.missing}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (file(blots(), "JPEG"), "image/jpeg"),
        (file(blots(), "PNG"), "image/png"),
        (file(blots(), "GIF"), "image/gif"),
        (file(blots(), "WEBP"), "image/webp"),
        (file(blots(), "AVIF"), "image/avif"),
        (file(blots(), "BMP"), "image/bmp"),
        (file(blots(), "TIFF"), "image/tiff"),
        (file(blots(), "ICO"), "image/x-icon"),
        (file(blots(), "PPM"), "image/x-portable-anymap"),
        (file(blots(), "JPEG2000"), "image/jp2"),
        (b"P1\n# a comment\n9 9\n", "image/x-portable-anymap"),
        (b"P1 is the name of a road", "text/plain"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp42", "video/mp4"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3" + bytes(9), "video/x-matroska"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFFraff went to town", "text/plain"),
        ((b"\x47" + bytes(187)) * 3, "video/mp2t"),
        (b"ID3\4\0\0", "audio/mpeg"),
        (b"\xff\xfa\x90\0", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\3\4", "application/zip"),
        ("سلام عليكم".encode(), "text/plain"),
        ("\ufeffwith a mark".encode(), "text/plain"),
        (b"GET GRAB", "text/plain"),
        (b"", "application/octet-stream"),
        (b"\0\1\2\3", "application/octet-stream"),
        (b"caf\xe9", "application/octet-stream"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_media_types(data: bytes, expected: str) -> None:
    assert media_type(data) == expected


def test_videos_are_recognised_as_such(shared: Path) -> None:
    for path in (shared / "media/videos").iterdir():
        assert content_kind(media_type(path.read_bytes())) is ContentKind.VIDEO


def test_names_claim_kinds() -> None:
    assert claimed_kind("holiday.JPG") is ContentKind.IMAGE
    assert claimed_kind("a.b.webm") is ContentKind.VIDEO
    assert claimed_kind("x.opus") is ContentKind.AUDIO
    assert claimed_kind("notes.txt") is claimed_kind("jpg") is claimed_kind("") is claimed_kind("x.") is None


def test_a_picture_gives_its_hashes_and_its_pdq() -> None:
    extraction = extract_file(file(blots()), part="file:3", name="a.png")
    assert extraction.media_type == "image/png"
    assert drawn(extraction) == ["md5", "pdq", "sha256"]
    assert extraction.missing == []
    assert {signal.part for signal in extraction.signals} == {"file:3"}


def test_types_limit_what_is_drawn_and_what_is_missed() -> None:
    assert drawn(extract_file(file(blots()), part="file:0", types=frozenset({"md5"}))) == ["md5"]
    assert missing(extract_file(b"x", part="file:0", name="a.jpg", types=frozenset({"md5"}))) == {}


def test_a_truncated_picture_keeps_its_hashes_and_misses_its_pdq() -> None:
    extraction = extract_file(file(blots())[:3_000], part="file:0", name="a.png")
    assert drawn(extraction) == ["md5", "sha256"]
    assert missing(extraction) == {"pdq": ErrorCode.UNREADABLE_MEDIA}


def test_text_named_like_a_picture_is_text_and_misses_a_pdq() -> None:
    extraction = extract_file("هذا نص".encode(), part="file:0", name="a.jpg")
    assert {"md5", "sha256"} <= set(drawn(extraction))
    assert missing(extraction) == {"pdq": ErrorCode.UNREADABLE_MEDIA}
    assert "its bytes are text/plain" in extraction.missing[0].message


def test_a_picture_named_like_text_is_a_picture() -> None:
    extraction = extract_file(file(blots()), part="file:0", name="notes.txt")
    assert "pdq" in drawn(extraction)
    assert extraction.missing == []


def test_an_empty_file_has_nothing_and_says_so() -> None:
    for name in ("", "a.jpg", "a.txt"):
        extraction = extract_file(b"", part="file:0", name=name)
        assert extraction.signals == []
        assert {one.message for one in extraction.missing} == {"the file is empty"}
        assert ("pdq" in missing(extraction)) == (name == "a.jpg")


def test_a_flat_picture_misses_nothing_there_is_just_no_signal() -> None:
    extraction = extract_file(file(Image.new("RGB", (99, 99))), part="file:0", name="a.png")
    assert drawn(extraction) == ["md5", "sha256"]
    assert extraction.missing == []


def test_a_picture_beyond_the_limit_is_too_large() -> None:
    assert missing(extract_file(png(30_000, 30_000), part="file:0")) == {"pdq": ErrorCode.MEDIA_TOO_LARGE}
    small = extract_file(file(blots(100, 100)), part="file:0", limits=Limits(max_pixels=9_999))
    assert missing(small) == {"pdq": ErrorCode.MEDIA_TOO_LARGE}


@given(data=st.binary(), name=st.text(max_size=20) | st.sampled_from(["a.jpg", "a.mp4"]))
def test_it_never_raises(data: bytes, name: str) -> None:
    extraction = extract_file(data, part="file:0", name=name)
    assert extraction.signals or not data


# --- on disk ---------------------------------------------------------------------------------------------------------


def test_a_file_on_disk_gives_what_its_bytes_give(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(file(blots(), "JPEG"))
    on_disk = extract_path(str(path), part="file:0", name="a.jpg")
    assert on_disk == extract_file(path.read_bytes(), part="file:0", name="a.jpg")


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path, tmp_path / "pipe.jpg", Path("/dev/zero"), tmp_path / "absent.jpg"):
        extraction = extract_path(str(path), part="file:0", name=path.name)
        assert extraction.signals == []
        assert set(missing(extraction).values()) == {ErrorCode.UNREADABLE_MEDIA}
        assert ("pdq" in missing(extraction)) == (path.suffix == ".jpg")


def test_a_large_file_is_hashed_piece_by_piece_and_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_WHOLE", 1_000)
    data = file(blots())
    (tmp_path / "a.png").write_bytes(data)
    extraction = extract_path(str(tmp_path / "a.png"), part="file:0", name="a.png")
    whole = extract_file(data, part="file:0")
    assert {s.value for s in extraction.signals} == {s.value for s in whole.signals if s.type != "pdq"}
    assert missing(extraction) == {"pdq": ErrorCode.MEDIA_TOO_LARGE}
