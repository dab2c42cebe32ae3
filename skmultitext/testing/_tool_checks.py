"""Checks with scikit-learn's tools: pipelines, searches, scorers, stacking, routing, workers."""

# A failing check prints its docstring: what is expected, and how to fix an estimator.
# ruff: noqa: D401

from typing import Any

import numpy as np
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score, f1_score, get_scorer, log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from .._gate.types import FloatArray, IntArray
from .._meta.response import label_scores
from ._checks import (
    check,
    expect,
    expect_same,
    explaining,
    has_method,
    has_scores,
    is_deterministic,
    refusal,
    takes_weights,
)
from ._corpus import corpus
from ._subject import Subject, dense

_SCORES = ("predict_proba", "decision_function")
_FOLDS = KFold(2)


@check(is_deterministic)
def check_pipeline(subject: Subject) -> None:
    """As the last step of a Pipeline the estimator gives the same outputs as by itself.

    Take a list as well as an array from an earlier step, and keep no state outside of parameters
    and fitted attributes; a Pipeline sets and gets parameters by name.
    """
    pipeline = make_pipeline(FunctionTransformer(), subject.make())
    pipeline.fit(np.array(corpus().texts, dtype=object), corpus().y)
    wanted, found = subject.answers(subject.fitted()), subject.answers(pipeline)
    expect_same(wanted, found, "alone, and in a Pipeline")


@check()
def check_frozen_estimator(subject: Subject) -> None:
    """A fitted model in a FrozenEstimator gives the same outputs after `fit` and `clone`.

    Keep `__sklearn_is_fitted__` and `__sklearn_tags__` working on a fitted model.
    """
    frozen = clone(FrozenEstimator(subject.fitted()))
    frozen.fit(["other"], np.array([[1, 0, 1]]))
    wanted, found = subject.answers(subject.fitted()), subject.answers(frozen)
    expect_same(wanted, found, "before and after freezing")


def _search(subject: Subject, **options: Any) -> GridSearchCV:
    """Make a grid search whose only candidate is the estimator itself."""
    name, value = next(iter(subject.make().get_params(deep=False).items()))
    return GridSearchCV(
        subject.make(),
        {name: [value]},
        cv=_FOLDS,
        scoring="f1_micro",
        error_score="raise",
        n_jobs=2,
        **options,
    )


@check(is_deterministic)
def check_grid_search_threads(subject: Subject) -> None:
    """GridSearchCV fits candidates in parallel threads, and refits the best one.

    Let `fit` write nothing that instances share: no module globals, no class attributes, and not
    X itself.
    """
    with parallel_config("threading"):
        search = _search(subject).fit(corpus().texts, corpus().y)
    expect(np.isfinite(search.best_score_), f"best_score_ is {search.best_score_}")
    wanted, found = subject.answers(subject.fitted()), subject.answers(search)
    expect_same(wanted, found, "alone, and as best_estimator_")


@check()
def check_grid_search_processes(subject: Subject) -> None:
    """GridSearchCV fits candidates in loky's worker processes.

    See `check_pickle`: the estimator, its parameters, warnings and errors are pickled. Import
    optional libraries inside functions, so that a worker process imports them too.
    """
    with parallel_config("loky"):
        search = _search(subject, refit=False).fit(corpus().texts, corpus().y)
    scores = search.cv_results_["mean_test_score"]
    expect(np.isfinite(scores).all(), f"the scores are {scores}")


@check(has_scores)
def check_cross_validate(subject: Subject) -> None:
    """cross_validate with scikit-learn's scorers gives finite scores in every fold.

    Give `predict`, `predict_proba` and `classes_` the forms that the other checks ask for.
    """
    scoring = ["accuracy", "f1_micro", "roc_auc"]
    if "predict_proba" in subject.methods:
        scoring.append("neg_log_loss")
    scores = cross_validate(
        subject.make(),
        corpus().texts,
        corpus().y,
        cv=_FOLDS,
        scoring=scoring,
        error_score="raise",
    )
    for name in scoring:
        values = scores[f"test_{name}"]
        expect(np.isfinite(values).all(), f"{name} is {values}")


