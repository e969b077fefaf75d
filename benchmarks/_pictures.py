"""Pictures by code: busy scenes for collages and insets, and as many unrelated ones as a measurement needs."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def scene(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Return a busy picture with shapes and textures on many scales; another for each seed, always the same for one."""
    random = np.random.default_rng(seed)
    width, height = size
    out = Image.fromarray(_clouds(random, size))
    draw = ImageDraw.Draw(out, "RGBA")
    for _ in range(int(random.integers(10, 60))):
        x, y = random.uniform(-0.1, 1.0) * width, random.uniform(-0.1, 1.0) * height
        reach = random.lognormal(-2.5, 0.7) * max(size)
        colour = (*(int(value) for value in random.integers(0, 256, 3)), int(random.integers(90, 256)))
        kind = int(random.integers(4))
        if kind == 0:
            draw.ellipse((x, y, x + reach, y + reach * random.uniform(0.4, 1.6)), colour)
        elif kind == 1:
            draw.rectangle((x, y, x + reach, y + reach * random.uniform(0.4, 1.6)), colour)
        elif kind == 2:
            corners = random.uniform(-1, 1, (int(random.integers(3, 8)), 2)) * reach
            draw.polygon([(x + dx, y + dy) for dx, dy in corners], colour)
        else:
            end = random.uniform(-2, 2, 2) * reach
            draw.line((x, y, x + end[0], y + end[1]), colour, int(random.integers(1, 12)))
    pixels = np.asarray(out).astype(np.float32) + random.normal(0, random.uniform(0, 6), (height, width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _clouds(random: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Return noise with the spectrum of natural pictures: each finer octave is weaker."""
    total = np.zeros((size[1], size[0], 3), dtype=np.float32)
    strength = random.uniform(0.4, 0.8)
    for octave in range(1, 8):
        cells = 2**octave
        coarse = random.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
        layer = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        total += (np.asarray(layer).astype(np.float32) - 128) * strength**octave
    total = total / max(float(total.std()), 1.0) * random.uniform(25, 60) + random.uniform(70, 180)
    return np.asarray(total.clip(0, 255).astype(np.uint8))


def chat(seed: int) -> Image.Image:
    """A screenshot of a chat: the same bars and bubbles, other words."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", (540, 960), (229, 221, 213))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 540, 70), (7, 94, 84))
    draw.text((80, 35), "Family group", (255, 255, 255), ImageFont.load_default(26), "lm")
    for bubble in range(8):
        left = 20 if bubble % 2 else 120
        draw.rounded_rectangle((left, 90 + 105 * bubble, left + 400, 180 + 105 * bubble), 12, (255, 255, 255))
        for line in range(3):
            words = " ".join(
                "".join(chr(97 + int(letter)) for letter in random.integers(0, 26, random.integers(2, 9)))
                for _ in range(4)
            )
            place = (left + 14, 96 + 105 * bubble + 27 * line)
            draw.text(place, words, (20, 20, 20), ImageFont.load_default(22))
    return picture
