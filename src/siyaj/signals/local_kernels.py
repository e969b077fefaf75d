"""The compiled part of the local features: from grey pixels to oriented 256-bit descriptors.

Corners are sought on each step of a pyramid (Harris and Stephens: A combined corner and edge detector, 1988). Each gets
an orientation from its centroid of brightness and 256 comparisons of pixels in its own frame (Rublee et al.: ORB, ICCV
2011), of which what the slope of brightness alone explains is taken out. Written here rather than taken from a library
because descriptors are *stored*: those of today must be comparable with those of next year, whatever is installed then.

The comparisons come in pairs that are each other's mirror image, so the descriptor of the mirrored picture is the
same one with its halves swapped: a mirrored copy costs no second extraction.
"""

from typing import Any

import numpy as np
from numba import float32, int16, int64, njit, types, uint8, uint32, uint64

from siyaj.signals.local_pattern import BITS, KEY_BITS, KEY_HALF, RADIUS

STEP = 1.2
"""Each level of the pyramid is so many times smaller than the one before it."""
BORDER = RADIUS + 1
DOUBTFUL = 6
"""Bits of the key that a search tries both ways."""

_GREY = types.Array(uint8, 2, "C", readonly=True)
_FLOATS = float32[:, ::1]


_REACH = range(-RADIUS, RADIUS + 1)
_MOMENT = float(sum(dx * dx for dx in _REACH for dy in _REACH if dx * dx + dy * dy <= RADIUS * RADIUS))


@njit([_FLOATS(_GREY), _FLOATS(_FLOATS)], cache=True, nogil=True, fastmath=True)
def blur(grey: Any) -> Any:
    """Return the picture under a binomial filter of seven taps (a deviation of 1.2 pixels), edges repeated."""
    height, width = grey.shape
    rows = np.empty((height, width), dtype=np.float32)
    out = np.empty((height, width), dtype=np.float32)
    last = height - 1
    for y in range(height):
        a, b, c = grey[max(y - 3, 0)], grey[max(y - 2, 0)], grey[max(y - 1, 0)]
        d, e, f, g = grey[y], grey[min(y + 1, last)], grey[min(y + 2, last)], grey[min(y + 3, last)]
        line = rows[y]
        for x in range(width):
            line[x] = (
                np.float32(20.0) * np.float32(d[x])
                + np.float32(15.0) * (np.float32(c[x]) + np.float32(e[x]))
                + np.float32(6.0) * (np.float32(b[x]) + np.float32(f[x]))
                + (np.float32(a[x]) + np.float32(g[x]))
            ) * np.float32(1.0 / 64.0)
    padded = np.empty(width + 6, dtype=np.float32)
    for y in range(height):
        padded[:3] = rows[y, 0]
        padded[3 : width + 3] = rows[y]
        padded[width + 3 :] = rows[y, width - 1]
        line = out[y]
        for x in range(width):
            line[x] = (
                np.float32(20.0) * padded[x + 3]
                + np.float32(15.0) * (padded[x + 2] + padded[x + 4])
                + np.float32(6.0) * (padded[x + 1] + padded[x + 5])
                + (padded[x] + padded[x + 6])
            ) * np.float32(1.0 / 64.0)
    return out


@njit([_FLOATS(_FLOATS, int64, int64)], cache=True, nogil=True, fastmath=True)
def shrink(source: Any, height: int, width: int) -> Any:
    """Return `source` at another size by linear interpolation."""
    out = np.empty((height, width), dtype=np.float32)
    tall, wide = source.shape
    down, across = tall / height, wide / width
    left = np.empty(width, dtype=np.int64)
    share = np.empty(width, dtype=np.float32)
    for x in range(width):
        at = min(max((x + 0.5) * across - 0.5, 0.0), wide - 1.001)
        left[x] = int(at)
        share[x] = np.float32(at - left[x])
    for y in range(height):
        at = min(max((y + 0.5) * down - 0.5, 0.0), tall - 1.001)
        top = int(at)
        part = np.float32(at - top)
        upper, lower = source[top], source[top + 1]
        for x in range(width):
            i = left[x]
            a = upper[i] + share[x] * (upper[i + 1] - upper[i])
            b = lower[i] + share[x] * (lower[i + 1] - lower[i])
            out[y, x] = a + part * (b - a)
    return out


