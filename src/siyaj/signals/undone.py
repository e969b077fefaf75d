"""`undone`: the PDQ of what a picture may have been before a border was put around it, or its colours were turned.

PDQ sees the whole picture, in grey: a border moves all of it, and a turn of the hues makes light parts dark. Both can
be undone by trying: the part inside even edges, and the hues turned back by steps. So smooth pictures, which give local
features no hold, and the entries of lists that hold hashes only, are found all the same.

Looked up among banked PDQs; never kept. Drawn only where the picture as it is was found nowhere.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexSpec
from siyaj.signals.exact import parse_hex
from siyaj.signals.pdq import BITS, RADIUS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HUES = tuple(range(30, 360, 30))
"""Degrees. PDQ bears 15 more each way in nearly all pictures, 30 in two of three."""
SIDE = 512
"""Pixels of the longer side that is looked at: PDQ reads 64."""
EVEN = 6.0
"""Deviation in grey levels up to which a row or column is one colour, after a JPEG."""
SAME = 10.0
"""Grey levels by which the next row of a border may differ from the first."""
LEAST_CUT, LEAST_LEFT = 0.02, 0.35
"""Shares of a side: a thinner border leaves PDQ as it is; of a smaller picture inside, too little is left to say."""


class Undone(Struct, frozen=True):
    """Common edits undone, as a signal type."""

    name: str = "undone"
    costly: bool = True
    by_name: bool = True
    content_kinds: frozenset[ContentKind] = frozenset({ContentKind.IMAGE})
    queried_by: frozenset[str] = frozenset({"undone"})
    index: IndexSpec = IndexSpec("hamming", {"bits": BITS, "radius": RADIUS})

    @property
    def examples(self) -> Examples:
        from siyaj.signals.undone_examples import examples  # noqa: PLC0415  (draws pictures)

        return examples()

    def extract(self, content: Content) -> list[Signal]:
        """Return the variants `inside` (in eight orientations) and `hue60` … of a picture that has them."""
        from siyaj.signals.picture import decode_small  # noqa: PLC0415  (numpy)

        pixels = decode_small(content.data, SIDE)
        return [
            Signal(self.name, value, quality, variant=variant)
            for variant, value, quality in _variants(pixels)
            if quality
        ]

    def parse(self, value: str) -> str:
        return parse_hex(self.name, value, BITS // 4)


def _variants(pixels: "NDArray[np.uint8]") -> Iterator[tuple[str, str, int]]:
    """Yield variant, hex and quality. `pixels` is (h, w) luma or (h, w, 3) RGB."""
    from siyaj.signals.pdq import hash_oriented, hash_pixels  # noqa: PLC0415

    inside = _inside(pixels)
    if inside is not None:
        hashes, quality = hash_oriented(inside)
        for turn, value in hashes.items():
            yield ("inside" if turn == "plain" else f"inside:{turn}"), value, quality
    if pixels.ndim == 3 and _colourful(pixels):
        for degrees, grey in zip(HUES, _turned_hues(pixels), strict=True):
            hashed = hash_pixels(grey)
            yield f"hue{degrees}", hashed.hex, hashed.quality


def _inside(pixels: "NDArray[np.uint8]") -> "NDArray[np.uint8] | None":
    """Return the part inside even edges; None where there are none, or too little is inside."""
    import numpy as np  # noqa: PLC0415

    height, width = pixels.shape[:2]
    if min(height, width) < 16 or not any(_even(line) for line in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])):
        return None
    grey = pixels if pixels.ndim == 2 else _grey(pixels)
    top, bottom = _edge(grey), _edge(grey[::-1])
    if top + bottom >= height:
        return None
    middle = grey[top : height - bottom]
    left, right = _edge(middle.T), _edge(middle.T[::-1])
    tall, wide = height - top - bottom, width - left - right
    cut = max(top + bottom, left + right) >= LEAST_CUT * max(height, width)
    if not cut or tall < LEAST_LEFT * height or wide < LEAST_LEFT * width:
        return None
    return np.ascontiguousarray(pixels[top : height - bottom, left : width - right])


def _even(line: "NDArray[np.uint8]") -> bool:
    """Return whether the outermost row or column ((n,) or (n, 3)) is one colour."""
    grey = line if line.ndim == 1 else line.mean(axis=1)
    return bool(grey.std() <= EVEN)


def _grey(pixels: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    """Return the mean of the channels; edges are sought in it, and nothing else."""
    import numpy as np  # noqa: PLC0415

    red, green, blue = (pixels[:, :, channel].astype(np.float32) for channel in range(3))
    grey: NDArray[np.float32] = (red + green + blue) / np.float32(3)
    return grey


def _edge(grey: "NDArray[np.generic]") -> int:
    """Return how many of the first rows are one colour."""
    import numpy as np  # noqa: PLC0415

    means, deviations = grey.mean(axis=1), grey.std(axis=1)
    even = (deviations <= EVEN) & (np.abs(means - means[0]) <= SAME)
    return int(len(even) if even.all() else np.argmin(even))


def _colourful(pixels: "NDArray[np.uint8]") -> bool:
    some = pixels[::8, ::8].astype(int)
    return bool((some.max(axis=2) - some.min(axis=2)).mean() > EVEN)


def _turned_hues(pixels: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Return the greys (n, h, w) of the picture with its hues turned by each of HUES."""
    import numpy as np  # noqa: PLC0415

    from siyaj.signals.hue_kernel import LACKING, greys  # noqa: PLC0415  (numba)

    turned: NDArray[np.uint8] = greys(np.ascontiguousarray(pixels), np.array(HUES, dtype=np.int64), LACKING)
    return turned


UNDONE = Undone()
