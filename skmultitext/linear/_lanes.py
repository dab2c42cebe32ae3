"""Vectors of `WIDTH` numbers for kernels, one lane a label, on any processor.

numba compiles loops over so few numbers to scalar code, since LLVM cannot know that the arrays do
not overlap. The vector type of this module is mapped by LLVM to the registers of the processor:
one of AVX-512 for float32, four of NEON. Arithmetic of two vectors, or of a vector and a number, is
lane by lane, as are `np.where`, `np.any` and `expit`, so that the same formula works on arrays and
in kernels. Arrays of vectors are C-contiguous, with `WIDTH` columns.
"""

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.datamodel import models
from numba.extending import intrinsic, overload, register_model
from scipy.special import expit

from .._runtime.compiled import compiled

WIDTH = 16  # lanes: sixteen float32 fill a cache line


class Lanes(types.Type):
    """`WIDTH` numbers of one type: float32 or float64, or booleans for a mask."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    """LLVM's vector."""

    def __init__(self, manager: Any, lanes: Any) -> None:
        super().__init__(manager, lanes, ir.VectorType(_ELEMENTS[lanes.dtype], WIDTH))


_ELEMENTS = {
    types.boolean: ir.IntType(1),
    types.float32: ir.FloatType(),
    types.float64: ir.DoubleType(),
}
_MASK = Lanes(types.boolean)


def _widen(context: Any, builder: Any, value: Any, its_type: Any, lanes: Any) -> Any:
    """Copy a number into every lane; return a vector unchanged."""
    if isinstance(its_type, Lanes):
        return value
    value = context.cast(builder, value, its_type, lanes.dtype)
    empty = context.get_value_type(lanes)(ir.Undefined)
    vector = builder.insert_element(empty, value, ir.IntType(32)(0))
    return builder.shuffle_vector(vector, empty, ir.VectorType(ir.IntType(32), WIDTH)([0] * WIDTH))


def _define(operation: Any, emit: Any, result: Any = None) -> None:
    """Define an operator for two vectors, or for a vector and a number.

    numba wants the same annotations on a function and on its overload.
    """

    @intrinsic
    def call(typing_context: Any, a: Any, b: Any) -> Any:
        lanes = a if isinstance(a, Lanes) else b

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            x, y = (
                _widen(context, builder, value, its_type, lanes)
                for value, its_type in zip(arguments, (a, b), strict=True)
            )
            return emit(builder, x, y)

        return (result or lanes)(a, b), generate

    def operate(a: Any, b: Any) -> Any:
        return call(a, b)

    @overload(operation)
    def dispatch(a: Any, b: Any) -> Any:
        return operate if isinstance(a, Lanes) or isinstance(b, Lanes) else None


_FUSE = ("contract",)  # a product and a sum may become one instruction
for _operation in (operator.add, operator.iadd):
    _define(_operation, lambda builder, x, y: builder.fadd(x, y, flags=_FUSE))
_define(operator.sub, lambda builder, x, y: builder.fsub(x, y, flags=_FUSE))
_define(operator.mul, lambda builder, x, y: builder.fmul(x, y, flags=_FUSE))
_define(operator.truediv, lambda builder, x, y: builder.fdiv(x, y))
_define(operator.lt, lambda builder, x, y: builder.fcmp_ordered("<", x, y), _MASK)
_define(operator.le, lambda builder, x, y: builder.fcmp_ordered("<=", x, y), _MASK)
_define(operator.gt, lambda builder, x, y: builder.fcmp_ordered(">", x, y), _MASK)
_define(operator.and_, lambda builder, x, y: builder.and_(x, y))
_define(operator.or_, lambda builder, x, y: builder.or_(x, y))


def _address(context: Any, builder: Any, array_type: Any, array: Any, row: Any) -> Any:
    """Find the address of a row, as that of a vector."""
    start = context.make_array(array_type)(context, builder, array).data
    start = builder.gep(start, [builder.mul(row, row.type(WIDTH))])
    return builder.bitcast(start, ir.VectorType(start.type.pointee, WIDTH).as_pointer())


