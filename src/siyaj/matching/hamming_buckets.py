"""The buckets of a segment of the Hamming index: built once, searched by compiled code without the GIL.

Chunks lie on a ring. If two codes differ in at most `r` of `m` chunks' bits, there is a chunk from which every run of
`l` chunks differs in at most `l * r / m` bits (Qin and Xiao: Pigeonring, a principle for faster thresholded similarity
search, PVLDB 12(1), 2018). At radius 31 such a run *begins*: its first chunk is at most 1 bit apart, its first two at
most 3, its first three at most 5. So a bucket keeps the next two chunks of each code beside its row number: the first
of them rejects all but 1 of 400 unrelated candidates, both all but 1 of 80,000, with 2 bytes read for each.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from siyaj.matching.hamming_kernels import BUCKETS, PROBES, _popcount, bits_between, chunk_of
from siyaj.matching.lanes import lowest, prefetch, splat

LANES = 32
"""Candidates that are compared at once. As many values are read behind the end of a bucket."""
LINE = 32
"""Values in a cache line."""
MOST_LINES = 32
"""Of a bucket that are asked for beforehand; of a longer one the processor sees by itself where it goes."""


@intrinsic
def _prefetch(typing_context: Any, array: Any, row: Any, column: Any) -> Any:
    """Ask for the cache line of `array[row, column]`; harmless past the end."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        prefetch(builder, _address(context, builder, signature, arguments))
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), generate


