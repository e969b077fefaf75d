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
    values = np.empty(width, dtype=np.float32)
    chromas = np.empty(width, dtype=np.float32)
    degrees = np.empty(width, dtype=np.int32)
    for y in range(height):
        # No branch but choices: the compiler takes eight pixels at once.
        row = pixels[y].reshape(-1)
        for x in range(width):
            r, g, b = np.float32(row[3 * x]), np.float32(row[3 * x + 1]), np.float32(row[3 * x + 2])
            value, least = max(r, g, b), min(r, g, b)
            chroma = value - least
            # Of equal channels red comes before green, and green before blue.
            apart = g - b if value == r else (b - r if value == g else r - g)
            sector = np.float32(0) if value == r else (np.float32(2) if value == g else np.float32(4))
            hue = apart / (chroma if chroma > 0 else np.float32(1)) + sector
            turned = np.int32(hue * np.float32(60) + np.float32(360.5)) - np.int32(360)
            degrees[x] = turned + (np.int32(360) if turned < 0 else np.int32(0))
            values[x], chromas[x] = value, chroma
        for at in range(len(turns)):
            table, line = lacking[turns[at] :], out[at, y]
            for x in range(width):
                lost = chromas[x] * table[np.uintp(degrees[x])]
                line[x] = np.uint8(np.int32(values[x] - lost + np.float32(0.5)))
    return out
