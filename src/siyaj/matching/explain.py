"""A picture for the reviewer: what was searched beside what is banked, with the region that matches outlined in both.

Grey and blurred unless asked otherwise: a reviewer looks at a hundred of these a day, and most questions ("is this the
same picture?") need neither colours nor detail.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from siyaj.matching.local_compare import Alignment, compare, prepare
from siyaj.signals.local_value import unpack

TALL = 480
"""Pixels of height of each side."""
WIDEST = 960
GAP = 16
INK, GROUND, LINE, EDGE = (235, 235, 235), (24, 26, 30), (255, 176, 0), (0, 0, 0)
SOFT = 0.012
"""Deviation of the blur, as a share of the height: shapes stay, faces and wounds do not."""


def align(searched: str, banked: str) -> Alignment | None:
    """Return how a searched picture lies on a banked one, from their `local` values; None when no way is found.

    The better of plain and mirrored. `searched` should be the search form. Raises InvalidSignal.
    """
    ready, kept = prepare(unpack(searched)), unpack(banked)
    ways = [way for way in (compare(ready, kept, mirrored=mirrored) for mirrored in (False, True)) if way is not None]
    return max(ways, key=lambda way: way.weight * way.share, default=None)


def thumbnail_of(banked: str) -> NDArray[np.uint8]:
    """Return the small grey picture that a banked `local` value holds, for when the picture itself is not kept."""
    return unpack(banked).thumbnail


def regions(alignment: Alignment) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return the corners of what both show: in the searched and in the banked picture, as shares of width and height.

    Corners that correspond have the same place in both lists. Empty when nothing is in common.
    """
    wide, tall = alignment.banked_size
    across, down = alignment.searched_size
    banked = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    searched = _clip([_through(alignment.matrix, x * wide, y * tall) for x, y in banked], across, down)
    back = np.linalg.inv(alignment.matrix)
    there = [_through(back, x, y) for x, y in searched]
    return [(x / across, y / down) for x, y in searched], [(x / wide, y / tall) for x, y in there]


def explain_pictures(
    searched: NDArray[np.uint8], banked: NDArray[np.uint8], alignment: Alignment, *, blurred: bool = True
) -> bytes:
    """Return a PNG. Pictures are (h, w) grey or (h, w, 3) RGB, uint8; the banked one may be its thumbnail."""
    here, there = regions(alignment)
    return _two(_side(searched, here, blurred), _side(banked, there, blurred))


def _two(left: Image.Image, right: Image.Image) -> bytes:
    out = Image.new("RGB", (left.width + right.width + 3 * GAP, TALL + 2 * GAP + 40), GROUND)
    out.paste(left, (GAP, GAP))
    out.paste(right, (left.width + 2 * GAP, GAP))
    draw = ImageDraw.Draw(out)
    font = ImageFont.load_default(20)
    draw.text((GAP, TALL + GAP + 8), "this picture", INK, font)
    draw.text((left.width + 2 * GAP, TALL + GAP + 8), "banked", INK, font)
    buffer = io.BytesIO()
    out.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def explain_whole(searched: NDArray[np.uint8], banked: NDArray[np.uint8], turn: str, *, blurred: bool = True) -> bytes:
    """Return a PNG of two pictures that are the same as a whole, the searched one turned or mirrored.

    `turn` is the variant of a PDQ signal: how the searched picture was turned to be like the banked one. `searched` is
    a still (n, n), pressed into a square; it is given the banked one's shape.
    """
    tall, wide = banked.shape[:2]
    aside = turn in ("rotate90", "rotate270", "transpose", "transverse")
    shape = (tall, wide) if aside else (wide, tall)
    here = np.asarray(Image.fromarray(searched).resize(shape, Image.Resampling.BICUBIC))
    corner = _CORNERS.get(turn, 0)
    whole = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    marked = [*whole[corner:], *whole[:corner]]
    return _two(_side(here, marked, blurred), _side(banked, whole, blurred))


# Which corner of the searched picture (clockwise from the top left) comes to the top left when it is turned so.
_CORNERS = {"rotate90": 1, "rotate180": 2, "rotate270": 3, "flip_x": 3, "flip_y": 1, "transverse": 2}


def _side(pixels: NDArray[np.uint8], corners: list[tuple[float, float]], blurred: bool) -> Image.Image:
    picture = Image.fromarray(pixels)
    wide = max(1, min(WIDEST, round(picture.width * TALL / picture.height)))
    picture = picture.resize((wide, TALL), Image.Resampling.BICUBIC)
    if blurred:
        picture = picture.convert("L").filter(ImageFilter.GaussianBlur(SOFT * TALL))
    picture = picture.convert("RGB")
    if len(corners) < 3:
        return picture
    points = [(x * wide, y * TALL) for x, y in corners]
    shade = Image.new("L", picture.size, 110)
    ImageDraw.Draw(shade).polygon(points, fill=255)
    picture = Image.composite(picture, Image.new("RGB", picture.size, GROUND), shade)
    draw = ImageDraw.Draw(picture)
    for width, colour in ((7, EDGE), (3, LINE)):
        draw.line([*points, points[0], points[1]], fill=colour, width=width, joint="curve")
    # The same corner is marked in both: it shows how the picture was turned or mirrored.
    x, y = points[0]
    draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=LINE, outline=EDGE, width=2)
    return picture


def _through(matrix: NDArray[np.floating], x: float, y: float) -> tuple[float, float]:
    u, v, depth = matrix @ np.array([x, y, 1.0])
    depth = depth if abs(depth) > 1e-6 else 1e-6
    return float(u / depth), float(v / depth)


def _clip(corners: list[tuple[float, float]], wide: float, tall: float) -> list[tuple[float, float]]:
    """Cut a polygon to a picture's edges (Sutherland and Hodgman, 1974)."""
    for axis, limit, sign in ((0, 0.0, 1.0), (0, wide, -1.0), (1, 0.0, 1.0), (1, tall, -1.0)):
        kept: list[tuple[float, float]] = []
        for one, other in zip(corners, [*corners[1:], *corners[:1]], strict=True):
            inside, following = sign * (one[axis] - limit) >= 0, sign * (other[axis] - limit) >= 0
            if inside:
                kept.append(one)
            if inside != following:
                share = (limit - one[axis]) / (other[axis] - one[axis])
                kept.append((one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])))
        corners = kept
    return corners