@intrinsic
def load(typing_context: Any, array: Any, row: Any) -> Any:
    """Read row `row`, an int64, of an array of floats."""
    lanes = Lanes(array.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, array, *arguments)
        return builder.load(address, align=array.dtype.bitwidth // 8)

    return lanes(array, row), generate


@intrinsic
def store(typing_context: Any, array: Any, row: Any, vector: Any) -> Any:
    """Write a vector to row `row`, an int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, array, *arguments[:2])
        builder.store(arguments[2], address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, row, vector), generate


@intrinsic
def load_as(typing_context: Any, like: Any, array: Any, row: Any) -> Any:
    """Read row `row`, an int64, of an array of int8 as a vector of the type of `like`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        like_value, *place = arguments
        numbers = builder.load(_address(context, builder, array, *place), align=1)
        return builder.sitofp(numbers, like_value.type)

    return like(like, array, row), generate


@intrinsic
def fill(typing_context: Any, array: Any, number: Any) -> Any:
    """Make a vector of the type of an array, with one number in all lanes."""
    lanes = Lanes(array.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _widen(context, builder, arguments[1], number, lanes)

    return lanes(array, number), generate


@intrinsic
def _select(typing_context: Any, mask: Any, a: Any, b: Any) -> Any:
    """Take the lanes of a where the mask is true, of b elsewhere; a or b may be a number."""
    lanes = a if isinstance(a, Lanes) else b

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, y = (
            _widen(context, builder, value, its_type, lanes)
            for value, its_type in zip(arguments[1:], (a, b), strict=True)
        )
        return builder.select(arguments[0], x, y)

    return lanes(mask, a, b), generate


@overload(np.where)
def _where(condition: Any, x: Any, y: Any) -> Any:
    def select(condition: Any, x: Any, y: Any) -> Any:
        return _select(condition, x, y)

    return select if isinstance(condition, Lanes) else None


@intrinsic
def bits_of(typing_context: Any, mask: Any) -> Any:
    """Pack a mask into the bits of a uint16."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(WIDTH))

    return types.uint16(mask), generate


@intrinsic
def mask_of(typing_context: Any, bits: Any) -> Any:
    """Make a mask of the lowest bits of an integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lowest = context.cast(builder, arguments[0], bits, types.uint16)
        return builder.bitcast(lowest, context.get_value_type(_MASK))

    return _MASK(bits), generate


@intrinsic
def _some(typing_context: Any, mask: Any) -> Any:
    """Whether any lane of a mask is true."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.bitcast(arguments[0], ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", bits, bits.type(0))

    return types.boolean(mask), generate


@overload(np.any)
def _any(a: Any) -> Any:
    def some(a: Any) -> Any:
        return _some(a)

    return some if isinstance(a, Lanes) else None


@intrinsic
def truncate(typing_context: Any, vector: Any) -> Any:
    """Round the lanes, within (-2^31, 2^31), towards 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers = builder.fptosi(arguments[0], ir.VectorType(ir.IntType(32), WIDTH))
        return builder.sitofp(numbers, arguments[0].type)

    return vector(vector), generate


@intrinsic
def power_of_two(typing_context: Any, exponent: Any) -> Any:
    """Raise 2 to whole powers within [-100, 100] by writing the exponent bits of a float."""
    size, mantissa, bias = (32, 23, 127) if exponent.dtype == types.float32 else (64, 52, 1023)
    bits = ir.VectorType(ir.IntType(size), WIDTH)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = builder.add(builder.fptosi(arguments[0], bits), bits([bias] * WIDTH))
        number = builder.shl(number, bits([mantissa] * WIDTH))
        return builder.bitcast(number, arguments[0].type)

    return exponent(exponent), generate


@compiled
def _sigmoid(z: Any, exact: Any) -> Any:
    """Compute 1 / (1 + exp(-z)), to float32's or, if `exact`, to float64's precision."""
    x = z * -1.4426950408889634  # exp(-z) is 2 ** x, and 2 ** x = 2 ** n * exp(r) with whole n
    x = np.where(x > 100.0, 100.0, np.where(x < -100.0, -100.0, x))
    n = truncate(x + np.where(x < 0.0, -0.5, np.where(x > 0.0, 0.5, x)))
    r = (x - n) * 0.6931471805599453
    power = r * 0.0
    if exact:
        power = r * (1 / 6227020800) + 1 / 479001600
        power = power * r + 1 / 39916800
        power = power * r + 1 / 3628800
        power = power * r + 1 / 362880
        power = power * r + 1 / 40320
    power = power * r + 1 / 5040
    power = power * r + 1 / 720
    power = power * r + 1 / 120
    power = power * r + 1 / 24
    power = power * r + 1 / 6
    power = power * r + 0.5
    power = power * r + 1.0
    power = power * r + 1.0
    return 1.0 / (1.0 + power * power_of_two(n))


@overload(expit)
def _expit(x: Any) -> Any:
    if not isinstance(x, Lanes):
        return None
    exact = x.dtype == types.float64

    def sigmoid(x: Any) -> Any:
        return _sigmoid(x, exact)

    return sigmoid
