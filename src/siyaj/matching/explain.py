"""A picture for the reviewer: what was searched beside what is banked, with the region that matches outlined in both,
and between them that region as it lies on the banked one.

Grey and blurred unless asked otherwise: a reviewer looks at a hundred of these a day, and most questions ("is this the
same picture?") need neither colours nor detail.
"""

import io
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from siyaj.signals.local_value import unpack

if TYPE_CHECKING:
    from siyaj.matching.local_compare import Alignment

Corner = tuple[float, float]
"""x and y."""

TALL, WIDEST = 380, 600
"""Pixels that each side may have, as much of them as its shape allows."""
GAP, TITLE, LETTERS = 18, 34, 17
INK, DIM, GROUND, LINE, EDGE = (235, 235, 235), (165, 168, 174), (24, 26, 30), (255, 176, 0), (12, 12, 12)
SOFT = 0.012
"""Deviation of the blur, as a share of the height: shapes stay, faces and wounds do not."""
LEAST_APART = 0.05
"""Of a side."""
FINER = 3
"""Outlines are drawn so many times larger, then shrunk: their edges are smooth."""


def align(searched: str, banked: str) -> "Alignment | None":
    """Return how a searched picture lies on a banked one, from their `local` values; None when no way is found.

    The better of plain and mirrored. `searched` should be the search form. Raises InvalidSignal.
    """
    from siyaj.matching.local_compare import compare, prepare  # noqa: PLC0415  (numba)
    from siyaj.matching.local_score import LEAST_SCORE, score  # noqa: PLC0415
    from siyaj.matching.local_whole import lay_alone  # noqa: PLC0415

    ready, kept = prepare(unpack(searched)), unpack(banked)
    ways = [way for way in (compare(ready, kept, mirrored=mirrored) for mirrored in (False, True)) if way is not None]
    best = max(ways, key=lambda way: way.weight * way.share, default=None)
    if best is not None and score(ready, kept, best) >= LEAST_SCORE:
        return best
    return lay_alone(ready, kept) or best  # what was found without features


def thumbnail_of(banked: str) -> NDArray[np.uint8]:
    """Return the small grey picture that a banked `local` value holds, for when the picture itself is not kept."""
    return unpack(banked).thumbnail


def regions(alignment: "Alignment") -> tuple[list[Corner], list[Corner]]:
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
    searched: NDArray[np.uint8],
    banked: NDArray[np.uint8],
    alignment: "Alignment",
    *,
    blurred: bool = True,
    title: str = "this picture",
    sentence: str = "",
) -> bytes:
    """Return a PNG: the searched picture, the part of it that matches as it lies on the banked one, and that one.

    Pictures are (h, w) grey or (h, w, 3) RGB, uint8, of the shapes that were aligned: the thumbnails, or larger.
    `sentence` stands below. Corners that correspond have the same number.
    """
    here, there = _apart(*regions(alignment))
    panels = [
        (title, _outlined(_panel(searched, blurred), here)),
        ("the part that matches", _laid_over(searched, banked, alignment, blurred)),
        ("in the bank", _outlined(_panel(banked, blurred), there)),
    ]
    return _page(panels, sentence)


def _apart(here: list[Corner], there: list[Corner]) -> tuple[list[Corner], list[Corner]]:
    """Leave out corners that are hardly apart from the one before: where an edge just cuts one off."""
    kept = [
        at
        for at in range(len(here))
        if max(math.dist(here[at], here[at - 1]), math.dist(there[at], there[at - 1])) > LEAST_APART
    ]
    return ([here[at] for at in kept], [there[at] for at in kept]) if len(kept) >= 3 else (here, there)


def explain_whole(
    searched: NDArray[np.uint8], banked: NDArray[np.uint8], turn: str, *, blurred: bool = True, sentence: str = ""
) -> bytes:
    """Return a PNG of two pictures that are the same as a whole, the searched one turned or mirrored.

    `turn` is the variant of a PDQ signal: how the searched picture was turned to be like the banked one. `searched` is
    a still (n, n), pressed into a square; it is given the banked one's shape.
    """
    tall, wide = banked.shape[:2]
    aside = turn in ("rotate90", "rotate270", "transpose", "transverse")
    shape = (tall, wide) if aside else (wide, tall)
    here = np.asarray(Image.fromarray(searched).resize(shape, Image.Resampling.BICUBIC))
    whole = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    corner = _CORNERS.get(turn, 0)
    # A mirrored picture is gone round the other way.
    order = [(corner + (-one if turn in _MIRRORED else one)) % 4 for one in range(4)]
    panels = [
        ("this picture", _outlined(_panel(here, blurred), [whole[one] for one in order])),
        ("in the bank", _outlined(_panel(banked, blurred), whole)),
    ]
    return _page(panels, sentence)


# Which corner of the searched picture (clockwise from the top left) comes to the top left when it is turned so.
_CORNERS = {"rotate90": 1, "rotate180": 2, "rotate270": 3, "flip_x": 3, "flip_y": 1, "transverse": 2}


_MIRRORED = ("flip_x", "flip_y", "transpose", "transverse")


