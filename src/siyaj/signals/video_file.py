"""Bytes of a video or animation → frames, film by film, within limits that are read from the file before it is decoded.

The container is named to FFmpeg by its first bytes: it must not choose a format that opens other files or addresses
(playlists, concatenations). Only luma is kept. Times begin at 0 with the first frame.
"""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from siyaj.model.errors import MediaTooLarge, UnreadableMedia
from siyaj.signals.limits import MAX_PIXELS
from siyaj.signals.picture import open_picture
from siyaj.signals.sniff import media_type

MOST_STREAMS, MOST_FILMS = 64, 8
"""Streams in a file, and how many of them may be films: each is looked at, for a player may show any of them."""
MOST_PACKETS = 2_000_000
"""Some 18 hours at 30 frames a second."""
MOST_ANIMATED = 2_000
"""Frames of an animated picture that are looked at."""
ANIMATED_PIXELS = 2_000_000_000
"""Of all of them together: each must be decoded, for the next one builds on it."""
FORMATS = {
    "video/mp4": "mp4",
    "video/x-matroska": "matroska",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/mp2t": "mpegts",
    "video/x-ms-asf": "asf",
    "video/x-msvideo": "avi",
    "audio/ogg": "ogg",
    "video/ogg": "ogg",
}
"""Media type → FFmpeg's demuxer. None of them follows a reference out of the file."""
_OPTIONS = {"probesize": "2000000", "analyzeduration": "2000000"}
_ROUGH = {"skip_loop_filter": "all", "flags2": "+fast"}
_FULL = {"skip_loop_filter": "bidir"}
"""Frames that hardly any other builds on stay unsmoothed: an eighth of the time, and no bit more differs from vPDQ."""
_LUMA_FIRST = re.compile(r"(yuvj?4\d\d|nv12|nv21|nv16)p?")
"""Pixel formats whose first plane is luma of 8 bits."""


class Frame(NamedTuple):
    """One frame: its number and time in seconds in the order of presentation, and its luma, (h, w) uint8 0–255."""

    number: int
    at: float
    luma: NDArray[np.uint8]
    studio_range: bool
    """Whether black is 16 and white 235 (ITU-R BT.601), as in most videos."""


class Moving(Protocol):
    """A video or an animation."""

    times: NDArray[np.float64]
    """(n,) seconds of each frame, in the order of presentation."""
    keys: NDArray[np.int64]
    """Numbers of the frames that can be decoded without others."""
    duration: float
    rate: float
    """Frames a second, as the container says it."""
    pixels: int
    """Of one frame."""
    share: float
    """Of the work that one file may make: less than 1 where it holds several films."""

    def decode(self, wanted: Sequence[int] | NDArray[np.int64]) -> Iterator[Frame]:
        """Yield those of the wanted frames that can be decoded, in order. Raises UnreadableMedia, MediaTooLarge."""


def open_moving(data: bytes) -> Moving | None:
    """Return the video or animation, of several films in a file the first; None for a picture that does not move, and
    for a file that has sound only.

    Raises UnreadableMedia, MediaTooLarge.
    """
    return next(iter(open_every(data)), None)


def open_every(data: bytes) -> Sequence[Moving]:
    """Return every film of a file: its video streams but for attached pictures, or the animation. Empty as above."""
    media = media_type(data)
    if media.startswith("image/"):
        animation = _open_animation(data)
        return [] if animation is None else [animation]
    return _open_videos(data, media)


class _Packets(NamedTuple):
    """What a stream's packets say before they are decoded."""

    stamps: list[int]
    keys: set[int]


class _Video:
    def __init__(self, data: bytes, kind: str, stream: Any, packets: _Packets, share: float) -> None:
        self._data, self._kind, self._index, self.share = data, kind, stream.index, share
        pts = np.unique(np.array(packets.stamps, dtype=np.int64))
        self._place: dict[int | None, int] = {stamp: number for number, stamp in enumerate(pts.tolist())}
        self.keys = np.array(sorted(self._place[stamp] for stamp in packets.keys), dtype=np.int64)
        self.rate = float(stream.average_rate or stream.guessed_rate or 0) or 25.0
        self.pixels = stream.codec_context.width * stream.codec_context.height
        if stream.frames > 2 * len(pts) + 10:
            raise UnreadableMedia(f"the video breaks off: of {stream.frames:,} frames {len(pts):,} are there")
        self.times = (pts - pts[0]) * float(stream.time_base or 1)
        self.duration = float(self.times[-1]) + 1 / self.rate

    def decode(self, wanted: Sequence[int] | NDArray[np.int64]) -> Iterator[Frame]:
        left = {int(number) for number in wanted}
        alone = left <= set(self.keys.tolist())
        found = 0
        with _opened(self._data, self._kind) as container:
            stream = container.streams[self._index]
            context = _made_ready(stream, rough=alone)
            context.skip_frame = "NONKEY" if alone else "NONREF"
            for packet in container.demux(stream):
                number = self._place.get(_stamp(packet), -1)
                if packet.size and alone and number not in left:
                    continue
                if not alone:  # frames that no other needs are decoded only when they are wanted themselves
                    context.skip_frame = "DEFAULT" if number in left or not packet.size else "NONREF"
                for frame in _decoded(packet):
                    number = self._place.get(frame.pts if frame.pts is not None else frame.dts, -1)
                    if number in left:
                        left.discard(number)
                        found += 1
                        yield _frame(frame, number, float(self.times[number]))
                if not left:
                    break
        if not found:
            raise UnreadableMedia("none of the video's frames can be decoded")


