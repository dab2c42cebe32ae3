"""The report against scikit-learn's, the functions of metrics, and its own printed forms."""

import pickle
import re
import warnings
from contextlib import nullcontext

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.metrics as sk
import unknown_labels
from libraries import pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier

from skmultitext import metrics
from skmultitext.exceptions import (
    AbsentLabelWarning,
    DocumentError,
    LabelError,
    RareLabelWarning,
    UnknownLabelWarning,
)
from skmultitext.report import multilabel_report

NAMES = ["anger", "joy", "love", "pride"]


def make(n=120, n_labels=4, seed=0):
    rng = np.random.default_rng(seed)
    y_true = (rng.random((n, n_labels)) < np.linspace(0.1, 0.5, n_labels)).astype(np.int8)
    y_true[0] = 1
    y_proba = np.clip(
        rng.beta(1, 3, (n, n_labels)) + 0.4 * y_true * rng.random((n, n_labels)), 0, 1
    )
    return y_true, y_proba, rng.random(n) + 0.1


def assert_equals_scikit_learn(report, y_true, y_pred, weight, zero_division=0.0):
    expected = sk.classification_report(
        y_true,
        y_pred,
        target_names=report.label_names,
        sample_weight=weight,
        output_dict=True,
        zero_division=zero_division,
    )
    for j, name in enumerate(report.label_names):
        ours = (report.precision[j], report.recall[j], report.f1[j], report.support[j])
        np.testing.assert_allclose(ours, list(expected[name].values()), atol=1e-12)
    for average, scores in report.averages.items():
        ours = [scores[kind] for kind in ("precision", "recall", "f1", "support")]
        np.testing.assert_allclose(ours, list(expected[f"{average} avg"].values()), atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("zero_division", [0.0, 1.0])
@pytest.mark.parametrize("form", ["proba", "pred", "sparse"])
def test_equals_scikit_learns_report(weighted, zero_division, form):
    y_true, y_proba, weight = make()
    y_true[5], y_proba[5] = 0, 0  # a document whose samples average divides by 0
    weight = weight if weighted else None
    y_pred = (y_proba > 0.45).astype(int)
    output = {"proba": y_proba, "pred": y_pred, "sparse": sp.csr_matrix(y_pred)}[form]
    report = multilabel_report(
        y_true,
        output,
        threshold=0.45,
        label_names=NAMES,
        sample_weight=weight,
        zero_division=zero_division,
    )
    assert_equals_scikit_learn(report, y_true, y_pred, weight, zero_division)
    assert report.exact_match == pytest.approx(
        sk.accuracy_score(y_true, y_pred, sample_weight=weight)
    )
    assert report.hamming_loss == pytest.approx(
        sk.hamming_loss(y_true, y_pred, sample_weight=weight)
    )
    if form == "proba":
        for average in ("micro", "macro", "weighted"):
            assert report.averages[average]["average_precision"] == pytest.approx(
                sk.average_precision_score(y_true, y_proba, average=average, sample_weight=weight)
            )
        np.testing.assert_allclose(
            report.average_precision,
            sk.average_precision_score(y_true, y_proba, average=None, sample_weight=weight),
        )
    else:
        assert report.average_precision is None
        assert report.thresholds is None


@pytest.mark.parametrize("undefined", ["skip", "zero"])
def test_absent_labels_are_treated_as_by_the_functions(undefined):
    y_true, y_proba, _ = make()
    y_true[:, 1] = 0
    y_pred = y_proba > 0.4
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report = multilabel_report(
            y_true, y_proba, threshold=0.4, label_names=NAMES, undefined=undefined
        )
    assert len(caught) == (undefined == "skip")
    if caught:
        assert caught[0].category is AbsentLabelWarning
        assert "'joy'" in str(caught[0].message)
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AbsentLabelWarning)
        for kind in ("precision", "recall", "f1", "average_precision"):
            function = getattr(metrics, f"{kind}_score")
            output = y_proba if kind == "average_precision" else y_pred
            expected = function(y_true, output, average=None, undefined=undefined)
            np.testing.assert_allclose(getattr(report, kind), expected)
            for average in ("micro", "macro", "weighted"):
                expected = function(y_true, output, average=average, undefined=undefined)
                assert report.averages[average][kind] == pytest.approx(expected), (kind, average)
    if undefined == "zero":
        assert_equals_scikit_learn(report, y_true, y_pred, None)
    assert ("-" in str(report).split("joy")[1].split("\n")[0]) is (undefined == "skip")