@intrinsic
def _near(typing_context: Any, array: Any, row: Any, column: Any, value: Any, bound: Any) -> Any:
    """Return a mask of those of the LANES uint16 from `array[row, column]` on that differ from `value` in at most
    `bound` bits: a few vector instructions, which no loop is compiled to."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = ir.VectorType(ir.IntType(16), LANES)
        address = builder.bitcast(_address(context, builder, signature, arguments), lanes.as_pointer())
        different = builder.xor(builder.load(address, align=2), splat(builder, lanes, arguments[3]))
        name = f"llvm.ctpop.v{LANES}i16"
        count = builder.module.globals.get(name) or ir.Function(builder.module, ir.FunctionType(lanes, [lanes]), name)
        near = builder.icmp_unsigned("<=", builder.call(count, [different]), splat(builder, lanes, arguments[4]))
        return builder.bitcast(near, ir.IntType(LANES))

    return types.uint32(array, types.intp, types.intp, types.uint16, types.uint16), generate


def _address(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Return the address of `array[row, column]`; the rows of the array are contiguous."""
    kind = signature.args[0]
    held = context.make_array(kind)(context, builder, arguments[0])
    stride = builder.extract_value(held.strides, 0)
    item = builder.mul(arguments[2], ir.Constant(stride.type, kind.dtype.bitwidth // 8))
    start = builder.bitcast(held.data, ir.IntType(8).as_pointer())
    return builder.gep(start, [builder.add(builder.mul(arguments[1], stride), item)])


@njit(cache=True, nogil=True)
def build(words: Any, offsets: Any, rows: Any, firsts: Any, seconds: Any) -> None:
    """Fill the buckets of a segment: `offsets` (chunks, 65537), `rows` and `seconds` (chunks, n), `firsts`
    (chunks, n + LANES). Beside each row stand the two chunks after the one that chose its bucket."""
    count = words.shape[0]
    chunks = offsets.shape[0]
    place = np.empty(BUCKETS, dtype=np.uint32)
    for chunk in range(chunks):
        offsets[chunk, :] = 0
        for row in range(count):
            offsets[chunk, chunk_of(words, row, chunk) + 1] += 1
        for bucket in range(BUCKETS):
            offsets[chunk, bucket + 1] += offsets[chunk, bucket]
            place[bucket] = offsets[chunk, bucket]
        for row in range(count):
            bucket = chunk_of(words, row, chunk)
            at = place[bucket]
            place[bucket] = at + np.uint32(1)
            rows[chunk, at] = row
            firsts[chunk, at] = chunk_of(words, row, (chunk + 1) % chunks)
            seconds[chunk, at] = chunk_of(words, row, (chunk + 2) % chunks)


@njit(inline="always")
def _locate(
    queries: Any,
    query: int,
    chunk: int,
    side: int,
    probes: int,
    lines: int,
    offsets: Any,
    firsts: Any,
    starts: Any,
    ends: Any,
) -> None:
    """Find the buckets to look into and ask for their cache lines, long before they are read.

    The same number of lines for each bucket: a branch on an offset that is still on its way costs more than a line.
    """
    key = chunk_of(queries, query, chunk)
    for probe in range(probes):
        bucket = np.int64(key ^ PROBES[probe])
        start, end = np.int64(offsets[chunk, bucket]), np.int64(offsets[chunk, bucket + 1])
        starts[side, probe] = start
        ends[side, probe] = end
        for line in range(lines):
            _prefetch(firsts, chunk, start + line * LINE)
        _prefetch(firsts, chunk, end - 1)


@njit(inline="always")
def _begins(left: Any, i: int, right: Any, j: int, chunk: int, bounds: Any) -> bool:
    """True when the runs of one, two and three chunks from this one on are near enough."""
    chunks = left.shape[1] * 4
    bits = np.int64(0)
    for length in range(3):
        at = (chunk + length) % chunks
        bits += np.int64(_popcount(chunk_of(left, i, at) ^ chunk_of(right, j, at)))
        if bits > bounds[length]:
            return False
    return True


@njit(inline="always")
def _found_before(left: Any, i: int, right: Any, j: int, chunk: int, bounds: Any) -> bool:
    """True when a run begins at an earlier chunk too: then that chunk has reported this row."""
    for earlier in range(chunk):  # noqa: SIM110 - numba compiles no generators
        if _begins(left, i, right, j, earlier, bounds):
            return True
    return False


@njit(cache=True, nogil=True)
def search_buckets(
    queries: Any,
    radius: int,
    words: Any,
    ids: Any,
    dead: Any,
    offsets: Any,
    rows: Any,
    firsts: Any,
    seconds: Any,
    out_query: Any,
    out_id: Any,
    out_distance: Any,
    found: int,
) -> int:
    """Search one segment for a radius below twice the number of chunks; append to `out_*` from position `found` and
    return the new count.

    The count goes on past the capacity of `out_*`, so that the caller can come again with room enough.
    """
    chunks = offsets.shape[0]
    count = words.shape[0]
    bounds = np.array([length * radius // chunks for length in (1, 2, 3)], dtype=np.int64)
    probes = 1 if bounds[0] == 0 else PROBES.shape[0]
    lines = min(MOST_LINES, max(1, (count // (BUCKETS // 2) + LINE) // (2 * LINE)))
    starts = np.empty((2, PROBES.shape[0]), dtype=np.int64)
    ends = np.empty((2, PROBES.shape[0]), dtype=np.int64)
    capacity = out_id.shape[0]
    for step in range(chunks * queries.shape[0]):
        chunk, query = divmod(step, queries.shape[0])
        if step == 0:
            _locate(queries, 0, 0, 0, probes, lines, offsets, firsts, starts, ends)
        if step + 1 < chunks * queries.shape[0]:
            its, after = divmod(step + 1, queries.shape[0])
            _locate(queries, after, its, (step + 1) & 1, probes, lines, offsets, firsts, starts, ends)
        side = step & 1
        first = np.uint16(chunk_of(queries, query, (chunk + 1) % chunks))
        second = np.uint16(chunk_of(queries, query, (chunk + 2) % chunks))
        for probe in range(probes):
            end = ends[side, probe]
            apart = 1 if probe else 0
            for low in range(starts[side, probe], end, LANES):
                mask = _near(firsts, chunk, low, first, np.uint16(bounds[1] - apart))
                if end - low < LANES:
                    mask &= np.uint32((1 << (end - low)) - 1)
                while mask:
                    at = low + np.int64(lowest(mask))
                    mask &= mask - np.uint32(1)
                    bits = _popcount(np.uint16(firsts[chunk, at] ^ first)) + _popcount(
                        np.uint16(seconds[chunk, at] ^ second)
                    )
                    row = np.int64(rows[chunk, at])
                    if np.int64(bits) + apart > bounds[2] or row >= count or dead[row]:
                        continue
                    distance = bits_between(queries, query, words, row)
                    if distance > radius or _found_before(queries, query, words, row, chunk, bounds):
                        continue
                    if found < capacity:
                        out_query[found] = query
                        out_id[found] = ids[row]
                        out_distance[found] = distance
                    found += 1
    return found
