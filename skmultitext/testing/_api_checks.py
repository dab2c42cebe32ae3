"""Checks of the constructor, parameters, tags and signatures."""

# A failing check prints its docstring: what is expected, and how to fix an estimator.

import inspect
from dataclasses import asdict
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import SkipTest

import numpy as np
from sklearn import base
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import (
    ClassifierTags,
    InputTags,
    RegressorTags,
    TargetTags,
    TransformerTags,
    estimator_html_repr,
)

from ._checks import check, expect, refusal
from ._subject import Subject, is_fitted

_IMMUTABLE = (str, int, float, bool, tuple, type(None), type, np.generic)
_MIXINS = (
    base.ClassifierMixin,
    base.ClusterMixin,
    base.MetaEstimatorMixin,
    base.MultiOutputMixin,
    base.OutlierMixin,
    base.RegressorMixin,
    base.TransformerMixin,
)


def _constructor(subject: Subject) -> dict[str, inspect.Parameter]:
    """Return the parameters of `__init__` by name, without self."""
    return dict(inspect.signature(type(subject.estimator)).parameters)


@check()
def check_clone(subject: Subject) -> None:
    """`clone` gives a new, unfitted estimator with the same parameters.

    Let `__init__` take every parameter by name and store it unchanged under that name, and keep
    fitted state out of the parameters.
    """
    copy = clone(subject.fitted())
    expect(type(copy) is type(subject.estimator), f"clone is a {type(copy).__name__}")
    expect(not is_fitted(copy), "the clone of a fitted estimator is fitted")
    names = set(copy.get_params(deep=False))
    expect(names == set(subject.parameters), f"the clone has the parameters {sorted(names)}")


@check()
def check_init_only_stores(subject: Subject) -> None:
    """`__init__` stores every parameter unchanged and sets nothing else.

    Write only ``self.name = name`` lines in `__init__`: no checks, no conversions, no copies, no
    private attributes. `set_params` does not call `__init__`, so what `__init__` computes goes
    stale. Check and convert in `fit`.
    """
    names = _constructor(subject)
    values: tuple[Any, ...] = (SimpleNamespace(), np.array([1.0, 4.0]), [], None)
    for given in values:
        estimator = type(subject.estimator)(**dict.fromkeys(names, given))
        stored = vars(estimator)
        extra = sorted(set(stored).difference(names))
        expect(not extra, f"__init__ sets {extra}, which are not parameters")
        changed = [name for name in names if stored.get(name, names) is not given]
        expect(not changed, f"__init__ does not store {changed} as passed ({given!r})")


@check()
def check_default_parameters(subject: Subject) -> None:
    """Defaults of parameters are immutable, and the estimator can be constructed with them.

    Use None, a str, a number or a tuple as default and replace it in `fit`; a list or dict as
    default is shared by all instances.
    """
    parameters = _constructor(subject)
    kinds = {parameter.kind for parameter in parameters.values()}
    expect(
        not kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD},
        "__init__ takes *args or **kwargs, whose names get_params cannot know",
    )
    required = {
        name: subject.parameters[name]
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty
    }
    estimator = type(subject.estimator)(**required)
    for name, value in estimator.get_params(deep=False).items():
        if name not in required:
            allowed = isinstance(value, _IMMUTABLE) or callable(value)
            expect(allowed, f"the default of {name} is the {type(value).__name__} {value!r}")


@check()
def check_get_params(subject: Subject) -> None:
    """`get_params(deep=False)` gives exactly the parameters of `__init__`; deep adds to them.

    Inherit `get_params` from sklearn.base.BaseEstimator.
    """
    shallow = subject.make().get_params(deep=False)
    names = set(_constructor(subject))
    expect(set(shallow) == names, f"get_params gives {sorted(shallow)}, __init__ {sorted(names)}")
    deep = subject.make().get_params(deep=True)
    expect(set(shallow) <= set(deep), f"deep=True lacks {sorted(set(shallow).difference(deep))}")


@check()
def check_set_params(subject: Subject) -> None:
    """`set_params` stores any value unchanged, returns the estimator, and checks nothing.

    Inherit `set_params` from sklearn.base.BaseEstimator and check values in `fit`, so that the
    order in which a search sets parameters does not matter.
    """
    estimator = subject.make()
    expect(estimator.set_params() is estimator, "set_params() does not return the estimator")
    for name in estimator.get_params(deep=False):
        fresh = subject.make()
        for value in (-np.inf, np.inf, None):
            fresh.set_params(**{name: value})
            stored = fresh.get_params(deep=False)[name]
            expect(stored is value, f"set_params({name}={value!r}) stores {stored!r}")


