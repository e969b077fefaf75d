"""Laying one picture on the other: pairs of features, then the transform on which most of them agree.

A feature has a place, a size and an angle, so one pair alone says how the whole picture would lie. The pair that most
others agree with is refined by least squares: an affine transform first, one seen from the side where that fits better.
"""

from typing import Any

import numpy as np
from numba import boolean, float64, int64, njit, types, uint64

from siyaj.matching.hamming_kernels import _popcount
from siyaj.signals.local_kernels import STEP

CLOSEST = 2
"""Searched features kept for each banked one: the same corner is found on neighbouring levels."""
FARTHEST = 72
HALF_FARTHEST = 40
"""Bits that may differ between paired features, of 256 and of the first 128."""
ALIKE, FEW_ALIKE = 12, 3.0
"""Features within so many bits of the closest are as good as it; three of them are the same corner on three levels."""
SEEDS = 120
"""Pairs, the closest first, whose own turn, scale and place are tried on all others."""
_WORDS = types.Array(uint64, 2, "C", readonly=True)
_POINTS = float64[:, ::1]

SIZES = np.array([STEP**level for level in range(16)], dtype=np.float64)


@njit([types.Tuple((int64[:, ::1], int64[::1], float64[::1]))(_WORDS, _WORDS, boolean)], cache=True, nogil=True)
def pair_features(banked: Any, searched: Any, mirrored: bool) -> Any:
    """Return pairs (m, 2) of banked and searched features, how many bits each differs in, and the weights of pairs.

    A feature that resembles many of the other picture (a star among stars, a letter among letters) weighs little.
    """
    a, b, c, d = (2, 3, 0, 1) if mirrored else (0, 1, 2, 3)
    pairs = np.empty((CLOSEST * banked.shape[0], 2), dtype=np.int64)
    bits = np.empty(CLOSEST * banked.shape[0], dtype=np.int64)
    weights = np.empty(CLOSEST * banked.shape[0], dtype=np.float64)
    near = np.zeros(FARTHEST + 1, dtype=np.int64)
    count = 0
    for i in range(banked.shape[0]):
        first: Any = FARTHEST + 1
        second: Any = FARTHEST + 1
        first_at, second_at = -1, -1
        near[:] = 0
        w0, w1, w2, w3 = banked[i, 0], banked[i, 1], banked[i, 2], banked[i, 3]
        for j in range(searched.shape[0]):
            apart: Any = np.int64(_popcount(w0 ^ searched[j, a])) + np.int64(_popcount(w1 ^ searched[j, b]))
            if apart > HALF_FARTHEST:
                continue
            apart += np.int64(_popcount(w2 ^ searched[j, c])) + np.int64(_popcount(w3 ^ searched[j, d]))
            if apart > FARTHEST:
                continue
            near[apart] += 1
            if apart < first:
                second, second_at = first, first_at
                first, first_at = apart, j
            elif apart < second:
                second, second_at = apart, j
        if first_at < 0:
            continue
        alike = 0
        for distance in range(min(first + ALIKE, FARTHEST) + 1):
            alike += near[distance]
        weight = min(1.0, FEW_ALIKE / alike)
        pairs[count, 0], pairs[count, 1] = i, first_at
        bits[count], weights[count] = first, weight
        count += 1
        if second_at >= 0:
            pairs[count, 0], pairs[count, 1] = i, second_at
            bits[count], weights[count] = second, weight
            count += 1
    return pairs[:count], bits[:count], weights[:count]


@njit(int64(_POINTS, int64, int64), cache=True, nogil=True)
def _solve(system: Any, size: int, columns: int) -> int:
    """Solve in place by Gaussian elimination; `system` is (size, size + columns). Return 0 when it is singular."""
    for at in range(size):
        pivot = at
        for row in range(at + 1, size):
            if abs(system[row, at]) > abs(system[pivot, at]):
                pivot = row
        if abs(system[pivot, at]) < 1e-12:
            return 0
        if pivot != at:
            for column in range(size + columns):
                system[at, column], system[pivot, column] = system[pivot, column], system[at, column]
        for row in range(size):
            if row != at:
                share = system[row, at] / system[at, at]
                for column in range(at, size + columns):
                    system[row, column] -= share * system[at, column]
    for row in range(size):
        for column in range(size, size + columns):
            system[row, column] /= system[row, row]
    return 1


