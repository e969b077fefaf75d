"""The immutable part of a Hamming index: codes in buckets, and how they lie on the disk.

A snapshot is a folder of plain `.npy` files and `index.json`. It is opened memory-mapped and copy-on-write, so that
ten million codes are ready at once; nothing in it is ever unpickled.
"""

import json
import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from siyaj.matching import hamming_buckets as buckets
from siyaj.matching import hamming_kernels as kernels

FORMAT = "siyaj-hamming-4"

_ARRAYS = {
    "ids": np.int64,
    "words": np.uint64,
    "dead": np.bool_,
    "offsets": np.uint32,
    "rows": np.uint32,
    "firsts": np.uint16,
    "seconds": np.uint16,
    "order": np.uint32,
}


class Hits(NamedTuple):
    """Parallel arrays: index of the query, id and distance of what it found; int64 each."""

    query: NDArray[np.int64]
    id: NDArray[np.int64]
    distance: NDArray[np.int64]


class Segment:
    """Codes that never change; only `dead` marks are set. Shapes: `ids`, `dead` (n,), `words` (n, bits/64),
    `offsets` (chunks, 65537), `rows` and `seconds` (chunks, n), `firsts` (chunks, n + LANES), `order` (n,), or (0,)
    when `ids` are sorted.
    """

    def __init__(self, **arrays: NDArray[Any]) -> None:
        self.ids: NDArray[np.int64] = arrays["ids"]
        self.words: NDArray[np.uint64] = arrays["words"]
        self.dead: NDArray[np.bool_] = arrays["dead"]
        self.offsets: NDArray[np.uint32] = arrays["offsets"]
        self.rows: NDArray[np.uint32] = arrays["rows"]
        self.firsts: NDArray[np.uint16] = arrays["firsts"]
        self.seconds: NDArray[np.uint16] = arrays["seconds"]
        self.order: NDArray[np.uint32] = arrays["order"]
        self.live = int(len(self.ids) - np.count_nonzero(self.dead))

    @classmethod
    def build(cls, ids: NDArray[np.int64], words: NDArray[np.uint64]) -> Self:
        count, chunks = len(ids), words.shape[1] * 64 // kernels.CHUNK_BITS
        arrays: dict[str, NDArray[Any]] = {
            "ids": ids,
            "words": np.ascontiguousarray(words),
            "dead": np.zeros(count, dtype=np.bool_),
            "offsets": np.zeros((chunks, kernels.BUCKETS + 1), dtype=np.uint32),
            "rows": np.empty((chunks, count), dtype=np.uint32),
            "firsts": np.zeros((chunks, count + buckets.LANES), dtype=np.uint16),
            "seconds": np.empty((chunks, count), dtype=np.uint16),
            "order": _order(ids),
        }
        buckets.build(*(arrays[name] for name in ("words", "offsets", "rows", "firsts", "seconds")))
        return cls(**arrays)

    @classmethod
    def merge(
        cls, segments: Sequence["Segment"], dead: Sequence[NDArray[np.bool_]]
    ) -> tuple[Self, list[NDArray[np.int64]]]:
        """Return one segment of those rows that are not `dead`, and for each old segment the new row of each old row
        (rows that were dead have no meaning there)."""
        alive = [~marks for marks in dead]
        ids = np.concatenate([segment.ids[keep] for segment, keep in zip(segments, alive, strict=True)])
        words = np.concatenate([segment.words[keep] for segment, keep in zip(segments, alive, strict=True)])
        kept, first = [], 0
        for keep in alive:
            kept.append(first + np.cumsum(keep, dtype=np.int64) - 1)
            first += int(np.count_nonzero(keep))
        return cls.build(ids, words), kept

    def search(self, queries: NDArray[np.uint64], radius: int, out: Hits, found: int) -> int:
        chunks = len(self.offsets)
        if radius < 2 * chunks:
            arrays = (self.words, self.ids, self.dead, self.offsets, self.rows, self.firsts, self.seconds)
            return int(buckets.search_buckets(queries, radius, *arrays, *out, found))
        return int(kernels.search_flat(queries, radius, self.words, self.ids, self.dead, len(self.ids), *out, found))

    def rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the live rows of those ids that are here."""
        rows: NDArray[np.int64] = kernels.find_rows(ids, self.ids, self.order)
        rows = rows[rows >= 0]
        return rows[~self.dead[rows]]

    def bury(self, rows: NDArray[np.int64]) -> None:
        self.dead[rows] = True
        self.live -= len(rows)

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, name).nbytes for name in _ARRAYS)


def save_segments(
    folder: Path,
    bits: int,
    segments: Sequence[tuple[Segment, NDArray[np.bool_]]],
    head: tuple[NDArray[np.int64], NDArray[np.uint64]],
) -> None:
    """Write all beside `folder`, then move it there. Raises OSError; then `folder` is as it was."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")
    fresh.mkdir(mode=0o700)
    try:
        for number, (segment, dead) in enumerate(segments):
            for name in _ARRAYS:
                _write(fresh / f"{number}-{name}.npy", dead if name == "dead" else getattr(segment, name))
        _write(fresh / "head-ids.npy", head[0])
        _write(fresh / "head-words.npy", head[1])
        counts = [len(segment.ids) for segment, _ in segments]
        (fresh / "index.json").write_text(json.dumps({"format": FORMAT, "bits": bits, "segments": counts}))
        _move(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def load_segments(folder: Path) -> tuple[int, list[Segment], tuple[NDArray[np.int64], NDArray[np.uint64]]]:
    """Return (bits, segments, head). Raises ValueError for a folder that is not a whole snapshot of this format."""
    try:
        header = json.loads((folder / "index.json").read_text())
        if header["format"] != FORMAT:
            raise ValueError(f"its format is {header['format']!r}, not {FORMAT!r}")
        bits = int(header["bits"])
        segments = [_load(folder, number, count, bits) for number, count in enumerate(header["segments"])]
        ids = _read(folder / "head-ids.npy", np.int64, None)
        words = _read(folder / "head-words.npy", np.uint64, (len(ids), bits // 64))
    except (OSError, KeyError, TypeError, ValueError, EOFError) as error:
        raise ValueError(f"the snapshot in {folder} cannot be used: {error}") from error
    return bits, segments, (ids, words)


def _load(folder: Path, number: int, count: int, bits: int) -> Segment:
    chunks = bits // kernels.CHUNK_BITS
    per_row = {"ids": (count,), "words": (count, bits // 64), "dead": (count,), "order": None}
    shapes: dict[str, tuple[int, ...] | None] = {
        "offsets": (chunks, kernels.BUCKETS + 1),
        "firsts": (chunks, count + buckets.LANES),
        **per_row,
    }
    arrays = {
        name: _read(folder / f"{number}-{name}.npy", kind, shapes.get(name, (chunks, count)))
        for name, kind in _ARRAYS.items()
    }
    offsets, order = arrays["offsets"], arrays["order"]
    if (offsets[:, 1:] < offsets[:, :-1]).any() or (offsets[:, 0] != 0).any() or (offsets[:, -1] != count).any():
        raise ValueError("its buckets are damaged")
    if len(order) not in (0, count) or (len(order) and order.max() >= count):
        raise ValueError("its order of ids is damaged")
    return Segment(**arrays)


def _read(path: Path, kind: type[np.generic], shape: tuple[int, ...] | None) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="c", allow_pickle=False)
    if array.dtype != kind or (shape is not None and array.shape != shape) or not array.flags.c_contiguous:
        raise ValueError(f"{path.name} has {array.dtype}{array.shape}, not {np.dtype(kind)}{shape}")
    return np.asarray(array)


def _write(path: Path, array: NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def _move(fresh: Path, folder: Path) -> None:
    """Put `fresh` where `folder` is. Between the two renames there is no snapshot, which costs a slow start only."""
    old = folder.with_name(f".{folder.name}-old-{uuid.uuid4().hex}")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _order(ids: NDArray[np.int64]) -> NDArray[np.uint32]:
    if len(ids) < 2 or bool(np.all(ids[1:] > ids[:-1])):
        return np.empty(0, dtype=np.uint32)
    return np.argsort(ids, kind="stable").astype(np.uint32)
