"""All private names of scikit-learn that this package imports, each with the reason.

tests/test_runtime_sklearn.py reports which of them a new version of scikit-learn has changed. It
also tests the inherited private attributes that are used elsewhere: `_score`, `_sign`,
`_score_func`, `_kwargs`, `_response_method` and `_warn_overlap` of scorers, `_validate_params` and
`_parameter_constraints` of estimators.
"""

# Scorers: the public make_scorer returns a scorer that reads only scikit-learn's forms of y, and
# check_scoring and cross_validate share predictions only between instances of this class.
from sklearn.metrics._scorer import _BaseScorer as BaseScorer

# Select rows of a list, array, DataFrame or sparse matrix. scikit-learn's API reference lists this
# name; the only function without an underscore that selects rows, resample, draws them at random.
from sklearn.utils import _safe_indexing as safe_indexing

# Constraints: the values of _parameter_constraints, which BaseEstimator._validate_params checks.
# The developer's guide has no public way to check parameters in fit with scikit-learn's messages.
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
)

# get_params and set_params of a list of named estimators, as all ensembles of scikit-learn have
# them; its public subclasses bring a fit of their own.
from sklearn.utils.metaestimators import _BaseComposition as BaseComposition

__all__ = [
    "BaseComposition",
    "BaseScorer",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "RealNotInt",
    "StrOptions",
    "safe_indexing",
    "validate_parameter_constraints",
]
