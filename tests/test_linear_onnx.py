"""ONNX files of linear taggers give the probabilities of the taggers."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

pytest.importorskip("onnx", reason="needs ONNX (extra 'onnx')")
pytest.importorskip("onnxruntime", reason="needs ONNX Runtime (extra 'onnx')")

import onnx
from onnx_runs import as_input, open_file

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger, TfidfLogRegTaggerCV
from skmultitext.datasets import load_support_tickets

TICKETS = load_support_tickets()
TEXTS, LABELS = TICKETS.data[:100], TICKETS.label_sets[:100]
NEW = [*TICKETS.data[100:200], "", "zzz", "\0", "refund " * 300]
SIMPLE = {"token_pattern": r"[a-z]+"}  # without the table of all letters


def check(tagger, directory, texts=NEW):
    """Compare a file with its tagger; return the metadata."""
    tagger.to_onnx(directory)
    session, metadata = open_file(directory)
    logits, proba = session.run(["logits", "probabilities"], {"texts": as_input(texts)})
    assert logits.dtype == proba.dtype == np.float64
    n_labels = len(tagger.label_names_)
    assert ((proba > 0) & (proba < 1)).all()
    assert logits.shape == proba.shape == (len(texts), n_labels)
    expected = tagger.predict_proba(texts)
    expected = expected[:, 1:] if tagger.classes_.ndim == 1 else expected
    scores = tagger.decision_function(texts).reshape(-1, n_labels)
    np.testing.assert_allclose(logits, scores, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(proba, expected, rtol=1e-10, atol=1e-12)
    decisions = tagger.predict(texts).reshape(-1, n_labels)
    assert ((proba > metadata["thresholds"]) == (decisions == tagger.classes_[..., -1])).all()
    (alone,) = session.run(["probabilities"], {"texts": as_input([texts[0]])})
    np.testing.assert_allclose(alone[0], proba[0], rtol=1e-12)
    return metadata


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"ngram_range": (1, 2), "sublinear_tf": True, "min_df": 2},
        {"analyzer": "char", "ngram_range": (2, 3), "min_df": 3},
        {"analyzer": "char_wb", "ngram_range": (2, 3), "min_df": 3, "prune": 0.1},
        {"prune": 0.1},
        {"prune": 1e9},  # no weight is left
        {"loss": "squared_hinge"},
        {"stop_words": "english", "strip_accents": "unicode", "class_weight": "balanced"},
    ],
    ids=str,
)
def test_probabilities_are_those_of_the_tagger(parameters, tmp_path):
    tagger = TfidfLogRegTagger(random_state=0, threshold=0.3, **parameters).fit(TEXTS, LABELS)
    metadata = check(tagger, tmp_path / "new" / "folder")
    assert metadata["label_names"] == tagger.label_names_.tolist()
    assert metadata["thresholds"] == [0.3] * len(tagger.label_names_)


@pytest.mark.parametrize("dense", [0, 1e9])
def test_sparse_weights_in_both_forms(dense, tmp_path, monkeypatch):
    monkeypatch.setattr("skmultitext.linear._onnx._DENSE", dense)
    y = np.column_stack([[int("refund" in labels) for labels in LABELS], np.ones(len(TEXTS), int)])
    tagger = TfidfLogRegTagger(prune=0.3, **SIMPLE).fit(TEXTS, y)
    assert 0 < tagger.coef_.nnz < tagger.coef_.shape[1]
    check(tagger, tmp_path)
    names = [node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node]
    assert ("Loop" in names[-8:]) == (dense > 0)


def test_constant_labels_and_extreme_probabilities(tmp_path):
    y = np.array([[1, 1, 0], [0, 1, 0], [1, 1, 0], [0, 1, 0]])
    texts = ["late", "refund", "late lamp", "hello"]
    tagger = TfidfLogRegTagger(C=100, **SIMPLE).fit(texts, y)
    tagger.partial_fit(texts, y)  # constants stand beside weights that are not 0
    check(tagger, tmp_path)
    tagger.classifier_.coef_ *= 1e6
    check(tagger, tmp_path)
    assert np.abs(tagger.decision_function(NEW)).max() > 1e3


def test_a_plain_binary_problem_has_one_column(tmp_path):
    y = np.array(["no", "yes"])[[int("refund" in labels) for labels in LABELS]]
    assert len(check(TfidfLogRegTagger(**SIMPLE).fit(TEXTS, y), tmp_path)["thresholds"]) == 1


def test_the_best_tagger_of_a_search(tmp_path):
    tagger = TfidfLogRegTaggerCV([1, 10], cv=2, random_state=0, threshold=0.4, **SIMPLE)
    check(tagger.fit(TEXTS, LABELS), tmp_path)


def test_parameters_set_after_the_fit_do_not_matter(tmp_path):
    tagger = TfidfLogRegTagger(**SIMPLE).fit(TEXTS, LABELS)
    tagger.set_params(ngram_range=(2, 2), analyzer="char", threshold=0.9)
    tagger.vectorizer_.set_params(lowercase=False, norm=None)
    check(tagger, tmp_path)


def test_labels_that_were_changed(tmp_path):
    tagger = TfidfLogRegTagger(**SIMPLE).fit(TEXTS, LABELS)
    tagger.rename_labels({"refund": "Geld zurück"})
    metadata = check(tagger, tmp_path)
    assert "Geld zurück" in metadata["label_names"]


@pytest.mark.parametrize("prune", [0.0, 0.05])
def test_a_classifier_of_features(prune, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 5))
    y = np.column_stack([X[:, :2] > 0, np.ones(40)]).astype(int)
    classifier = MultilabelLogisticRegression(prune=prune, threshold=[0.2, 0.5, 0.5]).fit(X, y)
    classifier.to_onnx(tmp_path)
    session, metadata = open_file(tmp_path)
    logits, proba = session.run(["logits", "probabilities"], {"features": X})
    np.testing.assert_allclose(logits, classifier.decision_function(X), rtol=1e-10)
    np.testing.assert_allclose(proba, classifier.predict_proba(X), rtol=1e-10)
    assert metadata["thresholds"] == [0.2, 0.5, 0.5]


def test_what_is_not_written(tmp_path):
    with pytest.raises(NotFittedError):
        TfidfLogRegTagger().to_onnx(tmp_path)
    with pytest.raises(NotFittedError):
        MultilabelLogisticRegression().to_onnx(tmp_path)
    tagger = TfidfLogRegTagger(analyzer=str.split).fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match=r"analyzer=<.*> cannot be written as ONNX\. Pass 'word',"):
        tagger.to_onnx(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_surrogate_is_refused_by_the_runtime(tmp_path):
    TfidfLogRegTagger(**SIMPLE).fit(TEXTS, LABELS).to_onnx(tmp_path)
    session, _ = open_file(tmp_path)
    with pytest.raises(UnicodeEncodeError):
        session.run(None, {"texts": as_input(["refund \ud800"])})
