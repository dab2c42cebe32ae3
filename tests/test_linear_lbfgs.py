"""L-BFGS of many labels reaches the optimum of each."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from skmultitext.linear._lbfgs import _State, minimise
from skmultitext.linear._partitions import evaluate, make_partition

RNG = np.random.RandomState(0)
X = RNG.rand(60, 8) * (RNG.rand(60, 8) < 0.5)
Y = (X @ RNG.randn(8, 4) + 0.3 * RNG.randn(60, 4) > 0.2).astype(np.int8)


def evaluator(C, calls):
    import scipy.sparse as sp

    part = make_partition(sp.csr_matrix(X), Y, None, np.float64)

    def evaluate_all(weights, labels, curved):
        calls.append(len(labels))
        factors = np.full((len(labels), 2), C)
        found = evaluate(part, weights, labels, factors, loss="log_loss", curved=curved)
        gradient, curvature = np.zeros(weights.shape), np.zeros(weights.shape)
        gradient[found.columns] = found.gradient
        if curved:
            curvature[found.columns] = found.curvature
        return found.losses, gradient, curvature if curved else None

    return evaluate_all


def test_parity_with_liblinear():
    for C in (0.01, 1.0, 300.0):
        calls = []
        found = minimise(evaluator(C, calls), np.zeros((9, 4)), tol=1e-12, max_rounds=300)
        assert (found.gap <= 1e-12).all()
        assert found.n_rounds.max() == len(calls)
        for j in range(4):
            peer = LogisticRegression(C=C, solver="liblinear", tol=1e-10, max_iter=10_000)
            peer.fit(X, Y[:, j])
            np.testing.assert_allclose(found.weights[:-1, j], peer.coef_[0], rtol=1e-3, atol=1e-4)
    assert min(calls) < 4  # a label that has converged takes no further part


def test_a_label_does_not_depend_on_the_others():
    together = minimise(evaluator(10.0, []), np.zeros((9, 4)), tol=1e-9, max_rounds=100)
    whole = evaluator(10.0, [])
    for j in range(4):

        def alone(weights, labels, curved, j=j):
            return whole(weights, np.array([j]), curved)

        found = minimise(alone, np.zeros((9, 1)), tol=1e-9, max_rounds=100)
        np.testing.assert_allclose(found.weights[:, 0], together.weights[:, j], rtol=1e-7)
        assert found.n_rounds[0] == together.n_rounds[j]


def test_the_last_round_says_what_is_missing():
    found = minimise(evaluator(100.0, []), np.zeros((9, 4)), tol=1e-12, max_rounds=3)
    assert found.n_rounds.tolist() == [3] * 4
    assert (found.gap > 1e-12).all()


def test_the_gap_bounds_the_distance_from_the_minimum():
    def objective(weights):
        margins = np.where(Y, 1, -1) * (X @ weights[:-1] + weights[-1])
        return 0.5 * (weights**2).sum(axis=0) + 30.0 * np.logaddexp(0, -margins).sum(axis=0)

    start = np.zeros((9, 4))
    lowest = objective(minimise(evaluator(30.0, []), start, tol=1e-12, max_rounds=300).weights)
    for n in range(1, 15):
        found = minimise(evaluator(30.0, []), start, tol=1e-12, max_rounds=n)
        reached = objective(found.weights)
        assert (reached - lowest <= found.gap * reached + 1e-9).all()
    assert (found.gap < 0.05).all()


def test_a_state_continues_to_the_same_bits():
    arrays = {}

    def visit(state):
        n = int(state.found.n_rounds.max())
        arrays[n] = [array.copy() for array in state.to_arrays()]

    options = {"tol": 1e-12, "max_rounds": 300}
    start = np.zeros((9, 4))
    whole = minimise(evaluator(10.0, []), start, visit=visit, **options)
    last = max(arrays)
    for n in (1, 7, last - 1, last):
        calls = []
        state = _State.from_arrays(arrays[n])
        found = minimise(evaluator(10.0, calls), start, state=state, **options)
        assert len(calls) == last - n
        for ours, theirs in zip(found, whole, strict=True):
            np.testing.assert_array_equal(ours, theirs)
