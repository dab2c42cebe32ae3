"""What a wrapping tagger hands on to its estimator, and what it keeps to itself."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC
from wrapped_estimators import one_vs_rest

from skmultitext import FixedThresholdTagger, TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext._wrapping import wrapped_has
from skmultitext.model_selection import MultilabelStratifiedGroupKFold


def test_prefit_matches_labels_by_name(tickets):
    half = len(tickets.data) // 2
    estimator = TfidfLogRegTagger().fit(tickets.data[:half], tickets.label_sets[:half])
    gone = estimator.label_names_[0]
    rest = [[label for label in labels if label != gone] for labels in tickets.label_sets[half:]]
    tagger = TunedThresholdTaggerCV(estimator, cv="prefit").fit(tickets.data[half:], rest)
    np.testing.assert_array_equal(tagger.label_names_, estimator.label_names_)
    assert tagger.predict(tickets.data[half:])[:, 0].sum() == 0
    with pytest.raises(ValueError, match="unknown labels 'new'"):
        clone(tagger).set_params(estimator=estimator).fit(tickets.data[:2], [["new"], []])


class Recorder(DummyClassifier):
    """Remembers how its fit was called."""

    def fit(self, X, y, sample_weight=None, flavour=None):
        super().fit(X, y, sample_weight)
        self.seen_ = {"n": len(X), "weight": sample_weight, "flavour": flavour}
        return self


def test_fit_parameters_reach_the_estimator(four_labels):
    X, y = four_labels
    weight = np.arange(len(X), dtype=float)
    for tagger in (FixedThresholdTagger(Recorder()), TunedThresholdTaggerCV(Recorder(), cv=3)):
        tagger.fit(X, y, sample_weight=weight, flavour="mint")
        seen = tagger.estimator_.seen_
        np.testing.assert_array_equal(seen["weight"], weight)
        assert seen["flavour"] == "mint"
        assert seen["n"] == len(X)


def test_metadata_routing(four_labels):
    X, y = four_labels
    weight = np.arange(len(X), dtype=float)
    groups = np.arange(len(X)) // 2
    with config_context(enable_metadata_routing=True):
        asking = Recorder().set_fit_request(sample_weight=True, flavour=False)
        refusing = Recorder().set_fit_request(sample_weight=False, flavour=False)
        cv = MultilabelStratifiedGroupKFold(3)
        tagger = TunedThresholdTaggerCV(asking, cv=cv).fit(
            X, y, sample_weight=weight, groups=groups
        )
        np.testing.assert_array_equal(tagger.estimator_.seen_["weight"], weight)
        with pytest.raises(TypeError, match="sample_weight"):
            FixedThresholdTagger(refusing).fit(X, y, sample_weight=weight)
        search = GridSearchCV(
            TunedThresholdTaggerCV(asking, cv=2), {"estimator__strategy": ["prior"]}, cv=KFold(2)
        ).fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(search.best_estimator_.estimator_.seen_["weight"], weight)
    # without routing, groups go to the splitter as in scikit-learn's searches
    TunedThresholdTaggerCV(Recorder(), cv=cv).fit(X, y, groups=groups)


def test_bad_texts_are_named_by_their_row_before_anything_is_fitted(tickets):
    texts = [*tickets.data]
    texts[401] = None
    inner = FixedThresholdTagger(TfidfLogRegTagger())
    with pytest.raises(ValueError, match=r"X\[401\] is missing"):
        TunedThresholdTaggerCV(inner, cv=2).fit(texts, tickets.target)


def test_a_failed_fit_leaves_what_was_there(four_labels):
    X, y = four_labels
    tagger = FixedThresholdTagger(one_vs_rest).fit(X, y)
    before = tagger.predict(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples: X has 300"):
        tagger.fit(X, y[:10])
    np.testing.assert_array_equal(tagger.predict(X), before)


def test_methods_exist_where_the_estimator_has_them(four_labels):
    svm = FixedThresholdTagger(OneVsRestClassifier(LinearSVC()))
    assert not hasattr(svm, "predict_proba")
    assert hasattr(svm, "decision_function")
    assert hasattr(FixedThresholdTagger(one_vs_rest), "predict_proba")
    svm.estimator_ = clone(one_vs_rest).fit(*four_labels)
    assert hasattr(svm, "predict_proba")  # what was fitted counts, not the parameter

    class Tagger:
        def __init__(self, estimator):
            self.estimator = estimator

        @wrapped_has("transform")
        def change(self):
            return "changed"

    with pytest.raises(AttributeError, match="'Tagger' has no attribute 'change'"):
        Tagger(LogisticRegression()).change()


def test_names_and_number_of_features_are_those_of_the_estimator(four_labels):
    X, y = four_labels
    frame = pd.DataFrame(X, columns=[f"word {j}" for j in range(20)])
    tagger = FixedThresholdTagger(one_vs_rest).fit(frame, y)
    assert tagger.n_features_in_ == 20
    assert tagger.feature_names_in_.tolist() == frame.columns.tolist()
    assert not hasattr(FixedThresholdTagger(TfidfLogRegTagger()), "n_features_in_")


def test_tags_of_the_input_are_those_of_the_estimator():
    for estimator in (one_vs_rest, TfidfLogRegTagger()):
        tags = FixedThresholdTagger(estimator).__sklearn_tags__()
        assert tags.input_tags == estimator.__sklearn_tags__().input_tags
        assert tags.classifier_tags.multi_label


def test_rows_must_be_as_many_as_labels_and_weights(four_labels):
    X, y = four_labels
    tagger = FixedThresholdTagger(one_vs_rest)
    with pytest.raises(ValueError, match="X has 299 rows, y has 300"):
        tagger.fit(X[1:], y)
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(2,\), expected \(300,\)"):
        tagger.fit(X, y, sample_weight=[1, 2])
    assert not hasattr(tagger, "estimator_")
