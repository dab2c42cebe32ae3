"""The compiled kernels of hierarchies; `hierarchy` has the same in numpy."""

import numpy as np

from .._runtime.compiled import compiled
from .types import FloatArray, IntArray


@compiled
def lower_to_parents(proba: FloatArray, children: IntArray, parents: IntArray) -> None:
    """Lower each child to at most its parent, in place; edges in top-down order."""
    for i in range(proba.shape[0]):
        row = proba[i]
        for k in range(len(children)):
            row[children[k]] = min(row[children[k]], row[parents[k]])  # without a branch: 5x faster


@compiled
def multiply_by_parents(proba: FloatArray, children: IntArray, parents: IntArray) -> None:
    """Multiply each child by the least of its parents, in place; edges child by child, top-down."""
    n_edges = len(children)
    for i in range(proba.shape[0]):
        row = proba[i]
        k = 0
        while k < n_edges:
            child = children[k]
            lowest = np.inf
            while k < n_edges and children[k] == child:
                lowest = min(lowest, row[parents[k]])
                k += 1
            row[child] *= lowest
