"""Split arrays once into a training and a test side."""

from typing import Any

from sklearn.utils import check_random_state, indexable

from .._gate.containers import check_sparse, plain_rows
from .._gate.types import Labels, RandomState
from .._runtime.messages import shown
from .._runtime.sklearn import safe_indexing
from ..exceptions import LabelError
from ._split_inputs import check_room_for, read_labels, side_sizes, warn_of_rare_labels
from ._stratification import occurs_once, stratify_rows, two_sides

__all__ = ["multilabel_train_test_split"]


def multilabel_train_test_split(
    *arrays: Any,
    test_size: float | None = None,
    train_size: float | None = None,
    random_state: RandomState = None,
    stratify: Labels = None,
    singletons: str = "any",
) -> list[Any]:
    """Split arrays into a training and a test side with similar shares of every label.

    Parameters
    ----------
    *arrays : sequence of arrays, lists, DataFrames, sparse matrices or label sets
        The arrays to split, each of length n_samples.
    test_size : float, int or None, default=None
        Fraction of the rows in (0, 1), rounded up, or number of rows on the test side. None: the
        complement of `train_size`, or 0.25 if that is None too.
    train_size : float, int or None, default=None
        Fraction of the rows in (0, 1), rounded down, or number of rows on the training side.
        None: the complement of `test_size`.
    random_state : int, RandomState instance or None, default=None
        Source of the random order. With an int, every call gives the same split.
    stratify : {array-like, sparse matrix} of shape (n_samples, n_labels) or sequence of label \
            sets, default=None
        The labels of the n_samples rows, in any form that taggers take. None: the last of
        `arrays`. Unknown entries (NaN) are handled as in `MultilabelStratifiedKFold`.
    singletons : {"any", "train"}, default="any"
        Where to put rows whose label set occurs only once: on either side, or all on the training
        side, so that the test side has none of these label sets. Unknown labels are not in a set.

    Returns
    -------
    list of length 2 * len(arrays)
        Training and test side of each array, of the same type (sparse: CSR), in random order.

    Raises
    ------
    LabelError
        If `stratify` has no legal form.
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
        raise ValueError(f"singletons is {shown(singletons)}; pass 'any' or 'train'.")
    for i, array in enumerate((*arrays, stratify)):
        check_sparse(array, f"arrays[{i}]" if i < len(arrays) else "stratify")
    parts = [x if hasattr(x, "__getitem__") or x is None else plain_rows(x) for x in arrays]
    *parts, y = indexable(*parts, parts[-1] if stratify is None else plain_rows(stratify))
    try:
        names, labels = read_labels(y)
    except LabelError as error:
        raise LabelError(
            f"stratify, by default the last array passed, cannot be read as labels: {error}"
        ) from error
    sizes = side_sizes(labels.shape[0], test_size, train_size, 0.25)
    alone = None
    if singletons == "train":
        alone = occurs_once(labels[:, : len(names)])  # label sets of known positives
        check_room_for(alone.sum(), sizes)
    warn_of_rare_labels(names, labels)
    rng = check_random_state(random_state)
    sides = two_sides(stratify_rows(labels, sizes, rng=rng, first_part=alone), rng)
    return [safe_indexing(part, side) for part in parts for side in sides]
