"""Are two aligned pictures equally bright, pixel by pixel, more often than chance would have it?

A copy under a banner, lettering or a watermark is what it was wherever nothing was laid over it, sky and wall included:
that needs neither corners nor detail. Two strangers under the same overlay are equal there and, but by chance, nowhere
else; where the overlay shines through, not even there. What chance gives follows from how often each grey occurs.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import boolean, float32, float64, int64, njit, types
from numpy.typing import NDArray

from siyaj.matching.local_pixels import _GREY, PARTS, _warp

NEAR, NEAR_ON_SLOPE = 5, 0.6
"""Grey levels apart that are equal; and how much more for each level by which the banked picture changes a pixel."""
EXACT = 1.5
"""Grey levels, for those that have to be equal exactly."""
TONES = 16
"""Steps of grey for which it is asked what they became."""
SMALL = 0.02
"""Share of the pixels that hardly counts: where all but these are one colour, chance makes all equal."""
MOST_CONTRAST = 4.0
"""By how much, either way, contrast may have been changed in a match on the whole picture: any tone becomes any other
when all contrast may go."""
FEWEST = 60
"""Pixels. Of fewer nothing can be said."""

_FLOATS = float32[:, ::1]
_MASK = boolean[:, ::1]


class Tones(NamedTuple):
    """Shares, 1 where all pixels agree, 0 where no more do than by chance."""

    same: float
    """Equal as they are."""
    fitted: float
    """Equal once brightness and contrast are."""
    mapped: float
    """Equal once each of 16 tones is replaced by what it became most often: as colours turned make it."""
    exact: float
    """`same` or `fitted`, the greater one, where only a grey level or two is forgiven: smooth gradients resemble each
    other, but not as closely as a copy."""
    least: float
    """`same` or `fitted`, the greater one, in the part that agrees least."""


@njit(types.Tuple((float64, float64))(_FLOATS, _FLOATS, _MASK), cache=True, nogil=True)
def _line(one: Any, other: Any, mask: Any) -> Any:
    """Return gain and offset from `one` to `other`, pixels that do not follow them weighing little."""
    height, width = one.shape
    gain, offset, spread = 1.0, 0.0, 20.0
    for turn in range(8):
        n, a, b, aa, ab, bb = 1e-9, 0.0, 0.0, 0.0, 0.0, 0.0
        for y in range(height):
            for x in range(width):
                if mask[y, x]:
                    p, q = float(one[y, x]), float(other[y, x])
                    left = (q - gain * p - offset) / spread
                    weight = 1.0 if turn == 0 else 1.0 / (1.0 + left * left)
                    n += weight
                    a += weight * p
                    b += weight * q
                    aa += weight * p * p
                    ab += weight * p * q
                    bb += weight * q * q
        va, cov = aa / n - a * a / n / n + 1.0, ab / n - a * b / n / n
        gain = min(max(cov / va, 0.2), 5.0)
        offset = b / n - gain * a / n
        spread = max(3.0, spread * 0.7)
    return gain, offset


@njit(
    types.Tuple((float64, float64))(_FLOATS, _FLOATS, _MASK, _FLOATS, float64, float64, int64, int64, int64, int64),
    cache=True,
    nogil=True,
)
def _equal(
    one: Any, other: Any, mask: Any, reach: Any, gain: float, offset: float, y0: int, y1: int, x0: int, x1: int
) -> Any:
    """Return how often the two are equal, and how often if the pixels of the one were dealt anew; −1 where there are
    too few to say."""
    here, there = np.zeros(256, dtype=np.float64), np.zeros(257, dtype=np.float64)
    n, equal, near = 0, 0, 256.0
    for y in range(y0, y1):
        for x in range(x0, x1):
            if mask[y, x]:
                tone = min(max(gain * one[y, x] + offset, 0.0), 255.0)
                n += 1
                equal += abs(tone - other[y, x]) <= reach[y, x]
                near = min(near, reach[y, x])
                here[int(tone)] += 1
                there[int(other[y, x]) + 1] += 1
    if n < FEWEST:
        return -1.0, -1.0
    for at in range(256):
        there[at + 1] += there[at]
    chance = 0.0
    for at in range(256):
        if here[at] > 0:
            chance += here[at] * (there[min(at + int(near), 255) + 1] - there[max(at - int(near), 0)])
    return equal / n, chance / (float(n) * n)


@njit(float64(_FLOATS, _FLOATS, _MASK, _FLOATS, float64, float64, int64, int64, int64, int64), cache=True, nogil=True)
def _beyond_chance(
    one: Any, other: Any, mask: Any, reach: Any, gain: float, offset: float, y0: int, y1: int, x0: int, x1: int
) -> float:
    """Return how much more often the two are equal than by chance (Cohen's kappa)."""
    equal, chance = _equal(one, other, mask, reach, gain, offset, y0, y1, x0, x1)
    return (equal - chance) / (1.0 - chance + SMALL) if equal >= 0 else 0.0


@njit(float64(_FLOATS, _FLOATS, _MASK, _FLOATS), cache=True, nogil=True)
def _mapped(one: Any, other: Any, mask: Any, reach: Any) -> float:
    """Return by how much knowing the one picks the tone of the other better (Goodman and Kruskal's lambda)."""
    height, width = one.shape
    counts = np.zeros((TONES + 1, 64), dtype=np.int64)
    n = 0
    for y in range(height):
        for x in range(width):
            if mask[y, x] and reach[y, x] < 3 * NEAR:
                n += 1
                tone, became = int(one[y, x]) * TONES // 256, int(other[y, x]) // 4
                counts[tone, became] += 1
                counts[TONES, became] += 1
    if n < FEWEST:
        return 0.0
    hits, most = 0, 0
    for tone in range(TONES + 1):
        best = 0
        for at in range(62):
            best = max(best, counts[tone, at] + counts[tone, at + 1] + counts[tone, at + 2])
        if tone < TONES:
            hits += best
        else:
            most = best
    return (hits - most) / (n - most + 0.02 * n)


@njit(_FLOATS(_FLOATS), cache=True, nogil=True)
def _reach(grey: Any) -> Any:
    """Return for each pixel how many grey levels apart is equal."""
    height, width = grey.shape
    reach = np.empty((height, width), dtype=np.float32)
    for y in range(height):
        for x in range(width):
            steep = max(
                abs(grey[y, min(x + 1, width - 1)] - grey[y, max(x - 1, 0)]),
                abs(grey[min(y + 1, height - 1), x] - grey[max(y - 1, 0), x]),
            )
            reach[y, x] = NEAR + NEAR_ON_SLOPE * steep / 2
    return reach


@njit(float64[::1](_GREY, _GREY, float64, float64[::1]), cache=True, nogil=True)
def _measure(banked: Any, searched: Any, zoom: float, matrix: Any) -> Any:
    out = np.zeros(5, dtype=np.float64)
    height, width = banked.shape
    one = banked.astype(np.float32)
    other = np.empty((height, width), dtype=np.float32)
    inside = np.empty((height, width), dtype=np.bool_)
    if _warp(banked, searched, zoom, matrix, other, inside) < FEWEST:
        return out
    reach = _reach(one)
    top, bottom, left, right = height, 0, width, 0
    for y in range(height):
        for x in range(width):
            if inside[y, x]:
                top, bottom, left, right = min(top, y), max(bottom, y + 1), min(left, x), max(right, x + 1)
    gain, offset = _line(one, other, inside)
    out[0] = _beyond_chance(one, other, inside, reach, 1.0, 0.0, top, bottom, left, right)
    out[1] = _beyond_chance(one, other, inside, reach, gain, offset, top, bottom, left, right)
    out[2] = _mapped(one, other, inside, reach)
    if out[0] >= out[1]:
        gain, offset = 1.0, 0.0
    closer = (reach * np.float32(EXACT / NEAR)).astype(np.float32)
    out[3] = max(
        _beyond_chance(one, other, inside, closer, 1.0, 0.0, top, bottom, left, right),
        _beyond_chance(one, other, inside, closer, gain, offset, top, bottom, left, right),
    )
    least = 1.0
    for part in PARTS:
        x0, y0 = left + int(part[0] * (right - left)), top + int(part[1] * (bottom - top))
        x1, y1 = left + int(part[2] * (right - left)), top + int(part[3] * (bottom - top))
        least = min(least, _beyond_chance(one, other, inside, reach, gain, offset, y0, y1, x0, x1))
    out[4] = least
    return out


@njit(float64(_GREY, _GREY, float64, float64[::1]), cache=True, nogil=True)
def _least_alike(banked: Any, searched: Any, zoom: float, matrix: Any) -> Any:
    height, width = banked.shape
    one = banked.astype(np.float32)
    other = np.empty((height, width), dtype=np.float32)
    inside = np.empty((height, width), dtype=np.bool_)
    if _warp(banked, searched, zoom, matrix, other, inside) < FEWEST:
        return 0.0
    reach = _reach(one)
    gain, offset = _line(one, other, inside)
    best = 0.0
    for fitted in (False, True):
        if fitted and not 1.0 / MOST_CONTRAST <= gain <= MOST_CONTRAST:
            break
        least = 1.0
        for part in PARTS:
            x0, y0, x1, y1 = int(part[0] * width), int(part[1] * height), int(part[2] * width), int(part[3] * height)
            line = (gain, offset) if fitted else (1.0, 0.0)
            equal, chance = _equal(one, other, inside, reach, line[0], line[1], y0, y1, x0, x1)
            if equal >= 0:
                least = min(least, (equal - chance + SMALL) / (1.0 - chance + SMALL))
        best = max(best, least)
    return best


@njit(float64(_GREY, _GREY, float64, float64[::1]), cache=True, nogil=True)
def _glance(banked: Any, searched: Any, zoom: float, matrix: Any) -> Any:
    small = banked[::2, ::2].copy()
    height, width = small.shape
    one = small.astype(np.float32)
    other = np.empty((height, width), dtype=np.float32)
    inside = np.empty((height, width), dtype=np.bool_)
    coarse = matrix.copy()
    for row in range(3):  # pixel (x, y) of the half is (2x − ½, 2y − ½) of the whole
        coarse[3 * row + 2] -= (matrix[3 * row] + matrix[3 * row + 1]) / 2
        coarse[3 * row] *= 2
        coarse[3 * row + 1] *= 2
    if _warp(small, searched, zoom, coarse, other, inside) < FEWEST:
        return 0.0
    reach = np.full((height, width), np.float32(NEAR + 3), dtype=np.float32)
    gain, offset = _line(one, other, inside)
    same = _beyond_chance(one, other, inside, reach, 1.0, 0.0, 0, height, 0, width)
    return max(same, _beyond_chance(one, other, inside, reach, gain, offset, 0, height, 0, width))


def glance(banked: NDArray[np.uint8], searched: NDArray[np.uint8], zoom: float, matrix: NDArray[np.float64]) -> float:
    """Return `same` or `fitted`, the greater one, from a quarter of the pixels."""
    return float(_glance(banked, searched, zoom, matrix))


def measure(banked: NDArray[np.uint8], searched: NDArray[np.uint8], zoom: float, matrix: NDArray[np.float64]) -> Tones:
    """Compare two thumbnails as `local_evidence.measure` does."""
    return Tones(*_measure(banked, searched, zoom, matrix).tolist())


def least_alike(
    banked: NDArray[np.uint8], searched: NDArray[np.uint8], zoom: float, matrix: NDArray[np.float64]
) -> float:
    """Return `same` or `fitted`, the greater one, in the part that agrees least of two pictures that lie on each other
    as wholes. A part that is one colour on both sides is 1 where it is the same one, and 0 where it is not."""
    return float(_least_alike(banked, searched, zoom, matrix))
