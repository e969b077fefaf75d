"""From pixels to features and thumbnail."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siyaj.signals.local_kernels import find_features
from siyaj.signals.local_pattern import PATTERN
from siyaj.signals.local_value import Features

WEAKEST, WEAKEST_OF_SMOOTH = 4.0, 0.1
"""The least corner that counts, roughly two grey levels a pixel in both directions; and for smooth pictures, which have
less than half as many as are wanted, under one."""
LONGEST_SHAPE = 6.0
"""Thumbnails of narrower pictures are pressed to this ratio of sides, so that both sides have pixels."""


def grey_at(pixels: NDArray[np.uint8], largest: int, smallest: int) -> NDArray[np.uint8]:
    """Return grey with its longer side at most `largest`; enlarged towards `smallest`, but to no more than twice."""
    picture = Image.fromarray(pixels)
    longest = max(picture.size)
    ratio = min(1.0, largest / longest) if longest >= smallest else min(2.0, smallest / longest)
    if ratio != 1.0:
        size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
        # Reduced in two steps when much too large: a box filter first costs a fraction.
        picture = picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.ascontiguousarray(np.asarray(picture.convert("L")))


def find(grey: NDArray[np.uint8], wanted: int, levels: int, pixels: int, *, search: bool) -> Features:
    """Return at most `wanted` features and a thumbnail of about `pixels` pixels."""
    found = find_features(grey, wanted, levels, PATTERN, np.float32(WEAKEST))
    if len(found[0]) < wanted // 2:
        found = find_features(grey, wanted, levels, PATTERN, np.float32(WEAKEST_OF_SMOOTH))
    words, doubts, places, frames = found
    whole = np.minimum(np.rint(places * 65_535), 65_535).astype(np.uint16)
    return Features(
        longest=max(grey.shape),
        words=words,
        places=whole,
        frames=frames,
        doubts=doubts if search else np.empty(0, dtype=np.uint32),
        thumbnail=thumbnail(grey, pixels),
    )


def thumbnail(grey: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """Return the picture in about so many pixels, of its own shape as far as that is no stripe."""
    height, width = grey.shape
    shape = min(max(width / height, 1 / LONGEST_SHAPE), LONGEST_SHAPE)
    tall = max(8, min(255, int((pixels / shape) ** 0.5)))
    wide = max(8, min(255, int(tall * shape)))
    return np.asarray(Image.fromarray(grey).resize((wide, tall), Image.Resampling.BOX, reducing_gap=2.0))
