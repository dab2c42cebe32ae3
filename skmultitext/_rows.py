"""Rows of X, y and sample weights belong together: check them, drop what weighs nothing."""

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_sample_weight


def check_lengths(X, other, name):
    """Refuse X and y, or another array by name, of different length."""
    if _n_rows(X) != _n_rows(other):
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {_n_rows(X)} "
            f"rows, {name} has {_n_rows(other)}. Pass one row of {name} per document."
        )


def checked_weight(sample_weight, rows):
    """Check sample weights, one for each row; return ndarray of shape (n_samples,), float64."""
    sample_weight = _check_sample_weight(
        sample_weight, rows, dtype=np.float64, ensure_non_negative=True
    )
    if not sample_weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number; all are 0.")
    return sample_weight


def drop_weightless(X, indicator, sample_weight):
    """Check the weights and drop the rows of weight 0 from all three."""
    if sample_weight is None:
        return X, indicator, None
    sample_weight = checked_weight(sample_weight, indicator)
    if sample_weight.all():
        return X, indicator, sample_weight
    kept = np.flatnonzero(sample_weight)
    return _safe_indexing(X, kept), indicator[kept], sample_weight[kept]


def count_positives(indicator):
    """Count the documents of each label.

    Parameters
    ----------
    indicator : ndarray or sparse array of shape (n_samples, n_labels), dtype int8
        The labels.

    Returns
    -------
    ndarray of shape (n_labels,), dtype int64
    """
    return np.asarray(indicator.sum(axis=0, dtype=np.int64)).ravel()


def _n_rows(X):
    return X.shape[0] if hasattr(X, "shape") else len(X)
