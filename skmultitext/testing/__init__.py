"""Conformance suite for classifiers of text; scikit-learn's own suite is for numbers.

``python -m skmultitext.testing`` lists the checks.
"""

from ._checks import CheckFailedError
from ._runner import check_text_estimator, parametrize_with_text_checks

__all__ = ["CheckFailedError", "check_text_estimator", "parametrize_with_text_checks"]


def __dir__() -> list[str]:
    return __all__
