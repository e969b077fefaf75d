"""Videos by code: made from pictures, and every edit of a re-upload campaign. A film is frames and their rate."""

import io
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from PIL import Image, ImageOps

from benchmarks._edits import (
    Edit,
    banner,
    blur,
    border,
    crop,
    framed,
    grey,
    inset,
    letterbox,
    logo,
    screenshot,
    text_over,
    watermark,
)
from benchmarks._pictures import scene

RATE = 24.0
SIZE = (400, 300)


class Film(NamedTuple):
    frames: list[np.ndarray]
    """(h, w, 3) uint8 RGB each."""
    rate: float

    @property
    def seconds(self) -> float:
        return len(self.frames) / self.rate


FilmEdit = Callable[[Film], Film]


def shot(picture: Image.Image, seed: int, seconds: float) -> Film:
    """Return a camera that wanders over a picture, zooms, and shakes as one held by hand does."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    ends = random.uniform(0.0, 1.0, (2, 2))
    zooms = random.uniform(0.45, 0.8, 2)
    shake = np.cumsum(random.normal(0, 1.2, (count, 2)), axis=0)
    shake -= np.linspace(0, 1, count)[:, None] * shake[-1]
    frames = []
    for number in range(count):
        along = number / count
        zoom = zooms[0] + (zooms[1] - zooms[0]) * along
        wide = int(min(picture.width, picture.height * SIZE[0] / SIZE[1]) * zoom)
        tall = wide * SIZE[1] // SIZE[0]
        place = ends[0] + (ends[1] - ends[0]) * along
        left = float(np.clip(place[0] * (picture.width - wide) + shake[number, 0], 0, picture.width - wide))
        top = float(np.clip(place[1] * (picture.height - tall) + shake[number, 1], 0, picture.height - tall))
        box = (left, top, left + wide, top + tall)
        frames.append(np.asarray(picture.resize(SIZE, Image.Resampling.BILINEAR, box=box)))
    return Film(frames, RATE)


def made(pictures: Sequence[Image.Image], seed: int, seconds: float) -> Film:
    """Return a film of one shot for each picture."""
    each = seconds / len(pictures)
    return Film([frame for at, one in enumerate(pictures) for frame in shot(one, seed + at, each).frames], RATE)


@lru_cache(maxsize=4)
def other(seed: int, seconds: float) -> Film:
    """Return a film that shows nothing of any other."""
    return made([scene(700_000 + 10 * seed + at, (960, 720)) for at in range(2)], seed, seconds)


def read(path: Path, most: int = 1_200, longest: int = 400) -> Film:
    """Return at most so many frames, at most `longest` pixels on their longer side: edits take their time."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)
        frames = []
        share = min(1.0, longest / max(stream.width, stream.height))
        size = (int(stream.width * share) // 2 * 2, int(stream.height * share) // 2 * 2)
        for frame in container.decode(stream):
            frames.append(frame.to_ndarray(format="rgb24", width=size[0], height=size[1]))
            if len(frames) == most:
                break
    return Film(frames, rate)


def encode(film: Film, quality: int = 26) -> bytes:
    """Return MP4 bytes as a platform makes them: x264 with its own key frames, where PyAV has it."""
    buffer = io.BytesIO()
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    with av.open(buffer, "w", format="mp4") as container:
        options = {"crf": str(quality), "preset": "veryfast"} if codec == "libx264" else {}
        stream: Any = container.add_stream(codec, rate=Fraction(film.rate).limit_denominator(1_000), options=options)
        height, width = (side // 2 * 2 for side in film.frames[0].shape[:2])
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for pixels in film.frames:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def _each(edit: Edit) -> FilmEdit:
    def apply(film: Film) -> Film:
        return Film([np.asarray(edit(Image.fromarray(pixels)).convert("RGB")) for pixels in film.frames], film.rate)

    return apply


def cut(start: float, end: float = 1.0) -> FilmEdit:
    def apply(film: Film) -> Film:
        count = len(film.frames)
        return Film(film.frames[round(start * count) : round(end * count)], film.rate)

    return apply


def excerpt(seconds: float) -> FilmEdit:
    def apply(film: Film) -> Film:
        length = min(len(film.frames), round(seconds * film.rate))
        start = (len(film.frames) - length) * 2 // 3
        return Film(film.frames[start : start + length], film.rate)

    return apply


def intro(seconds: float) -> FilmEdit:
    def apply(film: Film) -> Film:
        return Film([*_like(other(1, seconds), film), *film.frames], film.rate)

    return apply


def speed(factor: float) -> FilmEdit:
    def apply(film: Film) -> Film:
        count = round(len(film.frames) / factor)
        return Film([film.frames[min(int(at * factor), len(film.frames) - 1)] for at in range(count)], film.rate)

    return apply


def rate(frames_a_second: float) -> FilmEdit:
    def apply(film: Film) -> Film:
        count = round(film.seconds * frames_a_second)
        step = film.rate / frames_a_second
        return Film([film.frames[min(int(at * step), len(film.frames) - 1)] for at in range(count)], frames_a_second)

    return apply


def inserted(*, black: bool) -> FilmEdit:
    """Put two seconds of black, or of a frozen frame, after each third of the film."""

    def apply(film: Film) -> Film:
        third, pause = len(film.frames) // 3, round(2 * film.rate)
        frames: list[np.ndarray] = []
        for start in (0, third, 2 * third):
            piece = film.frames[start : start + third]
            frames += [*piece, *([np.zeros_like(piece[-1]) if black else piece[-1]] * pause)]
        return Film(frames, film.rate)

    return apply


def beside(film: Film) -> Film:
    """Put another film on the right."""
    right = _like(other(2, film.seconds), film)
    return Film([np.concatenate(pair, axis=1) for pair in zip(film.frames, right, strict=False)], film.rate)


def ending(kind: str, seconds: float) -> FilmEdit:
    """Put an ending after it: another film, a picture of it that stands still, or black."""

    def apply(film: Film) -> Film:
        shown = _like(other(1, seconds), film)
        if kind != "film":
            shown = [shown[0] if kind == "picture" else np.zeros_like(shown[0])] * len(shown)
        return Film([*film.frames, *shown], film.rate)

    return apply


def ticker(film: Film) -> Film:
    """Let a line of news run through a banner, under a logo: the same on every film."""
    strip, wide = banner(Image.new("RGB", (2_000, 300)), 0.5).crop((0, 150, 2_000, 300)), film.frames[0].shape[1]
    frames = []
    for number, pixels in enumerate(film.frames):
        picture = logo(Image.fromarray(pixels), 0.15)
        part = strip.crop((4 * number % 1_000, 0, 4 * number % 1_000 + 1_000, 150)).resize((wide, picture.height // 6))
        picture.paste(part, (0, picture.height - part.height))
        frames.append(np.asarray(picture))
    return Film(frames, film.rate)


def surrounded(film: Film) -> Film:
    """Show it at 60 % in the middle of another film, which is the same around every one."""
    frames = []
    for pixels, around in zip(film.frames, _like(other(3, film.seconds), film), strict=False):
        picture, inner = Image.fromarray(around), Image.fromarray(pixels)
        inner = inner.resize((picture.width * 6 // 10, picture.height * 6 // 10))
        picture.paste(inner, (picture.width // 5, picture.height // 5))
        frames.append(np.asarray(picture))
    return Film(frames, film.rate)


def sepia(picture: Image.Image) -> Image.Image:
    return ImageOps.colorize(ImageOps.grayscale(picture), (40, 20, 0), (255, 240, 200))


def _like(film: Film, model: Film) -> list[np.ndarray]:
    """Return the film's frames in the size and at the rate of another."""
    height, width = model.frames[0].shape[:2]
    count = round(film.seconds * model.rate)
    chosen = [film.frames[min(int(at * film.rate / model.rate), len(film.frames) - 1)] for at in range(count)]
    return [np.asarray(Image.fromarray(pixels).resize((width, height))) for pixels in chosen]


def _small(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2))


VIDEO_EDITS: dict[str, FilmEdit] = {
    "encoded again": lambda film: film,
    "half size": _each(_small),
    "intro cut (30 %)": cut(0.3),
    "end cut (40 %)": cut(0.0, 0.6),
    "intro added (5 s)": intro(5.0),
    "excerpt of 10 s": excerpt(10.0),
    "half speed": speed(0.5),
    "speed 1.25×": speed(1.25),
    "double speed": speed(2.0),
    "12 frames a second": rate(12.0),
    "60 frames a second": rate(60.0),
    "letterbox": _each(letterbox),
    "mirror": _each(ImageOps.mirror),
    "logo": _each(logo),
    "large logo": _each(lambda picture: logo(picture, 0.45)),
    "banner": _each(banner),
    "text over": _each(text_over),
    "grey": _each(grey),
    "sepia": _each(sepia),
    "blur": _each(blur),
    "border 10 %": _each(border),
    "crop to 80 %": _each(lambda picture: crop(picture, 0.8)),
    "inset 50 %": _each(lambda picture: inset(picture, 0.5)),
    "two side by side": beside,
    "black inserted": inserted(black=True),
    "frozen frames inserted": inserted(black=False),
    "intro cut, mirrored, letterbox": lambda film: _each(letterbox)(_each(ImageOps.mirror)(cut(0.3)(film))),
}


SHARED: dict[str, FilmEdit] = {
    "logo": _each(logo),
    "large logo": _each(lambda picture: logo(picture, 0.45)),
    "banner of 30 %": _each(lambda picture: banner(picture, 0.3)),
    "line of news": ticker,
    "lettering": _each(text_over),
    "watermark": _each(watermark),
    "screenshot frame": _each(lambda picture: screenshot(picture).resize((400, 560))),
    "ornamented frame": _each(framed),
    "film around it": surrounded,
    "black ending": ending("black", 6.0),
    "ending that stands still": ending("picture", 5.0),
    "opening of 3 s": intro(3.0),
    "opening of 6 s": intro(6.0),
    "ending of 6 s": ending("film", 6.0),
}
"""What different films share."""


def films(folder: Path, photos: Sequence[Image.Image], count: int) -> Iterator[tuple[str, Film]]:
    """Yield the folder's videos, then `count` films made from photos, the first of them 40 seconds long."""
    for path in sorted(folder.glob("*.mp4")):
        yield path.name, read(path)
    for number in range(count):
        chosen = [photos[(3 * number + at) % len(photos)] for at in range(3)]
        yield f"made {number}", made(chosen, 100 * number, 40.0 if number == 0 else 10.0)