def test_an_absent_label_can_be_refused():
    y_true, y_proba, _ = make()
    y_true[:, 1] = 0
    with pytest.raises(LabelError, match="No positive in y_true for 1 label"):
        multilabel_report(y_true, y_proba, undefined="raise")


def test_a_weight_of_zero_removes_a_document_and_its_text():
    y_true, y_proba, weight = make()
    weight[::3] = 0
    kept = weight > 0
    texts = [f"text {i}" for i in range(120)]
    whole = multilabel_report(y_true, y_proba, sample_weight=weight, texts=texts)
    part = multilabel_report(
        y_true[kept],
        y_proba[kept],
        sample_weight=weight[kept],
        texts=[text for text, keep in zip(texts, kept, strict=True) if keep],
    )
    assert str(whole) == str(part)
    assert whole.n_samples == 80
    assert whole._texts == part._texts


def test_reads_every_form_of_labels():
    y_true, y_proba, _ = make()
    sets = [[NAMES[j] for j in np.flatnonzero(row)] for row in y_true]
    expected = str(multilabel_report(y_true, y_proba, label_names=NAMES))
    assert str(multilabel_report(sets, y_proba, label_names=NAMES)) == expected
    frame = pd.DataFrame(y_true, columns=NAMES)
    assert str(multilabel_report(frame, y_proba)) == expected
    shuffled = pd.DataFrame(y_proba, columns=NAMES)[NAMES[::-1]]
    assert str(multilabel_report(frame, shuffled)) == expected
    assert str(multilabel_report(sp.csr_matrix(y_true), y_proba, label_names=NAMES)) == expected


def test_one_label():
    y_true, y_proba, _ = make(n_labels=1)
    report = multilabel_report(y_true, y_proba)
    assert report.f1[0] == pytest.approx(sk.f1_score(y_true, y_proba > 0.5))
    flat = multilabel_report(y_true.ravel(), np.hstack([1 - y_proba, y_proba]))
    assert str(flat) == str(report)


def test_output_of_scikit_learns_classifiers_goes_in_unchanged():
    y_true, y_proba, _ = make()
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(y_proba, y_true)
    dummy = DummyClassifier(strategy="prior").fit(y_proba, y_true)
    for estimator in (forest, dummy):
        output = estimator.predict_proba(y_proba)
        stacked = np.column_stack([part[:, 1] for part in output])
        assert str(multilabel_report(y_true, output)) == str(multilabel_report(y_true, stacked))


def test_a_dummy_whose_label_was_constant_goes_in():
    y_true, y_proba, _ = make()
    learned = y_true.copy()
    learned[:, 0] = 0
    output = DummyClassifier(strategy="prior").fit(y_proba, learned).predict_proba(y_proba)
    with pytest.warns(RareLabelWarning, match="'anger'") as caught:
        report = multilabel_report(y_true, output, label_names=NAMES)
    assert caught[0].filename == __file__
    assert report.recall[0] == 0


