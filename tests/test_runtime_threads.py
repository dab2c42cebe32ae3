"""A call reads one state, a fit sets one: no answer comes from two models."""

import sys
import threading

import numpy as np
import pytest

from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TfidfLogRegTaggerCV,
    TunedThresholdTaggerCV,
)
from skmultitext._runtime.threads import snapshot, transaction
from skmultitext.inspection import explain, top_words

THREE = (
    ["refund my lamp", "late parcel", "lamp refund late", "hello", "my late lamp"] * 6,
    [["refund"], ["delivery"], ["delivery", "refund"], [], ["delivery"]] * 6,
)
TWO = (
    ["colour is wrong", "paid twice", "wrong box, paid", "hello", "a wrong lamp"] * 6,
    [["order"], ["payment"], ["order", "payment"], [], ["lamp", "order"]] * 6,
)
NEW = ["refund the wrong lamp", "late", "paid twice, parcel late", "hello"]
METHODS = {
    "decision_function": (),
    "predict_proba": (),
    "predict": (),
    "predict_labels": (),
    "predict_topk": (2,),
    "score": ([["order"], [], ["delivery"], []],),
}
TAGGERS = [
    TfidfLogRegTagger(C=100),
    TfidfLogRegTaggerCV([1, 100], cv=2),
    FixedThresholdTagger(TfidfLogRegTagger(C=100), threshold=0.4),
    FixedThresholdTagger(FixedThresholdTagger(TfidfLogRegTagger(C=100)), threshold=0.4),
    TunedThresholdTaggerCV(TfidfLogRegTagger(C=100), cv=2),
    CalibratedTaggerCV(TfidfLogRegTagger(C=100), cv=2, min_sigmoid=2),
]


def name(tagger):
    return type(tagger).__name__


class Interrupting:
    """Texts; whoever reads them finds that something has happened meanwhile."""

    def __init__(self, texts, act):
        self.texts, self.act = texts, act

    def __len__(self):
        return len(self.texts)

    def __iter__(self):
        self.act()
        return iter(self.texts)


def shown(answer):
    """Everything that an answer holds, to the last digit."""
    if isinstance(answer, tuple):
        return repr([part.tolist() for part in answer])
    return repr(answer.tolist() if isinstance(answer, np.ndarray) else answer)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tagger", TAGGERS, ids=name)
def test_a_fit_in_the_middle_of_a_call_does_not_reach_it(tagger, method):
    tagger = snapshot(tagger).fit(*THREE)
    expected = getattr(tagger, method)(NEW, *METHODS[method])
    texts = Interrupting(NEW, lambda: tagger.fit(*TWO))
    answer = getattr(tagger, method)(texts, *METHODS[method])
    assert shown(answer) == shown(expected)
    assert len(tagger.label_names_) == 3  # the fit did happen
    alone = snapshot(tagger).fit(*TWO)
    assert shown(tagger.predict_proba(NEW)) == shown(alone.predict_proba(NEW))


def test_features_too():
    rng = np.random.RandomState(0)
    X, y = rng.randn(30, 4), rng.randint(0, 2, (30, 3))
    tagger = MultilabelLogisticRegression().fit(X, y)
    expected = tagger.predict_proba(X)

    class Features:
        shape = X.shape

        def __array__(self, dtype=None, copy=None):
            tagger.fit(X[:, :2], y[:, :2])
            return X

    np.testing.assert_array_equal(tagger.predict_proba(Features()), expected)
    assert tagger.coef_.shape == (2, 2)


@pytest.mark.parametrize("call", [lambda t, X: str(explain(t, X, label="refund"))])
@pytest.mark.parametrize("tagger", TAGGERS, ids=name)
def test_explanations_read_one_state(tagger, call):
    tagger = snapshot(tagger).fit(*THREE)
    expected = call(tagger, NEW)
    assert call(tagger, Interrupting(NEW, lambda: tagger.fit(*TWO))) == expected
    assert top_words(tagger, "order")  # of the other fit


@pytest.mark.parametrize("tagger", TAGGERS, ids=name)
def test_nothing_of_a_fit_is_seen_before_its_end(tagger):
    tagger = snapshot(tagger).fit(*THREE)
    before = dict(vars(tagger))
    seen = []
    texts = Interrupting(TWO[0], lambda: seen.append(dict(vars(tagger))))
    tagger.fit(texts, TWO[1])
    assert seen
    assert all(state == before for state in seen)
    assert vars(tagger).keys() == before.keys()
    assert tagger.label_names_.tolist() == ["lamp", "order", "payment"]


@pytest.mark.parametrize("tagger", TAGGERS, ids=name)
def test_an_interrupted_fit_changes_nothing(tagger):
    tagger = snapshot(tagger).fit(*THREE)
    before = dict(vars(tagger))

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tagger.fit(Interrupting(TWO[0], interrupt), TWO[1])
    assert vars(tagger) == before


def test_threads_that_predict_while_one_fits():
    tagger = TfidfLogRegTagger(C=100).fit(*THREE)
    legal = {repr(tagger.predict_labels(NEW))}
    legal.add(repr(TfidfLogRegTagger(C=100).fit(*TWO).predict_labels(NEW)))
    assert len(legal) == 2
    answers, errors, done = set(), [], threading.Event()

    def predict():
        try:
            while not done.is_set():
                answers.add(repr(tagger.predict_labels(NEW)))
        except Exception as error:  # reported below
            errors.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=predict) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        for i in range(40):
            tagger.fit(*(TWO, THREE)[i % 2])
    finally:
        done.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert not errors
    assert answers == legal


def test_parameters_set_during_a_fit_stay():
    tagger = TfidfLogRegTagger()
    tagger.fit(Interrupting(THREE[0], lambda: tagger.set_params(C=3.0)), THREE[1])
    assert tagger.C == 3.0


def test_a_transaction_takes_over_all_or_nothing():
    tagger = MultilabelLogisticRegression()
    with transaction(tagger) as draft:
        draft.coef_ = 1
        assert not hasattr(tagger, "coef_")
    assert tagger.coef_ == 1

    def fail():
        with transaction(tagger) as draft:
            draft.coef_ = 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert tagger.coef_ == 1


@pytest.mark.parametrize("tagger", TAGGERS, ids=name)
def test_parameters_set_after_a_fit_change_no_answer(tagger):
    tagger = snapshot(tagger).fit(*THREE)
    expected = [shown(getattr(tagger, m)(NEW, *a)) for m, a in METHODS.items()]
    tagger.set_params(**dict.fromkeys(tagger.get_params(deep=False), object()))
    answers = [shown(getattr(tagger, m)(NEW, *a)) for m, a in METHODS.items()]
    assert answers == expected
