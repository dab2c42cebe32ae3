"""Several taggers side by side: scores against the functions, forms of input, printed forms."""

import re
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import unknown_labels
from libraries import pd
from sklearn.dummy import DummyClassifier

from skmultitext import metrics
from skmultitext.exceptions import (
    AbsentLabelWarning,
    LabelError,
    RareLabelWarning,
    UnknownLabelWarning,
)
from skmultitext.metrics import compare_taggers, get_scorer
from skmultitext.metrics._paired_tests import mcnemar_p_value

NAMES = ["anger", "joy", "love"]


def make(n=80, seed=0):
    rng = np.random.default_rng(seed)
    y_true = (rng.random((n, 3)) < [0.2, 0.4, 0.6]).astype(int)
    y_true[0] = 1
    good = np.clip(0.5 * y_true + 0.5 * rng.random((n, 3)), 0, 1)
    poor = np.clip(0.2 * y_true + 0.8 * rng.random((n, 3)), 0, 1)
    return y_true, {"good": good, "poor": poor}, rng.random(n) + 0.1


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_equal_the_functions(weighted):
    y_true, taggers, weight = make()
    weight = weight if weighted else None
    scoring = [name for name in metrics.SCORERS if not name.endswith("at_5")]
    comparison = compare_taggers(
        taggers, y_true, scoring=scoring, threshold=0.6, sample_weight=weight, n_bootstrap=0
    )
    assert comparison.scoring == scoring
    for t, output in enumerate(taggers.values()):
        for s, name in enumerate(scoring):
            scorer = get_scorer(name)
            values = output > 0.6 if scorer._response_method == ("predict",) else output
            expected = scorer._sign * scorer._score_func(
                y_true, values, sample_weight=weight, **scorer._kwargs
            )
            assert comparison.scores[t, s] == pytest.approx(expected), name
    assert comparison.intervals is None
    assert {test.test for test in comparison.tests} == (set() if weighted else {"mcnemar"})


def test_resampling_a_function_equals_resampling_counts(monkeypatch):
    y_true, taggers, weight = make()
    options = {"n_bootstrap": 20, "random_state": 0, "sample_weight": weight}
    scoring = ["f1_macro", "neg_hamming_loss", "recall_samples"]
    fast = compare_taggers(taggers, y_true, scoring=scoring, **options)
    monkeypatch.setattr("skmultitext.metrics._comparison.FROM_COUNTS", {})
    monkeypatch.setattr("skmultitext.metrics._comparison.FROM_DOCUMENTS", ())
    slow = compare_taggers(taggers, y_true, scoring=scoring, **options)
    np.testing.assert_allclose(fast.scores, slow.scores)
    np.testing.assert_allclose(fast.intervals, slow.intervals)
    np.testing.assert_allclose(fast.tests_frame()["high"], slow.tests_frame()["high"])


def test_the_table_people_write_by_hand(ticket_tagger, tickets):
    X, y = tickets.data[:150], tickets.target[:150]
    dummy = DummyClassifier(strategy="prior").fit(X, y)
    comparison = compare_taggers(
        {
            "dummy": dummy.predict_proba(X),
            "baseline": ticket_tagger.predict_proba(X),
            "its decisions": ticket_tagger.predict(X),
        },
        y,
        label_names=ticket_tagger.label_names_,
        random_state=0,
        n_bootstrap=100,
    )
    np.testing.assert_array_equal(comparison.scores[1], comparison.scores[2])
    assert (comparison.scores[0] < comparison.scores[1]).all()
    pairs = [(t.first, t.second) for t in comparison.tests if t.score == "f1_micro"]
    assert pairs == [
        ("dummy", "baseline"),
        ("dummy", "its decisions"),
        ("baseline", "its decisions"),
    ]
    same = [t for t in comparison.tests if t.second == "its decisions" and t.first == "baseline"]
    assert all(t.p_value == t.p_holm == 1.0 and t.difference == 0 for t in same)


