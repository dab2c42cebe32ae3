"""Every error and warning class of this package.

Errors about what a user passed are ``ValueError`` subclasses, because that is what
scikit-learn's tools and checks expect; a missing library is an ``ImportError``.
"""

from sklearn.exceptions import UndefinedMetricWarning

__all__ = [
    "AbsentLabelWarning",
    "DataFileError",
    "DocumentError",
    "LabelError",
    "MissingExtraError",
    "RareLabelWarning",
    "SkippedRowsWarning",
]


class DocumentError(ValueError):
    """The texts passed as X cannot be read as a sequence of str."""


class LabelError(ValueError):
    """The labels passed as y, or a label named in a parameter, cannot be used."""


class DataFileError(ValueError):
    """A data file has a row that cannot be read; the message starts with ``file:line:``."""


class MissingExtraError(ImportError):
    """A feature needs an optional library; the message names the extra that brings it."""


class AbsentLabelWarning(UndefinedMetricWarning):
    """A label has no positive (or no negative) where a score needs one, and was left out."""


class RareLabelWarning(UserWarning):
    """A label has too few positives for what was asked; the message names it."""


class SkippedRowsWarning(UserWarning):
    """Rows of a data file were skipped; the message says how many and why."""
