"""Videos, drawn here, that must match and that must not."""

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siyaj.signals.base import Content, ContentKind, Examples
from siyaj.signals.local_examples import shapes

Pixels = NDArray[np.uint8]
"""(h, w, 3) RGB."""
RATE = 10
"""Frames a second."""
SECONDS = 8


@cache
def examples() -> Examples:
    from siyaj.signals.video import VIDEO  # noqa: PLC0415  (it imports this module)

    one, other = walk(1), walk(2)
    (kept,) = VIDEO.extract(Content(ContentKind.VIDEO, as_video(one), banking=True))
    altered = [
        as_video(one),
        as_video(one[30:]),
        as_video([*other[:40], *one]),
        as_video([frame[:, ::-1] for frame in one]),
        as_video([_beside(frame, against) for frame, against in zip(one, other, strict=True)]),
        as_video(one, rate=2 * RATE),
    ]
    still = Image.new("RGB", (160, 120), (90, 90, 90))
    return Examples(
        must_match=[(kept.value, Content(ContentKind.VIDEO, data)) for data in altered],
        must_not_match=[
            (kept.value, Content(ContentKind.VIDEO, as_video(other))),
            (kept.value, Content(ContentKind.VIDEO, as_video([np.asarray(still)] * 20))),
        ],
    )


def walk(seed: int, seconds: float = SECONDS, size: tuple[int, int] = (240, 180)) -> list[Pixels]:
    """Return the frames of a camera that wanders over a busy picture, another for each seed."""
    random = np.random.default_rng(seed)
    picture = shapes(seed, (4 * size[0], 4 * size[1]))
    count = round(seconds * RATE)
    steps = np.cumsum(np.cumsum(random.normal(0, 1.0, (count, 2)), axis=0), axis=0)
    spread = np.ptp(steps, axis=0)
    places = (steps - steps.min(axis=0)) / np.where(spread > 0, spread, 1)
    frames = []
    for across, down in places:
        left, top = float(across) * 2 * size[0], float(down) * 2 * size[1]
        view = picture.crop((round(left), round(top), round(left) + 2 * size[0], round(top) + 2 * size[1]))
        frames.append(np.asarray(view.resize(size)))
    return frames


def as_video(
    frames: Sequence[Pixels], rate: float = RATE, *, kind: str = "mp4", codec: str = "mpeg4", every: int = 10
) -> bytes:
    """Encode frames of one size; a key frame at least each `every` frames."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as container:
        stream: Any = container.add_stream(codec, rate=Fraction(rate).limit_denominator(1_000))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 1_500_000
        stream.codec_context.gop_size = every
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def edited(frames: Sequence[Pixels], edit: Callable[[Image.Image], Image.Image]) -> list[Pixels]:
    """Return every frame edited as a picture, all brought to the size of the first one, with even sides."""
    pictures = [edit(Image.fromarray(pixels)).convert("RGB") for pixels in frames]
    size = (pictures[0].width // 2 * 2, pictures[0].height // 2 * 2)
    return [np.asarray(picture.resize(size)) for picture in pictures]


def _beside(one: Pixels, other: Pixels) -> Pixels:
    return np.concatenate([one, other], axis=1)
