"""Compute any scores of one tagger, on all documents or on resamples of them."""

import warnings
from inspect import signature

import numpy as np

from ..exceptions import AbsentLabelWarning
from ._bootstrap import FROM_COUNTS, FROM_DOCUMENTS, DecisionTally
from ._scorers import get_scorer


class ScoreBoard:
    """Scores of one tagger, on all documents or on resamples.

    Parameters
    ----------
    predictions : Predictions
        What the tagger said.
    scorers : dict of {str: LabelScorer}
        The scores by name.
    absent, zero_division
        As in `compare_taggers`.
    """

    def __init__(self, predictions, scorers, absent, zero_division):
        self._predictions = predictions
        self._scorers = scorers
        self._absent = absent
        self._tally = DecisionTally(predictions.decided, absent, zero_division)

    def scores(self, draws, *, resampled=False):
        """Score the documents as each column of draws weighs them.

        Parameters
        ----------
        draws : ndarray of shape (n_samples, n_columns), dtype float64
            Weight of each document.
        resampled : bool, default=False
            Whether a label may be absent from a column only, which is then no error.

        Returns
        -------
        ndarray of shape (n_scores, n_columns), dtype float64
            The greater, the better.
        """
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

    def _of_function(self, scorer, draws, resampled):
        decided = self._predictions.decided
        values = decided.values if takes_decisions(scorer) else self._predictions.proba
        options = dict(scorer._kwargs)
        if resampled and options.get("absent") == "raise":
            options["absent"] = "skip"  # it was asked of all documents, not of every resample
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AbsentLabelWarning)
            return [
                scorer._sign
                * scorer._score_func(
                    decided.truth,
                    values,
                    sample_weight=weight,
                    label_names=decided.names,
                    **options,
                )
                for weight in draws.T
            ]


def takes_decisions(scorer):
    """Whether a score is computed from decisions; otherwise from probabilities.

    Parameters
    ----------
    scorer : LabelScorer
        The scorer.

    Returns
    -------
    bool
    """
    return scorer._response_method == ("predict",)


def find_scorers(scoring, options):
    """Look up scores by name, with the options that each of them has.

    Parameters
    ----------
    scoring : str or sequence of str
        Names of scores.
    options : dict of {str: object}
        Options by name; a score that lacks one is made without it.

    Returns
    -------
    dict of {str: LabelScorer}

    Raises
    ------
    ValueError
        If a name is unknown, or there is none.
    """
    names = [scoring] if isinstance(scoring, str) else list(scoring)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"scoring must be the name of a score or a sequence of them, got {scoring!r}. See "
            f"skmultitext.metrics.SCORERS."
        )
    scorers = {}
    for name in names:
        known = signature(get_scorer(name)._score_func).parameters
        kept = {option: value for option, value in options.items() if option in known}
        scorers[name] = get_scorer(name, **kept)
    return scorers
