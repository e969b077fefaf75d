"""PDQ as a linear map (source: facebook/ThreatExchange, pdq/cpp; "The TMK+PDQF video-hashing algorithm and the PDQ
image-hashing algorithm", Facebook 2019).

The reference blurs the whole picture with two box passes along each axis and then reads 64 × 64 of its pixels. All of
that is linear and separable: the 64 × 64 picture is `A · L · Bᵀ` with two narrow-banded matrices that depend on the
height and the width alone. So each input pixel is read once, and the matrices are kept for sizes seen lately.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import boolean, float32, int64, njit, types, uint8
from numpy.typing import NDArray

SIDE = 64
COEFFICIENTS = 16
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


# Signatures stand here so that everything is compiled and cached on import, and nothing later, in a confined decoder.
# Read-only, because pixels of a decoder are; what may be written to is accepted as well.
_BYTES = types.Array(uint8, 2, "C", readonly=True)
_FLOATS = types.Array(float32, 2, "C", readonly=True)
_INTEGERS = types.Array(int64, 1, "C", readonly=True)
_OUT = float32[:, ::1]


class Band(NamedTuple):
    """Rows of a banded (64, n) matrix: where each starts, its (padded) weights float32 (64, widest), its length."""

    start: NDArray[np.int64]
    length: NDArray[np.int64]
    weights: NDArray[np.float32]


@lru_cache(maxsize=256)
def band(size: int, block: int = 1, mirrored: bool = False) -> Band:
    """Return the blur-and-pick matrix for an axis of `size` pixels, of which each `block` were averaged before.

    A JPEG decoder that scales by 1/`block` averages (nearly) blocks of pixels: summing the weights of each block
    keeps the filter of the full picture. `mirrored` gives the matrix that reads the axis backwards.
    """
    starts, lengths, weights = _rows(size, block, mirrored)
    return Band(starts, lengths, weights)


@njit([types.Tuple((int64[::1], int64[::1], float32[:, ::1]))(int64, int64, boolean)], cache=True, nogil=True)
def _rows(size: int, block: int, mirrored: bool) -> Any:
    window = (size + 127) // 128
    right = (window + 2) // 2  # half-open reach to the right; to the left it reaches window - right
    reach = 2 * window + 2
    starts = np.zeros(SIDE, dtype=np.int64)
    lengths = np.zeros(SIDE, dtype=np.int64)
    weights = np.zeros((SIDE, 2 * reach // block + 3), dtype=np.float32)
    line = np.zeros(2 * reach + 2, dtype=np.float64)
    for row in range(SIDE):
        picked = int((row + 0.5) * size / SIDE)
        first = max(0, picked + right - window)
        last = min(size, picked + right)
        low = max(0, first + right - window)
        high = min(size, last - 1 + right)
        line[:] = 0.0
        for middle in range(first, last):  # the second pass averages what the first one averaged
            begin = max(0, middle + right - window)
            end = min(size, middle + right)
            for at in range(begin, end):
                line[at - low] += 1.0 / ((last - first) * (end - begin))
        begin, end = (size - high, size - low) if mirrored else (low, high)
        starts[row] = begin // block
        lengths[row] = (end - 1) // block - starts[row] + 1
        for at in range(begin, end):
            weights[row, at // block - starts[row]] += line[end - 1 - at if mirrored else at - low]
    return starts, lengths, weights


@njit([types.void(_BYTES, _INTEGERS, _INTEGERS, _FLOATS, _OUT)], cache=True, nogil=True, fastmath=True)
def _blur_rows(pixels: Any, start: Any, length: Any, weights: Any, out: Any) -> None:
    """`out[i, x] = Σ weights[i, r] · pixels[start[i] + r, x]`, over contiguous rows.

    Eight rows at a time: the sums are then loaded and stored an eighth as often, which is what costs here.
    """
    width = pixels.shape[1]
    for row in range(SIDE):
        first, steps = start[row], length[row]
        for x in range(width):
            out[row, x] = 0.0
        step = 0
        # The last rows as well, when most of eight are left: weights beyond `length` are zero.
        while step + 4 < steps and step + 8 <= weights.shape[1] and first + step + 8 <= pixels.shape[0]:
            at = first + step
            w0, w1, w2, w3 = weights[row, step], weights[row, step + 1], weights[row, step + 2], weights[row, step + 3]
            w4, w5, w6, w7 = (
                weights[row, step + 4],
                weights[row, step + 5],
                weights[row, step + 6],
                weights[row, step + 7],
            )
            p0, p1, p2, p3 = pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]
            p4, p5, p6, p7 = pixels[at + 4], pixels[at + 5], pixels[at + 6], pixels[at + 7]
            for x in range(width):
                out[row, x] += (
                    w0 * np.float32(p0[x])
                    + w1 * np.float32(p1[x])
                    + w2 * np.float32(p2[x])
                    + w3 * np.float32(p3[x])
                    + w4 * np.float32(p4[x])
                    + w5 * np.float32(p5[x])
                    + w6 * np.float32(p6[x])
                    + w7 * np.float32(p7[x])
                )
            step += 8
        while step < steps:
            weight = weights[row, step]
            source = pixels[first + step]
            for x in range(width):
                out[row, x] += weight * np.float32(source[x])
            step += 1


@njit([types.void(_FLOATS, _INTEGERS, _INTEGERS, _FLOATS, _OUT)], cache=True, nogil=True, fastmath=True)
def _blur_columns(blurred: Any, start: Any, length: Any, weights: Any, out: Any) -> None:
    """`out[i, j] = Σ weights[j, s] · blurred[i, start[j] + s]`."""
    for row in range(SIDE):
        for column in range(SIDE):
            # A slice, because an index that might be negative would keep the compiler from using vectors.
            line = blurred[row, start[column] : start[column] + length[column]]
            total = np.float32(0.0)
            for step in range(line.shape[0]):
                total += weights[column, step] * line[step]
            out[row, column] = total


@lru_cache(maxsize=256)
def _luma_band(size: int, mirrored: bool = False) -> Band:
    """Return `band` for interleaved red, green and blue: it blurs the columns and mixes the channels to luma in one
    (ITU-R BT.601 weights, as the reference has them)."""
    start, length, weights = band(size, 1, mirrored)
    mixed = (weights[:, :, None] * LUMA).reshape(SIDE, -1)
    return Band(start * 3, length * 3, np.ascontiguousarray(mixed))


def reduce_picture(
    pixels: NDArray[np.uint8], size: tuple[int, int] | None = None, block: int = 1
) -> NDArray[np.float32]:
    """Return the blurred 64 × 64 luma, float32.

    `pixels` is (h, w) luma or (h, w, 3) RGB, uint8. `size` is the (height, width) before a decoder scaled it by
    1/`block`, for luma only; the picture's own when not given. Raises ValueError when they do not fit together.
    """
    return _reduce(pixels, size or pixels.shape[:2], block, (False,), (False,))[0]


def _reduce(
    pixels: NDArray[np.uint8],
    size: tuple[int, ...],
    block: int,
    rows_mirrored: Sequence[bool],
    columns_mirrored: Sequence[bool],
) -> list[NDArray[np.float32]]:
    """Return the blurred picture for each way to read its rows, and for each of those each way to read its columns."""
    height, width = size
    if pixels.shape[:2] != (-(-height // block), -(-width // block)) or (block > 1 and pixels.ndim > 2):
        # The kernels do not check bounds, so this must.
        raise ValueError(f"{pixels.shape} pixels are not a {height} × {width} picture scaled by 1/{block}")
    flat = np.ascontiguousarray(pixels).reshape(pixels.shape[0], -1)
    blurred = np.empty((SIDE, flat.shape[1]), dtype=np.float32)
    reduced = []
    for upside_down in rows_mirrored:
        _blur_rows(flat, *band(height, block, upside_down), blurred)
        for mirrored in columns_mirrored:
            out = np.empty((SIDE, SIDE), dtype=np.float32)
            columns = band(width, block, mirrored) if pixels.ndim == 2 else _luma_band(width, mirrored)
            _blur_columns(blurred, *columns, out)
            reduced.append(out)
    return reduced


@njit([int64(_FLOATS)], cache=True, nogil=True)
def quality_of(picture: Any) -> int:
    """Return 0–100: the sum of gradients, each cut to a whole per cent of the range, as the reference does it."""
    total = 0
    for row in range(SIDE):
        for column in range(SIDE):
            if row + 1 < SIDE:
                total += abs(int((picture[row, column] - picture[row + 1, column]) * np.float32(100) / np.float32(255)))
            if column + 1 < SIDE:
                total += abs(int((picture[row, column] - picture[row, column + 1]) * np.float32(100) / np.float32(255)))
    return min(100, total // 90)


def _basis() -> NDArray[np.float32]:
    """The scale is rounded before it is multiplied, as in the reference."""
    rows = np.arange(1, COEFFICIENTS + 1)[:, None]
    columns = np.arange(SIDE)[None, :]
    scale = float(np.float32(np.sqrt(2 / SIDE)))
    basis: NDArray[np.float64] = scale * np.cos(np.pi / 2 / SIDE * rows * (2 * columns + 1))
    return basis.astype(np.float32)


BASIS = _basis()


@njit([float32[:, ::1](_FLOATS, _FLOATS)], cache=True, nogil=True)
def _transform(picture: Any, basis: Any) -> Any:
    """Products are added one by one in the reference's order: where coefficients tie at zero, its rounding decides."""
    half = np.zeros((COEFFICIENTS, SIDE), dtype=np.float32)
    for row in range(COEFFICIENTS):
        for step in range(SIDE):
            for column in range(SIDE):
                half[row, column] += basis[row, step] * picture[step, column]
    out = np.zeros((COEFFICIENTS, COEFFICIENTS), dtype=np.float32)
    for row in range(COEFFICIENTS):
        for column in range(COEFFICIENTS):
            total = np.float32(0.0)
            for step in range(SIDE):
                total += half[row, step] * basis[column, step]
            out[row, column] = total
    return out


