"""The table of what may stand in a saved model."""

import inspect

import pytest

import skmultitext
from skmultitext.exceptions import ModelFileError
from skmultitext.persistence._allowed import ALLOWED, find_allowed, key_of

NEEDS = {
    "skmultitext.TorchNetwork": "torch",
    "skmultitext.KerasNetwork": "keras",
    "skmultitext.tagging_network": "keras",
    "skmultitext.text_network": "keras",
}


@pytest.mark.parametrize("key", ALLOWED)
def test_every_entry_is_there_and_goes_by_its_key(key):
    if key in NEEDS:
        pytest.importorskip(NEEDS[key], reason=f"needs {NEEDS[key]}")
    assert key_of(find_allowed(key)) == key


def test_every_public_estimator_may_be_saved():
    public = [getattr(skmultitext, name) for name in skmultitext.__all__]
    estimators = [thing for thing in public if inspect.isclass(thing)]
    assert len(estimators) >= 8
    for estimator in estimators:
        assert key_of(estimator) is not None, f"{estimator.__name__} is not in the table"


def test_only_what_is_meant_goes_by_a_key():
    class TfidfLogRegTagger:
        pass

    TfidfLogRegTagger.__module__ = "skmultitext.linear"
    assert key_of(TfidfLogRegTagger) is None
    assert key_of(open) is None
    assert key_of("skmultitext.TfidfLogRegTagger") is None


@pytest.mark.parametrize(
    "key", ["os.system", "", None, ["a"], "skmultitext.linear", "builtins.eval"]
)
def test_other_keys(key):
    with pytest.raises(
        ModelFileError, match="which is not a class or function that a saved model may contain"
    ):
        find_allowed(key)
