"""What `local_votes` asks of the processor and no loop is compiled to: memory beforehand, eight comparisons at once."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from siyaj.matching.lanes import prefetch, splat
from siyaj.matching.local_table import SKETCH_RADIUS

LANES = 8
"""Entries that are compared at once."""


@intrinsic
def ask(typing_context: Any, entries: Any, at: Any) -> Any:
    """Ask for the cache line of `entries[at]`; harmless past the end."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        prefetch(builder, builder.gep(held.data, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(entries, types.intp), generate


@intrinsic
def near_lanes(typing_context: Any, entries: Any, at: Any, sketch: Any, sure: Any) -> Any:
    """Return a mask of those of the LANES entries from `entries[at]` on whose sure bits differ from the sketch in at
    most SKETCH_RADIUS. `sketch` and `sure` lie where they lie in an entry."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        lanes = ir.VectorType(word, LANES)
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(held.data, [arguments[1]]), lanes.as_pointer())
        left = builder.xor(builder.load(address, align=8), splat(builder, lanes, arguments[2]))
        left = builder.and_(left, splat(builder, lanes, arguments[3]))
        none, ones = ir.Constant(lanes, [0] * LANES), ir.Constant(lanes, [-1] * LANES)
        for _ in range(SKETCH_RADIUS):  # each step takes away the lowest bit
            left = builder.and_(left, builder.add(left, ones))
        return builder.bitcast(builder.icmp_unsigned("==", left, none), ir.IntType(LANES))

    return types.uint8(entries, types.intp, types.uint64, types.uint64), generate
