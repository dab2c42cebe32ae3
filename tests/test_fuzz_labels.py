"""Whatever is passed as y, it is encoded and comes back, or is refused by a LabelError."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from fuzzing import CHARACTERS, fuzz_settings
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from limits import limited

from skmultitext import MultilabelLogisticRegression
from skmultitext._gate.labels import LabelSpace
from skmultitext.exceptions import LabelError
from skmultitext.metrics import hamming_loss

pytestmark = pytest.mark.fuzz

NAMES = st.text(CHARACTERS, max_size=5)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.floats(), NAMES, st.binary(max_size=3),
    st.complex_numbers(max_magnitude=2), st.dates(),
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(NAMES, inner, max_size=3),
        st.sets(SCALARS.filter(lambda value: value == value), max_size=3),
    ),
    max_leaves=12,
)
DTYPES = st.one_of(
    hnp.boolean_dtypes(), hnp.integer_dtypes(), hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(), hnp.complex_number_dtypes(), hnp.unicode_string_dtypes(max_len=3),
    hnp.byte_string_dtypes(max_len=3), hnp.datetime64_dtypes(),
)  # fmt: skip
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(
        dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    )
)


def assert_round_trip_or_refusal(y):
    """Encode; decoding gives a y that encodes to the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            space, indicator = limited(LabelSpace.learn, y)
        except LabelError as error:
            assert str(error)  # noqa: PT017 - an encoded y is the other way out
            return
    dense = indicator.toarray() if sp.issparse(indicator) else indicator
    assert dense.dtype == np.int8
    assert set(np.unique(dense)) <= {0, 1}
    assert len(space.label_names) == dense.shape[1]
    assert len(set(space.label_names)) == len(space.label_names)


@given(ANYTHING)
@fuzz_settings
def test_any_object(y):
    assert_round_trip_or_refusal(y)


@given(ARRAYS)
@fuzz_settings
def test_any_array(y):
    assert_round_trip_or_refusal(y)


@given(st.lists(st.lists(NAMES, max_size=3), min_size=1, max_size=6))
@fuzz_settings
def test_any_label_names(y):
    assert_round_trip_or_refusal(y)


@given(
    hnp.arrays(np.int8, (12, 3), elements=st.integers(0, 1)),
    st.sampled_from(["int64", "uint8", "bool", "float32", "float64"]),
    st.sampled_from(["C", "F", "rows backwards", "every second", "read-only", "csr", "csc", "coo"]),
)
@fuzz_settings
def test_every_layout_gives_the_same_indicator(y, dtype, layout):
    other = y.astype(dtype)
    if layout == "F":
        other = np.asfortranarray(other)
    elif layout == "rows backwards":
        other = other[::-1].copy()[::-1]
    elif layout == "every second":
        other = np.repeat(other, 2, axis=1)[:, ::2]
    elif layout == "read-only":
        other.setflags(write=False)
    elif layout in ("csr", "csc", "coo"):
        other = sp.coo_array(other.astype("int8" if dtype == "bool" else dtype)).asformat(layout)
    space, indicator = LabelSpace.learn(other)
    assert len(space.label_names) == 3
    found = indicator.toarray() if sp.issparse(indicator) else indicator
    np.testing.assert_array_equal(found, y)
    assert hamming_loss(y, other) == 0


@given(
    hnp.arrays(np.float64, (20, 4), elements=st.floats(-3, 3, width=32)),
    st.sampled_from(["float32", "F", "backwards", "step", "read-only", "memmap", "csr", "int64"]),
)
@fuzz_settings
def test_every_layout_of_features_gives_the_same_model(tmp_path_factory, X, layout):
    y = np.eye(20, 3, dtype=int) + np.eye(20, 3, k=-7, dtype=int)
    if layout == "int64":
        X = np.round(X)
    plain = MultilabelLogisticRegression(random_state=0).fit(X, y).predict_proba(X)
    other = X.copy()
    if layout in ("float32", "int64"):
        other = X.astype(layout)
    elif layout == "F":
        other = np.asfortranarray(X)
    elif layout == "backwards":
        other = X[::-1].copy()[::-1]
    elif layout == "step":
        other = np.repeat(X, 2, axis=1)[:, ::2]
    elif layout == "read-only":
        other.setflags(write=False)
    elif layout == "memmap":
        path = tmp_path_factory.mktemp("fuzz") / "X.npy"
        np.save(path, X)
        other = np.load(path, mmap_mode="r")
    elif layout == "csr":
        other = sp.csr_array(X)
    before = other.toarray().copy() if sp.issparse(other) else other.copy()
    found = MultilabelLogisticRegression(random_state=0).fit(other, y).predict_proba(other)
    np.testing.assert_allclose(found, plain, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(other.toarray() if sp.issparse(other) else other, before)


@given(ARRAYS)
@fuzz_settings
def test_any_features(X):
    y = [["a"] if i % 2 else ["b"] for i in range(len(X) if X.ndim else 1)]
    tagger = MultilabelLogisticRegression()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            limited(tagger.fit, X, y)
        except (ValueError, TypeError) as error:  # scikit-learn demands a TypeError here
            assert str(error)  # noqa: PT017
            assert not hasattr(tagger, "classes_")
            return
        found = limited(tagger.predict_proba, X)
    assert ((found > 0) & (found < 1)).all()
