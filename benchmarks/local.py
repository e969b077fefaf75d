"""What the costly looks at a picture take, by the size of the bank: time a picture and memory a banked picture."""

import argparse
import io
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks._edits import jpeg
from benchmarks._pictures import scene
from benchmarks.report import Row
from benchmarks.robustness import Bank, content_of, load_pictures, make_bank
from siyaj.matching.local import LocalIndex
from siyaj.signals.base import Content
from siyaj.signals.local import draw_pixels
from siyaj.signals.local_value import Features, pack
from siyaj.signals.undone import UNDONE


def run(arguments: argparse.Namespace) -> list[Row]:
    folder = Path(os.environ.get("SIYAJ_PICTURES") or arguments.shared / "media" / "photos")
    pictures = list(load_pictures(folder, 40))
    pictures += [scene(10_000 + number) for number in range(max(0, 40 - len(pictures)))]
    return _costs(make_bank(pictures), (1_000,) if arguments.quick else (1_000, 10_000, 100_000))


def _costs(bank: Bank, sizes: Sequence[int]) -> list[Row]:
    drawn = [each for each in (draw_pixels(np.asarray(jpeg(picture))) for picture in bank.pictures[:40]) if each]
    extract = np.median([_timed(partial(draw_pixels, np.asarray(picture))) for picture in bank.pictures[:40]])
    undoing = float(np.median([_timed(partial(UNDONE.extract, _as_jpeg(picture))) for picture in bank.pictures[:40]]))
    pool = [each[0] for each in (draw_pixels(np.asarray(scene(40_000 + n))) for n in range(200)) if each]
    pool += [each[0] for each in drawn]
    rows, first = [], 0.0
    for size in sizes:
        _fill(bank.known, pool, size)
        took = (
            float(np.median([_timed(partial(bank.known.find, each[1])) for each in drawn])) + float(extract) + undoing
        )
        first = first or took
        each = bank.known.nbytes / len(bank.known)
        note = f"drawing {extract * 1e3:.0f} ms of it, undoing {undoing * 1e3:.0f} ms; "
        note += f"features recombined from {len(pool)} pictures, 6 % of bits flipped"
        rows.append(
            Row(
                f"a picture, {size:,} banked",
                f"{took * 1e3:.0f} ms median",
                "–",
                f"{took / first:.2f}×",
                "≤ 60 ms at 10k; < 3× from 1k to 100k",
                note,
            )
        )
        rows.append(Row(f"memory, {size:,} banked", f"{each / 1024:.1f} KB a picture", "–", "–", "≤ 16 KB"))
    return rows


def _as_jpeg(picture: Image.Image) -> Content:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return content_of(buffer)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _fill(index: LocalIndex, pool: Sequence[Features], size: int) -> None:
    """Add pictures whose features are drawn from real ones, so that the drawers are as uneven as with real ones."""
    random = np.random.default_rng(1)
    words, places, frames = (
        np.concatenate([getattr(one, name) for one in pool]) for name in ("words", "places", "frames")
    )
    ref = 1_000_000
    while len(index) < size:
        count = min(1_000, size - len(index))
        values = []
        for _ in range(count):
            chosen = random.integers(0, len(words), 270)
            flips = random.integers(0, 2**63, (4, 270, 4), dtype=np.uint64)
            mixed = words[chosen] ^ (flips[0] & flips[1] & flips[2] & flips[3])
            one = Features(512, mixed, places[chosen], frames[chosen], np.empty(0, np.uint32), pool[0].thumbnail)
            values.append(pack(one))
        index.add(range(ref + len(index), ref + len(index) + count), values)
    index.settle()
