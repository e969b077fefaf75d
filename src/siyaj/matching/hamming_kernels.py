"""The compiled part of the Hamming index but for buckets. All kernels release the GIL and hold no state.

Codes are rows of uint64 words, already permuted by `permute`. A code of `bits` bits has `bits // 16` chunks of
16 bits; by the pigeonhole principle two codes at most `r` bits apart have a chunk at most `r // chunks` bits apart
(Norouzi, Punjani and Fleet: Fast search in Hamming space with multi-index hashing, CVPR 2012).
"""

from typing import Any

import numpy as np
from numba import njit
from numba.extending import intrinsic

CHUNK_BITS = 16
BUCKETS = 1 << CHUNK_BITS
PROBES = np.array([0] + [1 << bit for bit in range(CHUNK_BITS)], dtype=np.uint32)


@intrinsic
def _popcount(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return word(word), generate


@njit(inline="always")
def chunk_of(words: Any, row: int, chunk: int) -> Any:
    return np.uint32((words[row, chunk >> 2] >> np.uint64((chunk & 3) << 4)) & np.uint64(0xFFFF))


@njit(inline="always")
def bits_between(left: Any, i: int, right: Any, j: int) -> Any:
    total = np.int64(0)
    for word in range(left.shape[1]):
        total += np.int64(_popcount(left[i, word] ^ right[j, word]))
    return total


@njit(inline="always")
def _seen_before(left: Any, i: int, right: Any, j: int, chunk: int, reach: int) -> bool:
    """True when an earlier chunk is as near: then that chunk has reported this row."""
    for earlier in range(chunk):
        different = chunk_of(left, i, earlier) ^ chunk_of(right, j, earlier)
        if np.int64(_popcount(different)) <= reach:
            return True
    return False


@njit(cache=True, nogil=True)
def permute(words: Any, order: Any) -> Any:
    """Return codes with bit `order[b]` moved to bit `b`. Real codes are correlated from one bit to the next, which
    would fill some buckets and leave others empty; distances do not change."""
    count, width = words.shape
    moved = np.zeros((count, width), dtype=np.uint64)
    for row in range(count):
        for bit in range(width * 64):
            source = order[bit]
            value = (words[row, source >> 6] >> np.uint64(source & 63)) & np.uint64(1)
            moved[row, bit >> 6] |= value << np.uint64(bit & 63)
    return moved


@njit(cache=True, nogil=True)
def search_flat(
    queries: Any,
    radius: int,
    words: Any,
    ids: Any,
    dead: Any,
    count: int,
    out_query: Any,
    out_id: Any,
    out_distance: Any,
    found: int,
) -> int:
    """Compare with each of the first `count` codes: for small banks and for radii that buckets cannot serve."""
    capacity = out_id.shape[0]
    for query in range(queries.shape[0]):
        for row in range(count):
            distance = bits_between(queries, query, words, row)
            if distance <= radius and not dead[row]:
                if found < capacity:
                    out_query[found] = query
                    out_id[found] = ids[row]
                    out_distance[found] = distance
                found += 1
    return found


@njit(cache=True, nogil=True)
def link(words: Any, first: int, count: int, heads: Any, following: Any) -> None:
    """Hang rows `first` to `count` into the chains of a head: `heads` (chunks, 65536), `following` (chunks, n)."""
    for chunk in range(heads.shape[0]):
        for row in range(first, count):
            bucket = chunk_of(words, row, chunk)
            following[chunk, row] = heads[chunk, bucket]
            heads[chunk, bucket] = row


@njit(cache=True, nogil=True)
def search_chains(
    queries: Any,
    radius: int,
    words: Any,
    ids: Any,
    dead: Any,
    count: int,
    heads: Any,
    following: Any,
    out_query: Any,
    out_id: Any,
    out_distance: Any,
    found: int,
) -> int:
    """Search a chained head; rows from `count` on were added after the search began and are passed over."""
    chunks = heads.shape[0]
    reach = radius // chunks
    probes = 1 if reach == 0 else PROBES.shape[0]
    capacity = out_id.shape[0]
    for query in range(queries.shape[0]):
        for chunk in range(chunks):
            key = chunk_of(queries, query, chunk)
            for probe in range(probes):
                row = np.int64(heads[chunk, key ^ PROBES[probe]])
                while row >= 0:
                    if row < count and not dead[row]:
                        distance = bits_between(queries, query, words, row)
                        if distance <= radius and not _seen_before(queries, query, words, row, chunk, reach):
                            if found < capacity:
                                out_query[found] = query
                                out_id[found] = ids[row]
                                out_distance[found] = distance
                            found += 1
                    row = np.int64(following[chunk, row])
    return found


@njit(cache=True, nogil=True)
def find_rows(wanted: Any, ids: Any, order: Any) -> Any:
    """Return the row of each wanted id, or -1; `order` sorts `ids`, or is empty when they are sorted."""
    answer = np.full(wanted.shape[0], -1, dtype=np.int64)
    for position in range(wanted.shape[0]):
        left, right = 0, ids.shape[0]
        while left < right:
            middle = (left + right) // 2
            row = np.int64(order[middle]) if order.shape[0] else middle
            if ids[row] < wanted[position]:
                left = middle + 1
            else:
                right = middle
        if left < ids.shape[0]:
            row = np.int64(order[left]) if order.shape[0] else left
            if ids[row] == wanted[position]:
                answer[position] = row
    return answer
