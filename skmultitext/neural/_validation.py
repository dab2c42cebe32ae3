"""Scores of a network on validation data while it trains, by the scorers of the package."""

from ..base import BaseTagger
from ..metrics import get_scorer

__all__ = ["Validation"]


class Validation:
    """Validation data and the scorer that a training watches.

    Parameters
    ----------
    logits : callable
        ``logits()`` -> ndarray of shape (n_samples, n_labels), dtype float64: the present
        logits of the validation data.
    indicator : ndarray or sparse array of shape (n_samples, n_labels)
        Labels of the validation data, 0 or 1.
    space : LabelSpace
        The labels.
    thresholds : ndarray of shape (n_labels,), dtype float64
        The thresholds of scorers that need decisions.
    scoring : str or callable, default="neg_log_loss"
        Name of a scorer of `skmultitext.metrics`, or a scorer; greater is better.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights of the validation data.

    Raises
    ------
    ValueError
        If there is no scorer of that name.

    Examples
    --------
    >>> import numpy as np
    >>> from skmultitext._labels import LabelSpace
    >>> space, indicator = LabelSpace.learn([["a"], ["b"]])
    >>> logits = np.array([[2.0, -1.0], [1.0, 3.0]])
    >>> Validation(lambda: logits, indicator, space, [0.5, 0.5], "f1_micro").score()
    0.8
    """

    def __init__(
        self, logits, indicator, space, thresholds, scoring="neg_log_loss", sample_weight=None
    ):
        self._logits = logits
        self._truth = space.decode(_dense(indicator).astype(bool))
        self._tagger = _LogitsTagger(space, thresholds)
        self._scorer = get_scorer(scoring)
        self._sample_weight = sample_weight
        self.name = scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")

    def score(self):
        """Score the network as it is now.

        Returns
        -------
        float
            Greater is better.
        """
        kwargs = {} if self._sample_weight is None else {"sample_weight": self._sample_weight}
        return float(self._scorer(self._tagger, self._logits(), self._truth, **kwargs))


class _LogitsTagger(BaseTagger):
    """A fitted tagger whose X is the logits, so that decisions are taken where they always are."""

    def __init__(self, space=None, threshold=0.5):
        self.space = space
        self.threshold = threshold
        self._label_space = space
        self.classes_ = space.classes
        self.label_names_ = space.label_names
        self.thresholds_ = threshold

    def _check_X(self, X, *, reset):
        return X

    def _fit_engine(self, X, indicator, space, sample_weight):
        return {}

    def _logits(self, X):
        return X


def _dense(indicator):
    return indicator.toarray() if hasattr(indicator, "toarray") else indicator
