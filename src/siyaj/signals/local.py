"""`local`: a picture mirrored, turned, cropped, framed, bannered, or shown inside another picture.

Small features of the picture, each with its place, and the picture in small. A bank keeps few of them; a picture is
looked up by many. `matching.local` votes with the features and then lays one picture on the other: only pictures
that agree where they overlap match.
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexFactory, IndexSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from siyaj.signals.local_value import Features

SEARCH = "search"
"""The variant that a picture is looked up by. It is never kept in a bank."""

BANKED_SIDE, SEARCH_SIDE = 640, 800
"""Pixels of the longer side in which features are sought."""
SMALLEST_SIDE = 400
"""Smaller pictures are enlarged, at most to twice their size: they may be a part of a large one."""
BANKED_FEATURES, SEARCH_FEATURES = 270, 1_200
BANKED_LEVELS, SEARCH_LEVELS = 9, 11
BANKED_THUMBNAIL, SEARCH_THUMBNAIL = 3_072, 9 * 3_072
"""Pixels of the small picture; the searched one is three times finer, to find the banked one in a third of it."""
FEWEST = 12
"""Features. With fewer there is nothing to recognise: a flat picture, or a tiny one."""
FINEST = 4
"""A JPEG is scaled while decoding as long as 512 pixels of its shorter side are left."""


class Local(Struct, frozen=True):
    """Local features as a signal type. Costly: drawn where the cheaper signals did not settle what a picture is."""

    name: str = "local"
    costly: bool = True
    content_kinds: frozenset[ContentKind] = frozenset({ContentKind.IMAGE})
    queried_by: frozenset[str] = frozenset({"local"})
    index: IndexSpec | IndexFactory = IndexSpec("local")

    @property
    def examples(self) -> Examples:
        from siyaj.signals.local_examples import examples  # noqa: PLC0415  (draws pictures)

        return examples()

    def extract(self, content: Content) -> list[Signal]:
        """Return what a bank keeps, and the variant `search`; nothing for a picture without features."""
        from siyaj.signals.local_value import pack  # noqa: PLC0415  (numpy)

        drawn = draw(content.data)
        if drawn is None:
            return []
        banked, searched = drawn
        quality = min(100, 100 * len(banked.words) // BANKED_FEATURES)
        return [
            Signal(self.name, pack(banked), quality),
            Signal(self.name, pack(searched), quality, variant=SEARCH),
        ]

    def parse(self, value: str) -> str:
        from siyaj.signals.local_value import BANKED, unpack  # noqa: PLC0415

        if unpack(value).form != BANKED:
            raise InvalidSignal("a bank keeps the short form of a local value, not the one for searching")
        return value


class Emblem(Local, frozen=True):
    """An emblem or logo, looked for inside every picture. Context for a person: pictures of news show it as well.

    Its values are those of `local`; whoever adds an entry says that it is one, by the type. Nothing draws it by itself.
    """

    name: str = "emblem"
    content_kinds: frozenset[ContentKind] = frozenset()
    index: IndexSpec | IndexFactory = IndexSpec("local", {"emblem": True})


def draw(data: bytes) -> "tuple[Features, Features] | None":
    """Return the features of a picture file as a bank keeps them and as it is searched by.

    None when there is nothing to recognise. Raises UnreadableMedia, MediaTooLarge.
    """
    from siyaj.signals.picture import decode  # noqa: PLC0415

    return draw_pixels(decode(data, FINEST).array)


def draw_pixels(pixels: "NDArray[np.uint8]") -> "tuple[Features, Features] | None":
    """The same for decoded pixels: (h, w, 3) RGB or (h, w) luma, uint8."""
    from siyaj.signals.local_draw import find, grey_at  # noqa: PLC0415

    finest = grey_at(pixels, SEARCH_SIDE, SMALLEST_SIDE)
    searched = find(finest, SEARCH_FEATURES, SEARCH_LEVELS, SEARCH_THUMBNAIL, search=True)
    banked = find(grey_at(finest, BANKED_SIDE, 0), BANKED_FEATURES, BANKED_LEVELS, BANKED_THUMBNAIL, search=False)
    if len(banked.words) < FEWEST or len(searched.words) < FEWEST:
        return None
    return banked, searched


LOCAL = Local()
EMBLEM = Emblem()
