"""Several taggers side by side, with paired tests of their differences."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from .._gate.containers import plain_rows
from .._gate.parameters import check_choice
from .._gate.types import FloatArray, LabelNames, Labels, RandomState, Threshold, Weights
from .._runtime.messages import listing, shown
from .._runtime.optional import require
from .._runtime.threads import ignored_warnings
from ..exceptions import AbsentLabelWarning, UnknownLabelWarning
from ._averages import UNDEFINED, check_zero_division, labels_in_macro
from ._bootstrap import (
    FROM_COUNTS,
    FROM_DOCUMENTS,
    DecisionTally,
    check_bootstrap,
    draw_resamples,
    percentile_interval,
)
from ._inputs import names_of_sets
from ._paired_tests import PairedTest, bootstrap_tests, mcnemar_tests
from ._predictions import Predictions, names_of_frames, read_predictions
from ._scorers import LabelScorer, find_scorers, takes_decisions
from ._tables import html_table, show, show_interval, show_name, show_size, text_table

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
        Names of the scores; greater is better.
    scores : ndarray of shape (n_taggers, n_scores), dtype float64
        The scores.
    intervals : ndarray of shape (n_taggers, n_scores, 2), dtype float64, or None
        Bootstrap interval of each; None with ``n_bootstrap=0``.
    tests : list of PairedTest
        One per pair of taggers and score, and McNemar's test of exact match per pair. Its fields:
        `test` ("bootstrap" or "mcnemar"), `score`, `first`, `second`, `difference` (first minus
        second), `low`, `high`, `p_value`, `p_holm`.
    n_samples, n_labels : int
        Documents of weight above 0 that have a known label, and labels.
    known_share : float
        Share of the pairs of document and label that are known, in (0, 1].
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

    taggers: list[str]
    scoring: list[str]
    scores: FloatArray
    intervals: FloatArray | None
    tests: list[PairedTest]
    n_samples: int
    n_labels: int
    known_share: float
    confidence_level: float

    def to_frame(self) -> Any:
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
        pandas = require("pandas", "TaggerComparison.to_frame()")
        columns = {}
        for s, name in enumerate(self.scoring):
            columns[name] = self.scores[:, s]
            if self.intervals is not None:
                columns[f"{name}_low"], columns[f"{name}_high"] = self.intervals[:, s].T
        return pandas.DataFrame(columns, index=pandas.Index(self.taggers, name="tagger"))

    def tests_frame(self) -> Any:
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

    def __repr__(self) -> str:
        return (
            f"<TaggerComparison: {listing(self.taggers)} by {listing(self.scoring)} on "
            f"{self.n_samples:,} documents, {self.n_labels} labels>"
        )

    def __str__(self) -> str:
        lines = [show_size(self.n_samples, self.n_labels, self.known_share), ""]
        lines += text_table(*self._score_cells())
        if self.tests:
            lines += ["", *text_table(*self._test_cells(), n_left=3)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        tests = html_table(*self._test_cells(), n_left=3) if self.tests else ""
        return f"{html_table(*self._score_cells())}<br>{tests}"

    def _score_cells(self) -> tuple[list[str], list[list[list[str]]]]:
        """Head and rows of the table of scores, with each tagger's intervals below its scores."""
        rows = []
        for t, tagger in enumerate(self.taggers):
            rows.append([show_name(tagger), *map(show, self.scores[t])])
            if self.intervals is not None:
                rows.append(["", *map(show_interval, self.intervals[t])])
        return ["tagger", *self.scoring], [rows]

    def _test_cells(self) -> tuple[list[str], list[list[list[str]]]]:
        """Head and rows of the table of tests, one group per score and test."""
        head = ["score", "first", "second", "first - second"]
        head += [f"{100 * self.confidence_level:g} % interval", "p", "p (Holm)"]
        groups: dict[str, list[list[str]]] = {}
        for test in self.tests:
            kind = f"{test.score}{' (McNemar)' * (test.test == 'mcnemar')}"
            row = [kind, show_name(test.first), show_name(test.second), f"{test.difference:+.3f}"]
            row += [show_interval((test.low, test.high))]
            row += [_show_p(test.p_value), _show_p(test.p_holm)]
            groups.setdefault(kind, []).append(row)
        if len(groups) == len(self.tests):  # one pair of taggers: no empty lines between the tests
            return head, [[row for group in groups.values() for row in group]]
        return head, list(groups.values())


