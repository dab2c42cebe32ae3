"""Fit many nodes of a tree in one compiled call: rows and features of a node, solver, pruning."""

from typing import Any

import numpy as np

from .._gate.types import AnyArray, BoolArray
from .._runtime.compiled import compiled
from ..linear._dual_solver import BLOCK, solve_block
from ._beam_kernel import enlarged


@compiled
def _mark_rows(
    own: AnyArray,
    first: int,
    n_lanes: int,
    positions: tuple[AnyArray, AnyArray],
    unknown: tuple[AnyArray, AnyArray],
    child_of: AnyArray,
    signs: AnyArray,
) -> None:
    """Write 1, -1 or 0 (unknown) for the rows and the children from `first` on."""
    pos_ptr, pos = positions
    unk_ptr, unk = unknown
    for i in range(len(own)):
        row = own[i]
        for lane in range(BLOCK):
            signs[i, lane] = -1 if lane < n_lanes else 0
        for k in range(unk_ptr[row], unk_ptr[row + 1]):
            lane = child_of[unk[k]] - first
            if 0 <= lane < n_lanes:
                signs[i, lane] = 0
        for k in range(pos_ptr[row], pos_ptr[row + 1]):
            lane = child_of[pos[k]] - first
            if 0 <= lane < n_lanes:
                signs[i, lane] = 1


@compiled
def fit_nodes(
    stop: BoolArray,
    nodes: tuple[int, int],
    csr: tuple[AnyArray, AnyArray, AnyArray],
    n_features: int,
    curvature: AnyArray,
    weight: AnyArray,
    C: float,
    reach: tuple[AnyArray, AnyArray],
    child_ptr: AnyArray,
    child_of: AnyArray,
    positions: tuple[AnyArray, AnyArray],
    unknown: tuple[AnyArray, AnyArray],
    loss: int,
    prune: float,
    tol: float,
    max_iter: int,
    seed: int,
) -> Any:
    """Fit a range of nodes of a level, each on the rows that reach it.

    `reach` lists the rows of each node, `positions` and `unknown` the places of the given and the
    unknown labels of each row; `child_of` is the child of each place. Returns, for the nodes in
    order: intercepts and passes of their children; how many features each node has, and which; how
    many weights each feature has, of which children of the node, and the weights.
    """
    indptr, indices, data = csr
    row_ptr, rows = reach
    first_node, last_node = nodes
    start = child_ptr[first_node]
    n_children = child_ptr[last_node] - start
    intercepts = np.zeros(n_children, data.dtype)
    n_iter = np.zeros(n_children, np.int64)
    n_own = np.zeros(last_node - first_node, np.int64)
    features, counts = np.empty(1024, np.int32), np.empty(1024, np.int32)
    children, weights = np.empty(4096, np.uint16), np.empty(4096, data.dtype)
    n_rows = n_weights = 0
    place = np.full(n_features, -1, np.int32)
    for node in range(first_node, last_node):
        own = rows[row_ptr[node] : row_ptr[node + 1]]
        nnz = 0
        for i in range(len(own)):
            nnz += indptr[own[i] + 1] - indptr[own[i]]
        near_ptr = np.empty(len(own) + 1, np.int64)
        near, values = np.empty(nnz, np.int32), np.empty(nnz, data.dtype)
        found = np.empty(min(nnz, n_features), np.int32)
        n_found = filled = 0
        for i in range(len(own)):
            near_ptr[i] = filled
            for k in range(indptr[own[i]], indptr[own[i] + 1]):
                f = indices[k]
                if place[f] < 0:
                    place[f] = n_found
                    found[n_found] = f
                    n_found += 1
                near[filled] = place[f]
                values[filled] = data[k]
                filled += 1
        near_ptr[len(own)] = filled
        found = found[:n_found]
        for f in found:
            place[f] = -1
        width = child_ptr[node + 1] - child_ptr[node]
        n_blocks = (width + BLOCK - 1) // BLOCK
        solved = np.zeros((n_blocks, n_found, BLOCK), data.dtype)
        signs = np.empty((len(own), BLOCK), np.int8)
        for block in range(n_blocks):
            first = child_ptr[node] + block * BLOCK
            n_lanes = min(BLOCK, child_ptr[node + 1] - first)
            _mark_rows(own, first, n_lanes, positions, unknown, child_of, signs)
            factors = np.zeros((2, BLOCK), data.dtype)
            factors[:, :n_lanes] = C
            bias = np.zeros((1, BLOCK), data.dtype)
            alpha = np.zeros((len(own), BLOCK), data.dtype)
            logits = np.zeros((len(own), BLOCK), data.dtype)
            took = solve_block(
                stop,
                near_ptr,
                near,
                values,
                curvature[own],
                signs,
                weight[own],
                factors,
                loss,
                solved[block],
                bias,
                alpha,
                logits,
                tol,
                max_iter,
                seed + node,
                False,
            )
            if stop[0]:
                break
            for lane in range(n_lanes):
                intercepts[first + lane - start] = bias[0, lane]
                n_iter[first + lane - start] = took[0, lane]
        if stop[0]:
            break
        for f in np.argsort(found):
            before = n_weights
            children = enlarged(children, n_weights + width)
            weights = enlarged(weights, n_weights + width)
            for block in range(n_blocks):
                for lane in range(BLOCK):
                    w = solved[block, f, lane]
                    if abs(w) > prune:
                        children[n_weights] = block * BLOCK + lane
                        weights[n_weights] = w
                        n_weights += 1
            if n_weights > before:
                features, counts = enlarged(features, n_rows + 1), enlarged(counts, n_rows + 1)
                features[n_rows] = found[f]
                counts[n_rows] = n_weights - before
                n_rows += 1
                n_own[node - first_node] += 1
    return (
        intercepts,
        n_iter,
        n_own,
        features[:n_rows].copy(),
        counts[:n_rows].copy(),
        children[:n_weights].copy(),
        weights[:n_weights].copy(),
    )
