"""Vectors of `WIDTH` numbers for kernels: one lane a label, whatever registers there are.

numba turns loops over so few numbers into scalar code: nothing tells LLVM that the arrays do
not overlap. Here a vector is a type of its own, which LLVM maps to what the processor has: one
register of AVX-512 for float32, four of NEON. Arithmetic of two vectors, or of a vector and a
number, is lane by lane. Arrays of vectors are C-contiguous, with `WIDTH` columns.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core.datamodel import models
from numba.extending import intrinsic, overload, register_model

WIDTH = 16  # lanes: sixteen float32 fill a cache line


class Lanes(types.Type):
    """`WIDTH` numbers of one type: float32 or float64, or booleans for a mask."""

    def __init__(self, dtype):
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    """LLVM's vector."""

    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, ir.VectorType(_ELEMENTS[lanes.dtype], WIDTH))


_ELEMENTS = {
    types.boolean: ir.IntType(1),
    types.float32: ir.FloatType(),
    types.float64: ir.DoubleType(),
}
_MASK = Lanes(types.boolean)


def _widen(context, builder, value, its_type, lanes):
    """Bring a number into every lane; leave a vector as it is."""
    if isinstance(its_type, Lanes):
        return value
    value = context.cast(builder, value, its_type, lanes.dtype)
    empty = context.get_value_type(lanes)(ir.Undefined)
    vector = builder.insert_element(empty, value, ir.IntType(32)(0))
    return builder.shuffle_vector(vector, empty, ir.VectorType(ir.IntType(32), WIDTH)([0] * WIDTH))


def _define(operation, emit, result=None):
    """Define an operator for two vectors, or for a vector and a number."""

    @intrinsic
    def call(typing_context, a, b):
        lanes = a if isinstance(a, Lanes) else b

        def generate(context, builder, signature, arguments):
            x, y = (
                _widen(context, builder, value, its_type, lanes)
                for value, its_type in zip(arguments, (a, b), strict=True)
            )
            return emit(builder, x, y)

        return (result or lanes)(a, b), generate

    @overload(operation)
    def dispatch(a, b):
        if isinstance(a, Lanes) or isinstance(b, Lanes):
            return lambda a, b: call(a, b)


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


def _address(context, builder, array_type, array, row):
    """Find the address of a row, as that of a vector."""
    start = context.make_array(array_type)(context, builder, array).data
    start = builder.gep(start, [builder.mul(row, row.type(WIDTH))])
    return builder.bitcast(start, ir.VectorType(start.type.pointee, WIDTH).as_pointer())


@intrinsic
def load(typing_context, array, row):
    """Read row `row`, an int64, of an array of floats."""
    lanes = Lanes(array.dtype)

    def generate(context, builder, signature, arguments):
        address = _address(context, builder, array, *arguments)
        return builder.load(address, align=array.dtype.bitwidth // 8)

    return lanes(array, row), generate


@intrinsic
def store(typing_context, array, row, vector):
    """Write a vector to row `row`, an int64."""

    def generate(context, builder, signature, arguments):
        address = _address(context, builder, array, *arguments[:2])
        builder.store(arguments[2], address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, row, vector), generate


@intrinsic
def load_as(typing_context, like, array, row):
    """Read row `row`, an int64, of an array of int8 as a vector of the type of `like`."""

    def generate(context, builder, signature, arguments):
        like_value, *place = arguments
        numbers = builder.load(_address(context, builder, array, *place), align=1)
        return builder.sitofp(numbers, like_value.type)

    return like(like, array, row), generate


@intrinsic
def fill(typing_context, array, number):
    """Make a vector of the type of an array, with one number in all lanes."""
    lanes = Lanes(array.dtype)

    def generate(context, builder, signature, arguments):
        return _widen(context, builder, arguments[1], number, lanes)

    return lanes(array, number), generate


@intrinsic
def where(typing_context, mask, a, b):
    """Take the lanes of a where the mask is true, of b elsewhere; a or b may be a number."""
    lanes = a if isinstance(a, Lanes) else b

    def generate(context, builder, signature, arguments):
        x, y = (
            _widen(context, builder, value, its_type, lanes)
            for value, its_type in zip(arguments[1:], (a, b), strict=True)
        )
        return builder.select(arguments[0], x, y)

    return lanes(mask, a, b), generate


@intrinsic
def bits_of(typing_context, mask):
    """Bring a mask into the bits of a uint16."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(WIDTH))

    return types.uint16(mask), generate


@intrinsic
def mask_of(typing_context, bits):
    """Make a mask of the lowest bits of an integer."""

    def generate(context, builder, signature, arguments):
        lowest = context.cast(builder, arguments[0], bits, types.uint16)
        return builder.bitcast(lowest, context.get_value_type(_MASK))

    return _MASK(bits), generate


@intrinsic
def some(typing_context, mask):
    """Whether any lane of a mask is true."""

    def generate(context, builder, signature, arguments):
        bits = builder.bitcast(arguments[0], ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", bits, bits.type(0))

    return types.boolean(mask), generate


@intrinsic
def truncate(typing_context, vector):
    """Round the lanes, within (-2^31, 2^31), towards 0."""

    def generate(context, builder, signature, arguments):
        numbers = builder.fptosi(arguments[0], ir.VectorType(ir.IntType(32), WIDTH))
        return builder.sitofp(numbers, arguments[0].type)

    return vector(vector), generate


@intrinsic
def power_of_two(typing_context, exponent):
    """Raise 2 to the power of whole numbers within [-100, 100], by writing a float's bits."""
    size, mantissa, bias = (32, 23, 127) if exponent.dtype == types.float32 else (64, 52, 1023)
    bits = ir.VectorType(ir.IntType(size), WIDTH)

    def generate(context, builder, signature, arguments):
        number = builder.add(builder.fptosi(arguments[0], bits), bits([bias] * WIDTH))
        number = builder.shl(number, bits([mantissa] * WIDTH))
        return builder.bitcast(number, arguments[0].type)

    return exponent(exponent), generate
