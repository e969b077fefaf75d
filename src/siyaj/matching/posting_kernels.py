"""The compiled part of the postings. Arrays are those of `siyaj.matching.postings.Arrays`.

A list of statements is one number, so that a reader sees all of it or what was before: how many there are (24 bits),
and before that where in the blocks they stand, or, of one alone, the statement itself. Blocks are powers of two.
"""

from typing import Any

import numpy as np
from numba import njit

from siyaj.matching.key_table import find, insert, may_hold
from siyaj.signals.fingerprints import winnowed

FEWEST_SHARED = 3
LEAST_SHARED_OF_100 = 15
"""Fingerprints, and how many of a hundred of a statement's, a text must share for the statement to be looked at."""

KEYS_USED, BLOCKS_USED, FREE = 0, 1, 2
"""Places of `marks`, int64 (34,): keys in the table, places of the blocks ever used, and from `FREE` on, for each size
of block, the first that is free again; a free block begins with the next."""
_KEY, _LIST = 0, 1


@njit(inline="always")
def _count_of(listed: Any) -> Any:
    return np.int64(listed & np.uint64(0xFFFFFF))


@njit(inline="always")
def _place_of(listed: Any) -> Any:
    return np.int64(listed >> np.uint64(24))


@njit(inline="always")
def _listed(place: Any, count: Any) -> Any:
    return np.uint64(place) << np.uint64(24) | np.uint64(count)


@njit(cache=True, nogil=True)
def link(entries: Any, bloom: Any, blocks: Any, marks: Any, prints: Any, slot: int) -> None:
    """File a statement under its distinct fingerprints, uint64 (n,); the caller has made room."""
    for one in prints:
        marks[KEYS_USED] += find(entries[:, _KEY], one) < 0
        at = insert(entries[:, _KEY], bloom, one)
        place, count = _place_of(entries[at, _LIST]), _count_of(entries[at, _LIST])
        if count == 0:
            entries[at, _LIST] = _listed(slot, 1)
            continue
        if count & (count - 1) == 0:  # full, or one alone
            new = _take(blocks, marks, 2 * count)
            if count == 1:
                blocks[new] = place
            else:
                blocks[new : new + count] = blocks[place : place + count]
                _give(blocks, marks, place, count)
            place = new
        blocks[place + count] = slot
        entries[at, _LIST] = _listed(place, count + 1)


@njit(cache=True, nogil=True)
def unlink(entries: Any, blocks: Any, marks: Any, prints: Any, slot: int) -> None:
    """Take a statement out from under its fingerprints."""
    for one in prints:
        at = find(entries[:, _KEY], one)
        place, count = _place_of(entries[at, _LIST]), _count_of(entries[at, _LIST])
        if count == 1:
            entries[at, _LIST] = 0
            continue
        for step in range(count):
            if blocks[place + step] == slot:
                blocks[place + step] = blocks[place + count - 1]
                break
        if count == 2:
            entries[at, _LIST] = _listed(blocks[place], 1)
            _give(blocks, marks, place, 2)
        elif (count - 1) & (count - 2) == 0:
            new = _take(blocks, marks, count - 1)
            blocks[new : new + count - 1] = blocks[place : place + count - 1]
            entries[at, _LIST] = _listed(new, count - 1)
            _give(blocks, marks, place, 2 * (count - 1))
        else:
            entries[at, _LIST] = _listed(place, count - 1)


@njit(cache=True, nogil=True)
def places_needed(entries: Any, prints: Any) -> int:
    """Return how many places of the blocks `link` could take, and `unlink` as well."""
    needed = 0
    for one in prints:
        at = find(entries[:, _KEY], one)
        if at >= 0:
            needed += 2 * _count_of(entries[at, _LIST])
    return needed


@njit(cache=True, nogil=True)
def _take(blocks: Any, marks: Any, size: int) -> Any:
    """Return where a block of a size stands that nobody uses."""
    free = FREE + _power(size)
    first = marks[free]
    if first:
        marks[free] = blocks[first]
        return np.int64(first)
    first = marks[BLOCKS_USED] + 1  # place 0 stands for none
    marks[BLOCKS_USED] += size
    return np.int64(first)


@njit(cache=True, nogil=True)
def _give(blocks: Any, marks: Any, place: int, size: int) -> None:
    free = FREE + _power(size)
    blocks[place] = marks[free]
    marks[free] = place


