"""The grey that a picture has when its hues are turned, for many turns at once.

In HSV a pixel's luma is V − V·S·g(H): what a channel lacks of the value, weighed as luma weighs it, depends on the hue
alone. So one pass finds value, chroma and hue, and each turn is one look-up in g.
"""

from typing import Any

import numpy as np
from numba import float32, int64, njit, types, uint8
from numpy.typing import NDArray

STEPS = 360
_LUMA = (0.299, 0.587, 0.114)


def _lacking() -> NDArray[np.float32]:
    """Return g for each degree: 1 minus the luma of the pure hue."""
    sector = np.arange(STEPS) / 60.0
    channels = [np.clip(np.abs((sector + shift) % 6 - 3) - 1, 0, 1) for shift in (0, 4, 2)]
    lacking: NDArray[np.float32] = (1 - sum(w * one for w, one in zip(_LUMA, channels, strict=True))).astype(np.float32)
    return lacking


LACKING = np.tile(_lacking(), 2)
"""Twice round, so that hue and turn are added without a division."""


@njit(
    uint8[:, :, ::1](types.Array(uint8, 3, "C", readonly=True), int64[::1], float32[::1]),
    cache=True,
    nogil=True,
    fastmath=True,
)
def greys(pixels: Any, turns: Any, lacking: Any) -> Any:
    """Return (turns, h, w) luma of an RGB picture (h, w, 3) with its hues turned by so many degrees, 0 to 359."""
    height, width = pixels.shape[:2]
    out = np.empty((len(turns), height, width), dtype=np.uint8)
    for y in range(height):
        for x in range(width):
            r, g, b = np.float32(pixels[y, x, 0]), np.float32(pixels[y, x, 1]), np.float32(pixels[y, x, 2])
            value, least = max(r, g, b), min(r, g, b)
            chroma = value - least
            hue = np.float32(0)
            if chroma > 0:
                if value == r:
                    hue = (g - b) / chroma
                elif value == g:
                    hue = (b - r) / chroma + np.float32(2)
                else:
                    hue = (r - g) / chroma + np.float32(4)
            degrees = int(hue * np.float32(60) + np.float32(360.5)) - 360
            degrees += 360 if degrees < 0 else 0
            for at in range(len(turns)):
                lost = chroma * lacking[degrees + turns[at]]
                out[at, y, x] = np.uint8(value - lost + np.float32(0.5))
    return out
