"""What is around a local feature, compiled: from corners to oriented 256-bit descriptors.

Each corner gets an orientation from its centroid of brightness and 256 comparisons of pixels in its own frame (Rublee
et al.: ORB, ICCV 2011), of which what the slope of brightness alone explains is taken out. Written for vectors: the
comparisons are 256 differences side by side, and what is compared stands in tables.

The comparisons come in pairs that are each other's mirror image, so the descriptor of the mirrored picture is the
same one with its halves swapped: a mirrored copy costs no second extraction.
"""

from typing import Any

import numpy as np
from numba import float32, int16, int64, njit, types, uint8, uint32, uint64
from numpy.typing import NDArray

from siyaj.signals.local_kernels import _FLOATS, _PEAKS, BORDER
from siyaj.signals.local_pattern import BITS, KEY_BITS, KEY_HALF, PATTERN, RADIUS
from siyaj.signals.local_value import MOST_DOUBTS

DOUBTFUL = MOST_DOUBTS
"""Bits of the key that a search tries both ways."""
PLANES = np.ascontiguousarray(PATTERN.transpose(0, 2, 1))
"""(64, 4, 256): the pattern at each angle; x1, y1, x2, y2 apart."""
_REACH = range(-RADIUS, RADIUS + 1)
_MOMENT = float(sum(dx * dx for dx in _REACH for dy in _REACH if dx * dx + dy * dy <= RADIUS * RADIUS))


