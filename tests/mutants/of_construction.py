"""Mutants of the constructor, of parameters and of what `fit` and `predict` change."""

import threading
import warnings

import numpy as np
from sklearn.base import MultiOutputMixin
from sklearn.exceptions import NotFittedError

from skmultitext import TfidfLogRegTagger

from .making import after_fit, after_init, breaks, mutate, tags, wrap

# --- constructor, parameters, tags, signatures


@breaks("check_clone", "fitted estimator is fitted")
class ClonesFittedState(TfidfLogRegTagger):
    def __sklearn_clone__(self):
        copy = type(self)(**self.get_params())
        vars(copy).update(vars(self))
        return copy


mutate(
    "check_init_only_stores", "sets ['_cache']", **after_init(lambda s: setattr(s, "_cache", {}))
)
mutate(
    "check_default_parameters",
    "default of stop_words is the list",
    **after_init(lambda s: setattr(s, "stop_words", [] if s.stop_words is None else s.stop_words)),
)
mutate(
    "check_set_params",
    "does not return the estimator",
    set_params=lambda self, **p: TfidfLogRegTagger.set_params(self, **p) if p else None,
)
mutate(
    "check_set_params_unknown",
    "accepted without an error",
    set_params=lambda self, **p: TfidfLogRegTagger.set_params(
        self, **{k: v for k, v in p.items() if k in self.get_params()}
    ),
)
mutate(
    "check_get_params",
    "get_params gives",
    get_params=lambda self, deep=True: {
        k: v for k, v in TfidfLogRegTagger.get_params(self, deep).items() if deep or k != "tol"
    },
)
mutate("check_repr", "'a tagger'", __repr__=lambda self: "a tagger")
mutate("check_tag_types", "tag requires_fit is 1", **tags(lambda t: setattr(t, "requires_fit", 1)))
mutate(
    "check_text_tags", "string is False", **tags(lambda t: setattr(t.input_tags, "string", False))
)
mutate(
    "check_label_tags",
    "multi_label is False",
    **tags(lambda t: setattr(t.classifier_tags, "multi_label", False)),
)


@breaks("check_mixin_order", "MultiOutputMixin")
class MixinOnTheRight(TfidfLogRegTagger, MultiOutputMixin):
    pass


@breaks("check_signatures", "score takes")
class OddSignature(TfidfLogRegTagger):
    def score(self, X, labels, sample_weight=None):
        return super().score(X, labels, sample_weight)


# --- what fit and predict change

mutate(
    "check_fit_returns_self",
    "fit returns a",
    **wrap(
        "fit", lambda self, _: (lambda copy: vars(copy).update(vars(self)) or copy)(type(self)())
    ),
)
mutate("check_fit_keeps_parameters", "['n_jobs']", **after_fit(lambda s: setattr(s, "n_jobs", 1)))
mutate(
    "check_fit_adds_no_public_attribute",
    "fit adds ['history']",
    **after_fit(lambda s: setattr(s, "history", [])),
)


@breaks("check_predict_changes_nothing", "predict changes ['_last_lengths']")
class CachesLengths(TfidfLogRegTagger):
    def predict(self, X):
        self._last_lengths = [len(document) for document in X]
        return super().predict(X)


@breaks("check_fit_idempotent", "the first and the second fit")
class StartsWarm(TfidfLogRegTagger):
    def _fit_engine(self, data):
        fitted = super()._fit_engine(data)
        if hasattr(self, "classifier_"):
            fitted["classifier_"].coef_ += 0.1 * self.classifier_.coef_
        return fitted


@breaks("check_refit_forgets", "fitted once, and refitted")
class KeepsItsVocabulary(TfidfLogRegTagger):
    def _fit_engine(self, data):
        words = {word for document in data.X for word in document.split()}
        fitted = super()._fit_engine(data)
        if hasattr(self, "_known") and not self._known & words:
            fitted["classifier_"].intercept_ += 1
        return fitted | {"_known": words}


@breaks("check_pickle", "cannot pickle")
class HoldsALock(TfidfLogRegTagger):
    def _fit_engine(self, data):
        return super()._fit_engine(data) | {"_lock": threading.Lock()}


mutate("check_deepcopy", "NotFittedError", __deepcopy__=lambda self, memo: type(self)())


@breaks("check_joblib_memmap", "read-only")
class WritesIntoWeights(TfidfLogRegTagger):
    def _logits(self, documents):
        self.classifier_.coef_ *= 1.0
        return super()._logits(documents)


@breaks("check_not_fitted_error", "predict_labels answers before fit")
class AnswersUnfitted(TfidfLogRegTagger):
    def predict_labels(self, X):
        return super().predict_labels(X) if hasattr(self, "classes_") else [()] * len(X)


class NeverCountsAsFitted(TfidfLogRegTagger):
    def __sklearn_is_fitted__(self):
        return False

    def _by_rows(self, method, X):
        if not hasattr(self, "classes_"):
            raise NotFittedError
        yield method(self._check_X(X, reset=False))


breaks("check_is_fitted_tells", "does not count as fitted after fit")(NeverCountsAsFitted)
breaks("check_frozen_estimator", "NotFittedError")(NeverCountsAsFitted)


@breaks("check_failed_fit", "counts as fitted after a fit that failed")
class SetsStateFirst(TfidfLogRegTagger):
    def fit(self, X, y, sample_weight=None):
        try:
            return super().fit(X, y, sample_weight)
        except ValueError:
            self._label_space = None
            raise


@breaks("check_failed_refit", "the failed fit adds or drops attributes")
class ForgetsFirst(TfidfLogRegTagger):
    def fit(self, X, y, sample_weight=None):
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)
        return super().fit(X, y, sample_weight)


@breaks("check_random_state", "two fits with random_state=0")
class DrawsGlobally(TfidfLogRegTagger):
    def _fit_engine(self, data):
        fitted = super()._fit_engine(data)
        fitted["classifier_"].intercept_ += 0.1 * np.random.random()  # noqa: NPY002
        return fitted


mutate(
    "check_global_generators",
    "numpy.random",
    **after_fit(lambda s: np.random.seed(s.random_state)),  # noqa: NPY002
)
mutate("check_writes_no_files", "train.log", **after_fit(lambda s: open("train.log", "w").close()))
mutate(
    "check_fit_warns_nothing",
    "not converged",
    **after_fit(lambda s: warnings.warn("not converged", stacklevel=2)),
)
mutate("check_fit_prints_nothing", "epoch 1", **after_fit(lambda s: print("epoch 1")))
mutate("check_n_iter", "n_iter_ is", n_iter_=property(lambda self: np.zeros(3, dtype=int)))
