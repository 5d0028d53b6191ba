"""Calls a compiled formula by its address, on a part of an array: a new kind needs no new compilation of the engine."""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import float64, int64, intp
from numba.experimental.function_type import _get_wrapper_address
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from leadml.engine.kind import KERNEL_SIGNATURE, Formula

_TIMES, _VALUES = KERNEL_SIGNATURE.args[:2]
_EIGHT_BYTES = 8


def address_of(formula: Formula) -> int:
    """Give the address of a formula made by `kernel`.

    Parameters
    ----------
    formula : callable

    Returns
    -------
    address : int
        Good for this process only.
    """
    return int(_get_wrapper_address(formula, KERNEL_SIGNATURE))


@intrinsic  # type: ignore[untyped-decorator]
def call_formula(  # noqa: PLR0913 - compiled code takes numbers and arrays instead of objects
    _typing: object,
    address: object,
    times: object,
    values: object,
    start: object,
    stop: object,
    as_of: object,
    window: object,
    half_life: object,
) -> tuple[object, object]:
    """Call the formula at an address on `times[start:stop]` and `values[start:stop]`.

    The parts borrow the memory of the whole: counting references to each costs more than most formulas do.
    """
    signature = float64(int64, _TIMES, _VALUES, int64, int64, int64, int64, int64)
    return signature, _generate


def _generate(context: Any, builder: Any, _signature: object, arguments: Sequence[Any]) -> object:  # noqa: ANN401 - LLVM's
    address, times, values, start, stop, *rest = arguments
    size = builder.sub(stop, start)
    step = context.get_constant(intp, _EIGHT_BYTES)

    def part(array_type: object, whole: object) -> object:
        borrowed = make_array(array_type)(context, builder)
        data = builder.gep(make_array(array_type)(context, builder, whole).data, [start])
        populate_array(borrowed, data=data, shape=[size], strides=[step], itemsize=step, meminfo=None)
        return borrowed._getvalue()

    handed = [part(_TIMES, times), part(_VALUES, values), *rest]
    formula = ir.FunctionType(ir.DoubleType(), [argument.type for argument in handed])
    return builder.call(builder.inttoptr(address, formula.as_pointer()), handed)