@njit([_FLOATS(_FLOATS)], cache=True, nogil=True, fastmath=True)
def _corners(smooth: Any) -> Any:
    """Return how much of a corner each pixel is: the measure of Harris and Stephens (1988) over 5 × 5 pixels."""
    height, width = smooth.shape
    out = np.zeros((height, width), dtype=np.float32)
    products = np.zeros((3, height, width), dtype=np.float32)
    for y in range(1, height - 1):
        up, mid, down = smooth[y - 1], smooth[y], smooth[y + 1]
        for x in range(1, width - 1):
            dx = mid[x + 1] - mid[x - 1]
            dy = down[x] - up[x]
            products[0, y, x] = dx * dx
            products[1, y, x] = dy * dy
            products[2, y, x] = dx * dy
    sums = np.empty((3, width), dtype=np.float32)
    for y in range(3, height - 3):
        for axis in range(3):
            a, b, c = products[axis, y - 2], products[axis, y - 1], products[axis, y]
            d, e = products[axis, y + 1], products[axis, y + 2]
            line = sums[axis]
            for x in range(width):
                line[x] = a[x] + e[x] + np.float32(2) * (b[x] + d[x]) + np.float32(3) * c[x]
        xs, ys, xys = sums[0], sums[1], sums[2]
        for x in range(3, width - 3):
            xx = xs[x - 2] + xs[x + 2] + np.float32(2) * (xs[x - 1] + xs[x + 1]) + np.float32(3) * xs[x]
            yy = ys[x - 2] + ys[x + 2] + np.float32(2) * (ys[x - 1] + ys[x + 1]) + np.float32(3) * ys[x]
            xy = xys[x - 2] + xys[x + 2] + np.float32(2) * (xys[x - 1] + xys[x + 1]) + np.float32(3) * xys[x]
            out[y, x] = (xx * yy - xy * xy) / (xx + yy + np.float32(1e-3)) / np.float32(81.0)
    return out


