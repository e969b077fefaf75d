"""The immutable part of an exact set: sorted arrays, and how they lie on the disk (plain `.npy`, never unpickled)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_ARRAYS = {"prefix": np.uint64, "rest": np.uint64, "refs": np.int64, "dead": np.bool_, "order": np.uint32}


class Segment:
    """Rows sorted by the first 64 bits of their value; rows with one prefix lie in any order.

    Shapes: `prefix`, `refs`, `dead` (n,), `rest` (n, words − 1), `order` (n,): rows in the order of their refs.
    Only `dead` marks change.
    """

    def __init__(self, **arrays: NDArray[Any]) -> None:
        self.prefix: NDArray[np.uint64] = arrays["prefix"]
        self.rest: NDArray[np.uint64] = arrays["rest"]
        self.refs: NDArray[np.int64] = arrays["refs"]
        self.dead: NDArray[np.bool_] = arrays["dead"]
        self.order: NDArray[np.uint32] = arrays["order"]
        self.live = int(len(self.refs) - np.count_nonzero(self.dead))

    @classmethod
    def build(cls, refs: NDArray[np.int64], words: NDArray[np.uint64]) -> Self:
        """`refs` (n,), `words` (n, bits/64). Of a ref given twice the last stays."""
        last = len(refs) - 1 - np.unique(refs[::-1], return_index=True)[1]
        if len(last) < len(refs):
            refs, words = refs[last], words[last]
        rows = np.argsort(words[:, 0], kind="stable")
        refs = refs[rows]
        return cls(
            prefix=np.ascontiguousarray(words[rows, 0]),
            rest=np.ascontiguousarray(words[rows, 1:]),
            refs=refs,
            dead=np.zeros(len(refs), dtype=np.bool_),
            order=np.argsort(refs, kind="stable").astype(np.uint32),
        )

    @classmethod
    def merge(cls, segments: Sequence["Segment"], dead: Sequence[NDArray[np.bool_]]) -> Self:
        """Return one segment of the rows that are not `dead`."""
        alive = list(zip(segments, [~marks for marks in dead], strict=True))
        refs = np.concatenate([segment.refs[keep] for segment, keep in alive])
        words = np.concatenate([np.column_stack((one.prefix[keep], one.rest[keep])) for one, keep in alive])
        return cls.build(refs, words)

    def search(self, queries: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
        """Yield (query, ref) for each live row that equals a query of (m, bits/64)."""
        first = np.searchsorted(self.prefix, queries[:, 0], "left")
        end = np.searchsorted(self.prefix, queries[:, 0], "right")
        for query in np.flatnonzero(end > first).tolist():
            rows = np.arange(first[query], end[query])
            same = (self.rest[rows] == queries[query, 1:]).all(axis=1) & ~self.dead[rows]
            for ref in self.refs[rows[same]].tolist():
                yield query, ref

    def bury(self, refs: NDArray[np.int64]) -> None:
        """Mark the rows of these refs dead; unknown refs are ignored."""
        if not len(refs) or not len(self.refs):
            return
        place = np.searchsorted(self.refs, refs, sorter=self.order)
        place[place == len(self.order)] = 0
        rows = self.order[place]
        rows = np.unique(rows[(self.refs[rows] == refs) & ~self.dead[rows]])
        self.dead[rows] = True
        self.live -= len(rows)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, words: int) -> Self:
        """Open memory-mapped, copy-on-write. Raises ValueError for what is not a whole segment of `words` × 64 bits."""
        try:
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False) for name in _ARRAYS}
        except (OSError, ValueError, EOFError) as error:
            raise ValueError(f"the exact set in {folder} cannot be read: {error}") from error
        count = len(arrays["refs"])
        for name, kind in _ARRAYS.items():
            shape = (count, words - 1) if name == "rest" else (count,)
            if arrays[name].dtype != kind or arrays[name].shape != shape:
                raise ValueError(f"{name}.npy in {folder} has {arrays[name].dtype}{arrays[name].shape}")
        if count and int(arrays["order"].max()) >= count:
            raise ValueError(f"order.npy in {folder} points outside")
        return cls(**{name: np.asarray(array) for name, array in arrays.items()})

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, name).nbytes for name in _ARRAYS)