def test_the_text_of_thirty_labels_is_even_and_of_many_is_cut():
    y_true, y_proba, _ = make(n=300, n_labels=30)
    names = [f"label {j}" for j in range(29)] + ["a name that is\nlonger than any column should be"]
    report = multilabel_report(y_true, y_proba, label_names=names, n_bootstrap=50, random_state=0)
    lines = str(report).splitlines()
    table = [line for line in lines[2:-3] if line]
    assert len(table) == 1 + 30 + 4
    assert max(map(len, lines)) <= 120
    assert (
        len({line.rindex(line.split("  ")[-1]) + len(line.split("  ")[-1]) for line in table}) == 1
    )

    y_true, y_proba, _ = make(n=300, n_labels=100)
    text = str(multilabel_report(y_true, y_proba))
    assert "40 labels of lower support left out; see to_frame()" in text
    assert len(text.splitlines()) < 80


def test_the_frame_holds_all_numbers():
    y_true, y_proba, _ = make()
    report = multilabel_report(
        y_true, y_proba, label_names=NAMES, threshold={"joy": 0.3}, n_bootstrap=50, random_state=0
    )
    frame = report.to_frame()
    assert list(frame.columns) == [
        *("support", "threshold", "precision", "recall", "f1"),
        *("average_precision", "f1_low", "f1_high"),
    ]
    assert list(frame.index) == [*NAMES, "micro avg", "macro avg", "weighted avg", "samples avg"]
    np.testing.assert_array_equal(frame["f1"][:4], report.f1)
    assert frame.loc["joy", "threshold"] == 0.3
    assert frame.loc["macro avg", "f1_low"] == report.intervals["f1_macro"][0]
    assert frame.loc["samples avg", "recall"] == report.averages["samples"]["recall"]
    assert report.to_frame(averages=False).shape == (4, 8)
    assert list(multilabel_report(y_true, y_true).to_frame().columns) == [
        *("support", "precision", "recall", "f1")
    ]


def test_intervals_are_seeded_and_hold_the_score():
    y_true, y_proba, weight = make()
    options = {"n_bootstrap": 200, "sample_weight": weight}
    first = multilabel_report(y_true, y_proba, random_state=1, **options)
    again = multilabel_report(y_true, y_proba, random_state=1, **options)
    other = multilabel_report(y_true, y_proba, random_state=2, **options)
    assert str(first) == str(again) != str(other)
    wide = multilabel_report(y_true, y_proba, random_state=1, confidence_level=0.99, **options)
    for name, value in [
        ("f1_micro", first.averages["micro"]["f1"]),
        ("f1_macro", first.averages["macro"]["f1"]),
        ("exact_match", first.exact_match),
        ("hamming_loss", first.hamming_loss),
    ]:
        low, high = first.intervals[name]
        assert low < value < high
        assert wide.intervals[name][0] < low < high < wide.intervals[name][1]
    assert first.intervals["f1"].shape == (4, 2)
    assert (
        (first.intervals["f1"][:, 0] < first.f1) & (first.f1 < first.intervals["f1"][:, 1])
    ).all()
    assert multilabel_report(y_true, y_proba).intervals is None


def test_html_is_escaped_and_the_report_pickles():
    y_true, y_proba, _ = make()
    names = ["<script>alert(1)</script>", "b&b", "c", "d"]
    report = multilabel_report(y_true, y_proba, label_names=names)
    html = report._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "b&amp;b" in html
    assert str(pickle.loads(pickle.dumps(report))) == str(report)
    assert repr(report).startswith("<MultilabelReport: 120 documents, 4 labels, micro F1 0.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"y_proba": np.zeros((120, 3))},
            "y_true has shape (120, 4) and y_proba has shape",
        ),
        ({"y_proba": np.zeros((7, 4), int)}, "(120, 4) and y_pred has shape (7, 4)"),
        ({"y_proba": np.full((120, 4), 1.5)}, "y_proba must lie in [0, 1], but row 0"),
        ({"texts": ["a", "b"]}, "texts holds 2 documents, but y_true has shape (120, 4)"),
        ({"threshold": [0.5, 0.5]}, "threshold has shape (2,), but there are 4 labels"),
        ({"threshold": {"hate": 0.5}}, "threshold names the unknown labels 'hate'"),
        ({"threshold": 1.5}, "it must lie in [0, 1]"),
        ({"label_names": ["a", "b"]}, "there are 2 labels"),
        ({"sample_weight": [1, 2]}, "sample_weight has shape (2,), but y_true has 120 rows"),
        ({"n_bootstrap": 1}, "n_bootstrap must be 0, for no intervals, or an int of at least 2"),
        ({"n_bootstrap": 10.0}, "n_bootstrap must be 0"),
        ({"confidence_level": 95}, "confidence_level is 95; pass a number in (0, 1)"),
        ({"undefined": "nan"}, "undefined is 'nan'; pass one of"),
        ({"zero_division": "warn"}, "zero_division must be 0.0 or 1.0"),
    ],
)
def test_bad_input_is_refused_with_what_was_found(change, message):
    y_true, y_proba, _ = make()
    arguments = {"y_true": y_true, "y_proba": y_proba, "label_names": NAMES} | change
    with pytest.raises(ValueError, match=re.escape(message)):
        multilabel_report(**arguments)