def _page(panels: list[tuple[str, Image.Image]], sentence: str) -> bytes:
    """Put titled panels beside each other, and the sentence below."""
    width = sum(panel.width for _, panel in panels) + (len(panels) + 1) * GAP
    font, small = ImageFont.load_default(LETTERS), ImageFont.load_default(LETTERS - 1)
    lines = _wrapped(sentence, small, width - 2 * GAP)
    floor = GAP + TITLE + max(panel.height for _, panel in panels)
    out = Image.new("RGB", (width, floor + GAP + len(lines) * (LETTERS + 6) + (GAP if lines else 0)), GROUND)
    draw = ImageDraw.Draw(out)
    left = GAP
    for title, panel in panels:
        draw.text((left, GAP), title, INK, font)
        out.paste(panel, (left, GAP + TITLE))
        left += panel.width + GAP
    for number, line in enumerate(lines):
        draw.text((GAP, floor + GAP + number * (LETTERS + 6)), line, DIM, small)
    buffer = io.BytesIO()
    out.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _wrapped(sentence: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in sentence.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _panel(pixels: NDArray[np.uint8], blurred: bool) -> Image.Image:
    picture = Image.fromarray(pixels)
    scale = min(TALL / picture.height, WIDEST / picture.width)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return _softened(picture.resize(size, Image.Resampling.BICUBIC), blurred)


def _softened(picture: Image.Image, blurred: bool) -> Image.Image:
    if blurred:
        picture = picture.convert("L").filter(ImageFilter.GaussianBlur(SOFT * TALL))
    return picture.convert("RGB")


def _laid_over(
    searched: NDArray[np.uint8], banked: NDArray[np.uint8], alignment: "Alignment", blurred: bool
) -> Image.Image:
    """Return the searched picture turned, mirrored and scaled as it lies on the banked one, which is dark beside it."""
    under = _panel(banked, blurred=False)
    down, across = searched.shape[:2]
    finer = np.diag([across / alignment.searched_size[0], down / alignment.searched_size[1], 1.0])
    coarser = np.diag([alignment.banked_size[0] / under.width, alignment.banked_size[1] / under.height, 1.0])
    matrix = finer @ alignment.matrix @ coarser
    if abs(matrix[2, 2]) > 1e-9:
        way = tuple(float(value) for value in (matrix / matrix[2, 2]).ravel()[:8])
        over, inside = Image.fromarray(searched).convert("RGB"), Image.new("L", (across, down), 255)
        kind = Image.Transform.PERSPECTIVE
        over = over.transform(under.size, kind, way, Image.Resampling.BICUBIC)
        under = Image.composite(
            over, under.point([value // 4 for value in range(256)] * 3), inside.transform(under.size, kind, way)
        )
    return _softened(under, blurred)


def _outlined(picture: Image.Image, corners: list[Corner]) -> Image.Image:
    """Darken what lies outside the corners, draw the line, and number them: the numbers show how it was turned."""
    if len(corners) < 3:
        return picture
    wide, tall = picture.size
    points = [(x * wide * FINER, y * tall * FINER) for x, y in corners]
    size = (wide * FINER, tall * FINER)
    shade, line = Image.new("L", size, 120), Image.new("RGBA", size, (*LINE, 0))
    ImageDraw.Draw(shade).polygon(points, fill=255)
    draw = ImageDraw.Draw(line)
    for width, colour in ((8 * FINER, EDGE), (4 * FINER, LINE)):
        draw.line([*points, points[0], points[1]], fill=colour, width=width, joint="curve")
    sides = [np.hypot(a[0] - b[0], a[1] - b[1]) for a, b in zip(points, [*points[1:], points[0]], strict=True)]
    roomy = min(sides) > 40 * FINER
    for number, point in enumerate(points if roomy else points[:1], 1):
        _mark(draw, point, size, str(number) if roomy else "")
    picture = Image.composite(picture, Image.new("RGB", (wide, tall), GROUND), shade.resize((wide, tall)))
    small = line.resize((wide, tall), Image.Resampling.BOX, reducing_gap=None)
    return Image.alpha_composite(picture.convert("RGBA"), small).convert("RGB")


def _mark(draw: ImageDraw.ImageDraw, point: tuple[float, float], size: tuple[int, int], number: str) -> None:
    reach = (11 if number else 6) * FINER
    x, y = (min(max(at, reach), side - reach - 1) for at, side in zip(point, size, strict=True))
    draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=LINE, outline=EDGE, width=2 * FINER)
    if number:
        draw.text((x, y), number, EDGE, ImageFont.load_default(15 * FINER), "mm")


def _through(matrix: NDArray[np.floating], x: float, y: float) -> tuple[float, float]:
    u, v, depth = matrix @ np.array([x, y, 1.0])
    depth = depth if abs(depth) > 1e-6 else 1e-6
    return float(u / depth), float(v / depth)


def _clip(corners: list[Corner], wide: float, tall: float) -> list[Corner]:
    """Cut a polygon to a picture's edges (Sutherland and Hodgman, 1974)."""
    for axis, limit, sign in ((0, 0.0, 1.0), (0, wide, -1.0), (1, 0.0, 1.0), (1, tall, -1.0)):
        kept: list[Corner] = []
        for one, other in zip(corners, [*corners[1:], *corners[:1]], strict=True):
            inside, following = sign * (one[axis] - limit) >= 0, sign * (other[axis] - limit) >= 0
            if inside:
                kept.append(one)
            if inside != following:
                share = (limit - one[axis]) / (other[axis] - one[axis])
                kept.append((one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])))
        corners = kept
    return corners
