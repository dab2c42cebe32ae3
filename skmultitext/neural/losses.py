r"""Losses of multi-label networks on logits, by name.

Every loss is a sum of two terms per document i and label j, of the logit z and the target
:math:`y' = y (1 - \epsilon) + \epsilon / 2` with label smoothing :math:`\epsilon`:

.. math:: \ell_{ij} = y'_{ij} w^+_j P(z_{ij}) + (1 - y'_{ij}) w^-_j N(z_{ij})

===================  ===========================================  ==============================
name                 P(z), the term of a positive                 N(z), the term of a negative
===================  ===========================================  ==============================
binary_crossentropy  -log p                                       -log(1 - p)
focal                -alpha (1 - p)^gamma log p                   -(1 - alpha) p^gamma log(1 - p)
asymmetric           -(1 - p)^gamma_positive log p                -q^gamma_negative log(1 - q)
===================  ===========================================  ==============================

with p = sigmoid(z), q = max(p - margin, 0), and both factors alpha and 1 - alpha left out where
alpha is None; w+ is `pos_weight` and w- is `neg_weight`, 1 if not given. A document's loss
:math:`\ell_i` is the sum over its labels (``reduction="sum_over_labels"``) or their mean
(``"mean"``). A batch's loss is the mean of its documents', weighted by `sample_weight`:
:math:`\sum_i s_i \ell_i / \sum_i s_i`, and 0 where all weights are 0.

Powers and logarithms of p are taken as ``log p = -softplus(-z)``, so that values and gradients
are finite for logits of any size.
"""

from functools import partial
from numbers import Real

from ._backend import load_keras

__all__ = ["LOSSES", "asymmetric", "binary_crossentropy", "check_loss", "focal", "make_loss"]

_REDUCTIONS = ("sum_over_labels", "mean")
# divides 0 by something where a batch weighs nothing; far below any sum of real weights
_TINY = 1e-30


def binary_crossentropy(
    indicator,
    logits,
    sample_weight=None,
    *,
    pos_weight=None,
    neg_weight=None,
    label_smoothing=0.0,
    reduction="sum_over_labels",
):
    """Compute the binary cross-entropy: -log of the probability of what is right.

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

    Returns
    -------
    tensor of shape ()
        The loss.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", 2006, eq. 4.90.

    Examples
    --------
    >>> float(binary_crossentropy([[1.0, 0.0]], [[0.0, 0.0]]))  # 2 log 2
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
        (pos_weight, neg_weight, label_smoothing, reduction),
    )


def focal(
    indicator,
    logits,
    sample_weight=None,
    *,
    gamma=2.0,
    alpha=None,
    pos_weight=None,
    neg_weight=None,
    label_smoothing=0.0,
    reduction="sum_over_labels",
):
    """Compute the focal loss: cross-entropy times (1 - probability of what is right)^gamma.

    Parameters
    ----------
    indicator : tensor or array-like of shape (n_samples, n_labels)
        Targets in [0, 1].
    logits : tensor or array-like of shape (n_samples, n_labels)
        Scores; half precision is raised to float32.
    sample_weight : tensor or array-like of shape (n_samples,), default=None
        Non-negative weights.
    gamma : float, default=2.0
        How much what is easy already is played down, in [0, inf); 0 gives the cross-entropy.
    alpha : float or None, default=None
        Factor of the positives; negatives have 1 - alpha. In (0, 1). None leaves both out; the
        article takes 0.25.
    pos_weight, neg_weight : float or array-like of shape (n_labels,), default=None
        Factor of the positive and of the negative term of each label.
    label_smoothing : float, default=0.0
        Moves targets towards 1/2, as in `binary_crossentropy`. In [0, 1).
    reduction : {"sum_over_labels", "mean"}, default="sum_over_labels"
        Whether a document's loss is the sum or the mean over its labels. Documents are averaged.

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
        (pos_weight, neg_weight, label_smoothing, reduction),
    )


