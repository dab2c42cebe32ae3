"""Sigmoids that make logits of the scores of the squared hinge, one for each level of a tree.

A label of a long tail has too few positives for a sigmoid of its own. All nodes of a level share
one, fitted to rows held out of a sample of the nodes. It is multiplied into the weights. Slopes
matter to the ranking, too: the scores along a path are combined by the product of the sigmoids.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, FloatArray, IntArray
from ..linear._cross_fitting import fit_sigmoid, row_ids, stretch_factors
from ..linear._solvers import LARGE
from ._forest import NodeFits
from ._levels import Level

__all__ = ["LevelSigmoids"]

FOLDS = 5  # each is held out in turn of few rows, one of them of many
SHARE = 0.05  # of the nodes of a level that are fitted again
LEAST = 16  # of them at least; with 4, thresholds tuned out of fold suited the final trees less
MOST = 2**20  # pairs of a row and a child to score in a node


@dataclass(eq=False)
class LevelSigmoids:
    """Fit levels, and multiply a sigmoid into the weights of each."""

    fit_level: Callable[[Level], Iterable[NodeFits]]
    X: sp.csr_array
    weight: FloatArray
    seed: int
    own_words: bool
    folds: IntArray = field(init=False)
    stretch: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        # equal rows share a fold, so that a weight of 2 is equal to repetition
        self.folds = (row_ids(self.X) % FOLDS).astype(np.int8)
        self.stretch = np.ones(len(self.folds))
        if self.own_words:
            self.stretch = stretch_factors(self.X, self.folds[:, None], n_folds=FOLDS).ravel()

    def fit(self, level: Level) -> Iterator[NodeFits]:
        """Fit the nodes of a level; their weights and intercepts are those of logits."""
        fits = list(self.fit_level(level))
        slope, offset = self._line(level, fits)
        for part in fits:
            intercept = (slope * part.intercept + offset).astype(part.intercept.dtype)
            weights = (slope * part.weights).astype(part.weights.dtype)
            yield part._replace(intercept=intercept, weights=weights)

    def _line(self, level: Level, fits: list[NodeFits]) -> FloatArray:
        """Fit slope and intercept of the sigmoid."""
        n_nodes = len(level.child_ptr) - 1
        n_chosen = min(n_nodes, max(LEAST, int(SHARE * n_nodes)))
        random = np.random.RandomState(self.seed)
        nodes = np.sort(random.permutation(n_nodes)[:n_chosen])
        columns_of = level.columns()
        found = []
        for fold in range(FOLDS if self.X.shape[0] <= LARGE else 1):
            held = self.folds == fold
            part = self.fit_level(level.without(held, nodes))
            found += self._scored(level, columns_of, part, nodes, held)
        truth = np.concatenate([positive for _, positive, _ in found])
        both = truth.any() and not truth.all()
        if not both:  # no row can be held out: shift the scores of all
            found = self._scored(level, columns_of, fits, nodes, None)
        scores, positive, weight = (np.concatenate(of) for of in zip(*found, strict=True))
        held_out = scores if both else None
        return fit_sigmoid(held_out, np.zeros(1), positive, weight, lambda: scores)

    def _scored(
        self,
        level: Level,
        columns_of: Callable[[int, AnyArray], AnyArray],
        fits: Iterable[NodeFits],
        nodes: IntArray,
        held: AnyArray | None,
    ) -> list[tuple[FloatArray, AnyArray, FloatArray]]:
        """Score rows of some nodes: the score, truth and weight of each pair of row and child.

        Of children that have no positive row left nothing is learned, so they are left out.
        """
        whole = NodeFits(*(np.concatenate(parts) for parts in zip(*fits, strict=True)))
        feature_ptr = np.append(0, np.cumsum(whole.n_features))
        weight_ptr = np.append(0, np.cumsum(whole.n_weights))
        pairs = []
        for node in nodes:
            own, width = level.rows(node), int(np.diff(level.child_ptr[node : node + 2])[0])
            columns = columns_of(node, own)
            learned = np.arange(width)
            if held is not None:
                mark = held[own]
                learned = np.flatnonzero((columns[~mark] > 0).any(axis=0))
                own, columns = own[mark], columns[mark]
            own, columns = own[: MOST // width + 1], columns[: MOST // width + 1, learned]
            a, b = feature_ptr[node : node + 2]
            first, last = weight_ptr[[a, b]]
            W = sp.csr_array(
                (
                    whole.weights[first:last].astype(np.float64),
                    whole.children[first:last].astype(np.int32),
                    weight_ptr[a : b + 1] - first,
                ),
                shape=(b - a, width),
            )
            scores = (self.X[own][:, whole.features[a:b]] @ W).toarray()
            if held is not None:
                scores *= self.stretch[own, None]
            start = level.child_ptr[node]
            scores += whole.intercept[start : start + width]
            known = columns >= 0
            weight = np.broadcast_to(self.weight[own, None], known.shape)
            pairs.append((scores[:, learned][known], columns[known] > 0, weight[known]))
        return pairs
