"""What the attributes of our own classes say of each other: all parts of a tagger agree."""

import json

import numpy as np
import pytest
from saved_models import apart, fitted, loaded, objects_in, taken_apart
from test_persistence_schemas_sklearn import forged, shorter, twice

import skmultitext
from skmultitext import TfidfLogRegTagger
from skmultitext._gate.labels import LabelCodes
from skmultitext.exceptions import ModelFileError
from skmultitext.persistence._encoding import may_collide

THREES = np.full(2, 3)


def names(*values):
    return np.array(values, dtype=object)


def longer(array):
    return np.concatenate([array, array[-1:]])


_LINEAR = "skmultitext.MultilabelLogisticRegression"
_VECTORIZER = "skmultitext.TfidfVectorizer"
_TAGGER = "skmultitext.TfidfLogRegTagger"


@pytest.mark.parametrize(
    ("name", "key", "changes", "message"),
    [
        ("tagger", _VECTORIZER, {"vocabulary_": twice}, "columns must be 0 to"),
        ("tagger", _VECTORIZER, {"input": "filename"}, "must be one of 'content'"),
        ("tagger", "sklearn.TfidfTransformer", {"idf_": shorter}, "n_features is 19 here"),
        ("features", _LINEAR, {"coef_": shorter}, "n_labels is 1 here, but 2 in"),
        ("features", _LINEAR, {"coef_": longer}, "n_labels"),
        ("features", _LINEAR, {"coef_": lambda a: a[:, :-1]}, "n_features is 3 here, but 4"),
        ("features", _LINEAR, {"coef_": lambda a: a.astype(complex)}, "must be an array of float"),
        ("features", _LINEAR, {"intercept_": longer}, "n_labels is 3 here, but 2"),
        ("features", _LINEAR, {"_constants": longer}, "n_labels is 3 here, but 2"),
        ("features", _LINEAR, {"_constants": np.full(2, 17.0)}, r"outside of \[-16, 16\]"),
        ("features", _LINEAR, {"thresholds_": np.array([0.5, 1.5])}, r"outside of \[0, 1\]"),
        ("features", _LINEAR, {"label_names_": names("0", "2")}, "label_names_ differ from those"),
        ("features", _LINEAR, {"label_names_": names("0", "0")}, "contains a name twice"),
        ("features", _LINEAR, {"classes_": LabelCodes([[0, 2]] * 2)}, "classes_ differ from those"),
        ("features", _LINEAR, {"_n_seen": (9, THREES, THREES + 1)}, "more positive documents"),
        ("features", _LINEAR, {"_n_seen": (2, THREES, THREES)}, "more positive documents"),
        ("partial", _LINEAR, {"_squares": lambda a: a[:-1]}, "n_features is 3 here"),
        ("sparse", _LINEAR, {"coef_": lambda a: a.tocsc()}, "must be an array"),
        ("binary", "skmultitext.LabelSpace", {"codes": np.array([["a", "a"]])}, "a class twice"),
        ("tagger", "skmultitext.LabelSpace", {"form": "binary"}, "has exactly one label"),
        ("fixed", "skmultitext.FixedThresholdTagger", {"max_labels": -1}, "must be from 1"),
        (
            "tuned", "skmultitext.TunedThresholdTaggerCV",
            {"best_thresholds_": np.array([0.5, 2.0]), "_method": "predict_proba"},
            "of probabilities must be in",
        ),
        ("isotonic", "skmultitext.CalibratedTaggerCV", {"_bounds": None}, "if and only if"),
        (
            "isotonic", "skmultitext.CalibratedTaggerCV",
            {"_bounds": lambda b: (b[1], b[0])}, "_bounds must be inside",
        ),
        (
            "isotonic", "skmultitext.IsotonicCalibrator",
            {"z": lambda z: z[::-1].copy()}, "z must increase",
        ),
        (
            "isotonic", "skmultitext.IsotonicCalibrator",
            {"steps": lambda s: s[::-1].copy()}, "steps must not decrease",
        ),
        ("repeated", "skmultitext.SigmoidCalibrator", {"slope": float("nan")}, "must be from"),
    ],
    ids=range(27),
)  # fmt: skip
def test_contradictions(name, key, changes, message):
    with pytest.raises(ModelFileError, match=message):
        forged(name, key, **changes)


def test_a_classifier_of_other_features_or_labels():
    tagger = loaded(*apart("tagger")[:2])
    for part, message in (
        (fitted("features"), r"classifier_ .*n_features is 4 here, but 20"),
        (fitted("tagger").vectorizer_, r"it must be skmultitext\.MultilabelLogisticRegression"),
    ):
        tagger.classifier_ = part
        with pytest.raises(ModelFileError, match=message):
            loaded(*taken_apart(tagger, checked=False))


def test_a_part_that_is_not_fitted():
    tagger = loaded(*apart("fixed")[:2])
    tagger.estimator_ = TfidfLogRegTagger()
    with pytest.raises(ModelFileError, match=r"estimator_ is not fitted"):
        loaded(*taken_apart(tagger, checked=False))
    for other in (TfidfLogRegTagger(), [1, 2], fitted("tagger")._label_space):
        with pytest.raises(ModelFileError, match="is not a fitted estimator"):
            loaded(*taken_apart(other, checked=False))


def test_keys_whose_hashes_collide():
    keys = [k * (2**61 - 1) for k in range(40_000)]
    assert may_collide(keys)
    assert not may_collide(keys[:32])
    tree, files, _ = apart("sparse")
    tree = json.loads(json.dumps(tree))
    state = next(state for key, state in objects_in(tree) if "class_weight" in state)
    for node in (
        {"$": "dict", "items": [[key, 1] for key in keys]},
        {"$": "set", "items": keys},
        {"$": "frozenset", "items": [k + 0.0 for k in range(33)]},
    ):
        state["class_weight"] = node
        with pytest.raises(
            ModelFileError, match=r"contains a (dict|set) of .* that are not all str"
        ):
            loaded(tree, files)


def test_nothing_is_written_that_would_be_refused(tmp_path):
    tagger = loaded(*apart("features")[:2])
    tagger.coef_[0, 0] = np.nan
    message = r"cannot be saved: MultilabelLogisticRegression\.coef_ contains a number outside of"
    with pytest.raises(ValueError, match=message):
        skmultitext.save(tagger, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
