"""Do the pixels agree? The small searched picture is warped onto the small banked one and compared in blocks.

Counting features that agree does not tell copies from strangers that share a banner. Pixels do, when they are asked
everywhere: in each of several parts of what the two have in common.
"""

from typing import Any

import numpy as np
from numba import boolean, float32, float64, int64, njit, types, uint8

from siyaj.matching.local_align import _POINTS, _solve

BLOCK = 6
"""Pixels each way of a block of the banked thumbnail."""
AGREE = 0.5
"""The correlation from which a block agrees."""
FLAT = 2.5
"""The deviation in grey levels under which a block has no content."""

# What `judge` returns behind the nine numbers of the matrix.
FEATURES, VISIBLE, BLOCKS, AGREEING, OVER_BANKED, OVER_SEARCHED, MEAN, LEAST_BLOCKS, LEAST_FEATURES = range(9, 18)
RESULT = 18

_GREY = types.Array(uint8, 2, "C", readonly=True)


@njit(float32(_GREY, float64, float64), cache=True, nogil=True)
def _at(grey: Any, x: float, y: float) -> Any:
    """Return the grey at a place; the first pixel's middle is at (0.5, 0.5). The place must be inside."""
    height, width = grey.shape
    x = min(max(x - 0.5, 0.0), width - 1.001)
    y = min(max(y - 0.5, 0.0), height - 1.001)
    column, row = int(x), int(y)
    a, b = x - column, y - row
    upper = (1 - a) * grey[row, column] + a * grey[row, column + 1]
    lower = (1 - a) * grey[row + 1, column] + a * grey[row + 1, column + 1]
    return np.float32((1 - b) * upper + b * lower)


@njit(
    int64(_GREY, _GREY, float64, float64[::1], float32[:, ::1], boolean[:, ::1]),
    cache=True,
    nogil=True,
)
def _warp(banked: Any, searched: Any, zoom: float, matrix: Any, out: Any, inside: Any) -> int:
    """Fill `out` with what the searched picture shows at each pixel of the banked one; return how many it shows.

    The matrix speaks of the full searched thumbnail, of which `searched` may be a level that is `zoom` times smaller.
    """
    height, width = banked.shape
    tall, wide = searched.shape
    count = 0
    for row in range(height):
        for column in range(width):
            x, y = column + 0.5, row + 0.5
            depth = matrix[6] * x + matrix[7] * y + matrix[8]
            u = (matrix[0] * x + matrix[1] * y + matrix[2]) / depth / zoom
            v = (matrix[3] * x + matrix[4] * y + matrix[5]) / depth / zoom
            seen = depth > 0.1 and 0.0 <= u <= wide and 0.0 <= v <= tall
            inside[row, column] = seen
            out[row, column] = np.float32(0)
            if seen:
                out[row, column] = _at(searched, u, v)
                count += 1
    return count


@njit(float64[::1](_GREY, float32[:, ::1], boolean[:, ::1], int64, int64), cache=True, nogil=True)
def _block(banked: Any, warped: Any, inside: Any, top: int, left: int) -> Any:
    """Return how many pixels of a block both show, and variances and covariance of what is left of them after a plane
    is taken out: two bright middles on dark ground must not agree because both get darker outwards."""
    sums = np.zeros(14, dtype=np.float64)
    for row in range(BLOCK):
        for column in range(BLOCK):
            if inside[top + row, left + column]:
                x, y = float(banked[top + row, left + column]), float(warped[top + row, left + column])
                u, v = column - (BLOCK - 1) / 2, row - (BLOCK - 1) / 2
                sums[0] += 1.0
                sums[1] += x
                sums[2] += y
                sums[3] += u
                sums[4] += v
                sums[5] += x * x
                sums[6] += y * y
                sums[7] += x * y
                sums[8] += u * x
                sums[9] += v * x
                sums[10] += u * y
                sums[11] += v * y
                sums[12] += u * u
                sums[13] += v * v
    out = np.zeros(4, dtype=np.float64)
    n = sums[0]
    out[0] = n
    if n < 0.6 * BLOCK * BLOCK:
        return out
    x, y, u, v = sums[1] / n, sums[2] / n, sums[3] / n, sums[4] / n
    uu, vv = sums[12] / n - u * u + 1e-9, sums[13] / n - v * v + 1e-9
    xu, xv = sums[8] / n - x * u, sums[9] / n - x * v
    yu, yv = sums[10] / n - y * u, sums[11] / n - y * v
    # u and v are independent on a whole block and nearly so on a cut one.
    out[1] = max(sums[5] / n - x * x - xu * xu / uu - xv * xv / vv, 0.0)
    out[2] = max(sums[6] / n - y * y - yu * yu / uu - yv * yv / vv, 0.0)
    out[3] = sums[7] / n - x * y - xu * yu / uu - xv * yv / vv
    return out


