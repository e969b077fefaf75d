"""Pictures that the program draws itself: invented landscapes, free of rights, and the edits of a re-upload."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

SIZE = (960, 720)


def landscape(seed: int) -> Image.Image:
    """Return an invented landscape, 960 × 720. The same seed gives the same picture."""
    chance = np.random.default_rng(seed)
    picture = Image.fromarray(_sky(chance))
    draw = ImageDraw.Draw(picture)
    width, height = SIZE
    x, y, radius = (int(chance.integers(*span)) for span in ((80, width - 80), (60, 260), (25, 70)))
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(chance.integers(200, 256, 3).tolist()))
    for layer in range(4):
        base = int(height * (0.4 + 0.15 * layer))
        ridge = _ridge(chance, width, base, 110 - 20 * layer)
        colour = tuple((chance.integers(20, 200, 3) * (1 - 0.18 * layer)).astype(int).tolist())
        draw.polygon([(0, height), *enumerate(ridge.tolist()), (width, height)], fill=colour)
        for _ in range(int(chance.integers(2, 7))):
            _house(draw, chance, int(chance.integers(20, width - 90)), base)
    return picture


def _sky(chance: np.random.Generator) -> NDArray[np.uint8]:
    width, height = SIZE
    top, bottom = chance.integers(30, 256, 3), chance.integers(30, 256, 3)
    fade = np.linspace(0, 1, height)[:, None, None]
    sky = np.broadcast_to(top * (1 - fade) + bottom * fade, (height, width, 3))
    return (sky + chance.normal(0, 4, (height, width, 1))).clip(0, 255).astype(np.uint8)


def _ridge(chance: np.random.Generator, width: int, base: int, reach: int) -> NDArray[np.float64]:
    across = np.arange(width) / width * 2 * np.pi
    waves = sum(
        np.sin(across * pitch + chance.uniform(0, 6.3)) / pitch**0.8 * chance.uniform(0.4, 1) for pitch in range(1, 12)
    )
    return np.asarray(base + reach * waves / 2)


def _house(draw: ImageDraw.ImageDraw, chance: np.random.Generator, x: int, base: int) -> None:
    wide, high = int(chance.integers(25, 80)), int(chance.integers(25, 90))
    y = base + int(chance.integers(0, 60))
    wall = tuple(chance.integers(60, 256, 3).tolist())
    draw.rectangle((x, y, x + wide, y + high), fill=wall)
    draw.polygon([(x - 6, y), (x + wide / 2, y - high * 0.6), (x + wide + 6, y)], fill=(120, 40, 30))


def jpeg(picture: Image.Image, quality: int = 88) -> bytes:
    """Return the picture as JPEG bytes."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def squeezed(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 3, picture.height // 3))


def mirrored(picture: Image.Image) -> Image.Image:
    return ImageOps.mirror(picture)


def turned(picture: Image.Image) -> Image.Image:
    return picture.rotate(90, expand=True)


def grey(picture: Image.Image) -> Image.Image:
    return ImageOps.grayscale(picture)


def faded(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Brightness(picture).enhance(1.25)).enhance(0.7)


def cropped(picture: Image.Image) -> Image.Image:
    """Return the middle of the picture, two thirds of each side."""
    width, height = picture.size
    return picture.crop((width // 6, height // 6, width - width // 6, height - height // 6))


def framed(picture: Image.Image) -> Image.Image:
    """Return the picture in a white frame."""
    return ImageOps.expand(picture, picture.width // 10, "white")


def stamped(picture: Image.Image) -> Image.Image:
    """Return the picture with a small logo in its corner."""
    copy = picture.copy()
    draw = ImageDraw.Draw(copy)
    draw.rounded_rectangle((20, 20, 100, 48), 8, fill=(235, 235, 235))
    draw.text((32, 28), "SAMPLE TV", fill=(180, 20, 20))
    return copy
