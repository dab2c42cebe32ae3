"""Online learning: its formula, its kernel, and what it reaches beside the batch solver."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn.feature_extraction.text import HashingVectorizer

from skmultitext import MultilabelLogisticRegression
from skmultitext.datasets import make_multilabel_text
from skmultitext.linear import _online
from skmultitext.metrics import log_loss

RNG = np.random.RandomState(0)
X = sp.random_array((60, 30), density=0.2, format="csr", rng=RNG)
Y = (RNG.random_sample((60, 5)) < 0.4).astype(int)


def make(**parameters):
    return MultilabelLogisticRegression(**{"C": 3.0, **parameters})


def in_parts(tagger, X=X, Y=Y, n_parts=4, **parameters):
    for part in np.array_split(np.arange(X.shape[0]), n_parts):
        weight = {name: values[part] for name, values in parameters.items()}
        tagger.partial_fit(X[part], Y[part], **weight)
    return tagger


def follow_the_proximal_leader(x, y, C, eta):
    """Algorithm 1 of McMahan et al. (2013) to the letter, one label: z, n, and w from them."""
    x = np.column_stack([x, np.ones(len(x))])
    z, n = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for row, label in zip(x, y, strict=True):
        w = -z / (np.sqrt(n) / eta + 1 / C)
        g = (expit(row @ w) - label) * row
        sigma = (np.sqrt(n + g**2) - np.sqrt(n)) / eta
        z += g - sigma * w
        n += g**2
    return -z / (np.sqrt(n) / eta + 1 / C)


def test_it_is_ftrl_proximal_with_the_l2_penalty():
    tagger = in_parts(make())
    for j in range(5):
        expected = follow_the_proximal_leader(X.toarray(), Y[:, j], 3.0, _online.RATE)
        np.testing.assert_allclose(tagger.coef_[j], expected[:-1], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(tagger.intercept_[j], expected[-1], rtol=1e-9)


@pytest.mark.parametrize("form", [sp.csr_array.toarray, sp.csc_matrix, sp.coo_array])
def test_the_form_of_x_the_parts_and_the_threads_do_not_matter(form):
    expected = make().partial_fit(X, Y)
    found = make(n_jobs=2).partial_fit(form(X), sp.csr_matrix(Y))
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-12)
    np.testing.assert_array_equal(in_parts(make(), n_parts=7).coef_, expected.coef_)


def test_repeated_entries_add_up():
    twice = sp.csr_array(
        (np.r_[X.data, X.data], np.r_[X.indices, X.indices], 2 * X.indptr), X.shape
    )
    for i in range(60):  # append a copy of each row's entries
        a, b = X.indptr[i], X.indptr[i + 1]
        twice.indices[2 * a : 2 * b] = np.tile(X.indices[a:b], 2)
        twice.data[2 * a : 2 * b] = np.tile(X.data[a:b], 2)
    before = twice.copy()
    found = make().partial_fit(twice, Y)
    np.testing.assert_allclose(found.coef_, make().partial_fit(2 * X, Y).coef_, rtol=1e-9)
    np.testing.assert_array_equal(twice.indices, before.indices)


def test_without_numba_the_result_is_the_same(monkeypatch):
    weight = RNG.random_sample(60)
    parameters = {"class_weight": {"1": 3.0}}
    expected = in_parts(make(**parameters), sample_weight=weight)
    monkeypatch.setattr(_online, "load_kernels", lambda name: None)
    found = in_parts(make(**parameters), sample_weight=weight)
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.intercept_, expected.intercept_, rtol=1e-9)


def test_weights():
    weighted = make().partial_fit(X, Y, sample_weight=np.arange(60) < 20)
    np.testing.assert_array_equal(weighted.coef_, make().partial_fit(X[:20], Y[:20]).coef_)
    dear = make(class_weight={"2": 4.0}).partial_fit(X, Y).decision_function(X).mean(axis=0)
    cheap = make().partial_fit(X, Y).decision_function(X).mean(axis=0)
    assert dear[2] > cheap[2] + 0.3
    np.testing.assert_array_equal(dear[:2], cheap[:2])


def test_a_label_is_constant_until_it_varies():
    first, later = np.zeros((9, 2), dtype=int), np.zeros((9, 2), dtype=int)
    later[4:, 0] = 1
    tagger = make().partial_fit(X[:9], first)
    assert (tagger.decision_function(X) == -16).all()
    tagger.partial_fit(X[9:18], later)
    scores = tagger.decision_function(X)
    assert (scores[:, 1] == -16).all()
    # what was learned in between is kept
    one = make().partial_fit(X[:18], np.vstack([first, later]))
    np.testing.assert_array_equal(scores, one.decision_function(X))


def test_it_goes_on_from_fit_and_fit_starts_anew():
    Y_constant = Y.copy()
    Y_constant[:, 0] = 0
    fitted = make().fit(X, Y_constant)
    coef = fitted.coef_.copy()
    kept = fitted.coef_
    tagger = fitted.partial_fit(X[:1], Y[:1])
    assert 0 < abs(tagger.coef_ - coef).max() < 4
    np.testing.assert_array_equal(kept, coef)
    changed = np.flatnonzero(abs(tagger.coef_ - coef).max(axis=0))
    assert set(changed) <= set(X[[0]].indices)
    for _ in range(20):
        tagger.partial_fit(X, Y)
    assert abs(tagger.intercept_[0]) < 8  # the intercept of 16 of a constant label is reset
    np.testing.assert_array_equal(tagger.fit(X, Y_constant).coef_, coef)


def test_a_copy_goes_on_alone():
    tagger = in_parts(make())
    twins = [copy.deepcopy(tagger), pickle.loads(pickle.dumps(tagger))]
    proba = tagger.predict_proba(X)
    for twin in twins:
        twin.partial_fit(X, Y)
    np.testing.assert_array_equal(tagger.predict_proba(X), proba)
    tagger.partial_fit(X, Y)
    for twin in twins:
        np.testing.assert_array_equal(twin.predict_proba(X), tagger.predict_proba(X))


def test_forms_of_y_and_the_count_of_calls():
    sets = [[f"l{j}" for j in np.flatnonzero(row)] for row in Y]
    tagger = make().partial_fit(X[:2], sets[:2], classes=[f"l{j}" for j in range(5)])
    tagger.partial_fit(X, sets)
    assert tagger.label_names_.tolist() == ["l0", "l1", "l2", "l3", "l4"]
    assert tagger.n_iter_.tolist() == [2] * 5
    binary = make().partial_fit(X[:1], ["no"], classes=["no", "yes"])
    assert binary.predict(X).tolist() == ["no"] * 60
    binary.partial_fit(X, np.where(Y[:, 0], "yes", "no"))
    assert set(binary.predict(X)) <= {"no", "yes"}


def test_one_pass_comes_near_the_batch_solver():
    texts, target = make_multilabel_text(
        4_000, n_labels=6, n_words=40, random_state=0, return_X_y=True
    )
    vectorizer = HashingVectorizer(n_features=2**14)
    features = vectorizer.transform(texts)
    train, test = slice(0, 3_000), slice(3_000, None)
    online = make(C=10.0)
    for start in range(0, 3_000, 500):
        online.partial_fit(features[start : start + 500], target[start : start + 500])
    batch = make(C=10.0, random_state=0).fit(features[train], target[train])
    losses = [log_loss(target[test], t.predict_proba(features[test])) for t in (online, batch)]
    assert losses[0] < 1.1 * losses[1]


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
@pytest.mark.parametrize(
    ("parameters", "weight", "value", "message"),
    [
        ({"C": 1e300}, 1.0, 1.0, "C=1e[+]300 times class_weight .* is too large to compute with"),
        ({"C": 1e-300}, 1.0, 1.0, "C=1e-300 times class_weight .* is too small to compute with"),
        ({"class_weight": {"0": 1e300}}, 1.0, 1.0, "class_weight .up to 1e[+]300. .* is too large"),
        ({}, 1e300, 1.0, "sample_weight .up to 1e[+]300. is too large to compute with"),
        ({}, 1.0, 1e300, "X holds 1e[+]300; with a number above 1e[+]30 sums overflow"),
        ({}, 1.0, -1e300, "X holds 1e[+]300; with a number above 1e[+]30 sums overflow"),
    ],
)
@pytest.mark.parametrize("n_samples", [60, 2_100])  # small and large data have different solvers
def test_fit_refuses_the_same_numbers(n_samples, parameters, weight, value, message, form, goes_on):
    dense, labels = np.resize(X.toarray(), (n_samples, 30)), np.resize(Y, (n_samples, 5))
    bad, weights = dense.copy(), np.ones(n_samples)
    bad[7, 3], weights[9] = value, weight
    tagger = make(max_iter=20)
    if goes_on:
        tagger.partial_fit(form(dense), labels)
    state = copy.deepcopy(vars(tagger)) | parameters
    tagger.set_params(**parameters)
    for method in (tagger.partial_fit, tagger.fit):
        with pytest.raises(ValueError, match=message):
            method(form(bad), labels, sample_weight=weights)
    assert vars(tagger).keys() == state.keys()
    if goes_on:
        np.testing.assert_array_equal(tagger.coef_, state["coef_"])
        np.testing.assert_array_equal(tagger._squares, state["_squares"])
