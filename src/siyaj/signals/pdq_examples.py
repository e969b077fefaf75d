"""Pictures, drawn here, that must match by PDQ and that must not."""

import io

import numpy as np
from PIL import Image, ImageOps

from siyaj.signals.base import Content, ContentKind, Examples
from siyaj.signals.pdq import hash_pixels


def examples() -> Examples:
    one, other = _blots(1), _blots(2)
    banked = hash_pixels(np.asarray(one)).hex
    kept = [
        _file(one, "PNG"),
        _file(one, "JPEG", quality=30),
        _file(one.resize((120, 90)), "PNG"),
        _file(ImageOps.mirror(one), "PNG"),
        _file(one.rotate(90, expand=True), "PNG"),
    ]
    return Examples(
        must_match=[(banked, content) for content in kept],
        must_not_match=[(banked, _file(other, "PNG")), (banked, _file(Image.new("RGB", (90, 90)), "PNG"))],
    )


def _blots(seed: int) -> Image.Image:
    """Return soft random blots, 320 × 240."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)


def _file(picture: Image.Image, kind: str, **options: int) -> Content:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return Content(ContentKind.IMAGE, data=buffer.getvalue())