@check()
def check_set_params_unknown(subject: Subject) -> None:
    """`set_params` refuses a parameter that does not exist, by name.

    Inherit `set_params` from sklearn.base.BaseEstimator: a misspelt parameter must not be
    ignored silently.
    """
    for name in ("no_such_parameter", "no_such_part__parameter"):
        word = name.partition("__")[0]
        refusal(f"{name}=1", partial(subject.make().set_params, **{name: 1}), word)


@check()
def check_repr(subject: Subject) -> None:
    """`repr` and the HTML view name the class, fitted or not.

    Inherit `__repr__` from sklearn.base.BaseEstimator and keep attributes named after parameters.
    """
    for estimator in (subject.make(), subject.fitted()):
        for view in (repr, estimator_html_repr):
            expect(subject.name in view(estimator), f"no {subject.name!r} in {view(estimator)!r}")


@check()
def check_tag_types(subject: Subject) -> None:
    """`__sklearn_tags__` gives tags of the types that scikit-learn reads.

    Start from ``tags = super().__sklearn_tags__()`` and change single fields; `_more_tags` and
    `_get_tags` are no longer read since scikit-learn 1.6.
    """
    tags = subject.tags
    wanted = {
        "estimator_type": (str, type(None)),
        "target_tags": TargetTags,
        "classifier_tags": ClassifierTags,
        "regressor_tags": (RegressorTags, type(None)),
        "transformer_tags": (TransformerTags, type(None)),
        "input_tags": InputTags,
        "non_deterministic": bool,
        "no_validation": bool,
        "requires_fit": bool,
    }
    for name, kinds in wanted.items():
        value = getattr(tags, name)
        expect(isinstance(value, kinds), f"tag {name} is {value!r}")
    for group in (tags.target_tags, tags.classifier_tags, tags.input_tags):
        for name, value in asdict(group).items():
            expect(isinstance(value, bool), f"tag {name} is {value!r}, not a bool")
    old = [
        cls.__name__
        for cls in type(subject.estimator).mro()
        if {"_more_tags", "_get_tags"} & set(vars(cls)) and "__sklearn_tags__" not in vars(cls)
    ]
    expect(not old, f"{old} define _more_tags or _get_tags without __sklearn_tags__")


def _skip_pipeline(subject: Subject) -> None:
    if isinstance(subject.estimator, Pipeline):
        raise SkipTest("a Pipeline does not pass on these tags of its steps")


@check()
def check_text_tags(subject: Subject) -> None:
    """Tags say that X is texts: ``input_tags.string`` True and ``input_tags.two_d_array`` False.

    Set both in `__sklearn_tags__`; otherwise scikit-learn's tools expect a matrix of numbers.
    """
    _skip_pipeline(subject)
    tags = subject.tags.input_tags
    expect(tags.string, "input_tags.string is False")
    expect(not tags.two_d_array, "input_tags.two_d_array is True")


@check()
def check_label_tags(subject: Subject) -> None:
    """Tags say that y may be multi-label: a classifier with ``classifier_tags.multi_label``.

    Inherit from sklearn.base.ClassifierMixin and set ``tags.classifier_tags.multi_label = True``,
    ``tags.target_tags.multi_output = True`` (for a tagger of ours also ``single_output = True``
    and ``classifier_tags.multi_class = False``).
    """
    _skip_pipeline(subject)
    tags = subject.tags
    expect(tags.estimator_type == "classifier", f"estimator_type is {tags.estimator_type!r}")
    expect(tags.classifier_tags.multi_label, "classifier_tags.multi_label is False")
    expect(tags.target_tags.required, "target_tags.required is False")
    if subject.is_tagger:
        expect(tags.target_tags.multi_output, "target_tags.multi_output is False")
        expect(tags.target_tags.single_output, "target_tags.single_output is False")
        expect(not tags.classifier_tags.multi_class, "classifier_tags.multi_class is True")


@check()
def check_mixin_order(subject: Subject) -> None:
    """Mixins are listed before BaseEstimator among the base classes.

    Write ``class Tagger(ClassifierMixin, BaseEstimator)``: in the other order BaseEstimator's
    tags win over the mixin's.
    """
    order = type(subject.estimator).mro()
    if base.BaseEstimator in order:
        late = [cls for cls in _MIXINS if cls in order[order.index(base.BaseEstimator) :]]
        expect(not late, f"after BaseEstimator: {[cls.__name__ for cls in late]}")


@check()
def check_signatures(subject: Subject) -> None:
    """`fit` and `score` take X and y by position and require nothing else.

    Write ``def fit(self, X, y, sample_weight=None)``; every further argument needs a default, or
    searches cannot call it.
    """
    for method in ("fit", "score"):
        parameters = list(inspect.signature(getattr(subject.make(), method)).parameters.values())
        names = [parameter.name for parameter in parameters]
        expect(names[1:2] in (["y"], ["Y"]), f"{method} takes {names}")
        demanded = [
            parameter.name
            for parameter in parameters[2:]
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        expect(not demanded, f"{method} requires {demanded} besides X and y")
