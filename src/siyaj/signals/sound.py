"""Bytes of a sound or video file → its sound tracks, mono at 8 kHz, within limits that no header can move.

The container is named to FFmpeg by its first bytes: it must not choose a format that opens other files or addresses.
What a header says about length is not believed: what is there is decoded, and of it no more than was asked for.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from siyaj.model.errors import UnreadableMedia
from siyaj.signals.sniff import media_type
from siyaj.signals.video_file import FORMATS as VIDEO_FORMATS

RATE = 8_000
"""Samples a second. What is above 4 kHz does not survive a telephone, nor the lowest bit rates."""
LARGEST = 1_000.0
"""Floating-point files may hold any number; full scale is 1."""
MOST_TRACKS = 8
"""Sound tracks that are listened to: a player may play any of them."""
MOST_DAMAGED = 200
"""Packets that may fail to decode. What comes after more of them is not looked at."""
FORMATS = VIDEO_FORMATS | {
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mp4": "mp4",
    "audio/amr": "amr",
}
"""Media type → FFmpeg's demuxer. None of them follows a reference out of the file."""
_OPTIONS = {"probesize": "2000000", "analyzeduration": "2000000"}
_OPPOSED = 0.1
"""Where both channels together have so small a share of the energy, one was turned over: their difference is heard."""


def read_tracks(data: bytes, seconds: float) -> Iterator[NDArray[np.float32]]:
    """Yield the first `seconds` of each sound track as `read_sound` returns them; of three and more tracks less, so
    that all together take no longer than two. Raises as it does, when none of the tracks can be read."""
    count = min(_tracks(data), MOST_TRACKS)
    failed: UnreadableMedia | None = None
    read = 0
    for track in range(count):
        try:
            sound = read_sound(data, seconds * min(1.0, 2 / count), track)
        except UnreadableMedia as error:
            failed = error
            continue
        read += 1
        yield sound
    if failed is not None and not read:
        raise failed


def read_sound(data: bytes, seconds: float, track: int = 0) -> NDArray[np.float32]:
    """Return the first `seconds` of a sound track, (n,) float32 at RATE; empty where there is no sound track.

    Raises UnreadableMedia for a file that cannot be opened, or of whose sound nothing can be decoded.
    """
    with _opened(data, _kind_of(data)) as container:
        known = _known(container)
        if track >= len(known):
            return np.empty(0, dtype=np.float32)
        stream = known[track]
        stream.thread_type = "NONE"
        stream.codec_context.options = {"threads": "1"}
        blocks, wanted = [], round(seconds * RATE)
        for block in _resampled(_decoded(container, stream)):
            blocks.append(_mono(block))
            wanted -= len(blocks[-1])
            if wanted <= 0:
                break
    if not blocks:
        raise UnreadableMedia("nothing of the file's sound can be decoded")
    return np.concatenate(blocks)[: round(seconds * RATE)]


def _tracks(data: bytes) -> int:
    with _opened(data, _kind_of(data)) as container:
        return len(_known(container))


def _known(container: Any) -> list[Any]:
    return [stream for stream in container.streams.audio if stream.codec_context is not None]


def _kind_of(data: bytes) -> str:
    kind = FORMATS.get(media_type(data))
    if kind is None:
        raise UnreadableMedia(f"sound of the type {media_type(data)} is not read here")
    return kind


def _opened(data: bytes, kind: str) -> Any:
    try:
        return av.open(io.BytesIO(data), mode="r", format=kind, container_options=dict(_OPTIONS))
    except (av.error.FFmpegError, ValueError) as error:
        said = re.sub(r"^\[Errno [^\]]*\] |: '<none>'.*$", "", str(error))
        raise UnreadableMedia(f"the sound cannot be opened: {said[:200]}") from None


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Yield frames; a damaged packet costs its own, and a damaged container what comes after."""
    damaged = 0
    packets = container.demux(stream)
    while damaged <= MOST_DAMAGED:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            damaged += 1


def _resampled(frames: Iterator[Any]) -> Iterator[NDArray[np.float32]]:
    """Yield (channels, n) at RATE, one channel or two. A file may change its rate and channels as it goes."""
    resampler, layout = None, None
    for frame in frames:
        said = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or said != layout:
            layout = said
            channels = "mono" if frame.layout.nb_channels == 1 else "stereo"
            resampler = av.AudioResampler(format="fltp", layout=channels, rate=RATE)
        frame.pts = None  # gaps and jumps in time are not filled: a file may claim any
        yield from _converted(resampler, frame)
    if resampler is not None:
        yield from _converted(resampler, None)


def _converted(resampler: Any, frame: Any) -> Iterator[NDArray[np.float32]]:
    try:
        for each in resampler.resample(frame):
            yield each.to_ndarray()
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableMedia(f"the sound cannot be converted: {str(error)[:200]}") from None


def _mono(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mix the channels; a track with one of them turned over would cancel itself out, which nobody hears."""
    block = np.clip(np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0), -LARGEST, LARGEST)
    mixed: NDArray[np.float32] = block.mean(axis=0, dtype=np.float32)
    if len(block) == 2 and np.dot(mixed, mixed) < _OPPOSED * 0.5 * float((block**2).sum()):
        mixed = (block[0] - block[1]) * np.float32(0.5)
    return mixed
