"""Pictures, drawn here, that must be found once an edit is undone, and that must not."""

import numpy as np
from PIL import Image, ImageOps

from siyaj.signals.base import Examples
from siyaj.signals.pdq import hash_pixels
from siyaj.signals.pdq_examples import as_content, blots


def examples() -> Examples:
    one, other = blots(1), blots(2)
    banked = hash_pixels(np.asarray(one)).hex
    kept = [
        as_content(ImageOps.expand(one, 40, (250, 250, 250)), "JPEG", quality=80),
        as_content(ImageOps.mirror(ImageOps.expand(one, (0, 60), (0, 0, 0))), "PNG"),
        as_content(_turned(one, 90), "PNG"),
    ]
    return Examples(
        must_match=[(banked, content) for content in kept],
        must_not_match=[
            (banked, as_content(ImageOps.expand(other, 40, (250, 250, 250)), "PNG")),
            (banked, as_content(Image.new("RGB", (90, 90)), "PNG")),
        ],
    )


def _turned(picture: Image.Image, degrees: int) -> Image.Image:
    hsv = np.asarray(picture.convert("HSV")).copy()
    hsv[:, :, 0] += np.uint8(degrees * 256 // 360)
    return Image.fromarray(hsv, "HSV").convert("RGB")
