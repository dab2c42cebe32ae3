"""What fixed and tuned thresholds share: decisions over sparse and over dense probabilities."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler
from tree_data import grouped

from skmultitext import FixedThresholdTagger, LabelTreeTagger

DEEP = {"max_leaf": 3, "branching_factor": 3, "random_state": 0, "beam_width": 2}


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0.2},
        {"threshold": np.linspace(0.05, 0.9, 20)},
        {"threshold": 0.01, "max_labels": 2},
        {"threshold": 0.9, "at_least_one": True},
        {"threshold": 0.6, "at_least_one": True, "max_labels": 1},
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_fixed_thresholds_decide_as_over_dense_probabilities(options, piped):
    X, y = grouped()
    trees = LabelTreeTagger(**DEEP)
    trees = make_pipeline(MaxAbsScaler(), trees) if piped else trees
    dense = FixedThresholdTagger(trees, **options).fit(X, y)
    sparse = FixedThresholdTagger(trees, **options).fit(X, sp.csr_array(y))
    decided = sparse.predict(X)
    assert decided.format == "csr"
    np.testing.assert_array_equal(decided.toarray(), dense.predict(X))
    assert 0 < decided.nnz < decided.shape[0] * decided.shape[1]
    proba = sparse.predict_proba(X)
    assert proba.format == "csr"
    np.testing.assert_allclose(proba.toarray(), dense.predict_proba(X), atol=1e-300)
    assert sparse.predict_labels(X) == dense.predict_labels(X)
    for found, wanted in zip(sparse.predict_topk(X, 9), dense.predict_topk(X, 9), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-300)


def test_probabilities_outside_of_the_unit_interval_are_named():
    X, y = grouped(60)
    trees = LabelTreeTagger(**DEEP)
    fixed = FixedThresholdTagger(trees, threshold=0.2).fit(X, sp.csr_array(y))
    fixed.estimator_._found_proba = lambda X: sp.csr_array(([0.5, 1.5], ([0, 0], [3, 4])), y.shape)
    with pytest.raises(ValueError, match=r"predict_proba of the estimator gives 1.5 for label '4'"):
        fixed.predict(X)
