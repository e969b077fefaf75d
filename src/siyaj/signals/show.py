"""A file's bytes → a picture that a person may be shown. Drawn anew, in the decoder box: what reaches a browser is
never what somebody sent, and holds no metadata of it.

How much is shown is decided here and not by a style sheet: the first still has so few grey pixels that there is
nothing in it to see.
"""

import contextlib
import io
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siyaj.model.errors import UnreadableMedia
from siyaj.signals.base import ContentKind
from siyaj.signals.limits import MAX_PIXELS
from siyaj.signals.picture import decode
from siyaj.signals.shown import Shown, View
from siyaj.signals.sniff import content_kind, media_type, moves
from siyaj.signals.video_file import Moving, open_every

SMALLEST, LARGEST = 8, 2_048
COLUMNS = 3
"""Of a video's frames in one picture."""
GAP = 4
QUALITY = 80


def show(data: bytes, view: View, max_pixels: int) -> Shown:
    """Raises UnreadableMedia for what cannot be shown, MediaTooLarge."""
    token = MAX_PIXELS.set(max_pixels)
    try:
        return _show(data, view)
    finally:
        MAX_PIXELS.reset(token)


def _show(data: bytes, view: View) -> Shown:
    media = media_type(data)
    kind = content_kind(media)
    side = min(max(view.side, SMALLEST), LARGEST)
    if kind is ContentKind.VIDEO or (kind is ContentKind.IMAGE and view.grey and moves(data, media)):
        films = open_every(data)
        if films:
            stills = [_small(Image.fromarray(luma), side) for luma in _frames(films, view.frames)]
            return _encoded(_sheet(stills), max(film.duration for film in films))
    if kind is not ContentKind.IMAGE:
        raise UnreadableMedia(f"a file of the type {media} cannot be shown")
    picture = Image.fromarray(decode(data, None).array)
    return _encoded(_small(picture.convert("L") if view.grey else picture, side), 0.0)


def _frames(films: Sequence[Moving], count: int) -> Iterator[NDArray[np.uint8]]:
    """Yield so many frames of a file's films, at least one of each; a film that cannot be decoded has none."""
    for film in films:
        with contextlib.suppress(UnreadableMedia):
            yield from (frame.luma for frame in film.decode(_spread(film.keys, max(1, count // len(films)))))


def _spread(keys: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return `count` of the key frames, evenly; of one, that in the middle: the first is often black."""
    places = (np.arange(count) + 0.5) * len(keys) / count
    return np.unique(keys[places.astype(np.int64).clip(0, len(keys) - 1)])


def _small(picture: Image.Image, side: int) -> Image.Image:
    picture.thumbnail((side, side), Image.Resampling.BOX)
    return picture


def _sheet(stills: Sequence[Image.Image]) -> Image.Image:
    if not stills:
        raise UnreadableMedia("none of the video's frames can be decoded")
    if len(stills) == 1:
        return stills[0]
    wide, tall = (max(still.size[axis] for still in stills) for axis in (0, 1))
    across = min(COLUMNS, len(stills))
    down = -(-len(stills) // across)
    sheet = Image.new("L", (across * (wide + GAP) - GAP, down * (tall + GAP) - GAP))
    for number, still in enumerate(stills):
        sheet.paste(still, ((number % across) * (wide + GAP), (number // across) * (tall + GAP)))
    return sheet


def _encoded(picture: Image.Image, seconds: float) -> Shown:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return Shown(buffer.getvalue(), picture.width, picture.height, seconds)
