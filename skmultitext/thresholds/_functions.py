r"""Search thresholds exactly, and apply them.

A label is predicted if its probability exceeds its threshold, strictly. The search considers every
cut-off between two distinct probabilities, so it finds the optimum on the given data.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .._gate.containers import column_names
from .._gate.decision import check_decision_rules, decide
from .._gate.labels import LabelSpace, position_names, resolve_thresholds
from .._gate.parameters import check_number
from .._gate.types import FloatArray, IntArray, LabelNames, Labels, Threshold, Weights
from .._meta.response import positive_scores
from .._runtime.messages import listing
from ..exceptions import LabelError
from ..metrics._inputs import checked_names, read_probabilities
from ._objectives import Sides, make_objective
from ._search import ExactSearch, label_sides

__all__ = ["apply_thresholds", "search_thresholds"]


def search_thresholds(
    y_true: Labels,
    y_proba: npt.ArrayLike | list[npt.ArrayLike],
    objective: str = "f1_macro",
    *,
    shared: bool = False,
    shrinkage: float = 50.0,
    beta: float | None = None,
    min_recall: float | None = None,
    min_precision: float | None = None,
    min_coverage: float | None = None,
    confidence: float | str | None = None,
    simultaneous: bool = False,
    cost_fp: Threshold | None = None,
    cost_fn: Threshold | None = None,
    max_labels: int | None = None,
    at_least_one: bool = False,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> tuple[FloatArray, float]:
    r"""Search the threshold of each label that maximises an objective.

    With TP, FP, FN, TN the counts of a label, P and N those of its positives and negatives, all of
    its known entries:

    ===========================  =============================================================
    objective                    what is maximised
    ===========================  =============================================================
    ``"f1_macro"``               mean over labels of :math:`2 TP / (P + TP + FP)` [1]_
    ``"f1_micro"``               the same of TP, P and FP summed over the labels, each with its
                                 own threshold, found by Dinkelbach's iteration [2]_
    ``"fbeta_macro"``,           :math:`(1 + \beta^2) TP / (\beta^2 P + TP + FP)` [3]_, as mean
    ``"fbeta_micro"``            over labels, or of the sums
    ``"exact_match"``            share of the documents whose known labels are all right
    ``"neg_hamming_loss"``       :math:`-(FP + FN) / (P + N)` of the sums over labels
    ``"youden"``                 :math:`TP / P - FP / N` [4]_, mean over labels
    ``"precision_at_recall"``    :math:`TP / (TP + FP)` where :math:`TP / P` is at least
                                 `min_recall`; mean over labels
    ``"recall_at_precision"``    :math:`TP / P` where :math:`TP / (TP + FP)` is at least
                                 `min_precision`; mean over labels
    ``"precision_at_coverage"``  :math:`TP / (TP + FP)` of the sums over labels, with the highest
                                 single threshold that gives a share of at least
                                 `min_coverage` of the documents with labels all of theirs
    ``"neg_expected_cost"``      :math:`-(c_{FP} FP + c_{FN} FN) / (P + N)` [5]_, mean over labels
    ===========================  =============================================================

    The search is exact and takes O(n log n) per label, n the number of documents. The threshold is
    the midpoint between two neighbouring probabilities; of equally good cut-offs the highest is
    taken, for "precision_at_recall" the lowest. If it is best never to predict a label, its
    threshold is its highest probability. If no threshold reaches `min_recall`, as some positives
    have probability 0, the highest attainable recall is required instead; a label that cannot reach
    `min_precision` is never predicted.

    With `max_labels` or `at_least_one`, and for "exact_match", the best threshold of a label
    depends on those of the others. With `shared` the search is still exact. Otherwise coordinate
    ascent improves thresholds, from several starts, until no change of a single one helps (at most
    20 rounds of O(n log n) per label). The result is never worse than the thresholds that are best
    without these rules. As many labels as possible keep a minimum of precision or recall.

    The best threshold of a label with few positives is mostly noise. `shrinkage` shrinks it towards
    a threshold estimated from more data, as described in `TunedThresholdTaggerCV`; ``shrinkage=0``
    returns the maximiser itself.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels in any form that a tagger takes, of shape (n_samples, n_labels); sparse ones
        stay sparse. NaN in an indicator: the label is unknown, and the entry takes no part.
    y_proba : array-like of shape (n_samples, n_labels), or list of arrays (n_samples, 2)
        Probabilities in [0, 1], as `predict_proba` of any estimator returns them.
    objective : str, default="f1_macro"
        What to maximise: a name of the table.
    shared : bool, default=False
        Whether all labels share one threshold. Precision and recall of "precision_at_recall" and
        "recall_at_precision" are micro averages then.
    shrinkage : float, default=50.0
        Number of positives, or of negatives where those are fewer, at which a label's own
        threshold and its anchor have equal weight, in [0, inf). 0 turns the anchor off. No effect
        on objectives that sum over labels, or with `shared`.
    beta : float, default=None
        How many times as much recall weighs as precision in "fbeta_macro" and "fbeta_micro",
        in (0, inf).
    min_recall, min_precision, min_coverage : float, default=None
        The least recall, precision or coverage, in (0, 1].
    confidence : float or "expectation", default=None
        Probability, in (0, 1), with which `min_recall` or `min_precision` holds on new documents,
        not only on these: for each label by itself, or for the micro average with `shared`.
        "expectation", for `min_recall` and `min_coverage`: they are at least the minimum on average
        over samples of documents like these. None for these documents alone. See the notes.
    simultaneous : bool, default=False
        Whether the minimum holds for all labels at once with probability `confidence`. False: for
        each label with this probability, so that of 28 labels one or two may miss it at 0.95.
    cost_fp, cost_fn : float, array-like of shape (n_labels,) or dict of {str: float}, default=None
        Cost of a false positive and of a false negative, at least 0; a dict is by label name.
    max_labels : int or None, default=None
        As in `apply_thresholds`; the objective is that of the decisions with it.
    at_least_one : bool, default=False
        As in `apply_thresholds`; the objective is that of the decisions with it.
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
        The objective of the decisions; greater is better.

    Raises
    ------
    ValueError
        If shapes differ, a probability is outside [0, 1] or NaN, a label has no positive or no
        negative, or a parameter is unknown, missing or outside its range.

    Warns
    -----
    RareLabelWarning
        If there are too few documents to keep the minimum of a label with this `confidence`. The
        label is then never given (`min_precision`), or always (`min_recall`, `min_coverage`).

    See Also
    --------
    apply_thresholds : Decide with the thresholds.
    skmultitext.TunedThresholdTaggerCV : Search them on out-of-fold probabilities.

    Notes
    -----
    With `confidence` the minimum holds if the documents are a random sample of those to come, and
    took no part in the fit: those of ``cv="prefit"``, or of a share as `cv` with ``refit=False``,
    in `TunedThresholdTaggerCV`. With folds, whose scores come from other fits than the last one, it
    holds approximately. There is no shrinkage, and no weight.

    ==================================  ==========================================================
    parameters                          promise
    ==================================  ==========================================================
    ``confidence=0.95``                 for each label, a sample of documents leads to thresholds
                                        that keep its minimum with probability 0.95
    ... and ``simultaneous=True``       with probability 0.95 all labels keep it (Bonferroni)
    ... and ``shared=True``             with probability 0.95 the micro average keeps it
    ``confidence="expectation"``        the mean recall over samples is at least the minimum: of
                                        each label, or with `shared` the micro average
    ==================================  ==========================================================

    With "precision_at_coverage" the minimum is that of the coverage, the share of documents that
    are given all their labels; documents without labels do not count. The labels given are then a
    conformal set [9]_, as small as one threshold for all labels allows. `at_least_one` may add one.

    A label that is never given keeps any precision, and one always given any recall or coverage.

    Recall and coverage fall as the threshold rises, so that the bound of Clopper and Pearson [6]_,
    and that of conformal risk control [9]_ for the expectation, holds for all lower thresholds too;
    the one with the best precision is taken, for coverage the highest. For precision, thresholds
    are tested from the highest down [7]_ at ranks that do not depend on the labels, by a procedure
    for several hypotheses [8]_; the lowest that passes is taken. The tests of micro averages count
    documents, as the labels of one are not independent, by bets [10]_; they need more documents the
    more labels there are.

    References
    ----------
    .. [1] Z. C. Lipton, C. Elkan, B. Naryanaswamy, "Optimal thresholding of classifiers to
       maximize F1 measure", ECML PKDD 2014.
    .. [2] W. Dinkelbach, "On nonlinear fractional programming", Management Science 13(7), 1967.
    .. [3] C. J. van Rijsbergen, "Information Retrieval", 2nd ed., Butterworths, 1979.
    .. [4] W. J. Youden, "Index for rating diagnostic tests", Cancer 3(1), 1950.
    .. [5] C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.
    .. [6] C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in
       the case of the binomial", Biometrika 26(4), 1934.
    .. [7] A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei, "Learn then test:
       calibrating predictive algorithms to achieve risk control", 2021.
    .. [8] B. L. Wiens, "A fixed sequence Bonferroni procedure for testing multiple endpoints",
       Pharmaceutical Statistics 2(3), 2003.
    .. [9] A. N. Angelopoulos, S. Bates, A. Fisch, L. Lei, T. Schuster, "Conformal risk control",
       2022.
    .. [10] I. Waudby-Smith, A. Ramdas, "Estimating means of bounded random variables by betting",
       Journal of the Royal Statistical Society B 86(1), 2024.

    Examples
    --------
    >>> from skmultitext.thresholds import apply_thresholds, search_thresholds
    >>> y_true = [[1, 0], [1, 1], [0, 0], [0, 1]]
    >>> y_proba = [[0.6, 0.1], [0.3, 0.3], [0.2, 0.2], [0.1, 0.1]]
    >>> thresholds, score = search_thresholds(y_true, y_proba, "f1_macro", shrinkage=0)
    >>> thresholds, score
    (array([0.25, 0.25]), 0.833...)
    >>> apply_thresholds(y_proba, thresholds)
    array([[1, 0],
           [1, 1],
           [0, 0],
           [0, 0]])
    """
    # decisions with max_labels also depend on the probabilities of unknown labels
    scored = read_probabilities(y_true, y_proba, sample_weight, label_names, keep_values=True)
    _refuse_unknown_labels(scored.names, label_names)
    check_decision_rules(max_labels, at_least_one)
    check_number("shrinkage", shrinkage, "[0, inf)")
    made = make_objective(
        objective,
        scored.names,
        shared=shared,
        beta=beta,
        min_recall=min_recall,
        min_precision=min_precision,
        min_coverage=min_coverage,
        confidence=confidence,
        simultaneous=None if simultaneous is False else simultaneous,
        cost_fp=cost_fp,
        cost_fn=cost_fn,
    )
    data = scored.indicator(), scored.values
    _refuse_one_class(label_sides(made, data[0]), scored.names)
    rules = {"max_labels": max_labels, "at_least_one": at_least_one}
    names = np.array(scored.names, dtype=object)
    search = ExactSearch(made, rules, float(shrinkage), probabilities=True, label_names=names)
    thresholds = search.thresholds(*data, scored.weight)
    return thresholds, search.score(*data, thresholds, scored.weight)


def apply_thresholds(
    y_proba: npt.ArrayLike,
    threshold: Threshold,
    *,
    max_labels: int | None = None,
    at_least_one: bool = False,
    label_names: LabelNames | None = None,
) -> IntArray:
    """Decide which labels each document gets: those whose probability exceeds the threshold.

    Parameters
    ----------
    y_proba : array-like of shape (n_samples, n_labels)
        Probabilities in [0, 1].
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}
        Threshold of all labels, or of each, in [0, 1]; a dict is by label name, and labels that
        it does not name keep 0.5.
    max_labels : int or None, default=None
        Maximum number of labels of a document, at least 1: of the labels above their thresholds,
        those of the highest probability. None for no limit.
    at_least_one : bool, default=False
        Whether a document with no label above its threshold gets the most probable one.
    label_names : sequence of str of length n_labels, default=None
        The name of each column of `y_proba`, for a dict; None takes those of a DataFrame.

    Returns
    -------
    ndarray of shape (n_samples, n_labels), dtype int64
        Indicator of the labels. Among equally probable labels the lower column wins.

    Raises
    ------
    ValueError
        If a probability or a threshold is outside [0, 1] or NaN, if the shapes do not fit, a
        dict names an unknown label or there are no names for it, or max_labels is below 1.

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
    outside = ~((proba >= 0) & (proba <= 1))  # NaN is outside too
    if outside.any():
        i, j = np.unravel_index(np.argmax(outside), outside.shape)
        raise ValueError(f"y_proba[{i}, {j}] is {proba[i, j]}; it must lie in [0, 1].")
    names = _names_of_columns(threshold, y_proba, proba.shape[1], label_names)
    thresholds = resolve_thresholds(threshold, LabelSpace.of(names))
    check_decision_rules(max_labels, at_least_one)
    given = decide(proba, thresholds, max_labels=max_labels, at_least_one=at_least_one)
    return given.astype(np.int64)


