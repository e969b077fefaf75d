"""Bytes of a picture → pixels, for every format and mode that people send, within limits read from the header.

Only formats that Pillow decodes by itself or by the libraries in its wheel are let in: a hostile file must not choose
an interpreter (Pillow hands PostScript to Ghostscript).
"""

import io
import re
from functools import cache
from typing import NamedTuple

import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    ImageCms,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from siyaj.model.errors import MediaTooLarge, SiyajError, UnreadableMedia
from siyaj.signals.limits import MAX_PIXELS

FORMATS = [
    JpegImagePlugin.JpegImageFile.format,
    PngImagePlugin.PngImageFile.format,
    GifImagePlugin.GifImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
    AvifImagePlugin.AvifImageFile.format,
    "HEIF",
    BmpImagePlugin.BmpImageFile.format,
    TiffImagePlugin.TiffImageFile.format,
    IcoImagePlugin.IcoImageFile.format,
    PpmImagePlugin.PpmImageFile.format,
    Jpeg2KImagePlugin.Jpeg2KImageFile.format,
]

ORIENTATION = 0x0112  # Exif 2.32, 4.6.4: tag 274

pi_heif.register_heif_opener(thumbnails=False)


class Decoded(NamedTuple):
    """`array` is (h, w) luma or (h, w, 3) RGB, uint8, upright and contiguous. `size` is the (height, width) of the full
    picture; where `block` is above 1, the decoder has averaged blocks of its luma of so many pixels each way."""

    array: NDArray[np.uint8]
    size: tuple[int, int]
    block: int = 1


def open_picture(data: bytes) -> Image.Image:
    """Read the header. Raises UnreadableMedia for what is no picture, MediaTooLarge for one beyond MAX_PIXELS."""
    if not data:
        raise UnreadableMedia("the file is empty")
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as error:
        raise _unreadable(error) from None
    width, height = picture.size
    if width * height > MAX_PIXELS.get():
        raise MediaTooLarge(f"the picture has {width} × {height} pixels; {MAX_PIXELS.get():,} are allowed")
    return picture


def decode(data: bytes, finest: int | None) -> Decoded:
    """Decode to upright luma or RGB. Raises UnreadableMedia, MediaTooLarge.

    A JPEG is scaled in the DCT domain, and decoded to luma only, as long as blocks stay small beside PDQ's blur: at
    most 1/`finest` of its window; not at all for None. One that is not scaled stays RGB: a JPEG's own luma is not
    exactly that of its RGB, which is what the reference hashes.
    """
    picture = open_picture(data)
    width, height = picture.size
    block = 1
    if finest and picture.format in ("JPEG", "MPO") and picture.mode in ("RGB", "L"):
        window = (min(width, height) + 127) // 128
        wanted = max((size for size in (1, 2, 4, 8) if size * finest <= window), default=1)
        if wanted > 1 and picture.draft("L", (width // wanted, height // wanted)):
            block = next(size for size in (1, 2, 4, 8) if -(-width // size) == picture.size[0])
    try:
        array, swapped = _array(picture)
    except Exception as error:
        raise _unreadable(error) from None
    if block == 1:
        return Decoded(array, array.shape[:2])
    return Decoded(array, (width, height) if swapped else (height, width), block)


def decode_small(data: bytes, side: int) -> NDArray[np.uint8]:
    """Decode to upright luma or RGB of at most `side` pixels each way; a JPEG is scaled in the DCT domain first, while
    three quarters of that are left.

    Raises UnreadableMedia, MediaTooLarge.
    """
    picture = open_picture(data)
    if picture.format in ("JPEG", "MPO") and picture.mode in ("RGB", "L"):
        picture.draft(picture.mode, (side * 3 // 4, side * 3 // 4))
    try:
        small = Image.fromarray(_array(picture)[0])
    except Exception as error:
        raise _unreadable(error) from None
    small.thumbnail((side, side), Image.Resampling.BOX)
    return np.asarray(small)


def _array(picture: Image.Image) -> tuple[NDArray[np.uint8], bool]:
    """Return upright pixels, and whether rows and columns were swapped for that. Of an animation the first frame."""
    picture.load()
    # Pillow turns a TIFF itself when it loads it, and then no longer names an orientation.
    turn = _TURNS.get(_orientation(picture))
    pixels = _pixels(picture)
    if turn is None:
        return pixels, False
    swap, rows, columns = turn
    upright = (pixels.swapaxes(0, 1) if swap else pixels)[::rows, ::columns]
    return np.ascontiguousarray(upright), swap


_TURNS = {
    2: (False, 1, -1),
    3: (False, -1, -1),
    4: (False, -1, 1),
    5: (True, 1, 1),
    6: (True, 1, -1),
    7: (True, -1, -1),
    8: (True, -1, 1),
}
"""Exif orientation → swap the axes, then the steps along rows and columns."""


def _orientation(picture: Image.Image) -> int:
    """Return 1 to 8. Damaged Exif data must not hide a picture that every browser shows."""
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) else 1


def _pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """Return luma or RGB. Alpha is dropped, as the peers do."""
    mode = picture.mode
    if mode in ("RGB", "L"):
        return np.asarray(picture)
    if mode.startswith("I;16"):
        return (np.asarray(picture) >> 8).astype(np.uint8)
    if mode in ("I", "F"):
        return _eight_bits(np.asarray(picture))
    if mode == "LAB":
        return np.asarray(ImageCms.applyTransform(picture, _lab_to_rgb()))
    return np.asarray(picture.convert("L" if mode in ("1", "LA", "La") else "RGB"))


@cache
def _lab_to_rgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


def _eight_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Bring whole or floating-point grey into 0–255 by its range: 0–1, 0–255, 0–65535, else its own."""
    lowest, highest = float(values.min()), float(values.max())
    if not np.isfinite(highest - lowest):
        raise UnreadableMedia("the picture has infinite values")
    ranges = [255.0, 65_535.0] if values.dtype.kind == "i" else [1.0, 255.0, 65_535.0]
    top = next((top for top in ranges if lowest >= 0.0 and highest <= top), None)
    bottom, top = (0.0, top) if top is not None else (lowest, highest)
    scaled = values.astype(np.float32)
    scaled -= np.float32(bottom)
    scaled *= np.float32(255.0 / (top - bottom))
    return scaled.clip(0, 255, out=scaled).astype(np.uint8)


def _unreadable(error: Exception) -> SiyajError:
    """Turn what a decoder says into one sentence. A decoder may raise anything on hostile bytes."""
    if isinstance(error, SiyajError):
        return error
    if isinstance(error, MemoryError):
        return MediaTooLarge("decoding the picture takes more memory than is allowed")
    if isinstance(error, Image.DecompressionBombError):
        count = re.search(r"\((\d+) pixels\)", str(error))
        pixels = f"{int(count[1]):,}" if count else "too many"
        return MediaTooLarge(f"the picture has {pixels} pixels; {MAX_PIXELS.get():,} are allowed")
    said = str(error) or type(error).__name__
    if "cannot identify" in said:
        said = "the bytes are no picture in a format that is read here"
    return UnreadableMedia(f"the picture cannot be decoded: {said[:200]}")
