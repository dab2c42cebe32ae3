"""The compiled sums over rows are those in numpy, in both precisions."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext.linear._losses import LOSSES
from skmultitext.linear._partitions import _sum_rows

pytest.importorskip("numba", reason="needs numba (extra 'fast')")
from skmultitext.linear._part_sums import sum_rows


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize(("real", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
@pytest.mark.parametrize("curved", [True, False])
def test_parity_with_numpy(loss, real, tolerance, curved):
    rng = np.random.RandomState(0)
    X = sp.random(50, 20, density=0.2, format="csr", random_state=rng).astype(real)
    signs = rng.randint(-1, 2, (50, 5)).astype(np.int8)
    labels = np.array([4, 1, 2])
    weights = (30.0 * rng.randn(20, 3)).astype(real)  # also margins that overflow exp in float32
    rows = X.indptr, X.indices, X.data, signs, rng.rand(50).astype(real)
    factors = rng.rand(3, 2).astype(real)
    found = []
    for function in (sum_rows, _sum_rows):
        sums = np.ones(3), np.ones((20, 3), real), np.ones((20 * curved, 3), real)
        function(LOSSES[loss].code, *rows, labels, factors, weights, *sums)
        found.append(sums)
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
        assert ours.dtype == theirs.dtype
    assert np.abs(found[0][1] - 1).max() > 0.1
