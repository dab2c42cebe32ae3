"""Schemas of networks: the parts of a network agree."""

import pytest

from skmultitext.exceptions import ModelFileError
from skmultitext.neural._text_network import text_network
from skmultitext.neural.networks import mlp
from skmultitext.persistence._schema import Checker
from skmultitext.persistence._schemas_networks import NETWORK_SCHEMAS
from skmultitext.sequences import Vocabulary

MLP = {
    "n_features": 4,
    "n_labels": 2,
    "hidden_layer_sizes": [3],
    "activation": "relu",
    "dropout": 0.1,
    "precision": "float32",
}


def check(key, **state):
    return Checker(NETWORK_SCHEMAS).check(key, Vocabulary, state)


def test_a_network_has_the_sizes_of_its_configuration():
    found = check("skmultitext.Network", build=mlp, config=MLP, weights=[])
    assert found.sizes == {"n_features": 4, "n_labels": 2}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"build": text_network}, "config does not belong to its build function"),
        ({"config": MLP | {"dropout": 2}}, "must be from 0 to 1"),
        ({"config": MLP | {"further": 1}}, "has the unknown entry 'further'"),
        ({"build": len}, "must be one of skmultitext.mlp, skmultitext.text_network"),
        ({"weights": ()}, "must be a list"),
    ],
    ids=range(5),
)
def test_a_network_that_does_not_agree(state, message):
    with pytest.raises(ModelFileError, match=message):
        check("skmultitext.Network", **({"build": mlp, "config": MLP, "weights": []} | state))


def test_a_vocabulary_counts_its_ids():
    found = check("skmultitext.Vocabulary", words=["a", "b"], n_oov_buckets=3)
    assert found.sizes == {"n_ids": 6}
    with pytest.raises(ModelFileError, match="contains an entry twice"):
        check("skmultitext.Vocabulary", words=["a", "a"], n_oov_buckets=3)
