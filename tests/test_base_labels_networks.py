"""The parameter `labels` on the networks."""

import json

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from skmultitext import KerasHANTagger, KerasMLPTagger
from skmultitext.exceptions import DataFileError, LabelError
from skmultitext.persistence import load, save

TEXTS = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello there"] * 6
SETS = [["refund"], ["delivery"], ["delivery", "refund"], []] * 6
LABELS = ["refund", "spam", "delivery"]
Y = np.array([[1, 0, 0], [0, 0, 1], [1, 0, 1], [0, 0, 0]] * 6)
X = np.hstack([Y, 1 - Y]).astype(float)
TINY = {"max_epochs": 2, "early_stopping": False, "random_state": 0}
SMALL = {"encoder": "mean", "embedding_dim": 4, **TINY}


@pytest.mark.parametrize(
    ("tagger", "features"),
    [(KerasMLPTagger((4,), **TINY), X), (KerasHANTagger(**SMALL), TEXTS)],
)
def test_sets_and_arrays_have_the_same_columns(tagger, features, tmp_path):
    tagger.set_params(labels=LABELS)
    expected = tagger.fit(features, Y).predict_proba(features)
    tagger.fit(features, SETS)
    assert tagger.label_names_.tolist() == LABELS
    np.testing.assert_array_equal(tagger.predict_proba(features), expected)
    np.testing.assert_array_equal(tagger.decision_function(features)[:, 1], -16.0)
    save(tagger, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert list(loaded.labels) == LABELS
    np.testing.assert_array_equal(loaded.predict_proba(features), expected)
    with pytest.raises(LabelError, match=r"y\[0\] holds the label 'refunds', which is not in lab"):
        tagger.fit(features, [["refunds"], *SETS[1:]])


def test_partial_fit_takes_the_names_as_classes():
    tagger = KerasMLPTagger((4,), labels=LABELS, random_state=0)
    tagger.partial_fit(X[:2], SETS[:2]).partial_fit(X[2:], SETS[2:])
    other = KerasMLPTagger((4,), random_state=0)
    other.partial_fit(X[:2], SETS[:2], classes=LABELS).partial_fit(X[2:], SETS[2:])
    assert tagger.label_names_.tolist() == LABELS
    np.testing.assert_array_equal(tagger.predict_proba(X), other.predict_proba(X))


def test_files_are_read_with_these_names(tmp_path):
    path = tmp_path / "texts.jsonl"
    rows = [{"text": t, "labels": s} for t, s in zip(TEXTS, SETS, strict=True)]
    path.write_text("\n".join(map(json.dumps, rows)))
    tagger = KerasHANTagger(**SMALL, labels=LABELS).fit_files(path, format="jsonl")
    assert tagger.label_names_.tolist() == LABELS
    assert tagger.predict(TEXTS).shape == (24, 3)
    with pytest.raises(DataFileError, match=r"texts.jsonl:2: .*'delivery'"):
        KerasHANTagger(**SMALL, labels=["refund"]).fit_files(path, format="jsonl")
    with pytest.raises(LabelError, match="labels is 'refund'; pass a list of label names"):
        KerasHANTagger(**SMALL, labels="refund").fit_files(path, format="jsonl")
