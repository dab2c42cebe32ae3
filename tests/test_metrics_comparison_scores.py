"""Scores of one tagger by name, on columns of weights."""

import numpy as np
import pytest

from skmultitext import metrics
from skmultitext.metrics._comparison import _ScoreBoard as ScoreBoard
from skmultitext.metrics._predictions import read_predictions
from skmultitext.metrics._scorers import find_scorers, takes_decisions

Y = np.array([[1, 0], [0, 1], [1, 1], [0, 1]])
PROBA = np.array([[0.9, 0.3], [0.6, 0.8], [0.4, 0.7], [0.2, 0.9]])


def test_scores_are_the_greater_the_better_and_weighted_by_column():
    scorers = find_scorers(
        ["neg_hamming_loss", "neg_log_loss", "precision_at_1"], {"undefined": "zero"}
    )
    board = ScoreBoard(read_predictions(Y, PROBA, 0.5), scorers, "skip", 0.0)
    draws = np.array([[1.0, 2], [1, 0], [1, 1], [1, 1]])
    scores = board.scores(draws)
    for b, weight in enumerate(draws.T):
        expected = [
            -metrics.hamming_loss(Y, PROBA > 0.5, sample_weight=weight),
            -metrics.log_loss(Y, PROBA, sample_weight=weight),
            metrics.precision_at_k(Y, PROBA, k=1, sample_weight=weight),
        ]
        np.testing.assert_allclose(scores[:, b], expected)


def test_a_score_is_made_with_the_options_it_has():
    scorers = find_scorers(["f1_macro", "exact_match"], {"undefined": "zero", "zero_division": 1.0})
    assert (
        repr(scorers["f1_macro"]) == "get_scorer('f1_macro', undefined='zero', zero_division=1.0)"
    )
    assert repr(scorers["exact_match"]) == "get_scorer('exact_match')"
    assert takes_decisions(scorers["f1_macro"])
    assert not takes_decisions(
        find_scorers("label_ranking_average_precision", {})["label_ranking_average_precision"]
    )


def test_a_score_that_may_be_refused_is_not_refused_in_a_resample():
    scorers = find_scorers("average_precision_macro", {"undefined": "raise"})
    board = ScoreBoard(read_predictions(Y, PROBA, 0.5), scorers, "raise", 0.0)
    without_first = np.array([[0.0], [1], [0], [1]])
    assert board.scores(without_first, resampled=True).shape == (1, 1)
    with pytest.raises(ValueError, match="No positive"):
        board.scores(without_first)
