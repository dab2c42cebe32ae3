"""Every way in which a field of a saved model is broken, by the value that stands there."""

import math
from numbers import Integral, Real

import numpy as np

# of these a model may make something, as long as its answers stay numbers: a coefficient may have
# legal changes: the sign, a longer list, another parameter
OF_VALUE = ("negative", "huge", "duplicate", "other")
OF_CHOICE = ("none", "string", "more", "fewer")  # the same, where no array stands

GONE = object()


def broken(value):
    """Yield (how, value): what may stand in the place of a value; GONE for nothing at all."""
    yield "removed", GONE
    for how, other in _STRANGERS:
        if type(other) is not type(value) or _differs(other, value):
            yield how, other
    if isinstance(value, np.ndarray):
        yield from _broken_array(np.asarray(value))
    elif hasattr(value, "tocsr"):
        yield from _broken_matrix(value)
    elif isinstance(value, bool | np.bool_ | None | str):
        return
    elif isinstance(value, Real):
        yield from _broken_number(value)
    elif isinstance(value, dict):
        yield from _broken_dict(value)
    elif isinstance(value, list | tuple):
        yield from _broken_list(value)


def _differs(one, other):
    return repr(one) != repr(other)


_STRANGERS = [
    ("none", None),
    ("string", "x"),
    ("string", "\x1b[31m"),
    ("other", True),
    ("nested list", [[[1.0]]]),
    ("nested list", [[], []]),
    ("nested list", []),
    ("nested list", ()),
    ("other", {"a": 1}),
    ("complex", np.array([1j])),
    ("complex", np.array(1j)),
    ("dtype", np.array(["a", "b"], dtype=object)),
    ("nan", math.nan),
    ("inf", -math.inf),
    ("huge", 10**30),
    ("other", float),
    ("other", np.random.RandomState(0)),
    ("other", slice(0, 1)),
]


def _broken_number(value):
    kind = type(value)
    yield "negative", -abs(value) - 1
    yield "huge", 2**62 if isinstance(value, Integral) else 1e300
    yield "more", kind(value + 1)
    yield "fewer", kind(value - 1)
    yield "ndim", np.array([value])
    if isinstance(value, Integral):
        yield "dtype", value + 0.5
    yield "string", str(value)


def _broken_array(array):
    kind = array.dtype.kind
    yield "ndim", array[None]
    yield "string", array.astype(str)
    if array.ndim > 24:  # fails earlier: few numpy functions support so many axes
        return
    yield "ndim", array.reshape((1,) * 40 + array.shape)
    for axis in range(array.ndim):
        yield "more", np.concatenate([array, array.take([-1], axis)], axis)
        yield "fewer", array.take(range(array.shape[axis] - 1), axis)
        yield "none left", array.take([], axis)
        yield "huge size", np.empty((*array.shape[:axis], 0, 2**30), array.dtype)
    if array.ndim > 1:
        yield "ndim", array.ravel()
        if array.shape[0] != array.shape[-1]:
            yield "transposed", array.T
    if array.size > 1:
        other = array.copy()
        other.flat[1] = other.flat[0]
        yield "duplicate", other
    if kind not in "iuf":
        return
    yield "complex", array.astype(complex)
    yield "dtype", array.astype(np.float16 if kind == "f" else np.uint16)
    yield "dtype", array.astype(array.dtype.newbyteorder())
    for how, entry in _ENTRIES:
        other = array.copy()
        if kind == "f":
            with np.errstate(over="ignore"):
                other.flat[0] = entry
            yield how, other
        elif how in ("negative", "huge"):
            info = np.iinfo(array.dtype)
            other.flat[0] = max(-1, info.min) if entry == -1 else (info.min, info.max)[entry > 0]
            yield "other", other


_ENTRIES = [("nan", np.nan), ("inf", np.inf), ("negative", -1.0), ("huge", 1e300), ("huge", -1e300)]


def _broken_matrix(matrix):
    yield "format", matrix.tocsc()
    yield "dtype", matrix.astype(complex)
    yield "dtype", matrix.astype(np.float32)
    yield "ndim", matrix.toarray()[None]
    yield "fewer", matrix[:-1]
    yield "fewer", matrix[:, :-1]
    yield "more", matrix[[0, *range(matrix.shape[0])]]
    for how, entry in _ENTRIES:
        other = matrix.copy()
        other.data[0] = entry
        yield how, other
    for index in (-1, matrix.shape[1], 2**31 - 1):
        other = matrix.copy()
        other.indices[0] = index
        yield "index", other
    other = matrix.copy()
    other.indptr[-1] = 2**31 - 1
    yield "index", other


def _broken_dict(values):
    for key, entry in list(values.items())[:8]:
        without = {k: v for k, v in values.items() if k != key}
        yield "removed", without
        yield "other", {**without, 3: entry}
        for how, other in broken(entry):
            if other is not GONE:
                yield how, {**values, key: other}
    yield "more", {**values, "one more": 0}


def _broken_list(values):
    yield "fewer", values[:-1]
    if values:
        yield "duplicate", values + values[-1:]
    for i, entry in list(enumerate(values))[:4]:
        for how, other in broken(entry):
            if other is not GONE:
                yield how, type(values)([*values[:i], other, *values[i + 1 :]])
