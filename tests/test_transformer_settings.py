"""Settings of TransformerTagger that have no effect, or contradict."""

import pytest

from skmultitext.transformer._settings import (
    DICTS,
    check_same_reading,
    refuse_validation_data,
    unused_in_reading,
    unused_with_logreg,
)
from skmultitext.transformer.tagger import TransformerTagger


def names(rules):
    return {name for _, of_rule in rules for name in of_rule}


def test_what_the_other_settings_leave_without_effect():
    assert names(unused_in_reading("truncate")) == {"window_stride", "window_pooling"}
    assert names(unused_in_reading("window")) == {"truncation_side"}
    without, given = (TransformerTagger(checkpoint_dir=path) for path in (None, "x"))
    assert names(without._unused_parameters()) - names(given._unused_parameters()) == {
        "checkpoint_every"
    }
    assert "C" in names(given._unused_parameters())
    assert "freeze" in names(unused_with_logreg("embeddings"))
    assert "freeze" not in names(unused_with_logreg("encoder"))


def test_every_parameter_is_known():
    parameters = set(TransformerTagger().get_params())
    assert len(parameters) <= 28
    known = parameters - set(DICTS) | {key for keys in DICTS.values() for key in keys}
    tagger = TransformerTagger(text_params={"long_text": "window"})
    rules = [*tagger._unused_parameters(), *unused_with_logreg("none")]
    assert names(rules) <= known
    # what is left has an effect with head="logreg", or is set by scikit-learn's checks
    assert known - names(rules) - names(unused_in_reading("truncate")) == {
        "additional_special_tokens",
        "allow_pickle_weights",
        "checkpoint",
        "class_weight",
        "device",
        "framework",
        "head",
        "labels",
        "long_text",
        "lowercase",
        "max_length",
        "n_iter_no_change",
        "pooling",
        "precision",
        "random_state",
        "threshold",
        "warm_start",
    }


def test_contradictions_are_refused():
    refuse_validation_data(None)
    with pytest.raises(ValueError, match="validation_data was passed, but head='logreg' trains no"):
        refuse_validation_data(("a", "b"))
    ours = {"max_length": 10, "lowercase": False}
    check_same_reading(ours, dict(ours))
    with pytest.raises(
        ValueError, match=r"with max_length=10, but the parameters ask for max_leng"
    ):
        check_same_reading(ours, {**ours, "max_length": 20})