@njit(inline="always")
def _power(size: int) -> int:
    power = 0
    while 1 << power < size:
        power += 1
    return power


@njit(cache=True, nogil=True)
def move(entries: Any, new_entries: Any, new_bloom: Any) -> int:
    """Copy the lists that are not empty into a larger table; return how many."""
    moved = 0
    for at in range(entries.shape[0]):
        if entries[at, _LIST]:
            place = insert(new_entries[:, _KEY], new_bloom, entries[at, _KEY])
            new_entries[place, _LIST] = entries[at, _LIST]
            moved += 1
    return moved


@njit(cache=True, nogil=True)
def common(entries: Any, prints: Any, limit: int) -> int:
    """Return how many fingerprints more than `limit` statements share."""
    count = 0
    for one in prints:
        at = find(entries[:, _KEY], one)
        count += at >= 0 and _count_of(entries[at, _LIST]) > limit
    return count


@njit(cache=True, nogil=True)
def least_shared(prints: int) -> int:
    """Return how many fingerprints of a statement that has so many must be shared."""
    return max(min(FEWEST_SHARED, prints), (LEAST_SHARED_OF_100 * prints + 99) // 100)


@njit(cache=True, nogil=True)
def sharing(
    codes: Any, classes: Any, alphabet: Any, entries: Any, bloom: Any, blocks: Any, least: Any, limit: int
) -> Any:
    """Return (slot, number of fingerprints shared) rows, int64 (n, 2), of the statements that share enough with a
    folded text.

    Fingerprints that more than `limit` statements share are passed over.
    """
    met, total = _met(winnowed(codes, classes, alphabet), entries, bloom, limit)
    room = 16
    while room < 2 * min(total, least.shape[0]):
        room *= 2
    counted = np.zeros((room, 2), dtype=np.int32)  # slot + 1, count
    enough = 0
    for at in met:
        place, count = _place_of(entries[at, _LIST]), _count_of(entries[at, _LIST])
        if count == 1:
            enough += _count(counted, place, least)
            continue
        for step in range(place, min(place + count, blocks.shape[0])):
            enough += _count(counted, blocks[step], least)
    return _enough(counted, least, enough)


@njit(cache=True, nogil=True)
def _met(prints: Any, entries: Any, bloom: Any, limit: int) -> Any:
    """Return the places in the table of the distinct fingerprints that are there and not common, and how many
    statements these have together."""
    met = np.empty(prints.shape[0], dtype=np.int64)
    length = 0
    for one in prints:
        if may_hold(bloom, one):
            at = find(entries[:, _KEY], one)
            if at >= 0 and 0 < _count_of(entries[at, _LIST]) <= limit:
                met[length] = at
                length += 1
    met = np.sort(met[:length])
    distinct = total = 0
    for at in range(length):
        if distinct == 0 or met[at] != met[distinct - 1]:
            met[distinct] = met[at]
            total += _count_of(entries[met[at], _LIST])
            distinct += 1
    return met[:distinct], total


@njit(cache=True, nogil=True)
def _count(counted: Any, slot: Any, least: Any) -> bool:
    """Count a statement once more; True when with this it shares enough."""
    mask = counted.shape[0] - 1
    if slot >= least.shape[0]:
        return False
    at = (np.int64(slot) * 40503) & mask
    for _ in range(mask):  # a reader beside a writer may meet more statements than there was room for
        if counted[at, 0] == slot + 1:
            counted[at, 1] += 1
            return bool(counted[at, 1] == least[slot])
        if counted[at, 0] == 0:
            counted[at, 0], counted[at, 1] = slot + 1, 1
            return bool(least[slot] == 1)
        at = (at + 1) & mask
    return False


@njit(cache=True, nogil=True)
def _enough(counted: Any, least: Any, most: int) -> Any:
    """Return the rows of those that were counted often enough, at most so many."""
    rows = np.empty((most, 2), dtype=np.int64)
    length = 0
    for at in range(counted.shape[0] if most else 0):
        slot, count = counted[at, 0] - 1, counted[at, 1]
        if slot >= 0 and count >= least[slot] > 0 and length < most:
            rows[length, 0], rows[length, 1] = slot, count
            length += 1
    return rows[:length]
