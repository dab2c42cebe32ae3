"""Labels by name, of any fitted estimator with a tagger inside."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmultitext import (
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
    predict_labels,
)
from skmultitext.exceptions import LabelError


def pipeline_of(estimator):
    return make_pipeline(FunctionTransformer(), estimator)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda tagger: tagger,
        pipeline_of,
        lambda tagger: pipeline_of(pipeline_of(tagger)),
        lambda tagger: GridSearchCV(pipeline_of(tagger), {}, cv=KFold(2)),
        lambda tagger: pipeline_of(FixedThresholdTagger(tagger)),
        lambda tagger: FixedThresholdTagger(pipeline_of(tagger)),
        lambda tagger: GridSearchCV(FixedThresholdTagger(tagger), {}, cv=KFold(2)),
    ],
)
def test_names_are_those_of_the_tagger_inside(wrap, tickets, ticket_tagger):
    X, sets = tickets.data, tickets.label_sets
    wanted = ticket_tagger.predict_labels(X[:50])
    model = wrap(TfidfLogRegTagger(random_state=0)).fit(X, sets)
    assert predict_labels(model, X[:50]) == wanted
    assert predict_labels(FrozenEstimator(model), X[:50]) == wanted
    frozen = wrap(FrozenEstimator(ticket_tagger)).fit(X[:20], sets[:20])
    assert predict_labels(frozen, X[:50]) == wanted


def test_predictions_of_a_sparse_y_are_named_row_by_row(tickets):
    y = sp.csr_array(tickets.target)
    model = pipeline_of(TfidfLogRegTagger(random_state=0)).fit(tickets.data, y)
    found = predict_labels(model, tickets.data[:30], label_names=tickets.target_names)
    wanted = [
        tuple(np.array(tickets.target_names, dtype=object)[row.astype(bool)])
        for row in model.predict(tickets.data[:30]).toarray()
    ]
    assert found == wanted


def test_estimators_without_names_go_by_position_or_by_label_names(four_labels):
    X, y = four_labels
    stack = StackingClassifier(
        [("tagger", MultilabelLogisticRegression())], MultilabelLogisticRegression(), cv=2
    )
    for model in (
        stack,
        MultiOutputClassifier(MultilabelLogisticRegression()),
        ClassifierChain(MultilabelLogisticRegression()),
        RandomForestClassifier(5, random_state=0),
        MultilabelLogisticRegression(),
        TunedThresholdTaggerCV(RandomForestClassifier(5, random_state=0), cv=2),
    ):
        given = np.asarray(model.fit(X, y).predict(X[:20])).astype(bool)
        for names, wanted in ((None, "0123"), (list("dcba"), "dcba")):
            found = predict_labels(model, X[:20], label_names=names)
            assert found == [tuple(np.array(list(wanted))[row]) for row in given]
            assert type(found[0]) is tuple


def test_one_label_is_named_after_its_second_class(four_labels):
    X, y = four_labels
    codes = np.array(["ham", "spam"])[y[:, 0]]
    stack = StackingClassifier([("tagger", MultilabelLogisticRegression())], cv=2)
    for model in (MultilabelLogisticRegression(), LogisticRegression(), stack):
        model.fit(X, codes)
        wanted = [("spam",) if code == "spam" else () for code in model.predict(X[:20])]
        assert predict_labels(model, X[:20]) == wanted
        assert predict_labels(pipeline_of(model), X[:20]) == wanted


def test_what_cannot_be_named(four_labels, ticket_tagger):
    X, y = four_labels
    with pytest.raises(NotFittedError):
        predict_labels(MultilabelLogisticRegression(), X)
    colours = np.resize(["red", "green", "blue"], len(X))
    with pytest.raises(ValueError, match=r"LogisticRegression has 3 class\(es\); predict_labels"):
        predict_labels(LogisticRegression().fit(X, colours), X)
    model = MultilabelLogisticRegression().fit(X, y)
    for names in ("abcd", ["a"], [1, 2, 3, 4], ["a", "a", "b", "c"]):
        with pytest.raises(LabelError, match="pass 4 different str, one per label"):
            predict_labels(model, X, label_names=names)
    names = ticket_tagger.label_names_[::-1].tolist()
    with pytest.raises(LabelError, match="Leave label_names out"):
        predict_labels(ticket_tagger, ["late"], label_names=names)
