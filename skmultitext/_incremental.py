"""Training on documents that come in parts: partial_fit."""

import numpy as np

from ._first_labels import learn_space
from ._label_parameters import resolve_thresholds
from ._labels import listing
from ._rows import check_lengths, count_positives, drop_weightless
from .base import CONSTANT_LOGIT
from .exceptions import LabelError

__all__ = ["IncrementalMixin", "constant_logits", "count_positives"]


class IncrementalMixin:
    """Adds `partial_fit` to a tagger of features.

    The tagger defines `_fit_part`, which gets gated input and returns the fitted attributes as a
    dict; where it fails, it leaves the tagger as it was. The logits of labels that are constant
    so far are in `_constants`, nan for the others.
    """

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train on more documents, in one pass.

        The weights go on from call to call, and from `fit`. The state of a Keras optimizer goes
        on until the tagger is pickled, copied or fitted; until then loss and optimizer stay as
        they were in the first call. A label without positives, or without negatives, so far gets
        the constant score of -16 or 16 until it has both.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in a form that `fit` takes, the same in every call.
        classes : array-like of shape (n_labels,) or (2,), default=None
            All labels, in the first call: the two codes of a 1-D y or of a single column, the
            names of all labels of label sets, or one name per column of an indicator. None if
            the first y has them all.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self
            The tagger, trained on this part too.

        Raises
        ------
        ValueError
            If X, y, classes or a parameter is not legal, or `class_weight` is "balanced", which
            needs all labels at once.
        FloatingPointError
            If the loss of a network becomes nan or infinite. After any error the tagger is as it
            was before.
        MissingExtraError
            If the tagger is a network and TensorFlow is not installed.
        """
        before = dict(vars(self))
        try:
            self._validate_params()
            if self.class_weight == "balanced":
                raise ValueError(
                    'class_weight="balanced" needs all labels at once, which partial_fit never '
                    "has; pass a dict by label name."
                )
            first = not self.__sklearn_is_fitted__()
            X = self._check_X(X, reset=first)
            if first:
                space, indicator = learn_space(y, classes)
            else:
                space, indicator = self._label_space, self._label_space.encode(y)
                _check_same_classes(space, classes)
            check_lengths(X, indicator, "y")
            X, indicator, sample_weight = drop_weightless(X, indicator, sample_weight)
            thresholds = resolve_thresholds(self.threshold, space)
            fitted = self._fit_part(X, indicator, space, sample_weight, first=first)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise
        n_samples, n_positives = (0, 0) if first else self._n_seen
        n_samples = n_samples + indicator.shape[0]
        n_positives = n_positives + count_positives(indicator)
        vars(self).update(
            fitted,
            n_features_in_=X.shape[1],
            _n_seen=(n_samples, n_positives),
            _constants=constant_logits(n_samples, n_positives),
            _label_space=space,
            classes_=space.classes,
            label_names_=space.label_names,
            thresholds_=thresholds,
        )
        return self


def _check_same_classes(space, classes):
    """Refuse classes that are not those of the first call."""
    if classes is None:
        return
    classes = np.asarray(classes).tolist()
    one_column = space.form in ("binary", "column")
    known = space.codes[0].tolist() if one_column else space.label_names.tolist()
    given = classes if one_column else [str(name) for name in classes]
    if given != known:
        raise LabelError(
            f"classes is {listing(given)}, but the first call of partial_fit, or fit, learned "
            f"{listing(known)}."
        )


def constant_logits(n_samples, n_positives):
    """Find the logits of labels that are constant in training.

    Parameters
    ----------
    n_samples : int
        Number of training documents.
    n_positives : ndarray of shape (n_labels,)
        How many of them have each label.

    Returns
    -------
    ndarray of shape (n_labels,), dtype float64
        16 for a label of all documents, -16 for a label of none, nan for the others.
    """
    n_positives = np.asarray(n_positives)
    return np.select(
        [n_positives == 0, n_positives == n_samples], [-CONSTANT_LOGIT, CONSTANT_LOGIT], np.nan
    )
