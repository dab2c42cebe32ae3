"""Parameters that were set and have no effect are told, and no others."""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skmultitext.training._fitting import warn_unused


class Tagger(BaseEstimator):
    def __init__(self, a=1, b=None, c=(1, 2)):
        self.a = a
        self.b = b
        self.c = c


RULES = [("no use", ("a", "b")), ("none either", ("b", "c", "extra"))]


def test_defaults_are_not_told():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_unused(Tagger(), RULES, {"extra": None})
        warn_unused(Tagger(a=2), [])


def test_one_warning_names_each_once_with_its_reason():
    message = r"^Tagger was given parameters .*: a=2 \(no use\), b='x' \(no use\), extra=3 \(none e"
    with pytest.warns(UserWarning, match=message) as caught:
        warn_unused(Tagger(a=2, b="x"), RULES, {"extra": 3})
    assert len(caught) == 1
    with pytest.warns(UserWarning, match=r"b=array"):
        warn_unused(Tagger(b=np.ones(3)), RULES, {"extra": None})
