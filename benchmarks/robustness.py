"""Altered copies of pictures: recall by edit against plain PDQ, and false matches, also under shared overlays."""

import argparse
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmarks._edits import EDITS, HARD_EDITS, OVERLAYS, STRENGTHS, Edit, jpeg
from benchmarks._pictures import scene
from benchmarks._plot import plot
from benchmarks.report import Row
from siyaj.matching.local import LocalIndex
from siyaj.matching.whole import contradicted
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.local import draw_pixels
from siyaj.signals.local_value import Features, pack
from siyaj.signals.pdq import PDQ, RADIUS, UNDONE_RADIUS
from siyaj.signals.undone import UNDONE

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
QUALITY = 50
LONGEST = 1_000
"""Pictures are brought to this size before edits, as platforms do."""
TILES, FILLERS = int(os.environ.get("SIYAJ_TILES", "300")), int(os.environ.get("SIYAJ_FILLERS", "1000"))
"""Searches for each kind of false match, and pictures in the bank that is searched for copies. A full run takes some
fifteen minutes on a quiet machine; `SIYAJ_TILES=150 SIYAJ_FILLERS=300` a third of it, without the curves."""


class Bank(NamedTuple):
    pictures: Sequence[Image.Image]
    hashes: np.ndarray
    """(n, 4) uint64: PDQ."""
    hashed: np.ndarray
    """(n,) bool: False for a picture in which there is nothing to hash."""
    known: LocalIndex
    features: list[Features | None]
    """What is kept of each picture beside its hash, by which a match on the hash is looked at."""


def run(arguments: argparse.Namespace) -> list[Row]:
    folder = Path(os.environ.get("SIYAJ_PICTURES") or arguments.shared / "media" / "photos")
    pictures = list(load_pictures(folder, 12 if arguments.quick else 250))
    fillers = [scene(10_000 + number) for number in range(50 if arguments.quick else max(0, FILLERS - len(pictures)))]
    bank = make_bank([*pictures, *fillers])
    said = f"{len(pictures)} pictures of {folder}, {len(fillers)} made ones beside them in the bank"
    rows = [_recall(bank, pictures, name, edit, "≥ 0.98", said) for name, edit in EDITS.items()]
    rows += [_recall(bank, pictures, name, edit, "≥ 0.85", said) for name, edit in HARD_EDITS.items()]
    rows += _false_matches(pictures, 60 if arguments.quick else TILES)
    if not arguments.quick and FILLERS >= 1_000:
        curves = {name: _curve(bank, pictures, steps) for name, steps in STRENGTHS.items()}
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "robustness.svg").write_text(plot(curves), encoding="utf-8")
    return rows


class Asked(NamedTuple):
    """The signals of one picture."""

    hashes: list[Signal]
    """PDQ, plain first, then its turned and mirrored forms. Of a quality under 50 they are not asked: the shipped
    policy does not act on it."""
    undone: list[Signal]
    drawn: tuple[Features, Features] | None
    """Its local features, the form that is banked and the one that is searched."""


def signals_of(picture: Image.Image) -> Asked:
    buffer = io.BytesIO()
    picture.save(buffer, "BMP")
    content = content_of(buffer)
    return Asked(PDQ.extract(content), UNDONE.extract(content), draw_pixels(np.asarray(picture)))


def content_of(buffer: io.BytesIO) -> Content:
    return Content(ContentKind.IMAGE, data=buffer.getvalue())


def make_bank(pictures: Sequence[Image.Image]) -> Bank:
    return bank_of([signals_of(picture) for picture in pictures])._replace(pictures=pictures)


def bank_of(pictures: Sequence[Asked]) -> Bank:
    """The number of a banked picture is its place, and its ref one more."""
    index = LocalIndex()
    for number, each in enumerate(pictures):
        if each.drawn is not None:
            index.add([number + 1], [pack(each.drawn[0])])
    index.settle()
    hashed = np.array([bool(each.hashes) for each in pictures])
    hashes = np.stack([_word(each.hashes[0].value if each.hashes else "0" * 64) for each in pictures])
    return Bank((), hashes, hashed, index, [each.drawn[0] if each.drawn is not None else None for each in pictures])


