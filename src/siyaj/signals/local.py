"""`local`: a picture mirrored, turned, cropped, framed, bannered, or shown inside another picture.

Small features of the picture, each with its place, and the picture in small. A bank keeps few of them; a picture is
looked up by many. `matching.local` votes with the features and then lays one picture on the other: only pictures
that agree where they overlap match.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from siyaj.model.errors import InvalidSignal, UnreadableMedia
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexFactory, IndexSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from siyaj.signals.local_value import Features
    from siyaj.signals.video_file import Moving

SEARCH = "search"
"""The variant that a picture is looked up by. It is never kept in a bank."""

BANKED_SIDE, SEARCH_SIDE = 667, 800
"""Pixels of the longer side in which features are sought: what a bank keeps is sought a level further down."""
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


BANKED_SPACING, BANKED_FRAMES = 1.0, 60
"""Seconds between the frames that a bank keeps of a video, and how many at most: 0.8 MB."""
SEARCH_FRAMES = 8
"""Frames that a video is looked up by, where its hashes found nothing."""


class Local(Struct, frozen=True):
    """Local features as a signal type. Costly: drawn where the cheaper signals did not settle what a picture is."""

    name: str = "local"
    costly: bool = True
    content_kinds: frozenset[ContentKind] = frozenset({ContentKind.IMAGE, ContentKind.ANIMATION, ContentKind.VIDEO})
    queried_by: frozenset[str] = frozenset({"local"})
    index: IndexSpec | IndexFactory = IndexSpec("local")

    @property
    def examples(self) -> Examples:
        from siyaj.signals.local_examples import examples  # noqa: PLC0415  (draws pictures)

        return examples()

    def extract(self, content: Content) -> list[Signal]:
        """Return what a bank keeps, and the variant `search`; nothing for a picture without features.

        Of a video or animation, for a bank what it keeps of many frames, else the variants `search@SECONDS` of a few
        (`search@SECONDS/2` of the second film in a file).
        """
        from siyaj.signals.local_value import pack  # noqa: PLC0415  (numpy)

        signals = []
        for variant, drawn in _drawn(content):
            if drawn is None:
                continue
            banked, searched = drawn
            quality = min(100, 100 * len(banked.words) // BANKED_FEATURES)
            if content.banking or variant == SEARCH:
                signals.append(Signal(self.name, pack(banked), quality))
            if not content.banking:
                signals.append(Signal(self.name, pack(searched), quality, variant=variant))
        return signals

    def parse(self, value: str) -> str:
        from siyaj.signals.local_value import BANKED, unpack  # noqa: PLC0415

        if unpack(value).form != BANKED:
            raise InvalidSignal("a bank keeps the short form of a local value, not the one for searching")
        return value


def _drawn(content: Content) -> "Iterator[tuple[str, tuple[Features, Features] | None]]":
    """Yield variant and features: of a picture once, of what moves for each frame that is looked at."""
    from siyaj.signals.video import numbered  # noqa: PLC0415
    from siyaj.signals.video_file import open_every  # noqa: PLC0415  (PyAV)
    from siyaj.signals.video_looks import full_range  # noqa: PLC0415

    if content.kind is ContentKind.IMAGE:
        yield SEARCH, draw(content.data)
        return
    films = open_every(content.data)
    failed: UnreadableMedia | None = None
    for number, moving in enumerate(films, 1):
        try:
            for frame in moving.decode(_looked_at(moving, content.banking)):
                drawn = draw_pixels(full_range(frame))
                timed = (drawn[0]._replace(at=frame.at), drawn[1]._replace(at=frame.at)) if drawn else None
                yield numbered(f"{SEARCH}@{frame.at:.1f}", number), timed
        except UnreadableMedia as error:
            failed = error
    if failed is not None and len(films) == 1:
        raise failed


def _looked_at(moving: "Moving", banking: bool) -> "NDArray[np.int64]":
    """Choose the frames: for a bank one every BANKED_SPACING seconds, to search by a few of the key frames."""
    import numpy as np  # noqa: PLC0415

    from siyaj.signals.video import sparse, spread  # noqa: PLC0415

    if not banking:
        chosen = sparse(moving)
        # First and last frames are often black, or another's: they are left out where there are others.
        most = max(2, int(SEARCH_FRAMES * moving.share))
        return spread(chosen[1:-1] if len(chosen) > most + 1 else chosen, most)
    count = int(min(BANKED_FRAMES * moving.share, max(1, moving.duration / BANKED_SPACING)))
    wanted = (np.arange(count) + 0.5) * (moving.duration / count)
    return np.unique(np.searchsorted(moving.times, wanted).clip(0, len(moving.times) - 1))


def draw(data: bytes) -> "tuple[Features, Features] | None":
    """Return the features of a picture file as a bank keeps them and as it is searched by.

    None when there is nothing to recognise. Raises UnreadableMedia, MediaTooLarge.
    """
    from siyaj.signals.picture import decode  # noqa: PLC0415

    return draw_pixels(decode(data, FINEST).array)


def draw_pixels(pixels: "NDArray[np.uint8]") -> "tuple[Features, Features] | None":
    """The same for decoded pixels: (h, w, 3) RGB or (h, w) luma, uint8."""
    from siyaj.signals.local_draw import features_of, grey_at, pyramid, thumbnail  # noqa: PLC0415

    grey = grey_at(pixels, SEARCH_SIDE, SMALLEST_SIDE)
    levels = pyramid(grey, SEARCH_LEVELS)
    coarse = next((at for at, level in enumerate(levels) if max(level.smooth.shape) <= BANKED_SIDE), 0)
    large, small = thumbnail(grey, SEARCH_THUMBNAIL), thumbnail(grey, BANKED_THUMBNAIL)
    searched = features_of(levels, SEARCH_LEVELS, SEARCH_FEATURES, large, search=True)
    kept = levels[coarse : coarse + BANKED_LEVELS]
    banked = features_of(kept, BANKED_LEVELS, BANKED_FEATURES, small, search=False)
    if len(banked.words) < FEWEST or len(searched.words) < FEWEST:
        return None
    return banked, searched


LOCAL = Local()
