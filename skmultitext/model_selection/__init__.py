"""Split multi-label data so that every part has its share of each label."""

from numbers import Integral

import numpy as np
from sklearn.model_selection import BaseShuffleSplit
from sklearn.model_selection._split import (
    GroupsConsumerMixin,
    _BaseKFold,
    _RepeatedSplits,
)
from sklearn.utils import _safe_indexing, check_random_state, indexable
from sklearn.utils.validation import check_consistent_length

from ..exceptions import LabelError
from ._split_inputs import (
    check_room_for,
    read_groups,
    read_labels,
    side_sizes,
    warn_of_groups,
    warn_of_rare_labels,
)
from ._split_report import SplitReport, split_report
from ._stratification import count_carriers, occurs_once, stratify_groups, stratify_rows

__all__ = [
    "MultilabelStratifiedGroupKFold",
    "MultilabelStratifiedKFold",
    "MultilabelStratifiedShuffleSplit",
    "RepeatedMultilabelStratifiedKFold",
    "SplitReport",
    "multilabel_train_test_split",
    "split_report",
]


class _IndicatorKFold(_BaseKFold):
    """Folds of an indicator already read, so that repetitions read y, and warn, only once."""

    def __init__(self, n_splits=5, *, shuffle=False, random_state=None):
        super().__init__(n_splits=n_splits, shuffle=shuffle, random_state=random_state)

    def _iter_test_masks(self, X=None, y=None, groups=None):
        n_samples, k = y.shape[0], self.n_splits
        sizes = [n_samples // k + (fold < n_samples % k) for fold in range(k)]
        rng = check_random_state(self.random_state if self.shuffle else 0)
        folds = stratify_rows(y, sizes, rng=rng, shuffle=self.shuffle)
        for fold in range(k):
            yield folds == fold


class MultilabelStratifiedKFold(_IndicatorKFold):
    """K-fold cross-validator whose folds have like shares of every label.

    Iterative stratification [1]_, then rows are exchanged until the folds have the sizes of
    `sklearn.model_selection.KFold` and no exchange found brings the label counts closer to
    proportion (Pearson's chi-squared).

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, from 2 to the number of rows.
    shuffle : bool, default=False
        Whether to take the rows, and to break ties, in random order. If False, equal data get
        equal folds.
    random_state : int, RandomState instance or None, default=None
        Source of that order if `shuffle` is True; leave it at None otherwise. With an int,
        every call of `split` gives the same folds. A RandomState instance moves on with each
        call; None uses the one of numpy, as scikit-learn does.

    See Also
    --------
    RepeatedMultilabelStratifiedKFold : Repeats it with other random orders.
    MultilabelStratifiedGroupKFold : Keeps the rows of a group together.
    split_report : Says how even the folds are.

    Notes
    -----
    Guaranteed for any y:

    - every row is in one test fold; the first ``n_samples % n_splits`` folds have
      ``n_samples // n_splits + 1`` rows, the others ``n_samples // n_splits``;
    - equal data, parameters and int `random_state` give equal folds, whether y is dense, sparse
      or a DataFrame; numpy's global generator is left alone.

    Sought, and reached wherever the exchange of two rows leads there: a positive in every fold
    of each label with at least `n_splits` positives. Labels with fewer are named in a
    `RareLabelWarning`. [2]_ shows why proportion of single labels alone may leave combinations
    of labels unevenly spread; the exchanges do not look at combinations either.

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

    def split(self, X, y, groups=None):
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
            If y has none of the forms.
        ValueError
            If X and y differ in length, or there are more folds than rows.
        """
        warn_of_groups(self, groups)
        names, labels = read_labels(y)
        warn_of_rare_labels(names, labels, self.n_splits)
        return super().split(X, labels)


class RepeatedMultilabelStratifiedKFold(_RepeatedSplits):
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
    MultilabelStratifiedKFold : One repetition, and what is guaranteed of it.

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

    def __init__(self, *, n_splits=5, n_repeats=10, random_state=None):
        _IndicatorKFold(n_splits)  # refuses what KFold refuses, now rather than in split
        super().__init__(
            _IndicatorKFold,
            n_splits=n_splits,
            n_repeats=n_repeats,
            random_state=random_state,
        )

    def split(self, X, y, groups=None):
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
            Ascending row numbers, two ndarrays of dtype intp a split.

        Raises
        ------
        LabelError
            If y has none of the forms.
        ValueError
            If X and y differ in length, or there are more folds than rows.
        """
        warn_of_groups(self, groups)
        names, labels = read_labels(y)
        warn_of_rare_labels(names, labels, self.cvargs["n_splits"])
        return super().split(X, labels)


class MultilabelStratifiedShuffleSplit(BaseShuffleSplit):
    """Random splits into a training and a test side with like shares of every label.

    Iterative stratification [1]_ into sides of exactly the sizes asked for, followed by
    exchanges of rows that bring the label counts closer to proportion.

    Parameters
    ----------
    n_splits : int, default=10
        Number of splits, at least 1.
    test_size : float, int or None, default=None
        Part of the rows in (0, 1), rounded up, or number of rows on the test side. None: what
        `train_size` leaves, or 0.1 if that is None too.
    train_size : float, int or None, default=None
        Part of the rows in (0, 1), rounded down, or number of rows on the training side. None:
        what `test_size` leaves. If both leave rows over, these have proportional shares of the
        labels as well.
    random_state : int, RandomState instance or None, default=None
        Source of the random orders. With an int, every call of `split` gives the same splits.

    See Also
    --------
    multilabel_train_test_split : One such split of arrays.

    Notes
    -----
    The sizes hold to the row. A label whose proportional share of a side is one positive or
    more has a positive there, wherever the exchange of two rows leads to it.

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

    def __init__(self, n_splits=10, *, test_size=None, train_size=None, random_state=None):
        if not isinstance(n_splits, Integral) or isinstance(n_splits, bool) or n_splits < 1:
            raise ValueError(f"n_splits must be an int of at least 1, got {n_splits!r}.")
        super().__init__(
            n_splits=n_splits,
            test_size=test_size,
            train_size=train_size,
            random_state=random_state,
        )

    def split(self, X, y, groups=None):
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
            If y has none of the forms.
        ValueError
            If X and y differ in length, or the sizes do not fit the number of rows.
        """
        warn_of_groups(self, groups)
        names, labels = read_labels(y)
        warn_of_rare_labels(names, labels)
        return super().split(X, labels)

    def _iter_indices(self, X, y=None, groups=None):
        sizes = side_sizes(y.shape[0], self.test_size, self.train_size, self._default_test_size)
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            yield _two_sides(stratify_rows(y, sizes, rng=rng), rng)


class MultilabelStratifiedGroupKFold(GroupsConsumerMixin, _BaseKFold):
    """K-fold cross-validator that keeps groups whole and label shares as even as they allow.

    The groups whose label counts weigh most are dealt out first, each to the fold where it
    raises Pearson's chi-squared over labels and fold sizes least (the longest-processing-time
    rule [1]_ in the many dimensions of [2]_); then single groups are moved and pairs swapped
    until no such step lowers it.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, from 2 to the number of groups.
    shuffle : bool, default=False
        Whether to break ties between groups, and between folds, at random. If False, equal
        data get equal folds.
    random_state : int, RandomState instance or None, default=None
        Source of that order if `shuffle` is True; leave it at None otherwise.

    See Also
    --------
    MultilabelStratifiedKFold : Without groups: equal fold sizes.
    sklearn.model_selection.StratifiedGroupKFold : For one label or several classes.

    Notes
    -----
    Guaranteed: no group is in two test folds, and no fold is empty. A label in at least
    `n_splits` groups has a positive in every fold wherever such a step leads there; labels in
    fewer are named in a `RareLabelWarning`. Fold sizes are as even as the groups allow
    together with the label counts; they may differ by more than one row.

    As in scikit-learn's group splitters, `groups` is requested by default where metadata
    routing is enabled.

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

    def __init__(self, n_splits=5, *, shuffle=False, random_state=None):
        super().__init__(n_splits=n_splits, shuffle=shuffle, random_state=random_state)

    def split(self, X, y, groups=None):
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
            If y has none of the forms.
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

    def _iter_test_masks(self, X=None, y=None, groups=None):
        rng = check_random_state(self.random_state)
        folds = stratify_groups(y, groups, self.n_splits, rng=rng, shuffle=self.shuffle)
        for fold in range(self.n_splits):
            yield folds == fold


