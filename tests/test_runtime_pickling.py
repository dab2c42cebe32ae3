"""Pickles say which version wrote them."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.exceptions import InconsistentVersionWarning

import skmultitext
from skmultitext import TfidfLogRegTagger
from skmultitext._runtime.pickling import own_version
from skmultitext.exceptions import InconsistentModelWarning
from skmultitext.feature_extraction import TfidfVectorizer

TEXTS = ["refund my lamp", "my parcel is late"]
SETS = [["refund"], ["delivery"]]


@pytest.mark.parametrize(
    "make", [lambda: TfidfLogRegTagger().fit(TEXTS, SETS), lambda: TfidfVectorizer().fit(TEXTS)]
)
def test_another_version_warns(make, monkeypatch):
    fitted = make()
    name = type(fitted).__name__
    with monkeypatch.context() as patch:
        patch.setattr(skmultitext, "__version__", "0.0.7")
        content = pickle.dumps(fitted)
    message = (
        f"This {name} was written with skmultitext 0.0.7; the installed version is "
        f"{own_version()}. Results may differ, or be wrong: fit it again, or install that version."
    )
    with pytest.warns(InconsistentVersionWarning) as found:
        loaded = pickle.loads(content)
    # the vectorizer within a tagger says it too
    assert message in {str(warning.message) for warning in found}
    assert {type(warning.message) for warning in found} == {InconsistentModelWarning}
    # an address of this process, with which scikit-learn saves itself a check
    assert vars(loaded).keys() == vars(fitted).keys() - {"_stop_words_id"}


def test_the_same_version_does_not(recwarn):
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS)
    for again in (pickle.loads(pickle.dumps(tagger)), copy.deepcopy(tagger)):
        np.testing.assert_array_equal(again.predict_proba(TEXTS), tagger.predict_proba(TEXTS))
        assert vars(again).keys() == vars(tagger).keys()
    assert not recwarn.list


def test_a_pickle_from_before_there_was_a_version():
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS)
    state = dict(tagger.__getstate__())
    del state["_skmultitext_version"]
    with pytest.warns(InconsistentVersionWarning, match=r"with skmultitext before 0\.1\.0; the"):
        TfidfLogRegTagger().__setstate__(state)
