"""partial_fit: train on data that arrive in batches."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .._gate.labels import LabelSpace
from .._gate.samples import (
    TrainingData,
    check_lengths,
    constant_logits,
    drop_unlabeled,
    drop_zero_weight,
)
from .._gate.types import Features, FloatArray, Labels, Weights
from .._runtime.messages import listing
from .._runtime.threads import transaction
from ..base import BaseTagger
from ..exceptions import LabelError
from .known_labels import takes_unknown

__all__ = ["IncrementalMixin"]

if TYPE_CHECKING:
    _Base = BaseTagger
else:
    _Base = object


class IncrementalMixin(_Base):
    """Adds `partial_fit` to a tagger.

    The tagger defines `_fit_part`, which gets checked data and the logits of the labels that are
    constant so far (nan for the others), and returns the fitted attributes. If it raises, it must
    leave the tagger unchanged.
    """

    class_weight: Any
    _n_seen: tuple[int, Any, Any]

    def _fit_part(
        self, data: TrainingData, constants: FloatArray, *, first: bool
    ) -> dict[str, Any]:
        raise NotImplementedError

    def partial_fit(
        self, X: Features, y: Labels, classes: Any = None, sample_weight: Weights = None
    ) -> Self:
        """Train on more documents, in one pass.

        Each call continues from the weights of the previous call, or of `fit`. A network also
        continues with the optimizer state and the loss of the first call, until it is pickled,
        copied or fitted. A label without positives so far gets the constant score -16, one without
        negatives 16.

        Weights are changed in place: unlike during `fit`, no other thread may predict with the
        same tagger meanwhile. Predict with a copy (`copy.deepcopy`) there.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in any form that `fit` takes; the same form in every call.
        classes : array-like of shape (n_labels,) or (2,), default=None
            All labels, for the first call: the two codes of a 1-D y or of a single column, all
            label names of label sets, or one name per column of an indicator. None if the
            parameter `labels` is set, or if the first y contains every label.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self
            The tagger, trained on this batch too.

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
        with transaction(self) as draft:
            draft._learn_part(X, y, classes, sample_weight)
        return self

    def _learn_part(self, X: Any, y: Any, classes: Any, sample_weight: Any) -> None:
        """Check a batch of data, train on it, and set the fitted state."""
        self._validate_params()
        if self.class_weight == "balanced":
            raise ValueError(
                'class_weight="balanced" needs all labels at once, which partial_fit does not '
                "have. Pass a dict by label name."
            )
        first = not self.__sklearn_is_fitted__()
        X = self._check_X(X, reset=first)
        if first:
            space, indicator = LabelSpace.learn(
                y, classes, labels=self.labels, allow_unknown=takes_unknown(self)
            )
        else:
            space = self._label_space
            indicator = space.encode(y, allow_unknown=takes_unknown(self))
            _check_same_classes(space, classes)
        check_lengths(X, indicator, "y")
        X, indicator, weight = drop_zero_weight(X, indicator, sample_weight)
        X, indicator, weight = drop_unlabeled(X, indicator, weight)
        self._learn_checked(self._training_data(X, indicator, space, weight), first=first)

    def _learn_checked(self, data: TrainingData, *, first: bool) -> None:
        """Train on a batch of checked data, and set the fitted state."""
        seen = (data.n_samples, data.n_known, data.n_positives)
        if not first:
            before = self._n_seen
            seen = (before[0] + seen[0], before[1] + seen[1], before[2] + seen[2])
        fitted = self._fit_part(data, constant_logits(*seen[1:]), first=first)
        self._set_state(data, {**fitted, "_n_seen": seen})


def _check_same_classes(space: LabelSpace, classes: Any) -> None:
    """Refuse classes that differ from those of the first call."""
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
