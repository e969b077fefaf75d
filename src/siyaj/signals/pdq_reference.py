"""The reference's blur step by step, with its own rounding errors (facebook/ThreatExchange, pdq/cpp/downscaling).

Slower than the linear map of `pdq_kernel`, and only needed for pictures whose coefficients tie: stripes, perfect mirror
images, a few columns of pixels. There the reference's rounding errors decide bits, so they are made again here.
"""

from typing import Any

import numpy as np
from numba import float32, int64, njit, types, uint8
from numpy.typing import NDArray

from siyaj.signals.pdq_kernel import SIDE

_RGB = types.Array(uint8, 3, "C", readonly=True)
_PLANE = float32[:, ::1]


def reduce_exactly(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the blurred 64 × 64 luma of (h, w, 3) RGB, uint8, as the reference computes it, bit for bit.

    Takes 8 bytes of memory per pixel.
    """
    height, width = rgb.shape[:2]
    plane = np.empty((height, width), dtype=np.float32)
    _luma(np.ascontiguousarray(rgb), plane)
    if plane.shape == (SIDE, SIDE):
        return plane  # not blurred
    across, down = (width + 127) // 128, (height + 127) // 128
    other = np.empty_like(plane)
    for _ in range(2):
        _box_rows(plane, other, across)
        _box_columns(other, plane, down)
    picked = [((np.arange(SIDE) + 0.5) * size / SIDE).astype(np.int64) for size in (height, width)]
    return np.ascontiguousarray(plane[np.ix_(*picked)])


@njit([types.void(_RGB, _PLANE)], cache=True, nogil=True)
def _luma(rgb: Any, out: Any) -> None:
    """In double precision, then rounded: as pdqhash's Python binding does it."""
    for y in range(rgb.shape[0]):
        for x in range(rgb.shape[1]):
            out[y, x] = np.float32(rgb[y, x, 0] * 0.299 + rgb[y, x, 1] * 0.587 + rgb[y, x, 2] * 0.114)


@njit([types.void(_PLANE, _PLANE, int64)], cache=True, nogil=True)
def _box_rows(source: Any, out: Any, window: int) -> None:
    """Average along each row with a running sum; at the edges over what is there."""
    width = source.shape[1]
    ahead = (window + 2) // 2
    behind = window - ahead
    for y in range(source.shape[0]):
        total = np.float32(0.0)
        held = 0
        for x in range(min(ahead - 1, width)):
            total += source[y, x]
            held += 1
        for x in range(width):
            if x + ahead <= width:
                total += source[y, x + ahead - 1]
                held += 1
            if x > behind:
                total -= source[y, x - behind - 1]
                held -= 1
            out[y, x] = total / np.float32(held)


@njit([types.void(_PLANE, _PLANE, int64)], cache=True, nogil=True)
def _box_columns(source: Any, out: Any, window: int) -> None:
    """The same down each column, all columns side by side."""
    height, width = source.shape
    ahead = (window + 2) // 2
    behind = window - ahead
    totals = np.zeros(width, dtype=np.float32)
    held = 0
    for y in range(min(ahead - 1, height)):
        for x in range(width):
            totals[x] += source[y, x]
        held += 1
    for y in range(height):
        if y + ahead <= height:
            for x in range(width):
                totals[x] += source[y + ahead - 1, x]
            held += 1
        if y > behind:
            for x in range(width):
                totals[x] -= source[y - behind - 1, x]
            held -= 1
        for x in range(width):
            out[y, x] = totals[x] / np.float32(held)
