"""What speaks for and against two aligned pictures being one, from their pixels: one number a trace.

Under one banner, watermark or screenshot frame two strangers agree wherever its strokes are. A copy agrees elsewhere
too, and where it does not, something was laid over one of the two: then the other one is still contained in it.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import boolean, float32, float64, int64, njit, types
from numpy.typing import NDArray

from siyaj.matching.local_pixels import _GREY, _warp

LEAST_PIXELS = 60
SOME_SLOPE = 1.0
"""Squared grey levels a pixel from which a slope is content; a stronger one hardly counts for more."""
STROKES, LEAST_STROKE, ALONG = 0.7, 2.0, 0.7
"""Strokes that both share: the steepest 30 % of slopes, and of what squared steepness and cosine between them."""
CELLS = 4
"""Each way, of what the two have in common."""
FEWEST_IN_CELL = 12
"""Pixels without which a cell says nothing."""
NOISE = 0.5
"""Variance that is added before correlating, so that flat cells say nothing."""

_FLOATS = float32[:, ::1]
_MASK = boolean[:, ::1]


class Evidence(NamedTuple):
    residual: float
    """Logarithm of what is left where brightness and contrast are made equal, over the contrast; median pixel."""
    gain: float
    """Logarithm, either way, of how much contrast was changed."""
    contained: float
    """Share, 0 to 1, of the slopes of the banked picture that the searched one has too."""
    cells: float
    """Cosine between the slopes of the two in the quarter of the cells that agrees least."""
    apart: float
    """Correlation of detail in the median cell, shared strokes left out."""
    layout: float
    """Correlation of large light and dark parts, shared strokes left out."""


@njit(_FLOATS(_FLOATS, _MASK, int64), cache=True, nogil=True)
def _mean(grey: Any, mask: Any, reach: int) -> Any:
    """Return the mean of the masked pixels at most `reach` away each way; 0 where there are none."""
    height, width = grey.shape
    out = np.zeros((height, width), dtype=np.float32)
    sums = np.zeros((height + 1, width + 1), dtype=np.float64)
    counts = np.zeros((height + 1, width + 1), dtype=np.int64)
    for row in range(height):
        line, many = 0.0, 0
        for column in range(width):
            if mask[row, column]:
                line += grey[row, column]
                many += 1
            sums[row + 1, column + 1] = sums[row, column + 1] + line
            counts[row + 1, column + 1] = counts[row, column + 1] + many
    for row in range(height):
        top, bottom = max(row - reach, 0), min(row + reach + 1, height)
        for column in range(width):
            left, right = max(column - reach, 0), min(column + reach + 1, width)
            many = counts[bottom, right] - counts[top, right] - counts[bottom, left] + counts[top, left]
            total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
            if many:
                out[row, column] = total / many
    return out


@njit(float64(_FLOATS, _FLOATS, _MASK, int64, int64, int64, int64, int64), cache=True, nogil=True)
def _correlation(one: Any, other: Any, mask: Any, top: int, bottom: int, left: int, right: int, fewest: int) -> Any:
    """Return the correlation of the masked pixels of a part; NaN where there are fewer than `fewest`."""
    n, a, b, aa, bb, ab = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(top, bottom):
        for column in range(left, right):
            if mask[row, column]:
                x, y = float(one[row, column]), float(other[row, column])
                n += 1
                a += x
                b += y
                aa += x * x
                bb += y * y
                ab += x * y
    if n < fewest:
        return np.nan
    va, vb, covariance = aa / n - a * a / n / n, bb / n - b * b / n / n, ab / n - a * b / n / n
    return covariance / np.sqrt((max(va, 0.0) + NOISE) * (max(vb, 0.0) + NOISE))


@njit(types.Tuple((float64, float64))(float64[::1], float64[::1]), cache=True, nogil=True)
def _fit(banked: Any, searched: Any) -> Any:
    """Return the gain from banked to searched grey, pixels that do not follow it weighing little, and the median of
    what is left, over the contrast."""
    weights = np.ones(len(banked), dtype=np.float64)
    gain, typical = 1.0, 0.0
    for _ in range(6):
        total = weights.sum()
        a, b = banked - (weights * banked).sum() / total, searched - (weights * searched).sum() / total
        va, vb = (weights * a * a).sum() / total + 1.0, (weights * b * b).sum() / total + 1.0
        gain = np.sqrt(vb / va) if (weights * a * b).sum() >= 0 else -np.sqrt(vb / va)
        left = np.abs(b - gain * a)
        typical = np.median(left)
        weights = 1.0 / (1.0 + (left / (1.5 * typical + 0.7)) ** 2)
    variance = banked.var()
    contrast = np.sqrt(variance * abs(gain) * np.sqrt(max(searched.var(), 1.0) / max(variance, 1.0)) + 1.0)
    return gain, typical / contrast


@njit(types.void(_FLOATS, _FLOATS, _FLOATS), cache=True, nogil=True)
def _slopes(grey: Any, across: Any, down: Any) -> None:
    """Fill in by how many grey levels a pixel changes, by Sobel; the outermost pixels are left as they are."""
    height, width = grey.shape
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            across[y, x] = (
                grey[y - 1, x + 1]
                - grey[y - 1, x - 1]
                + 2 * (grey[y, x + 1] - grey[y, x - 1])
                + grey[y + 1, x + 1]
                - grey[y + 1, x - 1]
            ) / 8
            down[y, x] = (
                grey[y + 1, x - 1]
                - grey[y - 1, x - 1]
                + 2 * (grey[y + 1, x] - grey[y - 1, x])
                + grey[y + 1, x + 1]
                - grey[y - 1, x + 1]
            ) / 8


@njit(_MASK(_MASK, boolean), cache=True, nogil=True)
def _grown(mask: Any, value: bool) -> Any:
    """Return the mask with what is `value` grown by a pixel to four sides; outside of it everything is False."""
    height, width = mask.shape
    out = mask.copy()
    for y in range(height):
        for x in range(width):
            up, below = y > 0 and mask[y - 1, x], y < height - 1 and mask[y + 1, x]
            before, behind = x > 0 and mask[y, x - 1], x < width - 1 and mask[y, x + 1]
            if value:
                out[y, x] = mask[y, x] or up or below or before or behind
            else:
                out[y, x] = mask[y, x] and up and below and before and behind
    return out


@njit(float64(float64[::1], float64), cache=True, nogil=True)
def _quantile(values: Any, share: float) -> float:
    """Return 0 for fewer than three: of so few nothing can be said."""
    return np.quantile(values, share) if len(values) >= 3 else 0.0


@njit(float64[::1](_GREY, _GREY, float64, float64[::1]), cache=True, nogil=True)
def _measure(  # noqa: PLR0915 (a kernel: what it fills in one step it uses in the next)
    banked: Any, searched: Any, zoom: float, matrix: Any
) -> Any:
    out = np.zeros(6, dtype=np.float64)
    height, width = banked.shape
    one = banked.astype(np.float32)
    other = np.empty((height, width), dtype=np.float32)
    inside = np.empty((height, width), dtype=np.bool_)
    if _warp(banked, searched, zoom, matrix, other, inside) < LEAST_PIXELS:
        return out
    shown = inside.ravel()
    gain, left = _fit(one.ravel()[shown].astype(np.float64), other.ravel()[shown].astype(np.float64))
    out[0], out[1] = np.log(left + 0.01), abs(np.log(abs(gain) + 0.05))

    slopes = np.zeros((4, height, width), dtype=np.float32)
    _slopes(one, slopes[0], slopes[1])
    _slopes(other, slopes[2], slopes[3])
    whole = _grown(inside, False)
    share = max(abs(gain), 0.2)
    steep_one = (slopes[0] * slopes[0] + slopes[1] * slopes[1]) * np.float32(share)
    steep_other = (slopes[2] * slopes[2] + slopes[3] * slopes[3]) / np.float32(share)
    along = slopes[0] * slopes[2] + slopes[1] * slopes[3]
    content_one, content_other = steep_one / (steep_one + SOME_SLOPE), steep_other / (steep_other + SOME_SLOPE)
    cosine = along / np.sqrt((steep_one + 0.1) * (steep_other + 0.1))
    lesser = np.minimum(steep_one, steep_other)
    limit = max(_quantile(lesser.ravel()[whole.ravel()].astype(np.float64), STROKES), LEAST_STROKE)
    apart = inside & ~_grown(whole & (lesser > limit) & (cosine > ALONG), True)

    top, bottom, first, last = height, 0, width, 0
    total, kept = 3.0, 0.0
    for y in range(height):
        for x in range(width):
            if inside[y, x]:
                top, bottom, first, last = min(top, y), max(bottom, y + 1), min(first, x), max(last, x + 1)
            if whole[y, x]:
                total += content_one[y, x]
                held = along[y, x] / (max(steep_one[y, x], steep_other[y, x]) + 0.15)
                kept += content_one[y, x] * min(max(held, 0.0), 1.0)
    out[2] = kept / total

    fine_one, fine_other = one - _mean(one, apart, 3), other - _mean(other, apart, 3)
    cells = np.empty((3, CELLS * CELLS), dtype=np.float64)
    many, several = 0, 0
    for row in range(CELLS):
        y0, y1 = top + (bottom - top) * row // CELLS, top + (bottom - top) * (row + 1) // CELLS
        for column in range(CELLS):
            x0, x1 = first + (last - first) * column // CELLS, first + (last - first) * (column + 1) // CELLS
            a, b, agree_one, agree_other, pixels = 0.0, 0.0, 0.0, 0.0, 0
            for y in range(y0, y1):
                for x in range(x0, x1):
                    if whole[y, x]:
                        pixels += 1
                        a += content_one[y, x]
                        b += content_other[y, x]
                        agree_one += content_one[y, x] * cosine[y, x]
                        agree_other += content_other[y, x] * cosine[y, x]
            if pixels >= FEWEST_IN_CELL and max(a, b) >= 4:
                cells[0, many], cells[1, many] = agree_one / (a + 2), agree_other / (b + 2)
                many += 1
            detail = _correlation(fine_one, fine_other, apart, y0, y1, x0, x1, FEWEST_IN_CELL)
            if not np.isnan(detail):
                cells[2, several] = detail
                several += 1
    out[3] = max(_quantile(cells[0, :many], 0.25), _quantile(cells[1, :many], 0.25))
    out[4] = _quantile(cells[2, :several], 0.5)

    large_one = _mean(one, apart, 7) - _mean(one, apart, 15)
    large_other = _mean(other, apart, 7) - _mean(other, apart, 15)
    layout = _correlation(large_one, large_other, apart, 0, height, 0, width, LEAST_PIXELS)
    out[5] = 0.0 if np.isnan(layout) else layout
    return out


def measure(
    banked: NDArray[np.uint8], searched: NDArray[np.uint8], zoom: float, matrix: NDArray[np.float64]
) -> Evidence:
    """Compare two thumbnails ((h, w) uint8). `matrix` has nine numbers, and brings a place on the banked one to one on
    the full searched one, of which `searched` is a level that is `zoom` times smaller."""
    return Evidence(*_measure(banked, searched, zoom, matrix).tolist())
