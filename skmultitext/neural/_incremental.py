"""Training on documents that come in parts: partial_fit."""

import numpy as np
from sklearn.utils import check_random_state

from .._label_parameters import resolve_thresholds
from .._labels import listing
from .._rows import check_lengths, drop_weightless
from ..exceptions import LabelError
from ._backend import load_keras
from ._classes import learn_space
from ._tagger import constant_logits, count_positives

__all__ = ["IncrementalMixin"]


class IncrementalMixin:
    """Adds `partial_fit` to a neural tagger of features.

    It uses the tagger's `_check_X`, `_build_network`, `_make_step` and `_train`.
    """

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one epoch on more documents.

        The weights go on from call to call, and so does the state of the optimizer until the
        tagger is pickled, copied or fitted; until then loss and optimizer stay as they were in
        the first call.

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
            If the loss becomes nan or infinite. After any error the tagger is as it was before.
        MissingExtraError
            If TensorFlow is not installed.
        """
        before = dict(vars(self))
        fitted = self.__sklearn_is_fitted__()
        weights = self.network_.model.get_weights() if fitted else None
        try:
            self._train_part(X, y, classes, sample_weight, first=not fitted)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            if fitted:
                self.network_.model.set_weights(weights)
                self.network_.step = None
            raise
        return self

    def _train_part(self, X, y, classes, sample_weight, *, first):
        self._validate_params()
        if self.class_weight == "balanced":
            raise ValueError(
                'class_weight="balanced" needs all labels at once, which partial_fit never has; '
                "pass a dict by label name."
            )
        X = self._check_X(X, reset=first)
        if first:
            space, indicator = learn_space(y, classes)
        else:
            space, indicator = self._label_space, self._label_space.encode(y)
            _check_same_classes(space, classes)
        check_lengths(X, indicator, "y")
        X, indicator, sample_weight = drop_weightless(X, indicator, sample_weight)
        thresholds = resolve_thresholds(self.threshold, space)
        load_keras(type(self).__name__)

        random_state = getattr(self, "_random_state", None)
        if random_state is None:
            random_state = check_random_state(self.random_state)
        network = self._build_network(X.shape[1], space, random_state) if first else self.network_
        if network.step is None:
            network.step = self._make_step(network, indicator, sample_weight, space)
        result = self._train(
            network.step, X, indicator, sample_weight, space, random_state, 1, None
        )
        n_samples, n_positives = getattr(self, "_n_seen", (0, 0))
        n_samples = n_samples + indicator.shape[0]
        n_positives = n_positives + count_positives(indicator)
        history = [] if first else self.history_
        vars(self).update(
            network_=network,
            history_=history + [{**r, "epoch": len(history) + 1} for r in result.history],
            n_iter_=len(history) + len(result.history),
            n_features_in_=X.shape[1],
            _n_seen=(n_samples, n_positives),
            _constants=constant_logits(n_samples, n_positives),
            _random_state=random_state,
            _label_space=space,
            classes_=space.classes,
            label_names_=space.label_names,
            thresholds_=thresholds,
        )


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