@check(has_method("predict_proba"))
def check_scorers(subject: Subject) -> None:
    """scikit-learn's scorers agree with its metrics on the outputs, for any number of labels.

    Scorers read `classes_`. With ``np.arange(n_labels)`` neg_log_loss is silently wrong, and other
    scorers fail at two labels; see `check_classes` for the form that works.
    """
    X = corpus().test_texts
    for n_labels in subject.label_counts:
        model, y = subject.fitted(n_labels), corpus().test_y[:, :n_labels]
        proba = model.predict_proba(X)
        proba = np.stack([p[:, -1] for p in proba], axis=1) if isinstance(proba, list) else proba
        output = dense(model.predict(X))
        wanted = {
            "accuracy": accuracy_score(y, output),
            "f1_micro": f1_score(y, output, average="micro"),
            "roc_auc": roc_auc_score(y, proba),
            "neg_log_loss": -_log_loss(y, proba),
        }
        for name, value in wanted.items():
            what = f"{name} at {n_labels} labels"
            with explaining(what):
                found = get_scorer(name)(model, X, y)
            expect(np.isclose(found, value), f"{what} is {found} instead of {value}")


def _log_loss(y: IntArray, proba: FloatArray) -> float:
    return log_loss(y, proba if proba.shape[1] > 1 else np.hstack([1 - proba, proba]))


@check(has_scores)
def check_cross_val_predict(subject: Subject) -> None:
    """cross_val_predict gives (n_samples, n_labels) probabilities or scores, for any n_labels.

    It orders columns by `classes_`, wrongly if these are a list of arrays or ``np.arange``; see
    `check_classes` for the form that works.
    """
    X, texts = corpus().test_texts, corpus().texts
    for method in (method for method in _SCORES if method in subject.methods):
        for n_labels in subject.label_counts:
            frozen = FrozenEstimator(subject.fitted(n_labels))  # folds are not fitted
            y = corpus().test_y[:, :n_labels]
            wanted = dense(getattr(frozen, method)(X))
            with explaining(f"{method} at {n_labels} labels"):
                found = dense(cross_val_predict(frozen, X, y, cv=_FOLDS, method=method))
            same = found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-6, atol=1e-6)
            expect(same, f"{method} at {n_labels} labels: shape {found.shape}, or other values")
    method = next(method for method in _SCORES if method in subject.methods)
    found = dense(cross_val_predict(subject.make(), texts, corpus().y, cv=_FOLDS, method=method))
    shape = (len(texts), dense(getattr(subject.fitted(), method)(X)).shape[1])
    expect(found.shape == shape, f"{method} has shape {found.shape} instead of {shape}")
    expect(np.isfinite(found).all(), f"{method} has values that are not finite")


@check(has_scores)
def check_stacking(subject: Subject) -> None:
    """StackingClassifier trains on the estimator's out-of-fold scores, at two and three labels.

    Return ONE array (n_samples, n_labels) from `predict_proba`, and see `check_classes`. At two
    labels scikit-learn drops the first column, as if it were the complement of the second, so the
    stack only has to run. Scores of the stack, as scorers and wrappers of this package read them,
    must agree with its `predict`.
    """
    X = corpus().test_texts
    for n_labels, cv in ((2, "prefit"), (3, _FOLDS)):
        base = subject.fitted(n_labels) if cv == "prefit" else subject.make()
        final = KNeighborsClassifier(3)
        stack = StackingClassifier([("text", base)], final_estimator=final, cv=cv)
        with explaining(f"at {n_labels} labels"):
            stack.fit(corpus().texts, corpus().y[:, :n_labels])
            output = np.asarray(stack.predict(X))
        shape = (len(X), n_labels)
        expect(output.shape == shape, f"at {n_labels} labels predict has shape {output.shape}")
        scores, _ = label_scores(stack, X, one_label=False)
        agree = np.array_equal(scores > 0.5, output)
        expect(agree, f"at {n_labels} labels the stack's scores contradict its predict")


@check(takes_weights)
def check_metadata_routing(subject: Subject) -> None:
    """`set_fit_request(sample_weight=True)` makes a Pipeline pass the weights on to `fit`.

    Name `sample_weight` in the signature of `fit` and inherit from sklearn.base.BaseEstimator,
    which derives `set_fit_request` from it; let clone keep the request.
    """
    X, y = corpus().texts, corpus().y
    bad = np.full(len(X), np.nan)  # an error of fit proves that the weights arrive
    with config_context(enable_metadata_routing=True):
        asking = clone(subject.make().set_fit_request(sample_weight=True))
        refusal(
            "weights of nan, routed by a Pipeline,",
            lambda: Pipeline([("text", asking)]).fit(X, y, sample_weight=bad),
            "nan",
        )
        silent = subject.make().set_fit_request(sample_weight=False)
        cross_validate(
            silent,
            X,
            y,
            cv=[(np.arange(len(X)), np.arange(8))],
            error_score="raise",
            scoring="f1_micro",
        )
