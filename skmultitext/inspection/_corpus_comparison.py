"""Two corpora beside each other: label shares, unknown words, and scores without labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri
from sklearn.utils import check_random_state

from .._gate.documents import as_documents, holds_texts
from .._gate.samples import n_rows
from .._gate.types import BoolArray, Documents, Features, FloatArray, Labels, RandomState
from .._meta.known_labels import encode_for
from ..exceptions import LabelError
from ..metrics._bootstrap import check_bootstrap
from ..metrics._inputs import dense_column
from ..metrics._paired_tests import holm
from ..metrics._tables import show, show_interval, show_name, text_table
from ._estimated_scores import Bins, count_bins, estimate_scores, log_match, score_counts
from ._tagger import Predictions, fitted_state
from ._unknown_words import UnknownWords, compare_words

__all__ = ["CorpusComparison", "compare_corpora"]

_N_DRAWS = 1000
_MOST_LABELS = 5_000  # with more the estimates take minutes
_N_WORDS = 20
_AVERAGES = ("f1_micro", "f1_macro", "exact_match")


@dataclass(frozen=True, eq=False, repr=False)
class CorpusComparison:
    """What has changed from one corpus to another; it prints as tables.

    Made by `compare_corpora`.

    Attributes
    ----------
    label_names : list of str of length n_labels
        Names of the labels.
    n_documents : tuple of (int, int)
        Number of documents before and now.
    shares : dict of {str: ndarray of shape (n_labels,)}
        The share of the documents to which the tagger gives each label: "before" and "now", the
        "difference", now minus before, and the ends "low" and "high" of its interval, in [-1, 1];
        "p_value" of no difference, and "p_holm", which is corrected for the number of labels.
    unknown_words : dict of {str: float} or None
        The share of the words that are unknown: "before", "now", "difference", "low", "high" and
        "p_value". None if X are features.
    new_words : list of tuple (str, int)
        The unknown words that are in most documents of `now`, at most 20, and in how many.
    unknown_to : {"vocabulary", "before"} or None
        Whether words are unknown to the vocabulary of the tagger, or not in other texts of
        `before`, for taggers without a vocabulary of words.
    scores : dict of {str: dict of {str: float}}
        "f1_micro", "f1_macro" and "exact_match": the score "before", and "now" an estimate between
        "low" and "high".
    label_scores : dict of {str: ndarray of shape (n_labels,)}
        F1 of each label: "before", "now", "low" and "high".

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.inspection import compare_corpora
    >>> texts = ["refund my lamp", "my parcel is late", "late lamp, refund please", "a lamp"]
    >>> labels = [["refund"], ["delivery"], ["delivery", "refund"], []]
    >>> tagger = TfidfLogRegTagger(C=100).fit(texts, labels)
    >>> found = compare_corpora(tagger, ["late parcel", "refund"], ["late refund", "late lamps"])
    >>> found.shares["now"] - found.shares["before"]
    array([0.5, 0. ])
    >>> found.new_words
    [('lamps', 1)]
    """

    label_names: list[str]
    n_documents: tuple[int, int]
    shares: dict[str, FloatArray]
    unknown_words: dict[str, float] | None
    new_words: list[tuple[str, int]]
    unknown_to: str | None
    scores: dict[str, dict[str, float]]
    label_scores: dict[str, FloatArray]

    def __repr__(self) -> str:
        n_changed = int((self.shares["p_holm"] < 0.05).sum())
        f1 = self.scores["f1_micro"]
        return (
            f"<CorpusComparison of {self.n_documents[0]} and {self.n_documents[1]} documents: "
            f"{n_changed} of {len(self.label_names)} label shares changed, micro F1 "
            f"{f1['before']:.3f} before, {f1['low']:.3f} to {f1['high']:.3f} now; print it>"
        )

    def __str__(self) -> str:
        """Write the scores, the unknown words, and a line for each label."""
        lines = text_table(
            ["score", "before", "now", "interval"],
            [[_score_cells(name.replace("_", " "), row) for name, row in self.scores.items()]],
        )
        if self.unknown_words is not None:
            words = self.unknown_words
            lines += [
                "",
                f"unknown words: {100 * words['before']:.1f} % before, {100 * words['now']:.1f} % "
                f"now (p = {words['p_value']:.2g})",
            ]
            if self.new_words:
                lines.append(f"such as {', '.join(word for word, _ in self.new_words[:8])}")
        shares, f1 = self.shares, self.label_scores
        rows = [
            [
                show_name(self.label_names[j]),
                *(f"{100 * shares[side][j]:.1f}" for side in ("before", "now")),
                f"{100 * shares['difference'][j]:+.1f}",
                f"{shares['p_holm'][j]:.2g}",
                *_score_cells("", {side: f1[side][j] for side in f1})[1:],
            ]
            for j in np.argsort(shares["p_holm"], kind="stable").tolist()
        ]
        head = ["label", "% before", "% now", "change", "p (Holm)", "F1 before", "now", "interval"]
        return "\n".join([*lines, "", *text_table(head, [rows])])


def compare_corpora(
    tagger: Any,
    before: Documents | Features,
    now: Documents | Features,
    *,
    y_before: Labels | None = None,
    confidence_level: float = 0.95,
    random_state: RandomState = None,
) -> CorpusComparison:
    """Compare documents of today with earlier ones: label shares, words, and F1 without labels.

    Parameters
    ----------
    tagger : estimator
        A fitted multi-label classifier with `predict_proba`, of texts or features.
    before : sequence of str, or array-like or sparse matrix of shape (n_before, n_features)
        Documents of the kind that the tagger was made for, to which it was not fitted: those for
        validation or a test. Of documents that it was fitted to, it gives the labels too well and
        knows all words.
    now : sequence of str, or array-like or sparse matrix of shape (n_now, n_features)
        The documents of today.
    y_before : array-like, sparse matrix, DataFrame or sequence of label sets, default=None
        Labels of `before`, in any form that a tagger takes; NaN in an indicator is unknown.
        Without them, scores are estimated from the probabilities as they are, and are worth what
        these are worth.
    confidence_level : float, default=0.95
        Of all intervals, in (0, 1). They hold for each number alone.
    random_state : int, RandomState instance or None, default=None
        Draws the intervals of the scores.

    Returns
    -------
    CorpusComparison
        The tables.

    Raises
    ------
    ValueError
        If an argument is not legal, or the tagger has no probabilities or more than 5,000 labels.
    LabelError
        If `y_before` does not fit `before` or the labels of the tagger.
    NotFittedError
        If the tagger is not fitted.

    Notes
    -----
    Differences of label shares have Newcombe's interval [1]_ and the p-value of Fisher's exact
    test, corrected by Holm's method. That of unknown words takes documents as drawn as a whole.

    Scores are those that the decisions of the tagger are expected to have [2]_. What `y_before`
    says of each label is carried over in two ways: the probability of the label, at the same score
    and decision, is the same as before (a logistic regression per label, with the line of all
    labels together as prior mean); or the rates at which the label is found, and given by mistake,
    are the same as before, and the share of the label has changed [3]_. The first holds if other
    documents come, the second if other labels do. Each is drawn 1,000 times, with the uncertainty
    of `before` and chance in `now`. The estimate is the mean of both medians, and the interval
    spans both intervals. The macro average is over labels that occur.

    With GoEmotions and a linear tagger with tuned thresholds, 95 to 100 % of the 95 % intervals
    held the true averages of random halves, of long, of short and of uncertain documents, and 92 to
    98 % those of labels. After strong changes of the label mix it was 80 % for micro F1, 90 % for
    macro F1 and 67 % for exact match (``benchmarks/bench_drift.py``).

    **When the estimate cannot be trusted**: if the meaning of a label changed, or texts of a new
    kind get high scores, for no data without labels show that; if many labels are rarer than ten
    documents of `before`; and without `y_before`, unless the probabilities are calibrated, which
    `CalibratedTaggerCV` does. Exact match then takes labels as independent.

    References
    ----------
    .. [1] R. G. Newcombe, "Interval estimation for the difference between independent
       proportions: comparison of eleven methods", Statistics in Medicine 17, 1998.
    .. [2] D. D. Lewis, "Evaluating and optimizing autonomous text classification systems",
       SIGIR 1995.
    .. [3] Z. C. Lipton, Y.-X. Wang, A. Smola, "Detecting and correcting for label shift with black
       box predictors", ICML 2018.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.datasets import load_support_tickets
    >>> from skmultitext.inspection import compare_corpora
    >>> tickets = load_support_tickets()
    >>> texts, labels = tickets.data, tickets.label_sets
    >>> tagger = TfidfLogRegTagger(C=10).fit(texts[:300], labels[:300])
    >>> found = compare_corpora(
    ...     tagger, texts[300:450], texts[450:], y_before=labels[300:450], random_state=0
    ... )
    >>> found.unknown_to, sorted(found.scores["f1_micro"])
    ('vocabulary', ['before', 'high', 'low', 'now'])
    """
    check_bootstrap(_N_DRAWS, confidence_level)
    random = check_random_state(random_state)
    tagger = fitted_state(tagger)
    corpora = [as_documents(before, "before"), as_documents(now, "now")]
    first = Predictions.of(tagger, corpora[0], "compare_corpora")
    if len(first.names) > _MOST_LABELS:
        raise ValueError(
            f"compare_corpora estimates the scores of each label by itself, for at most "
            f"{_MOST_LABELS} labels, but the tagger has {len(first.names)}. Pass a tagger fitted "
            f"to the labels of interest."
        )
    second = Predictions.of(tagger, corpora[1], "compare_corpora")
    truth, known = _truth(y_before, first, tagger)
    everywhere = np.ones(second.proba.shape, dtype=bool)
    past = _bins(first, truth, known)
    estimates = estimate_scores(
        past,
        _bins(second, second.proba, everywhere),
        (_match_bins(first, truth, known), _match_bins(second, second.proba, everywhere)),
        confidence_level,
        _N_DRAWS,
        random,
    )
    scores_before = _scores_before(past, first, truth, known)
    words: UnknownWords | None = None
    if all(map(holds_texts, corpora)):
        words = compare_words(tagger, corpora[0], corpora[1], confidence_level, _N_WORDS)
    tables: dict[str, dict[str, Any]] = {
        name: {
            "before": scores_before[name],
            "now": estimate.value,
            "low": estimate.interval[..., 0],
            "high": estimate.interval[..., 1],
        }
        for name, estimate in estimates.items()
    }
    return CorpusComparison(
        label_names=first.names,
        n_documents=(len(first.proba), len(second.proba)),
        shares=_shares(first.decisions, second.decisions, confidence_level),
        unknown_words=None
        if words is None
        else {name: getattr(words, name) for name in words._fields[:6]},
        new_words=[] if words is None else words.words,
        unknown_to=None if words is None else words.of,
        scores={k: {s: float(v) for s, v in tables[k].items()} for k in _AVERAGES},
        label_scores=tables["f1"],
    )


def _truth(y: Any, found: Predictions, tagger: Any) -> tuple[Any, BoolArray]:
    """Return what is known of the labels, or without y the probabilities; and which entries are."""
    if y is None:
        return found.proba, np.ones(found.proba.shape, dtype=bool)
    if n_rows(y) != len(found.proba):
        raise LabelError(
            f"y_before has {n_rows(y)} rows, but before has {len(found.proba)} documents; pass the "
            f"labels of each document."
        )
    try:
        _, indicator = encode_for(tagger, y)
    except LabelError as error:
        raise LabelError(f"y_before: {error}") from error
    columns = [dense_column(indicator, j) for j in range(indicator.shape[1])]
    truth = np.stack(columns, axis=1).astype(np.float64)
    known = truth >= 0
    return np.where(known, truth, 0.0), known


def _bins(found: Predictions, truth: FloatArray, known: BoolArray) -> list[Bins]:
    columns = zip(found.proba.T, found.decisions.T, truth.T, known.T, strict=True)
    return [count_bins(p[some], given[some], t[some]) for p, given, t, some in columns]


def _matches(found: Predictions, truth: FloatArray, known: BoolArray) -> tuple[Any, Any]:
    """Return scores of an exact match, and the matches, of documents with all labels known."""
    rows = known.all(axis=1)
    proba, given = found.proba[rows], found.decisions[rows]
    score = log_match(proba, given)
    if truth is found.proba:
        return score, score
    return score, (truth[rows] == given).all(axis=1).astype(np.float64)


def _match_bins(found: Predictions, truth: FloatArray, known: BoolArray) -> Bins:
    score, right = _matches(found, truth, known)
    return count_bins(score, np.zeros(len(score), dtype=bool), right)


def _scores_before(
    bins: list[Bins], found: Predictions, truth: FloatArray, known: BoolArray
) -> dict[str, Any]:
    """Score the earlier decisions, or without labels the expected number of hits."""
    hits = np.array([part.positive[1].sum() for part in bins])
    positive = np.array([part.positive.sum() for part in bins])
    scores = score_counts(hits, positive, np.array([part.count[1].sum() for part in bins]))
    right = _matches(found, truth, known)[1]
    return {**scores, "exact_match": right.mean() if len(right) else np.nan}


def _shares(first: BoolArray, second: BoolArray, confidence_level: float) -> dict[str, FloatArray]:
    """Compare the shares of documents to which each label is given."""
    from scipy.stats import fisher_exact

    given = np.stack([first.sum(axis=0), second.sum(axis=0)]).astype(np.float64)
    n = np.array([[len(first)], [len(second)]], dtype=np.float64)
    share = given / n
    z = float(ndtri((1 + confidence_level) / 2))
    # Wilson's intervals of both shares
    centre = (given + z**2 / 2) / (n + z**2)
    margin = z / (n + z**2) * np.sqrt(given * (n - given) / n + z**2 / 4)
    difference = share[1] - share[0]
    below = np.hypot(share[1] - (centre - margin)[1], (centre + margin)[0] - share[0])
    above = np.hypot((centre + margin)[1] - share[1], share[0] - (centre - margin)[0])
    tables = np.stack([given, n - given]).transpose(2, 0, 1).astype(np.int64)
    p_values = [float(fisher_exact(table)[1]) for table in tables]
    return {
        "before": share[0],
        "now": share[1],
        "difference": difference,
        "low": difference - below,
        "high": difference + above,
        "p_value": np.array(p_values),
        "p_holm": np.array(holm(p_values)),
    }


def _score_cells(name: str, row: dict[str, Any]) -> list[str]:
    return [name, show(row["before"]), show(row["now"]), show_interval((row["low"], row["high"]))]
