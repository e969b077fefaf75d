"""A picture for the reviewer: frames of a searched video above those of the banked one that are shown at the same
time of the segment that matches.

Grey, small and blurred, as in `explain`: the two rows are compared, not looked at.
"""

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from siyaj.model.match import Segment
from siyaj.signals.local_value import unpack as unpack_local
from siyaj.signals.video_value import unpack as unpack_video

MOST_SHOWN = 8
WIDE, TALL, GAP = 192, 144, 10
MARGIN = 96
"""Left of the rows, for what they are."""
INK, DIM, GROUND, LINE = (235, 235, 235), (150, 150, 150), (24, 26, 30), (255, 176, 0)
SOFT = 1.6
"""Deviation of the blur, pixels."""


class Shown(NamedTuple):
    """One frame in small: its time in seconds, and (h, w) grey."""

    at: float
    grey: NDArray[np.uint8]


def stills_of(searched: str) -> list[Shown]:
    """Return the frames in small of a `video` value in its search form. Raises InvalidSignal."""
    return [Shown(*still) for still in unpack_video(searched).stills]


def frames_of(banked: Sequence[str]) -> list[Shown]:
    """Return the frames in small of a banked video's `local` values, in the order of time. Raises InvalidSignal."""
    values = [unpack_local(value) for value in banked]
    return sorted((Shown(one.at, one.thumbnail) for one in values), key=lambda shown: shown.at)


def explain_videos(
    searched: Sequence[Shown], banked: Sequence[Shown], segment: Segment, *, blurred: bool = True
) -> bytes:
    """Return a PNG of two rows: frames of the searched video, and below each the banked one's of the same moment.

    Frames outside the segment are dark. Where the bank keeps no frames (a vPDQ list), the places stay empty.
    """
    chosen = _chosen(searched, segment)
    columns = max(1, len(chosen))
    size = (MARGIN + columns * (WIDE + GAP) + GAP, 2 * TALL + 5 * GAP + 60)
    out = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(out)
    font = ImageFont.load_default(16)
    for row, name in enumerate(("this video", "banked")):
        draw.text((GAP, GAP + row * (TALL + 30) + TALL // 2), name, INK, font, "lm")
    for column, here in enumerate(chosen):
        left = MARGIN + column * (WIDE + GAP)
        inside = segment.start - 0.01 <= here.at <= segment.end + 0.01
        _place(out, (left, GAP), here, inside=inside, blurred=blurred)
        if inside:
            at = _there(segment, here.at)
            there = min(banked, key=lambda one: abs(one.at - at), default=None)
            _place(out, (left, GAP + TALL + 30), there and there._replace(at=at), inside=True, blurred=blurred)
    text = (
        f"{segment.start:.1f} to {segment.end:.1f} s of this video is {segment.entry_start:.1f} to "
        f"{segment.entry_end:.1f} s of the banked one"
    )
    draw.text((GAP, size[1] - 24), text, DIM, font, "lm")
    buffer = io.BytesIO()
    out.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _chosen(searched: Sequence[Shown], segment: Segment) -> list[Shown]:
    """Return at most MOST_SHOWN frames, those within the segment first, in the order of time."""
    inside = [one for one in searched if segment.start - 0.01 <= one.at <= segment.end + 0.01]
    outside = [one for one in searched if one not in inside]
    kept = _spread(inside, MOST_SHOWN)
    kept += _spread(outside, MOST_SHOWN - len(kept))
    return sorted(kept, key=lambda one: one.at)


def _spread(frames: list[Shown], most: int) -> list[Shown]:
    if len(frames) <= most:
        return frames
    return [frames[int(place)] for place in np.linspace(0, len(frames) - 1, max(0, most)).round()]


def _there(segment: Segment, at: float) -> float:
    """Return the banked video's time for a time of this one."""
    length = segment.end - segment.start
    share = (at - segment.start) / length if length > 0 else 0.0
    return segment.entry_start + share * (segment.entry_end - segment.entry_start)


def _place(out: Image.Image, corner: tuple[int, int], shown: Shown | None, *, inside: bool, blurred: bool) -> None:
    left, top = corner
    draw = ImageDraw.Draw(out)
    frame = (left - 2, top - 2, left + WIDE + 1, top + TALL + 1)
    draw.rectangle(frame, outline=LINE if inside else DIM, width=2)
    if shown is None:
        draw.text((left + WIDE // 2, top + TALL // 2), "no picture kept", DIM, ImageFont.load_default(14), "mm")
        return
    picture = Image.fromarray(shown.grey).resize((WIDE, TALL), Image.Resampling.BICUBIC)
    if blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(SOFT))
    if not inside:
        picture = picture.point([value // 3 for value in range(256)])
    out.paste(picture.convert("RGB"), corner)
    draw.text(
        (left + 4, top + TALL + 12), f"{shown.at:.1f} s", INK if inside else DIM, ImageFont.load_default(14), "lm"
    )
