"""Calls a compiled formula by its address, on a part of an array: a new kind needs no new compilation of the engine.

Of a formula that raises, only the place of its column is kept: to raise it on would make every call slower.

What is handed on borrows the memory of the whole: counting references to arrays, which threads share, costs
ten times what most formulas do. Whoever calls compiled code keeps the arrays alive until it returns.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

from numba import float64, int64, intp, types
from numba.core import cgutils
from numba.experimental.function_type import _get_jit_address
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from leadml.engine.kind import KERNEL_SIGNATURE, Formula

_TIMES, _VALUES = KERNEL_SIGNATURE.args[:2]
_PLACES = int64[::1]
_EIGHT_BYTES = 8
_AnyArray = TypeVar("_AnyArray")


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
    return int(_get_jit_address(formula, KERNEL_SIGNATURE))


def _call_formula(  # noqa: PLR0913 - compiled code takes numbers and arrays instead of objects
    _typing: object,
    failed: object,
    place: object,
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

    If it raises, the result is NaN, and `failed[0]` is set to `place`.
    """
    signature = float64(_PLACES, int64, int64, _TIMES, _VALUES, int64, int64, int64, int64, int64)
    return signature, _generate


def _generate(context: Any, builder: Any, _signature: object, arguments: Sequence[Any]) -> object:  # noqa: ANN401 - LLVM's
    failed, place, address, times, values, start, stop, *rest = arguments
    size = builder.sub(stop, start)
    step = context.get_constant(intp, _EIGHT_BYTES)

    def part(array_type: object, whole: object) -> object:
        borrowed = make_array(array_type)(context, builder)
        data = builder.gep(make_array(array_type)(context, builder, whole).data, [start])
        populate_array(borrowed, data=data, shape=[size], strides=[step], itemsize=step, meminfo=None)
        return borrowed._getvalue()

    handed = [part(_TIMES, times), part(_VALUES, values), *rest]
    convention, returned = context.call_conv, KERNEL_SIGNATURE.return_type
    formula = convention.get_function_type(returned, KERNEL_SIGNATURE.args).as_pointer()
    status, value = convention.call_function(
        builder, builder.inttoptr(address, formula), returned, KERNEL_SIGNATURE.args, handed
    )
    with cgutils.if_unlikely(builder, status.is_error):
        builder.store(place, make_array(_PLACES)(context, builder, failed).data)
    return builder.select(status.is_error, context.get_constant(float64, math.nan), value)


def _borrowed(_typing: object, array: types.Array) -> tuple[object, object]:
    """Give the same array without counting the reference."""
    return array(array), _lend


def _lend(context: Any, builder: Any, signature: Any, arguments: Sequence[Any]) -> object:  # noqa: ANN401 - LLVM's
    kind = make_array(signature.return_type)
    whole, lent = kind(context, builder, arguments[0]), kind(context, builder)
    populate_array(
        lent, data=whole.data, shape=whole.shape, strides=whole.strides, itemsize=whole.itemsize, meminfo=None
    )
    return lent._getvalue()


class _Borrow(Protocol):
    def __call__(self, array: _AnyArray, /) -> _AnyArray:
        """Give the same array."""
        ...


call_formula = cast("Callable[..., float]", intrinsic(_call_formula))
borrowed = cast(_Borrow, intrinsic(_borrowed))
