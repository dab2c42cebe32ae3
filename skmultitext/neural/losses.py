r"""Losses of multi-label networks on logits, by name.

Every loss is a sum of two terms per document i and label j, of the logit z and the target
:math:`y' = y (1 - \epsilon) + \epsilon / 2` with label smoothing :math:`\epsilon`:

.. math:: \ell_{ij} = y'_{ij} w^+_j P(z_{ij}) + (1 - y'_{ij}) w^-_j N(z_{ij})

===================  ===========================================  ==============================
name                 P(z), the term of a positive                 N(z), the term of a negative
===================  ===========================================  ==============================
log_loss             -log p                                       -log(1 - p)
focal                -alpha (1 - p)^gamma log p                   -(1 - alpha) p^gamma log(1 - p)
asymmetric           -(1 - p)^gamma_positive log p                -q^gamma_negative log(1 - q)
===================  ===========================================  ==============================

with p = sigmoid(z), q = max(p - margin, 0), and both factors alpha and 1 - alpha left out where
alpha is None; w+ is `pos_weight` and w- is `neg_weight`, 1 if not given. A document's loss
:math:`\ell_i` is the sum over its labels (``reduction="sum_over_labels"``) or their mean
(``"mean"``). A batch's loss is the mean of its documents', weighted by `sample_weight`:
:math:`\sum_i s_i \ell_i / \sum_i s_i`, and 0 where all weights are 0. With `has_unknown`, sum and
mean are over the labels of the document that are known.

Powers and logarithms of p are taken as ``log p = -softplus(-z)``, so that values and gradients
are finite for logits of any size.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from .._runtime.keras import load_keras
from ..training._fitting import check_loss

__all__ = ["asymmetric", "focal", "log_loss", "make_loss"]


def __dir__() -> list[str]:
    return __all__


# avoids 0 / 0 where all weights of a batch are 0; far below any sum of real weights
_TINY = 1e-30


def log_loss(
    indicator: Any,
    logits: Any,
    sample_weight: Any = None,
    *,
    pos_weight: Any = None,
    neg_weight: Any = None,
    label_smoothing: float = 0.0,
    reduction: str = "sum_over_labels",
    has_unknown: bool = False,
) -> Any:
    """Compute the binary cross-entropy: -log of the probability of the true label.

    Parameters
    ----------
    indicator : tensor or array-like of shape (n_samples, n_labels)
        Targets in [0, 1].
    logits : tensor or array-like of shape (n_samples, n_labels)
        Scores; half precision is raised to float32.
    sample_weight : tensor or array-like of shape (n_samples,), default=None
        Non-negative weights.
    pos_weight, neg_weight : float or array-like of shape (n_labels,), default=None
        Factor of the positive and of the negative term of each label.
    label_smoothing : float, default=0.0
        Moves targets towards 1/2: y becomes y (1 - label_smoothing) + label_smoothing / 2.
        In [0, 1).
    reduction : {"sum_over_labels", "mean"}, default="sum_over_labels"
        Whether a document's loss is the sum or the mean over its labels. Documents are averaged.
    has_unknown : bool, default=False
        Whether negative entries of `indicator` are unknown labels, which take no part.

    Returns
    -------
    tensor of shape ()
        The loss.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", 2006, eq. 4.90.

    Examples
    --------
    >>> float(log_loss([[1.0, 0.0]], [[0.0, 0.0]]))  # 2 log 2
    1.386294...
    """
    ops = load_keras().ops
    logits = _full_precision(ops, logits)
    positive, negative = ops.softplus(-logits), ops.softplus(logits)
    return _combine(
        ops,
        indicator,
        positive,
        negative,
        sample_weight,
        (pos_weight, neg_weight, label_smoothing, reduction, has_unknown),
    )


def focal(
    indicator: Any,
    logits: Any,
    sample_weight: Any = None,
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
    pos_weight: Any = None,
    neg_weight: Any = None,
    label_smoothing: float = 0.0,
    reduction: str = "sum_over_labels",
    has_unknown: bool = False,
) -> Any:
    """Compute the focal loss: cross-entropy times (1 - probability of the true label)^gamma.

    Parameters
    ----------
    indicator : tensor or array-like of shape (n_samples, n_labels)
        Targets in [0, 1].
    logits : tensor or array-like of shape (n_samples, n_labels)
        Scores; half precision is raised to float32.
    sample_weight : tensor or array-like of shape (n_samples,), default=None
        Non-negative weights.
    gamma : float, default=2.0
        How strongly well-classified labels are down-weighted, in [0, inf); 0 gives the
        cross-entropy.
    alpha : float or None, default=None
        Factor of the positives, in (0, 1); that of the negatives is 1 - alpha. None leaves both
        factors out; the article uses 0.25.
    pos_weight, neg_weight : float or array-like of shape (n_labels,), default=None
        Factor of the positive and of the negative term of each label.
    label_smoothing : float, default=0.0
        Moves targets towards 1/2, as in `log_loss`. In [0, 1).
    reduction : {"sum_over_labels", "mean"}, default="sum_over_labels"
        Whether a document's loss is the sum or the mean over its labels. Documents are averaged.
    has_unknown : bool, default=False
        Whether negative entries of `indicator` are unknown labels, which take no part.

    Returns
    -------
    tensor of shape ()
        The loss.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, "Focal loss for dense object detection",
    ICCV 2017, eq. 4 and 5.

    Examples
    --------
    >>> float(focal([[1.0]], [[0.0]], gamma=2.0))  # log(2) / 4
    0.173286...
    """
    ops = load_keras().ops
    logits = _full_precision(ops, logits)
    log_p, log_not_p = -ops.softplus(-logits), -ops.softplus(logits)
    positive = -ops.exp(gamma * log_not_p) * log_p
    negative = -ops.exp(gamma * log_p) * log_not_p
    if alpha is not None:
        positive, negative = alpha * positive, (1 - alpha) * negative
    return _combine(
        ops,
        indicator,
        positive,
        negative,
        sample_weight,
        (pos_weight, neg_weight, label_smoothing, reduction, has_unknown),
    )


def asymmetric(
    indicator: Any,
    logits: Any,
    sample_weight: Any = None,
    *,
    gamma_positive: float = 0.0,
    gamma_negative: float = 4.0,
    margin: float = 0.05,
    pos_weight: Any = None,
    neg_weight: Any = None,
    label_smoothing: float = 0.0,
    reduction: str = "sum_over_labels",
    has_unknown: bool = False,
) -> Any:
    """Compute the asymmetric loss: focal, with more focus on negatives, and a margin for easy ones.

    Parameters
    ----------
    indicator : tensor or array-like of shape (n_samples, n_labels)
        Targets in [0, 1].
    logits : tensor or array-like of shape (n_samples, n_labels)
        Scores; half precision is raised to float32.
    sample_weight : tensor or array-like of shape (n_samples,), default=None
        Non-negative weights.
    gamma_positive, gamma_negative : float, default=0.0 and 4.0
        Focusing of positives and of negatives, in [0, inf).
    margin : float, default=0.05
        Negatives whose probability is below this have no loss. In [0, 1).
    pos_weight, neg_weight : float or array-like of shape (n_labels,), default=None
        Factor of the positive and of the negative term of each label.
    label_smoothing : float, default=0.0
        Moves targets towards 1/2, as in `log_loss`. In [0, 1).
    reduction : {"sum_over_labels", "mean"}, default="sum_over_labels"
        Whether a document's loss is the sum or the mean over its labels. Documents are averaged.
    has_unknown : bool, default=False
        Whether negative entries of `indicator` are unknown labels, which take no part.

    Returns
    -------
    tensor of shape ()
        The loss.

    References
    ----------
    T. Ridnik, E. Ben-Baruch, N. Zamir, A. Noy, I. Friedman, M. Protter, L. Zelnik-Manor,
    "Asymmetric loss for multi-label classification", ICCV 2021, eq. 4 to 7.

    Examples
    --------
    >>> float(asymmetric([[0.0]], [[0.0]]))  # -0.45^4 log(0.55)
    0.024515...
    """
    ops = load_keras().ops
    logits = _full_precision(ops, logits)
    log_p, log_not_p = -ops.softplus(-logits), -ops.softplus(logits)
    positive = -ops.exp(gamma_positive * log_not_p) * log_p
    if margin == 0:
        negative = -ops.exp(gamma_negative * log_p) * log_not_p
    else:
        negative = -ops.log(ops.minimum(ops.sigmoid(-logits) + margin, 1.0))
        if gamma_negative > 0:
            # the floor keeps the gradient finite for exponents below 1; the logarithm is 0 there
            shifted = ops.maximum(ops.sigmoid(logits) - margin, _TINY)
            negative = ops.power(shifted, gamma_negative) * negative
    return _combine(
        ops,
        indicator,
        positive,
        negative,
        sample_weight,
        (pos_weight, neg_weight, label_smoothing, reduction, has_unknown),
    )


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log_loss": log_loss,
    "focal": focal,
    "asymmetric": asymmetric,
}


def make_loss(
    name: str, *, neg_weight: Any = None, has_unknown: bool = False, **options: Any
) -> Callable[..., Any]:
    """Make the loss of that name with its options bound.

    Parameters
    ----------
    name : {"log_loss", "focal", "asymmetric"}
        The loss.
    neg_weight : float or array-like of shape (n_labels,), default=None
        Factor of the negative term of each label.
    has_unknown : bool, default=False
        Whether negative entries of an indicator are unknown labels, which take no part.
    **options
        Other options of that function: `pos_weight`, `label_smoothing`, `reduction`, ...

    Returns
    -------
    callable
        ``loss(indicator, logits, sample_weight=None)`` -> tensor of shape ().

    Raises
    ------
    ValueError
        If there is no such loss or option, or an option is out of its range.

    Examples
    --------
    >>> loss = make_loss("focal", gamma=0.0, reduction="mean")
    >>> float(loss([[1.0, 0.0]], [[0.0, 0.0]]))  # log 2
    0.693147...
    """
    options = check_loss(name, options)
    return partial(_FUNCTIONS[name], neg_weight=neg_weight, has_unknown=has_unknown, **options)


def _full_precision(ops: Any, logits: Any) -> Any:
    """Convert logits to a tensor of at least float32."""
    logits = ops.convert_to_tensor(logits)
    if logits.dtype == "float64":
        return logits
    return ops.cast(logits, "float32")


def _combine(
    ops: Any,
    indicator: Any,
    positive: Any,
    negative: Any,
    sample_weight: Any,
    options: tuple[Any, Any, float, str, bool],
) -> Any:
    """Weight both terms by the targets and reduce them to a scalar."""
    pos_weight, neg_weight, label_smoothing, reduction, has_unknown = options
    dtype = positive.dtype
    target = ops.cast(indicator, dtype)
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if pos_weight is not None:
        positive = positive * ops.cast(pos_weight, dtype)
    if neg_weight is not None:
        negative = negative * ops.cast(neg_weight, dtype)
    values = target * positive + (1.0 - target) * negative
    if has_unknown:
        known = ops.convert_to_tensor(indicator) >= 0
        values = ops.where(known, values, 0.0)
        n_known = ops.maximum(ops.sum(ops.cast(known, dtype), axis=1), 1.0)
        values = ops.sum(values, axis=1) / (n_known if reduction == "mean" else 1.0)
    else:
        values = ops.mean(values, axis=1) if reduction == "mean" else ops.sum(values, axis=1)
    if sample_weight is None:
        return ops.mean(values)
    weight = ops.cast(sample_weight, dtype)
    return ops.sum(weight * values) / ops.maximum(ops.sum(weight), _TINY)
