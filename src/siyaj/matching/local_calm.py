"""Do two pictures agree where nothing stands out? What an overlay shares with another one stands out.

Large lettering or a watermark across two unrelated pictures agrees in every part of them, with many features and in
most blocks. So the calm half of what they have in common, between the strokes, is asked by itself: its finest detail
(what is left after the means of 5 × 5 pixels are taken out), and its layout of light and dark. Between strangers detail
is unrelated; a copy shows it even at a deviation of one grey level, for each pixel is the mean of a hundred.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import boolean, float32, float64, njit, types, uint8

from siyaj.matching.local_pixels import _GREY, _warp

LEAST_PIXELS = 60
NEIGHBOURS = 5
"""Calm pixels of the 25 around one, without which its own detail says nothing."""
NO_DETAIL, SOME_DETAIL = 0.6, 1.0
NO_LAYOUT = 5.0
"""Deviations in grey levels. Under the first there is none, from the second on there is some."""
LEAST_DETAIL, LEAST_LAYOUT, LEAST_SUM = 0.33, 0.25, 1.15
"""Of the correlations. Of 1,018 alignments of 36 pictures with 30 edits of theirs 2 are below, both of smooth drawings;
of 780 of strangers under one lettering or one watermark 58 are not."""
DETAIL_ALONE, LAYOUT_ALONE = 0.5, 0.9
CROWD = 3
"""So many banked pictures that match at once are one item, banked often, or share an overlay: then more is asked. The
frames of one video count once."""
CROWD_EACH, CROWD_SUM = 0.5, 1.5


class Calm(NamedTuple):
    """Correlations, and the lesser and the greater deviation of both sides, in grey levels."""

    detail: float
    layout: float
    detail_least: float
    detail_most: float
    layout_least: float
    layout_most: float
    two_tones: float
    """Share of the calm pixels of the banked picture in the two most common of 32 tones."""


def agrees(calm: Calm, *, crowded: bool = False) -> bool:
    """True where the calm half agrees, or has nothing in it on either side: a drawing, or a card with lettering."""
    detail, layout = calm.detail_least >= NO_DETAIL, calm.layout_least >= NO_LAYOUT
    if crowded and (detail or layout):
        return (min(calm.detail, calm.layout) >= CROWD_EACH and calm.detail + calm.layout >= CROWD_SUM) or (
            not detail and calm.layout >= LAYOUT_ALONE
        )
    if (
        calm.detail >= LEAST_DETAIL
        and calm.layout >= LEAST_LAYOUT
        and calm.detail + calm.layout >= LEAST_SUM
        and (detail or not layout)
    ):
        return True
    if detail:
        return not layout and calm.detail >= DETAIL_ALONE
    if layout:
        return calm.layout >= LAYOUT_ALONE
    return calm.detail_most < SOME_DETAIL and calm.layout_most < 2.0 * calm.layout_least + 3.0


CLOSE_DETAIL, CLOSE_LAYOUT = 0.6, 0.9
MOST_OF_TWO_TONES = 0.45
"""Screenshots of one app have the same two colours behind other words."""


def agrees_closely(calm: Calm) -> bool:
    """True where the calm half alone says nearly enough: detail and layout agree, and it is no drawing in two tones. Of
    15,600 alignments of strangers under no or the same overlay 10 do, most of them under a watermark."""
    return (
        calm.detail_least >= NO_DETAIL
        and calm.layout_least >= NO_LAYOUT
        and calm.detail >= CLOSE_DETAIL
        and calm.layout >= CLOSE_LAYOUT
        and calm.two_tones <= MOST_OF_TWO_TONES
    )


@njit(float32[:, ::1](float32[:, ::1]), cache=True, nogil=True)
def _range(grey: Any) -> Any:
    """Return the largest less the smallest of each pixel's 3 × 3."""
    height, width = grey.shape
    out = np.empty((height, width), dtype=np.float32)
    for row in range(height):
        for column in range(width):
            low, high = grey[row, column], grey[row, column]
            for y in range(max(row - 1, 0), min(row + 2, height)):
                for x in range(max(column - 1, 0), min(column + 2, width)):
                    low, high = min(low, grey[y, x]), max(high, grey[y, x])
            out[row, column] = high - low
    return out


@njit(float64[::1](float64[::1], float64[::1], float64), cache=True, nogil=True)
def _correlation(one: Any, other: Any, noise: float) -> Any:
    """Return the correlation, with `noise` added to each variance, and the lesser and the greater deviation."""
    out = np.zeros(3, dtype=np.float64)
    if len(one) < LEAST_PIXELS:
        return out
    a, b = one - one.mean(), other - other.mean()
    va, vb = (a * a).mean(), (b * b).mean()
    out[0] = (a * b).mean() / np.sqrt((va + noise) * (vb + noise))
    out[1], out[2] = np.sqrt(min(va, vb)), np.sqrt(max(va, vb))
    return out


@njit(float64[:, ::1](float32[:, ::1], float32[:, ::1], boolean[:, ::1]), cache=True, nogil=True)
def _details(one: Any, other: Any, calm: Any) -> Any:
    """Return (2, n): what is left of both sides at calm pixels when the means of the calm ones around are taken out."""
    height, width = one.shape
    out = np.empty((2, height * width), dtype=np.float64)
    count = 0
    for row in range(height):
        for column in range(width):
            if not calm[row, column]:
                continue
            a, b, n = 0.0, 0.0, 0
            for y in range(max(row - 2, 0), min(row + 3, height)):
                for x in range(max(column - 2, 0), min(column + 3, width)):
                    if calm[y, x]:
                        a += one[y, x]
                        b += other[y, x]
                        n += 1
            if n >= NEIGHBOURS:
                out[0, count], out[1, count] = one[row, column] - a / n, other[row, column] - b / n
                count += 1
    return out[:, :count].copy()


@njit(float64[::1](_GREY, types.Array(uint8, 2, "C", readonly=True), float64, float64[::1]), cache=True, nogil=True)
def _measure(banked: Any, searched: Any, zoom: float, matrix: Any) -> Any:
    out = np.zeros(7, dtype=np.float64)
    height, width = banked.shape
    warped = np.empty((height, width), dtype=np.float32)
    inside = np.empty((height, width), dtype=np.bool_)
    if _warp(banked, searched, zoom, matrix, warped, inside) < LEAST_PIXELS:
        return out
    grey = banked.astype(np.float32)
    ranges = np.maximum(_range(grey), _range(warped))
    limit = np.median(ranges.ravel()[inside.ravel()])
    calm = inside & (ranges <= limit)
    details = _details(grey, warped, calm)
    detail = _correlation(details[0], details[1], 0.2)
    one, other = grey.ravel()[calm.ravel()].astype(np.float64), warped.ravel()[calm.ravel()].astype(np.float64)
    layout = _correlation(one, other, 4.0)
    out[0], out[1] = detail[0], layout[0]
    out[2:4], out[4:6] = detail[1:], layout[1:]
    tones = np.zeros(32, dtype=np.int64)
    for tone in one:
        tones[int(tone) >> 3] += 1
    out[6] = np.sort(tones)[-2:].sum() / len(one)
    return out


def measure(banked: Any, searched: Any, zoom: float, matrix: Any) -> Calm:
    """Compare the calm half of what two thumbnails ((h, w) uint8) have in common. `matrix` has nine numbers and speaks
    of the full searched thumbnail, of which `searched` is a level that is `zoom` times smaller."""
    return Calm(*_measure(banked, searched, zoom, matrix).tolist())
