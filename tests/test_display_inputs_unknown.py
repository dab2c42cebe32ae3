"""Displays of labels of which some are unknown show what is left when these are dropped."""

import numpy as np
import pytest
import scipy.sparse as sp
from display_drawings import (
    CALIBRATION,
    COMPARISON,
    COOCCURRENCE,
    FREQUENCY,
    PR,
    ROC,
    THRESHOLD,
)
from libraries import pd
from unknown_labels import make

from skmultitext.display import _inputs
from skmultitext.exceptions import AbsentLabelWarning, LabelError, UnknownLabelWarning

FORMS = {"dense": np.asarray, "sparse": sp.csr_array, "frame": pd.DataFrame}
pytestmark = [
    pytest.mark.parametrize("form", FORMS.values(), ids=FORMS),
    pytest.mark.usefixtures("no_figure_leaks"),
]


def known_parts(y, proba, weight):
    """Truth, probabilities and weights of the known documents of each label."""
    for j in range(y.shape[1]):
        known = ~np.isnan(y[:, j])
        mass = None if weight is None else weight[known]
        yield y[known, [j]][:, None], proba[known, [j]][:, None], mass


def pooled(y, proba, weight):
    known = ~np.isnan(y)
    mass = None if weight is None else np.repeat(weight[:, None], y.shape[1], axis=1)[known]
    return y[known][:, None], proba[known][:, None], mass


@pytest.fixture(params=[False, True], ids=["unweighted", "weighted"])
def case(request, monkeypatch):
    """Labels, probabilities and weights; what is compared are numbers, which need no drawing."""
    for kind in (PR, ROC, CALIBRATION, THRESHOLD, COMPARISON):
        monkeypatch.setattr(kind, "plot", lambda self, *args, **kwargs: self)
    y, proba, _, weight = make(0)
    return y, proba, weight if request.param else None


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(PR, ("recall", "precision", "average_precision")), (ROC, ("fpr", "tpr", "roc_auc"))],
    ids=["PR", "ROC"],
)
def test_a_curve_is_that_of_the_known_documents(kind, fields, form, case):
    y, proba, weight = case
    shown = kind.from_predictions(form(y), proba, sample_weight=weight)
    for j, (truth, scores, mass) in enumerate(known_parts(y, proba, weight)):
        alone = kind.from_predictions(truth, scores, sample_weight=mass)
        for field in fields:
            np.testing.assert_array_equal(getattr(shown, field)[j], getattr(alone, field)[0])
        assert shown.support[j] == alone.support[0]
    truth, scores, mass = pooled(y, proba, weight)
    alone = kind.from_predictions(truth, scores, sample_weight=mass)
    for field in fields:
        np.testing.assert_array_equal(getattr(shown.micro, field), getattr(alone.micro, field))


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_calibration_is_that_of_the_known_documents(strategy, form, case):
    y, proba, weight = case
    options = {"strategy": strategy, "n_bins": 4}
    shown = CALIBRATION.from_predictions(form(y), proba, sample_weight=weight, top=3, **options)
    positions = [int(name) for name in shown.names[:3]]
    parts = list(known_parts(y, proba, weight))
    for place, j in enumerate(positions):
        truth, scores, mass = parts[j]
        alone = CALIBRATION.from_predictions(truth, scores, sample_weight=mass, **options)
        np.testing.assert_array_equal(shown.prob_true[place], alone.prob_true[0])
        np.testing.assert_array_equal(shown.prob_pred[place], alone.prob_pred[0])
    rest = [j for j in range(5) if j not in positions]
    for drawn, columns in ((shown.prob_true[3], rest), (shown.micro.prob_true, list(range(5)))):
        truth, scores, mass = pooled(y[:, columns], proba[:, columns], weight)
        alone = CALIBRATION.from_predictions(truth, scores, sample_weight=mass, **options)
        np.testing.assert_allclose(drawn, alone.prob_true[0], rtol=1e-13)


@pytest.mark.parametrize("label", ["1", None])
def test_thresholds_are_tried_on_the_known_documents(label, form, case):
    y, proba, weight = case
    shown = THRESHOLD.from_predictions(form(y), proba, label=label, sample_weight=weight)
    if label is None:
        truth, scores, mass = pooled(y, proba, weight)
    else:
        truth, scores, mass = list(known_parts(y, proba, weight))[1]
    alone = THRESHOLD.from_predictions(truth, scores, sample_weight=mass)
    for name in ("thresholds", "precision", "recall", "f1"):
        np.testing.assert_array_equal(getattr(shown, name), getattr(alone, name))


