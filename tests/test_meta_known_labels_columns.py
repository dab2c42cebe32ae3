"""y as each kind of estimator takes it: with column names where the estimator uses them."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmultitext import CalibratedTaggerCV, TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext._gate.labels import LabelSpace
from skmultitext._meta.known_labels import NamedColumns, target_for


def test_label_names_reach_a_tagger_inside(tickets):
    label = tickets.target_names[0]
    inner = make_pipeline(
        FunctionTransformer(), TfidfLogRegTagger(loss="log_loss", class_weight={label: 50.0})
    )
    tagger = TunedThresholdTaggerCV(inner, cv=2, n_jobs=2).fit(tickets.data, tickets.label_sets)
    assert list(tagger.estimator_[-1].label_names_) == list(tagger.label_names_)
    plain = TunedThresholdTaggerCV(TfidfLogRegTagger(loss="log_loss"), cv=2)
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


def test_columns_keep_their_names_as_long_as_they_are_those_columns():
    named = NamedColumns(np.eye(3, dtype=np.int8), ["a", "b", "c"])
    assert named[:2].columns == ["a", "b", "c"]
    assert named.copy().columns == pickle.loads(pickle.dumps(named)).columns == ["a", "b", "c"]
    assert named[[2, 0], :].columns == ["a", "b", "c"]
    for other in (
        named[:, :2],
        named[:, 1],
        named.sum(axis=0),
        named[:, [2, 1, 0]],
        named[:, ::-1],
    ):
        assert not hasattr(other, "columns")
    assert type(pickle.loads(pickle.dumps(named[:, 1]))) is np.ndarray
    assert type(named.to_numpy()) is np.ndarray
    np.testing.assert_array_equal(named.to_numpy(), np.eye(3))


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_labels_are_handed_over_as_they_came(form):
    estimator = LogisticRegression()
    space, indicator = LabelSpace.learn([["b"], ["a", "b"]])
    handed = target_for(form(indicator), space, estimator)
    assert handed.columns == ["a", "b"]
    assert handed.dtype == np.int8
    np.testing.assert_array_equal(handed, [[0, 1], [1, 1]])
    space, indicator = LabelSpace.learn(np.array([[0, 1], [1, 1]]))
    assert type(target_for(form(indicator), space, estimator)) is np.ndarray
    space, indicator = LabelSpace.learn(["no", "yes", "no"])
    assert target_for(form(indicator), space, estimator).tolist() == ["no", "yes", "no"]
    chain = ClassifierChain(estimator)
    assert target_for(form(indicator), space, chain).tolist() == [[0], [1], [0]]
