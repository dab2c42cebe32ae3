"""From scores to labels: the one place where a 0/1 decision is taken."""

import numpy as np

__all__ = ["decide"]


def decide(scores, thresholds, *, max_labels=None, at_least_one=False):
    """Give each document the labels whose score exceeds the threshold, strictly.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_labels), dtype float
        Finite scores; not checked here.
    thresholds : ndarray of shape (n_labels,), dtype float64
        Threshold of each label.
    max_labels : int, default=None
        Of the labels above their thresholds keep at most this many, those of the highest scores.
    at_least_one : bool, default=False
        Give a document without any label the one of the highest score.

    Returns
    -------
    ndarray of shape (n_samples, n_labels), dtype bool
        True where the label is given. Among equal scores the label of the lower column wins.
    """
    given = scores > thresholds
    if max_labels is not None and max_labels < given.shape[1]:
        rows = np.flatnonzero(given.sum(axis=1) > max_labels)
        ranked = np.where(given[rows], -scores[rows], np.inf)
        kept = np.argsort(ranked, axis=1, kind="stable")[:, :max_labels]
        given[rows] = False
        given[rows[:, None], kept] = True
    if at_least_one:
        rows = np.flatnonzero(~given.any(axis=1))
        given[rows, scores[rows].argmax(axis=1)] = True
    return given
