"""Where features are filed: in drawers by their key, 8 bytes for each feature.

    row (24 bits) · sketch (22) · the last 8 bits of the key · angle (6) · level (4)

A segment has as many drawers as suit its size: by the first 14 to 22 bits of the key. A searched feature looks into all
drawers that the doubtful bits of its key allow. The sketch is 22 more bits of the descriptor: it tells most strangers
apart without another look-up. Not exact: of the features that a copy shares with the original, about a third meet here,
and a handful is enough.

New features go to chains (the head), which take them without moving anything; a full head becomes sorted.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import int32, int64, njit, types, uint8, uint32, uint64
from numpy.typing import NDArray

from siyaj.signals.local_pattern import KEY_BITS, KEY_HALF, SKETCH_HALF

FEWEST_BITS, MOST_BITS = 14, KEY_BITS
IN_DRAWER = 4
"""Entries of a drawer to aim for, at least."""
MOST_ROWS = 1 << 24
SKETCH_RADIUS = 4
"""Differing bits, of the sketch and of the sure ones of the key's last, up to which a feature gives its vote."""
MOST_VOTES = 1 << 20
MOST_OF_ONE = 400
"""Votes that one feature may give; what is on every picture of a bank, as a logo is, says nothing about any."""
MOST_IN_DRAWER = 4_096
"""Entries of a drawer that are looked at. Only corners that nearly every picture has fill one further."""

_WORDS = types.Array(uint64, 2, "C", readonly=True)
_FRAMES = types.Array(uint8, 2, "C", readonly=True)
_DOUBTS = types.Array(uint32, 1, "C", readonly=True)


class Segment(NamedTuple):
    """`entries[starts[k]:starts[k + 1]]` is drawer k, of the first `bits` bits of the key."""

    bits: int
    starts: NDArray[np.int32]
    entries: NDArray[np.uint64]


class Head(NamedTuple):
    """Chains: `first[k]` is the newest entry of drawer k, `after[i]` the one before entry i; -1 ends."""

    first: NDArray[np.int32]
    after: NDArray[np.int32]
    entries: NDArray[np.uint64]
    filled: NDArray[np.int64]
    """(1,): entries so far."""


def new_head(size: int) -> Head:
    return Head(
        np.full(1 << FEWEST_BITS, -1, dtype=np.int32),
        np.full(size, -1, dtype=np.int32),
        np.empty(size, dtype=np.uint64),
        np.zeros(1, dtype=np.int64),
    )


def bits_for(features: int) -> int:
    """Return by how many bits of the key so many features are filed."""
    return max(FEWEST_BITS, min(MOST_BITS, (features // IN_DRAWER).bit_length() - 1))


@njit(inline="always")
def _key(words: Any, at: int, mirrored: int) -> Any:
    """Return the key: comparison and mirror image in turn, so that each beginning of it is balanced."""
    low, high = words[at, 2 if mirrored else 0], words[at, 0 if mirrored else 2]
    key = np.uint64(0)
    for bit in range(KEY_HALF):
        one = np.uint64(bit)
        pair = ((low >> one) & np.uint64(1)) | (((high >> one) & np.uint64(1)) << np.uint64(1))
        key |= pair << np.uint64(2 * bit)
    return key


@njit(inline="always")
def _sketch(words: Any, at: int, mirrored: int) -> Any:
    """Return 30 bits: the sketch, and below it the last 8 bits of the key."""
    low, high = words[at, 2 if mirrored else 0], words[at, 0 if mirrored else 2]
    mask = np.uint64((1 << SKETCH_HALF) - 1)
    first = (low >> np.uint64(KEY_HALF)) & mask
    second = (high >> np.uint64(KEY_HALF)) & mask
    rest = _key(words, at, mirrored) >> np.uint64(FEWEST_BITS)
    return (((second << np.uint64(SKETCH_HALF)) | first) << np.uint64(8)) | rest


@njit([types.void(_WORDS, _FRAMES, int64, int32[::1], int32[::1], uint64[::1], int64[::1])], cache=True, nogil=True)
def file_features(words: Any, frames: Any, row: int, first: Any, after: Any, entries: Any, filled: Any) -> None:
    """Put one picture's features into the head. An entry is whole before a chain leads to it: readers do not wait."""
    for at in range(words.shape[0]):
        place = filled[0]
        drawer = np.int64(_key(words, at, 0)) & ((1 << FEWEST_BITS) - 1)
        entries[place] = (
            (np.uint64(row) << np.uint64(40))
            | (_sketch(words, at, 0) << np.uint64(10))
            | (np.uint64(frames[at, 0] >> 2) << np.uint64(4))
            | np.uint64(frames[at, 1])
        )
        after[place] = first[drawer]
        first[drawer] = place
        filled[0] = place + 1


@njit(inline="always")
def _drawer(low: int, entry: Any, bits: int) -> Any:
    """Return the drawer of an entry that lay in one of which only the first bits count."""
    rest = np.int64((entry >> np.uint64(10)) & np.uint64(0xFF))
    return ((rest << FEWEST_BITS) | (low & ((1 << FEWEST_BITS) - 1))) & ((1 << bits) - 1)


_SORTED = types.Tuple((int32[::1], uint64[::1]))


@njit([_SORTED(int32[::1], int32[::1], uint64[::1], int64)], cache=True, nogil=True)
def sort_head(first: Any, after: Any, entries: Any, bits: int) -> Any:
    """Return starts and entries of a segment of `bits` from the head's chains."""
    starts = np.zeros((1 << bits) + 1, dtype=np.int32)
    for low in range(len(first)):
        at = first[low]
        while at >= 0:
            starts[_drawer(low, entries[at], bits) + 1] += 1
            at = after[at]
    for drawer in range(1 << bits):
        starts[drawer + 1] += starts[drawer]
    out = np.empty(starts[-1], dtype=np.uint64)
    place = starts[:-1].copy()
    for low in range(len(first)):
        at = first[low]
        while at >= 0:
            drawer = _drawer(low, entries[at], bits)
            out[place[drawer]] = entries[at]
            place[drawer] += 1
            at = after[at]
    return starts, out


@njit([_SORTED(int32[::1], uint64[::1], int32[::1], uint64[::1], uint8[::1], int64)], cache=True, nogil=True)
def merge_entries(starts: Any, entries: Any, more_starts: Any, more: Any, alive: Any, bits: int) -> Any:
    """Return two segments as one of `bits`, without the entries of rows that are not in `alive`."""
    out_starts = np.zeros((1 << bits) + 1, dtype=np.int32)
    for part in range(2):
        begins, items = (starts, entries) if part == 0 else (more_starts, more)
        for low in range(len(begins) - 1):
            for at in range(begins[low], begins[low + 1]):
                if alive[items[at] >> np.uint64(40)]:
                    out_starts[_drawer(low, items[at], bits) + 1] += 1
    for drawer in range(1 << bits):
        out_starts[drawer + 1] += out_starts[drawer]
    out = np.empty(out_starts[-1], dtype=np.uint64)
    place = out_starts[:-1].copy()
    for part in range(2):
        begins, items = (starts, entries) if part == 0 else (more_starts, more)
        for low in range(len(begins) - 1):
            for at in range(begins[low], begins[low + 1]):
                if alive[items[at] >> np.uint64(40)]:
                    drawer = _drawer(low, items[at], bits)
                    out[place[drawer]] = items[at]
                    place[drawer] += 1
    return out_starts, out
