"""Say how evenly a split spreads the labels."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .._labels import LabelSpace, listing
from .._optional import require

_ROWS_SHOWN = 50


@dataclass(frozen=True, eq=False)
class SplitReport:
    """Label shares of the test folds of a split; print it, or take the numbers.

    Attributes
    ----------
    label_names : ndarray of shape (n_labels,), dtype object
        The name of each label.
    label_counts : ndarray of shape (n_labels,), dtype int64
        Positives of each label in all of y.
    label_shares : ndarray of shape (n_splits, n_labels), dtype float64
        Part of the rows of each test fold that has the label, in [0, 1].
    fold_sizes, train_sizes : ndarray of shape (n_splits,), dtype int64
        Rows of each test fold, and of the training side that goes with it.
    mean_relative_label_deviation : float
        Mean distance of a label's share in a fold from its share in y, relative to the latter;
        0 is perfect. NaN where y has no positive at all.
    label_distribution : float
        The measure LD of Sechidis et al.; inf if all rows of a fold have a label that not all
        rows of y have.
    absent_in_test, absent_in_train : tuple of tuple of str, of length n_splits
        Labels without a positive in each test fold, and in each training side.

    Examples
    --------
    >>> from skmultitext.model_selection import split_report
    >>> report = split_report([[1, 0], [1, 0], [1, 1], [0, 0]], [([0, 1], [2, 3])])
    >>> report.label_counts, report.label_shares
    (array([3, 1]), array([[0.5, 0.5]]))
    >>> report.absent_in_train
    (('1',),)
    """

    label_names: np.ndarray
    label_counts: np.ndarray
    label_shares: np.ndarray
    fold_sizes: np.ndarray
    train_sizes: np.ndarray
    mean_relative_label_deviation: float
    label_distribution: float
    absent_in_test: tuple
    absent_in_train: tuple
    _n_samples: int

    def to_frame(self):
        """Return the table of labels.

        Returns
        -------
        pandas.DataFrame of shape (n_labels, 2 + n_splits)
            One row a label; its count and share in y ("count", "share"), then its share in
            each test fold ("fold 0", "fold 1", ...).

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        pandas = require("pandas", "SplitReport.to_frame()")
        folds = {f"fold {i}": shares for i, shares in enumerate(self.label_shares)}
        table = {"count": self.label_counts, "share": self.label_counts / self._n_samples, **folds}
        return pandas.DataFrame(table, index=pandas.Index(self.label_names, name="label"))

    def __str__(self):
        n_splits, n_labels = self.label_shares.shape
        sizes = f"{self.fold_sizes.min()} to {self.fold_sizes.max()}"
        lines = [
            f"{n_splits} folds of {sizes} rows, of {self._n_samples} rows with {n_labels} labels",
            f"mean relative label deviation {self.mean_relative_label_deviation:.4f}, "
            f"label distribution (LD) {self.label_distribution:.4f}",
        ]
        names = [str(name) for name in self.label_names[:_ROWS_SHOWN]]
        width = max(5, *map(len, names))
        heads = "".join(f"{f'fold {i}':>9}" for i in range(n_splits))
        lines.append(f"{'label':<{width}}  count{'share':>9}{heads}")
        for j, name in enumerate(names):
            shares = [self.label_counts[j] / self._n_samples, *self.label_shares[:, j]]
            cells = "".join(f"{share:9.4f}" for share in shares)
            lines.append(f"{name:<{width}} {self.label_counts[j]:6d}{cells}")
        if n_labels > _ROWS_SHOWN:
            lines.append(f"and {n_labels - _ROWS_SHOWN} more labels")
        for side, absent in (("test", self.absent_in_test), ("train", self.absent_in_train)):
            lines += [
                f"no positive in {side} of fold {i}: {listing(names)}"
                for i, names in enumerate(absent)
                if names
            ]
        return "\n".join(lines)