@njit(float64[:, ::1](_GREY, float32[:, ::1], boolean[:, ::1]), cache=True, nogil=True)
def _blocks(banked: Any, warped: Any, inside: Any) -> Any:
    """Return x, y of the middle and the correlation of each block in which either side has content: a flat block
    against content disagrees."""
    height, width = banked.shape
    out = np.empty(((height // BLOCK) * (width // BLOCK) + 1, 3), dtype=np.float64)
    count = 0
    for top in range(0, height - BLOCK + 1, BLOCK):
        for left in range(0, width - BLOCK + 1, BLOCK):
            block = _block(banked, warped, inside, top, left)
            if block[0] >= 0.6 * BLOCK * BLOCK and max(block[1], block[2]) >= FLAT * FLAT:
                out[count, 0], out[count, 1] = left + BLOCK / 2, top + BLOCK / 2
                out[count, 2] = block[3] / np.sqrt((block[1] + 1.0) * (block[2] + 1.0))
                count += 1
    return out[:count].copy()


PARTS = np.array(
    [
        [0.0, 0.3, 1.0, 1.0],
        [0.0, 0.0, 1.0, 0.7],
        [0.3, 0.0, 1.0, 1.0],
        [0.0, 0.0, 0.7, 1.0],
        [0.2, 0.2, 0.8, 0.8],
        [0.0, 0.3, 1.0, 0.7],
        [0.3, 0.0, 0.7, 1.0],
    ]
)
"""Left, top, right, bottom of parts of what is in common: without either side, without all, without opposite sides. A
copy agrees in each of them. Strangers under one banner, logo or frame do not where that is left out."""


@njit(types.void(float64[:, ::1], _POINTS, boolean[:, ::1], float64[::1], float64[::1]), cache=True, nogil=True)
def _weigh(blocks: Any, points: Any, inside: Any, shown: Any, result: Any) -> None:
    """Fill in the counts over everything, and the least shares over the parts. `shown` holds for each banked feature
    the weight with which it agrees, 0 where it should but does not, -1 where it cannot be seen."""
    height, width = inside.shape
    left, top, right, bottom = width, height, 0, 0
    for row in range(height):
        for column in range(width):
            if inside[row, column]:
                left, right = min(left, column), max(right, column + 1)
                top, bottom = min(top, row), max(bottom, row + 1)
    result[BLOCKS] = len(blocks)
    for at in range(len(blocks)):
        result[AGREEING] += blocks[at, 2] > AGREE
        result[MEAN] += blocks[at, 2] / len(blocks)
    for at in range(len(points)):
        result[VISIBLE] += shown[at] >= 0
    least_blocks, least_features = 1.0, 1.0
    for part in PARTS:
        x0, y0 = left + part[0] * (right - left), top + part[1] * (bottom - top)
        x1, y1 = left + part[2] * (right - left), top + part[3] * (bottom - top)
        total, agree, visible, weight = 0, 0, 0, 0.0
        for at in range(len(blocks)):
            if x0 <= blocks[at, 0] <= x1 and y0 <= blocks[at, 1] <= y1:
                total += 1
                agree += blocks[at, 2] > AGREE
        for at in range(len(points)):
            if shown[at] >= 0 and x0 <= points[at, 0] <= x1 and y0 <= points[at, 1] <= y1:
                visible += 1
                weight += shown[at]
        # Three more that do not agree: in few blocks chance says much. A part without content proves nothing, unless
        # features do: the sky has no blocks that could agree, a banner below it must not speak for it.
        agreement = (agree + 0.5) / (total + 3.0)
        if total < 3:
            agreement = max(agreement, weight / (visible + 3.0))
        least_blocks = min(least_blocks, agreement)
        least_features = min(least_features, (weight + 1.0) / (visible + 4.0))
    result[LEAST_BLOCKS], result[LEAST_FEATURES] = least_blocks, least_features


@njit(
    float64(_GREY, _GREY, float64, float64[::1], int64, int64, boolean),
    cache=True,
    nogil=True,
)
def refine(  # noqa: PLR0912, PLR0915 (a kernel: what it fills in one step it uses in the next)
    banked: Any, searched: Any, zoom: float, matrix: Any, rounds: int, step: int, tilting: bool
) -> float:
    """Move `matrix` so that the pixels agree better (Gauss-Newton on normalised grey, outliers weigh little); return
    the weighted share of agreement from before the last step. Uses every `step`-th pixel each way."""
    height, width = banked.shape
    tall, wide = searched.shape
    size = 8 if tilting else 6
    trial = matrix.copy()
    best, damping = -1.0, 1e-3
    system = np.zeros((8, 9), dtype=np.float64)
    gradient = np.zeros(8, dtype=np.float64)
    half_w, half_h = width / 2.0, height / 2.0
    for _ in range(rounds):
        n, ma, mb, va, vb = 0, 0.0, 0.0, 0.0, 0.0
        for row in range(0, height, step):
            for column in range(0, width, step):
                x, y = column + 0.5, row + 0.5
                depth = trial[6] * x + trial[7] * y + trial[8]
                u = (trial[0] * x + trial[1] * y + trial[2]) / depth / zoom
                v = (trial[3] * x + trial[4] * y + trial[5]) / depth / zoom
                if depth > 0.1 and 0.0 <= u <= wide and 0.0 <= v <= tall:
                    a, b = float(banked[row, column]), float(_at(searched, u, v))
                    n += 1
                    ma += a
                    mb += b
                    va += a * a
                    vb += b * b
        if n < 40:
            break
        ma, mb = ma / n, mb / n
        sa, sb = np.sqrt(va / n - ma * ma + 4.0), np.sqrt(vb / n - mb * mb + 4.0)
        system[:] = 0.0
        weights, score = 1e-9, 0.0
        for row in range(0, height, step):
            for column in range(0, width, step):
                x, y = column + 0.5, row + 0.5
                depth = trial[6] * x + trial[7] * y + trial[8]
                fu = (trial[0] * x + trial[1] * y + trial[2]) / depth
                fv = (trial[3] * x + trial[4] * y + trial[5]) / depth
                u, v = fu / zoom, fv / zoom
                if not (depth > 0.1 and 0.0 <= u <= wide and 0.0 <= v <= tall):
                    continue
                r = (float(banked[row, column]) - ma) / sa - (float(_at(searched, u, v)) - mb) / sb
                weight = 1.0 / (1.0 + 4.0 * r * r)
                gx = float(_at(searched, u + 0.5, v) - _at(searched, u - 0.5, v)) / sb / zoom / depth
                gy = float(_at(searched, u, v + 0.5) - _at(searched, u, v - 0.5)) / sb / zoom / depth
                # Coordinates from the middle keep the equations well behaved.
                cx, cy = x - half_w, y - half_h
                gradient[0], gradient[1], gradient[2] = gx * cx, gx * cy, gx
                gradient[3], gradient[4], gradient[5] = gy * cx, gy * cy, gy
                away = -(gx * fu + gy * fv)
                gradient[6], gradient[7] = away * cx, away * cy
                for i in range(size):
                    heavy = weight * gradient[i]
                    for j in range(i, size):
                        system[i, j] += heavy * gradient[j]
                    system[i, size] += heavy * r
                weights += 1.0
                score += weight
        score /= weights
        if score > best:
            best = score
            matrix[:] = trial
            damping = max(damping * 0.3, 1e-5)
        else:
            damping *= 20.0
        for i in range(size):
            for j in range(i):
                system[i, j] = system[j, i]
        for i in range(size):
            system[i, i] *= 1.0 + damping
            system[i, i] += 1e-9
        solved = system[:size, : size + 1].copy()
        if not _solve(solved, size, 1):
            break
        trial[:] = matrix
        moved = 0.0
        for axis in range(2):
            p, q, s = solved[3 * axis, size], solved[3 * axis + 1, size], solved[3 * axis + 2, size]
            trial[3 * axis] += p
            trial[3 * axis + 1] += q
            trial[3 * axis + 2] += s - p * half_w - q * half_h
            moved = max(moved, abs(s) + abs(p) * half_w + abs(q) * half_h)
        if tilting:
            p, q = solved[6, size], solved[7, size]
            trial[6] += p
            trial[7] += q
            trial[8] -= p * half_w + q * half_h
            if trial[8] < 0.2:
                break
            trial /= trial[8]
            moved += 100.0 * (abs(p) + abs(q))
        if moved < 0.02 * zoom and score >= best:
            break
    return best


@njit(
    float64[::1](_GREY, _GREY, float64, int64, int64, float64[::1], _POINTS, float64, int64, float64[::1]),
    cache=True,
    nogil=True,
)
def judge(
    banked: Any,
    searched: Any,
    zoom: float,
    full_tall: int,
    full_wide: int,
    matrix: Any,
    points: Any,
    unit: float,
    agreeing: int,
    agreed: Any,
) -> Any:
    """Return RESULT numbers: the matrix, then the counts named above. `unit` is the size of level 0 of the search."""
    result = np.zeros(RESULT, dtype=np.float64)
    result[:9] = matrix
    height, width = banked.shape
    warped = np.empty((height, width), dtype=np.float32)
    inside = np.empty((height, width), dtype=np.bool_)
    count = _warp(banked, searched, zoom, matrix, warped, inside)
    grown = abs(matrix[0] * matrix[4] - matrix[1] * matrix[3])
    result[FEATURES] = agreeing
    result[OVER_BANKED] = count / (height * width)
    result[OVER_SEARCHED] = min(1.0, count * grown / (full_tall * full_wide))
    shown = np.full(len(points), -1.0, dtype=np.float64)
    for at in range(len(points)):
        column, row = min(int(points[at, 0]), width - 1), min(int(points[at, 1]), height - 1)
        if agreed[at] > 0 or (inside[row, column] and points[at, 2] * np.sqrt(grown) > 0.8 * unit):
            shown[at] = agreed[at]
    _weigh(_blocks(banked, warped, inside), points, inside, shown, result)
    return result