def _names_of_columns(
    threshold: Any, y_proba: Any, n_labels: int, label_names: LabelNames | None
) -> list[str]:
    """Find the name of each column, for a dict of thresholds and for messages."""
    by_name = isinstance(threshold, Mapping)
    names = column_names(y_proba) if label_names is None and by_name else label_names
    if names is None and by_name:
        raise LabelError(
            "threshold is a dict by label name, but y_proba has no names. Pass label_names, for "
            "instance the tagger's label_names_, or a DataFrame."
        )
    if names is None:
        return position_names(n_labels)
    names = checked_names(names)
    if len(names) != n_labels:
        raise LabelError(
            f"label_names has {len(names)} names, but y_proba has {n_labels} columns. Pass one "
            f"name per column."
        )
    return names


def _refuse_unknown_labels(names: list[str], label_names: LabelNames | None) -> None:
    if label_names is not None and len(names) > len(label_names):
        raise LabelError(
            f"y_true holds the unknown labels {listing(names[len(label_names) :])}, for which "
            f"y_proba has no column. Known are {listing(label_names)}; remove the others."
        )


def _refuse_one_class(sides: Sides, names: list[str]) -> None:
    for counts, what in ((sides.positives, "positive"), (sides.negatives, "negative")):
        missing = [name for name, count in zip(names, counts, strict=True) if count == 0]
        if missing:
            raise LabelError(
                f"The labels {listing(missing)} have no {what} in y_true, so that no threshold "
                f"can be searched for them. Leave these columns out, or use "
                f"TunedThresholdTaggerCV(cv='prefit'), which has a fallback for them."
            )
