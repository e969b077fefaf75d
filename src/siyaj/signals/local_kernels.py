"""Where the local features are, compiled: from grey pixels to corners, on each step of a pyramid.

Corners are those of Harris and Stephens (A combined corner and edge detector, 1988). `local_describe` says what is
around each. Written here rather than taken from a library because descriptors are *stored*: those of today must be
comparable with those of next year, whatever is installed then.
"""

from typing import Any

import numpy as np
from numba import float32, int64, njit, types

from siyaj.signals.local_pattern import RADIUS

STEP = 1.2
"""Each level of the pyramid is so many times smaller than the one before it."""
BORDER = RADIUS + 1
STRIP = 256
"""Columns for which corners are sought at once: what is between two steps stays in the nearest cache."""

_FLOATS = float32[:, ::1]


@njit([_FLOATS(_FLOATS)], cache=True, nogil=True, fastmath=True)
def blur(grey: Any) -> Any:
    """Return the picture under a binomial filter of seven taps (a deviation of 1.2 pixels), edges repeated."""
    height, width = grey.shape
    out = np.empty((height, width), dtype=np.float32)
    padded = np.empty(width + 6, dtype=np.float32)
    last = height - 1
    for y in range(height):
        a, b, c = grey[max(y - 3, 0)], grey[max(y - 2, 0)], grey[max(y - 1, 0)]
        d, e, f, g = grey[y], grey[min(y + 1, last)], grey[min(y + 2, last)], grey[min(y + 3, last)]
        line = padded[3:]
        for x in range(width):
            line[x] = (
                np.float32(20.0) * np.float32(d[x])
                + np.float32(15.0) * (np.float32(c[x]) + np.float32(e[x]))
                + np.float32(6.0) * (np.float32(b[x]) + np.float32(f[x]))
                + (np.float32(a[x]) + np.float32(g[x]))
            ) * np.float32(1.0 / 64.0)
        padded[:3] = padded[3]
        padded[width + 3 :] = padded[width + 2]
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
    products = np.empty((5, 3, STRIP + 4), dtype=np.float32)  # of the five rows around
    sums = np.empty((3, STRIP + 4), dtype=np.float32)
    totals = np.empty((3, STRIP), dtype=np.float32)
    for first in range(BORDER - 1, width - BORDER + 1, STRIP):
        # Slices that are walked from 0 let the compiler take eight pixels at once.
        wide = min(STRIP, width - BORDER + 1 - first)
        span = wide + 4
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
    wide = max(width - 2 * BORDER, 0)
    marks = np.empty(wide, dtype=np.float32)
    first = BORDER - 1
    for y in range(BORDER, height - BORDER):
        u, m, d = response[y - 1][first:], response[y][first:], response[y + 1][first:]
        u1, u2, m1, m2, d1, d2 = u[1:], u[2:], m[1:], m[2:], d[1:], d[2:]
        for x in range(wide):
            # Written so that the compiler takes the whole row by vectors: few pixels pass.
            above = u[x] if u[x] > u1[x] else u1[x]
            above = above if above > u2[x] else u2[x]
            above = above if above > m[x] else m[x]
            above = above if above > least else least
            below = d[x] if d[x] > d1[x] else d1[x]
            below = below if below > d2[x] else d2[x]
            below = below if below > m2[x] else m2[x]
            value = m1[x] if m1[x] > above else np.float32(0)
            marks[x] = value if value >= below else np.float32(0)
        for x in range(wide):
            if marks[x] > 0 and count < most:
                strength[count] = marks[x]
                xs[count] = BORDER + x
                ys[count] = y
                count += 1
    return strength[:count], xs[:count], ys[:count]


_PEAKS = types.Tuple((float32[::1], int64[::1], int64[::1]))


@njit([types.Tuple((_FLOATS, _FLOATS, _PEAKS))(_FLOATS, float32)], cache=True, nogil=True)
def find_corners(source: Any, least: float) -> Any:
    """Return the smoothed level of a pyramid, how much of a corner each pixel is, and the peaks of that."""
    smooth = blur(source)
    response = _corners(smooth)
    return smooth, response, peaks(response, least)
