"""Banked pictures that may be the whole of a searched one, or of a rectangle in it, found without any feature.

Of flat drawings every corner looks like a corner of any picture, and lettering across a calm one has more corners than
what is under it. So each banked picture also has a sketch: of each of 16 × 16 cells, whether it is brighter than the
cells around it. An overlay changes the bits where it lies and no others. The pictures whose sketches are nearest to
that of the searched one, of its mirror image, or of what lines across it mark off, are glanced at, and the few that are
as bright in the same places are laid over it like any other.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numba import float32, float64, int64, njit, types, uint8, uint64
from numpy.typing import NDArray

from siyaj.matching import local_pixels, local_tones
from siyaj.matching.hamming_kernels import _popcount
from siyaj.matching.local_compare import Alignment, Searched, alignment_of, counted, level_of
from siyaj.matching.local_pixels import _GREY, _at
from siyaj.signals.local_value import Features

CELLS, AROUND = 16, 2
"""Cells each way of a sketch, and how many each way a cell is compared with."""
IN_CELL = 3
"""Places each way that a cell is seen at."""
FARTHEST = 104
"""Bits of 256. Of 4,500 copies of 300 pictures one in a hundred is further from its original."""
SHAPE = 0.3
"""How much the logarithm of the ratio of sides may differ."""
GLANCES, LOOKS = 24, 4
"""Banked pictures, the nearest first, that are glanced at, and the best of them that are laid over the searched one."""
LEAST_GLANCE = 0.3
"""Share, beyond chance, of places that have to be equally bright at a glance."""
LEAST_STEP, LEAST_LINE = 10, 0.6
"""Grey levels by which a line changes what it crosses, and on how much of its length."""
LINES, LEAST_BETWEEN, MOST_PAIRS = 3, 0.3, 5
"""Lines each way that are tried, the share of a side that two of them must leave, and how many two are taken."""

_SKETCHES = uint64[:, ::1]
_NO_POINTS, _NO_WEIGHTS = np.zeros((0, 4), dtype=np.float64), np.zeros(0, dtype=np.float64)


class Guess(NamedTuple):
    """A rectangle of the searched thumbnail, or of its mirror image, that may be a picture: in its pixels."""

    mirrored: bool
    left: float
    top: float
    right: float
    bottom: float


@njit(types.void(_GREY, float64, float64, float64, float64, uint64[::1]), cache=True, nogil=True)
def _sketch(grey: Any, left: float, top: float, right: float, bottom: float, out: Any) -> None:
    cells = np.zeros((CELLS, CELLS), dtype=np.float64)
    across, down = (right - left) / (CELLS * IN_CELL), (bottom - top) / (CELLS * IN_CELL)
    for y in range(CELLS * IN_CELL):
        for x in range(CELLS * IN_CELL):
            cells[y // IN_CELL, x // IN_CELL] += _at(grey, left + (x + 0.5) * across, top + (y + 0.5) * down)
    out[:] = 0
    for y in range(CELLS):
        for x in range(CELLS):
            around = 0.0
            for dy in range(-AROUND, AROUND + 1):
                for dx in range(-AROUND, AROUND + 1):
                    around += cells[min(max(y + dy, 0), CELLS - 1), min(max(x + dx, 0), CELLS - 1)]
            bit = CELLS * y + x
            if cells[y, x] * (2 * AROUND + 1) ** 2 > around:
                out[bit // 64] |= np.uint64(1) << np.uint64(bit % 64)


@njit(
    types.Tuple((int64[::1], int64[::1]))(
        _SKETCHES, float32[::1], uint8[::1], int64, uint64[:, ::1], float32[::1], int64
    ),
    cache=True,
    nogil=True,
)
def _nearest(sketches: Any, shapes: Any, alive: Any, rows: int, asked: Any, asked_shapes: Any, wanted: int) -> Any:
    """Return at most `wanted` rows, the nearest first, and which of `asked` each is nearest to."""
    apart = np.full(rows, 255, dtype=np.uint8)
    which = np.zeros(rows, dtype=np.uint8)
    counts = np.zeros(FARTHEST + 1, dtype=np.int64)
    for row in range(rows):
        if not alive[row]:
            continue
        least = FARTHEST + 1
        for one in range(len(asked)):
            if abs(shapes[row] - asked_shapes[one]) > SHAPE:
                continue
            bits: Any = np.int64(_popcount(sketches[row, 0] ^ asked[one, 0]))
            bits += np.int64(_popcount(sketches[row, 1] ^ asked[one, 1]))
            bits += np.int64(_popcount(sketches[row, 2] ^ asked[one, 2]))
            bits += np.int64(_popcount(sketches[row, 3] ^ asked[one, 3]))
            if bits < least:
                least, which[row] = bits, one
        if least <= FARTHEST:
            apart[row] = least
            counts[least] += 1
    limit, total = 0, counts[0]
    while limit < FARTHEST and total < wanted:
        limit += 1
        total += counts[limit]
    found = np.empty(total, dtype=np.int64)
    begins = np.zeros(FARTHEST + 2, dtype=np.int64)
    for bits in range(FARTHEST + 1):
        begins[bits + 1] = begins[bits] + counts[bits]
    for row in range(rows):
        if apart[row] <= limit:
            found[begins[apart[row]]] = row
            begins[apart[row]] += 1
    found = found[:wanted].copy()
    return found, which[found].astype(np.int64)


@njit(int64[::1](_GREY), cache=True, nogil=True)
def _rows_with_lines(grey: Any) -> Any:
    """Return before which rows a line runs across the picture, the one on most of its width first."""
    height, width = grey.shape
    share = np.zeros(height, dtype=np.float64)
    for y in range(2, height - 2):
        for x in range(width):
            share[y] += abs(np.int64(grey[y + 1, x]) - np.int64(grey[y - 1, x])) >= LEAST_STEP
            step: Any = abs(np.int64(grey[y, x]) - np.int64(grey[y - 1, x]))
            share[y] += 0.0005 * min(step, 20)  # of two rows that a line changes alike, the one it changes more
        share[y] /= width
    places = np.empty(LINES, dtype=np.int64)
    count = 0
    while count < LINES:
        best = int(np.argmax(share))
        if share[best] < LEAST_LINE:
            break
        places[count] = best
        count += 1
        share[max(best - 3, 0) : best + 4] = 0.0
    return places[:count]


def guesses(grey: NDArray[np.uint8]) -> list[Guess]:
    """Return the whole thumbnail and what lines across it mark off, plain and mirrored."""
    tall, wide = grey.shape
    found = [(0.0, 0.0, float(wide), float(tall))]
    if min(tall, wide) >= CELLS:
        rows, columns = _rows_with_lines(grey), _rows_with_lines(np.ascontiguousarray(grey.T))
        found += [(0.0, top, float(wide), bottom) for top, bottom in _between(rows, tall)]
        found += [(left, 0.0, right, float(tall)) for left, right in _between(columns, wide)]
        found += [(left, top, right, bottom) for top, bottom in _cut(rows, tall) for left, right in _cut(columns, wide)]
    plain = [Guess(False, *each) for each in found]
    return plain + [Guess(True, wide - right, top, wide - left, bottom) for left, top, right, bottom in found]


def _between(lines: NDArray[np.int64], side: int) -> list[tuple[float, float]]:
    """Return pairs of lines or edges, those furthest from each other first."""
    places = sorted({0, side, *lines.tolist()})
    pairs = [(float(one), float(other)) for at, one in enumerate(places) for other in places[at + 1 :]]
    wide = [pair for pair in pairs if LEAST_BETWEEN * side <= pair[1] - pair[0] < side]
    return sorted(wide, key=lambda pair: pair[0] - pair[1])[:MOST_PAIRS]


def _cut(lines: NDArray[np.int64], side: int) -> list[tuple[float, float]]:
    """Return what the strongest line leaves on either side, and what lies between the outermost of them."""
    if not len(lines):
        return []
    strongest, first, last = float(lines[0]), float(lines.min()), float(lines.max())
    pairs = dict.fromkeys([(first, last), (0.0, strongest), (strongest, float(side))])
    return [pair for pair in pairs if pair[1] - pair[0] >= LEAST_BETWEEN * side]


class Sketches:
    """The sketches of an index, by row. One writes at a time, and readers never wait."""

    def __init__(self) -> None:
        self._sketches = np.zeros((1024, 4), dtype=np.uint64)
        self._shapes = np.zeros(1024, dtype=np.float32)
        self._rows = 0

    def add(self, row: int, thumbnail: NDArray[np.uint8]) -> None:
        if row >= len(self._shapes):
            more = len(self._shapes) // 4
            self._sketches = np.concatenate([self._sketches, np.zeros((more, 4), dtype=np.uint64)])
            self._shapes = np.concatenate([self._shapes, np.zeros(more, dtype=np.float32)])
        tall, wide = thumbnail.shape
        if min(tall, wide) > 1:
            _sketch(thumbnail, 0.0, 0.0, float(wide), float(tall), self._sketches[row])
        self._shapes[row] = np.log(wide / tall) if min(tall, wide) > 1 else np.inf
        self._rows = row + 1

    @property
    def nbytes(self) -> int:
        return self._sketches.nbytes + self._shapes.nbytes

    def nearest(self, searched: Searched, alive: NDArray[np.uint8]) -> Iterator[tuple[int, Guess]]:
        """Yield the rows whose sketches are nearest to a guess, and the guess."""
        zooms = searched.zooms[0]
        if min(zooms[0].shape) < CELLS or not self._rows:
            return
        tried = guesses(zooms[0])
        asked = np.empty((len(tried), 4), dtype=np.uint64)
        for at, guess in enumerate(tried):
            level = min(len(zooms) - 1, max(0, round(np.log2(max(guess.right - guess.left, 1) / 80))))
            grey = searched.zooms[guess.mirrored][level]
            x, y = grey.shape[1] / zooms[0].shape[1], grey.shape[0] / zooms[0].shape[0]
            _sketch(grey, guess.left * x, guess.top * y, guess.right * x, guess.bottom * y, asked[at])
        shapes = np.array(
            [np.log((each.right - each.left) / (each.bottom - each.top)) for each in tried], dtype=np.float32
        )
        sketches, known = self._sketches, self._shapes
        rows = min(self._rows, len(sketches), len(known), len(alive))
        found, which = _nearest(sketches, known, alive, rows, asked, shapes, GLANCES)
        for row, at in zip(found.tolist(), which.tolist(), strict=True):
            yield row, tried[at]


def nearest_looks(
    searched: Searched, sketches: Sketches, alive: NDArray[np.uint8], of: Callable[[int], Features | None]
) -> list[tuple[int, Guess]]:
    """Return the rows that are worth a look, the best at a glance first. `of` gives what is banked in a row."""
    glances = []
    for row, guess in sketches.nearest(searched, alive):
        banked = of(row)
        if banked is not None and (seen := glance(searched, banked, guess)) >= LEAST_GLANCE:
            glances.append((seen, row, guess))
    glances.sort(key=lambda each: (-each[0], each[1]))
    return [(row, guess) for _, row, guess in glances[:LOOKS]]


def glance(searched: Searched, banked: Features, guess: Guess) -> float:
    """Return on what share of its pixels, beyond chance, the guess is as bright as the banked picture."""
    matrix = _matrix(banked, guess)
    zooms = searched.zooms[guess.mirrored]
    level, zoom = level_of(zooms, matrix)
    return local_tones.glance(banked.thumbnail, zooms[level], zoom, matrix)


def lay(searched: Searched, banked: Features, guess: Guess) -> Alignment | None:
    """Return how the banked picture lies on the guess; None where it slips off."""
    matrix = _matrix(banked, guess)
    zooms = searched.zooms[guess.mirrored]
    level, zoom = level_of(zooms, matrix)
    sides = (banked.thumbnail, zooms[level], zoom)
    before = matrix.copy()
    local_pixels.refine(*sides, matrix, 6, 2, False)
    first, second = local_tones.measure(*sides, before), local_tones.measure(*sides, matrix)
    better = matrix if max(second.same, second.fitted) >= max(first.same, first.fitted) else before
    result = local_pixels.judge(*sides, *zooms[0].shape, better, _NO_POINTS, searched.unit, 0, _NO_WEIGHTS)
    if not result[local_pixels.OVER_BANKED]:
        return None
    return alignment_of(result, 0.0, guess.mirrored, banked.thumbnail.shape[::-1], zooms[0].shape[::-1])


def lay_alone(searched: Searched, banked: Features) -> Alignment | None:
    """Return how one banked picture lies on the searched one; None where no guess is worth a look."""
    alone = Sketches()
    alone.add(0, banked.thumbnail)
    for _, guess in nearest_looks(searched, alone, np.ones(1, dtype=np.uint8), lambda _: banked):
        if alignment := lay(searched, banked, guess):
            return counted(searched, banked, alignment)
    return None


def _matrix(banked: Features, guess: Guess) -> NDArray[np.float64]:
    tall, wide = banked.thumbnail.shape
    x, y = (guess.right - guess.left) / wide, (guess.bottom - guess.top) / tall
    return np.array([x, 0, guess.left, 0, y, guess.top, 0, 0, 1], dtype=np.float64)
