"""Values as a tree of JSON and files, and back."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_selection import chi2
from sklearn.preprocessing import MaxAbsScaler

from skmultitext._gate.labels import LabelCodes
from skmultitext._runtime.pickling import SavedFolder
from skmultitext.persistence._decoding import Decoder
from skmultitext.persistence._encoding import Encoder


class Files(dict):
    """Files in memory, as a writer has them."""

    def write(self, name, content):
        assert name not in self
        self[name] = bytes(content)


def there_and_back(value):
    files = Files()
    tree = json.loads(json.dumps(Encoder(files).encode(value, "it"), allow_nan=False))
    return Decoder(files.pop).decode(tree), files


def encode(value):
    return Encoder(Files()).encode(value, "it")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters() | st.sampled_from("\ud83d\ude00\0$")),
)
KEYS = st.one_of(SCALARS, st.tuples(SCALARS))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner, inner), st.dictionaries(KEYS, inner, max_size=20),
        st.sets(KEYS, max_size=20), st.frozensets(KEYS, max_size=20),
    ),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_plain_values_come_back(value):
    found, left = there_and_back(value)
    assert repr(found) == repr(value) or found == value
    assert type(found) is type(value)
    assert not left


@pytest.mark.parametrize("n", [0, 1, 32, 33, 100])
def test_long_lists_and_dicts_of_str(n):
    words = [f"word\n{i}\\" for i in range(n)]
    for value in (
        words,
        tuple(words),
        dict(zip(words, range(n), strict=True)),
        dict(zip(words, map(np.int64, range(n, 0, -1)), strict=True)),
        dict(zip(words, map(bool, range(n)), strict=True)),
        dict.fromkeys(words, 0.5),
        np.array(words, dtype=object),
    ):
        found, left = there_and_back(value)
        assert type(found) is type(value)
        assert list(found) == list(value)
        if isinstance(value, dict):
            assert found == value
            if n > 32:
                assert set(map(type, found.values())) <= {int, bool, float}
        assert not left


@pytest.mark.parametrize(
    "value",
    [np.float64(0.1), np.float32(0.1), np.int8(-3), np.bool_(True), np.float64("nan"), math.inf],
    ids=repr,
)
def test_numpy_scalars_come_back(value):
    found, _ = there_and_back(value)
    assert type(found) is type(value)
    np.testing.assert_array_equal(found, value)


@pytest.mark.parametrize(
    "value",
    [slice(1, None, 2), Path("a/b"), np.dtype("<f4"), np.float32, float, chi2, MaxAbsScaler],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_other_values_come_back(value):
    assert there_and_back(value)[0] == value


@pytest.mark.parametrize("make", [sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array])
def test_sparse_matrices_come_back(make):
    matrix = make(np.array([[0, 1.5, 0], [2, 0, 0]]))
    found, left = there_and_back(matrix)
    assert type(found) is make
    np.testing.assert_array_equal(found.toarray(), matrix.toarray())
    assert not left


def test_views_and_generators_come_back(tmp_path):
    codes = LabelCodes([[0, 1]] * 3)
    found, _ = there_and_back(codes)
    assert type(found) is LabelCodes
    np.testing.assert_array_equal(np.asarray(found), np.asarray(codes))
    generator = np.random.RandomState(3)
    generator.normal(size=7)
    found, _ = there_and_back(generator)
    np.testing.assert_array_equal(found.normal(size=700), generator.normal(size=700))
    np.save(tmp_path / "a.npy", np.arange(3))
    found, _ = there_and_back(np.load(tmp_path / "a.npy", mmap_mode="r"))
    assert type(found) is np.ndarray
    assert found.tolist() == [0, 1, 2]


def test_what_is_the_same_stays_the_same():
    array, scaler = np.arange(1.0, 4.0), MaxAbsScaler().fit(np.eye(3))
    scaler.scale_ = array
    found, left = there_and_back([array, scaler, (scaler, array)])
    assert found[0] is found[2][1]
    assert found[1] is found[2][0]
    assert found[1].scale_ is found[0]
    assert not left


def test_folders_come_back():
    pytest.importorskip("safetensors", reason="comes with transformers")
    tensors = {"a": np.arange(4, dtype=np.float32).reshape(2, 2), "b": np.array(3)}
    files = Files()
    tree = Encoder(files).encode([SavedFolder("f", {"x.json": b"{}"}, tensors)] * 2, "it")
    assert sorted(files)[:2] == ["f_0/model.safetensors", "f_0/x.json"]
    for folder in Decoder(files.pop).decode(tree):
        assert folder.files == {"x.json": b"{}"}
        np.testing.assert_array_equal(folder.tensors["a"], tensors["a"])


class Stranger:
    """Not in the table."""


def itself():
    value = []
    value.append({"a": (value,)})
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [Stranger()]}, r"it\['a'\]\[0\] cannot be saved: it is a .*Stranger\. save stores"),
        ([Stranger.__init__], r"it\[0\] cannot be saved: it is 'object\.__init__'"),
        (
            np.array([{}, 1], dtype=object),
            r"it cannot be saved: entry 0 is a dict, and an object array",
        ),
        (np.zeros(2, "M8[s]"), r"it cannot be saved: it is an array of dtype datetime64\[s\]"),
        (np.longdouble(1), r"it cannot be saved: it is a numpy\.longdouble"),
        (np.dtype("O"), r"it cannot be saved: it is a numpy\.dtypes\.ObjectDType"),
        (sp.coo_matrix([[1]]), r"it cannot be saved: it is a scipy\.sparse\._coo\.coo_matrix"),
        (set(range(33)), r"it cannot be saved: it has 33 entries whose keys are not all str"),
        (dict.fromkeys(range(33)), r"it cannot be saved: it has 33 entries whose keys are not all"),
        (itself(), r"it\[0\]\['a'\]\[0\] cannot be saved: it contains itself"),
        (open, r"it cannot be saved: it is 'open'"),
    ],
    ids=range(11),
)
def test_what_cannot_be_saved(value, message):
    with pytest.raises(ValueError, match=message):
        encode(value)


def test_an_object_that_holds_itself():
    scaler = MaxAbsScaler()
    scaler.scale_ = [scaler]
    with pytest.raises(ValueError, match=r"it\.scale_\[0\] cannot be saved: it contains itself"):
        encode(scaler)
