"""Several taggers side by side, with paired tests of their differences."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .._labels import listing
from .._optional import require
from ._averages import ABSENT, average_labels, check_choice, check_zero_division
from ._bootstrap import check_bootstrap, draw_resamples, percentile_interval
from ._paired_tests import PairedTest, bootstrap_tests, mcnemar_tests
from ._predictions import read_predictions
from ._score_board import ScoreBoard, find_scorers, takes_decisions
from ._tables import html_table, show, show_interval, show_name, text_table

_SCORING = ("f1_micro", "f1_macro", "exact_match", "neg_hamming_loss")


@dataclass(frozen=True, eq=False, repr=False)
class TaggerComparison:
    """Scores of several taggers side by side; print it, or take the numbers.

    Made by `compare_taggers`. In a notebook it shows as two tables.

    Attributes
    ----------
    taggers : list of str of length n_taggers
        Names of the taggers.
    scoring : list of str of length n_scores
        Names of the scores; the greater, the better.
    scores : ndarray of shape (n_taggers, n_scores), dtype float64
        The scores.
    intervals : ndarray of shape (n_taggers, n_scores, 2), dtype float64, or None
        Bootstrap interval of each; None with ``n_bootstrap=0``.
    tests : list of PairedTest
        One per pair of taggers and score, and McNemar's test of exact match per pair. Its fields:
        `test` ("bootstrap" or "mcnemar"), `score`, `first`, `second`, `difference` (first minus
        second), `low`, `high`, `p_value`, `p_holm`.
    n_samples, n_labels : int
        Documents of weight above 0, and labels.
    confidence_level : float
        Level of the intervals, in (0, 1).

    Examples
    --------
    >>> from skmultitext.metrics import compare_taggers
    >>> y_true = [[1, 0], [0, 1], [1, 1], [0, 1]]
    >>> comparison = compare_taggers(
    ...     {"all": [[1, 1]] * 4, "none": [[0, 0]] * 4}, y_true,
    ...     scoring=["exact_match"], n_bootstrap=100, random_state=0)
    >>> comparison.scores
    array([[0.25],
           [0.  ]])
    >>> comparison.tests[0].difference
    0.25
    """

    taggers: list
    scoring: list
    scores: np.ndarray
    intervals: object
    tests: list
    n_samples: int
    n_labels: int
    confidence_level: float

    def as_frame(self):
        """Return the scores side by side.

        Returns
        -------
        pandas.DataFrame of shape (n_taggers, n_scores), or (n_taggers, 3 * n_scores)
            One row per tagger; beside each score "<score>_low" and "<score>_high" where there
            are intervals.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        pandas = require("pandas", "TaggerComparison.as_frame()")
        columns = {}
        for s, name in enumerate(self.scoring):
            columns[name] = self.scores[:, s]
            if self.intervals is not None:
                columns[f"{name}_low"], columns[f"{name}_high"] = self.intervals[:, s].T
        return pandas.DataFrame(columns, index=pandas.Index(self.taggers, name="tagger"))

    def tests_frame(self):
        """Return the tests.

        Returns
        -------
        pandas.DataFrame of shape (n_tests, 9)
            One row per test, one column per field of `PairedTest`.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        pandas = require("pandas", "TaggerComparison.tests_frame()")
        return pandas.DataFrame(self.tests, columns=PairedTest._fields)

    def __repr__(self):
        return f"<TaggerComparison: {listing(self.taggers)} on {self.n_samples} documents>"

    def __str__(self):
        lines = [f"{self.n_samples:,} documents, {self.n_labels:,} labels", ""]
        lines += text_table(*self._score_cells())
        if self.tests:
            lines += ["", *text_table(*self._test_cells(), n_left=3)]
        return "\n".join(lines)

    def _repr_html_(self):
        tests = html_table(*self._test_cells(), n_left=3) if self.tests else ""
        return f"{html_table(*self._score_cells())}<br>{tests}"

    def _score_cells(self):
        """Head and rows of the table of scores, the intervals of each tagger below it."""
        rows = []
        for t, tagger in enumerate(self.taggers):
            rows.append([show_name(tagger), *map(show, self.scores[t])])
            if self.intervals is not None:
                rows.append(["", *map(show_interval, self.intervals[t])])
        return ["tagger", *self.scoring], [rows]

    def _test_cells(self):
        """Head and rows of the table of tests, one group per score and test."""
        head = ["score", "first", "second", "first - second"]
        head += [f"{100 * self.confidence_level:g} % interval", "p", "p (Holm)"]
        groups = {}
        for test in self.tests:
            kind = f"{test.score}{' (McNemar)' * (test.test == 'mcnemar')}"
            row = [kind, show_name(test.first), show_name(test.second), f"{test.difference:+.3f}"]
            row += [show_interval((test.low, test.high))]
            row += [_show_p(test.p_value), _show_p(test.p_holm)]
            groups.setdefault(kind, []).append(row)
        if len(groups) == len(self.tests):  # one pair of taggers: no need of empty lines
            return head, [[row for group in groups.values() for row in group]]
        return head, list(groups.values())


def compare_taggers(
    taggers,
    y_true,
    *,
    thresholds=0.5,
    scoring=_SCORING,
    reference=None,
    label_names=None,
    sample_weight=None,
    absent="skip",
    zero_division=0.0,
    n_bootstrap=1000,
    confidence_level=0.95,
    random_state=None,
):
    r"""Score several taggers on the same documents, and test whether they differ.

    Parameters
    ----------
    taggers : dict of {str: array-like of shape (n_samples, n_labels)}
        By name of the tagger what it said: probabilities (dtype float, or the list of arrays
        that a forest or DummyClassifier returns) or decisions (another dtype, sparse, or label
        sets). In such a list an array of one column, as of a label that had one class in
        training, is read as "no", with a RareLabelWarning.
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes.
    thresholds : float, array-like of shape (n_labels,) or dict by tagger, default=0.5
        A label is given where its probability exceeds this, in [0, 1]. A dict holds a threshold
        per tagger: a float, an array, or in turn a dict by label name; taggers that it does not
        name have 0.5.
    scoring : str or sequence of str
        Names of scores, see `SCORERS`; by default micro- and macro-F1, exact match and Hamming
        loss. Precision, recall, F1, Jaccard, exact match and Hamming loss are resampled all at
        once; any other score is computed on every resample, which takes `n_bootstrap` times as
        long as the score itself.
    reference : str, default=None
        Compare this tagger with each other one; None compares all pairs.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. McNemar's test is left out
        with weights, which it does not know.
    absent : {"skip", "zero", "raise"}, default="skip"
        What to do with a label without a positive, in scores that have this parameter.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, in scores that have this parameter.
    n_bootstrap : int, default=1000
        Resamples, at least 2; 0 for no interval and no bootstrap test.
    confidence_level : float, default=0.95
        Level of the intervals, in (0, 1).
    random_state : int, RandomState instance or None, default=None
        Draws the resamples, the same for all taggers; an int gives the same result twice.

    Returns
    -------
    TaggerComparison
        Print it, or take ``as_frame()``, ``tests_frame()`` or its attributes.

    Raises
    ------
    ValueError
        If `taggers` is empty, a name is unknown, shapes differ, or a score needs probabilities
        and a tagger gave decisions; the message names the tagger.

    Notes
    -----
    **Bootstrap test.** Both taggers are scored on the same B resamples of the documents. With
    :math:`d_b` the difference on resample b, the interval lies between quantiles of
    :math:`d_1 \ldots d_B`, and

    .. math:: p = \min\left(1, \; 2 \, \frac{1 + \min(\#\{d_b \le 0\}, \#\{d_b \ge 0\})}{B + 1}
              \right)

    so that p falls below :math:`\alpha` about where the interval of level :math:`1 - \alpha`
    leaves out 0 [1]_; adding one keeps p above 0 [2]_. It is no smaller than 2 / (B + 1).

    **McNemar's test** of exact match is the exact one: of the documents that only one of the two
    taggers has all right, n_1 and n_2 for each, the number of one is binomial with probability
    1/2 if both are equally good, and :math:`p = \min(1, 2 P(X \le \min(n_1, n_2)))` [3]_.

    **Holm's correction** goes over the pairs of taggers, separately for each score and test: it
    bounds the chance of any false finding within a score [4]_.

    Both tests take the trained taggers as given: they speak of other test documents, not of
    other training runs.

    References
    ----------
    .. [1] B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, sections 13.3
       and 15.4.
    .. [2] A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application", 1997,
       section 4.2.3.
    .. [3] Q. McNemar, "Note on the sampling error of the difference between correlated
       proportions or percentages", Psychometrika 12, 1947, pp. 153-157.
    .. [4] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
       Journal of Statistics 6, 1979, pp. 65-70.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.datasets import load_support_tickets
    >>> from skmultitext.metrics import compare_taggers
    >>> tickets = load_support_tickets()
    >>> X, y = tickets.data[:200], tickets.target[:200]
    >>> X_test, y_test = tickets.data[200:300], tickets.target[200:300]
    >>> dummy = DummyClassifier(strategy="prior").fit(X, y)
    >>> baseline = TfidfLogRegTagger(random_state=0).fit(X, y)
    >>> comparison = compare_taggers(
    ...     {"dummy": dummy.predict_proba(X_test), "baseline": baseline.predict_proba(X_test)},
    ...     y_test, thresholds={"baseline": 0.3}, random_state=0)
    >>> test = comparison.tests[0]
    >>> test.score, test.difference < 0, test.p_value < 0.01
    ('f1_micro', True, True)
    """
    check_choice("absent", absent, ABSENT)
    check_zero_division(zero_division)
    check_bootstrap(n_bootstrap, confidence_level)
    if not isinstance(taggers, Mapping) or not taggers:
        raise ValueError(
            f"taggers is {'empty' if isinstance(taggers, Mapping) else type(taggers).__name__}; "
            f"pass a dict with one entry per tagger: name -> its probabilities or decisions."
        )
    names = [str(name) for name in taggers]
    pairs = _pairs(names, reference)
    scorers = find_scorers(scoring, {"absent": absent, "zero_division": zero_division})
    predictions = _read_all(taggers, y_true, thresholds, sample_weight, label_names)
    _check_probabilities(names, predictions, scorers)
    first = predictions[0].decided
    _speak_of_absent(first, absent)

    weight = np.ones(len(predictions[0].rows)) if first.weight is None else first.weight
    boards = [ScoreBoard(read, scorers, absent, zero_division) for read in predictions]
    scores = np.array([board.scores(weight[:, None])[:, 0] for board in boards])
    intervals = None
    if n_bootstrap:
        blocks = [
            np.array([board.scores(draws, resampled=True) for board in boards])
            for draws in draw_resamples(len(weight), n_bootstrap, random_state, first.weight)
        ]
        resampled = np.concatenate(blocks, axis=-1)
        intervals = percentile_interval(resampled, confidence_level)
    tests = []
    if n_bootstrap:
        for s, score in enumerate(scorers):
            tests += bootstrap_tests(
                names, pairs, score, scores[:, s], resampled[:, s], confidence_level
            )
    if first.weight is None:
        tests += mcnemar_tests(names, pairs, [read.decided for read in predictions])
    return TaggerComparison(
        taggers=names,
        scoring=list(scorers),
        scores=scores,
        intervals=intervals,
        tests=tests,
        n_samples=len(weight),
        n_labels=len(first.names),
        confidence_level=float(confidence_level),
    )


def _pairs(names, reference):
    """Positions of the taggers to compare."""
    if len(set(names)) < len(names):
        raise ValueError(f"taggers names one twice, as str: {listing(names)}.")
    if reference is None:
        return list(combinations(range(len(names)), 2))
    if reference not in names:
        raise ValueError(
            f"reference is {reference!r}, which is none of the taggers: {listing(names)}."
        )
    place = names.index(reference)
    return [(place, other) for other in range(len(names)) if other != place]


def _read_all(taggers, y_true, thresholds, sample_weight, label_names):
    """Read each tagger's output, naming the tagger where that fails."""
    by_tagger = {}
    if isinstance(thresholds, Mapping):
        by_tagger, thresholds = {str(k): v for k, v in thresholds.items()}, 0.5
        unknown = set(by_tagger).difference(map(str, taggers))
        if unknown:
            raise ValueError(
                f"thresholds names {listing(sorted(unknown))}, but the taggers are "
                f"{listing(taggers)}. Pass a dict by tagger; thresholds by label stand in a dict "
                f"inside it."
            )
    predictions = []
    for name, output in taggers.items():
        threshold = by_tagger.get(str(name), thresholds)
        try:
            predictions.append(
                read_predictions(
                    y_true, output, threshold, sample_weight, label_names, stacklevel=4
                )
            )
        except ValueError as error:
            raise type(error)(f"taggers[{name!r}]: {error}") from error
    return predictions


def _check_probabilities(names, predictions, scorers):
    for score, scorer in scorers.items():
        for name, read in zip(names, predictions, strict=True):
            if read.proba is None and not takes_decisions(scorer):
                raise ValueError(
                    f"taggers[{name!r}] holds decisions, but {score} needs probabilities. Pass the "
                    f"output of predict_proba, of dtype float, or leave out {score}."
                )


def _speak_of_absent(decided, absent):
    """Warn or raise once for labels without a positive."""
    support = decided.column_support()
    average_labels(
        np.zeros(len(support)),
        defined=support > 0,
        support=support,
        average="macro",
        absent=absent,
        names=decided.names,
    )


def _show_p(value):
    return "<0.001" if value < 0.001 else f"{value:.3f}"
