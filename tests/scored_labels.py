"""Labels, decisions and probabilities to be scored, and the functions that score them."""

import numpy as np
import sklearn.metrics as sk
from hypothesis import strategies as st

from skmultitext import metrics

OVERLAP = {
    "precision_score": sk.precision_score,
    "recall_score": sk.recall_score,
    "f1_score": sk.f1_score,
    "jaccard_score": sk.jaccard_score,
}
CURVES = [metrics.average_precision_score, metrics.roc_auc_score]


@st.composite
def scored_data(draw, both_classes=False):
    """True labels, tied probabilities, decisions and weights; each label has a positive."""
    n, n_labels = draw(st.integers(2, 30)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y_true = (rng.random((n, n_labels)) < draw(st.sampled_from([0.1, 0.4, 0.8]))).astype(int)
    y_true[rng.integers(n, size=n_labels), np.arange(n_labels)] = 1
    if both_classes:
        y_true[0], y_true[1] = 1, 0
    y_proba = rng.integers(0, draw(st.sampled_from([3, 1000])), (n, n_labels)) / 1000
    y_pred = (rng.random((n, n_labels)) < 0.4).astype(int)
    weight = None if draw(st.booleans()) else rng.random(n) + 0.1
    return y_true, y_pred, y_proba, weight


Y_ABSENT = np.array([[1, 0, 1], [0, 0, 1], [1, 0, 1]])  # "b" never, "c" always
P_ABSENT = np.array([[0.9, 0.6, 0.6], [0.3, 0.2, 0.9], [0.2, 0.1, 0.7]])
NAMES = ["a", "b", "c"]
