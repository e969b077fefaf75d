"""Altered copies of videos: recall by edit against vPDQ, unrelated ones, speed, cost, compatibility."""

import argparse
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmarks._films import SHARED, VIDEO_EDITS, Film, encode, films, made, other
from benchmarks.report import Row
from siyaj.matching.local import LocalIndex
from siyaj.matching.video import VideoIndex
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.local import LOCAL
from siyaj.signals.video import LEAST_QUALITY, VIDEO, VpdqFrame, hash_video

RADIUS, QUERY_SHARE = 31, 0.8
"""vPDQ's: distance of frames, and the share of a query's frames that must have a partner."""
COPY = 0.5
"""Distance up to which the shipped policy takes a film for a copy; what is further is a hint for a person."""
STRANGERS, VERSIONS, MEMORY = "false matches", "sample versions find each other", "memory of a bank, hashes + local"
SPEED, COMPATIBLE = "time a video", "same frames as vpdq"


class Bank(NamedTuple):
    videos: VideoIndex
    frames: LocalIndex
    owner: dict[int, int]
    """Ref in `frames` → number of the video."""
    lists: list[np.ndarray]
    """vPDQ: (n, 256) bits for each video."""


class Task(NamedTuple):
    """What the workers are forked with: films, and the bank of them all."""

    bank: Bank
    searched: list[tuple[int, Film]]
    versions: set[int]
    said: str


_task: Task | None = None


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    """Yield each row when it is there; with `--only`, of the rows that hold one of those texts."""
    global _task  # noqa: PLW0603  (a bank is inherited by a forked worker, and cannot be sent to it)

    def wanted(*names: str) -> list[str]:
        return [name for name in names if not arguments.only or any(text in name for text in arguments.only)]

    folder = Path(os.environ.get("SIYAJ_VIDEOS") or arguments.shared / "media" / "videos")
    paths = sorted(folder.glob("*.mp4"))
    recalls = wanted(*(f"recall, {name}" for name in VIDEO_EDITS))
    if recalls or wanted(STRANGERS, MEMORY):
        known = list(films(folder, list(_photos(arguments.shared / "media" / "photos")), 2 if arguments.quick else 9))
        bank = make_bank([encode(film, 22) for _, film in known])
        searched = [(at, film) for at, (name, film) in enumerate(known) if "orig" in name or name.startswith("made")]
        versions = {at for at, (name, _) in enumerate(known) if not name.startswith("made")}
        said = f"{len(searched)} videos; {len(known)} and {len(bank.owner)} of their frames banked"
        _task = Task(bank, searched, versions, said)
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("fork")) as pool:
        yield from pool.map(_recall, [name.removeprefix("recall, ") for name in recalls])
        if wanted(STRANGERS):
            strangers = list(pool.map(_stranger, range(6 if arguments.quick else 60)))
            yield _strangers(strangers, len(known))
        shared = wanted(*(f"{STRANGERS}, {name} on both" for name in SHARED))
        count, photos = 4 if arguments.quick else 6, arguments.shared / "media" / "photos"
        yield from pool.map(_sharing, shared, [count] * len(shared), [photos] * len(shared))
        if paths and wanted(VERSIONS):
            yield _versions(list(pool.map(_version, [paths] * len(paths), range(len(paths)))))
    if wanted(MEMORY):
        yield _cost(known, bank)
    if paths and wanted(SPEED, COMPATIBLE):  # on one core, when the others are done
        yield from _against_vpdq(paths)


def make_bank(videos: Sequence[bytes]) -> Bank:
    bank = Bank(VideoIndex(), LocalIndex(), {}, [])
    for number, data in enumerate(videos):
        content = Content(ContentKind.VIDEO, data, banking=True)
        bank.videos.add([number + 1], [signal.value for signal in VIDEO.extract(content)])
        for signal in LOCAL.extract(content):
            ref = len(bank.owner) + 1
            bank.owner[ref] = number
            bank.frames.add([ref], [signal.value])
        bank.lists.append(_bits(hash_video(data)))
    bank.frames.settle()
    return bank


