"""Mutants of what a model answers, to us and to scikit-learn's tools."""

import threading

import numpy as np

from skmultitext import TfidfLogRegTagger

from .making import breaks, fail, gate_each, is_a, mutate, refuse_training, wrap

# --- what a model answers

mutate("check_predict_form", "dtype bool", **wrap("predict", lambda s, out: out.astype(bool)))
mutate(
    "check_predict_proba_form",
    "dtype float32",
    **wrap("predict_proba", lambda s, out: out.astype(np.float32)),
)
mutate(
    "check_decision_function_form",
    "shape (16, 1) instead of (16, 2)",
    **wrap("decision_function", lambda s, out: out[:, 1:] if out.shape[1:] == (2,) else out),
)
mutate(
    "check_scores_agree",
    "a higher score with a probability lower",
    **wrap("decision_function", lambda s, out: -out),
)
mutate(
    "check_predict_exceeds_threshold",
    "decisions differ",
    _decisions=lambda self, X: self._proba(X) >= self.thresholds_,
)
mutate("check_learns", "micro-F1 0.0", **wrap("_logits", lambda s, out: -np.abs(out)))
mutate("check_subset_invariance", "at a time", **wrap("_logits", lambda s, out: out - out.mean(0)))
mutate(
    "check_order_invariance",
    "in order, and shuffled",
    **wrap("_logits", lambda s, out: out + 0.01 * np.arange(len(out))[:, None]),
)
mutate(
    "check_score",
    "instead of",
    score=lambda self, X, y, sample_weight=None: float(np.mean(self.predict(X) == y)),
)


@breaks("check_unknown_documents", "not finite")
class AveragesOverWords(TfidfLogRegTagger):
    def _logits(self, documents):
        empty = self.vectorizer_.transform(documents).sum(axis=1) == 0
        return np.where(empty, np.nan, super()._logits(documents))


mutate(
    "check_train_on_empty_documents",
    "no words",
    **refuse_training(lambda X, y: "" in X, ValueError("no words")),
)
mutate(
    "check_identical_documents",
    "ZeroDivisionError",
    **refuse_training(lambda X, y: len(X) > 1 == len(set(X)), ZeroDivisionError("scale")),
)
mutate(
    "check_single_document",
    "ValueError: no",
    **refuse_training(lambda X, y: len(X) == 1, ValueError("no")),
)
mutate(
    "check_odd_texts",
    "UnicodeEncodeError",
    **gate_each(is_a(str), lambda d: d.encode().decode()),
)
mutate(
    "check_predict_labels",
    "rows such as ['",
    **wrap("predict_labels", lambda s, out: [list(row) for row in out]),
)


@breaks("check_threshold_forms", "thresholds_ [0.5")
class IgnoresThresholds(TfidfLogRegTagger):
    def _fit_checked(self, data):
        super()._fit_checked(data)
        if np.ndim(self.threshold):
            self.thresholds_ = np.full(3, 0.5)
        return self


# --- scikit-learn's tools


@breaks("check_pipeline", "alone, and in a Pipeline")
class TrustsLists(TfidfLogRegTagger):
    def _check_X(self, X, *, reset):
        return super()._check_X(X if isinstance(X, list) else X[::-1], reset=reset)


@breaks("check_grid_search_threads", "signal only works in main thread")
class UsesSignals(TfidfLogRegTagger):
    def _fit_engine(self, data):
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("signal only works in main thread")
        return super()._fit_engine(data)


mutate(
    "check_grid_search_processes",
    "Could not pickle the task",
    __getstate__=lambda self: fail(TypeError("cannot pickle '_thread.lock' object")),
)
mutate(
    "check_cross_validate",
    "too few documents",
    **refuse_training(lambda X, y: len(X) == 32, ValueError("too few documents")),
)
mutate("check_metadata_routing", "weights of nan, routed", set_fit_request=lambda self, **_: self)
