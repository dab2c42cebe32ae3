"""Validation by the scorers of the package, whatever the form of y."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn.metrics import average_precision_score, f1_score, make_scorer

from skmultitext import metrics
from skmultitext._gate.labels import LabelSpace
from skmultitext.training._scores import Validation, name_monitors

INDICATOR = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1]])
LOGITS = np.random.RandomState(0).randn(4, 3) * 2


@pytest.mark.parametrize(
    "y",
    [
        INDICATOR,
        sp.csr_matrix(INDICATOR),
        [["a", "c"], ["b"], ["a", "b"], ["c"]],
    ],
    ids=["indicator", "sparse", "label_sets"],
)
def test_scores_are_those_of_the_metrics(y):
    space, indicator = LabelSpace.learn(y)
    thresholds = np.array([0.2, 0.5, 0.7])
    proba = expit(LOGITS)
    expected = {
        "f1_micro": metrics.f1_score(INDICATOR, (proba > thresholds).astype(int), average="micro"),
        "neg_log_loss": -metrics.log_loss(INDICATOR, proba),
        "average_precision_micro": metrics.average_precision_score(
            INDICATOR, proba, average="micro"
        ),
        "precision_at_2": metrics.precision_at_k(INDICATOR, proba, k=2),
    }
    for name, value in expected.items():
        validation = Validation(lambda: LOGITS, indicator, space, thresholds, name)
        assert validation.watched == f"validation_{name}"
        assert validation.evaluate() == {f"validation_{name}": pytest.approx(value)}
    validation = Validation(lambda: LOGITS, indicator, space, thresholds, list(expected))
    assert validation.watched == "validation_f1_micro"
    assert validation.evaluate() == {
        f"validation_{n}": pytest.approx(v) for n, v in expected.items()
    }


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("scoring", ["f1_micro", "neg_log_loss", "exact_match", "roc_auc_micro"])
def test_a_y_of_one_column_with_any_codes(shape, scoring):
    codes = np.array(["no", "yes"])[INDICATOR[:, 0]].reshape(shape)
    space, indicator = LabelSpace.learn(codes)
    logits = LOGITS[:, :1]
    one = Validation(lambda: logits, indicator, space, np.array([0.5]), scoring).evaluate()
    space, indicator = LabelSpace.learn(INDICATOR[:, :1])
    assert one == Validation(lambda: logits, indicator, space, np.array([0.5]), scoring).evaluate()


def test_weights_and_callables():
    space, indicator = LabelSpace.learn(INDICATOR)
    weight = np.array([1, 0, 3, 1])

    def scorer(tagger, X, y, sample_weight=None):
        return float((tagger.predict_proba(X) * sample_weight[:, None]).sum())

    validation = Validation(lambda: LOGITS, indicator, space, 0.5, scorer, weight)
    wanted = (expit(LOGITS) * weight[:, None]).sum()
    assert validation.watched == "validation_scorer"
    assert validation.evaluate() == {"validation_scorer": pytest.approx(wanted)}


def test_an_unknown_scorer_is_refused():
    space, indicator = LabelSpace.learn(INDICATOR)
    with pytest.raises(ValueError, match="'f1_mikro' is not the name of a scorer"):
        Validation(lambda: LOGITS, indicator, space, 0.5, "f1_mikro")


def test_monitors_get_names():
    def own(tagger, X, y):
        return 0.5

    assert name_monitors("f1_micro") == {"f1_micro": "f1_micro"}
    assert list(name_monitors(["f1_micro", own])) == ["f1_micro", "own"]
    scorer = metrics.get_scorer("f1_macro", undefined="zero")
    assert list(name_monitors((scorer, make_scorer(f1_score)))) == ["f1_macro", "f1_score"]
    assert name_monitors({"a": own, "b": own}) == {"a": own, "b": own}


@pytest.mark.parametrize(
    ("monitor", "message"),
    [
        ([], "monitor is empty"),
        (["f1_micro", 3], "monitor holds 3; pass the name of a score"),
        ({3: "f1_micro"}, "monitor holds 'f1_micro'"),
        (["f1_micro", "f1_micro"], "two scores of the name 'f1_micro'; pass a dict"),
        ("f1_mikro", "'f1_mikro' is not the name of a scorer"),
    ],
)
def test_bad_monitors_are_refused(monitor, message):
    space, indicator = LabelSpace.learn(INDICATOR)
    with pytest.raises(ValueError, match=message):
        Validation(lambda: LOGITS, indicator, space, 0.5, monitor)


def test_a_score_that_is_no_number_is_refused():
    space, indicator = LabelSpace.learn(INDICATOR)
    monitor = {"own": lambda tagger, X, y: np.nan}
    with pytest.raises(ValueError, match="monitor 'own' gave nan; a score must be finite"):
        Validation(lambda: LOGITS, indicator, space, 0.5, monitor).evaluate()


@pytest.mark.parametrize("sparse", [False, True])
def test_the_loss_is_weighted_whatever_the_blocks(monkeypatch, sparse):
    space, indicator = LabelSpace.learn(sp.csr_matrix(INDICATOR) if sparse else INDICATOR)
    weight = np.array([1.0, 0.5, 3.0, 1.0])
    constants = np.array([np.nan, 16.0, np.nan])  # what is predicted, not what is trained

    def loss(indicator, logits, weight):
        return weight @ (indicator - logits).sum(axis=1) / weight.sum()

    def value():
        validation = Validation(
            lambda: LOGITS,
            indicator,
            space,
            0.5,
            "f1_micro",
            weight,
            constants=constants,
            loss=loss,
        )
        return validation.evaluate()["validation_loss"]

    wanted = np.average((INDICATOR - LOGITS).sum(axis=1), weights=weight)
    assert value() == pytest.approx(wanted, rel=1e-6)
    monkeypatch.setattr("skmultitext.training._scores.BLOCK", 3)
    assert value() == pytest.approx(wanted, rel=1e-6)


def test_scores_take_the_constants():
    space, indicator = LabelSpace.learn(INDICATOR)
    constants = np.array([16.0, np.nan, np.nan])
    logits = np.where(np.isnan(constants), LOGITS, constants)
    options = (indicator, space, 0.5, "neg_log_loss")
    replaced = Validation(lambda: LOGITS, *options, constants=constants).evaluate()
    assert replaced == Validation(lambda: logits, *options).evaluate()


@pytest.mark.parametrize("form", ["indicator", "sparse", "label_sets"])
def test_unknown_entries_take_no_part(form):
    y = INDICATOR.astype(float)
    y[1, 0] = y[2, 0] = y[3, 2] = np.nan
    training = {
        "indicator": INDICATOR,
        "sparse": sp.csr_matrix(INDICATOR),
        "label_sets": [["0", "2"], ["1"], ["0", "1"], ["2"]],
    }[form]
    space, _ = LabelSpace.learn(training)
    indicator = space.encode(sp.csr_matrix(y) if form == "sparse" else y, allow_unknown=True)
    assert (indicator < 0).sum() == 3
    names = ["f1_macro", "neg_log_loss", "exact_match", "average_precision_micro"]

    def loss(targets, logits, weight):
        known = targets >= 0
        return np.where(known, logits, 0.0).sum(axis=1).mean()

    found = Validation(lambda: LOGITS, indicator, space, 0.5, names, loss=loss).evaluate()
    proba, known = expit(LOGITS), ~np.isnan(y)
    given = (proba > 0.5).astype(int)
    wanted = {
        "validation_loss": (LOGITS * known).sum(axis=1).mean(),
        "validation_f1_macro": np.mean(
            [f1_score(y[known[:, j], j], given[known[:, j], j]) for j in range(3)]
        ),
        "validation_neg_log_loss": np.log(np.where(y == 1, proba, 1 - proba))[known].mean(),
        "validation_exact_match": ((given == y) | ~known).all(axis=1).mean(),
        "validation_average_precision_micro": average_precision_score(y[known], proba[known]),
    }
    assert found == {name: pytest.approx(value, rel=1e-6) for name, value in wanted.items()}
