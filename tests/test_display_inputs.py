"""What the displays take: labels and scores of every form, estimators, a choice of labels."""

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
    corpus,
    legend_texts,
    plt,
)
from sklearn import metrics as skm
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skmultitext import MultilabelLogisticRegression
from skmultitext.display import _inputs
from skmultitext.exceptions import AbsentLabelWarning, LabelError
from skmultitext.metrics._inputs import read_scores

pytestmark = pytest.mark.usefixtures("no_figure_leaks")

pd = pytest.importorskip("pandas", reason="y may be a DataFrame")


@pytest.mark.parametrize("kind", ["precision_recall", "calibration", "frequency", "comparison"])
def test_an_illegal_choice_of_labels_is_refused_before_a_figure_is_made(kind):
    y, proba, names = corpus(40)
    makers = {
        "precision_recall": lambda **k: PR.from_predictions(y, proba, label_names=names, **k),
        "calibration": lambda **k: CALIBRATION.from_predictions(y, proba, label_names=names, **k),
        "frequency": lambda **k: FREQUENCY.from_labels(y, label_names=names, **k),
        "comparison": lambda **k: COMPARISON.from_predictions(
            y, {"a": proba}, label_names=names, **k
        ),
    }
    make = makers[kind]
    with pytest.raises(LabelError, match="labels names the unknown labels 'bill'; known are 'bil"):
        make(labels=["billing", "bill"])
    with pytest.raises(LabelError, match="labels is the str 'billing'; pass a sequence of str"):
        make(labels="billing")
    with pytest.raises(LabelError, match="labels is empty; name at least one label, or pass None"):
        make(labels=[])
    for top in (0, 2.5, True):
        with pytest.raises(ValueError, match=f"top is {top}; pass an int of at least 1"):
            make(top=top)
    if kind in ("precision_recall", "calibration"):
        with pytest.raises(ValueError, match="40 labels would get a line each, but only "):
            make(top=None)
    assert not plt.get_fignums()


@pytest.mark.parametrize("maker", [PR, ROC, CALIBRATION, THRESHOLD])
def test_wrong_predictions_are_refused(maker):
    y, proba, _ = corpus(3)
    name = "y_score" if maker in (PR, ROC) else "y_proba"
    message = rf"y_true has shape \(240, 3\) and {name} has shape \(240, 2\)"
    with pytest.raises(ValueError, match=message):
        maker.from_predictions(y, proba[:, :2])
    with pytest.raises(ValueError, match=rf"shape \(239, 3\) and {name} has shape \(240, 3\)"):
        maker.from_predictions(y[1:], proba)
    with pytest.raises(ValueError, match="y is empty: found 0 rows"):
        maker.from_predictions(y[:0], proba[:0])
    if name == "y_proba":
        with pytest.raises(ValueError, match=r"must lie in \[0, 1\], but row 0, column 0 holds 1."):
            maker.from_predictions(y, proba + 1)
    assert not plt.get_fignums()


FORMS = {
    "indicator": (lambda y, names: y, True),
    "bool": (lambda y, names: y.astype(bool), True),
    "label sets": (
        lambda y, names: [{names[j] for j in np.flatnonzero(row)} for row in y],
        True,
    ),
    "DataFrame": (lambda y, names: pd.DataFrame(y, columns=names), False),
    "sparse": (lambda y, names: sp.csr_matrix(y), True),
    "sparse array": (lambda y, names: sp.coo_array(y), True),
}


@pytest.mark.parametrize("form", FORMS)
def test_labels_come_in_every_form_that_taggers_take(form):
    y, proba, names = corpus(5)
    convert, needs_names = FORMS[form]
    truth, options = convert(y, names), {"label_names": names} if needs_names else {}
    expected = skm.average_precision_score(y, proba, average=None)
    shown = PR.from_predictions(truth, proba, **options)
    np.testing.assert_allclose(shown.average_precision, expected)
    assert list(shown.label_names) == names
    np.testing.assert_allclose(
        ROC.from_predictions(truth, proba, **options).roc_auc,
        skm.roc_auc_score(y, proba, average=None),
    )
    curve = THRESHOLD.from_predictions(truth, proba, label=names[3], **options)
    assert curve.recall[0] == 1
    assert len(CALIBRATION.from_predictions(truth, proba, **options).names) == 5
    counted = FREQUENCY.from_labels(truth, **options)
    assert dict(zip(counted.label_names, counted.counts, strict=True)) == dict(
        zip(names, y.sum(axis=0), strict=True)
    )
    together = COOCCURRENCE.from_labels(truth, **options)
    assert together.counts[0, 1] == (y[:, 0] & y[:, 1]).sum()
    compared = COMPARISON.from_predictions(truth, {"a": proba, "same": truth}, **options)
    np.testing.assert_allclose(
        compared.scores["a"], skm.f1_score(y, proba > 0.5, average=None, zero_division=0)
    )
    np.testing.assert_allclose(compared.scores["same"], 1)