def split_report(y, splits):
    r"""Report how evenly a split spreads the labels over its test folds.

    Parameters
    ----------
    y : {array-like, sparse matrix} of shape (n_samples, n_labels) or sequence of label sets
        The labels, in any form that taggers take.
    splits : iterable of (train, test)
        Pairs of int arrays of row numbers, 0 to n_samples - 1, as ``cv.split(X, y)`` yields
        them. A generator is consumed.

    Returns
    -------
    SplitReport
        Shares, sizes, two measures of deviation, and the labels that a fold lacks.

    Raises
    ------
    LabelError
        If y has none of the forms.
    ValueError
        If `splits` is empty or one of them is no pair of row numbers of y.

    Notes
    -----
    Let :math:`p_l` be the share of the n rows of y with label l, and :math:`p_{fl}` its share
    in test fold f. Over the k folds and the L labels with a positive,

    .. math:: \text{mean relative label deviation} =
              \frac{1}{kL} \sum_f \sum_l \frac{|p_{fl} - p_l|}{p_l}

    It follows the label distribution of [1]_, which compares odds and is absolute, so that
    frequent labels decide it:

    .. math:: LD = \frac{1}{kL} \sum_f \sum_l
              \left| \frac{p_{fl}}{1 - p_{fl}} - \frac{p_l}{1 - p_l} \right|

    References
    ----------
    .. [1] K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the stratification of multi-label data",
       ECML PKDD 2011, LNCS 6913, pp. 145-158.

    Examples
    --------
    >>> from skmultitext.model_selection import MultilabelStratifiedKFold, split_report
    >>> y = [["billing"], ["billing", "refund"], ["refund"], [], ["billing"], ["refund"]]
    >>> cv = MultilabelStratifiedKFold(n_splits=3)
    >>> print(split_report(y, cv.split(y, y)))
    3 folds of 2 to 2 rows, of 6 rows with 2 labels
    mean relative label deviation 0.0000, label distribution (LD) 0.0000
    label    count    share   fold 0   fold 1   fold 2
    billing      3   0.5000   0.5000   0.5000   0.5000
    refund       3   0.5000   0.5000   0.5000   0.5000
    """
    space, indicator = LabelSpace.learn(y)
    labels = sp.csr_array(indicator)
    n_samples = labels.shape[0]
    sides = [_read_split(i, split, n_samples) for i, split in enumerate(_iterate(splits))]
    if not sides:
        raise ValueError("splits is empty. Pass the pairs (train, test) of cv.split(X, y).")

    counts = labels.sum(axis=0).astype(np.int64)
    train_sizes, fold_sizes = np.array([[len(side) for side in split] for split in sides]).T
    in_train, in_test = (
        np.array([labels[split[side]].sum(axis=0) for split in sides]) for side in (0, 1)
    )
    shares, share = in_test / fold_sizes[:, None], counts / n_samples
    present = counts > 0
    deviation = np.abs(shares[:, present] - share[present]) / share[present]
    # a label that every row has cannot be spread unevenly; its odds are infinite
    uneven = present & (share < 1)
    odds_apart = np.abs(_odds(shares[:, uneven]) - _odds(share[uneven])).sum()
    return SplitReport(
        label_names=space.label_names,
        label_counts=counts,
        label_shares=shares,
        fold_sizes=fold_sizes,
        train_sizes=train_sizes,
        mean_relative_label_deviation=float(deviation.mean()) if present.any() else np.nan,
        label_distribution=float(odds_apart / deviation.size) if present.any() else np.nan,
        absent_in_test=_absent(space.label_names, in_test),
        absent_in_train=_absent(space.label_names, in_train),
        _n_samples=n_samples,
    )


def _iterate(splits):
    if not hasattr(splits, "__iter__"):
        raise ValueError(
            f"splits must be an iterable of (train, test), got {type(splits).__name__}. Of a "
            f"splitter cv, pass cv.split(X, y)."
        )
    return splits


def _read_split(i, split, n_samples):
    """Check one pair of index arrays."""
    try:
        train, test = split
    except (TypeError, ValueError):
        raise ValueError(
            f"splits[{i}] is no pair (train, test) of row numbers. Pass what cv.split(X, y) yields."
        ) from None
    sides = []
    for name, side in (("train", train), ("test", test)):
        rows = np.asarray(side)
        if rows.ndim != 1 or len(rows) == 0 or rows.dtype.kind not in "iu":
            raise ValueError(
                f"splits[{i}]: {name} must be a 1-D array of at least one row number, got shape "
                f"{rows.shape} and dtype {rows.dtype}. Of a mask, pass np.flatnonzero(mask)."
            )
        if rows.min() < 0 or rows.max() >= n_samples:
            raise ValueError(
                f"splits[{i}]: {name} holds row numbers from {rows.min()} to {rows.max()}, but y "
                f"has the rows 0 to {n_samples - 1}. Pass the y that was split."
            )
        sides.append(rows)
    return sides


def _odds(share):
    return np.divide(share, 1 - share, out=np.full_like(share, np.inf), where=share < 1)


def _absent(names, positives):
    return tuple(tuple(names[row == 0]) for row in positives)
