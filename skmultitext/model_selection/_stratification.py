"""Divide rows, or groups of rows, into parts with like shares of every label."""

from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from iterstrat.ml_stratifiers import IterativeStratification

from ._allocation import Allocation

# iterative-stratification sums the whole dense indicator once a label. Beyond this many sums
# `iterative_stratification`, which gives the same parts from a sparse indicator, is cheaper.
_DENSE_WORK = 10**8


def stratify_rows(labels, sizes, *, rng, shuffle=True, first_part=None):
    """Divide rows into parts of exact sizes by iterative stratification and exchanges.

    Parameters
    ----------
    labels : csr_array of shape (n_samples, n_labels)
        0/1 indicator.
    sizes : sequence of int, of length n_parts
        Rows of each part; they sum to n_samples.
    rng : RandomState
        Breaks ties and, if `shuffle`, orders the rows.
    shuffle : bool, default=True
        Whether rows are taken in random order.
    first_part : ndarray of shape (n_samples,), dtype bool, default=None
        Rows that must go to part 0; at most ``sizes[0]``.

    Returns
    -------
    ndarray of shape (n_samples,), dtype intp
        The part of each row.
    """
    n_samples = labels.shape[0]
    order = rng.permutation(n_samples) if shuffle else np.arange(n_samples)
    bound = np.zeros(n_samples, dtype=bool) if first_part is None else first_part[order]
    parts = np.zeros(n_samples, dtype=np.intp)
    if not bound.all():
        given = labels[order[bound]].sum(axis=0)
        parts[order[~bound]] = _divide(labels[order[~bound]], np.asarray(sizes), given, rng)
    return parts


def _divide(labels, sizes, given, rng):
    """Divide rows into parts; part 0 already holds the label counts `given`."""
    n_free, n_samples, n_parts = labels.shape[0], sizes.sum(), len(sizes)
    n_given = n_samples - n_free
    alike = n_given == 0 and np.ptp(sizes) <= 1
    shares = np.full(n_parts, 1 / n_parts) if alike else sizes / n_samples
    room = sizes.copy()
    room[0] -= n_given
    placed = np.zeros((n_parts, labels.shape[1]))
    placed[0] = given
    counts = labels.sum(axis=0) + given

    parts = np.full(n_free, -1, dtype=np.intp)
    labelled = np.diff(labels.indptr) > 0
    capacity = (shares if n_given == 0 else room / n_free) * labelled.sum()
    if n_given == 0 and labels.shape[0] * labels.shape[1] ** 2 <= _DENSE_WORK:
        dense = labels[labelled].toarray().astype(bool)
        parts[labelled] = IterativeStratification(dense, shares, rng)
    else:
        wish = np.outer(shares, counts) - placed
        parts[labelled] = iterative_stratification(labels[labelled], capacity, wish, rng)
    if alike:  # like parts may swap names: those with most rows become those that shall
        rename = np.empty(n_parts, dtype=np.intp)
        by_size = np.argsort(-np.bincount(parts[labelled], minlength=n_parts), kind="stable")
        rename[by_size] = np.argsort(-sizes, kind="stable")
        parts[labelled] = rename[parts[labelled]]
    lacking = np.maximum(room - np.bincount(parts[labelled], minlength=n_parts), 0)
    parts[~labelled] = np.repeat(np.arange(n_parts), lacking)[: n_free - labelled.sum()]

    kinds, unit_of = _label_sets(labels)
    held = np.zeros((n_parts, kinds.shape[0]), dtype=np.int64)
    np.add.at(held, (parts, unit_of), 1)
    desired = np.outer(sizes / n_samples, counts)
    required = np.outer(shares, counts) >= 1 - 1e-9
    allocation = Allocation(kinds, held.copy(), desired, required, sizes.astype(float), placed)
    allocation.balance(np.bincount(parts, minlength=n_parts) - room)
    allocation.improve(sizes_fixed=True)
    return _follow(parts, unit_of, held, allocation.held)


def iterative_stratification(labels, capacity, wish, rng):
    """Stratify iteratively on a sparse indicator, in time of its entries.

    The label with the fewest rows left is dealt out first, each row to the part that wants
    that label most, then to the part with most room, then at random. Random numbers are drawn
    where `iterstrat.ml_stratifiers.IterativeStratification` draws them, so that both give the
    same parts.

    Parameters
    ----------
    labels : csr_array of shape (n_samples, n_labels)
        0/1 indicator; every row has a label.
    capacity : ndarray of shape (n_parts,), dtype float64
        Rows wanted in each part.
    wish : ndarray of shape (n_parts, n_labels), dtype float64
        Positives of each label wanted in each part.
    rng : RandomState
        Breaks ties.

    Returns
    -------
    ndarray of shape (n_samples,), dtype intp
        The part of each row.
    """
    capacity, wish = capacity.copy(), wish.T.copy()
    columns = labels.tocsc()
    columns.sort_indices()
    parts = np.full(labels.shape[0], -1, dtype=np.intp)
    left = np.diff(columns.indptr).astype(np.int64)
    while left.any():
        rarest = np.flatnonzero(left == left[left > 0].min())
        label = rarest[_draw(rng, len(rarest))]
        rows = columns.indices[columns.indptr[label] : columns.indptr[label + 1]]
        for row in rows[parts[rows] < 0]:
            part = _neediest(wish[label], capacity, rng)
            own = labels.indices[labels.indptr[row] : labels.indptr[row + 1]]
            parts[row] = part
            wish[own, part] -= 1
            capacity[part] -= 1
            left[own] -= 1
    return parts


