"""The value of a `local` signal: features and a small grey picture, as base64 text of a fixed layout.

    "SL", version, form, longest side (u16), features n (u16), thumbnail width (u8), height (u8), time in ms (u32)
    n × 32 B descriptor · n × 2 × u16 place · n × u8 angle, u8 level · [search: n × u32 doubts] · thumbnail, row by row

The `banked` form is what an entry keeps: few features, thumbnail of 3,072 pixels. The `search` form is what a picture
is looked up by: more features, which bits of their keys are doubtful, and a thumbnail fine enough to show a picture
inside the picture. Little-endian. Every value may be hostile: `unpack` checks all that the kernels rely on.
"""

import base64
import binascii
import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.model.errors import InvalidSignal

MAGIC = b"SL"
VERSION = 1
BANKED, SEARCH = 0, 1
LEVELS = 16
MOST_FEATURES = 2_000
MOST_SIDE = 255
MOST_DOUBTS = 6
"""Doubtful bits of a key. Each doubles the drawers that a feature is sought in."""
LONGEST_TIME = 14 * 86_400_000
"""Milliseconds: two weeks."""
_HEAD = struct.Struct("<2sBBHHBBI")
HEAD_SIZE = _HEAD.size


class Features(NamedTuple):
    """n local features of one picture, and the picture in small."""

    longest: int
    """Pixels of the longer side of the picture that features were sought in."""
    words: NDArray[np.uint64]
    """(n, 4): descriptors."""
    places: NDArray[np.uint16]
    """(n, 2): x and y, in 65,535ths of the width and the height."""
    frames: NDArray[np.uint8]
    """(n, 2): angle in 256ths of a turn, level of the pyramid."""
    doubts: NDArray[np.uint32]
    """(n,): bits of the key that may be otherwise; empty in the banked form."""
    thumbnail: NDArray[np.uint8]
    """(height, width) grey."""
    at: float = 0.0
    """Seconds: when it is shown, of a frame of a video."""

    @property
    def form(self) -> int:
        return SEARCH if len(self.doubts) else BANKED


def pack(features: Features) -> str:
    """Return the value. It holds what `unpack` gives back."""
    return base64.b64encode(pack_bytes(features)).decode("ascii")


def pack_bytes(features: Features) -> bytes:
    tall, wide = features.thumbnail.shape
    head = _HEAD.pack(
        MAGIC, VERSION, features.form, features.longest, len(features.words), wide, tall, round(features.at * 1_000)
    )
    arrays = (features.words, features.places, features.frames, features.doubts, features.thumbnail)
    return head + b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


def unpack(value: str) -> Features:
    """Return what a value holds. Raises InvalidSignal saying what is wrong with it."""
    most = 4 * (_HEAD.size + 42 * MOST_FEATURES + MOST_SIDE**2) // 3 + 4
    if len(value) > most:
        raise InvalidSignal(f"a local value has at most {most} characters, not {len(value)}")
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise InvalidSignal(f"a local value is base64, not {value[:40]!r}") from None
    if base64.b64encode(data).decode("ascii") != value:
        raise InvalidSignal("a local value is canonical base64: some of its last bits are set that say nothing")
    return unpack_bytes(data)


def unpack_bytes(data: bytes) -> Features:
    """Return what the bytes of a value hold, as views of them. Raises InvalidSignal."""
    if len(data) < _HEAD.size:
        raise InvalidSignal(f"a local value has at least {_HEAD.size} bytes, not {len(data)}")
    magic, version, form, longest, count, wide, tall, time = _HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise InvalidSignal(f"a local value starts with {MAGIC!r} and version {VERSION}, not {data[:3]!r}")
    if (
        form not in (BANKED, SEARCH)
        or not 0 < count <= MOST_FEATURES
        or not longest
        or min(wide, tall) < 1
        or time > LONGEST_TIME
    ):
        raise InvalidSignal(
            f"a local value with form {form}, {count} features, sides {longest}, {wide} × {tall}, at {time} ms"
        )
    each = 42 if form == SEARCH else 38
    expected = _HEAD.size + each * count + wide * tall
    if len(data) != expected:
        raise InvalidSignal(f"a local value of {count} features has {expected} bytes, not {len(data)}")
    at = _HEAD.size
    words = np.frombuffer(data, dtype="<u8", count=4 * count, offset=at).reshape(count, 4)
    places = np.frombuffer(data, dtype="<u2", count=2 * count, offset=at + 32 * count).reshape(count, 2)
    frames = np.frombuffer(data, dtype=np.uint8, count=2 * count, offset=at + 36 * count).reshape(count, 2)
    doubts = np.frombuffer(data, dtype="<u4", count=count if form == SEARCH else 0, offset=at + 38 * count)
    if int(frames[:, 1].max()) >= LEVELS:
        raise InvalidSignal(f"a local value names level {int(frames[:, 1].max())}; there are {LEVELS}")
    if len(doubts) and int(np.bitwise_count(doubts).max()) > MOST_DOUBTS:
        raise InvalidSignal(f"a local value doubts at most {MOST_DOUBTS} bits of a key")
    thumbnail = np.frombuffer(data, dtype=np.uint8, offset=at + each * count).reshape(tall, wide)
    return Features(longest, words, places, frames, doubts, thumbnail, time / 1_000)


def time_of(data: bytes) -> float:
    """Return when the frame is shown, in seconds, from the bytes of a value."""
    return float(_HEAD.unpack_from(data)[-1]) / 1_000
