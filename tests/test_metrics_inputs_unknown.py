"""NaN in y_true: every score equals that of a computation from which the unknown is dropped.

The reference calls the same score on what is left: one label at a time, one document at a time, or
all known entries as one column. None of these calls sees an unknown entry.
"""

import re
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd
from unknown_labels import make

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning, LabelError, UnknownLabelWarning
from skmultitext.metrics._inputs import read_decisions

KINDS = {
    "precision_score": metrics.precision_score,
    "recall_score": metrics.recall_score,
    "f1_score": metrics.f1_score,
    "jaccard_score": metrics.jaccard_score,
}
CURVES = {
    "average_precision_score": metrics.average_precision_score,
    "roc_auc_score": metrics.roc_auc_score,
}
OF_LABELS = {**KINDS, **CURVES, "expected_calibration_error": metrics.expected_calibration_error}
OF_ENTRIES = {
    "hamming_loss": metrics.hamming_loss,
    "binary_accuracy": metrics.binary_accuracy,
    "log_loss": metrics.log_loss,
    "brier_score_loss": metrics.brier_score_loss,
}
OF_DOCUMENTS = {
    "exact_match": (metrics.exact_match, {}),
    "subset_zero_one_loss": (metrics.subset_zero_one_loss, {}),
    "lrap": (metrics.label_ranking_average_precision_score, {}),
    "coverage_error": (metrics.coverage_error, {}),
    "label_ranking_loss": (metrics.label_ranking_loss, {}),
    "precision_at_k": (metrics.precision_at_k, {"k": 2}),
    "recall_at_k": (metrics.recall_at_k, {"k": 2, "undefined": "zero"}),
    "ndcg_at_k": (metrics.ndcg_at_k, {"k": 2, "undefined": "zero"}),
    "ndcg_at_all": (metrics.ndcg_at_k, {"k": None, "undefined": "zero"}),
    "r_precision": (metrics.r_precision, {"undefined": "zero"}),
    **{name: (score, {"average": "samples"}) for name, score in KINDS.items()},
}
DECIDED = {*KINDS, "hamming_loss", "binary_accuracy", "exact_match", "subset_zero_one_loss"}
FORMS = {
    "dense": lambda y: y,
    "sparse": sp.csr_array,
    "csc": sp.csc_matrix,
    "frame": pd.DataFrame,
    "nullable": lambda y: pd.DataFrame(y).astype("Int64"),
    "list": lambda y: y.tolist(),
}


def values_of(name, proba, decided):
    return decided if name in DECIDED else proba


@pytest.fixture(params=[False, True], ids=["unweighted", "weighted"])
def case(request):
    y, proba, decided, weight = make(0)
    return y, proba, decided, weight if request.param else None


def of(weight, rows):
    return None if weight is None else weight[rows]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", OF_LABELS)
def test_a_label_is_scored_on_its_known_documents(name, form, case):
    y, proba, decided, weight = case
    score, values = OF_LABELS[name], values_of(name, proba, decided)
    expected, support = [], []
    for j in range(y.shape[1]):
        known = ~np.isnan(y[:, j])
        expected.append(
            score(y[known, [j]][:, None], values[known, [j]][:, None], average=None,
                  sample_weight=of(weight, known))[0]
        )  # fmt: skip
        positive = (y[:, j] == 1).astype(float)
        support.append(positive.sum() if weight is None else weight @ positive)
    y_true = FORMS[form](y)
    found = score(y_true, values, average=None, sample_weight=weight)
    np.testing.assert_array_equal(found, expected)
    assert score(y_true, values, sample_weight=weight) == np.mean(expected)
    if name != "expected_calibration_error":
        found = score(y_true, values, average="weighted", sample_weight=weight)
        assert found == pytest.approx(np.average(expected, weights=support), rel=1e-14)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [*OF_LABELS, *OF_ENTRIES])
