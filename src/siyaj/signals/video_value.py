"""The value of a `video` signal: frames with their hashes, as base64 text of a fixed layout; and the vPDQ list.

    "SV", version, form, duration in ms (u32), frames n (u32)
    n × u32 time in ms · n × u8 quality · n × u8 view · n × 32 B PDQ hash
    [search: stills m (u8), then m × (u32 time in ms, 64 × 48 B grey)]

The `banked` form is what an entry keeps: nearly every distinct frame. The `search` form is what a video is looked up
by: few frames, each in several views. Little-endian. Every value may be hostile: `unpack` checks all of it.

A vPDQ list (facebook/ThreatExchange, vpdq) is JSON: strings `hash,quality,timestamp`, one a second.
"""

import base64
import binascii
import struct
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from siyaj.model.errors import InvalidSignal

MAGIC = b"SV"
VERSION = 1
BANKED, SEARCH = 0, 1
MOST_BANKED = 15_000
MOST_SEARCH = 60_000
LONGEST = 14 * 86_400_000
"""Milliseconds: two weeks."""
_HEAD = struct.Struct("<2sBBII")
_EACH = 4 + 1 + 1 + 32
STILL_WIDE, STILL_TALL = 64, 48
MOST_STILLS = 12
_STILL = 4 + STILL_WIDE * STILL_TALL

# Views: how a frame was looked at. The low bits are the turn (an index into TURNS), the high ones the region.
TURNS = ("plain", "flip_y", "flip_x", "rotate180", "rotate90", "rotate270", "transpose", "transverse")
REGIONS = ("whole", "content", "left", "right", "top", "bottom")
"""`content` is what is inside black bars or a plain border; the others are halves."""
TURN_BITS = 3
EACH_SECOND = 0x80
"""Set on the frames of a banked value that vPDQ would have hashed."""


class Still(NamedTuple):
    at: float
    """Seconds."""
    grey: NDArray[np.uint8]
    """(48, 64)."""


class Frames(NamedTuple):
    """n looks at frames of one video, in the order of time."""

    form: int
    duration: float
    """Seconds."""
    times: NDArray[np.uint32]
    """(n,): milliseconds."""
    qualities: NDArray[np.uint8]
    views: NDArray[np.uint8]
    hashes: NDArray[np.uint8]
    """(n, 32): PDQ, the most significant bit first."""
    stills: tuple[Still, ...] = ()
    """Some of the frames in small, for a reviewer's eyes; none in the banked form."""


def view_of(region: str, turn: str = "plain") -> int:
    return (REGIONS.index(region) << TURN_BITS) | TURNS.index(turn)


def turn_of(view: int) -> str:
    return TURNS[view & ((1 << TURN_BITS) - 1)]


def region_of(view: int) -> str:
    return REGIONS[(view & ~EACH_SECOND) >> TURN_BITS]


def pack(frames: Frames) -> str:
    """Return the value. It holds what `unpack` gives back."""
    head = _HEAD.pack(MAGIC, VERSION, frames.form, round(frames.duration * 1_000), len(frames.times))
    arrays = (
        frames.times.astype("<u4"),
        frames.qualities.astype(np.uint8),
        frames.views.astype(np.uint8),
        frames.hashes.astype(np.uint8),
    )
    data = head + b"".join(array.tobytes() for array in arrays)
    if frames.form == SEARCH:
        data += bytes([len(frames.stills)])
        for still in frames.stills:
            data += round(still.at * 1_000).to_bytes(4, "little") + still.grey.tobytes()
    return base64.b64encode(data).decode("ascii")


def unpack(value: str) -> Frames:
    """Return what a value holds. Raises InvalidSignal saying what is wrong with it."""
    most = 4 * (_HEAD.size + _EACH * MOST_SEARCH + MOST_STILLS * _STILL) // 3 + 8
    if len(value) > most:
        raise InvalidSignal(f"a video value has at most {most} characters, not {len(value)}")
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise InvalidSignal(f"a video value is base64 or a vPDQ list, not {value[:40]!r}") from None
    if base64.b64encode(data).decode("ascii") != value:
        raise InvalidSignal("a video value is canonical base64: some of its last bits are set that say nothing")
    return _unpack(data)


