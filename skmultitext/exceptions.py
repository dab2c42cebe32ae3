"""Every error and warning class of this package.

Errors about what a user passed are ``ValueError`` subclasses, because that is what
scikit-learn's tools and checks expect; a missing library is an ``ImportError``.
"""

from sklearn.exceptions import InconsistentVersionWarning, UndefinedMetricWarning

__all__ = [
    "AbsentLabelWarning",
    "DataFileError",
    "DocumentError",
    "InconsistentModelWarning",
    "LabelError",
    "MissingExtraError",
    "ModelFileError",
    "RareLabelWarning",
    "SkippedRowsWarning",
]


class DocumentError(ValueError):
    """The texts passed as X cannot be read as a sequence of str."""


class LabelError(ValueError):
    """The labels passed as y, or a label named in a parameter, cannot be used."""


class DataFileError(ValueError):
    """A data file has a row that cannot be read; the message starts with ``file:line:``."""


class ModelFileError(ValueError):
    """A saved model is damaged, was not written by `save`, or has a newer format."""


class MissingExtraError(ImportError):
    """A feature needs an optional library; the message names the extra that brings it."""


class InconsistentModelWarning(InconsistentVersionWarning):
    """A model was pickled or saved with another version of a library than this one.

    Parameters
    ----------
    library : str
        The library.
    estimator_name : str
        Class of the estimator.
    current_version, written_version : str
        Version of the library here, and where the model was written.
    """

    def __init__(self, library, estimator_name, current_version, written_version):
        self.library = library
        self.estimator_name = estimator_name
        self.current_version = current_version
        self.written_version = written_version

    def __str__(self):
        return (
            f"This {self.estimator_name} was written with {self.library} {self.written_version}; "
            f"here is {self.library} {self.current_version}. Results may differ, or be wrong: fit "
            f"it again, or install that version."
        )


class AbsentLabelWarning(UndefinedMetricWarning):
    """A label has no positive (or no negative) where a score needs one, and was left out."""


class RareLabelWarning(UserWarning):
    """A label has too few positives for what was asked; the message names it."""


class SkippedRowsWarning(UserWarning):
    """Rows of a data file were skipped; the message says how many and why."""
