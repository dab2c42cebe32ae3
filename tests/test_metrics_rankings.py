"""Sparse scores are scored like the same dense scores."""

from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from skmultitext import metrics
from skmultitext.metrics._inputs import read_scores
from skmultitext.metrics._rankings import SparseRankings

pytestmark = pytest.mark.filterwarnings("ignore::skmultitext.exceptions.AbsentLabelWarning")

FORMS = [sp.csr_array, sp.csc_matrix, sp.coo_array, sp.lil_array]
RANKED = [
    *(partial(score, k=2) for score in (metrics.precision_at_k, metrics.recall_at_k)),
    partial(metrics.recall_at_k, k=1, undefined="zero"),
    *(partial(metrics.ndcg_at_k, k=k) for k in (1, 3, None)),
    metrics.r_precision,
    metrics.label_ranking_average_precision_score,
    metrics.coverage_error,
    metrics.label_ranking_loss,
    *(
        partial(score, average=average)
        for score in (metrics.average_precision_score, metrics.roc_auc_score)
        for average in ("micro", "macro", "weighted", None)
    ),
]
OF_PROBABILITIES = [
    metrics.log_loss,
    metrics.brier_score_loss,
    *(partial(metrics.expected_calibration_error, average=a) for a in ("macro", "micro")),
]


@st.composite
def sparse_data(draw):
    """Labels, some unknown or none, scores that are often 0, and weights."""
    n, n_labels = draw(st.integers(2, 12)), draw(st.integers(3, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y_true = (rng.random((n, n_labels)) < draw(st.sampled_from([0.1, 0.5]))).astype(float)
    y_true[0, :2] = 1, 0
    if draw(st.booleans()):
        y_true[rng.random(y_true.shape) < 0.2] = np.nan
        y_true[:, 0] = np.arange(n) % 2
    scores = rng.integers(draw(st.sampled_from([-3, 0])), 4, (n, n_labels)) / 7
    scores[rng.random(scores.shape) < 0.5] = 0
    weight = None if draw(st.booleans()) else rng.integers(0, 3, n) + (np.arange(n) == 0)
    return y_true, scores, weight


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.UnknownLabelWarning")
@given(sparse_data(), st.sampled_from(FORMS), st.booleans())
@settings(max_examples=60, deadline=None)
def test_sparse_scores_equal_dense_scores(data, form, sparse_truth):
    y_true, scores, weight = data
    truth = sp.csr_array(y_true) if sparse_truth else y_true
    for score in RANKED:
        expected = score(y_true, scores, sample_weight=weight)
        got = score(truth, form(scores), sample_weight=weight)
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12, err_msg=str(score))
    for score in OF_PROBABILITIES:
        proba = np.abs(scores) * 7 / 3
        expected = score(y_true, proba, sample_weight=weight)
        got = score(truth, form(proba), sample_weight=weight)
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_labels_that_the_tagger_does_not_know_rank_last():
    y_true = [["a", "new"], ["b"], ["new", "newer"], []]
    for scores in ([[0.5, 0], [0, 0], [0, 0.3], [0.1, 0.2]], [[-1, 0], [0, -2], [-3, -1], [0, 0]]):
        options = {"label_names": ["a", "b"]}
        scores = np.array(scores, dtype=float)
        for score in RANKED:
            expected = score(y_true, scores, **options)
            got = score(y_true, sp.csr_array(scores), **options)
            np.testing.assert_allclose(got, expected, rtol=1e-12, err_msg=str(score))
    proba = np.abs(scores) / 3
    for score in OF_PROBABILITIES:
        got = score(y_true, sp.csr_array(proba), **options)
        assert got == pytest.approx(score(y_true, proba, **options), rel=1e-12)


def test_duplicate_entries_are_summed_and_the_argument_stays_as_it_is():
    scores = sp.coo_array(([0.25, 0.5, 0.25], ([0, 0, 0], [0, 1, 0])), shape=(1, 3))
    before = scores.copy()
    assert metrics.coverage_error([[0, 1, 0]], scores) == 2  # 0.5 and 0.5 tie
    np.testing.assert_array_equal(scores.data, before.data)
    np.testing.assert_array_equal(scores.coords, before.coords)


@pytest.mark.parametrize(
    ("score", "values", "message"),
    [
        (metrics.r_precision, [[0, np.inf], [0, 0]], "y_score must be finite, but row 0, column 1"),
        (metrics.r_precision, [[0, 0], [0, np.nan]], "y_score must be finite, but row 1, column 1"),
        (
            metrics.log_loss,
            [[0, 0], [0, -0.5]],
            r"y_proba must lie in \[0, 1\], but row 1, column 1",
        ),
        (metrics.log_loss, [[0, 0.5, 0.1]] * 2, r"y_proba has shape \(2, 3\)"),
        (
            metrics.log_loss,
            [[0, 1j]] * 2,
            "y_proba is a sparse matrix of shape .* complex128; pass",
        ),
    ],
)
def test_bad_sparse_scores_are_named(score, values, message):
    with pytest.raises(ValueError, match=message):
        score(np.eye(2), sp.csr_array(np.array(values)))


def test_invalid_sparse_scores_are_refused_before_they_are_read():
    broken = sp.csr_array(np.eye(2))
    broken.indices[0] = 7
    with pytest.raises(ValueError, match="y_score is an invalid sparse matrix"):
        metrics.precision_at_k(np.eye(2), broken, k=1)


def test_one_sparse_column():
    assert metrics.roc_auc_score([0, 1, 1], sp.csr_array([[0], [0.5], [0]])) == 0.75


def test_rankings_hold_what_is_stored_and_one_entry_for_the_rest():
    rng = np.random.default_rng(0)
    truth = sp.random_array((500, 40), density=0.02, random_state=rng, format="csr").astype(bool)
    scores = sp.random_array((500, 40), density=0.02, random_state=rng, format="csr")
    scored = read_scores(truth, scores, allow_sparse=True)
    rankings = SparseRankings(scored)
    seen = []
    for labels, masses in rankings.per_label():
        seen += labels.tolist()
        assert masses.gained.shape[1] < 60
        np.testing.assert_allclose(masses.total, 500)
    assert sorted(seen) == np.flatnonzero(truth.sum(axis=0)).tolist()
    assert len(rankings.pooled().scores) <= truth.nnz + scores.nnz + 2