@njit(int64(_POINTS, _POINTS, boolean[::1], float64[::1]), cache=True, nogil=True)
def _fit_affine(source: Any, target: Any, used: Any, matrix: Any) -> int:
    """Fit `target ≈ matrix · source` over the used rows by least squares. A little weight holds it near a similarity,
    so that few or collinear points do not fold the picture. Return 0 when there is none."""
    count, cx, cy, tx, ty = 0, 0.0, 0.0, 0.0, 0.0
    for at in range(len(used)):
        if used[at]:
            count += 1
            cx += source[at, 0]
            cy += source[at, 1]
            tx += target[at, 0]
            ty += target[at, 1]
    if count < 2:
        return 0
    cx, cy, tx, ty = cx / count, cy / count, tx / count, ty / count
    # Similarity first: x' = a·x − b·y, y' = b·x + a·y.
    squares, cosine, sine = 1e-9, 0.0, 0.0
    sums = np.zeros((2, 4), dtype=np.float64)
    for at in range(len(used)):
        if used[at]:
            x, y = source[at, 0] - cx, source[at, 1] - cy
            u, v = target[at, 0] - tx, target[at, 1] - ty
            squares += x * x + y * y
            cosine += x * u + y * v
            sine += x * v - y * u
            sums[0, 0] += x * x
            sums[0, 1] += x * y
            sums[1, 1] += y * y
            sums[0, 2] += x * u
            sums[1, 2] += y * u
            sums[0, 3] += x * v
            sums[1, 3] += y * v
    a, b = cosine / squares, sine / squares
    if a * a + b * b < 1e-8:
        return 0
    if count >= 4:
        hold = 0.05 * squares / 2 + 1e-9
        sums[1, 0] = sums[0, 1]
        sums[0, 0] += hold
        sums[1, 1] += hold
        sums[0, 2] += hold * a
        sums[1, 2] -= hold * b
        sums[0, 3] += hold * b
        sums[1, 3] += hold * a
        if not _solve(sums, 2, 2):
            return 0
        matrix[0], matrix[1], matrix[3], matrix[4] = sums[0, 2], sums[1, 2], sums[0, 3], sums[1, 3]
    else:
        matrix[0], matrix[1], matrix[3], matrix[4] = a, -b, b, a
    matrix[2] = tx - matrix[0] * cx - matrix[1] * cy
    matrix[5] = ty - matrix[3] * cx - matrix[4] * cy
    matrix[6], matrix[7], matrix[8] = 0.0, 0.0, 1.0
    return 1


@njit(int64(_POINTS, _POINTS, boolean[::1], float64[::1]), cache=True, nogil=True)
def _fit_perspective(  # noqa: PLR0912 (a kernel: one system, filled and solved)
    source: Any, target: Any, used: Any, matrix: Any
) -> int:
    """Fit a homography over the used rows by linear least squares, starting at and held near `matrix`. Return 0 when
    there is none."""
    size = 1e-9
    cx, cy, count = 0.0, 0.0, 0
    for at in range(len(used)):
        if used[at]:
            cx += source[at, 0]
            cy += source[at, 1]
            count += 1
    if count < 8:
        return 0
    cx, cy = cx / count, cy / count
    for at in range(len(used)):
        if used[at]:
            size = max(size, abs(source[at, 0] - cx), abs(source[at, 1] - cy))
    system = np.zeros((8, 9), dtype=np.float64)
    row = np.zeros(9, dtype=np.float64)
    for at in range(len(used)):
        if used[at]:
            x, y = (source[at, 0] - cx) / size, (source[at, 1] - cy) / size
            for axis in range(2):
                goal = target[at, axis]
                row[:] = 0.0
                row[3 * axis], row[3 * axis + 1], row[3 * axis + 2] = x, y, 1.0
                row[6], row[7], row[8] = -goal * x, -goal * y, goal
                for i in range(8):
                    for j in range(9):
                        system[i, j] += row[i] * row[j]
    for i in range(6, 8):  # a little weight against tilting
        system[i, i] += 0.002 * count * (target[:, 0].max() ** 2 + target[:, 1].max() ** 2) * 0.01
    if not _solve(system, 8, 1):
        return 0
    # Undo the shift and the scale of the source, and make the last number 1.
    p, q = system[6, 8] / size, system[7, 8] / size
    last = 1.0 - p * cx - q * cy
    if last < 0.2:
        return 0
    for axis in range(2):
        a, b, c = system[3 * axis, 8] / size, system[3 * axis + 1, 8] / size, system[3 * axis + 2, 8]
        matrix[3 * axis], matrix[3 * axis + 1] = a / last, b / last
        matrix[3 * axis + 2] = (c - a * cx - b * cy) / last
    matrix[6], matrix[7], matrix[8] = p / last, q / last, 1.0
    return 1