def test_texts_must_be_str():
    y_true, y_proba, _ = make()
    with pytest.raises(DocumentError, match=r"texts: X\[1\] is missing \(None\)"):
        multilabel_report(y_true, y_proba, texts=["a", None] * 60)


def test_to_html_writes_the_file_and_returns_its_path(tmp_path):
    y_true, y_proba, _ = make()
    path = multilabel_report(y_true, y_proba).to_html(str(tmp_path / "report.html"), title="A & B")
    assert path == tmp_path / "report.html"
    assert "<title>A &amp; B</title>" in path.read_text(encoding="utf-8")
    with pytest.raises(OSError, match="directory"):
        multilabel_report(y_true, y_proba).to_html(tmp_path)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, pd.DataFrame])
@pytest.mark.parametrize("undefined", ["skip", "zero"])
def test_unknown_labels_are_scored_as_by_the_functions(form, undefined):
    y, proba, decided, weight = unknown_labels.make(0)
    y[9] = np.nan
    y[:, 3] = np.nan
    absent = pytest.warns(AbsentLabelWarning) if undefined == "skip" else nullcontext()
    options = {"sample_weight": weight, "undefined": undefined}
    with pytest.warns(UnknownLabelWarning) as caught, absent:
        report = multilabel_report(form(y), proba, n_bootstrap=20, random_state=0, **options)
    told = [str(w.message) for w in caught if w.category is UnknownLabelWarning]
    assert len(told) == 2
    assert told[0].startswith("1 of 60 documents have no known label")
    assert told[1].startswith("Nothing is known of 1 label(s)")
    assert report.n_samples == 59
    np.testing.assert_allclose(report.known, weight @ ~np.isnan(y))
    np.testing.assert_allclose(report.support, weight @ (y == 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in ("precision", "recall", "f1"):
            score = getattr(metrics, f"{kind}_score")
            np.testing.assert_array_equal(
                getattr(report, kind), score(y, decided, average=None, **options)
            )
            for average in ("micro", "macro", "weighted", "samples"):
                expected = score(y, decided, average=average, **options)
                assert report.averages[average][kind] == pytest.approx(expected)
        score = metrics.average_precision_score
        np.testing.assert_array_equal(
            report.average_precision, score(y, proba, average=None, **options)
        )
        for average in ("micro", "macro", "weighted"):
            expected = score(y, proba, average=average, **options)
            assert report.averages[average]["average_precision"] == pytest.approx(expected)
        del options["undefined"]
        assert report.exact_match == metrics.exact_match(y, decided, **options)
        assert report.hamming_loss == metrics.hamming_loss(y, decided, **options)
    low, high = report.intervals["hamming_loss"]
    assert low < report.hamming_loss < high
    frame = report.to_frame()
    assert frame.columns[:2].tolist() == ["support", "known"]
    assert frame.loc["micro avg", "known"] == report.known.sum()
    assert "known" not in multilabel_report(np.nan_to_num(y), proba, undefined="zero").to_frame()


def test_texts_stand_beside_all_documents_that_were_passed():
    y = np.array([[1.0, 0.0], [np.nan, np.nan], [0.0, 1.0]])
    with pytest.warns(UnknownLabelWarning):
        report = multilabel_report(y, 1 - np.nan_to_num(y), texts=["a", "b", "c"])
    assert report._texts == ["a", "c"]
    with pytest.raises(ValueError, match=r"texts holds 2 documents, but y_true has shape \(3, 2\)"):
        multilabel_report(np.nan_to_num(y), y[:, ::-1] == 1, texts=["a", "c"])


TREE = {"joy": ["feeling"], "love": ["joy", "pride"]}


def test_a_hierarchy_orders_and_indents_the_labels():
    y_true, y_proba, weight = make()
    options = {"label_names": NAMES, "sample_weight": weight, "n_bootstrap": 10, "random_state": 0}
    plain = multilabel_report(y_true, y_proba, **options)
    report = multilabel_report(y_true, y_proba, hierarchy=TREE, **options)
    assert report.label_names == ["anger", "joy", "love", "pride"]
    other = multilabel_report(y_true, y_proba, hierarchy={"anger": "pride"}, **options)
    order = [1, 2, 3, 0]
    assert other.label_names == ["joy", "love", "pride", "anger"]
    for name in (
        "support",
        "known",
        "thresholds",
        "precision",
        "recall",
        "f1",
        "average_precision",
    ):
        np.testing.assert_array_equal(getattr(other, name), getattr(plain, name)[order])
    np.testing.assert_allclose(other.intervals["f1"], plain.intervals["f1"][order])
    assert list(other.to_frame(averages=False).index) == other.label_names
    expected = {
        kind: getattr(metrics, f"hierarchical_{kind}_score")(
            y_true, y_proba > 0.5, TREE, label_names=NAMES, sample_weight=weight
        )
        for kind in ("precision", "recall", "f1")
    }
    assert report.hierarchical == pytest.approx(expected)
    assert plain.hierarchical is None
    lines = str(report).splitlines()
    assert [line[:8] for line in lines[4:8]] == ["anger   ", "joy     ", "  love  ", "pride   "]
    found = ", ".join(f"{kind} {value:.3f}" for kind, value in expected.items())
    assert f"hierarchical  {found}" in lines
    assert "hierarchical" not in str(plain)
    assert "\u00a0\u00a0love" in report._repr_html_()


@pytest.mark.parametrize("form", ["proba", "frame", "pred", "sparse"])
def test_a_hierarchy_and_unknown_labels(form):
    y_true, y_proba, _ = make()
    y_true = y_true.astype(float)
    y_true[np.random.default_rng(1).random(y_true.shape) < 0.4] = np.nan
    y_true[0], y_true[1] = 1, np.nan
    y_pred = (y_proba > 0.3).astype(int)
    given = {
        "proba": y_proba,
        "frame": pd.DataFrame(y_proba, columns=NAMES)[NAMES[::-1]],
        "pred": y_pred,
        "sparse": sp.csr_array(y_pred),
    }[form]
    truth = pd.DataFrame(y_true, columns=NAMES)
    with pytest.warns(UnknownLabelWarning, match="2 of 120 documents"):
        report = multilabel_report(truth, given, threshold=0.3, hierarchy=TREE)
    with pytest.warns(UnknownLabelWarning, match="2 of 120 documents"):
        expected = metrics.hierarchical_f1_score(truth, y_pred, TREE)
    assert report.hierarchical["f1"] == pytest.approx(expected)


def test_a_hierarchy_of_nothing_known():
    y_true, y_proba, _ = make()
    with pytest.raises(LabelError, match="hierarchy has a cycle"):
        multilabel_report(y_true, y_proba, hierarchy={"0": "1", "1": "0"})
