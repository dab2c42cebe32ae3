r"""Thresholds that turn probabilities into labels: exact search, and the decision itself.

A label is given where its probability exceeds its threshold, strictly. The search looks at every
cut-off between two distinct probabilities, so that what it returns is the best there is on the
data that it saw.
"""

from numbers import Integral

import numpy as np

from .._decision import decide
from .._labels import listing
from .._response import positive_scores
from ..exceptions import LabelError
from ..metrics._inputs import read_probabilities
from ._objectives import make_objective
from ._search import label_sides, reached_score, search_gated

__all__ = ["apply_thresholds", "search_thresholds"]


def search_thresholds(
    y_true,
    y_proba,
    objective="f1_macro",
    *,
    shared=False,
    beta=None,
    min_recall=None,
    min_precision=None,
    cost_fp=None,
    cost_fn=None,
    max_labels=None,
    at_least_one=False,
    sample_weight=None,
    label_names=None,
):
    r"""Search the threshold of each label that maximises an objective, exactly.

    With TP, FP, FN, TN the counts of a label, P and N those of its positives and negatives:

    =========================  ==============================================================
    objective                  what is maximised
    =========================  ==============================================================
    ``"f1_macro"``             mean over labels of :math:`2 TP / (P + TP + FP)` [1]_
    ``"f1_micro"``             the same of TP, P and FP summed over the labels, each with its
                               own threshold, found by Dinkelbach's iteration [2]_
    ``"fbeta_macro"``,         :math:`(1 + \beta^2) TP / (\beta^2 P + TP + FP)` [3]_, as mean
    ``"fbeta_micro"``          over labels, or of the sums
    ``"neg_hamming_loss"``     :math:`-(FP + FN) / (P + N)`, mean over labels
    ``"youden"``               :math:`TP / P - FP / N` [4]_, mean over labels
    ``"precision_at_recall"``  :math:`TP / (TP + FP)` where :math:`TP / P` is at least
                               `min_recall`; mean over labels
    ``"recall_at_precision"``  :math:`TP / P` where :math:`TP / (TP + FP)` is at least
                               `min_precision`; mean over labels
    ``"neg_expected_cost"``    :math:`-(c_{FP} FP + c_{FN} FN) / (P + N)` [5]_, mean over labels
    =========================  ==============================================================

    It takes O(n log n) a label, n the number of documents. Of equally good cut-offs the highest
    is taken, for "precision_at_recall" the lowest; the threshold is the midpoint between the two
    neighbouring probabilities. A label best given to no document gets its highest probability.
    A recall that no threshold reaches, because true documents have probability 0, is replaced by
    the highest that one does; a label that never has `min_precision` is given to no document.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels in any form that a tagger takes, of shape (n_samples, n_labels); sparse ones
        stay sparse.
    y_proba : array-like of shape (n_samples, n_labels), or list of arrays (n_samples, 2)
        Probabilities in [0, 1], as `predict_proba` of any estimator returns them.
    objective : str, default="f1_macro"
        What to maximise: a name of the table.
    shared : bool, default=False
        Whether all labels share one threshold. Precision and recall of "precision_at_recall" and
        "recall_at_precision" are micro averages then.
    beta : float, default=None
        How many times as much recall weighs as precision in "fbeta_macro" and "fbeta_micro",
        in (0, inf).
    min_recall, min_precision : float, default=None
        The least recall or precision, in (0, 1].
    cost_fp, cost_fn : float, array-like of shape (n_labels,) or dict of {str: float}, default=None
        Cost of a false positive and of a false negative, at least 0; a dict is by label name.
    max_labels : int or None, default=None
        As in `apply_thresholds`; enters the score only. No sorting finds the best thresholds
        under a rule that couples the labels of a document.
    at_least_one : bool, default=False
        As in `apply_thresholds`; enters the score only.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0.
    label_names : sequence of str, default=None
        The name of each label, in the order of the columns of `y_proba`; needed where y_true
        holds label sets.

    Returns
    -------
    thresholds : ndarray of shape (n_labels,), dtype float64
        Thresholds in [0, 1].
    score : float
        What the decisions reach, greater is better.

    Raises
    ------
    ValueError
        If shapes differ, a probability is outside [0, 1] or NaN, a label has no positive or no
        negative, or a parameter is unknown, missing or outside its range.

    See Also
    --------
    apply_thresholds : Decide with the thresholds.
    skmultitext.TunedThresholdTaggerCV : Search them out of fold, with a fallback for rare labels.

    References
    ----------
    .. [1] Z. C. Lipton, C. Elkan, B. Naryanaswamy, "Optimal thresholding of classifiers to
       maximize F1 measure", ECML PKDD 2014.
    .. [2] W. Dinkelbach, "On nonlinear fractional programming", Management Science 13(7), 1967.
    .. [3] C. J. van Rijsbergen, "Information Retrieval", 2nd ed., Butterworths, 1979.
    .. [4] W. J. Youden, "Index for rating diagnostic tests", Cancer 3(1), 1950.
    .. [5] C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.

    Examples
    --------
    >>> from skmultitext.thresholds import apply_thresholds, search_thresholds
    >>> y_true = [[1, 0], [1, 1], [0, 0], [0, 1]]
    >>> y_proba = [[0.6, 0.1], [0.3, 0.3], [0.2, 0.2], [0.1, 0.1]]
    >>> thresholds, score = search_thresholds(y_true, y_proba, "f1_macro")
    >>> thresholds, score
    (array([0.25, 0.25]), 0.833...)
    >>> apply_thresholds(y_proba, thresholds)
    array([[1, 0],
           [1, 1],
           [0, 0],
           [0, 0]])
    """
    scored = read_probabilities(y_true, y_proba, sample_weight, label_names)
    _refuse_unknown_labels(scored, label_names)
    check_decision_rules(max_labels, at_least_one)
    objective = make_objective(
        objective,
        scored.names,
        shared=shared,
        beta=beta,
        min_recall=min_recall,
        min_precision=min_precision,
        cost_fp=cost_fp,
        cost_fn=cost_fn,
    )
    _refuse_one_class(label_sides(objective, scored.truth), scored.names)
    thresholds = search_gated(objective, scored.truth, scored.values, scored.weight)
    decisions = decide(scored.values, thresholds, max_labels=max_labels, at_least_one=at_least_one)
    return thresholds, reached_score(objective, scored.truth, decisions, scored.weight)


