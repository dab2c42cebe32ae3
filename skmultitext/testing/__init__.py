"""Conformance of classifiers that take text: scikit-learn's own suite knows only numbers.

``python -m skmultitext.testing`` lists the checks.
"""

from ._checks import CheckFailedError
from ._runner import check_text_estimator, parametrize_with_text_checks

__all__ = ["CheckFailedError", "check_text_estimator", "parametrize_with_text_checks"]
