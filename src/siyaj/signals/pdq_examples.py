"""Pictures, drawn here, that must match by PDQ and that must not."""

import io

import numpy as np
from PIL import Image, ImageOps

from siyaj.signals.base import Content, ContentKind, Examples
from siyaj.signals.pdq import hash_pixels


def examples() -> Examples:
    one, other = blots(1), blots(2)
    banked = hash_pixels(np.asarray(one)).hex
    kept = [
        as_content(one, "PNG"),
        as_content(one, "JPEG", quality=30),
        as_content(one.resize((120, 90)), "PNG"),
        as_content(ImageOps.mirror(one), "PNG"),
        as_content(one.rotate(90, expand=True), "PNG"),
    ]
    return Examples(
        must_match=[(banked, content) for content in kept],
        must_not_match=[(banked, as_content(other, "PNG")), (banked, as_content(Image.new("RGB", (90, 90)), "PNG"))],
    )


def blots(seed: int) -> Image.Image:
    """Return soft random blots, 320 × 240."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)


def as_content(picture: Image.Image, kind: str, **options: int) -> Content:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return Content(ContentKind.IMAGE, data=buffer.getvalue())
