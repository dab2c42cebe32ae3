"""Labels are handed to any estimator, with their names where it asks for them."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmultitext import CalibratedTaggerCV, TfidfLogRegTagger, TunedThresholdTaggerCV


def test_label_names_reach_a_tagger_inside(tickets):
    label = tickets.target_names[0]
    inner = make_pipeline(FunctionTransformer(), TfidfLogRegTagger(class_weight={label: 50.0}))
    tagger = TunedThresholdTaggerCV(inner, cv=2, n_jobs=2).fit(tickets.data, tickets.label_sets)
    assert list(tagger.estimator_[-1].label_names_) == list(tagger.label_names_)
    plain = TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=2)
    plain.fit(tickets.data, tickets.label_sets)
    j = list(tagger.label_names_).index(label)
    assert tagger.best_thresholds_[j] > plain.best_thresholds_[j]


@pytest.mark.parametrize("chain", [ClassifierChain, MultiOutputClassifier], ids=str)
@pytest.mark.parametrize("wrapper", [CalibratedTaggerCV, TunedThresholdTaggerCV], ids=str)
def test_an_estimator_that_takes_no_1d_y_gets_a_column(chain, wrapper, four_labels):
    X, y = four_labels
    inner, around = chain(LogisticRegression()), make_pipeline(FunctionTransformer())
    around.steps.append(("chain", inner))
    codes = np.array(["no", "yes"])[y[:, 0]]
    plain = wrapper(LogisticRegression(), cv=2).fit(X, codes)
    for estimator in (inner, around):
        tagger = wrapper(estimator, cv=2).fit(X, codes)
        np.testing.assert_array_equal(tagger.predict(X), plain.predict(X))
        np.testing.assert_allclose(tagger.predict_proba(X), plain.predict_proba(X))
        column = wrapper(estimator, cv=2).fit(X, y[:, :1])
        np.testing.assert_allclose(column.predict_proba(X), plain.predict_proba(X)[:, 1:])