def _unpack(data: bytes) -> Frames:
    if len(data) < _HEAD.size:
        raise InvalidSignal(f"a video value has at least {_HEAD.size} bytes, not {len(data)}")
    magic, version, form, duration, count = _HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise InvalidSignal(f"a video value starts with {MAGIC!r} and version {VERSION}, not {data[:3]!r}")
    most = MOST_SEARCH if form == SEARCH else MOST_BANKED
    if form not in (BANKED, SEARCH) or not 0 < count <= most or duration > LONGEST:
        raise InvalidSignal(f"a video value with form {form}, {count} frames and {duration} ms")
    at = _HEAD.size
    end = at + _EACH * count
    stills = data[end] if form == SEARCH and len(data) > end else 0
    expected = end + (1 + stills * _STILL if form == SEARCH else 0)
    if len(data) != expected or stills > MOST_STILLS:
        raise InvalidSignal(f"a video value of {count} frames has {expected} bytes, not {len(data)}")
    times = np.frombuffer(data, dtype="<u4", count=count, offset=at)
    qualities = np.frombuffer(data, dtype=np.uint8, count=count, offset=at + 4 * count)
    views = np.frombuffer(data, dtype=np.uint8, count=count, offset=at + 5 * count)
    hashes = np.frombuffer(data, dtype=np.uint8, count=32 * count, offset=at + 6 * count).reshape(count, 32)
    if int(qualities.max()) > 100 or int(times.max()) > LONGEST or bool((np.diff(times.astype(np.int64)) < 0).any()):
        raise InvalidSignal("a video value has qualities up to 100 and times that do not go back")
    if int((views & ~np.uint8(EACH_SECOND)).max()) >= len(REGIONS) << TURN_BITS:
        raise InvalidSignal("a video value names a view that there is not")
    kept = tuple(_still(data, end + 1 + number * _STILL) for number in range(stills))
    return Frames(form, duration / 1_000, times, qualities, views, hashes, kept)


def _still(data: bytes, at: int) -> Still:
    time = int.from_bytes(data[at : at + 4], "little") / 1_000
    grey = np.frombuffer(data, dtype=np.uint8, count=STILL_WIDE * STILL_TALL, offset=at + 4)
    return Still(time, grey.reshape(STILL_TALL, STILL_WIDE))


def read_vpdq(text: str) -> Frames:
    """Return the frames of a vPDQ list: JSON strings, JSON objects, or lines as the `vpdq` command writes them.

    Raises InvalidSignal naming the first frame that is none.
    """
    rows = _rows(text.strip())
    if not 0 < len(rows) <= MOST_BANKED:
        raise InvalidSignal(f"a vPDQ list has 1 to {MOST_BANKED:,} frames, not {len(rows):,}")
    frames = sorted((_frame(number, row) for number, row in enumerate(rows)), key=lambda frame: frame[2])
    times = np.array([round(at * 1_000) for _, _, at in frames], dtype=np.uint32)
    gap = float(np.median(np.diff(times))) if len(times) > 1 else 1_000.0
    return Frames(
        BANKED,
        (float(times[-1]) + gap) / 1_000,
        times,
        np.array([quality for _, quality, _ in frames], dtype=np.uint8),
        np.full(len(frames), EACH_SECOND, dtype=np.uint8),
        np.frombuffer(b"".join(digest for digest, _, _ in frames), dtype=np.uint8).reshape(-1, 32),
    )


def write_vpdq(frames: Frames) -> str:
    """Return the vPDQ list: of each second one frame, as `threatexchange` reads it."""
    chosen = [at for at in range(len(frames.times)) if frames.views[at] == EACH_SECOND]
    return msgspec.json.encode(
        [f"{frames.hashes[at].tobytes().hex()},{frames.qualities[at]},{frames.times[at] / 1_000:.3f}" for at in chosen]
    ).decode()


def _rows(text: str) -> list[Any]:
    if text[:1] not in ("[", "{"):
        return text.split("\n")
    try:
        read = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidSignal(f"a vPDQ list is JSON: {error}") from None
    return list(read.values()) if isinstance(read, dict) else read


def _frame(number: int, row: Any) -> tuple[bytes, int, float]:
    """Read `hash,quality,timestamp`, the command's `frame,quality,hash,timestamp`, or an object of these."""
    try:
        if isinstance(row, dict):
            parts = [row["hash"], row["quality"], row["timestamp"]]
        else:
            parts = row.strip().split(",")
            parts = parts if len(parts) == 3 else [parts[2], parts[1], parts[3]]
        digest, quality, at = bytes.fromhex(parts[0]), int(parts[1]), float(parts[2])
        if len(digest) != 32 or not 0 <= quality <= 100 or not 0 <= at * 1_000 <= LONGEST:
            raise ValueError
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        raise InvalidSignal(f"frame {number} of the vPDQ list is none: {str(row)[:60]!r}") from None
    return digest, quality, at
