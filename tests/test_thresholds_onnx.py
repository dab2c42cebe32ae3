"""ONNX files of tuned taggers have the tuned thresholds."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

pytest.importorskip("onnx", reason="needs ONNX (extra 'onnx')")
pytest.importorskip("onnxruntime", reason="needs ONNX Runtime (extra 'onnx')")

from onnx_runs import as_input, open_file

from skmultitext import (
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext.datasets import load_support_tickets

TICKETS = load_support_tickets()
TEXTS, LABELS = TICKETS.data[:100], TICKETS.label_sets[:100]
SIMPLE = TfidfLogRegTagger(token_pattern=r"[a-z]+", random_state=0)


@pytest.mark.parametrize("frozen", [False, True])
def test_the_file_decides_as_the_tagger(frozen, tmp_path):
    inner = FrozenEstimator(SIMPLE.fit(TEXTS, LABELS)) if frozen else SIMPLE
    tagger = TunedThresholdTaggerCV(inner, cv="prefit" if frozen else 2, random_state=0)
    tagger.fit(TEXTS, LABELS)
    own = SIMPLE.fit(TEXTS, LABELS).thresholds_.copy()
    tagger.to_onnx(tmp_path)
    session, metadata = open_file(tmp_path)
    assert metadata["label_names"] == tagger.label_names_.tolist()
    assert metadata["thresholds"] == tagger.thresholds_.tolist() != own.tolist()
    (proba,) = session.run(["probabilities"], {"texts": as_input(TEXTS)})
    assert ((proba > metadata["thresholds"]) == tagger.predict(TEXTS)).all()
    if frozen:
        assert (inner.estimator.thresholds_ == own).all()  # the tagger in it is as it was


def test_thresholds_go_to_labels_of_the_same_name(tmp_path):
    inner = TfidfLogRegTagger(token_pattern=r"[a-z]+", labels=["b", "a"])
    tagger = FixedThresholdTagger(inner, threshold={"a": 0.1, "b": 0.2})
    tagger.fit(["late", "refund", "hello"], [["b"], ["a"], []])
    assert tagger.label_names_.tolist() == ["b", "a"]
    tagger.to_onnx(tmp_path)
    _, metadata = open_file(tmp_path)
    assert metadata == {"label_names": ["b", "a"], "thresholds": [0.2, 0.1]}


def test_features(tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 3))
    tagger = FixedThresholdTagger(MultilabelLogisticRegression(), threshold=[0.1, 0.9])
    tagger.fit(X, (X[:, :2] > 0).astype(int)).to_onnx(tmp_path)
    assert open_file(tmp_path)[1]["thresholds"] == [0.1, 0.9]


def test_only_where_the_wrapped_estimator_has_it():
    forest = FixedThresholdTagger(OneVsRestClassifier(LogisticRegression()))
    assert not hasattr(forest, "to_onnx")
    assert hasattr(FixedThresholdTagger(SIMPLE), "to_onnx")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_labels": 2}, r"This FixedThresholdTagger has max_labels or at_least_one; the meta"),
        ({"at_least_one": True}, r"has max_labels or .* Fit without them, or keep this tagger"),
        (
            {"response_method": "decision_function"},
            r"has thresholds of decision_function; .* Fit with response_method='predict_proba'",
        ),
    ],
)
def test_other_decisions_are_refused(parameters, message, tmp_path):
    tagger = FixedThresholdTagger(SIMPLE, **parameters)
    with pytest.raises(NotFittedError):
        tagger.to_onnx(tmp_path)
    tagger.fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match=message):
        tagger.to_onnx(tmp_path / "new")
    assert not (tmp_path / "new").exists()
