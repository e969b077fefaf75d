"""A set of 64-bit keys for kernels: open addressing, and a Bloom filter before it that fits a core's cache.

`keys` is uint64 (capacity,), a power of two, 0 where free; `bloom` is uint64 (capacity / 8,), three bits of one word
for each key (Putze, Sanders, Singler: Cache-, hash- and space-efficient Bloom filters, 2007), so that a key which is
not there costs one read, 99 times of 100. Keys are mixed well, and no key is 0. A writer fills free places alone; a
reader that holds the arrays meets a key or does not yet, and needs no lock.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

SMALLEST = 1 << 10


def empty(capacity: int = SMALLEST) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return (keys, bloom) without keys."""
    return np.zeros(capacity, dtype=np.uint64), np.zeros(capacity // 8, dtype=np.uint64)


@njit(inline="always")
def mixed(key: Any) -> Any:
    """Return a key of which every bit depends on all bits of what is given; never 0."""
    key ^= key >> np.uint64(32)
    key *= np.uint64(0xD6E8FEB86659FD93)
    key ^= key >> np.uint64(32)
    key *= np.uint64(0xD6E8FEB86659FD93)
    key ^= key >> np.uint64(32)
    return key if key else np.uint64(1)


@njit(inline="always")
def _bits(key: Any) -> Any:
    one, low = np.uint64(1), np.uint64(63)
    return one << (key & low) | one << (key >> np.uint64(6) & low) | one << (key >> np.uint64(12) & low)


@njit(inline="always")
def may_hold(bloom: Any, key: Any) -> Any:
    """False when the key is certainly not there."""
    bits = _bits(key)
    return bloom[np.int64(key >> np.uint64(18)) & (bloom.shape[0] - 1)] & bits == bits


@njit(cache=True, nogil=True)
def find(keys: Any, key: Any) -> Any:
    """Return the place of a key, or -1 - the free place where it would stand."""
    at = np.int64(key >> np.uint64(38)) & (keys.shape[0] - 1)
    while keys[at] != key:
        if not keys[at]:
            return -1 - at
        at = (at + 1) & (keys.shape[0] - 1)
    return at


@njit(inline="always")
def holds(keys: Any, bloom: Any, key: Any) -> Any:
    return may_hold(bloom, key) and find(keys, key) >= 0


@njit(cache=True, nogil=True)
def insert(keys: Any, bloom: Any, key: Any) -> Any:
    """Return the place of a key that is there now; the caller has seen to it that places are free."""
    at = find(keys, key)
    if at < 0:
        at = -1 - at
        keys[at] = key
    bloom[np.int64(key >> np.uint64(18)) & (bloom.shape[0] - 1)] |= _bits(key)
    return at


@njit(cache=True, nogil=True)
def insert_all(keys: Any, bloom: Any, more: Any) -> Any:
    """Insert keys, uint64 (n,); return how many were not there yet."""
    fresh = 0
    for key in more:
        fresh += find(keys, key) < 0
        insert(keys, bloom, key)
    return fresh
