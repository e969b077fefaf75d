"""Decoding: every format and mode that people send; bombs are refused from their header."""

import contextlib
import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from siyaj.model.errors import MediaTooLarge, UnreadableMedia
from siyaj.signals.pdq import hash_image, hash_pixels
from siyaj.signals.picture import decode
from tests.signals.signal_pictures import blots, chunk, distance, file, png, zeros

PLAIN = hash_pixels(np.asarray(blots()))


def from_plain(data: bytes) -> int:
    """How many bits a version of the same picture is away."""
    return distance(hash_image(data).hex, PLAIN.hex)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "jpeg"}),
        ("PPM", {}),
        ("JPEG", {"quality": 80}),
        ("JPEG", {"quality": 80, "progressive": True}),
        ("JPEG", {"quality": 80, "subsampling": 0}),
        ("JPEG", {"quality": 80, "keep_rgb": True}),
        ("MPO", {"quality": 80}),
        ("WEBP", {"quality": 80}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 80}),
        ("JPEG2000", {}),
        ("GIF", {"quality": 1}),
        ("ICO", {"sizes": [(256, 192)]}),
    ],
    ids=lambda value: str(value) or None,
)
def test_formats(kind: str, options: dict[str, object]) -> None:
    assert from_plain(file(blots(), kind, **options)) <= 16


def test_heic() -> None:
    """The file was encoded from `blots(128, 96)` and wrapped by hand: the library that decodes it does not encode."""
    data = (Path(__file__).parent / "blots.heic").read_bytes()
    assert distance(hash_image(data).hex, hash_pixels(np.asarray(blots(128, 96))).hex) <= 12


def grey_ramp_16() -> Image.Image:
    """16-bit grey that uses its whole range."""
    luma = np.asarray(blots().convert("L")).astype(np.uint16)
    return Image.fromarray(luma * 257)


def test_modes() -> None:
    one = blots()
    cut = one.copy()
    cut.putalpha(Image.linear_gradient("L").resize(one.size))
    palette = one.quantize(250)
    versions = {
        "RGBA": file(cut),
        "LA": file(cut.convert("LA")),
        "L": file(one.convert("L")),
        "P": file(palette),
        "P transparent": file(palette, transparency=3),
        "P transparent GIF": file(palette, "GIF", transparency=3),
        "CMYK JPEG": file(one.convert("CMYK"), "JPEG", quality=90),
        "CMYK TIFF": file(one.convert("CMYK"), "TIFF"),
        "YCbCr": file(one.convert("YCbCr"), "JPEG", quality=90),
        "I;16 PNG": file(grey_ramp_16()),
        "I;16 TIFF": file(grey_ramp_16(), "TIFF"),
        "I;16B TIFF": file(Image.fromarray(np.asarray(grey_ramp_16()).astype(">u2")), "TIFF"),
        "I TIFF": file(Image.fromarray(np.asarray(grey_ramp_16()).astype(np.int32) * 30_000 - 900_000_000), "TIFF"),
        "F 0-1": file(Image.fromarray(np.asarray(one.convert("L")).astype(np.float32) / 255), "TIFF"),
        "F 0-255": file(Image.fromarray(np.asarray(one.convert("L")).astype(np.float32)), "TIFF"),
        "F any": file(Image.fromarray(np.asarray(one.convert("L")).astype(np.float32) * 1e9 - 7e9), "TIFF"),
        "1": file(one.convert("1")),
    }
    distances = {name: from_plain(data) for name, data in versions.items()}
    allowed = {"1": 30, "P": 16, "P transparent": 16, "P transparent GIF": 16}  # few colours
    assert {name: far for name, far in distances.items() if far > allowed.get(name, 6)} == {}
    assert all(hash_image(data).quality == 100 for data in versions.values())


def test_lab() -> None:
    from PIL import ImageCms

    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(blots(), to_lab)
    assert lab is not None
    assert from_plain(file(lab, "TIFF")) <= 12


