"""Videos that the program draws itself: flights over the invented landscapes, and the edits of a re-upload."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from siyaj.cli.demo import pictures
from siyaj.signals.video_examples import RATE, as_video, edited

Frames = list[NDArray[np.uint8]]
SIZE = (320, 240)


def flight(seed: int, seconds: float = 9.0) -> Frames:
    """Return a camera that flies over one landscape after another, 320 × 240, 10 frames a second."""
    count = round(seconds * RATE)
    scenes = [pictures.landscape(10 * seed + at) for at in range(3)]
    frames = []
    for number in range(count):
        scene = scenes[number * len(scenes) // count]
        along = number * len(scenes) / count % 1.0
        left, top = round(along * 400), round(60 + 50 * np.sin(3 * along))
        frames.append(np.asarray(scene.crop((left, top, left + 560, top + 420)).resize(SIZE)))
    return frames


def mp4(frames: Frames, rate: float = RATE) -> bytes:
    return as_video(frames, rate)


def in_report(frames: Frames) -> Frames:
    """Return what a newscast would show: the video small, in a studio."""
    studio = pictures.landscape(77).resize((480, 360))

    def shown(frame: Image.Image) -> Image.Image:
        out = studio.copy()
        out.paste(frame.resize((280, 210)), (170, 60))
        return out

    return edited(frames, shown)


def mirrored(frames: Frames) -> Frames:
    return edited(frames, ImageOps.mirror)
