"""The value of an `audio` signal: the landmarks of a sound, as base64 text of a fixed layout.

    "SA", version, form, landmarks n (u32), length in steps (u32) · n × u32 landmark

A landmark is 19 bits of time in steps of 16 ms, 11 bits of frequency in quarters of 7.8 Hz, 2 bits of strength, from
the highest bit on; so they are sorted as numbers. The `banked` form is what an entry keeps; the `search` form, with
twice as many, is what a sound is looked up by. Little-endian. Every value may be hostile: `unpack` checks all of it.
"""

import base64
import binascii
import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.model.errors import InvalidSignal

MAGIC = b"SA"
VERSION = 1
BANKED, SEARCH = 0, 1
TIME_BITS, TONE_BITS, STRENGTH_BITS = 19, 11, 2
STEPS_PER_SECOND = 62.5
SECOND = 62
"""Steps that are counted as one second."""
LONGEST = 7_200
"""Seconds."""
MOST_STEPS = int(LONGEST * STEPS_PER_SECOND)
EACH_SECOND = (30, 60)
"""Landmarks that a second has at most, in the banked form and in that for searching."""
_HEAD = struct.Struct("<2sBBII")


class Landmarks(NamedTuple):
    """n peaks in the spectrogram of a sound, in the order of time."""

    form: int
    steps: int
    """Length of the sound."""
    packed: NDArray[np.uint32]

    @property
    def times(self) -> NDArray[np.int32]:
        """(n,): steps from the beginning."""
        return (self.packed >> np.uint32(TONE_BITS + STRENGTH_BITS)).astype(np.int32)

    @property
    def tones(self) -> NDArray[np.int32]:
        """(n,): quarters of 7.8 Hz."""
        return ((self.packed >> np.uint32(STRENGTH_BITS)) & np.uint32((1 << TONE_BITS) - 1)).astype(np.int32)

    @property
    def strengths(self) -> NDArray[np.uint8]:
        """(n,): 3 for the few that stand out most in their second, 0 for the many that do least."""
        return (self.packed & np.uint32((1 << STRENGTH_BITS) - 1)).astype(np.uint8)


def combine(times: NDArray[np.int32], tones: NDArray[np.int32], strengths: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return landmarks as numbers, sorted."""
    high = times.astype(np.uint32) << np.uint32(TONE_BITS + STRENGTH_BITS)
    return np.unique(high | (tones.astype(np.uint32) << np.uint32(STRENGTH_BITS)) | strengths.astype(np.uint32))


def pack(landmarks: Landmarks) -> str:
    """Return the value. It holds what `unpack` gives back."""
    return base64.b64encode(pack_bytes(landmarks)).decode("ascii")


def pack_bytes(landmarks: Landmarks) -> bytes:
    head = _HEAD.pack(MAGIC, VERSION, landmarks.form, len(landmarks.packed), landmarks.steps)
    return head + landmarks.packed.astype("<u4").tobytes()


def unpack(value: str) -> Landmarks:
    """Return what a value holds. Raises InvalidSignal saying what is wrong with it."""
    most = 4 * (_HEAD.size + 4 * EACH_SECOND[SEARCH] * (MOST_STEPS // SECOND + 1)) // 3 + 4
    if len(value) > most:
        raise InvalidSignal(f"an audio value has at most {most} characters, not {len(value)}")
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise InvalidSignal(f"an audio value is base64, not {value[:40]!r}") from None
    if base64.b64encode(data).decode("ascii") != value:
        raise InvalidSignal("an audio value is canonical base64: some of its last bits are set that say nothing")
    return unpack_bytes(data)


def unpack_bytes(data: bytes) -> Landmarks:
    """Return what the bytes of a value hold, as a view of them. Raises InvalidSignal."""
    if len(data) < _HEAD.size:
        raise InvalidSignal(f"an audio value has at least {_HEAD.size} bytes, not {len(data)}")
    magic, version, form, count, steps = _HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise InvalidSignal(f"an audio value starts with {MAGIC!r} and version {VERSION}, not {data[:3]!r}")
    if form not in (BANKED, SEARCH) or not 0 < steps <= MOST_STEPS:
        raise InvalidSignal(f"an audio value of form {form} and {steps} steps; at most {MOST_STEPS} are possible")
    if not 0 < count <= EACH_SECOND[form] * (steps // SECOND + 1):
        raise InvalidSignal(f"an audio value with {count} landmarks in {steps} steps; {EACH_SECOND[form]} a second are")
    if len(data) != _HEAD.size + 4 * count:
        raise InvalidSignal(f"an audio value of {count} landmarks has {_HEAD.size + 4 * count} bytes, not {len(data)}")
    packed = np.frombuffer(data, dtype="<u4", offset=_HEAD.size)
    landmarks = Landmarks(form, steps, packed)
    if bool((packed[1:] <= packed[:-1]).any()):
        raise InvalidSignal("an audio value has its landmarks in order, each once")
    if int(landmarks.times[-1]) >= steps:
        raise InvalidSignal(f"an audio value has a landmark at step {int(landmarks.times[-1])} of {steps}")
    crowd = np.bincount(landmarks.times // SECOND).max()
    if crowd > EACH_SECOND[form]:
        raise InvalidSignal(f"an audio value has {crowd} landmarks in one second; at most {EACH_SECOND[form]} are")
    return landmarks
