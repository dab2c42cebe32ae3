"""Checks of the state that `fit` and `predict` change: the estimator, copies, global state."""

# A failing check prints its docstring: what is expected, and how to fix an estimator.
# ruff: noqa: D401

import copy
import io
import os
import pickle
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from functools import partial
from typing import Any
from unittest import SkipTest

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline

from ._checks import (
    check,
    expect,
    expect_same,
    explaining,
    has_parameter,
    is_deterministic,
    refusal,
)
from ._corpus import corpus
from ._generators import generator_states, stirred_generators
from ._subject import METHODS, Subject, is_fitted

# Python does not show these to users by default
_UNSEEN_WARNINGS = (
    DeprecationWarning,
    PendingDeprecationWarning,
    ImportWarning,
    ResourceWarning,
)


@check()
def check_fit_returns_self(subject: Subject) -> None:
    """`fit` returns the estimator itself.

    End `fit` with ``return self``, so that ``Tagger().fit(X, y).predict(X)`` works.
    """
    estimator = subject.make()
    returned = estimator.fit(corpus().texts, corpus().y)
    expect(returned is estimator, f"fit returns a {type(returned).__name__}")


@check()
def check_fit_keeps_parameters(subject: Subject) -> None:
    """`fit` changes no parameter, and nothing inside one.

    Keep what `fit` computes in attributes that end with an underscore, and copy a parameter that
    is a list, dict or array before changing it.
    """
    if isinstance(subject.estimator, Pipeline):
        raise SkipTest("a Pipeline fits its steps in place")
    estimator = subject.make()
    before = estimator.get_params(deep=False)
    hashes = {name: joblib.hash(value) for name, value in before.items()}
    estimator.fit(corpus().texts, corpus().y)
    after = estimator.get_params(deep=False)
    replaced = [name for name, value in before.items() if after[name] is not value]
    expect(not replaced, f"fit replaces the parameters {replaced}")
    changed = [name for name, value in after.items() if joblib.hash(value) != hashes[name]]
    expect(not changed, f"fit changes the inside of the parameters {changed}")


@check()
def check_fit_adds_no_public_attribute(subject: Subject) -> None:
    """`fit` sets only attributes that end, or start, with an underscore.

    Rename fitted attributes: ``vocabulary_`` if public, ``_vocabulary`` if private. A plain name
    looks like a parameter.
    """
    added = set(vars(subject.fitted())).difference(vars(subject.make()))
    public = sorted(name for name in added if not (name.startswith("_") or name.endswith("_")))
    expect(not public, f"fit adds {public}")