@pytest.fixture(scope="module")
def texts_and_labels():
    rng = np.random.default_rng(0)
    words = {"billing": "bill money", "refund": "back money", "delivery": "late parcel"}
    names = sorted(words)
    y = (rng.random((60, 3)) < 0.4).astype(int)
    texts = [
        " ".join(w for j in np.flatnonzero(row) for w in words[names[j]].split()) + " hello there"
        for row in y
    ]
    return texts, y, names


@pytest.mark.parametrize(
    "engine",
    [
        OneVsRestClassifier(LogisticRegression()),
        RandomForestClassifier(5, random_state=0),
    ],
    ids=["one vs rest", "list of arrays"],
)
def test_any_estimator_can_be_drawn(engine, texts_and_labels):
    texts, y, names = texts_and_labels
    estimator = make_pipeline(TfidfVectorizer(), engine).fit(texts, y)
    proba = estimator.predict_proba(texts)
    if isinstance(proba, list):
        proba = np.column_stack([part[:, 1] for part in proba])
    shown = PR.from_estimator(estimator, texts, y, label_names=names)
    expected = skm.average_precision_score(y, proba, average=None)
    np.testing.assert_allclose(shown.average_precision, expected)
    shown = ROC.from_estimator(estimator, texts, y, label_names=names)
    np.testing.assert_allclose(shown.roc_auc, skm.roc_auc_score(y, proba, average=None))
    by_support = np.argsort(-y.sum(axis=0), kind="stable")
    assert CALIBRATION.from_estimator(estimator, texts, y).names == list(map(str, by_support))
    curve = THRESHOLD.from_estimator(estimator, texts, y, label_names=names, label="refund")
    assert curve.label_name == "refund"
    for metric in ("f1", "average_precision"):
        shown = COMPARISON.from_estimators({"one": estimator}, texts, y, metric=metric)
        assert shown.scores["one"].shape == (3,)
    np.testing.assert_allclose(shown.scores["one"], expected)


def test_names_and_thresholds_come_from_our_taggers(tickets, ticket_tagger):
    X, y = tickets.data[:200], tickets.label_sets[:200]
    shown = PR.from_estimator(ticket_tagger, X, y)
    assert list(shown.label_names) == list(ticket_tagger.label_names_)
    shown = THRESHOLD.from_estimator(ticket_tagger, X, y)
    assert shown.chosen_threshold == 0.5
    shown = THRESHOLD.from_estimator(ticket_tagger, X, y, threshold="best")
    assert shown.chosen_threshold != 0.5
    shown = COMPARISON.from_estimators({"TF-IDF": ticket_tagger}, X, y)
    truth = tickets.target[:200]
    expected = skm.f1_score(truth, ticket_tagger.predict(X), average=None)
    np.testing.assert_allclose(shown.scores["TF-IDF"], expected)


def test_labels_without_a_positive_are_named_and_left_out():
    y, proba, names = corpus(5)
    y[:, 2] = 0
    names[2] = "absent"
    with pytest.warns(
        AbsentLabelWarning, match=r"No positive in y_true for 1 label\(s\): 'absent'"
    ):
        shown = PR.from_predictions(y, proba, label_names=names)
    assert np.isnan(shown.average_precision[2])
    assert len(legend_texts(shown)) == 6
    rest = [0, 1, 3, 4]
    expected = skm.average_precision_score(y[:, rest], proba[:, rest], average="macro")
    assert shown.macro.average_precision == pytest.approx(expected)
    with (
        pytest.warns(AbsentLabelWarning),
        pytest.raises(LabelError, match="Nothing can be drawn for the labels 'absent', which have"),
    ):
        PR.from_predictions(y, proba, label_names=names, labels=["absent"])
    y[:, 3] = 1
    with pytest.warns(AbsentLabelWarning, match=r"No positive or no negative .* 2 label\(s\)"):
        shown = ROC.from_predictions(y, proba, label_names=names)
    assert np.isnan(shown.roc_auc[[2, 3]]).all()
    with pytest.raises(LabelError, match=r"No curve can be drawn: every label has no positive in"):
        PR.from_predictions(np.zeros_like(y), proba)


def test_a_label_that_was_not_there_at_fit_counts_as_missed():
    y, proba, names = corpus(2)
    sets = [[names[j] for j in np.flatnonzero(row)] for row in y]
    sets[1] = ["unseen"]
    shown = PR.from_predictions(sets, proba, label_names=names)
    assert list(shown.label_names) == [*names, "unseen"]
    assert shown.average_precision[2] == pytest.approx(1 / 240)


