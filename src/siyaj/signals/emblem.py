"""`emblem`: an emblem or logo, looked for inside every picture.

Context for a person, never a verdict: pictures of news show an emblem as well. Whoever adds an entry says that it is
one; nothing else is kept of its picture, so that a picture of the emblem alone is context too.

It is made of local features, and the features of a whole picture find it when it is large. A small one lies between a
few of them: so a picture in which emblems are sought is also looked at part by part. Measured on 1280 × 720 frames with
ten invented emblems in their corners: 8 of 10 are found at 8 % of the width (100 pixels), all at 10 %, 2 of 10 at 6 %,
and with 140 other emblems in the bank one less; without the parts they are found from 15 % on. Costs two to four times
what `local` costs: 45 to 100 ms a picture in the decoder, and 20 to 35 ms to search.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexFactory, IndexSpec
from siyaj.signals.local import (
    BANKED_FEATURES,
    BANKED_LEVELS,
    BANKED_THUMBNAIL,
    FEWEST,
    LOCAL,
    SEARCH,
    SEARCH_FEATURES,
    SEARCH_LEVELS,
    SEARCH_SIDE,
    SEARCH_THUMBNAIL,
    SMALLEST_SIDE,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from siyaj.signals.local_value import Features

BANKED_SIDE = 320
"""Pixels. Of a larger emblem only what is still there when it is shown small is kept."""
PART = 0.6
"""Of each side: a part is so large. Parts overlap, so that what is small lies within one of them."""
PARTS = {"top_left": (0, 0), "top_right": (1, 0), "bottom_left": (0, 1), "bottom_right": (1, 1)}
FINEST = 8
"""A JPEG is scaled while decoding as long as 1,024 pixels of its shorter side are left."""


class Emblem(Struct, frozen=True):
    """An emblem as a signal type."""

    name: str = "emblem"
    costly: bool = True
    by_name: bool = True
    content_kinds: frozenset[ContentKind] = frozenset({ContentKind.IMAGE})
    queried_by: frozenset[str] = frozenset({"local", "emblem"})
    index: IndexSpec | IndexFactory = IndexSpec("local", {"emblem": True})

    @property
    def examples(self) -> Examples:
        from siyaj.signals.local_examples import emblems  # noqa: PLC0415  (draws pictures)

        return emblems()

    def extract(self, content: Content) -> list[Signal]:
        """Return, for a bank, the emblem; else the variants `search:top_left` … of the parts of a large picture."""
        from siyaj.signals.local_value import pack  # noqa: PLC0415  (numpy)
        from siyaj.signals.picture import decode  # noqa: PLC0415

        pixels = decode(content.data, FINEST).array
        if content.banking:
            kept = _banked(pixels)
            return [Signal(self.name, pack(kept), _quality(kept))] if len(kept.words) >= FEWEST else []
        drawn = [(f"{SEARCH}:{part}", features) for part, features in _searched(pixels)]
        return [Signal(self.name, pack(features), _quality(features), variant=variant) for variant, features in drawn]

    def parse(self, value: str) -> str:
        try:
            return LOCAL.parse(value)
        except InvalidSignal as error:
            raise InvalidSignal(error.message.replace("local value", "emblem value"), hint=error.hint) from None


def _banked(pixels: "NDArray[np.uint8]") -> "Features":
    from siyaj.signals.local_draw import find, grey_at  # noqa: PLC0415

    return find(grey_at(pixels, BANKED_SIDE, 0), BANKED_FEATURES, BANKED_LEVELS, BANKED_THUMBNAIL, search=False)


def _searched(pixels: "NDArray[np.uint8]") -> "Iterator[tuple[str, Features]]":
    """Yield the parts with their features; of a picture that is searched in full size anyway, none."""
    from siyaj.signals.local_draw import find, grey_at  # noqa: PLC0415

    if max(pixels.shape[:2]) <= SEARCH_SIDE:
        return
    tall, wide = (round(PART * side) for side in pixels.shape[:2])
    for part, (right, below) in PARTS.items():
        top, left = below * (pixels.shape[0] - tall), right * (pixels.shape[1] - wide)
        grey = grey_at(pixels[top : top + tall, left : left + wide], SEARCH_SIDE, SMALLEST_SIDE)
        features = find(grey, SEARCH_FEATURES, SEARCH_LEVELS, SEARCH_THUMBNAIL, search=True)
        if len(features.words) >= FEWEST:
            yield part, features


def _quality(features: "Features") -> int:
    return min(100, 100 * len(features.words) // BANKED_FEATURES)


EMBLEM = Emblem()
