"""Cross-validators with multi-label stratification."""

from collections.abc import Iterator
from typing import Any

from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit, GroupKFold, KFold
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length

from .._gate.containers import plain_rows
from .._gate.parameters import check_int
from .._gate.types import BoolArray, IntArray, Labels, RandomState
from ._split_inputs import (
    read_groups,
    read_labels,
    side_sizes,
    warn_of_groups,
    warn_of_rare_labels,
)
from ._stratification import count_carriers, stratify_groups, stratify_rows, two_sides

__all__ = [
    "MultilabelStratifiedGroupKFold",
    "MultilabelStratifiedKFold",
    "MultilabelStratifiedShuffleSplit",
    "RepeatedMultilabelStratifiedKFold",
]


class _IndicatorKFold(KFold):
    """K-fold of an indicator, so that repetitions read y, and warn, only once."""

    def __init__(
        self, n_splits: int = 5, *, shuffle: bool = False, random_state: RandomState = None
    ) -> None:
        super().__init__(n_splits=n_splits, shuffle=shuffle, random_state=random_state)

    def _iter_test_masks(
        self, X: Any = None, y: Any = None, groups: Any = None
    ) -> Iterator[BoolArray]:
        n_samples, k = y.shape[0], self.n_splits
        sizes = [n_samples // k + (fold < n_samples % k) for fold in range(k)]
        rng = check_random_state(self.random_state if self.shuffle else 0)
        folds = stratify_rows(y, sizes, rng=rng, shuffle=self.shuffle)
        for fold in range(k):
            yield folds == fold


class MultilabelStratifiedKFold(_IndicatorKFold):
    """K-fold cross-validator whose folds have similar shares of every label.

    Iterative stratification [1]_ is followed by exchanges of rows, first until the folds have the
    sizes of `sklearn.model_selection.KFold`, then until no exchange makes the label counts of the
    folds more proportional (Pearson's chi-squared).

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, from 2 to the number of rows.
    shuffle : bool, default=False
        Whether to process rows, and break ties, in random order. If False, the same data give
        the same folds.
    random_state : int, RandomState instance or None, default=None
        Source of the random order if `shuffle` is True; otherwise leave it at None. With an int,
        every call of `split` gives the same folds; with a RandomState instance, each call gives
        different folds. None uses numpy's global generator, as scikit-learn does.

    See Also
    --------
    RepeatedMultilabelStratifiedKFold : Repeats it with other random orders.
    MultilabelStratifiedGroupKFold : Keeps the rows of a group together.
    split_report : Reports how even the folds are.

    Notes
    -----
    Guaranteed for any y:

    - every row is in one test fold; the first ``n_samples % n_splits`` folds have
      ``n_samples // n_splits + 1`` rows, the others ``n_samples // n_splits``;
    - the same data, parameters and int `random_state` give the same folds, whether y is dense,
      sparse or a DataFrame; numpy's global generator is then not used.

    Where y has unknown entries (NaN), the known positives and the known negatives of each label
    are both balanced, and with them the known entries. Rows without a known label go to some fold
    like any other.

    Not guaranteed, but achieved if exchanges of two rows can achieve it: each label with at
    least `n_splits` positives has one in every fold. A `RareLabelWarning` names labels with fewer
    positives. Only single labels are balanced; combinations of labels may be distributed unevenly,
    see [2]_.

    References
    ----------
    .. [1] K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the stratification of multi-label data",
       ECML PKDD 2011, LNCS 6913, pp. 145-158.
    .. [2] P. Szymański, T. Kajdanowicz, "A network perspective on stratification of multi-label
       data", LIDTA 2017, PMLR 74, pp. 22-35.

    Examples
    --------
    >>> from skmultitext.model_selection import MultilabelStratifiedKFold
    >>> texts = ["late parcel", "refund please", "where is it", "money back, late", "hi", "again"]
    >>> y = [["delivery"], ["refund"], ["delivery"], ["delivery", "refund"], [], ["refund"]]
    >>> cv = MultilabelStratifiedKFold(n_splits=3)
    >>> for train, test in cv.split(texts, y):
    ...     print(test, [y[i] for i in test])
    [2 5] [['delivery'], ['refund']]
    [0 1] [['delivery'], ['refund']]
    [3 4] [['delivery', 'refund'], []]
    """

    def split(self, X: Any, y: Labels, groups: Any = None) -> Iterator[tuple[IntArray, IntArray]]:
        """Generate row numbers of the training side and the test side of each fold.

        Parameters
        ----------
        X : array-like or sequence of str, of length n_samples
            The data; only its length is used.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels) or sequence of label sets
            The labels of the n_samples rows, in any form that taggers take.
        groups : object
            Ignored, with a warning; exists for compatibility.

        Yields
        ------
        train : ndarray of shape (n_train,), dtype intp
            Row numbers of the training side, ascending.
        test : ndarray of shape (n_test,), dtype intp
            Row numbers of the test side, ascending.

        Raises
        ------
        LabelError
            If y has no legal form.
        ValueError
            If X and y differ in length, or there are more folds than rows.
        """
        warn_of_groups(self, groups)
        names, labels = read_labels(y)
        warn_of_rare_labels(names, labels, self.n_splits)
        return super().split(plain_rows(X), labels)


class RepeatedMultilabelStratifiedKFold(BaseCrossValidator):
    """Repeat `MultilabelStratifiedKFold` with another random order each time.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, from 2 to the number of rows.
    n_repeats : int, default=10
        Number of repetitions, at least 1.
    random_state : int, RandomState instance or None, default=None
        Source of the random orders. With an int, every call of `split` gives the same folds.

    See Also
    --------
    MultilabelStratifiedKFold : One repetition, and what it guarantees.

    Examples
    --------
    >>> import numpy as np
    >>> from skmultitext.model_selection import RepeatedMultilabelStratifiedKFold
    >>> y = np.array([[0, 1], [1, 1], [1, 0], [0, 1], [1, 0], [1, 1]])
    >>> cv = RepeatedMultilabelStratifiedKFold(n_splits=2, n_repeats=3, random_state=0)
    >>> cv.get_n_splits()
    6
    >>> [len(test) for _, test in cv.split(y, y)]
    [3, 3, 3, 3, 3, 3]
    """

    n_splits: int
    n_repeats: int
    random_state: RandomState

    def __init__(
        self, *, n_splits: int = 5, n_repeats: int = 10, random_state: RandomState = None
    ) -> None:
        _IndicatorKFold(n_splits)  # raise KFold's errors now, not in split
        check_int("n_repeats", n_repeats)
        self.n_splits = n_splits
        self.n_repeats = n_repeats
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Count the splits: folds times repetitions.

        Parameters
        ----------
        X, y, groups : object
            Ignored; exist for compatibility.

        Returns
        -------
        int
            ``n_splits * n_repeats``.
        """
        return self.n_splits * self.n_repeats

    def split(self, X: Any, y: Labels, groups: Any = None) -> Iterator[tuple[IntArray, IntArray]]:
        """Generate row numbers of the training side and the test side of each fold.

        Parameters
        ----------
        X : array-like or sequence of str, of length n_samples
            The data; only its length is used.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels) or sequence of label sets
            The labels of the n_samples rows, in any form that taggers take.
        groups : object
            Ignored, with a warning; exists for compatibility.

        Returns
        -------
        iterator of (train, test)
            Ascending row numbers, two 1-D ndarrays of dtype intp per split.

        Raises
        ------
        LabelError
            If y has no legal form.
        ValueError
            If X and y differ in length, or there are more folds than rows.
        """
        warn_of_groups(self, groups)
        names, labels = read_labels(y)
        warn_of_rare_labels(names, labels, self.n_splits)
        return self._repetitions(plain_rows(X), labels)

    def _repetitions(self, X: Any, labels: Any) -> Iterator[tuple[IntArray, IntArray]]:
        rng = check_random_state(self.random_state)
        for _ in range(self.n_repeats):
            yield from _IndicatorKFold(self.n_splits, shuffle=True, random_state=rng).split(
                X, labels
            )


class MultilabelStratifiedShuffleSplit(BaseShuffleSplit):
    """Random splits into a training and a test side with similar shares of every label.

    Iterative stratification [1]_ into sides of exactly the requested sizes, followed by
    exchanges of rows that make the label counts more proportional.

    Parameters
    ----------
    n_splits : int, default=10
        Number of splits, at least 1.
    test_size : float, int or None, default=None
        Fraction of the rows in (0, 1), rounded up, or number of rows on the test side. None: the
        complement of `train_size`, or 0.1 if that is None too.
    train_size : float, int or None, default=None
        Fraction of the rows in (0, 1), rounded down, or number of rows on the training side.
        None: the complement of `test_size`. If the two sizes leave rows unused, these have
        proportional shares of the labels too.
    random_state : int, RandomState instance or None, default=None
        Source of the random orders. With an int, every call of `split` gives the same splits.

    See Also
    --------
    multilabel_train_test_split : One such split of arrays.

    Notes
    -----
    The sizes are exact. If the proportional share of a label on a side is at least one positive,
    the label has a positive there, provided that exchanges of two rows can achieve it. Unknown
    entries (NaN) of y are handled as in `MultilabelStratifiedKFold`.

    References
    ----------
    .. [1] K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the stratification of multi-label data",
       ECML PKDD 2011, LNCS 6913, pp. 145-158.

    Examples
    --------
    >>> import numpy as np
    >>> from skmultitext.model_selection import MultilabelStratifiedShuffleSplit
    >>> y = np.array([[0, 1], [1, 1], [1, 0], [0, 1], [1, 0], [1, 1], [0, 0], [0, 0]])
    >>> cv = MultilabelStratifiedShuffleSplit(n_splits=2, test_size=0.5, random_state=0)
    >>> for train, test in cv.split(y, y):
    ...     print(y[train].sum(axis=0), y[test].sum(axis=0))
    [2 2] [2 2]
    [2 2] [2 2]
    """

    def __init__(
        self,
        n_splits: int = 10,
        *,
        test_size: float | None = None,
        train_size: float | None = None,
        random_state: RandomState = None,
    ) -> None:
        check_int("n_splits", n_splits)
        super().__init__(
            n_splits=n_splits,
            test_size=test_size,
            train_size=train_size,
            random_state=random_state,
        )

    def split(self, X: Any, y: Labels, groups: Any = None) -> Iterator[tuple[IntArray, IntArray]]:
        """Generate row numbers of the training side and the test side of each split.

        Parameters
        ----------
        X : array-like or sequence of str, of length n_samples
            The data; only its length is used.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels) or sequence of label sets
            The labels of the n_samples rows, in any form that taggers take.
        groups : object
            Ignored, with a warning; exists for compatibility.

        Yields
        ------
        train : ndarray of shape (n_train,), dtype intp
            Row numbers of the training side, in random order.
        test : ndarray of shape (n_test,), dtype intp
            Row numbers of the test side, in random order.

        Raises
        ------
        LabelError
            If y has no legal form.
        ValueError
            If X and y differ in length, or the sizes do not fit the number of rows.
        """
        warn_of_groups(self, groups)
        names, labels = read_labels(y)
        warn_of_rare_labels(names, labels)
        return super().split(plain_rows(X), labels)

    def _iter_indices(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[IntArray, IntArray]]:
        sizes = side_sizes(y.shape[0], self.test_size, self.train_size, self._default_test_size)
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            yield two_sides(stratify_rows(y, sizes, rng=rng), rng)


class MultilabelStratifiedGroupKFold(GroupKFold):
    """K-fold cross-validator that keeps groups together, with label shares as even as possible.

    Groups are assigned in decreasing order of the weight of their label counts, each to the fold
    where it increases Pearson's chi-squared over labels and fold sizes least (the
    longest-processing-time rule [1]_, with one dimension per label as in [2]_). Then single groups
    are moved and pairs are swapped until no move or swap lowers chi-squared.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, from 2 to the number of groups.
    shuffle : bool, default=False
        Whether to break ties between groups, and between folds, at random. If False, the same
        data give the same folds.
    random_state : int, RandomState instance or None, default=None
        Source of randomness if `shuffle` is True; leave it at None otherwise.

    See Also
    --------
    MultilabelStratifiedKFold : Without groups, with equal fold sizes.
    sklearn.model_selection.StratifiedGroupKFold : For one label or several classes.

    Notes
    -----
    Guaranteed: no group is in two test folds, and no fold is empty. A label in at least
    `n_splits` groups has a positive in every fold if moves and swaps can achieve it; labels in
    fewer groups are named in a `RareLabelWarning`. Fold sizes may differ by more than one row:
    they are balanced together with the label counts, as far as the groups allow. Unknown entries
    (NaN) of y are handled as in `MultilabelStratifiedKFold`.

    As in scikit-learn's group splitters, `groups` is requested by default if metadata routing is
    enabled.

    References
    ----------
    .. [1] R. L. Graham, "Bounds on multiprocessing timing anomalies", SIAM Journal on Applied
       Mathematics 17 (2), 1969, pp. 416-429.
    .. [2] K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the stratification of multi-label data",
       ECML PKDD 2011, LNCS 6913, pp. 145-158.

    Examples
    --------
    >>> from skmultitext.model_selection import MultilabelStratifiedGroupKFold
    >>> y = [["refund"], [], ["delivery"], ["refund"], ["delivery"], [], ["refund"], ["delivery"]]
    >>> authors = ["ann", "ann", "ben", "ben", "cem", "cem", "dov", "dov"]
    >>> cv = MultilabelStratifiedGroupKFold(n_splits=2)
    >>> for train, test in cv.split(y, y, groups=authors):
    ...     print(test, sorted({authors[i] for i in test}))
    [0 1 2 3] ['ann', 'ben']
    [4 5 6 7] ['cem', 'dov']
    """

    def __init__(
        self, n_splits: int = 5, *, shuffle: bool = False, random_state: RandomState = None
    ) -> None:
        super().__init__(n_splits=n_splits, shuffle=shuffle, random_state=random_state)

    def split(self, X: Any, y: Labels, groups: Any = None) -> Iterator[tuple[IntArray, IntArray]]:
        """Generate row numbers of the training side and the test side of each fold.

        Parameters
        ----------
        X : array-like or sequence of str, of length n_samples
            The data; only its length is used.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels) or sequence of label sets
            The labels of the n_samples rows, in any form that taggers take.
        groups : array-like of shape (n_samples,)
            The group of each row: numbers, str or other hashable values, none missing; required.

        Yields
        ------
        train : ndarray of shape (n_train,), dtype intp
            Row numbers of the training side, ascending.
        test : ndarray of shape (n_test,), dtype intp
            Row numbers of the test side, ascending.

        Raises
        ------
        LabelError
            If y has no legal form.
        ValueError
            If `groups` is None, holds a missing value or fewer groups than `n_splits`, or the
            lengths differ.
        """
        names, labels = read_labels(y)
        if groups is None:
            raise ValueError(
                "The 'groups' parameter should not be None. Pass the group of each row; without "
                "groups use MultilabelStratifiedKFold."
            )
        X = plain_rows(X)
        check_consistent_length(X, labels, groups)
        group_of = read_groups(groups)
        n_groups = group_of.max() + 1
        if self.n_splits > n_groups:
            raise ValueError(
                f"Cannot have number of splits n_splits={self.n_splits} greater than the number "
                f"of groups: {n_groups}. Lower n_splits."
            )
        carriers = count_carriers(labels, group_of)
        warn_of_rare_labels(names, labels, self.n_splits, carriers)
        return super().split(X, labels, group_of)

    def _iter_test_masks(
        self, X: Any = None, y: Any = None, groups: Any = None
    ) -> Iterator[BoolArray]:
        rng = check_random_state(self.random_state)
        folds = stratify_groups(y, groups, self.n_splits, rng=rng, shuffle=self.shuffle)
        for fold in range(self.n_splits):
            yield folds == fold