def load_pictures(folder: Path, most: int) -> Iterator[Image.Image]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    for path in paths[:: max(1, len(paths) // most)][:most]:
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((LONGEST, LONGEST))
        yield picture


def _word(digits: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(digits), dtype=np.uint64)


class Found(NamedTuple):
    """Numbers of the banked pictures that were found: by plain PDQ, by its turned and mirrored forms too, by those of
    them that a look at both pictures does not contradict, by PDQ once edits are undone, by local features."""

    plain: set[int]
    turns: set[int]
    seen: set[int]
    undone: set[int]
    local: set[int]

    @property
    def ours(self) -> set[int]:
        return self.seen | self.undone | self.local


def search(bank: Bank, asked: Asked) -> Found:
    hashes = [signal for signal in asked.hashes if signal.quality >= QUALITY]
    plain = _near(bank, asked.hashes[0].value) if hashes else set()
    turns = plain.union(*(_near(bank, each.value) for each in hashes))
    seen = {number for each in hashes for number in _near(bank, each.value) if _holds(bank, number, each, hashes[0])}
    signals = [signal for signal in asked.undone if signal.quality >= QUALITY]
    undone: set[int] = set().union(*(_near(bank, signal.value, UNDONE_RADIUS) for signal in signals))
    local = {ref - 1 for ref, _ in bank.known.find(asked.drawn[1])} if asked.drawn is not None else set()
    return Found(plain, turns, seen, undone, local)


def _holds(bank: Bank, number: int, signal: Signal, plain: Signal) -> bool:
    """Return whether a match on PDQ counts, as `banks.lookup` decides it."""
    features = bank.features[number]
    apart = int(np.bitwise_count(bank.hashes[number] ^ _word(signal.value)).sum())
    return features is None or not contradicted(plain.still, signal.variant, features, apart)


def _near(bank: Bank, digits: str, radius: int = RADIUS) -> set[int]:
    apart = np.bitwise_count(bank.hashes ^ _word(digits)).sum(axis=1)
    return set(np.nonzero((apart <= radius) & bank.hashed)[0].tolist())


def _shares(bank: Bank, pictures: Sequence[Image.Image], edit: Edit) -> tuple[float, float, float]:
    """Return the recall of the three ways, over the pictures, which are the first of the bank."""
    hits = np.zeros(3)
    for number, picture in enumerate(pictures):
        found = search(bank, signals_of(jpeg(edit(picture))))
        hits += [number in each for each in (found.plain, found.turns, found.ours)]
    plain, turns, ours = (hits / len(pictures)).tolist()
    return plain, turns, ours


def _recall(bank: Bank, pictures: Sequence[Image.Image], name: str, edit: Edit, reach: str, said: str) -> Row:
    plain, turns, ours = _shares(bank, pictures, edit)
    return Row(
        f"recall, {name}",
        f"{ours:.3f}",
        f"{plain:.3f}",
        f"{ours - plain:+.2f}",
        reach,
        f"PDQ in 8 turns alone {turns:.3f}; {said}",
    )


def _curve(
    bank: Bank, pictures: Sequence[Image.Image], steps: Sequence[tuple[float, Edit]]
) -> list[tuple[float, float, float]]:
    """Return strength, recall of plain PDQ, ours."""
    curve = []
    for strength, edit in steps:
        plain, _, ours = _shares(bank, pictures[:24], edit)
        curve.append((strength, plain, ours))
    return curve


def _false_matches(pictures: Sequence[Image.Image], count: int) -> list[Row]:
    """Tiles that do not overlap: half of the pictures give the bank, the other half what is searched."""
    known, asked = _tiles(pictures[::2], count), _tiles(pictures[1::2], count)
    known += [scene(20_000 + number) for number in range(max(0, count - len(known)))]
    asked += [scene(30_000 + number) for number in range(max(0, count - len(asked)))]
    rows, every, all_wrong = [], 0, 0
    for name, edit in {"plain": lambda picture: picture, **OVERLAYS}.items():
        bank = make_bank([edit(tile) for tile in known])
        found = [search(bank, signals_of(jpeg(edit(tile), 80))) for tile in asked]
        plain, wrong = sum(bool(each.plain) for each in found), sum(bool(each.ours) for each in found)
        local, undone = sum(bool(each.local) for each in found), sum(bool(each.undone - each.seen) for each in found)
        every, all_wrong = every + len(asked), all_wrong + wrong
        note = f"{len(asked):,} searches × {len(known):,} banked = {len(asked) * len(known):,} pairs"
        whole = sum(bool(each.seen) for each in found)
        note += f"; {whole} by PDQ, {local} by `local`, {undone} by `undone` and no other PDQ"
        rows.append(
            Row(
                f"false matches, {name}",
                f"{wrong} of {len(asked):,}",
                f"{plain}",
                "–",
                "≤ 1 in 10,000",
                f"{note}; {_rate(wrong, len(asked))}",
            )
        )
    note = f"all the rows above together; {_rate(all_wrong, every)}. A bank of another size was not measured"
    return [*rows, Row("false matches, all kinds", f"{all_wrong} of {every:,}", "–", "–", "≤ 1 in 10,000", note)]


def _rate(wrong: int, searches: int) -> str:
    """Say how often a search goes wrong. Pieces of one photograph resemble each other more than photographs do."""
    if wrong:
        return f"{wrong / searches:.1e} a search"
    return f"at most {-np.log(0.05) / searches:.1e} a search with 95 % confidence, if searches are independent"


def _tiles(pictures: Sequence[Image.Image], count: int) -> list[Image.Image]:
    return [piece for picture in pictures for piece in pieces_of(picture, 10)][:count]


def pieces_of(picture: Image.Image, least: float) -> Iterator[Image.Image]:
    """Cut a picture into pieces of 330 × 250 that do not overlap, and whose grey deviates by more than `least`. They
    are given twice as large."""
    for piece in cuts_of(picture, least):
        yield piece.resize((660, 500))


def cuts_of(picture: Image.Image, least: float) -> Iterator[Image.Image]:
    """Yield the same pieces as they are."""
    for top in range(0, picture.height - 249, 250):
        for left in range(0, picture.width - 329, 330):
            piece = picture.crop((left, top, left + 330, top + 250))
            if np.asarray(piece.convert("L")).std() > least:
                yield piece
