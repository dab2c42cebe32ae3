"""What the neural taggers share: validation data, weights of the loss, errors in mid-training."""

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

from .._label_parameters import by_name, resolve_class_weight
from ..exceptions import LabelError
from ..model_selection import multilabel_train_test_split
from .losses import check_loss

__all__ = ["NeuralTaggerMixin", "resolve_loss"]


class NeuralTaggerMixin:
    """Fitting with validation data, for taggers whose engine trains a network.

    It stands left of the base of the tagger. Parameters it reads: `early_stopping`,
    `validation_fraction`. An engine that was stopped by a loss that is not finite puts the
    error into its fitted attributes as `_failure`: `fit` raises it, and the tagger is fitted.
    """

    def fit(self, X, y, sample_weight=None, *, validation_data=None):
        """Fit the tagger.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Training documents: texts for a tagger of text, else features.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels: an indicator of 0 and 1 of shape (n_samples, n_labels), a sequence of sets
            of label names, a single column with two codes, or a 1-D binary y.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. Weight 0 equals removal; other weights enter the mean over a
            batch, so that an integer weight is like repetition but not equal to it.
        validation_data : tuple (X, y), default=None
            Documents and labels to score during training, in the forms of X and y, rather than
            a part of the training data.

        Returns
        -------
        self
            The fitted tagger. With Ctrl-C it is returned too, with a warning and the best
            weights so far.

        Raises
        ------
        ValueError
            If X, y, sample_weight, validation_data or a parameter is not legal. What was fitted
            before stays.
        FloatingPointError
            If the loss becomes nan or infinite. If that is after the first epoch (with
            validation data: the first validation), the tagger is fitted all the same, with the
            best weights so far.
        MissingExtraError
            If the framework of the tagger is not installed; the message names the extra.
        """
        self._validation_data = _check_pair(validation_data)
        try:
            super().fit(X, y, sample_weight)
        finally:
            vars(self).pop("_validation_data", None)
        failure = vars(self).pop("_failure", None)
        if failure is not None:
            raise failure
        return self

    def _hold_out(self, X, indicator, space, sample_weight, random_state):
        """Find the validation data.

        Returns (X, indicator, sample_weight) to train on, and the same to validate on or None.
        """
        given = vars(self).get("_validation_data")
        if given is not None:
            X_held, y_held = given
            X_held = self._check_X(X_held, reset=False)
            held = space.encode(y_held)
            check_consistent_length(X_held, held)
            return (X, indicator, sample_weight), (X_held, held, None)
        if not self.early_stopping:
            return (X, indicator, sample_weight), None
        sides = multilabel_train_test_split(
            np.arange(indicator.shape[0]),
            test_size=self.validation_fraction,
            stratify=indicator,
            random_state=random_state,
        )
        return tuple(
            (
                _safe_indexing(X, rows),
                indicator[rows],
                None if sample_weight is None else sample_weight[rows],
            )
            for rows in sides
        )


def _check_pair(validation_data):
    if validation_data is None:
        return None
    if not isinstance(validation_data, tuple | list) or len(validation_data) != 2:
        raise ValueError(
            f"validation_data is a {type(validation_data).__name__}; pass a tuple (X, y)."
        )
    return tuple(validation_data)


def resolve_loss(loss, loss_params, class_weight, indicator, space, sample_weight=None):
    """Bring the loss parameters of a tagger into the options of the loss function.

    Parameters
    ----------
    loss : str
        Name of a loss.
    loss_params : dict or None
        Its options; `pos_weight` there is a number, an array-like of shape (n_labels,), a dict by
        label name (others keep 1), or "balanced": negatives over positives of each label.
    class_weight : None, "balanced" or dict
        See `resolve_class_weight`.
    indicator : ndarray or sparse array of shape (n_samples, n_labels)
        The labels of the training data.
    space : LabelSpace
        The labels.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights in which "balanced" counts.

    Returns
    -------
    dict
        Options of that loss. `pos_weight` and `neg_weight` are there where something asks for
        them: ndarrays of shape (n_labels,), dtype float32.

    Raises
    ------
    ValueError
        If the loss has no such option, or a value is out of its range.
    """
    options = check_loss(loss, loss_params)
    positive = options.pop("pos_weight", None)
    factors = resolve_class_weight(class_weight, indicator, space, sample_weight)
    if positive is not None:
        if isinstance(positive, Mapping):
            positive = by_name("pos_weight", positive, space, default=1.0)
        elif isinstance(positive, str) and positive == "balanced":
            negative, positive = resolve_class_weight("balanced", indicator, space, sample_weight).T
            positive = positive / negative
        positive = _per_label(positive, space)
        factors = np.ones((space.n_labels, 2)) if factors is None else factors
        factors = factors * np.column_stack([np.ones(space.n_labels), positive])
    if factors is not None:
        options["neg_weight"], options["pos_weight"] = factors.T.astype(np.float32)
    return options


def _per_label(pos_weight, space):
    values = np.asarray(pos_weight)
    if values.dtype.kind not in "iuf" or values.shape not in ((), (space.n_labels,)):
        raise LabelError(
            f"pos_weight is {pos_weight!r}; pass a number, an array of shape "
            f"({space.n_labels},): one number per label, a dict by label name, or 'balanced'."
        )
    if not (np.isfinite(values) & (values > 0)).all():
        raise LabelError(f"pos_weight is {pos_weight!r}; it must be finite and above 0.")
    return np.broadcast_to(values, space.n_labels).astype(np.float64)


def dense_rows(matrix, rows, dtype=np.float32):
    """Take rows of a matrix as a dense array: a batch, never the whole.

    Parameters
    ----------
    matrix : ndarray or CSR of shape (n_samples, n_columns)
        Features or labels.
    rows : slice or ndarray of shape (n_rows,), dtype int64
        The rows.
    dtype : dtype, default=float32
        Of the result.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
    """
    part = matrix[rows]
    return (part.toarray() if sp.issparse(part) else part).astype(dtype, copy=False)
