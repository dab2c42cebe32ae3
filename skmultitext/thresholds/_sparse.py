"""One threshold for all labels over sparse probabilities, as those of label trees.

Only pairs of a document and a label that have a score or are positive are looked at: the others
have score 0, are never given, and do not count for the F1-score.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.samples import entry_rows
from .._gate.types import FloatArray, Indicator
from .._meta.known_labels import scores_sparsely
from .._meta.wrapping import OutOfFold
from ._search import ExactSearch

__all__ = ["refuse_dense", "search_pairs", "searches_pairs"]

MOST = 2**28  # scores of a dense array: 2 GiB


def searches_pairs(search: Any) -> bool:
    """Whether pairs without a score do not count in a search: one threshold for micro-F1."""
    if not isinstance(search, ExactSearch) or any(search.rules.values()):
        return False
    objective = search.objective
    options = [name for name, value in objective.options.items() if value is not None]
    return objective.name == "f1_micro" and objective.shared and not options


def refuse_dense(estimator: Any, indicator: Indicator) -> None:
    """Refuse to make dense scores of very many documents and labels."""
    n_documents, n_labels = indicator.shape
    if sp.issparse(indicator) and scores_sparsely(estimator) and n_documents * n_labels > MOST:
        raise ValueError(
            f"This search needs a dense array of {n_documents:,} documents times {n_labels:,} "
            f"labels, {8 * n_documents * n_labels / 2**30:.0f} GiB. Pass objective='f1_micro' with "
            f"objective_params={{'shared': True}} and without max_labels, at_least_one and "
            f"store_cv_results, which searches the sparse probabilities, or use "
            f"FixedThresholdTagger."
        )


def search_pairs(search: ExactSearch, pooled: OutOfFold) -> tuple[FloatArray, float]:
    """Find the threshold of all labels, and the score that it reaches."""
    n_samples, n_labels = pooled.scores.shape
    scored, scores = _keys(pooled.scores)
    given, truth = _keys(sp.csr_array(pooled.indicator))
    keys = np.union1d(scored, given[truth != 0])
    column, marks = np.zeros((len(keys), 1)), np.zeros((len(keys), 1), np.int8)
    column[np.searchsorted(keys, scored), 0] = scores
    marks[np.searchsorted(keys, given[truth != 0]), 0] = truth[truth != 0]  # -1: unknown
    weight = np.ones(n_samples) if pooled.weight is None else pooled.weight
    one = replace(search, label_names=np.array(["all"], dtype=object))
    own = weight[keys // n_labels]
    threshold = one.thresholds(marks, column, own)
    return np.full(n_labels, threshold[0]), one.score(marks, column, threshold, own)


def _keys(matrix: sp.csr_array) -> tuple[Any, Any]:
    """Return the numbers of the stored entries, by row and column, and their values."""
    return entry_rows(matrix) * matrix.shape[1] + matrix.indices, matrix.data
