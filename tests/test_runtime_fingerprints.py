"""Fingerprints of trainings depend on values and file contents, not on addresses and file sizes."""

import json

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._runtime.fingerprints import (
    data_digest,
    describe,
    describe_parameters,
    file_digest,
)
from skmultitext.metrics import get_scorer


class Tagger:
    def __init__(self, **parameters):
        self.parameters = parameters

    def get_params(self, deep=True):
        return self.parameters


def test_what_changes_no_weights_is_left_out():
    shown = {"verbose": 2, "callbacks": print, "threshold": 0.3}
    written = {"checkpoint_dir": "x", "checkpoint_every": 3}
    assert describe_parameters(Tagger(**shown, **written, max_epochs=3)) == {"max_epochs": 3}


class Own:
    def __call__(self, tagger, X, y):
        return 0.5


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.random.RandomState(0),
        Own,
        lambda: lambda tagger, X, y: 0.5,
        lambda: get_scorer("f1_micro", undefined="zero"),
        lambda: {"a": [Own(), np.arange(5000.0)]},
        lambda: np.float32(0.1),
    ],
)
def test_equal_values_of_two_processes_are_described_alike(make):
    one, other = describe(make()), describe(make())
    assert one == other == json.loads(json.dumps(one))
    assert "0x" not in json.dumps(one)


def test_values_that_differ_are_described_otherwise():
    middle = np.ones(5000)
    middle[2500] = 2.0  # which a repr leaves out
    pairs = [(np.ones(5000), middle), (1, 2), ("f1_micro", "f1_macro"), ({"a": 1}, {"b": 1})]
    pairs += [
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (get_scorer("f1_micro"), get_scorer("f1_macro")),
    ]
    for one, other in pairs:
        assert describe(one) != describe(other)


def test_data_are_hashed_by_content():
    y = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.int8)
    digests = [
        data_digest(["a", "b", "c"], y),
        data_digest(["a", "c", "b"], y),
        data_digest(["a\x00", "b", "c"], y),
        data_digest(["ab", "", "c"], y),
        data_digest(["a", "b", "c"], y[::-1]),
        data_digest(["a", "b", "c"], y, np.ones(3)),
        data_digest(["a", "b", "c"], sp.csr_array(y)),
        data_digest(["a", "b", "c"], sp.csr_array(y[:, ::-1])),
        data_digest(["a", "b", "\ud800"], y),
    ]
    assert len(set(digests)) == len(digests)
    assert data_digest(["a", "b", "c"], y.copy()) == digests[0]


def test_files_are_hashed_by_content(tmp_path):
    for name, content in (("a", b"1,0\n"), ("b", b"0,1\n"), ("c", b"1,0\n")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (file_digest(tmp_path / name) for name in "abc")
    assert a == c != b