@njit([types.Tuple((float32[::1], int64[::1], int64[::1]))(_FLOATS, float32)], cache=True, nogil=True)
def _peaks(response: Any, least: float) -> Any:
    """Return strength, x and y of the local maxima above `least`."""
    height, width = response.shape
    most = max(height * width // 9, 1)
    strength = np.empty(most, dtype=np.float32)
    xs = np.empty(most, dtype=np.int64)
    ys = np.empty(most, dtype=np.int64)
    count = 0
    for y in range(BORDER, height - BORDER):
        up, mid, down = response[y - 1], response[y], response[y + 1]
        for x in range(BORDER, width - BORDER):
            value = mid[x]
            if (
                value > least
                and value > mid[x - 1]
                and value >= mid[x + 1]
                and value > up[x]
                and value >= down[x]
                and value > up[x - 1]
                and value > up[x + 1]
                and value >= down[x - 1]
                and value >= down[x + 1]
                and count < most
            ):
                strength[count] = value
                xs[count] = x
                ys[count] = y
                count += 1
    return strength[:count], xs[:count], ys[:count]


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


@njit(types.Tuple((int64, float32))(_FLOATS, int64, int64), cache=True, nogil=True, fastmath=True)
def _angle(smooth: Any, x: int, y: int) -> Any:
    """Return the direction in which it gets brighter, in 256ths of a turn, and by how much a pixel."""
    across: Any = 0.0
    down: Any = 0.0
    for dy in range(-RADIUS, RADIUS + 1):
        reach = int(np.sqrt(RADIUS * RADIUS - dy * dy))
        line = smooth[y + dy]
        total = np.float32(0)
        for dx in range(-reach, reach + 1):
            value = line[x + dx]
            total += value
            across += dx * value
        down += dy * total
    angle = int(np.floor(np.arctan2(down, across) / (2 * np.pi) * 256 + 0.5)) & 255
    return angle, np.float32(np.hypot(down, across) / _MOMENT)


@njit(
    [types.void(_FLOATS, int64, int64, int64, int16[:, :, ::1], float32[::1], uint64[::1], uint32[::1])],
    cache=True,
    nogil=True,
    boundscheck=False,
)
def _describe(smooth: Any, x: int, y: int, angle: int, pattern: Any, rise: Any, words: Any, doubt: Any) -> None:
    """Fill the four words, and in `doubt[0]` set the six bits of the key that noise would turn over first."""
    turned = pattern[((angle + 2) >> 2) & 63]
    margins = np.empty(KEY_BITS, dtype=np.float32)
    for word in range(4):
        value = np.uint64(0)
        for bit in range(64):
            test = turned[word * 64 + bit]
            gap = smooth[y + test[1], x + test[0]] - smooth[y + test[3], x + test[2]] - rise[word * 64 + bit]
            if gap > 0:
                value |= np.uint64(1) << np.uint64(bit)
            if bit < KEY_HALF and not word & 1:
                margins[2 * bit + (word >> 1)] = abs(gap)
        words[word] = value
    mask: Any = 0
    for _ in range(DOUBTFUL):
        least = np.argmin(margins)
        mask |= 1 << least
        margins[least] = np.inf
    doubt[0] = mask


_FOUND = types.Tuple((uint64[:, ::1], uint32[::1], float32[:, ::1], uint8[:, ::1]))


@njit([_FOUND(_GREY, int64, int64, int16[:, :, ::1], float32)], cache=True, nogil=True)
def find_features(grey: Any, wanted: int, levels: int, pattern: Any, least: float) -> Any:
    """Return descriptors (n, 4) uint64, doubts (n,) uint32, places (n, 2) as shares of width and height, and (n, 2)
    uint8 angle (256ths of a turn) and level; at most `wanted`."""
    height, width = grey.shape
    words = np.empty((wanted, 4), dtype=np.uint64)
    doubts = np.empty(wanted, dtype=np.uint32)
    places = np.empty((wanted, 2), dtype=np.float32)
    frames = np.empty((wanted, 2), dtype=np.uint8)
    rise = np.empty(BITS, dtype=np.float32)
    count = 0
    source = grey.astype(np.float32)
    for level in range(levels):
        tall, wide = int(height / STEP**level + 0.5), int(width / STEP**level + 0.5)
        if min(tall, wide) < 2 * BORDER + 8:
            break
        if level:
            source = shrink(source, tall, wide)
        smooth = blur(source)
        strength, xs, ys = _peaks(_corners(smooth), least)
        # What finer levels did not give goes to the coarser ones: a smooth picture has its corners there.
        rest = (1 - 1 / STEP) / (1 - (1 / STEP) ** (levels - level))
        quota = int((wanted - count) * rest + 0.5)
        kept = _spread(strength, xs, ys, tall, wide, quota)
        for one in kept:
            x, y = xs[one], ys[one]
            angle, slope = _angle(smooth, x, y)
            for bit in range(BITS):
                rise[bit] = slope * (pattern[0, bit, 0] - pattern[0, bit, 2])
            _describe(smooth, x, y, angle, pattern, rise, words[count], doubts[count : count + 1])
            places[count, 0] = (x + 0.5) / wide
            places[count, 1] = (y + 0.5) / tall
            frames[count, 0] = angle
            frames[count, 1] = level
            count += 1
    return words[:count], doubts[:count], places[:count], frames[:count]
