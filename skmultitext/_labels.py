"""The gate for y: learn the form of y, encode it as 0/1, decode predictions to that form.

Internally labels are always an indicator of shape (n_samples, n_labels): a dense int8 array
in column order, or, where y came sparse, an int8 `scipy.sparse.csc_array`.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from ._label_forms import read_labels
from .exceptions import LabelError

__all__ = ["LabelCodes", "LabelSpace", "listing"]


class LabelCodes(np.ndarray):
    """The two codes of each label, shape (n_labels, 2), as `classes_` of a multi-label tagger.

    scikit-learn's tools read a 2-D `classes_` as a multi-label problem and decode an indicator
    by indexing `classes_` with it; indexing with a 2-D integer array therefore picks from each
    label's own row. Every other index does what it does on an ndarray.
    """

    def __new__(cls, codes):
        return np.asarray(codes).view(cls)

    def __getitem__(self, index):
        codes = np.asarray(self)
        if codes.ndim == 2 and getattr(index, "ndim", 0) == 2 and index.dtype.kind in "iu":
            return codes[np.arange(codes.shape[0]), index]
        return codes[index]


@dataclass(frozen=True, eq=False)
class LabelSpace:
    """The labels a tagger knows, and the form in which y came.

    Attributes
    ----------
    form : {"binary", "column", "indicator", "sparse", "label_sets"}
        The form of y at fit.
    label_names : ndarray of shape (n_labels,), dtype object
        The name of each label, a str. Columns without a name are called "0", "1", ...
    codes : ndarray of shape (n_labels, 2)
        The code of "no" and of "yes" of each label, as they stood in y.
    named : bool
        Whether the names came with y; placeholders otherwise.
    """

    form: str
    label_names: np.ndarray
    codes: np.ndarray
    named: bool

    @classmethod
    def learn(cls, y):
        """Read y; return the space of its labels and y as a 0/1 indicator.

        Parameters
        ----------
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in any form of the contract of a tagger.

        Returns
        -------
        space : LabelSpace
        indicator : ndarray or csc_array of shape (n_samples, n_labels), dtype int8

        Raises
        ------
        LabelError
            If y is none of the forms; the message says what was found and what to do.
        """
        found = read_labels(y)
        names = np.empty(len(found.label_names), dtype=object)
        names[:] = found.label_names
        return cls(found.form, names, found.codes, found.named), found.indicator

    @property
    def n_labels(self):
        """Number of labels, int."""
        return len(self.label_names)

    @property
    def classes(self):
        """`classes_` as scikit-learn reads it: (2,) for a 1-D y, `LabelCodes` otherwise."""
        return self.codes[0] if self.form == "binary" else LabelCodes(self.codes)

    def encode(self, y, *, unknown="raise"):
        """Encode labels of later data with the columns of this space.

        Parameters
        ----------
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in the form of fit, or label sets, or an indicator with as many columns.
            Columns of a DataFrame are matched by name where y had names at fit.
        unknown : {"raise", "append"}, default="raise"
            What to do with names in label sets that are not in this space: refuse them, or
            append a column for each behind the known ones, so that a score counts them as
            missed.

        Returns
        -------
        ndarray or csc_array of shape (n_samples, n_labels), dtype int8

        Raises
        ------
        LabelError
            If the labels do not fit this space.
        """
        codes = self.codes[0] if self.form in ("binary", "column") else None
        if self.form == "column" and codes.dtype.kind not in "biuf" and isinstance(y, list):
            y = np.array(y)  # rows such as ["yes"] hold the code, not a set of labels
        found = read_labels(y, codes=codes, known=self.label_names)
        if found.form == "label_sets":
            strangers = found.label_names[self.n_labels :]
            if strangers and unknown == "raise":
                raise LabelError(
                    f"y holds the unknown labels {listing(strangers)}; known are "
                    f"{listing(self.label_names)}. Labels are learned in fit."
                )
            return found.indicator
        if found.named and self.named:
            return self._align(found)
        if found.indicator.shape[1] != self.n_labels:
            raise LabelError(
                f"y has {found.indicator.shape[1]} columns, but there are {self.n_labels} labels: "
                f"{listing(self.label_names)}. Pass one column per label, in this order."
            )
        return found.indicator

    def _align(self, found):
        """Bring the columns of a DataFrame into the order of this space."""
        if set(found.label_names) != set(self.label_names):
            raise LabelError(
                f"y has the columns {listing(found.label_names)}, but the labels are "
                f"{listing(self.label_names)}. Pass one column per label."
            )
        position = {name: j for j, name in enumerate(found.label_names)}
        return found.indicator[:, [position[name] for name in self.label_names]]

    def decode(self, indicator):
        """Bring decisions into the form that `predict` returns for this y.

        Parameters
        ----------
        indicator : ndarray or CSR of shape (n_samples, n_labels), dtype bool
            True where the label is given.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels), or CSR
            Codes of a 1-D y or of a single column; otherwise an int64 indicator, in CSR
            where y was sparse at fit.
        """
        if self.form == "binary":
            return self.codes[0][indicator[:, 0].astype(np.intp)]
        if self.form == "column":
            return self.codes[0][indicator.astype(np.intp)]
        if self.form == "sparse":
            return sp.csr_matrix(indicator, dtype=np.int64)
        return indicator.astype(np.int64)

    def label_sets(self, indicator):
        """Name the labels of each row.

        Parameters
        ----------
        indicator : ndarray or CSR of shape (n_samples, n_labels), dtype bool
            True where the label is given.

        Returns
        -------
        list of tuple of str, of length n_samples
            The names of each document's labels, in the order of `label_names`.
        """
        rows, columns = indicator.nonzero()
        bounds = np.searchsorted(rows, np.arange(indicator.shape[0] + 1))
        names = self.label_names[columns]
        return [tuple(names[a:b]) for a, b in pairwise(bounds)]


def listing(names, most=10):
    """Join label names for a message, at most `most` of them."""
    names = list(names)
    shown = ", ".join(repr(str(name)) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
