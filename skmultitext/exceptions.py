"""The error and warning classes of this package.

Errors about arguments are ``ValueError`` subclasses, as scikit-learn's tools and checks expect; a
missing library is an ``ImportError``.
"""

from sklearn.exceptions import InconsistentVersionWarning, UndefinedMetricWarning

__all__ = [
    "AbsentLabelWarning",
    "ContradictoryLabelWarning",
    "DataFileError",
    "DocumentError",
    "InconsistentModelWarning",
    "LabelError",
    "MissingExtraError",
    "ModelFileError",
    "PartitionError",
    "RareLabelWarning",
    "SkippedRowsWarning",
    "UnknownLabelWarning",
    "UnusedHierarchyWarning",
]


def __dir__() -> list[str]:
    return __all__


_MOST_LETTERS = 2000  # of a message


class DocumentError(ValueError):
    """The texts passed as X cannot be read as a sequence of str."""


class LabelError(ValueError):
    """The labels passed as y, or a label named in a parameter, cannot be used."""


class DataFileError(ValueError):
    """A data file has a row that cannot be read; the message starts with ``file:line:``."""


class PartitionError(ValueError):
    """A partition has a row that cannot be read, or its worker has other versions.

    The message starts with ``partition 3, row 17:`` (both count from 0), or names both versions of
    a library that differs between the driver and the worker.
    """


class ModelFileError(ValueError):
    """A saved model is damaged, was not written by `save`, or has a newer format.

    Parameters
    ----------
    message : str
        The message. It may quote the file: control characters are escaped, so that they have no
        effect on a terminal, and a long message is truncated.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_printable(message[:_MOST_LETTERS]))


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return "".join(escaped)


class MissingExtraError(ImportError):
    """A feature needs an optional library; the message names the extra that installs it."""


class InconsistentModelWarning(InconsistentVersionWarning):
    """A model was pickled or saved with a different version of a library.

    Parameters
    ----------
    library : str
        The library.
    estimator_name : str
        Class of the estimator.
    current_version, written_version : str
        Version of the library in this process, and in the process that wrote the model.
    """

    def __init__(
        self,
        library: str,
        estimator_name: str,
        current_version: str | None,
        written_version: str | None,
    ) -> None:
        self.library = library
        self.estimator_name = estimator_name
        self.current_version = current_version
        self.written_version = written_version

    def __str__(self) -> str:
        return (
            f"This {self.estimator_name} was written with {self.library} {self.written_version}; "
            f"the installed version is {self.current_version}. Results may differ, or be wrong: "
            f"fit it again, or install that version."
        )


class AbsentLabelWarning(UndefinedMetricWarning):
    """A label was left out of a score because it has no positive (or no negative)."""


class ContradictoryLabelWarning(UserWarning):
    """Data sets that were merged contradict each other about a label of a document."""


class RareLabelWarning(UserWarning):
    """A label has too few positives; the message names it."""


class SkippedRowsWarning(UserWarning):
    """Rows of a data file were skipped; the message says how many and why."""


class UnknownLabelWarning(UserWarning):
    """Documents without a known label, or labels without a known entry, were left out."""


class UnusedHierarchyWarning(UserWarning):
    """A hierarchy of labels names no label of y as a child, so that it has no effect."""