@njit(inline="always")
def lies_near(banked: Any, searched: Any, k: int, m: int, i: int, j: int, cos: Any, sin: Any, loosely: Any) -> Any:
    """True where the pair k, m lies as the seed i, j says: turned and grown by (cos, sin), `loosely` being how much a
    place may be off for each pixel between the two."""
    x, y = banked[k, 0] - banked[i, 0], banked[k, 1] - banked[i, 1]
    dx = searched[m, 0] - searched[j, 0] - (cos * x - sin * y)
    dy = searched[m, 1] - searched[j, 1] - (sin * x + cos * y)
    loose = 3.0 * searched[m, 2] + loosely * np.sqrt(x * x + y * y)
    return dx * dx + dy * dy < loose * loose


@njit(
    types.Tuple((int64, float64))(_POINTS, _POINTS, int64[:, ::1], int64[::1], float64[::1]),
    cache=True,
    nogil=True,
)
def _best_seed(banked: Any, searched: Any, pairs: Any, bits: Any, weights: Any) -> Any:
    """Return the pair with whose own turn, scale and place most banked features agree, and the weight of those.

    Rows of `banked` and `searched` are x, y, size, angle in radians.
    """
    best, best_count = -1, 0.0
    order = np.argsort(bits)[:SEEDS]
    many = len(pairs)
    grow = np.empty(many, dtype=np.float64)
    cosine = np.empty(many, dtype=np.float64)
    sine = np.empty(many, dtype=np.float64)
    for at in range(many):
        swing = searched[pairs[at, 1], 3] - banked[pairs[at, 0], 3]
        grow[at] = searched[pairs[at, 1], 2] / banked[pairs[at, 0], 2]
        cosine[at], sine[at] = np.cos(swing), np.sin(swing)
    for seed in order:
        i, j = pairs[seed, 0], pairs[seed, 1]
        grown = grow[seed]
        cos, sin = grown * cosine[seed], grown * sine[seed]
        count, before = 0.0, -1
        for at in range(many):
            k, m = pairs[at, 0], pairs[at, 1]
            if k == before or grow[at] > 1.5 * grown or grow[at] < 0.67 * grown:
                continue
            if cosine[at] * cos + sine[at] * sin < 0.85 * grown:
                continue
            if lies_near(banked, searched, k, m, i, j, cos, sin, 0.12 * grown):
                count += weights[at]
                before = k
        if count > best_count:
            best, best_count = seed, count
    return best, best_count


