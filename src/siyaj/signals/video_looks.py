"""A frame's luma → its PDQ hashes, seen as a whole, inside bars or borders, and in halves; plain, turned, mirrored."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siyaj.signals import pdq_kernel
from siyaj.signals.pdq import SMALLEST_SIDE
from siyaj.signals.video_file import Frame
from siyaj.signals.video_value import STILL_TALL, STILL_WIDE, view_of

STUDIO_SCALE = 255 / 219
"""From black 16 and white 235 to black 0 and white 255 (ITU-R BT.601)."""
PLAIN_SPREAD = 6.0
"""Grey levels (standard deviation) up to which a row or column is plain."""
LEAST_BORDER, LEAST_CONTENT = 0.02, 0.2
"""Of a side. A border that is thinner is none, content that is smaller is none either."""


class Look(NamedTuple):
    """One hash of one frame: which view of it, 0–100 as PDQ's quality, 32 bytes."""

    view: int
    quality: int
    hash: NDArray[np.uint8]


Box = tuple[float, float, float, float]
"""Top, bottom, left, right, as shares of height and width."""
WHOLE: Box = (0.0, 1.0, 0.0, 1.0)


def look(frame: Frame, view: int, box: Box = WHOLE) -> Look | None:
    """Return the plain hash of a frame or of a box in it; None when there are too few pixels."""
    reduced = _reduced(_cut(frame.luma, box), frame.studio_range)
    return None if reduced is None else Look(view, pdq_kernel.quality_of(reduced), _hash(pdq_kernel.transform(reduced)))


def every_look(frame: Frame, box: Box) -> list[Look]:
    """Return the looks that a frame is searched by: the whole and what is in `box` in all eight turns, the halves of
    that plain and mirrored."""
    looks = _turned(frame, "whole", WHOLE)
    if box != WHOLE:
        looks += _turned(frame, "content", box)
    top, bottom, left, right = box
    middle, centre = (top + bottom) / 2, (left + right) / 2
    halves = {
        "left": (top, bottom, left, centre),
        "right": (top, bottom, centre, right),
        "top": (top, middle, left, right),
        "bottom": (middle, bottom, left, right),
    }
    for region, half in halves.items():
        pixels = _cut(frame.luma, half)
        for turn, each in (("plain", pixels), ("flip_y", pixels[:, ::-1])):
            reduced = _reduced(np.ascontiguousarray(each), frame.studio_range)
            if reduced is not None:
                quality = pdq_kernel.quality_of(reduced)
                looks.append(Look(view_of(region, turn), quality, _hash(pdq_kernel.transform(reduced))))
    return looks


def full_range(frame: Frame) -> NDArray[np.uint8]:
    """Return luma from black 0 to white 255."""
    if not frame.studio_range:
        return frame.luma
    table = ((np.arange(256, dtype=np.float32) - 16) * STUDIO_SCALE).clip(0, 255).astype(np.uint8)
    stretched: NDArray[np.uint8] = table[frame.luma]
    return stretched


def in_small(frame: Frame) -> NDArray[np.uint8]:
    """Return the frame as a still, (48, 64) grey."""
    still = Image.fromarray(full_range(frame)).resize((STILL_WIDE, STILL_TALL), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(still)


def content_box(frames: list[Frame]) -> Box:
    """Return what is inside the bars or border that most of the frames share; WHOLE when there are none."""
    boxes = [box for box in (_box_of(frame.luma) for frame in frames) if box is not None]
    if not boxes:
        return WHOLE
    top, bottom, left, right = (float(np.median([box[side] for box in boxes])) for side in range(4))
    top, left = (share if share >= LEAST_BORDER else 0.0 for share in (top, left))
    bottom, right = (share if 1 - share >= LEAST_BORDER else 1.0 for share in (bottom, right))
    return (top, bottom, left, right)


def _box_of(luma: NDArray[np.uint8]) -> Box | None:
    """Return the box of one frame; None when hardly anything is in it."""
    thin = luma[:: max(1, luma.shape[0] // 360), :: max(1, luma.shape[1] // 360)].astype(np.float32)
    rows = _plain_ends(thin)
    columns = _plain_ends(thin[int(rows[0] * len(thin)) : max(1, int(rows[1] * len(thin)))].T)
    if rows[1] - rows[0] < LEAST_CONTENT or columns[1] - columns[0] < LEAST_CONTENT:
        return None
    return (*rows, *columns)


def _plain_ends(lines: NDArray[np.float32]) -> tuple[float, float]:
    """Return from where to where lines are not plain, as shares of their number."""
    if not lines.size:
        return 0.0, 0.0
    means = lines.mean(axis=1)
    plain = lines.std(axis=1) < PLAIN_SPREAD
    first = _run(plain & (np.abs(means - means[0]) < 2 * PLAIN_SPREAD))
    last = _run((plain & (np.abs(means - means[-1]) < 2 * PLAIN_SPREAD))[::-1])
    return first / len(lines), max(first, len(lines) - last) / len(lines)


def _run(marks: NDArray[np.bool_]) -> int:
    """Return how many are set in a row from the start."""
    return int(np.argmin(marks)) if not marks.all() else len(marks)


def _turned(frame: Frame, region: str, box: Box) -> list[Look]:
    pixels = _cut(frame.luma, box)
    reduced = _reduced(pixels, frame.studio_range)
    if reduced is None:
        return []
    quality = pdq_kernel.quality_of(reduced)
    looks = [Look(view_of(region), quality, _hash(pdq_kernel.transform(reduced)))]
    looks += [Look(view_of(region, turn), quality, _hash(each)) for turn, each in pdq_kernel.turned(pixels).items()]
    return looks


def _cut(luma: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    if box == WHOLE:
        return luma
    height, width = luma.shape
    top, bottom, left, right = box
    piece = luma[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    return np.ascontiguousarray(piece)


def _reduced(luma: NDArray[np.uint8], studio_range: bool) -> NDArray[np.float32] | None:
    if min(luma.shape) < SMALLEST_SIDE:
        return None
    reduced = pdq_kernel.reduce_picture(luma)
    if not studio_range:
        return reduced
    stretched: NDArray[np.float32] = ((reduced - np.float32(16)) * np.float32(STUDIO_SCALE)).clip(0, 255)
    return stretched


def _hash(coefficients: Any) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(pdq_kernel.bits_of(coefficients)), dtype=np.uint8)
