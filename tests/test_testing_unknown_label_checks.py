"""Checks of unknown labels: each can fail; the tags say which apply."""

import sys
from unittest import SkipTest

import pytest
from mutants import assert_fails_on_its_mutant, checks_of
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from test_testing_subject import names_for
from their_pipelines import forest

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.base import TargetTags
from skmultitext.testing import CheckFailedError, _unknown_label_checks
from skmultitext.testing._checks import CHECKS
from skmultitext.testing._subject import Subject

OURS = set(checks_of(_unknown_label_checks))


@pytest.mark.parametrize("check_name", checks_of(_unknown_label_checks))
def test_check_fails_on_its_mutant(check_name):
    assert_fails_on_its_mutant(check_name)


def tagger_with(**tags):
    class Tagged(TfidfLogRegTagger):
        def __sklearn_tags__(self):
            declared = super().__sklearn_tags__()
            for name, value in tags.items():
                setattr(declared.target_tags, name, value)
            return declared

    return Tagged()


def test_the_tags_say_which_checks_apply():
    assert names_for(tagger_with(allow_nan=False)).isdisjoint(OURS)
    some = names_for(tagger_with(independent_labels=False))
    assert OURS - some == {"check_independent_labels"}
    assert names_for(forest(), "tagger").isdisjoint(OURS)
    of_features = make_pipeline(TfidfVectorizer(), MultilabelLogisticRegression())
    assert names_for(of_features) & OURS == {
        "check_unknown_labels",
        "check_unknown_is_not_negative",
    }


def test_a_tagger_without_the_tag_refuses_nan():
    CHECKS["check_rejects_non_finite_labels"].run(Subject(tagger_with(allow_nan=False)))
    CHECKS["check_rejects_non_finite_labels"].run(Subject(tagger_with()))


def test_an_estimator_that_takes_nan_must_say_so():
    pipeline = make_pipeline(TfidfVectorizer(), MultilabelLogisticRegression())
    subject = Subject(pipeline)
    CHECKS["check_rejects_non_finite_labels"].run(subject)

    class Silent(Subject):
        takes_unknown = False

    with pytest.raises(CheckFailedError, match="nan in y was accepted"):
        CHECKS["check_rejects_non_finite_labels"].run(Silent(pipeline))


def test_the_check_with_pandas_skips_without_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SkipTest, match="pandas is not installed"):
        CHECKS["check_unknown_labels_as_dataframe"].run(Subject(TfidfLogRegTagger()))


def test_the_tags_are_those_of_scikit_learn_and_two_more():
    tags = TargetTags(required=True)
    assert (tags.allow_nan, tags.independent_labels, tags.single_output) == (False, False, True)