def asymmetric(
    indicator,
    logits,
    sample_weight=None,
    *,
    gamma_positive=0.0,
    gamma_negative=4.0,
    margin=0.05,
    pos_weight=None,
    neg_weight=None,
    label_smoothing=0.0,
    reduction="sum_over_labels",
):
    """Compute the asymmetric loss: focal, harder on negatives, and easy negatives left out.

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
        Negatives whose probability is below this cost nothing. In [0, 1).
    pos_weight, neg_weight : float or array-like of shape (n_labels,), default=None
        Factor of the positive and of the negative term of each label.
    label_smoothing : float, default=0.0
        Moves targets towards 1/2, as in `binary_crossentropy`. In [0, 1).
    reduction : {"sum_over_labels", "mean"}, default="sum_over_labels"
        Whether a document's loss is the sum or the mean over its labels. Documents are averaged.

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
            # the floor keeps the slope of a power below 1 finite; the logarithm is 0 there
            shifted = ops.maximum(ops.sigmoid(logits) - margin, _TINY)
            negative = ops.power(shifted, gamma_negative) * negative
    return _combine(
        ops,
        indicator,
        positive,
        negative,
        sample_weight,
        (pos_weight, neg_weight, label_smoothing, reduction),
    )


LOSSES = {
    "binary_crossentropy": binary_crossentropy,
    "focal": focal,
    "asymmetric": asymmetric,
}

# option -> (its legal range in words, the test of it); pos_weight and neg_weight are per label
_COMMON = {
    "label_smoothing": ("in [0, 1)", lambda value: 0 <= value < 1),
}
_OWN = {
    "binary_crossentropy": {},
    "focal": {
        "gamma": ("in [0, inf)", lambda value: 0 <= value < float("inf")),
        "alpha": ("in (0, 1), or None", lambda value: 0 < value < 1),
    },
    "asymmetric": {
        "gamma_positive": ("in [0, inf)", lambda value: 0 <= value < float("inf")),
        "gamma_negative": ("in [0, inf)", lambda value: 0 <= value < float("inf")),
        "margin": ("in [0, 1)", lambda value: 0 <= value < 1),
    },
}


def check_loss(name, options=None):
    """Check the name of a loss and its options; needs no library of networks.

    Parameters
    ----------
    name : str
        A name of `LOSSES`.
    options : dict or None, default=None
        Options of that loss by name. `pos_weight` is not looked into.

    Returns
    -------
    dict
        A copy of the options.

    Raises
    ------
    ValueError
        If there is no such loss or option, or an option is out of its range.
    """
    if name not in LOSSES:
        raise ValueError(f"loss is {name!r}; pass one of {', '.join(LOSSES)}.")
    options = dict(options or {})
    ranges = {**_COMMON, **_OWN[name]}
    allowed = ["pos_weight", "reduction", *ranges]
    for option, value in options.items():
        if option not in allowed:
            raise ValueError(
                f"The loss {name!r} has no option {option!r}; it has {', '.join(allowed)}."
            )
        if option == "reduction" and value not in _REDUCTIONS:
            raise ValueError(f"reduction is {value!r}; pass one of {', '.join(_REDUCTIONS)}.")
        if option not in ranges or (option == "alpha" and value is None):
            continue
        words, test = ranges[option]
        if not isinstance(value, Real) or isinstance(value, bool) or not test(value):
            raise ValueError(f"{option} of the loss {name!r} is {value!r}; it must lie {words}.")
    return options


def make_loss(name, *, neg_weight=None, **options):
    """Make the loss of a name, its options bound.

    Parameters
    ----------
    name : {"binary_crossentropy", "focal", "asymmetric"}
        The loss.
    neg_weight : float or array-like of shape (n_labels,), default=None
        Factor of the negative term of each label.
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
    return partial(LOSSES[name], neg_weight=neg_weight, **options)


def _full_precision(ops, logits):
    """Logits as a tensor of at least float32."""
    logits = ops.convert_to_tensor(logits)
    if logits.dtype == "float64":
        return logits
    return ops.cast(logits, "float32")


def _combine(ops, indicator, positive, negative, sample_weight, options):
    """Weigh both terms by the targets and reduce them to one number."""
    pos_weight, neg_weight, label_smoothing, reduction = options
    dtype = positive.dtype
    target = ops.cast(indicator, dtype)
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if pos_weight is not None:
        positive = positive * ops.cast(pos_weight, dtype)
    if neg_weight is not None:
        negative = negative * ops.cast(neg_weight, dtype)
    values = target * positive + (1.0 - target) * negative
    values = ops.mean(values, axis=1) if reduction == "mean" else ops.sum(values, axis=1)
    if sample_weight is None:
        return ops.mean(values)
    weight = ops.cast(sample_weight, dtype)
    return ops.sum(weight * values) / ops.maximum(ops.sum(weight), _TINY)
