"""The compiled part of the Hamming index. All kernels release the GIL and hold no state.

Codes are rows of uint64 words, already permuted by `permute`. A code of `bits` bits has `bits // 16` chunks of
16 bits; by the pigeonhole principle two codes at most `r` bits apart have a chunk at most `r // chunks` bits apart
(Norouzi, Punjani and Fleet: Fast search in Hamming space with multi-index hashing, CVPR 2012).
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

CHUNK_BITS = 16
BUCKETS = 1 << CHUNK_BITS
SKETCH_CHUNKS = 6
"""Chunks that lie beside each row number in a bucket: 96 bits reject all but 1 of 2,500 unrelated candidates at
radius 31 without touching the code itself, which would be a cache miss."""

SKETCH_WORDS = SKETCH_CHUNKS // 2
MOST_PREFETCHED = 32 * 16
"""Words of a bucket that are asked for beforehand; of a longer one the processor sees by itself where it goes."""

BLOCK = 512
"""Sketches of a bucket that are compared before any of them is looked at again."""

PROBES = np.array([0] + [1 << bit for bit in range(CHUNK_BITS)], dtype=np.uint32)


@intrinsic
def _popcount(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return word(word), generate


@intrinsic
def _prefetch(typing_context: Any, array: Any, row: Any, column: Any) -> Any:
    """Ask for the cache line of `array[row, column]`; harmless past the end."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        held = context.make_array(kind)(context, builder, arguments[0])
        stride = builder.extract_value(held.strides, 0)
        offset = builder.mul(
            builder.sext(arguments[1], stride.type) if arguments[1].type != stride.type else arguments[1], stride
        )
        item = builder.mul(arguments[2], ir.Constant(stride.type, kind.dtype.bitwidth // 8))
        address = builder.gep(builder.bitcast(held.data, ir.IntType(8).as_pointer()), [builder.add(offset, item)])
        pointer = ir.IntType(8).as_pointer()
        word = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [pointer], ir.FunctionType(ir.VoidType(), [pointer, word, word, word])
        )
        builder.call(function, [address, ir.Constant(word, 0), ir.Constant(word, 3), ir.Constant(word, 1)])
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), generate


@njit(inline="always")
def _chunk(words: Any, row: int, chunk: int) -> Any:
    return np.uint32((words[row, chunk >> 2] >> np.uint64((chunk & 3) << 4)) & np.uint64(0xFFFF))


@njit(inline="always")
def _sketch(words: Any, row: int, chunk: int, chunks: int, part: int) -> Any:
    """Two of the six chunks after `chunk`, as one word; `part` 0, 1 or 2 says which two."""
    first = _chunk(words, row, (chunk + 1 + 2 * part) % chunks)
    return np.uint32(first | (_chunk(words, row, (chunk + 2 + 2 * part) % chunks) << np.uint32(16)))


@njit(inline="always")
def _distance(left: Any, i: int, right: Any, j: int) -> Any:
    total = np.int64(0)
    for word in range(left.shape[1]):
        total += np.int64(_popcount(left[i, word] ^ right[j, word]))
    return total


@njit(inline="always")
def _seen_before(left: Any, i: int, right: Any, j: int, chunk: int, reach: int) -> bool:
    """True when an earlier chunk is as near: then that chunk has reported this row."""
    for earlier in range(chunk):
        different = _chunk(left, i, earlier) ^ _chunk(right, j, earlier)
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
def build(words: Any, offsets: Any, rows: Any, sketches: Any) -> None:
    """Fill the buckets of a segment: `offsets` (chunks, 65537), `rows` (chunks, n), `sketches` (chunks, 3n).

    In `sketches` a bucket's first words lie together, then its second ones, then its third ones: few cache lines for a
    small bucket, and vectors for a large one.
    """
    count = words.shape[0]
    chunks = offsets.shape[0]
    place = np.empty(BUCKETS, dtype=np.uint32)
    for chunk in range(chunks):
        offsets[chunk, :] = 0
        for row in range(count):
            offsets[chunk, _chunk(words, row, chunk) + 1] += 1
        for bucket in range(BUCKETS):
            offsets[chunk, bucket + 1] += offsets[chunk, bucket]
            place[bucket] = offsets[chunk, bucket]
        for row in range(count):
            bucket = _chunk(words, row, chunk)
            at = place[bucket]
            place[bucket] = at + np.uint32(1)
            rows[chunk, at] = row
            first = np.int64(offsets[chunk, bucket])
            size = np.int64(offsets[chunk, bucket + 1]) - first
            for part in range(SKETCH_WORDS):
                place_of = first * SKETCH_WORDS + part * size + np.int64(at) - first
                sketches[chunk, place_of] = _sketch(words, row, chunk, chunks, part)


