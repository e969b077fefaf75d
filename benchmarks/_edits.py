"""Edits that re-uploaders make, by code: each takes and gives an RGB picture. Nothing is random: the same edit of the
same picture is the same picture."""

import io
import math
from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Edit = Callable[[Image.Image], Image.Image]
RESAMPLE = Image.Resampling.BICUBIC


def jpeg(picture: Image.Image, quality: int = 85) -> Image.Image:
    """Save as JPEG and read again: every edited picture goes through it, as a re-upload does."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=quality)
    buffer.seek(0)
    return Image.open(buffer).convert("RGB")


def mirror(picture: Image.Image) -> Image.Image:
    return ImageOps.mirror(picture)


def quarter_turns(picture: Image.Image, count: int) -> Image.Image:
    return picture.rotate(90 * count, expand=True)


def turn(picture: Image.Image, degrees: float) -> Image.Image:
    """Turn, the corners filled with black."""
    return picture.rotate(degrees, RESAMPLE, expand=True, fillcolor=(0, 0, 0))


def crop(picture: Image.Image, share: float, where: tuple[float, float] = (0.5, 0.5)) -> Image.Image:
    """Keep `share` of each side, at `where` of what is left over (0, 0 = top left)."""
    width, height = round(picture.width * share), round(picture.height * share)
    left, top = round((picture.width - width) * where[0]), round((picture.height - height) * where[1])
    return picture.crop((left, top, left + width, top + height))


def border(picture: Image.Image, share: float = 0.1) -> Image.Image:
    """A frame of `share` of the longer side, in one colour."""
    return ImageOps.expand(picture, round(max(picture.size) * share), (240, 240, 235))


def letterbox(picture: Image.Image, share: float = 0.2) -> Image.Image:
    """Black bars above and below, each of `share` of the height."""
    bar = round(picture.height * share)
    out = Image.new("RGB", (picture.width, picture.height + 2 * bar))
    out.paste(picture, (0, bar))
    return out


def banner(picture: Image.Image, share: float = 0.2, *, top: bool = False) -> Image.Image:
    """A news banner over the bottom (or top) `share` of the picture: the same banner on every picture."""
    out = picture.copy()
    strip = _banner().resize((picture.width, max(1, round(picture.height * share))), RESAMPLE)
    out.paste(strip, (0, 0 if top else picture.height - strip.height))
    return out


def logo(picture: Image.Image, share: float = 0.2) -> Image.Image:
    """A broadcaster's logo in the top right corner: the same on every picture."""
    side = round(min(picture.size) * share)
    mark = _logo().resize((side, side), RESAMPLE)
    out = picture.copy()
    out.paste(mark, (picture.width - side - side // 4, side // 4), mark)
    return out


def text_over(picture: Image.Image, lines: int = 2) -> Image.Image:
    """Large white lettering with a black edge across the middle."""
    out = picture.copy()
    draw = ImageDraw.Draw(out)
    size = max(10, picture.height // 10)
    for line in range(lines):
        words = ("SHARE THIS NOW", "before it is gone", "1,000,000 views")[line % 3]
        place = (picture.width // 2, round(picture.height * (line + 1) / (lines + 1)))
        draw.text(
            place, words, (255, 255, 255), _font(size), "mm", stroke_width=max(1, size // 12), stroke_fill=(0, 0, 0)
        )
    return out


def watermark(picture: Image.Image, opacity: float = 0.43) -> Image.Image:
    """Large half-transparent lettering over the whole picture, aslant: the same on every picture."""
    lettering = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(lettering)
    step = max(4, picture.height // 4)
    for line in range(0, picture.height, step):
        place = (picture.width // 2, line + step // 2)
        draw.text(place, "STOCK MEDIA  STOCK", (255, 255, 255, round(255 * opacity)), _font(step * 4 // 7), "mm")
    return Image.alpha_composite(picture.convert("RGBA"), lettering.rotate(20)).convert("RGB")


def screenshot(picture: Image.Image, share: float = 0.6) -> Image.Image:
    """The picture as a post in an app on a phone: bars, a name, buttons, text; the same around every picture."""
    width = 720
    inner = picture.resize((width, max(1, round(picture.height * width / picture.width))), RESAMPLE)
    height = max(round(inner.height / share), inner.height + 400)
    out = Image.new("RGB", (width, height), (250, 250, 252))
    draw = ImageDraw.Draw(out)
    draw.rectangle((0, 0, width, 60), (34, 46, 60))
    draw.text((20, 30), "12:41      Channel", (255, 255, 255), _font(28), "lm")
    draw.ellipse((20, 80, 100, 160), (70, 130, 180))
    draw.text((120, 105), "Daily News Channel", (20, 20, 20), _font(30), "lm")
    draw.text((120, 140), "3,482 subscribers", (120, 120, 120), _font(22), "lm")
    out.paste(inner, (0, 180))
    y = 180 + inner.height
    for number in range(4):
        draw.rectangle((30 + 170 * number, y + 20, 170 + 170 * number, y + 70), (225, 230, 240))
        draw.text(
            (100 + 170 * number, y + 45), ("Like", "Reply", "Share", "Save")[number], (50, 60, 80), _font(26), "mm"
        )
    for line, words in enumerate(("What do you think about this?", "Tell us below and follow", "for more every day")):
        draw.text((30, y + 110 + 40 * line), words, (30, 30, 30), _font(28), "lm")
    return out


def framed(picture: Image.Image, share: float = 0.08) -> Image.Image:
    """An ornamented frame around the picture, the same on every picture."""
    edge = round(max(picture.size) * share)
    width, height = picture.width + 2 * edge, picture.height + 2 * edge
    ys, xs = np.mgrid[0:height, 0:width]
    wave = np.sin(xs * 40 / width * 2) * np.cos(ys * 40 / height * 2) + ((xs * 24 // width + ys * 24 // height) % 2)
    tones = np.stack([120 + 60 * wave, 80 + 40 * wave, 40 + 20 * wave], axis=-1).clip(0, 255).astype(np.uint8)
    out = Image.fromarray(tones)
    out.paste(picture, (edge, edge))
    return out


def blur(picture: Image.Image, share: float = 0.004) -> Image.Image:
    """A Gaussian blur with a deviation of `share` of the longer side."""
    return picture.filter(ImageFilter.GaussianBlur(max(picture.size) * share))


def noise(picture: Image.Image, deviation: float = 15.0) -> Image.Image:
    pixels = np.asarray(picture).astype(np.float32)
    dirt = np.random.default_rng(7).normal(0.0, deviation, pixels.shape)
    return Image.fromarray((pixels + dirt).clip(0, 255).astype(np.uint8))


def resized(picture: Image.Image, share: float = 0.5) -> Image.Image:
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def contrast(picture: Image.Image, factor: float = 1.6) -> Image.Image:
    return ImageEnhance.Contrast(picture).enhance(factor)


def gamma(picture: Image.Image, power: float = 2.0) -> Image.Image:
    table = [round(255 * (value / 255) ** power) for value in range(256)]
    return picture.point(table * 3)


def grey(picture: Image.Image) -> Image.Image:
    return picture.convert("L").convert("RGB")


def hue(picture: Image.Image, degrees: float = 90.0) -> Image.Image:
    pixels = np.asarray(picture.convert("HSV")).copy()
    pixels[:, :, 0] += np.uint8(degrees * 256 / 360)
    return Image.fromarray(pixels, "HSV").convert("RGB")


def inset(picture: Image.Image, share: float) -> Image.Image:
    """Picture in picture: at `share` of each side, in the upper left third of an unrelated busy picture."""
    out = _backdrop(1).resize(picture.size, RESAMPLE)
    small = picture.resize((max(1, round(picture.width * share)), max(1, round(picture.height * share))), RESAMPLE)
    out.paste(small, (round((out.width - small.width) * 0.3), round((out.height - small.height) * 0.4)))
    return out


def collage(picture: Image.Image, count: int = 4) -> Image.Image:
    """The picture as one of four, in the lower left; the others are unrelated."""
    width, height = picture.width // 2, picture.height // 2
    out = Image.new("RGB", (2 * width, 2 * height))
    for cell in range(count):
        part = picture if cell == 2 else _backdrop(cell + 2)
        out.paste(part.resize((width, height), RESAMPLE), (cell % 2 * width, cell // 2 * height))
    return out


def tilt(picture: Image.Image, share: float = 0.15) -> Image.Image:
    """Seen from the side: the right edge is shorter by `share` of the height at each end."""
    width, height = picture.size
    inset_y, inset_x = height * share, width * share / 2
    corners = [(0, 0), (width - inset_x, inset_y), (width - inset_x, height - inset_y), (0, height)]
    whole = [(0, 0), (width, 0), (width, height), (0, height)]
    return picture.transform(picture.size, Image.Transform.PERSPECTIVE, _perspective(corners, whole), RESAMPLE)


def _perspective(source: Sequence[tuple[float, float]], target: Sequence[tuple[float, float]]) -> list[float]:
    """Return the eight numbers by which Pillow finds for a place in `source` its place in `target`."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return [float(number) for number in np.linalg.solve(np.array(rows, dtype=float), np.array(right, dtype=float))]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _banner() -> Image.Image:
    out = Image.new("RGB", (1280, 160), (170, 20, 30))
    draw = ImageDraw.Draw(out)
    draw.rectangle((0, 0, 280, 160), (250, 250, 250))
    draw.text((140, 80), "NEWS 24", (170, 20, 30), _font(58), "mm")
    draw.text((310, 52), "BREAKING: the council met again today", (255, 255, 255), _font(48), "lm")
    draw.text((310, 118), "Markets +0.4 %   Weather 21°   Traffic on route 9", (255, 220, 200), _font(34), "lm")
    return out


def _logo() -> Image.Image:
    out = Image.new("RGBA", (200, 200))
    draw = ImageDraw.Draw(out)
    draw.ellipse((5, 5, 195, 195), (20, 90, 180, 230), (255, 255, 255, 255), 8)
    star = [
        (100 + radius * math.sin(math.pi * point / 5), 100 - radius * math.cos(math.pi * point / 5))
        for point in range(10)
        for radius in [75 if point % 2 == 0 else 30]
    ]
    draw.polygon(star, (255, 240, 120, 255))
    draw.text((100, 105), "TV", (20, 60, 120), _font(44), "mm")
    return out


@cache
def _backdrop(seed: int) -> Image.Image:
    from benchmarks._pictures import scene

    return scene(900_000 + seed, (960, 720))


_STEPS = (0.15, 0.25, 1 / 3, 0.5, 0.7, 1.0)

EDITS: dict[str, Edit] = {
    "mirror": mirror,
    "turn 90°": lambda picture: quarter_turns(picture, 1),
    "turn 180°": lambda picture: quarter_turns(picture, 2),
    "turn 270°": lambda picture: quarter_turns(picture, 3),
    "turn 5°": lambda picture: turn(picture, 5),
    "turn 15°": lambda picture: turn(picture, 15),
    "crop to 90 %": lambda picture: crop(picture, 0.9),
    "crop to 70 %": lambda picture: crop(picture, 0.7, (0.2, 0.7)),
    "crop to 50 %": lambda picture: crop(picture, 0.5, (0.6, 0.4)),
    "border 10 %": border,
    "letterbox": letterbox,
    "banner": banner,
    "logo": logo,
    "text over": text_over,
    "screenshot frame": screenshot,
    "JPEG q10": lambda picture: jpeg(picture, 10),
    "half size": resized,
    "blur": blur,
    "contrast": contrast,
    "gamma": gamma,
    "grey": grey,
    "hue shift": hue,
    "noise": noise,
}
"""Edits of which 98 % must be recognised."""

HARD_EDITS: dict[str, Edit] = {
    "crop to 25 % of the sides": lambda picture: crop(picture, 0.25, (0.45, 0.55)),
    "crop to 25 % of the area": lambda picture: crop(picture, 0.5, (0.1, 0.2)),
    "inset 50 %": lambda picture: inset(picture, 0.5),
    "inset 33 %": lambda picture: inset(picture, 1 / 3),
    "perspective tilt": tilt,
    "collage of four": collage,
    "watermark": watermark,
}
"""Edits of which 85 % must be recognised."""

OVERLAYS: dict[str, Edit] = {
    "banner": banner,
    "logo": logo,
    "screenshot frame": screenshot,
    "frame": framed,
    "lettering": text_over,
    "watermark": watermark,
}
"""What unrelated pictures may share."""


def _steps(edit: Callable[..., Image.Image], name: str, values: tuple[float, ...]) -> list[tuple[float, Edit]]:
    return [(value, partial(edit, **{name: value})) for value in values]


STRENGTHS: dict[str, list[tuple[float, Edit]]] = {
    "crop: share of the sides kept": _steps(crop, "share", _STEPS),
    "inset: share of the sides": _steps(inset, "share", _STEPS),
    "turn: degrees": _steps(turn, "degrees", (0, 2, 5, 10, 20, 45)),
    "banner: share of the height": _steps(banner, "share", (0.05, 0.1, 0.2, 0.35, 0.5)),
    "border: share of the longer side": _steps(border, "share", (0, 0.05, 0.1, 0.3, 0.5)),
    "tilt: share of the height": _steps(tilt, "share", (0, 0.1, 0.2, 0.3, 0.4)),
    "blur: share of the longer side": _steps(blur, "share", (0, 0.002, 0.005, 0.01, 0.02)),
    "JPEG quality": _steps(jpeg, "quality", (2, 5, 10, 30, 80)),
    "noise: deviation": _steps(noise, "deviation", (0, 10, 20, 40, 80)),
}
"""The same edits from weak to strong, for curves."""