def _survey(container: Any, streams: Sequence[Any]) -> dict[int, _Packets]:
    """Return the packets of each stream, by its number in the file."""
    found = {stream.index: _Packets([], set()) for stream in streams}
    count = 0
    try:
        for packet in container.demux(*streams):
            stamp = _stamp(packet)
            if not packet.size or stamp is None:
                continue
            its = found[packet.stream_index]
            its.stamps.append(stamp)
            if packet.is_keyframe:
                its.keys.add(stamp)
            count += 1
            if count > MOST_PACKETS:
                raise MediaTooLarge(f"the video has more than {MOST_PACKETS:,} frames")
    except av.error.FFmpegError:
        pass  # what was read until then is there
    return found


def _stamp(packet: Any) -> int | None:
    return packet.pts if packet.pts is not None else packet.dts  # type: ignore[no-any-return]


def _decoded(packet: Any) -> list[Any]:
    try:
        return packet.decode()  # type: ignore[no-any-return]
    except av.error.FFmpegError:
        return []  # a damaged packet costs its own frames


def _frame(frame: VideoFrame, number: int, at: float) -> Frame:
    studio = frame.color_range != 2 and not frame.format.name.startswith("yuvj")
    if frame.width * frame.height > MAX_PIXELS.get():
        raise MediaTooLarge(f"a frame has {frame.width} × {frame.height} pixels")
    if _LUMA_FIRST.fullmatch(frame.format.name):
        plane = frame.planes[0]
        lines = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
        return Frame(number, at, np.ascontiguousarray(lines[: frame.height, : frame.width]), studio)
    grey = frame.to_ndarray(format="gray")
    return Frame(number, at, np.ascontiguousarray(grey), studio and frame.format.name.startswith("yuv"))


def _open_videos(data: bytes, media: str) -> list[Moving]:
    kind = FORMATS.get(media)
    if kind is None:
        raise UnreadableMedia(f"videos of the type {media} are not read here")
    with _opened(data, kind) as container:
        if len(container.streams) > MOST_STREAMS:
            raise MediaTooLarge(f"the video has {len(container.streams)} streams; up to {MOST_STREAMS} are read")
        streams = _films_of(container)
        for stream in streams:
            width, height = stream.codec_context.width, stream.codec_context.height
            if width * height > MAX_PIXELS.get():
                raise MediaTooLarge(f"the video has {width} × {height} pixels; {MAX_PIXELS.get():,} are allowed")
            _made_ready(stream)
        packets = _survey(container, streams) if streams else {}
        shown = [stream for stream in streams if packets[stream.index].stamps]
        if streams and not shown:
            raise UnreadableMedia("the video has no frames")
        return [_Video(data, kind, stream, packets[stream.index], 1 / len(shown)) for stream in shown]


def _opened(data: bytes, kind: str) -> Any:
    try:
        return av.open(io.BytesIO(data), mode="r", format=kind, container_options=dict(_OPTIONS))
    except (av.error.FFmpegError, ValueError) as error:
        said = re.sub(r"^\[Errno [^\]]*\] |: '<none>'.*$", "", str(error))
        raise UnreadableMedia(f"the video cannot be opened: {said[:200]}") from None


def _films_of(container: Any) -> list[Any]:
    """Return the video streams that move. Raises UnreadableMedia when there are some, and none that can be decoded;
    MediaTooLarge when there are more than a player would offer."""
    moving = [stream for stream in container.streams.video if "attached_pic" not in str(stream.disposition)]
    known = [stream for stream in moving if stream.codec_context is not None]
    if moving and not known:
        raise UnreadableMedia("the video is coded in a way that is not known here")
    if len(known) > MOST_FILMS:
        raise MediaTooLarge(f"the file holds {len(known)} films in as many streams; up to {MOST_FILMS} are looked at")
    return known


def _made_ready(stream: Any, *, rough: bool = False) -> Any:
    """Return the stream's decoder, set to work in one thread.

    `rough` leaves out the smoothing of block edges altogether, which PDQ hardly sees.
    """
    stream.thread_type = "NONE"
    smoothing = _ROUGH if rough else _FULL
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS.get()), "threads": "1"} | smoothing
    return stream.codec_context


class _Animation:
    share = 1.0

    def __init__(self, picture: Image.Image, count: int) -> None:
        self._picture = picture
        self.pixels = picture.width * picture.height
        steps, at = [], 0.0
        for frame in ImageSequence.Iterator(picture):
            steps.append(at)
            if picture.format in ("WEBP", "AVIF"):
                frame.load()  # of these Pillow knows the duration then
            at += max(float(frame.info.get("duration") or 100), 10.0) / 1_000
            if len(steps) == count:
                break
        self.times = np.array(steps)
        self.duration = at
        self.rate = len(steps) / at
        self.keys = np.arange(len(steps))

    def decode(self, wanted: Sequence[int] | NDArray[np.int64]) -> Iterator[Frame]:
        left = {int(number) for number in wanted}
        for number, frame in enumerate(ImageSequence.Iterator(self._picture)):
            if number in left:
                yield Frame(number, float(self.times[number]), np.asarray(frame.convert("RGB").convert("L")), False)
                left.discard(number)
            if not left:
                return


def _open_animation(data: bytes) -> Moving | None:
    picture = open_picture(data)
    if picture.format not in ("GIF", "WEBP", "PNG", "AVIF") or not getattr(picture, "is_animated", False):
        return None
    pixels = picture.width * picture.height
    count = min(int(getattr(picture, "n_frames", 1)), MOST_ANIMATED, max(1, ANIMATED_PIXELS // pixels))
    try:
        return _Animation(picture, count) if count > 1 else None
    except Exception as error:
        raise UnreadableMedia(f"the animation cannot be decoded: {str(error)[:200]}") from None
