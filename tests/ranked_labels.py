"""Labels and scores with ties, and the functions that score rankings."""

import numpy as np
import sklearn.metrics as sk
from hypothesis import strategies as st

from skmultitext import metrics

AT_K = [metrics.precision_at_k, metrics.recall_at_k, metrics.ndcg_at_k]
LABEL_RANKING = {
    metrics.label_ranking_average_precision_score: sk.label_ranking_average_precision_score,
    metrics.coverage_error: sk.coverage_error,
    metrics.label_ranking_loss: sk.label_ranking_loss,
}


@st.composite
def ranked_data(draw, max_labels=6):
    """True labels, scores with ties, and weights."""
    n, n_labels = draw(st.integers(2, 12)), draw(st.integers(2, max_labels))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y_true = (rng.random((n, n_labels)) < draw(st.sampled_from([0.1, 0.5, 0.9]))).astype(int)
    y_true[0] = np.arange(n_labels) % 2 == 0
    y_score = rng.integers(-2, draw(st.sampled_from([1, 3, 1000])), (n, n_labels)) / 7
    weight = None if draw(st.booleans()) else rng.random(n) + 0.1
    return y_true, y_score, weight
