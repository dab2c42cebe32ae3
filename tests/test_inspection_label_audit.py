"""The audit of labels: planted errors are found, whatever the estimator and the form of y."""

import csv
import re

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.ensemble import RandomForestClassifier

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.exceptions import DocumentError, LabelError, UnknownLabelWarning
from skmultitext.inspection import LabelAudit, find_label_errors

NAMES = ["delivery", "refund"]
Y = [["refund"], ["delivery"], []]
PROBA = np.array([[0.1, 0.9], [0.3, 0.8], [0.9, 0.2]])
TEXTS = ["=1+1", "late", "my late parcel"]


def planted():
    """Texts that tell their labels, and an indicator with two planted errors."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (60, 2))
    texts = [f"word{k % 7}{' parcel' * a}{' money' * b}" for k, (a, b) in enumerate(y)]
    y[y[:, 0].argmax(), 0] = 0
    y[y[:, 1].argmin(), 1] = 1
    return texts, y


def test_planted_errors_come_first():
    texts, y = planted()
    audit = LabelAudit.from_estimator(TfidfLogRegTagger(), texts, [
        [name for name, yes in zip(NAMES, row, strict=True) if yes] for row in y
    ])  # fmt: skip
    missing, extra = (np.flatnonzero(audit.reason == kind)[0] for kind in ("missing", "extra"))
    assert {missing, extra} == {0, 1}
    assert audit.texts[missing] == texts[audit.documents[missing]]
    assert "parcel" in audit.texts[missing]
    assert audit.labels[missing] == "delivery"
    assert "money" not in audit.texts[extra]
    assert audit.labels[extra] == "refund"
    assert audit.margin[[0, 1]].max() < -0.2
    assert repr(audit).startswith(f"<LabelAudit: {len(audit)} doubtful labels, ")


@pytest.mark.parametrize(
    "estimator",
    [RandomForestClassifier(20, random_state=0), MultilabelLogisticRegression()],
    ids=["forest", "linear"],
)
def test_features_and_other_estimators(estimator):
    texts, y = planted()
    X = np.array([[text.count("parcel"), text.count("money")] for text in texts]) * 5.0
    audit = LabelAudit.from_estimator(estimator, X, y, cv=3, random_state=0, n_jobs=1)
    assert audit.texts is None
    assert set(audit.reason[:2]) == {"missing", "extra"}
    assert not hasattr(estimator, "classes_")


def test_rows_without_a_known_label_keep_the_numbers_of_the_others():
    texts, y = planted()
    y = np.vstack([np.full((3, 2), np.nan), y])
    with pytest.warns(UnknownLabelWarning, match="3 of 63 documents have no known label"):
        audit = LabelAudit.from_estimator(TfidfLogRegTagger(), ["new"] * 3 + texts, y, cv=3)
    assert audit.documents.min() >= 3
    for i, text in zip(audit.documents, audit.texts, strict=True):
        assert text == texts[i - 3]


@pytest.mark.parametrize(
    "y", [Y, sp.csr_array([[0, 1], [1, 0], [0, 0]]), [[0, 1], [1, 0], [0, 0]]],
    ids=["sets", "sparse", "indicator"],
)  # fmt: skip
def test_forms_of_y(y):
    audit = find_label_errors(y, PROBA, label_names=NAMES)
    assert audit.documents.tolist() == [2, 1, 1]
    assert audit.labels.tolist() == ["delivery", "refund", "delivery"]
    assert audit.confidence.tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert len(find_label_errors(y, PROBA, label_names=NAMES, max_confidence=0.15)) == 1
    assert len(find_label_errors(y, PROBA, label_names=NAMES, max_confidence=0.01)) == 0


def test_the_table_and_the_file(tmp_path):
    pandas = pytest.importorskip("pandas")
    y = [["=x"], ["delivery"], []]
    audit = find_label_errors(y, PROBA, label_names=["delivery", "=x"], texts=TEXTS)
    frame = audit.to_frame()
    assert list(frame) == [
        "document", "label", "reason", "probability", "confidence", "margin", "text"
    ]  # fmt: skip
    with open(audit.to_csv(tmp_path / "errors.csv"), encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["label"] for row in rows] == ["delivery", "'=x", "delivery"]
    pandas.testing.assert_series_equal(
        pandas.Series([float(row["margin"]) for row in rows], name="margin"), frame["margin"]
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_confidence": 0}, ValueError, "max_confidence is 0; pass a number in (0, 1]."),
        ({"max_confidence": True}, ValueError, "max_confidence is True; pass a number in"),
        ({"y_proba": PROBA > 0.5}, ValueError, "y_proba holds decisions, which say nothing"),
        ({"texts": ["a"]}, ValueError, "texts holds 1 documents, but y has 3 rows; pass one text"),
        ({"texts": ["a", None, "b"]}, DocumentError, "texts: "),
        (
            {"label_names": ["delivery", "refnd"]},
            LabelError,
            "y holds the label 'refund', which has no",
        ),
    ],
)
def test_what_is_not_legal_is_named(options, error, message):
    given = {"y": Y, "y_proba": PROBA, "label_names": NAMES, **options}
    with pytest.raises(error, match=re.escape(message)):
        find_label_errors(**given)


def test_sigmoids_make_labels_comparable():
    rng = np.random.default_rng(0)
    z = 3 * rng.standard_normal((2000, 2))
    y = (rng.random((2000, 2)) < 1 / (1 + np.exp(-z))).astype(int)
    timid = 1 / (1 + np.exp(-z * [1.0, 0.2] - [0.0, 1.0]))
    audit = find_label_errors(y, timid, max_confidence=1.0)
    at = audit.documents[audit.labels == "1"]
    truth = np.where(y, 1, 0)[at, 1]
    own = np.log(audit.probability / (1 - audit.probability))[audit.labels == "1"]
    np.testing.assert_allclose(own, z[at, 1], atol=0.5)
    assert truth.mean() == pytest.approx(audit.probability[audit.labels == "1"].mean(), abs=0.01)
    raw = find_label_errors(y, timid, max_confidence=1.0, calibrate=False)
    assert sorted(raw.probability) == sorted(timid.ravel())


def test_unknown_entries_take_no_part_in_sigmoids():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, (40, 2)).astype(float)
    proba = np.clip(0.6 * y + 0.4 * rng.random((40, 2)), 0, 1)
    hidden = np.vstack([y, np.tile([np.nan, 1.0], (40, 1)), np.tile([np.nan, 0.0], (40, 1))])
    more = np.vstack([proba, np.tile([1.0, 0.9], (40, 1)), np.tile([0.0, 0.1], (40, 1))])
    first = find_label_errors(y, proba, max_confidence=1.0)
    second = find_label_errors(hidden, more, max_confidence=1.0)
    pairs = [
        {(i, p) for i, j, p in zip(a.documents, a.labels, a.probability, strict=True) if j == "0"}
        for a in (first, second)
    ]
    assert pairs[0] == pairs[1]