def test_a_dark_16_bit_picture_is_scaled_like_any_other() -> None:
    faint = Image.fromarray(np.asarray(grey_ramp_16()) // 256)
    assert hash_image(file(faint)).quality == 0


def test_infinite_and_missing_values_are_refused() -> None:
    for value in (np.inf, -np.inf, np.nan):
        plane = np.asarray(blots().convert("L")).astype(np.float32)
        plane[5, 5] = value
        with pytest.raises(UnreadableMedia, match="infinite"):
            hash_image(file(Image.fromarray(plane), "TIFF"))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    others = [blots(seed=7), blots(seed=8)]
    assert from_plain(file(blots(), kind, save_all=True, append_images=others)) <= 16


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_orientation_is_applied_in_every_format(kind: str, orientation: int) -> None:
    turned_back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = blots() if turned_back is None else blots().transpose(turned_back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = file(stored, kind, exif=exif)
    assert decode(data, None).size == (240, 320)
    assert from_plain(data) <= 12


@pytest.mark.parametrize("value", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_is_none(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    assert from_plain(file(blots(), "PNG", exif=exif)) == 0


def test_damaged_exif_does_not_hide_a_picture() -> None:
    for exif in (
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0garbage" * 9,
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
    ):
        assert from_plain(file(blots(), "JPEG", quality=90, exif=exif)) <= 6


def test_what_lies_behind_the_picture_does_not_matter() -> None:
    assert from_plain(file(blots()) + b"PK\3\4 and more") == 0


# --- refused ---------------------------------------------------------------------------------------------------------


def peak(data: bytes) -> int:
    """Bytes that Python allocated while refusing."""
    tracemalloc.start()
    try:
        with pytest.raises((MediaTooLarge, UnreadableMedia)):
            decode(data, None)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_30000_square_png_is_refused_from_its_header() -> None:
    with pytest.raises(MediaTooLarge, match=r"has 900,000,000 pixels; 100,000,000 are allowed"):
        hash_image(png(30_000, 30_000))


def test_a_400_kb_png_of_gigabytes_is_refused_with_flat_memory() -> None:
    bomb = png(20_000, 20_000, body=zeros(400_020_000))
    assert 300_000 < len(bomb) < 500_000
    assert peak(bomb) < 5_000_000


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_bomb_in_a_png_chunk_is_not_unpacked(name: bytes) -> None:
    packed = zeros(300_000_000)
    body = {b"zTXt": b"a\0\0" + packed, b"iTXt": b"a\0\1\0\0\0" + packed, b"iCCP": b"a\0\0" + packed}[name]
    pixels = zlib.compress(b"".join(b"\0" + bytes(range(100)) for _ in range(100)))
    data = png(100, 100, chunk(name, body), body=pixels)
    tracemalloc.start()
    try:
        decode(data, None)
    except (MediaTooLarge, UnreadableMedia):
        pass
    finally:
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert held < 150_000_000


def test_a_tiff_that_claims_gigabytes_is_refused() -> None:
    entries = [(256, 4, 1, 60_000), (257, 4, 1, 60_000), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8)]
    entries += [(278, 4, 1, 60_000), (279, 4, 1, 100)]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    with pytest.raises(MediaTooLarge):
        decode(b"II*\0" + struct.pack("<I", 8) + body, None)


def test_a_bomb_inside_an_icon_is_refused() -> None:
    inner = png(30_000, 30_000, body=zeros(1_000_000))
    head = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(inner), 22)
    assert peak(head + inner) < 5_000_000


def test_a_gif_frame_larger_than_its_screen_is_refused() -> None:
    head = b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\x02\x01\x00\x00;"
    assert peak(head + frame) < 5_000_000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP", "JPEG2000"])
@pytest.mark.parametrize("kept", [0.0, 0.02, 0.3, 0.8])
def test_a_truncated_file_is_refused_in_one_sentence(kind: str, kept: float) -> None:
    data = file(blots(), kind)
    with pytest.raises(UnreadableMedia) as refused:
        hash_image(data[: int(len(data) * kept)])
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 300


@pytest.mark.parametrize(
    "data",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
        b"8BPS\0\1" + bytes(100),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000),
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"/* XPM */\nstatic char * x[] = {};",
        b"DDS " + bytes(200),
        b"SIMPLE  =                    T" + bytes(2_880),
    ],
    ids=["EPS", "PSD", "FPX", "SVG", "XPM", "DDS", "FITS"],
)
def test_formats_that_are_not_let_in(data: bytes) -> None:
    with pytest.raises(UnreadableMedia, match="no picture in a format that is read here"):
        hash_image(data)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "ICO", "AVIF", "JPEG2000"]),
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_changed_bytes_are_hashed_or_refused(kind: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(_small(kind))
    for at, value in changes:
        data[at % len(data)] = value
    with contextlib.suppress(UnreadableMedia, MediaTooLarge):
        hash_image(bytes(data))


def _small(kind: str) -> bytes:
    return file(blots(40, 30), kind)


def test_pillows_own_limit_is_left_alone() -> None:
    """Whoever uses Siyaj as a library keeps it for their own pictures."""
    assert Image.MAX_IMAGE_PIXELS == (1024 * 1024 * 1024 // 4 // 3)
    assert Image.open(io.BytesIO(file(blots()))).size == (320, 240)
