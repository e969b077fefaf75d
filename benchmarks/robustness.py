"""Altered copies of pictures: recall by edit against plain PDQ, false matches under shared overlays, cost, memory."""

import argparse
import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmarks._edits import EDITS, HARD_EDITS, OVERLAYS, STRENGTHS, Edit, jpeg
from benchmarks._pictures import scene
from benchmarks._plot import plot
from benchmarks.report import Row
from siyaj.matching.local import LocalIndex
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.local import draw_pixels
from siyaj.signals.local_value import Features, pack
from siyaj.signals.pdq import RADIUS, hash_dihedral, hash_pixels
from siyaj.signals.undone import UNDONE

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
LONGEST = 1_000
"""Pictures are brought to this size before edits, as platforms do."""
TILES = 400


class Bank(NamedTuple):
    pictures: list[Image.Image]
    hashes: np.ndarray
    """(n, 256) bits of PDQ."""
    known: LocalIndex


def run(arguments: argparse.Namespace) -> list[Row]:
    folder = Path(os.environ.get("SIYAJ_PICTURES") or arguments.shared / "media" / "photos")
    pictures = list(_load(folder, 12 if arguments.quick else 250))
    fillers = [scene(10_000 + number) for number in range(50 if arguments.quick else max(0, 1_000 - len(pictures)))]
    bank = make_bank([*pictures, *fillers])
    said = f"{len(pictures)} pictures of {folder}, {len(fillers)} made ones beside them in the bank"
    rows = [_recall(bank, len(pictures), name, edit, "≥ 0.98", said) for name, edit in EDITS.items()]
    rows += [_recall(bank, len(pictures), name, edit, "≥ 0.85", said) for name, edit in HARD_EDITS.items()]
    rows += _false_matches(pictures, 60 if arguments.quick else TILES)
    rows += _costs(bank, (1_000,) if arguments.quick else (1_000, 10_000, 100_000))
    if not arguments.quick:
        curves = {name: _curve(bank, len(pictures), steps) for name, steps in STRENGTHS.items()}
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "robustness.svg").write_text(plot(curves), encoding="utf-8")
    return rows


def make_bank(pictures: Sequence[Image.Image]) -> Bank:
    index = LocalIndex()
    for number, picture in enumerate(pictures):
        drawn = draw_pixels(np.asarray(picture))
        if drawn is not None:
            index.add([number + 1], [pack(drawn[0])])
    index.settle()
    return Bank(list(pictures), np.stack([_bits(hash_pixels(np.asarray(one)).hex) for one in pictures]), index)


def _load(folder: Path, most: int) -> Iterator[Image.Image]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    for path in paths[:: max(1, len(paths) // most)][:most]:
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((LONGEST, LONGEST))
        yield picture


def _bits(digits: str) -> np.ndarray:
    return np.unpackbits(np.frombuffer(bytes.fromhex(digits), dtype=np.uint8))


def _found(bank: Bank, picture: Image.Image) -> tuple[set[int], set[int], set[int]]:
    """Return the numbers found by plain PDQ, by PDQ with its turned and mirrored forms, and by those, `undone` and
    `local`."""
    buffer = io.BytesIO()
    picture.save(buffer, "BMP")
    hashes, _ = hash_dihedral(buffer.getvalue())
    plain = _near(bank, hashes["plain"])
    turns = plain.union(*(_near(bank, each) for each in hashes.values()))
    undone = set().union(*(_near(bank, signal.value) for signal in UNDONE.extract(_content(buffer))))
    drawn = draw_pixels(np.asarray(picture))
    local = {ref - 1 for ref, _ in bank.known.find(drawn[1])} if drawn else set()
    return plain, turns, turns | undone | local


def _content(buffer: io.BytesIO) -> Content:
    return Content(ContentKind.IMAGE, data=buffer.getvalue())


def _near(bank: Bank, digits: str) -> set[int]:
    return set(np.nonzero((bank.hashes != _bits(digits)).sum(axis=1) <= RADIUS)[0].tolist())


def _shares(bank: Bank, count: int, edit: Edit) -> tuple[float, float, float]:
    """Return the recall of the three ways, over the first `count` pictures of the bank."""
    hits = np.zeros(3)
    for number in range(count):
        found = _found(bank, jpeg(edit(bank.pictures[number])))
        hits += [number in each for each in found]
    plain, turns, ours = (hits / count).tolist()
    return plain, turns, ours


def _recall(bank: Bank, count: int, name: str, edit: Edit, reach: str, said: str) -> Row:
    plain, turns, ours = _shares(bank, count, edit)
    return Row(
        f"recall, {name}",
        f"{ours:.3f}",
        f"{plain:.3f}",
        f"{ours - plain:+.2f}",
        reach,
        f"PDQ in 8 turns alone {turns:.3f}; {said}",
    )


def _curve(bank: Bank, count: int, steps: Sequence[tuple[float, Edit]]) -> list[tuple[float, float, float]]:
    """Return strength, recall of plain PDQ, ours."""
    count = min(count, 40)
    curve = []
    for strength, edit in steps:
        plain, _, ours = _shares(bank, count, edit)
        curve.append((strength, plain, ours))
    return curve


def _false_matches(pictures: Sequence[Image.Image], count: int) -> list[Row]:
    """Tiles that do not overlap: half of the pictures give the bank, the other half what is searched."""
    known, asked = _tiles(pictures[::2], count), _tiles(pictures[1::2], count)
    known += [scene(20_000 + number) for number in range(max(0, count - len(known)))]
    asked += [scene(30_000 + number) for number in range(max(0, count - len(asked)))]
    rows = []
    for name, edit in {"plain": lambda picture: picture, **OVERLAYS}.items():
        bank = make_bank([edit(tile) for tile in known])
        drawn = [draw_pixels(np.asarray(jpeg(edit(tile), 80))) for tile in asked]
        wrong = sum(bool(bank.known.find(each[1])) for each in drawn if each)
        bound = -np.log(0.05) / len(asked) if not wrong else wrong / len(asked)
        note = f"{len(asked):,} searches × {len(known):,} banked = {len(asked) * len(known):,} pairs"
        said = f"at most {bound:.1e} a search with 95 % confidence" if not wrong else f"{bound:.1e} a search"
        rows.append(
            Row(f"false matches, {name}", f"{wrong} of {len(asked):,}", "–", "–", "≤ 1 in 10,000", f"{note}; {said}")
        )
    return rows


def _tiles(pictures: Sequence[Image.Image], count: int) -> list[Image.Image]:
    """Cut pictures into pieces of about 330 × 250 that do not overlap."""
    found = []
    for picture in pictures:
        for top in range(0, picture.height - 249, 250):
            for left in range(0, picture.width - 329, 330):
                tile = picture.crop((left, top, left + 330, top + 250))
                if np.asarray(tile.convert("L")).std() > 10:
                    found.append(tile.resize((660, 500)))
    return found[:count]


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
            f"features recombined from {len(pool)} pictures, 6 % of bits flipped"
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
    return _content(buffer)


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
