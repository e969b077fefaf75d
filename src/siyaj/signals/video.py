"""`video`: a video or animation cut, sped up, mirrored, framed or shown beside another; and the field's vPDQ lists.

A video is a row of PDQ hashes in time. Sampling is asymmetric: a bank keeps nearly every distinct frame, so that a few
frames of a copy, wherever they fall, have a neighbour there. `matching.video` finds the frames and asks that their
times agree.

A bank keeps 38 B of a look at a frame, the index about 320 B. Of a still minute it keeps 60 looks (20 KB), of one that
was filmed by hand most frames, twice where there are bars: some 1,800 to 3,600 (0.6 to 1.2 MB); of a video never more
than 15,000 (5 MB): then every second one is dropped, again and again.
"""

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from siyaj.model.errors import InvalidSignal, UnreadableMedia
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexFactory, IndexSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from siyaj.signals.video_file import Moving
    from siyaj.signals.video_looks import Box, Look
    from siyaj.signals.video_value import Frames

SEARCH = "search"
"""The variant that a video is looked up by. It is never kept in a bank."""

LEAST_QUALITY = 50
"""PDQ's: frames with less in them are not matched (vPDQ has the same threshold)."""
MOST_LOOKED = 240
"""Frames that a video is searched by."""
LOOKED_PIXELS = 500_000_000
"""Of all of these together: of a large video fewer are decoded."""
SPACING = 2.5
"""Seconds from one of these to the next, at least, once there are FEWEST_KEYS."""
FEWEST_KEYS = 8
"""With fewer key frames, all frames of a short video are decoded, and so many chosen:"""
CHOSEN = 24
SHORT_PIXELS = 1_200_000_000
"""What may be decoded for that, of all frames together: 2 minutes at 480 × 720, 20 seconds at 1080p."""
DENSE_PIXELS = 40_000_000_000
"""Pixels that are decoded for a bank: an hour at 480 × 720, 10 minutes at 1080p. Of the rest, key frames."""
BOX_FRAMES = 24
"""Frames that are looked at to find bars and borders."""
NEAR = 8
"""Bits. A frame that is so near the last one that was kept is not kept."""


class VpdqFrame(NamedTuple):
    """One line of a vPDQ list."""

    frame_number: int
    quality: int
    hex: str
    timestamp: float


class Video(Struct, frozen=True):
    """Frames as a signal type."""

    name: str = "video"
    content_kinds: frozenset[ContentKind] = frozenset({ContentKind.VIDEO, ContentKind.ANIMATION})
    queried_by: frozenset[str] = frozenset({"video"})
    index: IndexSpec | IndexFactory = IndexSpec("video")

    @property
    def examples(self) -> Examples:
        from siyaj.signals.video_examples import examples  # noqa: PLC0415  (draws videos)

        return examples()

    def extract(self, content: Content) -> list[Signal]:
        """Return the variant `search`, or, for a bank, what it keeps; nothing where nothing moves or can be seen.

        Of a file with several films one for each: `search`, `search/2`, …
        """
        from siyaj.signals.video_file import open_every  # noqa: PLC0415  (PyAV)
        from siyaj.signals.video_value import pack  # noqa: PLC0415

        signals: list[Signal] = []
        failed: UnreadableMedia | None = None
        for number, moving in enumerate(open_every(content.data), 1):
            try:
                frames = banked(moving) if content.banking else searched(moving)
            except UnreadableMedia as error:
                failed = error
                continue
            if frames is not None:
                quality = round(float(frames.qualities.mean()))
                variant = "" if content.banking else numbered(SEARCH, number)
                signals.append(Signal(self.name, pack(frames), quality, variant=variant))
        if failed is not None and not signals:
            raise failed
        return signals

    def parse(self, value: str) -> str:
        """Take our own form or a vPDQ list; return our own."""
        from siyaj.signals.video_value import BANKED, pack, read_vpdq, unpack  # noqa: PLC0415

        if "," in value or value.lstrip()[:1] in ("[", "{"):  # which base64 never has
            return pack(read_vpdq(value))
        if unpack(value).form != BANKED:
            raise InvalidSignal("a bank keeps the dense form of a video value, not the one for searching")
        return value


def numbered(variant: str, number: int) -> str:
    """Return the variant for the film or sound track of this number in a file, from 1 on."""
    return variant if number == 1 else f"{variant}/{number}"


def hash_video(data: bytes, seconds_per_hash: float = 1.0) -> list[VpdqFrame]:
    """Return the vPDQ list of a video file: every frame whose number is a multiple of the whole number of frames in
    `seconds_per_hash`, as the `vpdq` package chooses them (facebook/ThreatExchange, vpdq).

    Of several films in a file the first. Empty for what does not move. Raises UnreadableMedia, MediaTooLarge.
    """
    from siyaj.signals.video_file import open_moving  # noqa: PLC0415
    from siyaj.signals.video_looks import look  # noqa: PLC0415

    moving = open_moving(data)
    if moving is None:
        return []
    step = each_second(moving, seconds_per_hash)
    listed = []
    for frame in moving.decode(range(0, len(moving.times), step)):
        seen = look(frame, 0)
        if seen is not None:
            listed.append(VpdqFrame(frame.number, seen.quality, seen.hash.tobytes().hex(), round(frame.at, 3)))
    return listed


