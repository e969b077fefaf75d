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
from siyaj.signals.local_value import MOST_DOUBTS

STEP = 1.2
"""Each level of the pyramid is so many times smaller than the one before it."""
BORDER = RADIUS + 1
DOUBTFUL = MOST_DOUBTS
"""Bits of the key that a search tries both ways."""

_GREY = types.Array(uint8, 2, "C", readonly=True)
_FLOATS = float32[:, ::1]


_REACH = range(-RADIUS, RADIUS + 1)
_MOMENT = float(sum(dx * dx for dx in _REACH for dy in _REACH if dx * dx + dy * dy <= RADIUS * RADIUS))


@njit([_FLOATS(_FLOATS)], cache=True, nogil=True, fastmath=True)
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
    """Return how much of a corner each pixel is that is BORDER from the edges, less one, and 0 for the others: the
    measure of Harris and Stephens (1988) over 5 × 5 pixels."""
    height, width = smooth.shape
    out = np.zeros((height, width), dtype=np.float32)
    # Slices that are walked from 0 let the compiler take eight pixels at once.
    first, wide = BORDER - 1, width - 2 * BORDER + 2
    span = wide + 4
    products = np.empty((5, 3, span), dtype=np.float32)  # of the five rows around, which stay in the nearest cache
    sums = np.empty((3, span), dtype=np.float32)
    totals = np.empty((3, wide), dtype=np.float32)
    for below in range(BORDER - 3, height - BORDER + 3):
        up, down = smooth[below - 1][first - 2 :], smooth[below + 1][first - 2 :]
        left, right = smooth[below][first - 3 :], smooth[below][first - 1 :]
        row = products[below % 5]
        dxx, dyy, dxy = row[0], row[1], row[2]
        for x in range(span):
            dx = right[x] - left[x]
            dy = down[x] - up[x]
            dxx[x] = dx * dx
            dyy[x] = dy * dy
            dxy[x] = dx * dy
        y = below - 2
        if y < BORDER - 1:
            continue
        for axis in range(3):
            a, b, c = products[(y - 2) % 5, axis], products[(y - 1) % 5, axis], products[y % 5, axis]
            d, e = products[(y + 1) % 5, axis], products[below % 5, axis]
            line = sums[axis]
            for x in range(span):
                line[x] = a[x] + e[x] + np.float32(2) * (b[x] + d[x]) + np.float32(3) * c[x]
        for axis in range(3):
            line, total = sums[axis], totals[axis]
            b, c, d, e = line[1:], line[2:], line[3:], line[4:]
            for x in range(wide):
                total[x] = line[x] + e[x] + np.float32(2) * (b[x] + d[x]) + np.float32(3) * c[x]
        xx, yy, xy, target = totals[0], totals[1], totals[2], out[y][first:]
        for x in range(wide):
            both = (xx[x] + yy[x] + np.float32(1e-3)) * np.float32(81.0)
            target[x] = (xx[x] * yy[x] - xy[x] * xy[x]) / both
    return out


@njit([types.Tuple((float32[::1], int64[::1], int64[::1]))(_FLOATS, float32)], cache=True, nogil=True)
def peaks(response: Any, least: float) -> Any:
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
        line = smooth[y + dy][x - reach : x + reach + 1]
        total, moment = np.float32(0), np.float32(0)
        for at in range(2 * reach + 1):
            total += line[at]
            moment += np.float32(at) * line[at]
        across += moment - np.float32(reach) * total
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


_PEAKS = types.Tuple((float32[::1], int64[::1], int64[::1]))


@njit([types.Tuple((_FLOATS, _FLOATS, _PEAKS))(_FLOATS, float32)], cache=True, nogil=True)
def find_corners(source: Any, least: float) -> Any:
    """Return the smoothed level of a pyramid, how much of a corner each pixel is, and the peaks of that."""
    smooth = blur(source)
    response = _corners(smooth)
    return smooth, response, peaks(response, least)


_FOUND = types.Tuple((uint64[:, ::1], uint32[::1], float32[:, ::1], uint8[::1]))


@njit([_FOUND(_FLOATS, _PEAKS, int64, int16[:, :, ::1])], cache=True, nogil=True)
def describe(smooth: Any, corners: Any, wanted: int, pattern: Any) -> Any:
    """Return of at most `wanted` corners descriptors (n, 4) uint64, doubts (n,) uint32, places (n, 2) as
    shares of width and height, and angles (n,) in 256ths of a turn."""
    tall, wide = smooth.shape
    strength, xs, ys = corners
    kept = _spread(strength, xs, ys, tall, wide, wanted)
    words = np.empty((len(kept), 4), dtype=np.uint64)
    doubts = np.empty(len(kept), dtype=np.uint32)
    places = np.empty((len(kept), 2), dtype=np.float32)
    angles = np.empty(len(kept), dtype=np.uint8)
    rise = np.empty(BITS, dtype=np.float32)
    for at in range(len(kept)):
        x, y = xs[kept[at]], ys[kept[at]]
        angle, slope = _angle(smooth, x, y)
        for bit in range(BITS):
            rise[bit] = slope * (pattern[0, bit, 0] - pattern[0, bit, 2])
        _describe(smooth, x, y, angle, pattern, rise, words[at], doubts[at : at + 1])
        places[at, 0] = (x + 0.5) / wide
        places[at, 1] = (y + 0.5) / tall
        angles[at] = angle
    return words, doubts, places, angles