def multilabel_train_test_split(
    *arrays, test_size=None, train_size=None, random_state=None, stratify=None, singletons="any"
):
    """Split arrays into a training and a test side with like shares of every label.

    Parameters
    ----------
    *arrays : sequence of arrays, lists, DataFrames, sparse matrices or label sets
        What to split, each of length n_samples.
    test_size : float, int or None, default=None
        Part of the rows in (0, 1), rounded up, or number of rows on the test side. None: what
        `train_size` leaves, or 0.25 if that is None too.
    train_size : float, int or None, default=None
        Part of the rows in (0, 1), rounded down, or number of rows on the training side. None:
        what `test_size` leaves.
    random_state : int, RandomState instance or None, default=None
        Source of the random order. With an int, every call gives the same split.
    stratify : {array-like, sparse matrix} of shape (n_samples, n_labels) or sequence of label \
            sets, default=None
        The labels of the n_samples rows, in any form that taggers take. None: the last of
        `arrays`.
    singletons : {"any", "train"}, default="any"
        Where a row goes whose label set no other row has: to either side, or to the training
        side, as what is tested should have been seen.

    Returns
    -------
    list of length 2 * len(arrays)
        Training and test side of each array, of its own kind (sparse: CSR), in random order.

    Raises
    ------
    LabelError
        If `stratify` has none of the forms.
    ValueError
        If no array is passed, lengths differ, or the sizes do not fit the number of rows or
        the rows that must go to the training side.

    See Also
    --------
    MultilabelStratifiedShuffleSplit : Several such splits, as a cross-validator.

    References
    ----------
    .. [1] K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the stratification of multi-label data",
       ECML PKDD 2011, LNCS 6913, pp. 145-158.

    Examples
    --------
    >>> from skmultitext.model_selection import multilabel_train_test_split
    >>> texts = ["late", "refund", "where is it", "late, money back", "hello", "again"]
    >>> y = [["delivery"], ["refund"], ["delivery"], ["delivery", "refund"], [], ["refund"]]
    >>> texts_train, texts_test, y_train, y_test = multilabel_train_test_split(
    ...     texts, y, test_size=2, random_state=0
    ... )
    >>> len(texts_train), sorted(y_test)
    (4, [[], ['delivery', 'refund']])
    """
    if not arrays:
        raise ValueError("At least one array required as input")
    if singletons not in ("any", "train"):
        raise ValueError(f"singletons must be 'any' or 'train', got {singletons!r}.")
    *arrays, y = indexable(*arrays, arrays[-1] if stratify is None else stratify)
    try:
        names, labels = read_labels(y)
    except LabelError as error:
        raise LabelError(
            f"stratify, by default the last array passed, cannot be read as labels: {error}"
        ) from error
    sizes = side_sizes(labels.shape[0], test_size, train_size, 0.25)
    alone = None
    if singletons == "train":
        alone = occurs_once(labels)
        check_room_for(alone.sum(), sizes)
    warn_of_rare_labels(names, labels)
    rng = check_random_state(random_state)
    sides = _two_sides(stratify_rows(labels, sizes, rng=rng, first_part=alone), rng)
    return [_safe_indexing(array, side) for array in arrays for side in sides]


def _two_sides(parts, rng):
    """Row numbers of training and test side, in random order."""
    return rng.permutation(np.flatnonzero(parts == 0)), rng.permutation(np.flatnonzero(parts == 1))
