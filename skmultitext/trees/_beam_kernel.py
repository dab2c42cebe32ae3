"""Beam search in a forest: on each level, all documents of a range that reach a node at once.

The weights of a node are then read while they are in the cache, and where many documents reach it a
table tells at once which weights a feature has. Few documents search the sorted features instead.
"""

from typing import Any

import numpy as np

from .._gate.types import AnyArray, BoolArray
from .._runtime.compiled import compiled

FEW = 32  # labels to keep in order while they are found, rather than sorting all
CHILDREN = 2**16  # of a node, as their numbers are uint16

TABLE = 4  # visits of a feature in a table of a node for each that fills it: else search is faster
SLACK = 1e-6  # of logits that are compared in place of probabilities


@compiled
def enlarged(array: AnyArray, size: int) -> AnyArray:
    """Return an array with room for `size` entries: the same, or a copy."""
    if size <= len(array):
        return array
    larger = np.empty(max(size, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger


@compiled
def _score_documents(
    pairs: AnyArray,
    per_row: int,
    csr: tuple[AnyArray, AnyArray, AnyArray],
    first_row: int,
    node: int,
    forest: tuple[AnyArray, ...],
    table: AnyArray,
    scores: AnyArray,
    places: AnyArray,
    out: AnyArray,
) -> None:
    """Write the scores of the children of a node, for pairs of a document and a place in its beam.

    Mapped files are not checked before: `scores` has a place for any number of a child, and no
    weight outside of the array is read.
    """
    indptr, indices, data = csr
    child_ptr, intercept, feature_ptr, features, weight_ptr, children, weights = forest
    start, n = child_ptr[node], child_ptr[node + 1] - child_ptr[node]
    begin, end = feature_ptr[node], feature_ptr[node + 1]
    visits = 0
    for pair in pairs:
        row = first_row + pair // per_row
        visits += indptr[row + 1] - indptr[row]
    tabled = len(table) > 0 and TABLE * visits > end - begin
    if tabled:
        for p in range(begin, end):
            if 0 <= features[p] < len(table):
                table[features[p]] = p - begin + 1
    for pair in pairs:
        row = first_row + pair // per_row
        for j in range(n):
            scores[j] = intercept[start + j]
        low = begin
        for i in range(indptr[row], indptr[row + 1]):
            f, value = indices[i], data[i]
            if tabled:
                p = begin + table[f] - 1
                if p < begin:
                    continue
            else:
                high = end
                while low < high:  # both are sorted: the search begins where the last one ended
                    middle = (low + high) // 2
                    if features[middle] < f:
                        low = middle + 1
                    else:
                        high = middle
                if low == end:
                    break
                if features[low] != f:
                    continue
                p = low
            for k in range(max(weight_ptr[p], 0), min(weight_ptr[p + 1], len(weights))):
                scores[children[k]] += weights[k] * value
        place = places[pair]
        for j in range(n):
            out[place + j] = scores[j]
    if tabled:
        for p in range(begin, end):
            if 0 <= features[p] < len(table):
                table[features[p]] = 0


@compiled
def _insert(
    keys: AnyArray, values: AnyArray, n_kept: int, most: int, key: int, value: float, by_key: bool
) -> int:
    """Insert into a list ordered by value, the largest first; return its length, at most `most`.

    Of equal values the first inserted comes first, or with `by_key` the smaller key.
    """
    if n_kept == most:
        last = values[most - 1]
        if value < last or (value == last and not (by_key and key < keys[most - 1])):
            return n_kept
    n_kept = min(n_kept + 1, most)
    j = n_kept - 1
    while j > 0 and (
        value > values[j - 1] or (by_key and value == values[j - 1] and key < keys[j - 1])
    ):
        keys[j], values[j] = keys[j - 1], values[j - 1]
        j -= 1
    keys[j], values[j] = key, value
    return n_kept


@compiled
def _most_probable(labels: AnyArray, proba: AnyArray, k: int) -> AnyArray:
    """Select the k most probable of the labels, the most probable first, ties in their order."""
    if k > FEW or k >= len(labels):
        labels = np.sort(labels)
        return labels[np.argsort(-proba[labels], kind="mergesort")[:k]]
    keys, values, n = np.empty(k, labels.dtype), np.empty(k), 0
    for label in labels:
        n = _insert(keys, values, n, k, label, proba[label], True)
    return keys


@compiled
def _score_level(
    level: tuple[int, int],
    per_row: int,
    csr: tuple[AnyArray, AnyArray, AnyArray],
    first_row: int,
    forest: tuple[AnyArray, ...],
    beams: AnyArray,
    table: AnyArray,
    scores: AnyArray,
    places: AnyArray,
) -> AnyArray:
    """Score the children of all beams, -1 for none, on the nodes of a level; set their places."""
    child_ptr = forest[0]
    low, high = level
    starts = np.zeros(high - low + 1, np.int64)
    filled = 0
    for pair in range(len(beams)):
        node = beams[pair]
        if node >= 0:
            starts[node - low + 1] += 1
            places[pair] = filled
            filled += child_ptr[node + 1] - child_ptr[node]
    for i in range(high - low):
        starts[i + 1] += starts[i]
    pairs, ends = np.empty(starts[-1], np.int64), starts.copy()
    for pair in range(len(beams)):
        if beams[pair] >= 0:
            i = beams[pair] - low
            pairs[ends[i]] = pair
            ends[i] += 1
    out = np.empty(filled)
    for i in range(high - low):
        if starts[i] < starts[i + 1]:
            own = pairs[starts[i] : starts[i + 1]]
            _score_documents(
                own, per_row, csr, first_row, low + i, forest, table, scores, places, out
            )
    return out


@compiled
def _descend(
    own: AnyArray,
    proba: AnyArray,
    places: AnyArray,
    child_ptr: AnyArray,
    n_trees: int,
    out: AnyArray,
) -> None:
    """Replace the nodes of a beam and their probabilities by the most probable children."""
    most = len(own)
    nodes, values, n_kept = np.empty(most, np.int64), np.empty(most), 0
    n_ends = 0
    if most > FEW:
        for node in own:
            if node >= 0:
                n_ends += child_ptr[node + 1] - child_ptr[node]
        all_nodes, all_values = np.empty(n_ends, np.int64), np.empty(n_ends)
        n_ends = 0
    for b in range(most):
        node = own[b]
        if node < 0:
            break
        start = child_ptr[node]
        for j in range(child_ptr[node + 1] - start):
            value = proba[b] / (1.0 + np.exp(-out[places[b] + j]))
            if most > FEW:
                all_nodes[n_ends], all_values[n_ends] = n_trees + start + j, value
                n_ends += 1
            else:
                n_kept = _insert(nodes, values, n_kept, most, n_trees + start + j, value, False)
    if most > FEW:
        best = np.argsort(-all_values, kind="mergesort")[:most]
        n_kept = len(best)
        nodes[:n_kept], values[:n_kept] = all_nodes[best], all_values[best]
    own[:n_kept], proba[:n_kept] = nodes[:n_kept], values[:n_kept]
    own[n_kept:] = -1


@compiled
def _best_of_one_tree(
    own: AnyArray,
    proba: AnyArray,
    places: AnyArray,
    first_label: AnyArray,
    widths: AnyArray,
    labels: AnyArray,
    out: AnyArray,
    keys: AnyArray,
    values: AnyArray,
) -> int:
    """Find the most probable labels of a beam; return how many.

    A label is at most as probable as its leaf, so leaves and labels that cannot be among the best
    are left out.
    """
    most, n_kept = len(keys), 0
    for b in range(len(own)):
        if own[b] < 0:
            break
        least = -np.inf
        for j in range(widths[b]):
            if n_kept == most:
                if proba[b] < values[most - 1]:
                    return n_kept
                if least == -np.inf:
                    ratio = values[most - 1] / proba[b]
                    if 0.0 < ratio < 1.0 - SLACK:
                        least = np.log(ratio / (1.0 - ratio)) - SLACK
            score = out[places[b] + j]
            if score < least:
                continue
            before = n_kept
            value = proba[b] / (1.0 + np.exp(-score))
            n_kept = _insert(keys, values, n_kept, most, labels[first_label[b] + j], value, True)
            if before == most:
                least = -np.inf  # the last of the best may have changed
    return n_kept


@compiled
def search_beams(
    stop: BoolArray,
    csr: tuple[AnyArray, AnyArray, AnyArray],
    rows: tuple[int, int],
    forest: tuple[AnyArray, ...],
    labels: AnyArray,
    sizes: tuple[int, int, int, int],
    beam_width: int,
    n_best: int,
) -> Any:
    """Find the labels at the ends of the beams of a range of rows, and their probabilities.

    Returns the number of labels of each row, the labels, their mean probabilities over the trees,
    and their scores in the last tree, which are their logits where there is one tree of one level.
    Labels come in increasing order; with `n_best` above 0 only so many, the most probable first.
    """
    child_ptr = forest[0]
    n_trees, depth, n_labels, n_features = sizes
    n_nodes = len(child_ptr) - 1
    first_row, last_row = rows
    n_rows = last_row - first_row
    per_row = n_trees * beam_width
    beams = np.full(n_rows * per_row, -1, np.int64)
    proba, places = np.ones(len(beams)), np.empty(len(beams), np.int64)
    for row in range(n_rows):
        for tree in range(n_trees):
            beams[row * per_row + tree * beam_width] = tree
    table = np.zeros(n_features if n_rows > 1 else 0, np.int32)
    scores = np.empty(CHILDREN)
    low, high = 0, n_trees
    out = np.empty(0)
    for level in range(depth):
        if stop[0]:
            break
        out = _score_level(
            (low, high), per_row, csr, first_row, forest, beams, table, scores, places
        )
        if level < depth - 1:
            for begin in range(0, len(beams), beam_width):
                end = begin + beam_width
                _descend(
                    beams[begin:end], proba[begin:end], places[begin:end], child_ptr, n_trees, out
                )
            low, high = high, n_trees + child_ptr[high]
    counts = np.zeros(n_rows, np.int64)
    size, filled = max(1024, n_rows * n_best), 0
    out_labels, out_proba, out_scores = np.empty(size, np.int64), np.empty(size), np.empty(size)
    if n_best > 0 and n_best <= FEW and n_trees == 1 and depth > 1:
        first_label, widths = np.empty(per_row, np.int64), np.empty(per_row, np.int64)
        keys, values = np.empty(n_best, np.int64), np.empty(n_best)
        for row in range(n_rows):
            begin, end = row * per_row, (row + 1) * per_row
            for b in range(per_row):
                node = max(beams[begin + b], 0)
                first_label[b] = child_ptr[node] + n_trees - n_nodes
                widths[b] = child_ptr[node + 1] - child_ptr[node]
            n = _best_of_one_tree(
                beams[begin:end],
                proba[begin:end],
                places[begin:end],
                first_label,
                widths,
                labels,
                out,
                keys,
                values,
            )
            counts[row] = n
            out_labels[filled : filled + n] = keys[:n]
            out_proba[filled : filled + n] = values[:n]
            out_scores[filled : filled + n] = 0.0  # logits are of use in one level alone
            filled += n
        return counts, out_labels[:filled], out_proba[:filled], out_scores[:filled]
    total, logit = np.zeros(n_labels), np.zeros(n_labels)
    seen = np.zeros(n_labels, np.bool_)
    touched = np.empty(n_labels, np.int64)
    for row in range(n_rows):
        if stop[0]:
            break
        n_touched = 0
        for pair in range(row * per_row, (row + 1) * per_row):
            node = beams[pair]
            if node < 0:
                continue
            first = child_ptr[node] + n_trees - n_nodes
            for j in range(child_ptr[node + 1] - child_ptr[node]):
                label, score = labels[first + j], out[places[pair] + j]
                if not seen[label]:
                    seen[label] = True
                    touched[n_touched] = label
                    n_touched += 1
                total[label] += proba[pair] / (1.0 + np.exp(-score))
                logit[label] = score
        found = touched[:n_touched]
        found = _most_probable(found, total, n_best) if n_best > 0 else np.sort(found)
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
        counts[row] = len(found)
    return counts, out_labels[:filled], out_proba[:filled], out_scores[:filled]