def transform(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the 16 × 16 DCT coefficients without the constant row and column, float32."""
    coefficients: NDArray[np.float32] = _transform(picture, BASIS)
    return coefficients


def crowd(coefficients: NDArray[np.float32], within: float) -> int:
    """Return how many coefficients, beside the median itself, lie so close to the median that an error of `within`
    may flip their bit. Regular drawings (stripes, mirror images, few columns) have many that are exactly alike."""
    flat = coefficients.ravel()
    median = np.partition(flat, 127)[127]
    return int(np.count_nonzero(np.abs(flat - median) <= within)) - 1


def bits_of(coefficients: NDArray[np.float32]) -> str:
    """Return 64 hex digits; the most significant bit is the last coefficient. A bit is set above the median, which
    is the 128th smallest of 256."""
    flat = coefficients.ravel()
    median = np.partition(flat, 127)[127]
    return np.packbits((flat > median)[::-1]).tobytes().hex()


def turned(
    pixels: NDArray[np.uint8], size: tuple[int, int] | None = None, block: int = 1
) -> dict[str, NDArray[np.float32]]:
    """Return the coefficients of the picture as if it were turned (counter-clockwise) and mirrored. Takes what
    `reduce_picture` takes.

    The names are the reference's: `flip_x` is upside down, `flip_y` the mirror image, `transpose` swaps rows and
    columns ("flip plus 1"). The reference flips signs of coefficients, as if its sampling points were symmetric: for
    small pictures that is far off (14 bits on average at 300 pixels). Here the axes are read backwards instead.
    """
    both = (False, True)
    reduced = _reduce(pixels, size or pixels.shape[:2], block, both, both)
    plain, mirror, upside_down, half_turn = (transform(picture) for picture in reduced)
    return {
        "rotate90": mirror.T,
        "rotate180": half_turn,
        "rotate270": upside_down.T,
        "flip_x": upside_down,
        "flip_y": mirror,
        "transpose": plain.T,
        "transverse": half_turn.T,
    }
