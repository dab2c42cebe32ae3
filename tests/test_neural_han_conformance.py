"""KerasHANTagger under our suite for texts, and under scikit-learn's own through a view."""

import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from unittest import SkipTest

from numeric_view import NumericView
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmultitext.neural.han import KerasHANTagger
from skmultitext.testing import parametrize_with_text_checks

pytestmark = pytest.mark.slow

# the quickest network: gates, labels and state, which the suites ask about, all encoders share
SMALL = {
    "encoder": "mean",
    "embedding_dim": 16,
    "dropout": 0.0,
    "learning_rate": 0.02,
    "batch_size": 16,
    "max_epochs": 10,
    "max_words": 2000,
}
MINIBATCH = "a batch is not as large as the weight of its rows: training in minibatches"
KerasHANTaggerView = NumericView.of(KerasHANTagger, **SMALL, early_stopping=False)


@parametrize_with_text_checks(
    [KerasHANTagger(**SMALL), KerasHANTagger(**SMALL, early_stopping=False)],
    expected_failed_checks=lambda estimator: {"check_weight_repeats": MINIBATCH},
)
def test_our_checks(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [KerasHANTaggerView()],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data": MINIBATCH
    },
)
def test_scikit_learns_checks(estimator, check):
    try:
        check(estimator)
    except SkipTest as skip:
        if "pandas is not installed" in str(skip):
            pytest.skip("needs pandas (extra 'plot')")
        pytest.fail(f"was skipped, so nothing is known: {skip}")