def compare_taggers(
    taggers: Mapping[str, Any],
    y_true: Labels,
    *,
    threshold: float | npt.ArrayLike | Mapping[str, Threshold] = 0.5,
    scoring: str | Sequence[str] = _SCORING,
    reference: str | None = None,
    label_names: LabelNames | None = None,
    sample_weight: Weights = None,
    undefined: str = "skip",
    zero_division: float = 0.0,
    n_bootstrap: int = 1000,
    confidence_level: float = 0.95,
    random_state: RandomState = None,
) -> TaggerComparison:
    r"""Score several taggers on the same documents, and test whether they differ.

    Parameters
    ----------
    taggers : dict of {str: array-like or sparse matrix of shape (n_samples, n_labels)}
        Output of each tagger by its name: probabilities (dtype float, or the list of arrays that
        a forest or DummyClassifier returns) or decisions (another dtype, a sparse matrix of 0 and
        1, or label sets). Probabilities that a sparse matrix does not store are 0.
        In such a list, an array with one column belongs to a label that had one class in training;
        the label is taken to be absent everywhere, with a RareLabelWarning.
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes.
        NaN in an indicator marks an unknown entry, which is ignored.
    threshold : float, array-like of shape (n_labels,) or dict by tagger, default=0.5
        A label is given where its probability exceeds the threshold, in [0, 1]. A dict has one
        entry per tagger: a float, an array, or a dict by label name; other taggers have 0.5.
    scoring : str or sequence of str
        Names of scores, see `SCORERS`; by default micro- and macro-F1, exact match and Hamming
        loss. The intervals of precision, recall, F1, Jaccard, exact match and Hamming loss are
        fast; any other score is computed again on every resample.
    reference : str, default=None
        Name of the tagger to compare with all others; None compares all pairs.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. McNemar's test
        has no weighted form and is left out with weights.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What to do with a label without a positive, in scores that have this parameter.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, in scores that have this parameter.
    n_bootstrap : int, default=1000
        Number of resamples, at least 2; 0 for no intervals and no bootstrap tests.
    confidence_level : float, default=0.95
        Level of the intervals, in (0, 1).
    random_state : int, RandomState instance or None, default=None
        Seed of the resamples, which all taggers share; an int gives the same result twice.

    Returns
    -------
    TaggerComparison
        Print it, or take ``to_frame()``, ``tests_frame()`` or its attributes.

    Raises
    ------
    ValueError
        If `taggers` is empty, a name is unknown, shapes differ, or a score needs probabilities
        and the output of a tagger is decisions; the message names the tagger.

    Notes
    -----
    **Bootstrap test.** Both taggers are scored on the same B resamples of the documents. With
    :math:`d_b` the difference on resample b, the interval lies between quantiles of
    :math:`d_1 \ldots d_B`, and

    .. math:: p = \min\left(1, \; 2 \, \frac{1 + \min(\#\{d_b \le 0\}, \#\{d_b \ge 0\})}{B + 1}
              \right)

    so that p is below :math:`\alpha` approximately if the interval of level :math:`1 - \alpha`
    excludes 0 [1]_; adding one keeps p above 0 [2]_. The smallest p is 2 / (B + 1).

    **McNemar's test** of exact match is the exact version. Let n_1 and n_2 be the numbers of
    documents that only the first, and only the second tagger labels correctly. If both taggers are
    equally good, n_1 is binomial with n_1 + n_2 trials and probability 1/2, and
    :math:`p = \min(1, 2 P(X \le \min(n_1, n_2)))` [3]_.

    **Holm's correction** is applied over the pairs of taggers, separately for each score and test:
    it bounds the probability of at least one false finding within a score [4]_.

    Both tests take the trained taggers as given: they account for the choice of the test documents,
    but not for the randomness of training.

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
    ...     y_test, threshold={"baseline": 0.3}, random_state=0)
    >>> test = comparison.tests[0]
    >>> test.score, test.difference < 0, test.p_value < 0.01
    ('f1_micro', True, True)
    """
    check_choice("undefined", undefined, UNDEFINED)
    check_zero_division(zero_division)
    check_bootstrap(n_bootstrap, confidence_level)
    if not isinstance(taggers, Mapping) or not taggers:
        raise ValueError(
            f"taggers is {'empty' if isinstance(taggers, Mapping) else type(taggers).__name__}; "
            f"pass a dict with one entry per tagger: name -> its probabilities or decisions."
        )
    names = [str(name) for name in taggers]
    pairs = _pairs(names, reference)
    scorers = find_scorers(scoring, {"undefined": undefined, "zero_division": zero_division})
    label_names = names_of_frames(y_true, taggers) if label_names is None else label_names
    predictions = _read_all(taggers, y_true, threshold, sample_weight, label_names)
    _check_probabilities(names, predictions, scorers)
    first = predictions[0].decided
    labels_in_macro(first.column_support(), undefined, first.names)  # warns once

    weight = np.ones(len(predictions[0].rows)) if first.weight is None else first.weight
    boards = [_ScoreBoard(read, scorers, undefined, zero_division) for read in predictions]
    scores = np.array([board.scores(weight[:, None])[:, 0] for board in boards])
    intervals = None
    if n_bootstrap:
        blocks = [
            np.array([board.scores(draws, resampled=True) for board in boards])
            for draws in draw_resamples(
                len(weight), n_bootstrap, random_state, first.weight, n_labels=len(first.names)
            )
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
        known_share=first.known_share(),
        confidence_level=float(confidence_level),
    )


