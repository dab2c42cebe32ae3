"""The compiled kernel of online learning does what the numpy reference does."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._runtime.compiled import load_kernels
from skmultitext.linear._online import _learn_rows

pytest.importorskip("numba", reason="the kernel needs numba (extra 'fast')")


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_same_weights_and_squares(dtype):
    rng = np.random.RandomState(0)
    X = sp.random_array((50, 12), density=0.3, format="csr", rng=rng)
    targets = (rng.random_sample((50, 3)) < 0.3).astype(np.int8)
    factors = rng.random_sample((50, 3)) + 0.5
    states = []
    for learn_rows in (_learn_rows, load_kernels("linear._adagrad").learn_rows):
        state = np.full((13, 3), 0.1), np.full((13, 3), 0.2)
        indptr, indices = X.indptr.astype(dtype), X.indices.astype(dtype)
        learn_rows(np.zeros(1, bool), indptr, indices, X.data, targets, factors, *state, 0.7, 0.3)
        states.append(state)
    for reference, found in zip(*states, strict=True):
        np.testing.assert_allclose(found, reference, rtol=1e-11)
        assert (reference != 0.1).all()
