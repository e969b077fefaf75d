"""What kernels ask of the processor and no loop is compiled to: memory beforehand, one value in every lane of a vector,
the lowest bit of a mask. `prefetch` and `splat` write LLVM's code within an intrinsic; `lowest` is one."""

from typing import Any

from llvmlite import ir
from numba.extending import intrinsic


def prefetch(builder: Any, address: Any) -> None:
    """Ask for the cache line at an address; harmless past the end of an array."""
    word, line = ir.IntType(32), builder.bitcast(address, ir.IntType(8).as_pointer())
    function = builder.module.declare_intrinsic(
        "llvm.prefetch", [line.type], ir.FunctionType(ir.VoidType(), [line.type, word, word, word])
    )
    builder.call(function, [line, ir.Constant(word, 0), ir.Constant(word, 3), ir.Constant(word, 1)])


def splat(builder: Any, lanes: Any, value: Any) -> Any:
    """Return a vector of the type `lanes` that holds a value in each of them."""
    nothing = ir.Constant(lanes, ir.Undefined)
    one = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), [0] * lanes.count)
    return builder.shuffle_vector(one, nothing, zeros)


@intrinsic
def lowest(typing_context: Any, mask: Any) -> Any:
    """Return the place of the lowest bit that is set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return mask(mask), generate
