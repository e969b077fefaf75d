"""PDQ: the field's hash bit for bit, from pixels and from files, mirrored and turned."""

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from siyaj.model.errors import InvalidSignal, MediaTooLarge, UnreadableMedia
from siyaj.signals import pdq_kernel
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.limits import MAX_PIXELS
from siyaj.signals.pdq import PDQ, hash_dihedral, hash_image, hash_pixels
from tests.signals.signal_pictures import Rgb, blots, distance, file, peer_hash

REFERENCE_VARIANTS = [
    "plain",
    "rotate90",
    "rotate180",
    "rotate270",
    "flip_x",
    "flip_y",
    "transpose",
    "transverse",
]


def pictures(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "media").glob("*/*") if path.suffix in (".jpg", ".png"))


def same_as_the_reference(pixels: Rgb) -> bool:
    return tuple(hash_pixels(pixels)) == peer_hash(pixels)


def test_pixels_of_every_shared_picture_hash_as_the_reference_does(shared: Path) -> None:
    differing = []
    for path in pictures(shared):
        pixels = np.asarray(Image.open(path).convert("RGB"))
        if not same_as_the_reference(pixels):
            differing.append(path.name)
    assert differing == []


@settings(max_examples=150, deadline=None)
@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    seed=st.integers(0, 2**32 - 1),
    grain=st.sampled_from([1, 7, 50]),
)
def test_pixels_of_any_shape_hash_as_the_reference_does(height: int, width: int, seed: int, grain: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (-(-height // grain), -(-width // grain), 3), dtype=np.uint8)
    pixels = coarse.repeat(grain, axis=0).repeat(grain, axis=1)[:height, :width]
    assert same_as_the_reference(np.ascontiguousarray(pixels))


@pytest.mark.parametrize(
    "shape", [(5, 5), (8, 8), (64, 64), (16, 1000), (1000, 8), (5, 20_000), (20_000, 6), (127, 129)]
)
def test_odd_shapes_hash_as_the_reference_does(shape: tuple[int, int]) -> None:
    assert same_as_the_reference(np.random.default_rng(7).integers(0, 256, (*shape, 3), dtype=np.uint8))


def _drawings() -> dict[str, Rgb]:
    """Regular drawings: most of their coefficients tie, so that rounding errors decide bits."""
    y, x = np.mgrid[0:300, 0:420]
    half = np.asarray(blots(210, 300))
    planes = {
        "flat": np.full_like(x, 77),
        "stripes across": (y // 20 % 2) * 255,
        "stripes down": (x // 14 % 2) * 200,
        "chequers": ((x // 30 + y // 30) % 2) * 255,
        "ramp": x * 255 // 420,
        "disc": ((x - 210) ** 2 + (y - 150) ** 2 < 100**2) * 255,
    }
    drawings = {name: np.repeat(plane[:, :, None], 3, axis=2).astype(np.uint8) for name, plane in planes.items()}
    return drawings | {"mirror image": np.concatenate([half, half[:, ::-1]], axis=1)}


@pytest.mark.parametrize("name", sorted(_drawings()))
def test_regular_drawings_hash_as_the_reference_does(name: str) -> None:
    assert same_as_the_reference(_drawings()[name])


def test_grey_pixels_hash_as_their_rgb() -> None:
    grey = np.asarray(blots().convert("L"))
    assert hash_pixels(grey) == hash_pixels(np.repeat(grey[:, :, None], 3, axis=2))


def test_what_is_written_to_and_what_is_cut_out_may_be_hashed() -> None:
    pixels = np.asarray(blots(500, 400)).copy()
    cut = pixels[50:350:2, 20:480:3]
    assert hash_pixels(cut) == hash_pixels(cut.copy())


def test_pixels_that_are_not_of_the_picture_said_are_refused() -> None:
    pixels = np.zeros((100, 50, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="are not a 50 × 100 picture"):
        pdq_kernel.reduce_picture(pixels, (50, 100))
    with pytest.raises(ValueError, match="scaled by 1/4"):
        pdq_kernel.reduce_picture(pixels[:, :, 0], (400, 400), 4)


def test_files_without_an_orientation_hash_as_the_peer_does(shared: Path) -> None:
    """Within 4 bits where there is enough to see; all but large JPEGs bit for bit."""
    for path in pictures(shared):
        with Image.open(path) as picture:
            if picture.mode not in ("RGB", "L") or picture.format != "JPEG":
                continue
        value, quality = pdq_from_bytes(path.read_bytes())
        ours = hash_image(path.read_bytes())
        assert distance(ours.hex, value) <= (4 if quality >= 50 else 10), path.name
        assert abs(ours.quality - quality) <= 1, path.name


@pytest.mark.parametrize("quality", [25, 90])
@pytest.mark.parametrize("size", [(1500, 1000), (2601, 2100), (4000, 3000)])
def test_a_large_jpeg_is_within_4_bits_of_the_peer(size: tuple[int, int], quality: int) -> None:
    rng = np.random.default_rng(quality)
    smooth = np.asarray(blots(*size, seed=quality)).astype(np.int16)
    noisy = (smooth + rng.normal(0, 30, (size[1], size[0], 1)).astype(np.int16)).clip(0, 255).astype(np.uint8)
    data = file(Image.fromarray(noisy), "JPEG", quality=quality)
    value, _ = pdq_from_bytes(data)
    assert distance(hash_image(data).hex, value) <= 4


def test_stripes_in_a_large_jpeg_are_not_left_to_chance() -> None:
    """Scaled in the decoder, all of their tied coefficients would flip at random."""
    stripes = (np.mgrid[0:2200, 0:2300][1] // 90 % 2 * 200).astype(np.uint8)
    data = file(Image.fromarray(np.repeat(stripes[:, :, None], 3, axis=2)), "JPEG", quality=90)
    assert hash_image(data).hex == pdq_from_bytes(data)[0]


def test_every_colour_mode_is_found_from_the_original(shared: Path) -> None:
    original = hash_image((shared / "media/reference/aaa-orig.jpg").read_bytes())
    modes = sorted((shared / "media/reference").glob("mode-*"))
    assert len(modes) == 7
    distances = {path.name: distance(hash_image(path.read_bytes()).hex, original.hex) for path in modes}
    assert max(distances.values()) <= 4, distances


def test_no_two_different_photos_are_alike(shared: Path) -> None:
    hashes = [hash_image(path.read_bytes()).hex for path in sorted((shared / "media/photos").glob("*.jpg"))]
    nearest = min(distance(one, other) for at, one in enumerate(hashes) for other in hashes[:at])
    assert nearest > 31


@pytest.mark.parametrize("size", [(4, 300), (300, 4), (1, 1), (1, 20_000)])
def test_a_tiny_picture_is_no_signal(size: tuple[int, int]) -> None:
    data = file(blots(*size))
    assert hash_image(data) == ("0" * 64, 0)
    assert PDQ.extract(Content(ContentKind.IMAGE, data=data)) == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_flat_picture_is_no_signal(kind: str) -> None:
    data = file(Image.new("RGB", (200, 100), (180, 20, 90)), kind)
    assert PDQ.extract(Content(ContentKind.IMAGE, data=data)) == []


def test_a_picture_gives_eight_signals_the_plain_one_first() -> None:
    data = file(blots())
    signals = PDQ.extract(Content(ContentKind.IMAGE, data=data))
    assert [signal.variant or "plain" for signal in signals] == REFERENCE_VARIANTS
    assert (signals[0].value, signals[0].quality) == hash_image(data)
    assert len({signal.value for signal in signals}) == 8


def test_a_faint_picture_keeps_its_low_quality_for_the_policy_to_judge() -> None:
    faint = Image.blend(Image.new("RGB", (320, 240), "grey"), blots(), 0.2)
    signals = PDQ.extract(Content(ContentKind.IMAGE, data=file(faint)))
    assert signals
    assert all(0 < signal.quality < 50 for signal in signals)


def test_variants_have_the_references_names(shared: Path) -> None:
    """pdqhash.compute_dihedral gives: original, rotate 90, 180, 270, flip x, flip y, flip plus 1, flip minus 1.
    It flips signs of coefficients, which is near to really turning a large picture."""
    import pdqhash

    picture = Image.open(shared / "media/photos/garden.jpg").convert("RGB")
    theirs, quality = pdqhash.compute_dihedral(np.ascontiguousarray(picture))
    ours, our_quality = hash_dihedral(file(picture, "BMP"))
    assert our_quality == quality
    assert list(ours) == REFERENCE_VARIANTS
    for name, bits in zip(REFERENCE_VARIANTS, theirs, strict=True):
        assert distance(ours[name], f"{int(''.join(map(str, bits)), 2):064x}") <= 12, name


TURNS = {
    "rotate90": Image.Transpose.ROTATE_90,
    "rotate180": Image.Transpose.ROTATE_180,
    "rotate270": Image.Transpose.ROTATE_270,
    "flip_x": Image.Transpose.FLIP_TOP_BOTTOM,
    "flip_y": Image.Transpose.FLIP_LEFT_RIGHT,
    "transpose": Image.Transpose.TRANSPOSE,
    "transverse": Image.Transpose.TRANSVERSE,
}


@pytest.mark.parametrize("size", [(320, 240), (201, 333), (64, 64), (40, 30), (1300, 900)])
def test_variants_are_the_hashes_of_really_turned_pixels(size: tuple[int, int]) -> None:
    for seed in range(5):
        picture = blots(*size, seed=seed)
        hashes, _ = hash_dihedral(file(picture, "BMP"))
        for name, turn in TURNS.items():
            turned = hash_pixels(np.asarray(picture.transpose(turn)))
            assert distance(hashes[name], turned.hex) <= 2, name


@pytest.mark.parametrize("size", [(2100, 2304), (2203, 2307)])
def test_variants_of_a_jpeg_that_is_scaled_in_the_decoder_are_near_them(size: tuple[int, int]) -> None:
    data = file(blots(*size), "JPEG", quality=80)
    hashes, _ = hash_dihedral(data)
    for name, turn in TURNS.items():
        turned = hash_pixels(np.asarray(Image.open(io.BytesIO(data)).transpose(turn)))
        assert distance(hashes[name], turned.hex) <= 4, name


def test_a_mirrored_and_turned_upload_is_found(shared: Path) -> None:
    for path in sorted((shared / "media/photos").glob("*.jpg"))[::3]:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        picture.thumbnail((700, 700))
        banked = hash_pixels(np.asarray(picture)).hex
        for turn in TURNS.values():
            seen = PDQ.extract(Content(ContentKind.IMAGE, data=file(picture.transpose(turn), "JPEG", quality=85)))
            assert min(distance(signal.value, banked) for signal in seen) <= 31, (path.name, turn)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(320, 240), (2400, 2100)])
def test_the_exif_orientation_is_applied(orientation: int, size: tuple[int, int]) -> None:
    from PIL import ImageOps

    picture = blots(*size)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = file(picture, "JPEG", quality=95, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert distance(hash_image(data).hex, hash_pixels(np.asarray(upright)).hex) <= 4


def test_many_threads_may_hash_at_once() -> None:
    files = [file(blots(300 + 7 * seed, 200, seed=seed)) for seed in range(6)]
    expected = [hash_image(data) for data in files]
    wrong: list[int] = []

    def work() -> None:
        for at, data in enumerate(files * 3):
            if hash_image(data) != expected[at % len(files)]:
                wrong.append(at)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_sizes_seen_lately_are_kept_within_bounds() -> None:
    for size in range(5, 600):
        pdq_kernel.band(size)
    assert pdq_kernel.band.cache_info().currsize <= 256


def test_the_limit_on_pixels_is_checked_before_decoding() -> None:
    data = file(blots(100, 100))
    token = MAX_PIXELS.set(9_999)
    try:
        with pytest.raises(MediaTooLarge, match="100 × 100 pixels; 9,999 are allowed"):
            hash_image(data)
    finally:
        MAX_PIXELS.reset(token)


def test_what_is_no_picture_is_refused() -> None:
    for data in (b"", b"hello", file(blots())[:200], b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"):
        with pytest.raises(UnreadableMedia):
            hash_image(data)


def test_a_hash_from_elsewhere_is_checked() -> None:
    assert PDQ.parse("AB" * 32) == "ab" * 32
    for wrong in ("ab" * 31, "ab" * 33, "ab" * 32 + "\n", " " + "ab" * 32, "zz" * 32):
        with pytest.raises(InvalidSignal):
            PDQ.parse(wrong)


def test_importing_the_signal_type_is_cheap() -> None:
    import subprocess
    import sys

    code = "import sys, siyaj.signals.pdq, siyaj.signals.box; print({'numba', 'PIL', 'numpy'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.strip() == "set()"