def each_second(moving: "Moving", seconds: float = 1.0) -> int:
    """Return every how many frames vPDQ hashes one."""
    return max(1, int(seconds * moving.rate))


def banked(moving: "Moving") -> "Frames | None":
    """Return nearly every distinct frame; None when there is nothing to recognise."""
    from siyaj.signals.video_looks import WHOLE, look  # noqa: PLC0415
    from siyaj.signals.video_value import BANKED, EACH_SECOND, MOST_BANKED, view_of  # noqa: PLC0415

    box = find_box(moving)
    step = each_second(moving)
    kept: list[tuple[float, Look]] = []
    last: dict[int, NDArray[np.uint8]] = {}
    for frame in moving.decode(_dense(moving)):
        views = [(0, WHOLE)] if box == WHOLE else [(0, WHOLE), (view_of("content"), box)]
        for view, part in views:
            seen = look(frame, view, part)
            marked = view == 0 and frame.number % step == 0
            if seen is None or (seen.quality < LEAST_QUALITY and not marked):
                continue
            if marked or view not in last or _bits(last[view], seen.hash) > NEAR:
                last[view] = seen.hash
                kept.append((frame.at, seen._replace(view=view | EACH_SECOND) if marked else seen))
    while len(kept) > MOST_BANKED * moving.share:
        kept = [one for at, one in enumerate(kept) if at % 2 == 0 or one[1].view & EACH_SECOND]
        if all(one[1].view & EACH_SECOND for one in kept):
            kept = kept[::2]
    return _frames(BANKED, moving.duration, kept)


def searched(moving: "Moving") -> "Frames | None":
    """Return few frames in many views; None when there is nothing to recognise."""
    from siyaj.signals.video_looks import content_box, every_look, in_small  # noqa: PLC0415
    from siyaj.signals.video_value import MOST_STILLS, Still  # noqa: PLC0415
    from siyaj.signals.video_value import SEARCH as FORM  # noqa: PLC0415

    frames = list(moving.decode(sparse(moving)))
    box = content_box(frames)
    looks = [(frame.at, one) for frame in frames for one in every_look(frame, box) if one.quality >= LEAST_QUALITY]
    found = _frames(FORM, moving.duration, looks)
    chosen = frames[:: -(-len(frames) // MOST_STILLS)] if found is not None else []
    return found and found._replace(stills=tuple(Still(frame.at, in_small(frame)) for frame in chosen))


def find_box(moving: "Moving") -> "Box":
    from siyaj.signals.video_looks import content_box  # noqa: PLC0415

    return content_box(list(moving.decode(spread(moving.keys, BOX_FRAMES))))


def spread(numbers: "NDArray[np.int64]", most: int) -> "NDArray[np.int64]":
    """Return at most so many of the numbers, evenly."""
    import numpy as np  # noqa: PLC0415

    if len(numbers) <= most:
        return numbers
    return numbers[np.linspace(0, len(numbers) - 1, most).round().astype(np.int64)]


def sparse(moving: "Moving") -> "NDArray[np.int64]":
    """Choose the frames to search by: key frames, which cost least; of a short video with few of them, any."""
    import numpy as np  # noqa: PLC0415

    count = len(moving.times)
    most = int(max(1, min(MOST_LOOKED, LOOKED_PIXELS // max(1, moving.pixels)) * moving.share))
    if len(moving.keys) < min(FEWEST_KEYS, count) and count * moving.pixels <= SHORT_PIXELS * moving.share:
        return spread(np.arange(count), min(most, CHOSEN))
    return spread(moving.keys, min(most, max(FEWEST_KEYS, int(moving.duration / SPACING))))


def _dense(moving: "Moving") -> "NDArray[np.int64]":
    import numpy as np  # noqa: PLC0415

    count = min(len(moving.times), max(1, int(DENSE_PIXELS * moving.share) // max(1, moving.pixels)))
    return np.concatenate([np.arange(count), moving.keys[moving.keys >= count]])


def _frames(form: int, duration: float, looks: "list[tuple[float, Look]]") -> "Frames | None":
    import numpy as np  # noqa: PLC0415

    from siyaj.signals.video_value import Frames  # noqa: PLC0415

    if not any(one.quality >= LEAST_QUALITY for _, one in looks):
        return None
    return Frames(
        form,
        duration,
        np.array([round(at * 1_000) for at, _ in looks], dtype=np.uint32),
        np.array([one.quality for _, one in looks], dtype=np.uint8),
        np.array([one.view for _, one in looks], dtype=np.uint8),
        np.stack([one.hash for _, one in looks]),
    )


def _bits(one: "NDArray[np.uint8]", other: "NDArray[np.uint8]") -> int:
    import numpy as np  # noqa: PLC0415

    return int(np.bitwise_count(one ^ other).sum())


VIDEO = Video()
