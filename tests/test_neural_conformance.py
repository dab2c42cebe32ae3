"""KerasMLPTagger under scikit-learn's own checks, and with its defaults."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmultitext.neural.mlp import KerasMLPTagger

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

MINIBATCH = "a minibatch is drawn from documents, not from their weights"
EXPECTED_FAILED = {
    "check_sample_weight_equivalence_on_dense_data": MINIBATCH,
    "check_sample_weight_equivalence_on_sparse_data": MINIBATCH,
}


@pytest.mark.slow
@parametrize_with_checks(
    [KerasMLPTagger(random_state=0)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILED,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
