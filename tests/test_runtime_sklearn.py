"""scikit-learn's private names: in one module, and each as this package uses it."""

import ast
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, check_scoring, make_scorer

from skmultitext._runtime import sklearn as private

PACKAGE = Path(__file__).parents[1] / "skmultitext"
ONLY_HERE = PACKAGE / "_runtime" / "sklearn.py"
MODULES = sorted(PACKAGE.rglob("*.py"))


def private_imports(path):
    """Yield the private names of scikit-learn that a file imports, at any depth of its code."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level:
            found = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            continue
        for name in found:
            root, *parts = name.split(".")
            if root == "sklearn" and any(part.startswith("_") for part in parts):
                yield name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_one_module_imports_private_names(path):
    if path == ONLY_HERE:
        assert set(private_imports(path))
    else:
        assert not list(private_imports(path)), "import it from _runtime/sklearn.py"


def changed(name):
    return f"scikit-learn has changed {name}: mend _runtime/sklearn.py and what uses it"


@pytest.mark.parametrize(
    "rows", [slice(1, 3), np.array([1, 2]), np.array([False, True, True])], ids=lambda r: type(r)
)
@pytest.mark.parametrize(
    "data",
    [list("abc"), np.arange(3), sp.csr_array(np.eye(3)), sp.csr_matrix(np.eye(3))],
    ids=["list", "array", "csr_array", "csr_matrix"],
)
def test_safe_indexing_takes_rows(data, rows):
    found = private.safe_indexing(data, rows)
    assert type(found) is type(data), changed("_safe_indexing")
    expected = np.asarray(data.toarray() if sp.issparse(data) else data)[[1, 2]]
    found = np.asarray(found.toarray() if sp.issparse(found) else found)
    np.testing.assert_array_equal(found, expected, err_msg=changed("_safe_indexing"))


def test_safe_indexing_takes_rows_of_a_frame():
    pandas = pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    frame = pandas.DataFrame({"text": list("abc")}, index=[7, 8, 9])
    found = private.safe_indexing(frame, np.array([2, 0]))
    assert found["text"].tolist() == ["c", "a"], changed("_safe_indexing")


def test_scorers_are_made_and_called_as_ours():
    class Scorer(private.BaseScorer):
        def _score(self, method_caller, estimator, X, y_true, **kwargs):
            self._warn_overlap("twice", kwargs)
            predicted = method_caller(estimator, "predict", X)
            return self._sign * self._score_func(y_true, predicted, **self._kwargs, **kwargs)

    X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    fitted = LogisticRegression().fit(X, y)
    scorer = Scorer(accuracy_score, -1, {"normalize": False}, ("predict",))
    assert scorer._response_method == ("predict",), changed("_BaseScorer._response_method")
    assert scorer(fitted, X, y) == -4, changed("_BaseScorer._score")
    assert check_scoring(fitted, scorer) is scorer, changed("check_scoring of a _BaseScorer")
    with pytest.warns(UserWarning, match="twice"):
        scorer._warn_overlap("twice", {"normalize": True})
    made = make_scorer(accuracy_score)
    assert isinstance(made, private.BaseScorer), changed("_BaseScorer")
    assert made._score_func is accuracy_score, changed("_BaseScorer._score_func")


class Estimator(BaseEstimator):
    _parameter_constraints = {
        "size": [private.Interval(Integral, 1, None, closed="left"), None],
        "share": [private.Interval(private.RealNotInt, 0, 1, closed="neither")],
        "tol": [private.Interval(Real, 0, None, closed="neither"), private.StrOptions({"auto"})],
        "splitter": [private.HasMethods(["split"])],
    }

    def __init__(self, size=1, share=0.5, tol="auto", splitter=None):
        self.size, self.share, self.tol, self.splitter = size, share, tol, splitter


class Splitter:
    def split(self):
        """Split nothing."""


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"size": 0}, "Interval"),
        ({"size": 1.0}, "Interval"),
        ({"share": 1}, "RealNotInt"),
        ({"share": 0.0}, "Interval"),
        ({"tol": "tight"}, "StrOptions"),
        ({"splitter": object()}, "HasMethods"),
    ],
)
def test_constraints_refuse(params, name):
    estimator = Estimator(**{"splitter": Splitter(), **params})
    (parameter,) = params
    start = f"^The {parameter!r} parameter of Estimator must be .* Got .* instead"
    with pytest.raises(private.InvalidParameterError, match=start):
        estimator._validate_params()
    with pytest.raises(ValueError, match=start):
        private.validate_parameter_constraints(
            Estimator._parameter_constraints, estimator.get_params(), "Estimator"
        )
    assert hasattr(private, name), changed(name)


def test_constraints_allow():
    for params in ({}, {"size": None}, {"tol": 1e-3}, {"share": 0.1}, {"size": np.int64(3)}):
        assert Estimator(splitter=Splitter(), **params)._validate_params() is None


def test_options_can_be_listed():
    """did_you_mean reads them."""
    assert set(private.StrOptions({"auto"}).options) == {"auto"}, changed("StrOptions.options")


def test_nothing_else_is_taken():
    assert set(private.__all__) == {
        "BaseComposition",
        "BaseScorer",
        "HasMethods",
        "Interval",
        "InvalidParameterError",
        "RealNotInt",
        "StrOptions",
        "safe_indexing",
        "validate_parameter_constraints",
    }
