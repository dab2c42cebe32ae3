"""Report on the distribution of labels over the parts of a split."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.labels import LabelSpace
from .._gate.samples import has_unknown, positive_entries
from .._gate.types import AnyArray, FloatArray, IntArray, Labels
from .._runtime.messages import listing
from .._runtime.optional import require
from ._split_inputs import read_split

_ROWS_SHOWN = 50


@dataclass(frozen=True, eq=False)
class SplitReport:
    """Label shares in the test folds of a split; print it, or read its attributes.

    Attributes
    ----------
    label_names : ndarray of shape (n_labels,), dtype object
        The name of each label.
    label_counts : ndarray of shape (n_labels,), dtype int64
        Number of positives of each label in y.
    known_counts : ndarray of shape (n_labels,), dtype int64
        Rows of y where each label is known (not NaN); all rows if y is complete.
    label_shares : ndarray of shape (n_splits, n_labels), dtype float64
        Fraction of the rows of each test fold that have the label, in [0, 1], among the rows where
        it is known; NaN if it is known in none.
    known_in_folds : ndarray of shape (n_splits, n_labels), dtype int64
        Rows of each test fold where each label is known.
    fold_sizes, train_sizes : ndarray of shape (n_splits,), dtype int64
        Number of rows of each test fold, and of its training side.
    mean_relative_label_deviation : float
        Mean absolute difference between a label's share in a fold and its share in y, relative to
        the latter; 0 is perfect. NaN if y has no positive at all. Folds where a label is unknown in
        every row are left out.
    label_distribution : float
        The measure LD of Sechidis et al.; inf if all rows of a fold have a label that other rows
        lack.
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

    label_names: AnyArray
    label_counts: IntArray
    known_counts: IntArray
    label_shares: FloatArray
    known_in_folds: IntArray
    fold_sizes: IntArray
    train_sizes: IntArray
    mean_relative_label_deviation: float
    label_distribution: float
    absent_in_test: tuple[tuple[str, ...], ...]
    absent_in_train: tuple[tuple[str, ...], ...]
    _n_samples: int

    def to_frame(self) -> Any:
        """Return the table of labels.

        Returns
        -------
        pandas.DataFrame of shape (n_labels, 2 + n_splits) or (n_labels, 3 + 2 * n_splits)
            One row per label: its count and share in y ("count", "share"), then its share in
            each test fold ("fold 0", "fold 1", ...). If y has unknown entries, also the rows where
            it is known in y ("known") and in each test fold ("known in fold 0", ...).

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        pandas = require("pandas", "SplitReport.to_frame()")
        table = {"count": self.label_counts, "share": _ratio(self.label_counts, self.known_counts)}
        table |= {f"fold {i}": shares for i, shares in enumerate(self.label_shares)}
        if self._has_unknown:
            table["known"] = self.known_counts
            table |= {f"known in fold {i}": n for i, n in enumerate(self.known_in_folds)}
        return pandas.DataFrame(table, index=pandas.Index(self.label_names, name="label"))

    def __str__(self) -> str:
        n_splits, n_labels = self.label_shares.shape
        sizes = f"{self.fold_sizes.min()} to {self.fold_sizes.max()}"
        lines = [
            f"{n_splits} folds of {sizes} rows, of {self._n_samples} rows with {n_labels} labels",
            f"mean relative label deviation {self.mean_relative_label_deviation:.4f}, "
            f"label distribution (LD) {self.label_distribution:.4f}",
        ]
        share = _ratio(self.label_counts, self.known_counts)
        lines += self._table("count", self.label_counts, share, self.label_shares)
        if self._has_unknown:
            share = self.known_counts / self._n_samples
            shares = self.known_in_folds / self.fold_sizes[:, None]
            lines.append("shares above are among the known entries of each label; known entries:")
            lines += self._table("known", self.known_counts, share, shares)
        for side, absent in (("test", self.absent_in_test), ("train", self.absent_in_train)):
            lines += [
                f"no positive in {side} of fold {i}: {listing(names)}"
                for i, names in enumerate(absent)
                if names
            ]
        return "\n".join(lines)

    @property
    def _has_unknown(self) -> bool:
        return bool((self.known_counts < self._n_samples).any())

    def _table(
        self, head: str, counts: IntArray, share: FloatArray, fold_shares: FloatArray
    ) -> list[str]:
        """Format a count, a share, and the share in each fold of every label."""
        names = [str(name) for name in self.label_names[:_ROWS_SHOWN]]
        width = max(5, *map(len, names))
        folds = "".join(f"{f'fold {i}':>9}" for i in range(len(fold_shares)))
        lines = [f"{'label':<{width}}  {head}{'share':>9}{folds}"]
        for j, name in enumerate(names):
            cells = "".join(f"{value:9.4f}" for value in (share[j], *fold_shares[:, j]))
            lines.append(f"{name:<{width}} {counts[j]:6d}{cells}")
        if len(counts) > _ROWS_SHOWN:
            lines.append(f"and {len(counts) - _ROWS_SHOWN} more labels")
        return lines


def split_report(y: Labels, splits: Iterable[tuple[Any, Any]]) -> SplitReport:
    r"""Report how evenly the labels are distributed over the test folds of a split.

    Parameters
    ----------
    y : {array-like, sparse matrix} of shape (n_samples, n_labels) or sequence of label sets
        The labels, in any form that taggers take. Shares are among the known entries of each
        label (not NaN).
    splits : iterable of (train, test)
        Pairs of int arrays of row numbers, 0 to n_samples - 1, as ``cv.split(X, y)`` yields
        them. A generator is consumed.

    Returns
    -------
    SplitReport
        Shares, sizes, two measures of deviation, and the labels absent from each part.

    Raises
    ------
    LabelError
        If y has no legal form.
    ValueError
        If `splits` is empty or one of them is not a pair of arrays of row numbers of y.

    Notes
    -----
    Let :math:`p_l` be the share of label l in the rows of y where it is known, and :math:`p_{fl}`
    its share in those of test fold f. Over the k folds and the L labels with a positive,

    .. math:: \text{mean relative label deviation} =
              \frac{1}{kL} \sum_f \sum_l \frac{|p_{fl} - p_l|}{p_l}

    It is a variant of the label distribution of [1]_, which is a mean absolute difference of odds,
    so that frequent labels dominate:

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
    space, indicator = LabelSpace.learn(y, allow_unknown=True)
    labels = sp.csr_array(positive_entries(indicator))
    n_samples = labels.shape[0]
    sides = [read_split(i, split, n_samples) for i, split in enumerate(_iterate(splits))]
    if not sides:
        raise ValueError("splits is empty. Pass the pairs (train, test) of cv.split(X, y).")

    counts = labels.sum(axis=0).astype(np.int64)
    train_sizes, fold_sizes = np.array([[len(side) for side in split] for split in sides]).T
    in_train, in_test = (
        np.array([labels[split[side]].sum(axis=0) for split in sides]) for side in (0, 1)
    )
    known, known_in_folds = np.full_like(counts, n_samples), np.empty_like(in_test, np.int64)
    known_in_folds[:] = fold_sizes[:, None]
    if has_unknown(indicator):
        unknown = sp.csr_array(indicator < 0, dtype=np.int64)
        known -= unknown.sum(axis=0)
        known_in_folds -= np.array([unknown[test].sum(axis=0) for _, test in sides])
    shares, share = _ratio(in_test, known_in_folds), _ratio(counts, known)
    present = counts > 0
    # NaN in a fold without a known entry of the label: it has no share
    deviation = np.abs(shares[:, present] - share[present]) / share[present]
    n_judged = np.count_nonzero(~np.isnan(deviation))
    # leave out labels that every row has: their odds are infinite in y and in all folds
    uneven = present & (share < 1)
    odds_apart = np.nansum(np.abs(_odds(shares[:, uneven]) - _odds(share[uneven])))
    return SplitReport(
        label_names=space.label_names,
        label_counts=counts,
        known_counts=known,
        label_shares=shares,
        known_in_folds=known_in_folds,
        fold_sizes=fold_sizes,
        train_sizes=train_sizes,
        mean_relative_label_deviation=float(np.nansum(deviation) / n_judged)
        if n_judged
        else np.nan,
        label_distribution=float(odds_apart / n_judged) if n_judged else np.nan,
        absent_in_test=_absent(space.label_names, in_test),
        absent_in_train=_absent(space.label_names, in_train),
        _n_samples=n_samples,
    )


def _iterate(splits: Any) -> Iterable[Any]:
    if not hasattr(splits, "__iter__"):
        raise ValueError(
            f"splits is a {type(splits).__name__}; pass an iterable of (train, test), such as "
            f"cv.split(X, y) of a splitter cv."
        )
    return splits


def _ratio(counts: IntArray, known: IntArray) -> FloatArray:
    """Divide counts by the numbers of known entries; NaN where these are 0."""
    return np.divide(counts, known, out=np.full(counts.shape, np.nan), where=known > 0)


def _odds(share: FloatArray) -> FloatArray:
    return np.divide(share, 1 - share, out=np.full_like(share, np.inf), where=~(share >= 1))


def _absent(names: AnyArray, positives: IntArray) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(names[row == 0]) for row in positives)
