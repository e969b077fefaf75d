"""From pixels to features and thumbnail."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siyaj.signals.local_describe import describe
from siyaj.signals.local_kernels import BORDER, STEP, find_corners, peaks, shrink
from siyaj.signals.local_value import Features

WEAKEST, WEAKEST_OF_SMOOTH = 4.0, 0.1
"""The least corner that counts, roughly two grey levels a pixel in both directions; and for smooth pictures, which have
less than half as many as are wanted, under one."""
LONGEST_SHAPE = 6.0
"""Thumbnails of narrower pictures are pressed to this ratio of sides, so that both sides have pixels."""


class Level(NamedTuple):
    """One step of the pyramid of a picture."""

    smooth: NDArray[np.float32]
    """(h, w) grey."""
    response: NDArray[np.float32]
    """(h, w): how much of a corner each pixel is."""
    corners: tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]
    """Strength, x and y of those above WEAKEST."""


def grey_at(pixels: NDArray[np.uint8], largest: int, smallest: int) -> NDArray[np.uint8]:
    """Return grey with its longer side at most `largest`; enlarged towards `smallest`, but to no more than twice."""
    picture = Image.fromarray(pixels).convert("L")
    longest = max(picture.size)
    ratio = min(1.0, largest / longest) if longest >= smallest else min(2.0, smallest / longest)
    if ratio != 1.0:
        size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
        # Reduced in two steps when much too large: a box filter first costs a fraction.
        picture = picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.ascontiguousarray(np.asarray(picture))


def pyramid(grey: NDArray[np.uint8], levels: int) -> list[Level]:
    """Return at most so many levels, each STEP times smaller than the one before; of a narrow picture fewer."""
    height, width = grey.shape
    source = grey.astype(np.float32)
    found: list[Level] = []
    for level in range(levels):
        tall, wide = int(height / STEP**level + 0.5), int(width / STEP**level + 0.5)
        if min(tall, wide) < 2 * BORDER + 8:
            break
        if level:
            source = shrink(source, tall, wide)
        found.append(Level(*find_corners(source, np.float32(WEAKEST))))
    return found


def find(grey: NDArray[np.uint8], wanted: int, levels: int, pixels: int, *, search: bool) -> Features:
    """Return at most `wanted` features and a thumbnail of about `pixels` pixels."""
    return features_of(pyramid(grey, levels), levels, wanted, thumbnail(grey, pixels), search=search)


def features_of(
    levels: Sequence[Level], most_levels: int, wanted: int, small: NDArray[np.uint8], *, search: bool
) -> Features:
    """Return at most `wanted` features of the levels, of which there may be `most_levels`; `small` is the thumbnail."""
    parts = _found(levels, most_levels, wanted)
    if sum(len(part[0]) for part in parts) < wanted // 2:
        weakest = np.float32(WEAKEST_OF_SMOOTH)
        levels = [level._replace(corners=peaks(level.response, weakest)) for level in levels]
        parts = _found(levels, most_levels, wanted)
    words, doubts, places, frames = (np.concatenate(each) for each in zip(_NONE, *parts, strict=True))
    return Features(
        longest=max(levels[0].smooth.shape) if levels else max(small.shape),
        words=words,
        places=np.minimum(np.rint(places * 65_535), 65_535).astype(np.uint16),
        frames=frames,
        doubts=doubts if search else np.empty(0, dtype=np.uint32),
        thumbnail=small,
    )


_Part = tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.float32], NDArray[np.uint8]]
_NONE: _Part = (
    np.empty((0, 4), dtype=np.uint64),
    np.empty(0, dtype=np.uint32),
    np.empty((0, 2), dtype=np.float32),
    np.empty((0, 2), dtype=np.uint8),
)


def _found(levels: Sequence[Level], most_levels: int, wanted: int) -> list[_Part]:
    """Return words, doubts, places and frames (angle, level) of each level."""
    parts, count = [], 0
    for level, one in enumerate(levels):
        # What finer levels did not give goes to the coarser ones: a smooth picture has its corners there.
        rest = (1 - 1 / STEP) / (1 - (1 / STEP) ** (most_levels - level))
        quota = int((wanted - count) * rest + 0.5)
        words, doubts, places, angles = describe(one.smooth, one.corners, quota)
        frames = np.stack([angles, np.full_like(angles, level)], axis=1)
        parts.append((words, doubts, places, frames))
        count += len(words)
    return parts


def thumbnail(grey: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """Return the picture in about so many pixels, of its own shape as far as that is no stripe."""
    height, width = grey.shape
    shape = min(max(width / height, 1 / LONGEST_SHAPE), LONGEST_SHAPE)
    tall = max(8, min(255, int((pixels / shape) ** 0.5)))
    wide = max(8, min(255, int(tall * shape)))
    return np.asarray(Image.fromarray(grey).resize((wide, tall), Image.Resampling.BOX, reducing_gap=2.0))