def _neediest(wish, capacity, rng):
    best = np.flatnonzero(wish == wish.max())
    if len(best) > 1:
        room = capacity[best]
        best = best[room == room.max()]
    return best[_draw(rng, len(best))]


def _draw(rng, n):
    """Draw from range(n); a single choice takes no random number."""
    return rng.randint(0, n) if n > 1 else 0


def stratify_groups(labels, group_of, n_parts, *, rng, shuffle):
    """Divide groups of rows into parts with like label counts and like sizes.

    The groups whose label counts weigh most come first, each goes to the part where it
    raises chi-squared least; then single groups are moved and pairs swapped.

    Parameters
    ----------
    labels : csr_array of shape (n_samples, n_labels)
        0/1 indicator.
    group_of : ndarray of shape (n_samples,), dtype intp
        The group of each row, 0 to n_groups - 1.
    n_parts : int
        Number of parts, at most n_groups.
    rng : RandomState
        Orders groups of equal weight and breaks ties if `shuffle`.
    shuffle : bool
        Whether `rng` is used.

    Returns
    -------
    ndarray of shape (n_samples,), dtype intp
        The part of each row.
    """
    # the size of a group is one more column: what evens out labels evens out sizes
    group_sizes = np.bincount(group_of)[:, None].astype(np.float64)
    totals = sp.csr_array(sp.hstack([_group_totals(labels, group_of), group_sizes]))
    n_samples, n_groups = len(group_of), len(group_sizes)
    order = rng.permutation(n_groups) if shuffle else np.arange(n_groups)
    totals = totals[order]
    counts = totals.sum(axis=0)
    part_of = _deal_out(totals, counts, n_parts, rng if shuffle else None)

    held = np.zeros((n_parts, n_groups), dtype=np.int64)
    held[part_of, np.arange(n_groups)] = 1
    desired = np.tile(counts / n_parts, (n_parts, 1))
    carriers = np.bincount(totals.indices, minlength=totals.shape[1])
    required = np.tile(carriers >= n_parts, (n_parts, 1))
    sizes = np.full(n_parts, n_samples / n_parts)
    allocation = Allocation(totals, held, desired, required, sizes, np.zeros_like(desired))
    allocation.improve(sizes_fixed=False)
    parts = np.empty(n_groups, dtype=np.intp)
    parts[order] = np.argmax(allocation.held, axis=0)
    return parts[group_of]


def count_carriers(labels, group_of):
    """Count the groups that hold a positive of each label, (n_labels,) int."""
    return np.bincount(_group_totals(labels, group_of).indices, minlength=labels.shape[1])


def _group_totals(labels, group_of):
    """Label counts of each group, csr_array of shape (n_groups, n_labels), float64."""
    n_samples = len(group_of)
    members = sp.csr_array((np.ones(n_samples), (group_of, np.arange(n_samples))))
    return members @ labels


def _deal_out(totals, counts, n_parts, rng):
    """Give each group, the weightiest first, to the part where it raises chi-squared least."""
    weights = np.divide(1.0, counts, out=np.zeros_like(counts), where=counts > 0)
    part_of = np.empty(totals.shape[0], dtype=np.intp)
    held = np.zeros((len(counts), n_parts))
    bounds = totals.indptr
    for group in np.argsort(-(totals.power(2) @ weights), kind="stable"):
        labels = totals.indices[bounds[group] : bounds[group + 1]]
        amounts = totals.data[bounds[group] : bounds[group + 1]]
        # the parts want equally many: only what they already hold tells them apart
        costs = (amounts * weights[labels]) @ held[labels]
        best = np.flatnonzero(costs <= costs.min() * (1 + 1e-12))
        part = best[0 if rng is None else _draw(rng, len(best))]
        part_of[group] = part
        held[labels, part] += amounts
    return part_of


def _label_sets(labels):
    """Find the distinct rows: a csr_array of them, and for each row which one it is."""
    labels.sort_indices()
    seen = {}
    unit_of = np.empty(labels.shape[0], dtype=np.intp)
    first = []
    for row, (start, stop) in enumerate(pairwise(labels.indptr)):
        unit = seen.setdefault(labels.indices[start:stop].tobytes(), len(seen))
        if unit == len(first):
            first.append(row)
        unit_of[row] = unit
    return labels[first], unit_of


def occurs_once(labels):
    """Tell which rows have a label set that no other row has, (n_samples,) bool."""
    _, unit_of = _label_sets(labels)
    return np.bincount(unit_of)[unit_of] == 1


def _follow(parts, unit_of, before, after):
    """Change the part of as few rows as it takes to hold `after` instead of `before`."""
    parts = parts.copy()
    by_unit = np.argsort(unit_of, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(unit_of, minlength=before.shape[1]))])
    for unit in np.flatnonzero((before != after).any(axis=0)):
        rows = by_unit[bounds[unit] : bounds[unit + 1]]
        change = after[:, unit] - before[:, unit]
        leaving = [rows[parts[rows] == part][n:] for part, n in enumerate(change) if n < 0]
        parts[np.concatenate(leaving)] = np.repeat(np.arange(len(change)), np.maximum(change, 0))
    return parts
