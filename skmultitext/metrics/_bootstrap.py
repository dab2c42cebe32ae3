"""Resample documents, and score the decisions of all resamples at once.

A resample is how often each document was drawn. The counts of true, given and rightly given
labels of all resamples are then one product of two matrices, and every score of decisions
follows from these counts or is a mean over documents, which is such a product, too.
"""

from numbers import Integral, Real

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state

from ._counts import Counts, count_documents

_KINDS = ("f1", "precision", "recall", "jaccard")
_BLOCK = 1 << 22  # entries of a block of draws, 32 MB
# the scores that `DecisionTally` knows, each the function of this name and average
FROM_COUNTS = {
    f"{kind}_{average}": (kind, average)
    for kind in _KINDS
    for average in ("micro", "macro", "weighted")
} | {"f1": ("f1", None)}
FROM_DOCUMENTS = (
    "exact_match",
    "subset_zero_one_loss",
    "hamming_loss",
    "binary_accuracy",
    *(f"{kind}_samples" for kind in _KINDS),
)


def draw_resamples(n_samples, n_resamples, random_state, weight=None):
    """Draw documents with replacement, as many as there are, `n_resamples` times.

    Parameters
    ----------
    n_samples : int
        Number of documents.
    n_resamples : int
        Number of resamples.
    random_state : int, RandomState instance or None
        An int gives the same resamples twice, however they are cut into blocks.
    weight : ndarray of shape (n_samples,), default=None
        Weight of each document, which every draw of it has.

    Yields
    ------
    ndarray of shape (n_samples, n_in_block), dtype float64
        Weight of each document in each resample of a block; 0 where it was not drawn.
    """
    random = check_random_state(random_state)
    size = max(1, _BLOCK // n_samples)
    for start in range(0, n_resamples, size):
        draws = np.empty((min(size, n_resamples - start), n_samples))
        for row in draws:
            row[:] = np.bincount(random.randint(n_samples, size=n_samples), minlength=n_samples)
        if weight is not None:
            draws *= weight
        yield np.ascontiguousarray(draws.T)


class DecisionTally:
    """What each document adds to the scores of decisions, ready to be multiplied by draws.

    Parameters
    ----------
    scored : Scored
        True labels and decisions.
    absent : {"skip", "zero", "raise"}, default="skip"
        As in `skmultitext.metrics`; "raise" is for the caller, and counts as "skip" here, where
        a label may be absent from a resample only.
    zero_division : float, default=0.0
        The score where its denominator is 0.
    """

    def __init__(self, scored, absent="skip", zero_division=0.0):
        truth, given = (sp.csr_array(x, dtype=np.float64) for x in (scored.truth, scored.values))
        # one row per count and label, one column per document
        self._marks = sp.hstack([truth.multiply(given), given, truth], format="csc").T.tocsr()
        self._documents = count_documents(scored)
        self._n_labels = truth.shape[1]
        self._absent, self._zero_division = absent, zero_division

    def scores(self, names, draws):
        """Score each resample.

        Parameters
        ----------
        names : sequence of str
            Names in `FROM_COUNTS` or `FROM_DOCUMENTS`.
        draws : ndarray of shape (n_samples, n_resamples), dtype float64
            Weight of each document in each resample.

        Returns
        -------
        dict of {str: ndarray of shape (n_resamples,), dtype float64}
            Of "f1" the shape is (n_labels, n_resamples), and nan where the label is absent from
            a resample with ``absent="skip"``.
        """
        counts = None
        if any(name in FROM_COUNTS for name in names):
            counts = Counts(*np.asarray(self._marks @ draws).reshape(3, self._n_labels, -1))
        total = draws.sum(axis=0)
        scores = {}
        for name in names:
            if name in FROM_COUNTS:
                scores[name] = self._of_counts(*FROM_COUNTS[name], counts)
            else:
                scores[name] = self._of_documents(name) @ draws / total
        return scores

    def _of_counts(self, kind, average, counts):
        if average == "micro":
            pooled = Counts(
                *(x.sum(axis=0) for x in (counts.hits, counts.predicted, counts.positive))
            )
            return np.where(pooled.positive > 0, pooled.score(kind, self._zero_division), 0.0)
        flat = Counts(counts.hits.ravel(), counts.predicted.ravel(), counts.positive.ravel())
        scores = flat.score(kind, self._zero_division).reshape(counts.hits.shape)
        present = counts.positive > 0
        if average is None:
            return np.where(present, scores, 0.0 if self._absent == "zero" else np.nan)
        weights = counts.positive if average == "weighted" else present.astype(np.float64)
        total = weights.sum(axis=0)
        if average == "macro" and self._absent == "zero":
            total = np.full(len(total), float(self._n_labels))
        sums = np.where(present, scores * weights, 0.0).sum(axis=0)
        return np.divide(sums, total, out=np.zeros(len(total)), where=total > 0)

    def _of_documents(self, name):
        if name.endswith("_samples"):
            return self._documents.score(name.removesuffix("_samples"), self._zero_division)
        wrong = self._documents.wrong()
        return {
            "exact_match": lambda: (wrong == 0).astype(np.float64),
            "subset_zero_one_loss": lambda: (wrong > 0).astype(np.float64),
            "hamming_loss": lambda: wrong / self._n_labels,
            "binary_accuracy": lambda: 1 - wrong / self._n_labels,
        }[name]()


def resample_decisions(names, scored, n_resamples, random_state, absent="skip", zero_division=0.0):
    """Score decisions on resampled documents.

    Parameters
    ----------
    names : sequence of str
        Names in `FROM_COUNTS` or `FROM_DOCUMENTS`.
    scored : Scored
        True labels and decisions.
    n_resamples : int
        Number of resamples.
    random_state : int, RandomState instance or None
        Draws the documents.
    absent, zero_division
        As in `DecisionTally`.

    Returns
    -------
    dict of {str: ndarray of shape (n_resamples,), dtype float64}
        Of "f1" the shape is (n_labels, n_resamples).
    """
    tally = DecisionTally(scored, absent, zero_division)
    n_samples = scored.truth.shape[0]
    blocks = [
        tally.scores(names, draws)
        for draws in draw_resamples(n_samples, n_resamples, random_state, scored.weight)
    ]
    return {name: np.concatenate([block[name] for block in blocks], axis=-1) for name in names}


def percentile_interval(replicates, confidence_level):
    """Take the interval between two quantiles of the resampled scores.

    Parameters
    ----------
    replicates : ndarray of shape (..., n_resamples), dtype float64
        Scores of the resamples; nan where a score is not defined, which is left out.
    confidence_level : float
        Level in (0, 1); the ends are the quantiles (1 - level) / 2 and (1 + level) / 2.

    Returns
    -------
    ndarray of shape (..., 2), dtype float64
        nan where no resample has a score.

    References
    ----------
    Efron and Tibshirani (1993), "An Introduction to the Bootstrap", section 13.3.
    """
    ends = [(1 - confidence_level) / 2, (1 + confidence_level) / 2]
    interval = np.full((*replicates.shape[:-1], 2), np.nan)
    for place in np.ndindex(replicates.shape[:-1]):
        values = replicates[place]
        values = values[~np.isnan(values)]
        if len(values):
            interval[place] = np.quantile(values, ends)
    return interval


def check_bootstrap(n_bootstrap, confidence_level):
    """Refuse a number of resamples or a level that cannot be used.

    Parameters
    ----------
    n_bootstrap : object
        What was passed: an int, 0 for no interval or at least 2.
    confidence_level : object
        What was passed: a number in (0, 1).

    Raises
    ------
    ValueError
        If one of them is not legal.
    """
    whole = isinstance(n_bootstrap, Integral) and not isinstance(n_bootstrap, bool)
    if not whole or n_bootstrap < 0 or n_bootstrap == 1:
        raise ValueError(
            f"n_bootstrap must be 0, for no intervals, or an int of at least 2, got "
            f"{n_bootstrap!r}. 1000 is usual."
        )
    if not isinstance(confidence_level, Real) or not 0 < confidence_level < 1:
        raise ValueError(
            f"confidence_level must be a number between 0 and 1, such as 0.95, got "
            f"{confidence_level!r}."
        )
