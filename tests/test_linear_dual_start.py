"""Passes of the dual solver over parts on disk end near the optimum of all rows."""

import os
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.datasets import make_multilabel_text
from skmultitext.linear import _file_parts
from skmultitext.linear._dual_start import start_weights
from skmultitext.linear._losses import LOSSES, derivatives
from skmultitext.linear._partitions import make_partition

RNG = np.random.RandomState(0)
X = RNG.rand(300, 40) * (RNG.rand(300, 40) < 0.2)
X[7] = 0.0  # a row without features
X = sp.csr_matrix(X)
Y = (X @ RNG.randn(40, 18) + 0.3 * RNG.randn(300, 18) > 0.2).astype(np.int8)
Y[RNG.rand(*Y.shape) < 0.1] = -1
LABELS = np.array([*range(1, 18)])  # more than a block
FACTORS = np.tile([2.0, 5.0], (17, 1))


class Part:
    """A partition in memory."""

    def __init__(self, value):
        self.read = lambda: value


def start(folder, bounds, loss="log_loss", real=np.float32, n_threads=1):
    parts = [Part(make_partition(X[a:b], Y[a:b], None, real)) for a, b in pairwise(bounds)]
    options = {"loss": loss, "n_threads": n_threads}
    return start_weights(parts, folder, LABELS, FACTORS, 40, **options)


def objective(weights, loss):
    y = Y[:, LABELS]
    margins = np.where(y > 0, 1, -1) * (X @ weights[:-1] + weights[-1])
    each = np.where(y < 0, 0.0, derivatives(LOSSES[loss].code, margins)[0])
    return 0.5 * (weights**2).sum(axis=0) + (np.where(y > 0, 5.0, 2.0) * each).sum(axis=0)


@pytest.mark.parametrize("real", [np.float32, np.float64])
@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
@pytest.mark.parametrize("bounds", [(0, 300), (0, 90, 90, 91, 200, 300)])
def test_the_weights_are_near_the_optimum(tmp_path, loss, bounds, real):
    pytest.importorskip("numba", reason="needs numba (extra 'fast')")
    found = start(tmp_path, bounds, loss, real)
    names = [str(i) for i in range(18)]
    weight = dict.fromkeys(names, 2.5)
    whole = MultilabelLogisticRegression(2.0, loss=loss, class_weight=weight, tol=1e-8)
    y = np.where(Y < 0, np.nan, Y.astype(float))
    pandas = pytest.importorskip("pandas")
    whole.fit(X, pandas.DataFrame(y, columns=names))
    sigmoid = getattr(whole, "sigmoid_", None)
    slope, shift = (1.0, 0.0) if sigmoid is None else (sigmoid[:, [0]], sigmoid[:, 1])
    coef = whole.coef_ / slope
    intercept = (whole.intercept_ - shift) / np.ravel(slope)
    best = objective(np.vstack([coef.T, intercept])[:, LABELS], loss)
    excess = objective(found.astype(float), loss) / best - 1
    limit = {"log_loss": 0.02, "squared_hinge": 0.5}[loss]
    assert excess.mean() < limit
    assert (objective(np.zeros((41, 17)), loss) / best - 1).mean() > 3 * limit
    assert os.listdir(tmp_path) == []


def test_threads_do_not_change_the_weights(tmp_path):
    pytest.importorskip("numba", reason="needs numba (extra 'fast')")
    bounds = 0, 100, 200, 300
    one, two = (start(tmp_path, bounds, n_threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_there_is_no_guess_without_numba(tmp_path, monkeypatch):
    monkeypatch.setattr("skmultitext.linear._dual_start.dual_solver", lambda: None)
    assert start(tmp_path, (0, 300)) is None


def test_a_fit_on_files_takes_fewer_rounds_from_there(tmp_path, monkeypatch):
    pytest.importorskip("numba", reason="needs numba (extra 'fast')")
    bunch = make_multilabel_text(1500, n_labels=4, random_state=0)
    lines = (
        " ".join([*(f"__label__{name}" for name in names), text])
        for text, names in zip(bunch.data, bunch.label_sets, strict=True)
    )
    (tmp_path / "data").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(_file_parts, "ROWS", 400)

    def rounds():
        fitted = TfidfLogRegTagger().fit_files(tmp_path / "data", format="fasttext")
        assert fitted.rounds_["gap"] <= 1e-3
        return fitted.n_iter_.mean()

    with_guess = rounds()
    monkeypatch.setattr(_file_parts, "start_weights", lambda *arguments, **options: None)
    assert with_guess < 0.8 * rounds()
