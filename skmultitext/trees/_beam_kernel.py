"""Beam search in a forest, one document at a time."""

from typing import Any

import numpy as np

from .._gate.types import AnyArray, BoolArray
from .._runtime.compiled import compiled

FEW = 32  # labels to keep in order while they are found, rather than sorting all
CHILDREN = 2**16  # of a node, as their numbers are uint16


@compiled
def enlarged(array: AnyArray, size: int) -> AnyArray:
    """Return an array with room for `size` entries: the same, or a copy."""
    if size <= len(array):
        return array
    larger = np.empty(max(size, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger


@compiled
def _score_children(
    own: AnyArray,
    values: AnyArray,
    node: int,
    child_ptr: AnyArray,
    intercept: AnyArray,
    feature_ptr: AnyArray,
    features: AnyArray,
    weight_ptr: AnyArray,
    children: AnyArray,
    weights: AnyArray,
    scores: AnyArray,
) -> int:
    """Write the scores of the children of a node; return how many there are.

    Mapped files are not checked before: `scores` has a place for any number of a child, and no
    weight outside of the array is read.
    """
    start, n = child_ptr[node], child_ptr[node + 1] - child_ptr[node]
    for j in range(n):
        scores[j] = intercept[start + j]
    low, end = feature_ptr[node], feature_ptr[node + 1]
    for i in range(len(own)):
        f, high = own[i], end
        while low < high:  # both lists are sorted: the search begins where the last one ended
            middle = (low + high) // 2
            if features[middle] < f:
                low = middle + 1
            else:
                high = middle
        if low == end:
            break
        if features[low] == f:
            for k in range(max(weight_ptr[low], 0), min(weight_ptr[low + 1], len(weights))):
                scores[children[k]] += weights[k] * values[i]
    return n


@compiled
def _most_probable(labels: AnyArray, proba: AnyArray, k: int) -> AnyArray:
    """Select the k most probable of the labels, the most probable first, ties in their order."""
    if k > FEW or k >= len(labels):
        return labels[np.argsort(-proba[labels], kind="mergesort")[:k]]
    best, n_best = np.empty(k, labels.dtype), 0
    for label in labels:
        if n_best == k and proba[label] <= proba[best[k - 1]]:
            continue
        n_best = min(n_best + 1, k)
        j = n_best - 1
        while j > 0 and proba[label] > proba[best[j - 1]]:
            best[j] = best[j - 1]
            j -= 1
        best[j] = label
    return best


@compiled
def search_beams(
    stop: BoolArray,
    csr: tuple[AnyArray, AnyArray, AnyArray],
    rows: tuple[int, int],
    forest: tuple[AnyArray, ...],
    labels: AnyArray,
    sizes: tuple[int, int, int],
    beam_width: int,
    n_best: int,
) -> Any:
    """Find the labels at the ends of the beams of a range of rows, and their probabilities.

    Returns the number of labels of each row, the labels, their mean probabilities over the trees,
    and their scores in the last tree, which are their logits where there is one tree of one level.
    Labels come in increasing order; with `n_best` above 0 only so many, the most probable first.
    """
    indptr, indices, data = csr
    child_ptr, intercept, feature_ptr, features, weight_ptr, children, weights = forest
    n_trees, depth, n_labels = sizes
    n_nodes = len(child_ptr) - 1
    first_row, last_row = rows
    widest = 1
    for node in range(n_nodes):
        widest = max(widest, child_ptr[node + 1] - child_ptr[node])
    scores = np.empty(max(widest, CHILDREN))
    most = beam_width * widest
    beam, proba = np.empty(most, np.int64), np.empty(most)
    ends, next_proba = np.empty(most, np.int64), np.empty(most)
    total, logit = np.zeros(n_labels), np.zeros(n_labels)
    seen = np.zeros(n_labels, np.bool_)
    touched = np.empty(n_labels, np.int64)
    counts = np.zeros(last_row - first_row, np.int64)
    size, filled = 1024, 0
    out_labels, out_proba, out_scores = np.empty(size, np.int64), np.empty(size), np.empty(size)
    for row in range(first_row, last_row):
        if stop[0]:
            break
        own, values = indices[indptr[row] : indptr[row + 1]], data[indptr[row] : indptr[row + 1]]
        n_touched = 0
        for tree in range(n_trees):
            n_beam = 1
            beam[0], proba[0] = tree, 1.0
            for level in range(depth):
                n_ends = 0
                for b in range(n_beam):
                    node = beam[b]
                    n = _score_children(
                        own,
                        values,
                        node,
                        child_ptr,
                        intercept,
                        feature_ptr,
                        features,
                        weight_ptr,
                        children,
                        weights,
                        scores,
                    )
                    start = child_ptr[node] + n_trees
                    for j in range(n):
                        ends[n_ends] = start + j
                        next_proba[n_ends] = proba[b] / (1.0 + np.exp(-scores[j]))
                        if level == depth - 1:
                            label = labels[start + j - n_nodes]
                            if not seen[label]:
                                seen[label] = True
                                touched[n_touched] = label
                                n_touched += 1
                            total[label] += next_proba[n_ends]
                            logit[label] = scores[j]
                        n_ends += 1
                if level == depth - 1:
                    break
                if n_ends > beam_width:
                    best = np.argsort(-next_proba[:n_ends], kind="mergesort")[:beam_width]
                    n_ends = beam_width
                    for b in range(n_ends):
                        beam[b], proba[b] = ends[best[b]], next_proba[best[b]]
                else:
                    for b in range(n_ends):
                        beam[b], proba[b] = ends[b], next_proba[b]
                n_beam = n_ends
        found = np.sort(touched[:n_touched])
        if n_best > 0:
            found = _most_probable(found, total, n_best)
        if filled + len(found) > size:
            size = max(filled + len(found), 2 * size)
            out_labels = enlarged(out_labels, size)
            out_proba, out_scores = enlarged(out_proba, size), enlarged(out_scores, size)
        for label in found:
            out_labels[filled] = label
            out_proba[filled] = total[label] / n_trees
            out_scores[filled] = logit[label]
            filled += 1
        for label in touched[:n_touched]:
            total[label] = 0.0
            seen[label] = False
        counts[row - first_row] = len(found)
    return counts, out_labels[:filled], out_proba[:filled], out_scores[:filled]
