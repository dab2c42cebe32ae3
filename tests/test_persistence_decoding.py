"""Trees of which no object is made."""

import json

import numpy as np
import pytest
import scipy.sparse as sp
from test_persistence_encoding import Files, encode

from skmultitext.exceptions import ModelFileError
from skmultitext.persistence._decoding import Decoder
from skmultitext.persistence._encoding import Encoder


def requests(methods):
    return {"$": "requests", "owner": "A", "methods": encode(methods)}


def test_requests_that_are_none():
    with pytest.raises(ValueError, match="alias you're setting for `a` should be"):
        Decoder({}.pop).decode(requests({"fit": {"a": "no name"}}))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"$": "pickle"}, "contains a node of the unknown kind 'pickle'"),
        ({"a": 1}, "contains a node of the unknown kind 'None'"),
        ({"$": ["list"]}, "of the unknown kind"),
        ({"$": "name", "key": "os.system"}, "names 'os.system', which is not a class or function"),
        ({"$": "name", "key": ["os"]}, "which is not a class or function"),
        ({"$": "object", "class": "builtins.eval", "state": {}}, "names 'builtins.eval'"),
        ({"$": "object", "class": "sklearn.chi2", "state": {}}, "uses sklearn.chi2 as a class"),
        ({"$": "scalar", "dtype": "O", "value": 1}, "contains a scalar of dtype object"),
        ({"$": "dtype", "value": "O"}, "names the dtype object"),
        (requests({"owner": {"a": True}}), "requests metadata for 'owner'"),
        (requests({"__init__": {}}), "requests metadata for '__init__'"),
        (
            {"$": "object", "class": "sklearn.MaxAbsScaler", "state": {"transform": 1}},
            "MaxAbsScaler has the unknown entry 'transform'",
        ),
        (
            {"$": "object", "class": "sklearn.MaxAbsScaler", "state": {"__class__": 1}},
            "MaxAbsScaler has the unknown entry '__class__'",
        ),
        (
            {"$": "object", "class": "sklearn.MaxAbsScaler", "state": {"a b": 1}},
            "MaxAbsScaler has the unknown entry 'a b'",
        ),
    ],
    ids=str,
)
def test_trees_that_are_none(tree, message):
    with pytest.raises(ModelFileError, match=message):
        Decoder({}.pop).decode(tree)


def test_sparse_matrices_that_read_foreign_memory():
    files = Files()
    matrix = sp.csr_matrix(np.array([[0, 1.5, 0], [2, 0, 0]]))
    matrix.indices[0] = 10**6
    tree = Encoder(files).encode(matrix, "it")
    with pytest.raises(ValueError, match="indices"):
        Decoder(files.pop).decode(tree)


@pytest.mark.parametrize("place", [-1, 625, 10**6])
def test_random_states_that_read_foreign_memory(place):
    files = Files()
    tree = Encoder(files).encode(np.random.RandomState(0), "it")
    text = json.dumps(tree)
    assert '["pos", 624]' in text
    tree = json.loads(text.replace('["pos", 624]', f'["pos", {place}]'))
    with pytest.raises(ModelFileError, match="contains a random state with a position outside of"):
        Decoder(files.pop).decode(tree)
