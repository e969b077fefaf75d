"""PDQ from decoded pixels and from JPEG bytes, against the reference and the peer that platforms run."""

import argparse
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from benchmarks.report import Row
from siyaj.signals.pdq import hash_dihedral, hash_image, hash_pixels

SIZES = {"1.6 MP": (1_536, 1_024), "12 MP": (4_000, 3_000)}
ENOUGH = 50
"""Quality from which a PDQ is meant to be compared."""

Rgb = NDArray[np.uint8]


def run(arguments: argparse.Namespace) -> list[Row]:
    from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

    ImageFile.MAXBLOCK = 1 << 26  # noisy JPEGs are larger than Pillow's encoder expects
    paths = sorted(path for path in (arguments.shared / "media").glob("*/*") if path.suffix in (".jpg", ".png"))
    if not paths:
        raise SystemExit(f"no pictures under {arguments.shared / 'media'}: name the shared folder with --shared")
    rounds = 3 if arguments.quick else 9
    rows = [_identical(paths)]
    rows += [_pixels(name, size, paths, rounds) for name, size in SIZES.items()]
    reaches = ("≥ 8×", "≥ 15×")
    for (name, size), reach in zip(SIZES.items(), reaches, strict=True):
        rows.append(_jpeg(name, size, paths, rounds, reach, pdq_from_bytes))
    rows.append(_drift("as they are", (path.read_bytes() for path in paths if path.suffix == ".jpg"), pdq_from_bytes))
    some = paths[::6] if arguments.quick else paths[::2]
    rows.append(_drift("resized to 2–12 MP, noisy, harsh, JPEG quality 25–95", _altered(some), pdq_from_bytes))
    rows.append(_turned(paths, rounds))
    return rows


def _reference(pixels: Rgb) -> tuple[str, int]:
    import pdqhash

    bits, quality = pdqhash.compute(pixels)
    return f"{int(''.join(map(str, bits)), 2):064x}", quality


def _seconds(what: Callable[[], object], rounds: int) -> float:
    """The median: both sides are interrupted alike."""
    what()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        what()
        times.append(time.perf_counter() - began)
    return median(times)


def _open(path: Path) -> Image.Image:
    return Image.open(path).convert("RGB")


def _identical(paths: list[Path]) -> Row:
    pixels = [np.ascontiguousarray(_open(path)) for path in paths]
    same = sum(tuple(hash_pixels(one)) == _reference(one) for one in pixels)
    share = f"{same} of {len(paths)}"
    return Row("RGB pixels → PDQ: same bits and quality", share, "–", "–", "all", "every picture of shared media")


def _pixels(name: str, size: tuple[int, int], paths: list[Path], rounds: int) -> Row:
    pixels = np.ascontiguousarray(_open(paths[0]).resize(size, Image.Resampling.LANCZOS))
    ours, theirs = _seconds(lambda: hash_pixels(pixels), rounds * 5), _seconds(lambda: _reference(pixels), rounds)
    return _row(f"RGB pixels → PDQ, {name}", ours, theirs, "≥ 100×", "peer: pdqhash")


def _jpeg(
    name: str,
    size: tuple[int, int],
    paths: list[Path],
    rounds: int,
    reach: str,
    peer: Callable[[bytes], tuple[str, int]],
) -> Row:
    """The median of several photos: how long a JPEG decodes depends on what is in it, and some are decoded twice."""
    ours, theirs = [], []
    for path in paths[:: len(paths) // 10]:
        data = _jpeg_of(_open(path).resize(size, Image.Resampling.LANCZOS), 85)
        ours.append(_seconds(lambda data=data: hash_image(data), rounds))  # type: ignore[misc]
        theirs.append(_seconds(lambda data=data: peer(data), max(3, rounds // 3)))  # type: ignore[misc]
    note = f"the median of {len(ours)} photos; peer: pdq_from_bytes"
    return _row(f"JPEG bytes → PDQ, {name}", median(ours), median(theirs), reach, note)


def _row(what: str, ours: float, theirs: float, reach: str, note: str) -> Row:
    return Row(what, f"{ours * 1e3:.2f} ms", f"{theirs * 1e3:.1f} ms", f"{theirs / ours:.0f}×", reach, note)


def _drift(what: str, files: Iterator[bytes], peer: Callable[[bytes], tuple[str, int]]) -> Row:
    """How far from the peer's hash. The peer hashes the inks of a CMYK picture as if they were light: left out."""
    furthest, identical, count = 0, 0, 0
    for data in files:
        if Image.open(io.BytesIO(data)).mode == "CMYK":
            continue
        value, quality = peer(data)
        if quality < ENOUGH:
            continue
        bits = (int(hash_image(data).hex, 16) ^ int(value, 16)).bit_count()
        furthest, identical, count = max(furthest, bits), identical + (bits == 0), count + 1
    shown = f"at most {furthest} bits, {identical} of {count} identical"
    return Row(f"JPEG bytes → PDQ: bits away, {what}", shown, "–", "–", "≤ 4 bits", f"where quality ≥ {ENOUGH}")


def _altered(paths: list[Path]) -> Iterator[bytes]:
    rng = np.random.default_rng(0)
    for at, path in enumerate(paths):
        picture = _open(path)
        side = int(rng.integers(1_700, 4_100))
        picture = picture.resize((side, int(side * picture.height / picture.width)), Image.Resampling.LANCZOS)
        if at % 3:
            harsh = (np.asarray(picture).astype(np.float32) - 128) * (1 + at % 3) + 128
            noise = rng.normal(0, 12 * (at % 3), harsh.shape).astype(np.float32)
            picture = Image.fromarray((harsh + noise).clip(0, 255).astype(np.uint8))
        yield _jpeg_of(picture, int(rng.integers(25, 96)))


def _turned(paths: list[Path], rounds: int) -> Row:
    data = _jpeg_of(_open(paths[0]).resize(SIZES["1.6 MP"], Image.Resampling.LANCZOS), 85)
    eight, one = _seconds(lambda: hash_dihedral(data), rounds), _seconds(lambda: hash_image(data), rounds)
    note = "what the seven turned and mirrored hashes cost beside the plain one; not a peer"
    return Row(
        "JPEG bytes → all eight, 1.6 MP",
        f"{eight * 1e3:.2f} ms",
        f"{one * 1e3:.2f} ms",
        f"{eight / one:.2f}",
        "–",
        note,
    )


def _jpeg_of(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
