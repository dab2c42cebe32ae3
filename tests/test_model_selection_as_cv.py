"""The splitters as `cv=` of scikit-learn's tools, with y in every form."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
)

from skmultitext.model_selection import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    MultilabelStratifiedShuffleSplit,
    RepeatedMultilabelStratifiedKFold,
)

N = 48
GROUPS = np.repeat(np.arange(16), 3)
RNG = np.random.RandomState(0)
X = RNG.rand(N, 2)
INDICATOR = (RNG.rand(N, 3) < [0.6, 0.4, 0.3]).astype(int)
LABEL_LISTS = [["abc"[j] for j in np.flatnonzero(row)] for row in INDICATOR]
PARTITIONS = [MultilabelStratifiedKFold(4), MultilabelStratifiedGroupKFold(4)]
SPLITTERS = [
    *PARTITIONS,
    RepeatedMultilabelStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
    MultilabelStratifiedShuffleSplit(4, random_state=0),
]


class CommonestSet(ClassifierMixin, BaseEstimator):
    """Predict the label set that comes `rank`-th in training, whatever the form of y."""

    def __init__(self, rank=0):
        self.rank = rank

    def fit(self, X, y):
        sets = sorted(self._sets(y), key=sorted)
        ranked = sorted(dict.fromkeys(sets), key=lambda s: -sets.count(s))
        self.set_ = ranked[self.rank]
        return self

    def predict(self, X):
        found = np.empty(len(X), dtype=object)
        found[:] = [self.set_] * len(X)
        return found

    def score(self, X, y):
        return np.mean([labels == self.set_ for labels in self._sets(y)])

    @staticmethod
    def _sets(y):
        if isinstance(y, list):
            return [tuple(sorted(row)) for row in y]
        dense = y.toarray() if sp.issparse(y) else np.asarray(y)
        return [tuple("abc"[j] for j in np.flatnonzero(row)) for row in dense]


def as_frame(y):
    return pytest.importorskip("pandas", reason="needs pandas (extra 'plot')").DataFrame(
        y, columns=list("abc")
    )


FORMS = {
    "dense": lambda: INDICATOR,
    "sparse": lambda: sp.csr_matrix(INDICATOR),
    "DataFrame": lambda: as_frame(INDICATOR),
    "lists": lambda: LABEL_LISTS,
    "sets": lambda: [set(row) for row in LABEL_LISTS],
}
EVERY_FORM = pytest.mark.parametrize("form", FORMS)
EVERY_SPLITTER = pytest.mark.parametrize("cv", SPLITTERS, ids=lambda cv: type(cv).__name__)


def expected_scores(cv):
    splits = cv.split(X, INDICATOR, **groups_for(cv))
    return [
        CommonestSet().fit(X[train], INDICATOR[train]).score(X[test], INDICATOR[test])
        for train, test in splits
    ]


def groups_for(cv):
    return {"groups": GROUPS} if isinstance(cv, MultilabelStratifiedGroupKFold) else {}


# cross_validate of scikit-learn 1.9 itself refuses a sparse y; its searches take it
@pytest.mark.parametrize("form", [form for form in FORMS if form != "sparse"])
@EVERY_SPLITTER
def test_cross_validate(cv, form):
    scores = cross_validate(CommonestSet(), X, FORMS[form](), cv=cv, **groups_for(cv))
    assert scores["test_score"].tolist() == expected_scores(cv)


@EVERY_FORM
@pytest.mark.parametrize("cv", PARTITIONS, ids=lambda cv: type(cv).__name__)
def test_cross_val_predict(cv, form):
    found = cross_val_predict(CommonestSet(), X, FORMS[form](), cv=cv, **groups_for(cv))
    for train, test in cv.split(X, INDICATOR, **groups_for(cv)):
        expected = CommonestSet().fit(X[train], INDICATOR[train]).set_
        assert {tuple(labels) for labels in found[test]} == {expected}


@EVERY_FORM
@EVERY_SPLITTER
def test_searches(cv, form):
    y = FORMS[form]()
    grid = GridSearchCV(CommonestSet(), {"rank": [1, 0]}, cv=cv).fit(X, y, **groups_for(cv))
    assert grid.best_params_ == {"rank": 0}
    assert grid.best_score_ == pytest.approx(np.mean(expected_scores(cv)))
    random = RandomizedSearchCV(CommonestSet(), {"rank": [1, 0]}, n_iter=2, random_state=0, cv=cv)
    assert random.fit(X, y, **groups_for(cv)).best_params_ == {"rank": 0}


@EVERY_SPLITTER
def test_estimator_of_scikit_learn_with_an_indicator(cv):
    dummy = DummyClassifier(strategy="most_frequent")
    scores = cross_validate(dummy, X, INDICATOR, cv=cv, scoring="f1_micro", **groups_for(cv))
    assert np.isfinite(scores["test_score"]).all()


@pytest.mark.slow
def test_workers_get_the_splits_of_one_process():
    y = LABEL_LISTS
    one, two = (
        cross_validate(CommonestSet(), X, y, cv=SPLITTERS[2], n_jobs=n)["test_score"]
        for n in (1, 2)
    )
    np.testing.assert_array_equal(one, two)


def test_groups_are_routed_to_the_group_splitter_by_default():
    cv = MultilabelStratifiedGroupKFold(4)
    expected = expected_scores(cv)
    with config_context(enable_metadata_routing=True):
        assert cv.get_metadata_routing().split.requests == {"groups": True}
        parameters = {"groups": GROUPS}
        scores = cross_validate(CommonestSet(), X, LABEL_LISTS, cv=cv, params=parameters)
        assert scores["test_score"].tolist() == expected
        grid = GridSearchCV(CommonestSet(), {"rank": [0]}, cv=cv).fit(X, LABEL_LISTS, **parameters)
        assert grid.best_score_ == pytest.approx(np.mean(expected))
        refusing = MultilabelStratifiedGroupKFold(4).set_split_request(groups=False)
        assert refusing.get_metadata_routing().split.requests == {"groups": False}


@pytest.mark.parametrize("cv", [SPLITTERS[0], *SPLITTERS[2:]], ids=lambda cv: type(cv).__name__)
def test_other_splitters_request_no_groups(cv):
    with config_context(enable_metadata_routing=True):
        assert cv.get_metadata_routing().split.requests == {}
        assert not hasattr(cv, "set_split_request")
        cross_validate(CommonestSet(), X, LABEL_LISTS, cv=cv)