def search(bank: Bank, data: bytes) -> tuple[set[int], set[int], set[int]]:
    """Return the numbers found by vPDQ, by our hashes, and by hashes and then local features."""
    content = Content(ContentKind.VIDEO, data)
    ours = {hit.ref - 1 for hits in bank.videos.search(VIDEO.extract(content)) for hit in hits}
    both = ours or {bank.owner[hit.ref] for hits in bank.frames.search(LOCAL.extract(content)) for hit in hits}
    mine = _bits(hash_video(data))
    plain = {number for number, theirs in enumerate(bank.lists) if _vpdq_match(mine, theirs)}
    return plain, ours, both


def _recall(name: str) -> Row:
    assert _task is not None
    bank, searched, versions, said = _task
    hits, wrong = np.zeros(3), 0
    for number, film in searched:
        found = search(bank, encode(VIDEO_EDITS[name](film)))
        hits += [number in each for each in found]
        wrong += len(found[2] - {number} - (versions if number in versions else set()))
    plain, ours, both = (hits / len(searched)).tolist()
    note = f"hashes alone {ours:.3f}; {wrong} other videos found; {said}"
    return Row(f"recall, {name}", f"{both:.3f}", f"{plain:.3f}", f"{both - plain:+.2f}", "≥ 0.95", note)


def _stranger(number: int) -> tuple[bool, bool, bool]:
    assert _task is not None
    plain, ours, both = search(_task.bank, encode(other(50 + number, 8.0)))
    return bool(plain), bool(ours), bool(both)


def _strangers(found: Sequence[tuple[bool, bool, bool]], banked: int) -> Row:
    wrong, count = [sum(each[way] for each in found) for way in range(3)], len(found)
    pairs = f"{count * banked:,} pairs"
    return Row(STRANGERS, f"{wrong[2]} of {count}", f"{wrong[0]} of {count}", "–", "0", pairs)


def _sharing(row: str, count: int, folder: Path) -> Row:
    """Search `count` films for as many others that share an overlay, an opening or an ending with them: half of photos,
    half made. A frame that local features find is a hint."""
    edit = SHARED[row.removeprefix(f"{STRANGERS}, ").removesuffix(" on both")]
    photos, half = list(_photos(folder)), count // 2
    every = [
        made([photos[2 * at % len(photos)], photos[(2 * at + 1) % len(photos)]], 900 * at, 10.0)
        for at in range(2 * half)
    ]
    every = [*every[:half], *(other(200 + at, 10.0) for at in range(2 * half)), *every[half:]]
    bank = make_bank([encode(edit(film), 22) for film in every[: 2 * half]])
    plain = copies = hints = 0
    for film in every[2 * half :]:
        data = encode(edit(film))
        content = Content(ContentKind.VIDEO, data)
        hits = {hit.ref - 1: hit.distance for hits in bank.videos.search(VIDEO.extract(content)) for hit in hits}
        near = {number for number, distance in hits.items() if distance <= COPY}
        frames = {bank.owner[hit.ref] for hits in bank.frames.search(LOCAL.extract(content)) for hit in hits}
        plain += sum(_vpdq_match(_bits(hash_video(data)), theirs) for theirs in bank.lists)
        copies, hints = copies + len(near), hints + len((hits.keys() | frames) - near)
    pairs = 4 * half * half
    return Row(row, f"{copies} of {pairs}", f"{plain} of {pairs}", "–", "0", f"{hints} hints for a person")


def _version(paths: Sequence[Path], banked: int) -> tuple[int, int]:
    """Return by how many of the others a version that is banked alone is found: by vPDQ, and by ours."""
    bank = make_bank([paths[banked].read_bytes()])
    found = [search(bank, path.read_bytes()) for at, path in enumerate(paths) if at != banked]
    return sum(bool(each[0]) for each in found), sum(bool(each[2]) for each in found)