@pytest.mark.parametrize("maker", [FREQUENCY, COOCCURRENCE])
def test_labels_alone_are_gated(maker):
    with pytest.raises(LabelError, match="unknown labels 'x'; known are 'a', 'b'"):
        maker.from_labels([["a"], ["x"]], label_names=["a", "b"])
    with pytest.raises(LabelError, match="y has 3 columns, but there are 2 labels: 'a', 'b'"):
        maker.from_labels(np.eye(3), label_names=["a", "b"])
    with pytest.raises(LabelError, match="y is empty"):
        maker.from_labels([])
    with pytest.raises(LabelError, match="label_names has 2 names, but y has one column"):
        maker.from_labels(["spam", "ham"], label_names=["a", "b"])
    with pytest.raises(ValueError, match=r"counts has shape \(1,\)"):
        maker([3], label_names=["a", "b"], n_samples=4).plot()
    assert not plt.get_fignums()


def test_labels_are_chosen_by_support_or_by_name():
    names, support = [*"abcd"], np.array([3.0, 9.0, np.nan, 3.0])
    choice = _inputs.choose_labels(names, support, top=2)
    assert (choice.shown.tolist(), choice.others.tolist()) == ([1, 0], [3])
    assert choice.names(names) == ["b", "a", "… 1 other label"]
    assert _inputs.choose_labels(names, support).names(names) == ["b", "a", "d"]
    choice = _inputs.choose_labels(names, support, labels=["d", "a", "d"], top=1)
    assert (choice.shown.tolist(), choice.others.tolist()) == ([3, 0], [])
    with pytest.raises(LabelError, match=r"Nothing can be drawn for the labels 'c', which have no"):
        _inputs.choose_labels(names, support, labels=["a", "c"])
    with pytest.raises(ValueError, match="3 labels would get a line each, but only 2"):
        _inputs.choose_labels(names, support, most=2)


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_support_is_weighed_and_nan_where_no_curve_is_defined(form):
    y = np.array([[1, 0, 1], [0, 0, 1], [1, 0, 1]])
    scored = read_scores(form(y), np.zeros((3, 3)), [1.0, 2.0, 4.0], [*"abc"])
    with pytest.warns(AbsentLabelWarning, match=r"No positive in y_true for 1 label\(s\): 'b'\."):
        np.testing.assert_array_equal(_inputs.drawable_support(scored), [5, np.nan, 7])
    with pytest.warns(AbsentLabelWarning, match=r"or no negative in y_true for 2 .*: 'b', 'c'\."):
        support = _inputs.drawable_support(scored, need_negative=True)
    np.testing.assert_array_equal(support, [5, np.nan, np.nan])
    full = read_scores(np.ones((2, 1)), np.zeros((2, 1)))
    with pytest.raises(LabelError, match="every label has no positive or no negative in y_true"):
        _inputs.drawable_support(full, need_negative=True)


def test_names_in_another_order_than_the_estimators(four_labels):
    X, y = four_labels
    tagger = MultilabelLogisticRegression(threshold=[0.1, 0.2, 0.3, 0.4])
    tagger.fit(X, pd.DataFrame(y, columns=list("abcd")))
    scores, names = _inputs.scores_of(tagger, X, y, list("dcba"))
    np.testing.assert_array_equal(scores, tagger.predict_proba(X)[:, ::-1])
    assert names == list("dcba")
    turned = y[:, ::-1]
    shown = THRESHOLD.from_estimator(tagger, X, turned, label="a", label_names=list("dcba"))
    plt.close(shown.figure_)
    assert shown.chosen_threshold == 0.1
    for display, curve in ((PR, "average_precision"), (ROC, "roc_auc")):
        pair = [
            display.from_estimator(tagger, X, turned, label_names=list("dcba")),
            display.from_estimator(tagger, X, y),
        ]
        for shown in pair:
            plt.close(shown.figure_)
        assert getattr(pair[0].macro, curve) == pytest.approx(getattr(pair[1].macro, curve))


def test_a_stack_is_drawn_by_its_scores_of_yes(four_labels):
    X, y = four_labels
    stack = StackingClassifier(
        [("ours", MultilabelLogisticRegression())], MultilabelLogisticRegression(), cv=2
    ).fit(X, y)
    for final in (None, RandomForestClassifier(10, random_state=0)):
        if final is not None:
            stack.set_params(final_estimator=final).fit(X, y)
        scores, _ = _inputs.scores_of(stack, X, y, None)
        np.testing.assert_array_equal(scores > 0.5, stack.predict(X))