class _ScoreBoard:
    """Scores of one tagger, on all documents or on resamples."""

    def __init__(
        self,
        predictions: Any,
        scorers: dict[str, LabelScorer],
        undefined: str,
        zero_division: float,
    ) -> None:
        self._predictions = predictions
        self._scorers = scorers
        self._tally = DecisionTally(predictions.decided, undefined, zero_division)

    def scores(self, draws: FloatArray, *, resampled: bool = False) -> FloatArray:
        """Score the documents with each column of draws as their weights, (n_scores, n_columns)."""
        plain = {name: name.removeprefix("neg_") for name in self._scorers}
        known = [name for name in plain.values() if name in FROM_COUNTS or name in FROM_DOCUMENTS]
        counted = self._tally.scores(known, draws)
        return np.array(
            [
                scorer._sign * counted[plain[name]]
                if plain[name] in counted
                else self._of_function(scorer, draws, resampled)
                for name, scorer in self._scorers.items()
            ]
        )

    def _of_function(self, scorer: LabelScorer, draws: FloatArray, resampled: bool) -> list[float]:
        decided = self._predictions.decided
        values = decided.values if takes_decisions(scorer) else self._predictions.proba
        labels, options = decided.labels(), dict(scorer._kwargs)
        if resampled and options.get("undefined") == "raise":
            # "raise" is about all documents; a single resample may lack a label
            options["undefined"] = "skip"
        with (
            ignored_warnings(category=AbsentLabelWarning),
            ignored_warnings(category=UnknownLabelWarning),
        ):
            return [
                scorer._sign
                * scorer._score_func(
                    labels,
                    values,
                    sample_weight=weight,
                    label_names=decided.names,
                    **options,
                )
                for weight in draws.T
            ]


def _pairs(names: Sequence[str], reference: str | None) -> list[tuple[int, int]]:
    """Positions of the taggers to compare."""
    if len(set(names)) < len(names):
        raise ValueError(f"taggers has two keys that are the same as str: {listing(names)}.")
    if reference is None:
        return list(combinations(range(len(names)), 2))
    if reference not in names:
        raise ValueError(
            f"reference is {shown(reference)}, which is none of the taggers: {listing(names)}."
        )
    place = names.index(reference)
    return [(place, other) for other in range(len(names)) if other != place]


def _read_all(
    taggers: Mapping[str, Any],
    y_true: Labels,
    threshold: float | npt.ArrayLike | Mapping[str, Threshold],
    sample_weight: Weights,
    label_names: LabelNames | None,
) -> list[Predictions]:
    """Read each tagger's output; errors name the tagger."""
    by_tagger = {}
    if isinstance(threshold, Mapping):
        by_tagger, threshold = {str(k): v for k, v in threshold.items()}, 0.5
        unknown = set(by_tagger).difference(map(str, taggers))
        if unknown:
            raise ValueError(
                f"threshold names {listing(sorted(unknown))}, but the taggers are "
                f"{listing(taggers)}. Pass a dict by tagger; each of its values may be a dict by "
                f"label."
            )
    y_true = plain_rows(y_true)
    if label_names is None:
        outputs = {f"taggers[{shown(name)}]": output for name, output in taggers.items()}
        label_names = names_of_sets(y_true=y_true, **outputs)
    predictions: list[Predictions] = []
    for name, output in taggers.items():
        applied = by_tagger.get(str(name), threshold)
        # warn about unknown labels only once
        quiet = ignored_warnings(category=UnknownLabelWarning) if predictions else nullcontext()
        try:
            with quiet:
                read = read_predictions(
                    y_true, output, applied, sample_weight, label_names, allow_sparse=True
                )
            predictions.append(read)
        except ValueError as error:
            raise type(error)(f"taggers[{shown(name)}]: {error}") from error
    return predictions


def _check_probabilities(
    names: Sequence[str], predictions: Any, scorers: dict[str, LabelScorer]
) -> None:
    for score, scorer in scorers.items():
        for name, read in zip(names, predictions, strict=True):
            if read.proba is None and not takes_decisions(scorer):
                raise ValueError(
                    f"taggers[{shown(name)}] holds decisions, but {score} needs probabilities. "
                    f"Pass the output of predict_proba, of dtype float, or leave out {score}."
                )


def _show_p(value: Any) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"