@njit([int64[::1](float32[::1], int64[::1], int64[::1], int64, int64, int64)], cache=True, nogil=True)
def _spread(strength: Any, xs: Any, ys: Any, height: int, width: int, wanted: int) -> Any:
    """Return which peaks to keep: the strongest of every cell first, then the second ones, and so on.

    A crop must find features wherever it was cut, not only where the picture is busiest.
    """
    order = np.argsort(-strength)
    cells = max(1, int(np.sqrt(wanted / 2.0)))
    taken = np.zeros((cells, cells), dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    for at in range(len(order)):
        one = order[at]
        row, column = ys[one] * cells // height, xs[one] * cells // width
        rank[at] = taken[row, column]
        taken[row, column] += 1
    kept = np.empty(min(wanted, len(order)), dtype=np.int64)
    count = 0
    turn = 0
    while count < len(kept):
        for at in range(len(order)):
            if rank[at] == turn and count < len(kept):
                kept[count] = order[at]
                count += 1
        turn += 1
    return kept


def _disc() -> NDArray[np.float32]:
    """Return 1 for each pixel at most RADIUS away, in rows of WIDE."""
    steps = np.arange(WIDE) - RADIUS
    return (steps**2 + steps[: 2 * RADIUS + 1, None] ** 2 <= RADIUS * RADIUS).astype(np.float32)


WIDE = 40
"""Pixels of a row around a feature that are read: whole vectors."""
DISC = _disc()


@njit(types.Tuple((int64, float32))(float32[::1], int64, int64, _FLOATS), cache=True, nogil=True, fastmath=True)
def _angle(flat: Any, centre: int, width: int, disc: Any) -> Any:
    """Return the direction in which it gets brighter, in 256ths of a turn, and by how much a pixel."""
    columns = np.zeros(WIDE, dtype=np.float32)
    slanted = np.zeros(WIDE, dtype=np.float32)
    for row in range(2 * RADIUS + 1):
        begin = centre + (row - RADIUS) * width - RADIUS
        line, weights, dy = flat[begin : begin + WIDE], disc[row], np.float32(row - RADIUS)
        for at in range(WIDE):
            value = weights[at] * line[at]
            columns[at] += value
            slanted[at] += dy * value
    across: Any = 0.0
    down: Any = 0.0
    for at in range(2 * RADIUS + 1):
        across += (at - RADIUS) * columns[at]
        down += slanted[at]
    angle = int(np.floor(np.arctan2(down, across) / (2 * np.pi) * 256 + 0.5)) & 255
    return angle, np.float32(np.hypot(down, across) / _MOMENT)


@njit(
    types.void(float32[::1], int64, int64, int16[:, ::1], int16[:, ::1], float32, float32[::1]), cache=True, nogil=True
)
def _gaps(flat: Any, centre: int, width: int, turned: Any, plain: Any, slope: Any, gaps: Any) -> None:
    """Fill in by how much the one pixel of each comparison is brighter than the other, less what the slope explains."""
    stride = np.int32(width)
    x1, y1, x2, y2 = turned[0], turned[1], turned[2], turned[3]
    p1, p2 = plain[0], plain[2]
    one, other = np.empty(BITS, dtype=np.int32), np.empty(BITS, dtype=np.int32)
    begin = centre - BORDER * width
    window = flat[begin:]
    middle = np.int32(BORDER * width)
    for bit in range(BITS):
        one[bit] = np.int32(y1[bit]) * stride + np.int32(x1[bit]) + middle
        other[bit] = np.int32(y2[bit]) * stride + np.int32(x2[bit]) + middle
    for bit in range(BITS):
        rise = slope * np.float32(p1[bit] - p2[bit])
        gaps[bit] = window[np.uintp(one[bit])] - window[np.uintp(other[bit])] - rise


@njit(types.void(float32[::1], uint64[::1]), cache=True, nogil=True)
def _bits(gaps: Any, words: Any) -> None:
    """Fill the four words: a bit is set where the gap is above 0."""
    flags = np.empty(BITS, dtype=np.uint8)
    for bit in range(BITS):
        flags[bit] = gaps[bit] > 0
    eights = flags.view(np.uint64)
    for word in range(4):
        value = np.uint64(0)
        for eight in range(8):
            # The multiplication brings eight bytes of 0 or 1 into the bits of the highest byte.
            packed = (eights[8 * word + eight] * np.uint64(0x0102040810204080)) >> np.uint64(56)
            value |= packed << np.uint64(8 * eight)
        words[word] = value


@njit(uint32(float32[::1], int64[::1]), cache=True, nogil=True)
def _doubts(gaps: Any, margins: Any) -> Any:
    """Return the six bits of the key that noise would turn over first. `margins` (22,) is room to work in."""
    # Magnitudes of floats are ordered as their bits are: so magnitude and place are compared at once.
    marks = gaps.view(np.int32)
    for bit in range(KEY_HALF):
        margins[2 * bit] = np.int64(marks[bit] & 0x7FFFFFFF) << 8 | (2 * bit)
        margins[2 * bit + 1] = np.int64(marks[2 * 64 + bit] & 0x7FFFFFFF) << 8 | (2 * bit + 1)
    mask, above = np.uint32(0), np.int64(-1)
    for _ in range(DOUBTFUL):
        least = np.int64(1) << 60
        for bit in range(KEY_BITS):
            one = margins[bit]
            least = min(least, one if one > above else least)
        mask |= np.uint32(1) << np.uint32(least & 255)
        above = least
    return mask


_FOUND = types.Tuple((uint64[:, ::1], uint32[::1], float32[:, ::1], uint8[::1]))


@njit([_FOUND(_FLOATS, _PEAKS, int64, int16[:, :, ::1], _FLOATS)], cache=True, nogil=True)
def _describe(smooth: Any, corners: Any, wanted: int, planes: Any, disc: Any) -> Any:
    tall, wide = smooth.shape
    flat = smooth.ravel()
    strength, xs, ys = corners
    kept = _spread(strength, xs, ys, tall, wide, wanted)
    words = np.empty((len(kept), 4), dtype=np.uint64)
    doubts = np.empty(len(kept), dtype=np.uint32)
    places = np.empty((len(kept), 2), dtype=np.float32)
    angles = np.empty(len(kept), dtype=np.uint8)
    gaps = np.empty(BITS, dtype=np.float32)
    margins = np.empty(KEY_BITS, dtype=np.int64)
    for at in range(len(kept)):
        x, y = xs[kept[at]], ys[kept[at]]
        angle, slope = _angle(flat, y * wide + x, wide, disc)
        _gaps(flat, y * wide + x, wide, planes[((angle + 2) >> 2) & 63], planes[0], slope, gaps)
        _bits(gaps, words[at])
        doubts[at] = _doubts(gaps, margins)
        places[at, 0] = (x + 0.5) / wide
        places[at, 1] = (y + 0.5) / tall
        angles[at] = angle
    return words, doubts, places, angles


def describe(
    smooth: NDArray[np.float32], corners: tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]], wanted: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.float32], NDArray[np.uint8]]:
    """Return of at most `wanted` corners descriptors (n, 4) uint64, doubts (n,) uint32, places (n, 2) as
    shares of width and height, and angles (n,) in 256ths of a turn."""
    found: tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.float32], NDArray[np.uint8]]
    found = _describe(smooth, corners, wanted, PLANES, DISC)
    return found