@pytest.mark.parametrize("metric", ["f1", "average_precision"])
def test_taggers_are_compared_on_the_known_documents(metric, form, case):
    y, proba, weight = case
    y = y.copy()
    y[7] = np.nan
    outputs = {"one": proba, "two": 1 - proba}
    with pytest.warns(UnknownLabelWarning, match="1 of 60 documents") as caught:
        shown = COMPARISON.from_predictions(
            form(y), outputs, metric=metric, threshold=0.3, sample_weight=weight
        )
    assert len(caught) == 1
    for name, values in outputs.items():
        for j, (truth, scores, mass) in enumerate(known_parts(y, values, weight)):
            alone = COMPARISON.from_predictions(
                truth, {"one": scores}, metric=metric, threshold=0.3, sample_weight=mass
            )
            assert shown.scores[name][j] == alone.scores["one"][0]
        truth, scores, mass = pooled(y, values, weight)
        alone = COMPARISON.from_predictions(
            truth, {"one": scores}, metric=metric, threshold=0.3, sample_weight=mass
        )
        assert shown.micro[name] == pytest.approx(alone.micro["one"], rel=1e-13)


def test_frequencies_are_shares_of_the_known_documents(form):
    y = np.array([[1, np.nan, 0], [1, 0, np.nan], [0, 0, 1], [np.nan] * 3, [1, 1, 0]])
    y = np.column_stack([y, np.full(5, np.nan)])
    with pytest.warns(UnknownLabelWarning) as caught:
        shown = FREQUENCY.from_labels(form(y))
    assert [str(warning.message) for warning in caught] == [
        "1 of 5 documents have no known label (all NaN in y) and are left out.",
        "Nothing is known of 1 label(s), whose entries in y are all NaN: '3'. Nothing is drawn.",
    ]
    texts = [text.get_text() for text in shown.texts_]
    assert texts == ["3 (75.0% of 4)", "1 (33.3% of 3)", "1 (33.3% of 3)", "0 (none known)"]
    assert shown.cardinality == pytest.approx(3 / 4 + 1 / 3 + 1 / 3)
    assert "of 4;" in shown.ax_.get_xlabel()
    complete = FREQUENCY.from_labels(form(np.nan_to_num(y[:, :3])))
    assert complete.n_known is None


@pytest.mark.parametrize("top", [None, 3])
def test_cooccurrence_is_counted_where_both_labels_are_known(top, form):
    y = make(3)[0]
    shown = COOCCURRENCE.from_labels(form(y), top=top, statistic="conditional")
    order = [int(name) for name in shown.label_names[:3]]
    for a, i in enumerate(order):
        for b, j in enumerate(order):
            both = y[~np.isnan(y[:, i]) & ~np.isnan(y[:, j])]
            assert shown.counts[a, b] == ((both[:, i] == 1) & (both[:, j] == 1)).sum()
            assert shown.matrix[a, b] == (both[both[:, i] == 1, j] == 1).mean()
    phi = COOCCURRENCE.from_labels(form(y), top=top, statistic="correlation").matrix
    both = y[~np.isnan(y[:, order[:2]]).any(axis=1)][:, order[:2]]
    assert phi[0, 1] == pytest.approx(np.corrcoef(both.T)[0, 1])


def test_a_label_of_which_nothing_is_known_is_not_drawn(form):
    y, proba, _, _ = make(4)
    y[:, 2] = np.nan
    nothing = "Nothing is known of 1 label"
    for kind, area in ((PR, "average_precision"), (ROC, "roc_auc")):
        with (
            pytest.warns(UnknownLabelWarning, match=nothing),
            pytest.warns(AbsentLabelWarning, match=r"for 1 label\(s\): '?2'?"),
        ):
            shown = kind.from_predictions(form(y), proba)
        assert np.flatnonzero(np.isnan(getattr(shown, area))).tolist() == [2]
    with pytest.warns(UnknownLabelWarning, match=nothing):
        shown = CALIBRATION.from_predictions(form(y), proba, top=None)
    assert sorted(shown.names) == ["0", "1", "3", "4"]
    with (
        pytest.warns(UnknownLabelWarning, match=nothing),
        pytest.raises(LabelError, match="The label '2' has no positive in y_true"),
    ):
        THRESHOLD.from_predictions(form(y), proba, label="2")


def test_a_label_may_lack_a_known_negative(form):
    y, proba, _, _ = make(5)
    y[y[:, 1] == 0, 1] = np.nan
    with pytest.warns(AbsentLabelWarning, match="No positive or no negative in y_true for 1"):
        shown = ROC.from_predictions(form(y), proba)
    assert np.flatnonzero(np.isnan(shown.roc_auc)).tolist() == [1]


def test_a_matrix_of_labels_is_read_with_what_is_known(form):
    indicator, names = _inputs.read_label_matrix(form(make(6)[0]))
    dense = indicator.toarray() if sp.issparse(indicator) else indicator
    assert set(np.unique(dense)) == {-1, 0, 1}
    assert names == [*"01234"]
