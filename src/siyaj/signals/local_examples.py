"""Pictures, drawn here, that must match by their local features and that must not."""

import io

import msgspec
import numpy as np
from PIL import Image, ImageDraw, ImageOps

from siyaj.signals.base import Content, ContentKind, Examples


def examples() -> Examples:
    from siyaj.signals.local import LOCAL  # noqa: PLC0415  (it imports this module)

    one, other = shapes(1), shapes(2)
    banked = LOCAL.extract(as_file(one, "PNG"))[0].value
    wide, tall = one.size
    inset = shapes(3).resize((960, 720))
    inset.paste(one.resize((480, 360)), (300, 200))
    altered = [
        as_file(one, "JPEG", quality=30),
        as_file(ImageOps.mirror(one), "PNG"),
        as_file(one.rotate(15, expand=True), "PNG"),
        as_file(one.crop((wide // 4, tall // 4, wide * 3 // 4, tall * 3 // 4)), "PNG"),
        as_file(ImageOps.expand(one, 60, (250, 250, 250)), "PNG"),
        as_file(inset, "PNG"),
    ]
    return Examples(
        must_match=[(banked, content) for content in altered],
        must_not_match=[(banked, as_file(other, "PNG")), (banked, as_file(Image.new("RGB", (90, 90)), "PNG"))],
    )


def emblems() -> Examples:
    from siyaj.signals.emblem import EMBLEM  # noqa: PLC0415

    mark = shapes(9, (300, 300))
    banked = EMBLEM.extract(msgspec.structs.replace(as_file(mark, "PNG"), banking=True))[0].value
    frame = shapes(4, (1200, 800))
    bare = as_file(frame, "PNG")
    frame.paste(mark.resize((130, 130)), (1040, 30))
    return Examples(
        must_match=[(banked, as_file(mark, "PNG")), (banked, as_file(frame, "JPEG", quality=80))],
        must_not_match=[(banked, bare), (banked, as_file(shapes(10, (300, 300)), "PNG"))],
    )


def shapes(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Return a busy picture of overlapping shapes, another for each seed."""
    random = np.random.default_rng(seed)
    coarse = random.integers(60, 200, (9, 12, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(90):
        x, y = (float(value) for value in random.uniform(0, 1, 2) * size)
        corners = random.uniform(-1, 1, (int(random.integers(3, 7)), 2)) * random.uniform(10, 70)
        colour = tuple(int(value) for value in random.integers(0, 256, 3))
        draw.polygon([(x + float(dx), y + float(dy)) for dx, dy in corners], fill=colour)
    return picture


def as_file(picture: Image.Image, kind: str, **options: int) -> Content:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return Content(ContentKind.IMAGE, data=buffer.getvalue())