@njit(inline="always")
def _locate(
    queries: Any, query: int, chunk: int, probes: int, offsets: Any, sketches: Any, starts: Any, ends: Any, side: int
) -> None:
    """Find the buckets to look into and ask for all their cache lines, long before they are read: a line that is
    waited for costs as much as forty candidates."""
    key = _chunk(queries, query, chunk)
    for probe in range(probes):
        bucket = np.int64(key ^ PROBES[probe])
        starts[side, probe] = np.int64(offsets[chunk, bucket])
        ends[side, probe] = np.int64(offsets[chunk, bucket + 1])
        first = starts[side, probe] * SKETCH_WORDS
        for at in range(first, min(ends[side, probe] * SKETCH_WORDS, first + MOST_PREFETCHED), 16):
            _prefetch(sketches, chunk, at)


@njit(inline="always")
def _nearest(firsts: Any, seconds: Any, thirds: Any, first: Any, second: Any, third: Any, near: Any) -> Any:
    """Write the distances of sketches to `near` and return the least: no branch, so that vectors are used."""
    least = np.uint32(96)
    for at in range(firsts.shape[0]):
        bits = _popcount(firsts[at] ^ first) + _popcount(seconds[at] ^ second) + _popcount(thirds[at] ^ third)
        near[at] = np.uint32(bits)
        least = min(least, np.uint32(bits))
    return least


@njit(cache=True, nogil=True)
def search_buckets(
    queries: Any,
    radius: int,
    words: Any,
    ids: Any,
    dead: Any,
    offsets: Any,
    rows: Any,
    sketches: Any,
    out_query: Any,
    out_id: Any,
    out_distance: Any,
    found: int,
) -> int:
    """Search one segment; append to `out_*` from position `found` and return the new count.

    The count goes on past the capacity of `out_*`, so that the caller can come again with room enough.
    """
    chunks = offsets.shape[0]
    count = words.shape[0]
    reach = radius // chunks
    probes = 1 if reach == 0 else PROBES.shape[0]
    starts = np.empty((2, PROBES.shape[0]), dtype=np.int64)
    ends = np.empty((2, PROBES.shape[0]), dtype=np.int64)
    near = np.empty(BLOCK, dtype=np.uint32)
    capacity = out_id.shape[0]
    for query in range(queries.shape[0]):
        _locate(queries, query, 0, probes, offsets, sketches, starts, ends, 0)
        for chunk in range(chunks):
            side = chunk & 1
            if chunk + 1 < chunks:
                _locate(queries, query, chunk + 1, probes, offsets, sketches, starts, ends, 1 - side)
            first = _sketch(queries, query, chunk, chunks, 0)
            second = _sketch(queries, query, chunk, chunks, 1)
            third = _sketch(queries, query, chunk, chunks, 2)
            for probe in range(probes):
                start, size = starts[side, probe], ends[side, probe] - starts[side, probe]
                bucket = sketches[chunk, start * SKETCH_WORDS : (start + size) * SKETCH_WORDS]
                for low in range(0, size, BLOCK):
                    high = min(size, low + BLOCK)
                    firsts = bucket[low:high]
                    seconds = bucket[size + low : size + high]
                    thirds = bucket[2 * size + low : 2 * size + high]
                    if _nearest(firsts, seconds, thirds, first, second, third, near) > radius:
                        continue
                    for at in range(high - low):
                        if near[at] > radius:
                            continue
                        row = np.int64(rows[chunk, start + low + at])
                        if row >= count or dead[row]:
                            continue
                        distance = _distance(queries, query, words, row)
                        if distance > radius or _seen_before(queries, query, words, row, chunk, reach):
                            continue
                        if found < capacity:
                            out_query[found] = query
                            out_id[found] = ids[row]
                            out_distance[found] = distance
                        found += 1
    return found


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
            distance = _distance(queries, query, words, row)
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
            bucket = _chunk(words, row, chunk)
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
            key = _chunk(queries, query, chunk)
            for probe in range(probes):
                row = np.int64(heads[chunk, key ^ PROBES[probe]])
                while row >= 0:
                    if row < count and not dead[row]:
                        distance = _distance(queries, query, words, row)
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