def _versions(found: Sequence[tuple[int, int]]) -> Row:
    pairs = len(found) * (len(found) - 1)
    plain, ours = (sum(each[way] for each in found) for way in range(2))
    return Row(VERSIONS, f"{ours} of {pairs}", f"{plain} of {pairs}", "–", "all", "vPDQ: 80 %")


def _against_vpdq(paths: Sequence[Path]) -> Iterator[Row]:
    """Speed and distance to the `vpdq` package, on one core; without it (it needs FFmpeg to build) ours alone."""
    try:
        import vpdq
    except ImportError:
        vpdq = None
    data = [path.read_bytes() for path in paths]
    fast = _timed(lambda one: VIDEO.extract(Content(ContentKind.VIDEO, one)), data)
    full = _timed(hash_video, data)
    dense = _timed(lambda one: VIDEO.extract(Content(ContentKind.VIDEO, one, banking=True)), data)
    peer = _timed(lambda path: vpdq.computeHash(str(path), seconds_per_hash=1, thread_count=1), paths) if vpdq else None
    note = f"{len(paths)} videos of the folder, one thread each" + (
        "" if vpdq else "; the package vpdq is not installed"
    )
    for name, took, reach in (("search", fast, "≥ 10×"), ("compatible list", full, "≥ 1.5×"), ("bank", dense, "–")):
        yield Row(
            f"{SPEED}, {name}",
            f"{took * 1e3:.0f} ms",
            f"{peer * 1e3:.0f} ms" if peer else "–",
            f"{peer / took:.1f}×" if peer else "–",
            reach,
            note,
        )
    if vpdq:
        bits = [each for path in paths for each in _differences(path, vpdq)]
        shown = f"{np.median(bits):.0f} bits median, {max(bits)} most"
        yield Row(COMPATIBLE, shown, "–", "–", "≤ 2, ≤ 10", f"{len(bits)} frames of quality ≥ 50")


def _differences(path: Path, vpdq: object) -> Iterator[int]:
    theirs = vpdq.computeHash(str(path), seconds_per_hash=1)  # type: ignore[attr-defined]
    ours = hash_video(path.read_bytes())
    if [one.frame_number for one in ours] != [one.frame_number for one in theirs]:
        raise RuntimeError(f"{path.name}: not the same frames")
    for one, peer in zip(ours, theirs, strict=True):
        if peer.quality >= LEAST_QUALITY:
            yield (int(one.hex, 16) ^ int(peer.hex, 16)).bit_count()


def _cost(known: Sequence[tuple[str, Film]], bank: Bank) -> Row:
    minutes = sum(film.seconds for _, film in known) / 60
    shown = f"{bank.videos.nbytes / minutes / 1e6:.2f} + {bank.frames.nbytes / minutes / 1e6:.2f} MB a minute"
    return Row(MEMORY, shown, "–", "–", "–", f"{minutes:.1f} minutes, films that move")


def _timed(work: object, items: Sequence[object]) -> float:
    """Return the median of the best of three, seconds an item."""
    times = []
    for item in items:
        each = []
        for _ in range(3):
            began = time.perf_counter()
            work(item)  # type: ignore[operator]
            each.append(time.perf_counter() - began)
        times.append(min(each))
    return float(np.median(times))


def _photos(folder: Path) -> Iterator[Image.Image]:
    for path in sorted(folder.glob("*.jpg")):
        yield Image.open(path).convert("RGB")


def _bits(frames: Sequence[VpdqFrame]) -> np.ndarray:
    good = [one.hex for one in frames if one.quality >= LEAST_QUALITY]
    codes = np.frombuffer(bytes.fromhex("".join(dict.fromkeys(good))), dtype=np.uint8).reshape(-1, 32)
    return np.unpackbits(codes, axis=1)


def _vpdq_match(query: np.ndarray, banked: np.ndarray) -> bool:
    """As `threatexchange.extensions.vpdq` does it, which needs the package: 80 % of a query's frames have a partner."""
    if not len(query) or not len(banked):
        return False
    near = (query[:, None, :] != banked[None, :, :]).sum(axis=2) <= RADIUS
    return bool(near.any(axis=1).mean() >= QUERY_SHARE)