def test_a_dummy_whose_label_was_constant_goes_in():
    y_true, taggers, _ = make()
    learned = y_true.copy()
    learned[:, 0] = 0
    dummy = DummyClassifier(strategy="prior").fit(y_true, learned).predict_proba(y_true)
    assert dummy[0].shape == (80, 1)
    with pytest.warns(RareLabelWarning, match="'anger'") as caught:
        comparison = compare_taggers(
            {"dummy": dummy, **taggers},
            y_true,
            label_names=NAMES,
            scoring="recall_macro",
            n_bootstrap=0,
        )
    assert caught[0].filename == __file__
    assert comparison.scores[0, 0] == pytest.approx(1 / 3)  # love is given to all, anger to none


def test_thresholds_by_tagger_and_by_label():
    y_true, taggers, _ = make()
    comparison = compare_taggers(
        taggers,
        y_true,
        label_names=NAMES,
        threshold={"good": {"joy": 0.7}},
        scoring="f1_micro",
        n_bootstrap=0,
    )
    limits = [0.5, 0.7, 0.5]
    assert comparison.scores[:, 0] == pytest.approx(
        [
            metrics.f1_score(y_true, taggers["good"] > limits, average="micro"),
            metrics.f1_score(y_true, taggers["poor"] > 0.5, average="micro"),
        ]
    )


def test_is_seeded_and_corrected_within_a_score():
    y_true, taggers, _ = make()
    taggers["third"] = 1 - taggers["poor"]
    first = compare_taggers(taggers, y_true, n_bootstrap=100, random_state=3)
    again = compare_taggers(taggers, y_true, n_bootstrap=100, random_state=3)
    assert str(first) == str(again)
    assert str(first) != str(compare_taggers(taggers, y_true, n_bootstrap=100, random_state=4))
    for score in first.scoring:
        tests = [t for t in first.tests if t.score == score and t.test == "bootstrap"]
        assert len(tests) == 3
        assert min(t.p_holm for t in tests) == pytest.approx(
            min(1, 3 * min(t.p_value for t in tests))
        )


def test_all_taggers_are_scored_on_the_same_resamples():
    y_true, taggers, _ = make()
    twins = {"one": taggers["poor"], "two": (taggers["poor"] > 0.5).astype(int)}
    comparison = compare_taggers(twins, y_true, n_bootstrap=50, random_state=0)
    assert (comparison.intervals[0] == comparison.intervals[1]).all()
    assert (comparison.intervals[..., 0] < comparison.intervals[..., 1]).all()
    tests = [test for test in comparison.tests if test.test == "bootstrap"]
    assert [(test.low, test.high, test.p_value) for test in tests] == [(0.0, 0.0, 1.0)] * 4


def test_reference_compares_one_with_each_other():
    y_true, taggers, _ = make()
    taggers["third"] = taggers["poor"] / 2
    comparison = compare_taggers(
        taggers, y_true, reference="poor", scoring="f1_micro", n_bootstrap=20, random_state=0
    )
    assert [(t.test, t.first, t.second) for t in comparison.tests] == [
        ("bootstrap", "poor", "good"),
        ("bootstrap", "poor", "third"),
        ("mcnemar", "poor", "good"),
        ("mcnemar", "poor", "third"),
    ]


def test_absent_labels_are_named_once_and_refused_on_request():
    y_true, taggers, _ = make()
    y_true[:, 0] = 0
    options = {"scoring": ["f1_macro", "average_precision_macro"], "n_bootstrap": 5}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compare_taggers(taggers, y_true, label_names=NAMES, random_state=0, **options)
    assert [warning.category for warning in caught] == [AbsentLabelWarning]
    assert "'anger'" in str(caught[0].message)
    with pytest.raises(LabelError, match="'anger'"):
        compare_taggers(taggers, y_true, label_names=NAMES, undefined="raise", **options)
    # a label that only a resample lacks is no error
    rare, _, _ = make()
    rare[1:, 0] = 0
    compare_taggers(taggers, rare, undefined="raise", random_state=0, **options)