def test_micro_averages_and_entry_scores_pool_the_known_entries(name, form, case):
    y, proba, decided, weight = case
    values = values_of(name, proba, decided)
    known = ~np.isnan(y)
    mass = None if weight is None else np.repeat(weight[:, None], y.shape[1], axis=1)[known]
    score = {**OF_LABELS, **OF_ENTRIES}[name]
    options = {"average": "micro"} if name in OF_LABELS else {}
    column = y[known][:, None], values[known][:, None]
    expected = score(*column, sample_weight=mass, **options)
    found = score(FORMS[form](y), values, sample_weight=weight, **options)
    assert found == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", OF_DOCUMENTS)
def test_a_document_is_scored_on_its_known_labels(name, form, case):
    y, proba, decided, weight = case
    values = values_of(name, proba, decided)
    score, options = OF_DOCUMENTS[name]
    rows = []
    for labels, row in zip(y, values, strict=True):
        known = ~np.isnan(labels)
        one = dict(options)
        if one.get("k"):  # if fewer than k labels are known, all of them are used
            one["k"] = min(one["k"], int(known.sum()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AbsentLabelWarning)
            rows.append(score(labels[known][None, :], row[known][None, :], **one))
    found = score(FORMS[form](y), values, sample_weight=weight, **options)
    assert found == pytest.approx(np.average(rows, weights=weight), rel=1e-13)


@pytest.mark.parametrize("name", [name for name in (*CURVES, *OF_DOCUMENTS) if name not in DECIDED])
def test_an_unknown_label_ranks_nowhere_whatever_the_scale_of_the_scores(name):
    y, proba, _, _ = make(8)
    score, options = EVERY[name]
    assert score(y, proba - 5, **options) == score(y, proba, **options)


def test_scores_at_k_skip_documents_without_a_known_true_label():
    y, proba, _, weight = make(1)
    labelled = np.nansum(y, axis=1) > 0
    assert not labelled.all()
    for score in (metrics.recall_at_k, metrics.ndcg_at_k, metrics.r_precision):
        options = {} if score is metrics.r_precision else {"k": 3}
        kept = score(y[labelled], proba[labelled], sample_weight=weight[labelled], **options)
        assert score(y, proba, sample_weight=weight, **options) == kept


EVERY = {
    **{name: (score, {}) for name, score in OF_LABELS.items()},
    **{name: (score, {}) for name, score in OF_ENTRIES.items()},
    **OF_DOCUMENTS,
}


@pytest.mark.parametrize("name", EVERY)
def test_complete_labels_score_the_same_to_the_bit_whatever_their_dtype(name):
    y, proba, decided, weight = make(2, share=0)
    score, options = EVERY[name]
    y[np.isnan(y)] = 0
    values = values_of(name, proba, decided)
    for mass in (None, weight):
        expected = score(y.astype(int), values, sample_weight=mass, **options)
        assert score(y, values, sample_weight=mass, **options) == expected
        extra = np.vstack([y, np.full((1, y.shape[1]), np.nan)])  # a document left out
        mass = None if mass is None else np.append(mass, 2.0)
        with pytest.warns(UnknownLabelWarning, match="1 of 61 documents have no known label"):
            found = score(extra, np.vstack([values, values[:1]]), sample_weight=mass, **options)
        assert found == expected


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("form", ["dense", "sparse"])
def test_what_is_predicted_for_unknown_entries_does_not_matter(name, form):
    y, proba, decided, _ = make(3)
    score, options = EVERY[name]
    values = values_of(name, proba, decided)
    other = np.where(np.isnan(y), 1 - values, values)
    expected = score(FORMS[form](y), values, **options)
    assert score(FORMS[form](y), other, **options) == expected
    if name in DECIDED:
        assert score(FORMS[form](y), sp.csr_array(other), **options) == expected


@pytest.mark.parametrize("name", [*KINDS, *CURVES])
def test_a_label_of_which_nothing_is_known_is_undefined(name):
    y, proba, decided, _ = make(4)
    y[:, 3] = np.nan
    score, values = OF_LABELS[name], values_of(name, proba, decided)
    rest = [0, 1, 2, 4]
    unknown = r"Nothing is known of 1 label\(s\), whose entries in y are all NaN: '3'"
    with (
        pytest.warns(UnknownLabelWarning, match=f"{unknown}. Their scores are undefined."),
        pytest.warns(AbsentLabelWarning, match=r"for 1 label\(s\): '3'"),
    ):
        found = score(y, values, average=None)
    assert np.isnan(found[3])
    np.testing.assert_array_equal(found[rest], score(y[:, rest], values[:, rest], average=None))
    with pytest.warns(UnknownLabelWarning):
        assert score(y, values, undefined="zero") == pytest.approx(np.nansum(found) / 5)
    with pytest.warns(UnknownLabelWarning), pytest.raises(LabelError, match="'3'"):
        score(y, values, undefined="raise")


def test_the_calibration_error_of_a_label_of_which_nothing_is_known_is_nan():
    y, proba, _, _ = make(4)
    y[:, 3] = np.nan
    with pytest.warns(UnknownLabelWarning):
        found = metrics.expected_calibration_error(y, proba, average=None)
    with pytest.warns(UnknownLabelWarning):
        macro = metrics.expected_calibration_error(y, proba)
    assert np.isnan(found[3])
    assert macro == np.nanmean(found)


@pytest.mark.parametrize("name", EVERY)
def test_documents_of_weight_0_leave_before_unknown_ones_are_counted(name):
    y, proba, decided, weight = make(5)
    y[-3:] = np.nan
    weight[-2:] = 0
    score, options = EVERY[name]
    values = values_of(name, proba, decided)
    with pytest.warns(UnknownLabelWarning, match="1 of 58 documents"):
        found = score(y, values, sample_weight=weight, **options)
    assert found == score(y[:-3], values[:-3], sample_weight=weight[:-3], **options)


@pytest.mark.parametrize("score", [metrics.f1_score, metrics.log_loss, metrics.recall_at_k])
def test_nothing_known_at_all_is_an_error(score):
    y = np.full((3, 2), np.nan)
    values = np.zeros((3, 2), dtype=int if score is metrics.f1_score else float)
    options = {"k": 1} if score is metrics.recall_at_k else {}
    message = "y_true: No label of any of the 3 documents in y is known: every entry is NaN."
    with pytest.raises(LabelError, match=re.escape(message)):
        score(y, values, **options)


def test_nan_in_predictions_and_in_a_1d_y_true_stays_an_error():
    y, proba, decided, _ = make(6)
    with pytest.raises(LabelError, match=r"y_pred: .*NaN"):
        metrics.f1_score(y, y)
    proba[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"y_proba must lie in \[0, 1\], but row 3, column 1"):
        metrics.log_loss(y, proba)
    with pytest.raises(ValueError, match="y_score must be finite, but row 3, column 1"):
        metrics.roc_auc_score(y, proba)
    with pytest.raises(LabelError, match=r"y_true: .*NaN"):
        metrics.f1_score(y[4:, 0], decided[4:, 0])


def test_one_column_with_any_codes_may_have_unknown_rows():
    column = np.array([["yes"], [None], ["no"], ["yes"]], dtype=object)
    decided = np.array([["yes"], ["yes"], ["yes"], ["no"]], dtype=object)
    left_out = "1 of 4 documents have no known label"
    with pytest.warns(UnknownLabelWarning, match=left_out):
        assert metrics.binary_accuracy(column, decided) == pytest.approx(1 / 3)
    with pytest.warns(UnknownLabelWarning, match=left_out):
        assert metrics.f1_score(column, decided, average="micro") == 0.5
    with pytest.warns(UnknownLabelWarning, match=left_out):
        loss = metrics.brier_score_loss(column, [[1.0], [0.0], [0.0], [0.0]])
    assert loss == pytest.approx(1 / 3)


def test_sparse_labels_and_decisions_stay_sparse():
    y, _, decided, _ = make(7)
    scored = read_decisions(sp.csr_array(y), sp.csr_array(decided))
    assert all(map(sp.issparse, (scored.truth, scored.values, scored.unknown)))
    np.testing.assert_array_equal(scored.unknown.toarray(), np.isnan(y))
    np.testing.assert_array_equal(scored.labels().toarray(), y)
    np.testing.assert_array_equal(scored.known_entries(slice(None)), ~np.isnan(y))
    assert scored.values.toarray()[np.isnan(y)].sum() == 0