@njit(
    int64(_POINTS, _POINTS, int64[:, ::1], float64[::1], float64, boolean[::1]),
    cache=True,
    nogil=True,
)
def agreeing(banked: Any, searched: Any, pairs: Any, matrix: Any, tolerance: float, used: Any) -> int:
    """Mark the pairs that the matrix brings together; return how many banked features are among them."""
    count, before = 0, -1
    grown = np.sqrt(abs(matrix[0] * matrix[4] - matrix[1] * matrix[3]))
    turn = np.arctan2(matrix[3], matrix[0])
    for at in range(len(pairs)):
        k, m = pairs[at, 0], pairs[at, 1]
        used[at] = False
        x, y = banked[k, 0], banked[k, 1]
        depth = matrix[6] * x + matrix[7] * y + matrix[8]
        dx = searched[m, 0] - (matrix[0] * x + matrix[1] * y + matrix[2]) / depth
        dy = searched[m, 1] - (matrix[3] * x + matrix[4] * y + matrix[5]) / depth
        ratio = searched[m, 2] / (banked[k, 2] * grown + 1e-9)
        swing = searched[m, 3] - banked[k, 3] - turn
        reach = tolerance * max(searched[m, 2], banked[k, 2] * grown)
        if k != before and dx * dx + dy * dy < reach * reach and 0.6 < ratio < 1.67 and np.cos(swing) > 0.8:
            used[at] = True
            count += 1
            before = k
    return count


@njit(
    int64(_POINTS, _POINTS, _POINTS, _POINTS, int64[:, ::1], float64[::1], boolean[::1], int64), cache=True, nogil=True
)
def _tilt(banked: Any, searched: Any, source: Any, target: Any, pairs: Any, matrix: Any, used: Any, count: int) -> Any:
    """Let the transform be one seen from the side, where more features agree then; return how many do."""
    plain = matrix.copy()
    now: Any = count
    for tolerance in (8.0, 6.0, 4.5, 3.5, 3.0):
        agreeing(banked, searched, pairs, matrix, tolerance, used)
        if not _fit_perspective(source, target, used, matrix):
            matrix[:] = plain
            return agreeing(banked, searched, pairs, matrix, 3.0, used)
    now = agreeing(banked, searched, pairs, matrix, 3.0, used)
    if now < 1.1 * count:
        matrix[:] = plain
        now = agreeing(banked, searched, pairs, matrix, 3.0, used)
    return now


@njit(
    types.Tuple((int64, float64))(
        _POINTS, _POINTS, int64[:, ::1], int64[::1], float64[::1], float64[::1], float64[::1]
    ),
    cache=True,
    nogil=True,
)
def find_transform(banked: Any, searched: Any, pairs: Any, bits: Any, weights: Any, matrix: Any, agreed: Any) -> Any:
    """Fill `matrix` (banked place → searched place) and `agreed`, the weight with which each banked feature agrees;
    return how many agree, and their weight."""
    best, loosely = _best_seed(banked, searched, pairs, bits, weights)
    if best < 0 or loosely < 1.0:
        return 0, 0.0
    i, j = pairs[best, 0], pairs[best, 1]
    grown = searched[j, 2] / banked[i, 2]
    turn = searched[j, 3] - banked[i, 3]
    cos, sin = grown * np.cos(turn), grown * np.sin(turn)
    source = np.empty((len(pairs), 2), dtype=np.float64)
    target = np.empty((len(pairs), 2), dtype=np.float64)
    used = np.zeros(len(pairs), dtype=np.bool_)
    before = -1
    for at in range(len(pairs)):
        k, m = pairs[at, 0], pairs[at, 1]
        source[at] = banked[k, :2]
        target[at] = searched[m, :2]
        ratio = searched[m, 2] / (banked[k, 2] * grown)
        swing = np.cos(searched[m, 3] - banked[k, 3] - turn)
        near = lies_near(banked, searched, k, m, i, j, cos, sin, 0.12 * grown)
        if k != before and near and 0.67 < ratio < 1.5 and swing > 0.85:
            used[at] = True
            before = k
    count = 0
    for tolerance in (8.0, 6.0, 4.5, 3.5, 3.0, 3.0):
        if not _fit_affine(source, target, used, matrix):
            return 0, 0.0
        count = agreeing(banked, searched, pairs, matrix, tolerance, used)
        if count < 3:
            return count, 0.0
    if count >= 12:
        count = _tilt(banked, searched, source, target, pairs, matrix, used, count)
    weight = 0.0
    for at in range(len(pairs)):
        if used[at]:
            weight += weights[at]
            agreed[pairs[at, 0]] = weights[at]
    return count, weight