def test_one_tagger_has_no_test():
    y_true, taggers, _ = make()
    comparison = compare_taggers({"only": taggers["good"]}, y_true, n_bootstrap=20, random_state=0)
    assert comparison.tests == []
    assert comparison.tests_frame().shape == (0, 9)
    assert "first" not in str(comparison)
    assert comparison._repr_html_().count("<table") == 1


def test_printed_forms():
    y_true, taggers, _ = make()
    taggers = {"<b>good</b>": taggers["good"], "poor": taggers["poor"]}
    comparison = compare_taggers(taggers, y_true, n_bootstrap=50, random_state=0)
    lines = str(comparison).splitlines()
    assert lines[0] == "80 documents, 3 labels"
    assert re.fullmatch(r"tagger +f1_micro +f1_macro +exact_match +neg_hamming_loss", lines[2])
    assert sum(line.startswith("f1_micro") for line in lines) == 1
    assert any(line.startswith("exact_match (McNemar)") for line in lines)
    assert max(map(len, lines)) <= 110
    html = comparison._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;good" in html
    frame = comparison.to_frame()
    assert frame.shape == (2, 12)
    assert frame.loc["poor", "f1_macro"] == comparison.scores[1, 1]
    assert frame.loc["poor", "f1_macro_low"] == comparison.intervals[1, 1, 0]
    assert comparison.tests_frame().shape == (5, 9)
    assert repr(comparison) == (
        "<TaggerComparison: '<b>good</b>', 'poor' by 'f1_micro', 'f1_macro', 'exact_match', "
        "'neg_hamming_loss' on 80 documents, 3 labels>"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"taggers": {}}, "taggers is empty; pass a dict with one entry per tagger"),
        ({"taggers": [np.zeros((80, 3))]}, "taggers is list; pass a dict"),
        (
            {"taggers": {"bad": np.zeros((80, 2))}},
            "taggers['bad']: y_true has shape (80, 3) and y_proba has shape (80, 2)",
        ),
        (
            {"taggers": {"bad": np.full((80, 3), -0.5)}},
            "taggers['bad']: y_proba must lie in [0, 1]",
        ),
        (
            {"taggers": {"bad": np.ones((80, 3), int)}, "scoring": "neg_log_loss"},
            "taggers['bad'] holds decisions, but neg_log_loss needs probabilities",
        ),
        (
            {"threshold": [0.1]},
            "taggers['good']: threshold has shape (1,), but there are 3 labels",
        ),
        (
            {"threshold": {"joy": 0.1}},
            "threshold names 'joy', but the taggers are 'good', 'poor'",
        ),
        ({"reference": "best"}, "reference is 'best', which is none of the taggers"),
        ({"scoring": "f1_mikro"}, "'f1_mikro' is not the name of a scorer. Did you mean f1_micro"),
        ({"scoring": []}, "scoring must be the name of a score or a sequence of them"),
        ({"scoring": [np.mean]}, "scoring must be the name of a score"),
        (
            {"taggers": {1: np.zeros((80, 3)), "1": np.zeros((80, 3))}},
            "two keys that are the same as str",
        ),
        ({"n_bootstrap": -1}, "n_bootstrap must be 0"),
        ({"undefined": "no"}, "undefined is 'no'; pass one of"),
    ],
)
def test_bad_input_is_refused_by_name(change, message):
    y_true, taggers, _ = make()
    arguments = {"taggers": taggers, "y_true": y_true} | change
    with pytest.raises(ValueError, match=re.escape(message)):
        compare_taggers(**arguments)


