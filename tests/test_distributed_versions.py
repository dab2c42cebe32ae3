"""A worker must have the versions of the driver."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from skmultitext.distributed._versions import Shipped, installed_versions
from skmultitext.exceptions import PartitionError


def test_values_come_back_once_in_a_process():
    shipped = pickle.loads(pickle.dumps(Shipped.of((["a"], 2))))
    assert shipped.values() == (["a"], 2)
    assert shipped.values()[0] is shipped.values()[0]


def test_the_versions_are_those_of_the_libraries():
    assert list(installed_versions()) == ["python", "skmultitext", "numpy", "scipy", "scikit-learn"]
    assert installed_versions()["numpy"] == np.__version__


@pytest.mark.parametrize("library", ["python", "skmultitext", "numpy", "scipy", "scikit-learn"])
def test_another_version_is_refused_before_the_pickle_is_opened(library):
    other = Shipped.of(("value",))
    other = replace(other, versions={**other.versions, library: "0.1"}, pickled=b"not a pickle")
    own = installed_versions()[library]
    with pytest.raises(PartitionError, match=r"Install the same versions on the driver") as raised:
        other.values()
    assert f"has {library} {own} (driver: 0.1). Install" in str(raised.value)
