"""From scores to labels: the one place where a 0/1 decision is taken."""

import numpy as np

__all__ = ["decide", "top_labels"]


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
        kept = top_labels(np.where(given[rows], scores[rows], -np.inf), max_labels)
        given[rows] = False
        given[rows[:, None], kept] = True
    if at_least_one:
        rows = np.flatnonzero(~given.any(axis=1))
        given[rows, scores[rows].argmax(axis=1)] = True
    return given


def top_labels(scores, k):
    """Find the labels of the highest scores.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_labels), dtype float
        Scores without nan.
    k : int
        How many labels, from 1 to n_labels.

    Returns
    -------
    ndarray of shape (n_samples, k), dtype int64
        Columns, that of the highest score first. Among equal scores the lower column comes first.
    """
    n_samples, n_labels = scores.shape
    lowest = np.partition(scores, n_labels - k, axis=1)[:, [n_labels - k]]
    kept = scores > lowest
    rows, columns = np.nonzero(scores == lowest)  # of these the first fill up what is left
    starts = np.searchsorted(rows, np.arange(n_samples))
    wanted = k - kept.sum(axis=1)
    within = np.arange(len(rows)) - starts[rows] < wanted[rows]
    kept[rows[within], columns[within]] = True
    found = np.nonzero(kept)[1].reshape(n_samples, k)
    order = np.argsort(-np.take_along_axis(scores, found, axis=1), axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)