def test_columns_of_dataframes_align_by_name():
    y_true, taggers, _ = make()
    frames = {
        "good": pd.DataFrame(taggers["good"], columns=NAMES),
        "poor": pd.DataFrame(taggers["poor"][:, ::-1], columns=NAMES[::-1]),
    }
    options = {"n_bootstrap": 0, "scoring": ["f1_macro", "roc_auc_macro"]}
    wanted = compare_taggers(taggers, y_true, **options).scores
    sets = [[NAMES[j] for j in np.flatnonzero(row)] for row in y_true]
    for y in (pd.DataFrame(y_true[:, [1, 0, 2]], columns=["joy", "anger", "love"]), sets):
        np.testing.assert_allclose(compare_taggers(frames, y, **options).scores, wanted)
    found = compare_taggers(frames, y_true, label_names=NAMES, **options)
    np.testing.assert_allclose(found.scores, wanted)
    with pytest.raises(LabelError, match="The columns of 'good' are 'anger', 'joy', 'love', those"):
        compare_taggers(frames, y_true, **options)
    good = {"good": frames["good"], "array": taggers["poor"]}
    assert compare_taggers(good, y_true, **options).scores == pytest.approx(wanted)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, pd.DataFrame])
@pytest.mark.parametrize("weighted", [False, True])
def test_unknown_labels_take_no_part(form, weighted):
    y, proba, _, weight = unknown_labels.make(0)
    y[5] = np.nan
    kept = np.arange(60) != 5
    scoring = [name for name in metrics.SCORERS if not name.endswith("at_5")]
    outputs = {"one": proba, "half": proba / 2, "decided": None}
    outputs["decided"] = (proba > 0.6).astype(int)
    decisive = [name for name in scoring if get_scorer(name)._response_method == ("predict",)]
    options = {"threshold": 0.3, "sample_weight": weight if weighted else None}
    with pytest.warns(UnknownLabelWarning, match="1 of 60 documents have no known") as caught:
        comparison = compare_taggers(outputs, form(y), scoring=decisive, n_bootstrap=9, **options)
    assert len(caught) == 1
    assert comparison.n_samples == 59
    mass = weight[kept] if weighted else np.ones(59)
    share = mass @ (~np.isnan(y[kept])).mean(axis=1) / mass.sum()
    assert comparison.known_share == pytest.approx(share)
    line = str(comparison).splitlines()[0]
    assert line == f"59 documents, 5 labels, {100 * share:.1f} % of their entries known"
    if not weighted:
        right = [((out > cut) == (y == 1)) | np.isnan(y) for out, cut in
                 ((proba, 0.3), (proba / 2, 0.3))]  # fmt: skip
        right = [marks[kept].all(axis=1) for marks in right]
        test = next(test for test in comparison.tests if test.test == "mcnemar")
        assert test.difference == right[0].mean() - right[1].mean()
        assert test.p_value == mcnemar_p_value(*right)
    del outputs["decided"]
    with pytest.warns(UnknownLabelWarning):
        comparison = compare_taggers(outputs, form(y), scoring=scoring, n_bootstrap=0, **options)
    mass = weight[kept] if weighted else None
    for t, output in enumerate(outputs.values()):
        for s, name in enumerate(scoring):
            scorer = get_scorer(name)
            values = output > 0.3 if scorer._response_method == ("predict",) else output
            expected = scorer._sign * scorer._score_func(
                y[kept], values[kept], sample_weight=mass, **scorer._kwargs
            )
            assert comparison.scores[t, s] == pytest.approx(expected), name


def test_resampling_a_function_equals_resampling_counts_of_unknown_labels(monkeypatch):
    y, proba, _, weight = unknown_labels.make(0)
    options = {"n_bootstrap": 20, "random_state": 0, "sample_weight": weight}
    scoring = ["f1_macro", "neg_hamming_loss", "binary_accuracy", "recall_samples"]
    fast = compare_taggers({"a": proba, "b": proba / 2}, y, scoring=scoring, **options)
    monkeypatch.setattr("skmultitext.metrics._comparison.FROM_COUNTS", {})
    monkeypatch.setattr("skmultitext.metrics._comparison.FROM_DOCUMENTS", ())
    slow = compare_taggers({"a": proba, "b": proba / 2}, y, scoring=scoring, **options)
    np.testing.assert_allclose(fast.scores, slow.scores)
    np.testing.assert_allclose(fast.intervals, slow.intervals)