def apply_thresholds(y_proba, thresholds, *, max_labels=None, at_least_one=False):
    """Decide which labels each document gets: those whose probability exceeds the threshold.

    Parameters
    ----------
    y_proba : array-like of shape (n_samples, n_labels)
        Probabilities in [0, 1].
    thresholds : float or array-like of shape (n_labels,)
        Threshold of all labels, or of each, in [0, 1].
    max_labels : int or None, default=None
        The most labels that a document gets, at least 1: of the labels above their thresholds
        those of the highest probability. None for any number.
    at_least_one : bool, default=False
        Whether a document with no label above its threshold gets the most probable one.

    Returns
    -------
    ndarray of shape (n_samples, n_labels), dtype int64
        Indicator of the labels. Of equally probable labels the one of the lower column wins.

    Raises
    ------
    ValueError
        If a probability or a threshold is outside [0, 1] or NaN, if the shapes do not fit, or
        max_labels is below 1.

    Examples
    --------
    >>> from skmultitext.thresholds import apply_thresholds
    >>> y_proba = [[0.9, 0.6, 0.7], [0.1, 0.3, 0.2]]
    >>> apply_thresholds(y_proba, 0.5)
    array([[1, 1, 1],
           [0, 0, 0]])
    >>> apply_thresholds(y_proba, [0.5, 0.5, 0.8], max_labels=1, at_least_one=True)
    array([[1, 0, 0],
           [0, 1, 0]])
    """
    proba = positive_scores(y_proba, one_label=False, parameter="y_proba")
    thresholds = np.asarray(thresholds)
    if thresholds.dtype.kind not in "iuf" or thresholds.shape not in ((), proba.shape[1:]):
        raise ValueError(
            f"thresholds has shape {thresholds.shape} and dtype {thresholds.dtype}, but y_proba "
            f"has shape {proba.shape}. Pass one number, or one for each of the "
            f"{proba.shape[1]} labels."
        )
    for name, values in (("y_proba", proba), ("thresholds", thresholds)):
        outside = ~((values >= 0) & (values <= 1))  # NaN is outside too
        if outside.any():
            place = np.unravel_index(np.argmax(outside), values.shape)
            where = f"[{', '.join(map(str, place))}]" if place else ""
            raise ValueError(f"{name}{where} is {values[place]}; it must lie in [0, 1].")
    check_decision_rules(max_labels, at_least_one)
    return decide(proba, thresholds, max_labels=max_labels, at_least_one=at_least_one).astype(
        np.int64
    )


def check_decision_rules(max_labels, at_least_one):
    """Refuse rules of a decision that mean nothing."""
    if max_labels is not None and not (
        isinstance(max_labels, Integral) and not isinstance(max_labels, bool) and max_labels >= 1
    ):
        raise ValueError(
            f"max_labels is {max_labels!r}; pass an integer of at least 1, or None for any number."
        )
    if not isinstance(at_least_one, bool | np.bool_):
        raise ValueError(f"at_least_one is {at_least_one!r}; pass True or False.")


def _refuse_unknown_labels(scored, label_names):
    if label_names is not None and len(scored.names) > len(label_names):
        raise LabelError(
            f"y_true holds the unknown labels {listing(scored.names[len(label_names) :])}, for "
            f"which y_proba has no column. Known are {listing(label_names)}; remove the others."
        )


def _refuse_one_class(sides, names):
    for counts, what in ((sides.positives, "positive"), (sides.negatives, "negative")):
        missing = [name for name, count in zip(names, counts, strict=True) if count == 0]
        if missing:
            raise LabelError(
                f"The labels {listing(missing)} have no {what} in y_true, so that no cut-off can "
                f"be searched for them. Leave these columns out, or use "
                f"TunedThresholdTaggerCV(cv='prefit'), which has a fallback for them."
            )