def _contents(value: Any) -> Any:
    """Describe a value, quickly, but deeply enough to notice a cache that grows."""
    if isinstance(value, BaseEstimator):
        return {name: _contents(part) for name, part in vars(value).items()}
    if isinstance(value, dict):
        return {key: _contents(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_contents(part) for part in value]
    if isinstance(value, np.ndarray) and value.dtype != object:
        return joblib.hash(value)
    return id(value)


@check()
def check_predict_changes_nothing(subject: Subject) -> None:
    """`predict`, `predict_proba` and `decision_function` do not change the estimator.

    Do not cache results, lengths or tokenised texts on the estimator: threads share them, and
    pickles contain them. Compute them again, or keep them in local variables.
    """
    model = subject.fitted()
    for method in subject.methods:
        before = _contents(model)
        getattr(model, method)(corpus().test_texts)
        after = _contents(model)
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        expect(not changed, f"{method} changes {changed}")


@check(is_deterministic)
def check_fit_idempotent(subject: Subject) -> None:
    """A second `fit` on the same data gives the same model as the first.

    Start `fit` from scratch: build new parts in it, and take its generator from
    ``check_random_state(self.random_state)`` every time.
    """
    estimator = subject.fit()
    first = subject.answers(estimator)
    estimator.fit(corpus().texts, corpus().y)
    expect_same(first, subject.answers(estimator), "the first and the second fit")


@check(is_deterministic)
def check_refit_forgets(subject: Subject) -> None:
    """A second `fit` forgets the data of the first.

    Build vocabulary, labels and weights from scratch in `fit`; do not update attributes of self.
    """
    estimator = subject.fit(
        ["other words", "nothing alike", "else"] * 8, np.tile(np.eye(3), (8, 1))
    )
    estimator.fit(corpus().texts, corpus().y)
    expect_same(
        subject.answers(subject.fitted()), subject.answers(estimator), "fitted once, and refitted"
    )


@check()
def check_pickle(subject: Subject) -> None:
    """The estimator pickles, fitted and not, and predicts the same afterwards.

    Keep lambdas, open files, locks and local classes out of attributes; drop what cannot be
    pickled in `__getstate__` and rebuild it in `__setstate__`.
    """
    pickle.loads(pickle.dumps(subject.make()))
    restored = pickle.loads(pickle.dumps(subject.fitted()))
    expect_same(
        subject.answers(subject.fitted()), subject.answers(restored), "before and after pickling"
    )


@check()
def check_deepcopy(subject: Subject) -> None:
    """The estimator can be deep-copied, fitted and not, and the copy predicts the same.

    See `check_pickle`: a deep copy is made in the same way unless there is a `__deepcopy__`.
    """
    copy.deepcopy(subject.make())
    copied = copy.deepcopy(subject.fitted())
    expect_same(
        subject.answers(subject.fitted()), subject.answers(copied), "the model and its copy"
    )


@check()
def check_joblib_memmap(subject: Subject) -> None:
    """A model from ``joblib.load(..., mmap_mode="r")``, with read-only arrays, predicts the same.

    Never write into fitted arrays while predicting: joblib's workers get them read-only. Copy
    first.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = os.path.join(folder, "model.joblib")
        joblib.dump(subject.fitted(), path)
        restored = joblib.load(path, mmap_mode="r")
        expect_same(
            subject.answers(subject.fitted()), subject.answers(restored), "before and after joblib"
        )
        del restored  # or the file stays open


@check()
def check_not_fitted_error(subject: Subject) -> None:
    """Every method that needs a fitted model raises NotFittedError before `fit`.

    Begin each with ``sklearn.utils.validation.check_is_fitted(self)``.
    """
    X, y = corpus().test_texts, corpus().test_y
    calls: dict[str, tuple[Any, ...]]
    calls = dict.fromkeys((*METHODS, "predict_log_proba", "predict_labels"), (X,))
    calls |= {"score": (X, y), "get_feature_names_out": ()}
    for method, arguments in calls.items():
        estimator = subject.make()
        if hasattr(estimator, method):
            with explaining(method), suppress(NotFittedError):
                getattr(estimator, method)(*arguments)
                expect(False, f"{method} answers before fit")


@check()
def check_is_fitted_tells(subject: Subject) -> None:
    """`check_is_fitted` of scikit-learn raises before `fit` and passes after it.

    Set an attribute that ends with an underscore in `fit`, or define `__sklearn_is_fitted__`.
    """
    expect(not is_fitted(subject.make()), "it counts as fitted before fit")
    expect(is_fitted(subject.fitted()), "it does not count as fitted after fit")


def _failing_fits(subject: Subject) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
    """Yield (X, y, parameters) on which `fit` must fail, early or late."""
    X, y = corpus().texts, corpus().y
    yield X, y[:-1], {}
    yield X, None, {}
    if subject.is_tagger:
        yield X, np.full(y.shape, 7), {}
        for name in ("threshold", "class_weight"):
            if name in subject.parameters:
                yield X, y, {name: {"no such label": 0.5}}


@check()
def check_failed_fit(subject: Subject) -> None:
    """After a `fit` that failed the estimator is not fitted: predict raises NotFittedError.

    Compute everything in local variables and set the fitted attributes last, when nothing can fail
    any longer.
    """
    for X, y, parameters in _failing_fits(subject):
        estimator = subject.make(**parameters)
        refusal("bad input", partial(estimator.fit, X, y))
        expect(not is_fitted(estimator), "it counts as fitted after a fit that failed")
        with suppress(NotFittedError):
            estimator.predict(X)
            expect(False, "predict answers after a fit that failed")


@check(contract="tagger")
def check_failed_refit(subject: Subject) -> None:
    """A refit that fails leaves the previous model unchanged, with the same outputs.

    Set the fitted attributes last; fit a new part instead of refitting one in place.
    """
    estimator = subject.fit()
    before = subject.answers(estimator)
    attributes = set(vars(estimator))
    for X, y, parameters in _failing_fits(subject):
        original = {name: getattr(estimator, name) for name in parameters}
        estimator.set_params(**parameters)
        refusal("bad input", partial(estimator.fit, X[::-1], y))
        estimator.set_params(**original)
        expect(set(vars(estimator)) == attributes, "the failed fit adds or drops attributes")
        expect_same(before, subject.answers(estimator), "before and after the failed refit")


@check(has_parameter("random_state"), is_deterministic)
def check_random_state(subject: Subject) -> None:
    """An int `random_state` gives the same model twice, whatever the global generators' state.

    Take every random number of `fit` from ``check_random_state(self.random_state)``, and seed
    the generators of libraries with numbers drawn from it.
    """
    with stirred_generators():
        model = subject.fit()
    expect_same(
        subject.answers(subject.fitted()), subject.answers(model), "two fits with random_state=0"
    )


@check()
def check_global_generators(subject: Subject) -> None:
    """`fit` with a seed and `predict` do not change any global random generator.

    Draw from your own generator instead of ``np.random``, ``random`` or ``torch.manual_seed``,
    and never call ``keras.utils.set_random_seed``: the user's own draws depend on them. If a
    library has only a global generator, restore its state afterwards.
    """
    with stirred_generators():  # else a seed set by an earlier fit could hide this one
        before = generator_states()
        subject.answers(subject.fit(parameters=subject.seeds(12345)))
        after = generator_states()
    moved = sorted(name for name, state in before.items() if after[name] != state)
    expect(not moved, f"these generators have changed state: {moved}")


@check()
def check_writes_no_files(subject: Subject) -> None:
    """`fit` and `predict` write nothing to the working directory.

    Keep checkpoints and logs in a ``tempfile.TemporaryDirectory()``, or write them only where a
    parameter says so.
    """
    home = os.getcwd()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            os.chdir(folder)
            subject.answers(subject.fit())
        finally:
            os.chdir(home)
        files = sorted(os.listdir(folder))
    expect(not files, f"the working directory now holds {files}")


@check()
def check_fit_warns_nothing(subject: Subject) -> None:
    """A `fit` on plain data, and predicting, show no warning.

    Fix the cause: let the solver converge (more iterations), replace deprecated calls, and use
    ``warnings.catch_warnings`` for warnings of libraries that do not concern the user.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        subject.answers(subject.fit())
    seen = [
        f"{item.category.__name__}: {item.message}"
        for item in caught
        if not issubclass(item.category, _UNSEEN_WARNINGS)
    ]
    expect(not seen, f"{len(seen)} warnings, the first is {seen[:1]}")


@check()
def check_fit_prints_nothing(subject: Subject) -> None:
    """`fit` and `predict` print nothing to the standard output.

    Print progress only where a parameter such as ``verbose`` asks for it.
    """
    with redirect_stdout(io.StringIO()) as output:
        subject.answers(subject.fit())
    expect(not output.getvalue(), f"printed: {output.getvalue()[:200]!r}")


@check(has_parameter("max_iter"))
def check_n_iter(subject: Subject) -> None:
    """With a parameter `max_iter` there is a fitted `n_iter_`, whole numbers of at least 1.

    Set ``self.n_iter_`` in `fit` to the number of iterations made, one number or one per label.
    """
    n_iter = np.asarray(getattr(subject.fitted(), "n_iter_", 0))
    expect(n_iter.dtype.kind in "iu" and (n_iter >= 1).all(), f"n_iter_ is {n_iter!r}")
