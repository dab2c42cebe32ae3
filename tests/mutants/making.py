"""How mutants are made: one member of the TF-IDF tagger is overridden, and the check named."""

import functools

import numpy as np

from skmultitext import TfidfLogRegTagger

# name of a check -> (class, words of the message with which it must fail)
MUTANTS = {}


def breaks(check_name, words):
    """Enter a mutant in the table."""

    def enter(cls):
        assert check_name not in MUTANTS
        MUTANTS[check_name] = (cls, words)
        return cls

    return enter


def mutate(check_name, words, /, **members):
    """Make a mutant that overrides members of the tagger, and enter it in the table."""
    name = "Breaks_" + check_name.removeprefix("check_")
    cls = type(name, (TfidfLogRegTagger,), members | {"__module__": __name__})
    globals()[name] = cls  # so that it pickles
    return breaks(check_name, words)(cls)


def wrap(method_name, change):
    """Override a method: `change` gets the tagger and what the method returned."""

    def method(self, *args, **kwargs):
        return change(self, getattr(TfidfLogRegTagger, method_name)(self, *args, **kwargs))

    return {method_name: functools.wraps(getattr(TfidfLogRegTagger, method_name))(method)}


def refit(change):
    """Override `fit`: `change` gets and returns (X, y, sample_weight)."""

    def fit(self, X, y, sample_weight=None):
        X, y, sample_weight = change(X, y, sample_weight)
        return TfidfLogRegTagger.fit(self, X, y, sample_weight)

    return {"fit": fit}


def with_labels(change):
    return refit(lambda X, y, w: (X, change(y), w))


def with_weights(change):
    return refit(lambda X, y, w: (X, y, None if w is None else change(w)))


def after_fit(change):
    return wrap("fit", lambda self, fitted: change(self) or fitted)


def after_init(change):
    return wrap("__init__", lambda self, _: change(self))


def gate(condition, convert):
    """Override the gate for X: convert what must be refused."""

    def _check_X(self, X, *, reset):
        X = convert(X) if condition(X) else X
        return TfidfLogRegTagger._check_X(self, X, reset=reset)

    return {"_check_X": _check_X}


def gate_each(condition, convert):
    """Override the gate for X: convert documents that must be refused."""

    def convertible(X):
        return isinstance(X, list | tuple | np.ndarray) and np.ndim(X) == 1

    def each(X):
        return [convert(document) if condition(document) else document for document in X]

    def _check_X(self, X, *, reset):
        ragged = isinstance(X, list) and any(isinstance(document, list) for document in X)
        X = each(X) if ragged or convertible(X) else X
        return TfidfLogRegTagger._check_X(self, X, reset=reset)

    return {"_check_X": _check_X}


def tags(change):
    def __sklearn_tags__(self):
        tags = TfidfLogRegTagger.__sklearn_tags__(self)
        change(tags)
        return tags

    return {"__sklearn_tags__": __sklearn_tags__}


def fail(error):
    raise error


def is_a(*kinds):
    return lambda value: isinstance(value, kinds)


def refuse_training(condition, error):
    """Override the engine: raise the error where the condition on (X, indicator) holds."""

    def _fit_engine(self, data):
        if condition(data.X, data.indicator):
            raise error
        return TfidfLogRegTagger._fit_engine(self, data)

    return {"_fit_engine": _fit_engine}
