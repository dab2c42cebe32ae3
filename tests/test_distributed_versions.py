"""A worker must have the versions of the driver."""

import gc
import pickle
import sys
import weakref

import numpy as np
import pytest

from skmultitext.distributed._versions import Shipped, installed_versions
from skmultitext.exceptions import PartitionError


def test_values_come_back_once_in_a_process():
    sent = Shipped.of((["a"], 2))
    shipped = pickle.loads(pickle.dumps(sent))
    assert shipped.values() == (["a"], 2)
    assert shipped.values()[0] is shipped.values()[0]
    assert shipped == sent
    assert {shipped} == {sent}
    assert shipped != Shipped.of((["a"], 2))


def test_an_object_that_is_dropped_takes_its_values_with_it():
    shipped = Shipped.of((np.zeros(3),))
    value = weakref.ref(shipped.values()[0])
    assert pickle.loads(pickle.dumps(shipped))._values is None  # another process opens it itself
    assert value() is not None
    del shipped
    gc.collect()
    assert value() is None


def test_values_travel_in_pieces():
    sent = Shipped.of((np.arange(1000),))
    pieces = sent.pieces(100)
    assert max(map(len, pieces)) == 100
    rest = pickle.dumps(sent.without_pickle())
    assert len(rest) < 600
    found = pickle.loads(rest).joined(pieces)
    np.testing.assert_array_equal(found.values()[0], np.arange(1000))
    assert found == sent


def test_the_size_is_that_of_pickle_and_values():
    assert 16_000 < sys.getsizeof(Shipped.of((np.arange(1000),))) < 18_000


def test_the_versions_are_those_of_the_libraries():
    assert list(installed_versions()) == ["python", "skmultitext", "numpy", "scipy", "scikit-learn"]
    assert installed_versions()["numpy"] == np.__version__


@pytest.mark.parametrize("library", ["python", "skmultitext", "numpy", "scipy", "scikit-learn"])
def test_another_version_is_refused_before_the_pickle_is_opened(library):
    other = Shipped.of(("value",))
    other = Shipped(b"not a pickle", {**other.versions, library: "0.1"}, other.id)
    own = installed_versions()[library]
    with pytest.raises(PartitionError, match=r"Install the same versions on the driver") as raised:
        other.values()
    assert f"has {library} {own} (driver: 0.1). Install" in str(raised.value)
