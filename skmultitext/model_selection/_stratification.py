"""Divide rows, or groups of rows, into parts with similar shares of every label."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from iterstrat.ml_stratifiers import IterativeStratification

from .._gate.samples import entry_rows
from .._gate.types import BoolArray, FloatArray, IntArray

# The library iterative-stratification sums the whole dense indicator once per label. With more
# sums than this, `iterative_stratification` on a sparse indicator is faster, with the same result.
_DENSE_WORK = 10**8
# A search reads at most this many array entries: about two seconds
_WORK = 2 * 10**8
# At most this many units are tried for one missing positive
_CANDIDATES = 32


def stratify_rows(
    labels: sp.csr_array,
    sizes: Sequence[int],
    *,
    rng: np.random.RandomState,
    shuffle: bool = True,
    first_part: BoolArray | None = None,
) -> IntArray:
    """Divide rows into parts of exact sizes; rows of `first_part` go to part 0."""
    n_samples = labels.shape[0]
    order = rng.permutation(n_samples) if shuffle else np.arange(n_samples)
    bound = np.zeros(n_samples, dtype=bool) if first_part is None else first_part[order]
    parts = np.zeros(n_samples, dtype=np.intp)
    if not bound.all():
        given = labels[order[bound]].sum(axis=0)
        parts[order[~bound]] = _divide(labels[order[~bound]], np.asarray(sizes), given, rng)
    return parts


def _divide(
    labels: sp.csr_array, sizes: IntArray, given: FloatArray, rng: np.random.RandomState
) -> IntArray:
    """Divide rows into parts; part 0 already has rows with the label counts `given`."""
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
    if (
        alike
    ):  # parts are interchangeable: sort them, so that the largest part gets the largest size
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


def iterative_stratification(
    labels: sp.csr_array, capacity: FloatArray, wish: FloatArray, rng: np.random.RandomState
) -> IntArray:
    """Stratify iteratively on a sparse indicator, in time proportional to its entries.

    The label with the fewest remaining rows is next. Each row goes to the part that lacks most
    positives of the label, of ties the one with most free rows. Random numbers are drawn in the
    same order as in `iterstrat.ml_stratifiers.IterativeStratification`, with the same result.
    """
    capacity, wish = capacity.copy(), wish.T.copy()
    columns = labels.tocsc()
    columns.sort_indices()
    parts = np.full(labels.shape[0], -1, dtype=np.intp)
    # remaining rows of each label; no number is below that of the labels that are done
    left = np.diff(columns.indptr).astype(np.int32)
    done = np.iinfo(np.int32).max
    left[left == 0] = done
    while (fewest := left.min(initial=done)) < done:
        rarest = np.flatnonzero(left == fewest)
        label = rarest[_draw(rng, len(rarest))]
        rows = columns.indices[columns.indptr[label] : columns.indptr[label + 1]]
        for row in rows[parts[rows] < 0]:
            part = _neediest(wish[label], capacity, rng)
            own = labels.indices[labels.indptr[row] : labels.indptr[row + 1]]
            parts[row] = part
            wish[own, part] -= 1
            capacity[part] -= 1
            left[own] -= 1
        left[left == 0] = done
    return parts


def _neediest(wish: FloatArray, capacity: FloatArray, rng: np.random.RandomState) -> int:
    best = np.flatnonzero(wish == wish.max())
    if len(best) > 1:
        room = capacity[best]
        best = best[room == room.max()]
    return best[_draw(rng, len(best))]


def _draw(rng: np.random.RandomState, n: int) -> int:
    """Draw from range(n); n = 1 uses no random number."""
    return rng.randint(0, n) if n > 1 else 0


def stratify_groups(
    labels: sp.csr_array,
    group_of: IntArray,
    n_parts: int,
    *,
    rng: np.random.RandomState,
    shuffle: bool,
) -> IntArray:
    """Divide groups of rows into parts with similar label counts and sizes."""
    # treat the size of a group as another label, so that part sizes are balanced too
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


def count_carriers(labels: sp.csr_array, group_of: IntArray) -> IntArray:
    """Count the groups with a positive of each label."""
    return np.bincount(_group_totals(labels, group_of).indices, minlength=labels.shape[1])


def _group_totals(labels: sp.csr_array, group_of: IntArray) -> sp.csr_array:
    """Sum the label counts of each group."""
    n_samples = len(group_of)
    members = sp.csr_array((np.ones(n_samples), (group_of, np.arange(n_samples))))
    return members @ labels


def _deal_out(
    totals: sp.csr_array, counts: FloatArray, n_parts: int, rng: np.random.RandomState | None
) -> IntArray:
    """Assign groups, by descending weight, each to the part where chi-squared rises least."""
    weights = np.divide(1.0, counts, out=np.zeros_like(counts), where=counts > 0)
    part_of = np.empty(totals.shape[0], dtype=np.intp)
    held = np.zeros((len(counts), n_parts))
    bounds = totals.indptr
    for group in np.argsort(-(totals.power(2) @ weights), kind="stable"):
        labels = totals.indices[bounds[group] : bounds[group + 1]]
        amounts = totals.data[bounds[group] : bounds[group + 1]]
        # all parts have the same target, so the cost depends only on their current counts
        costs = (amounts * weights[labels]) @ held[labels]
        best = np.flatnonzero(costs <= costs.min() * (1 + 1e-12))
        part = best[0 if rng is None else _draw(rng, len(best))]
        part_of[group] = part
        held[labels, part] += amounts
    return part_of


def _label_sets(labels: sp.csr_array) -> tuple[sp.csr_array, IntArray]:
    """Find the distinct rows of the indicator, and for each row the index of its label set."""
    labels.sort_indices()
    seen: dict[bytes, int] = {}
    unit_of = np.empty(labels.shape[0], dtype=np.intp)
    first: list[int] = []
    for row, (start, stop) in enumerate(pairwise(labels.indptr)):
        unit = seen.setdefault(labels.indices[start:stop].tobytes(), len(seen))
        if unit == len(first):
            first.append(row)
        unit_of[row] = unit
    return labels[first], unit_of


def occurs_once(labels: sp.csr_array) -> BoolArray:
    """Return a mask of the rows with a unique label set."""
    _, unit_of = _label_sets(labels)
    return np.bincount(unit_of)[unit_of] == 1


def _follow(parts: IntArray, unit_of: IntArray, before: IntArray, after: IntArray) -> IntArray:
    """Move as few rows as possible to change the units of the parts from `before` to `after`."""
    parts = parts.copy()
    by_unit = np.argsort(unit_of, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(unit_of, minlength=before.shape[1]))])
    for unit in np.flatnonzero((before != after).any(axis=0)):
        rows = by_unit[bounds[unit] : bounds[unit + 1]]
        change = after[:, unit] - before[:, unit]
        leaving = [rows[parts[rows] == part][n:] for part, n in enumerate(change) if n < 0]
        parts[np.concatenate(leaving)] = np.repeat(np.arange(len(change)), np.maximum(change, 0))
    return parts


def two_sides(parts: IntArray, rng: np.random.RandomState) -> tuple[IntArray, IntArray]:
    """Return the row numbers of the training and the test side, in random order."""
    return rng.permutation(np.flatnonzero(parts == 0)), rng.permutation(np.flatnonzero(parts == 1))


class Allocation:
    """Numbers of units in each part, and a search that moves units to balance label counts.

    It minimises Pearson's chi-squared between the actual and the proportional label counts of the
    parts, plus a larger penalty for each part without a required positive.
    """

    def __init__(
        self,
        units: sp.csr_array,  # (n_units, n_labels): label counts of units (label sets or groups)
        held: IntArray,  # (n_parts, n_units): copies of each unit per part; changed in place
        desired: FloatArray,  # (n_parts, n_labels): label counts that each part should have
        required: BoolArray,  # (n_parts, n_labels): whether a part should have a positive
        sizes: FloatArray,  # (n_parts,): rows that each part should have
        given: FloatArray,  # (n_parts, n_labels): label counts of rows that are already placed
    ) -> None:
        self.held = held
        self.n_parts, self.n_units = held.shape
        self._bounds = units.indptr
        self._labels = units.indices
        self._amounts = units.data.astype(np.float64)
        self._owner = entry_rows(units)
        self._by_label = sp.csc_array(units)
        self._one_each = bool(np.all(self._amounts == 1))
        self._desired = desired
        self._required = required
        self._counts = given + (held @ units)
        self._weights = _inverse(desired) + _inverse(sizes[:, None] - desired)
        # the penalty of a missing positive exceeds any change of chi-squared by a single move
        reach = 2 * self._counts.sum(axis=0) * self._weights.sum(axis=0)
        bound = np.bincount(self._owner, 4 * (self._amounts * reach[self._labels]), self.n_units)
        self._penalty = np.ceil(bound.max(initial=0)) + 1
        self._tolerance = 1e-9 + 1e-12 * self._penalty
        self._reads_left = _WORK

    def balance(self, surplus: IntArray) -> None:
        """Move single rows, the cheapest first, until no part has a surplus."""
        surplus = surplus.copy()
        while surplus.any():
            source = int(np.argmax(surplus))
            targets = np.flatnonzero(surplus < 0).tolist()
            costs = np.array([self._move_costs(source, target) for target in targets])
            best, unit = map(int, np.unravel_index(np.argmin(costs), costs.shape))
            self._move(unit, source, targets[best])
            surplus[source] -= 1
            surplus[targets[best]] += 1

    def improve(self, *, sizes_fixed: bool) -> None:
        """Exchange units until no exchange improves the objective.

        With `sizes_fixed`, units are only swapped one for one; otherwise single units move too.
        """
        self._cover(sizes_fixed)
        improved = True
        while improved and self._reads_left > 0:
            improved = False
            for a, b in combinations(range(self.n_parts), 2):
                while self._reads_left > 0 and (
                    (not sizes_fixed and (self._shift(a, b) or self._shift(b, a)))
                    or self._swap(a, b)
                ):
                    improved = True
            if not improved:
                improved = self._cover(sizes_fixed)

    def _shift(self, source: int, target: int) -> bool:
        """Move the best unit if this lowers the objective; return whether it moved."""
        costs = self._move_costs(source, target)
        unit = int(np.argmin(costs))
        if costs[unit] < -self._tolerance:
            self._move(unit, source, target)
            return True
        return False

    def _swap(self, a: int, b: int) -> bool:
        """Swap the unit whose move from a to b costs least, if the swap lowers the objective."""
        costs = self._move_costs(a, b)
        unit = int(np.argmin(costs))
        return np.isfinite(costs[unit]) and self._exchange(unit, costs[unit], a, b)

    def _exchange(self, unit: int, cost: float, source: int, target: int) -> bool:
        """Swap a unit for the best one of `target`, if this lowers the objective."""
        self._move(unit, source, target)
        back = self._move_costs(target, source)
        returned = int(np.argmin(back))
        if cost + back[returned] < -self._tolerance:
            self._move(returned, target, source)
            return True
        self._move(unit, target, source)
        return False

    def _cover(self, sizes_fixed: bool) -> bool:
        """Move a positive to each part without a required one; return whether any unit moved."""
        came = False
        for target, label in np.argwhere(self._required & (self._counts == 0)):
            if self._reads_left <= 0:
                break
            holders = self._units_of(label)
            sources = np.argsort(-self._counts[:, label], kind="stable")
            while self._reads_left > 0 and self._counts[target, label] == 0 and len(sources):
                source, sources = sources[0], sources[1:]
                if source != target:
                    came |= self._bring(holders, source, target, sizes_fixed)
        return came

    def _units_of(self, label: int) -> IntArray:
        """Find the units with a label."""
        start, end = self._by_label.indptr[label : label + 2]
        return np.unique(self._by_label.indices[start:end])

    def _bring(self, holders: IntArray, source: int, target: int, sizes_fixed: bool) -> bool:
        """Move one of the units `holders` to target, or swap it; return whether one moved."""
        costs = self._move_costs(source, target, holders)
        for i in np.argsort(costs, kind="stable")[:_CANDIDATES]:
            if not np.isfinite(costs[i]) or self._reads_left <= 0:
                return False
            if not sizes_fixed and costs[i] < -self._tolerance:
                self._move(holders[i], source, target)
                return True
            if self._exchange(holders[i], costs[i], source, target):
                return True
        return False

    def _move_costs(self, source: int, target: int, units: IntArray | None = None) -> FloatArray:
        """Change of the objective by moving one copy of each unit; inf if source has none."""
        owner, labels, amounts, held = self._owner, self._labels, self._amounts, self.held[source]
        if units is not None:
            entries, owner = _rows(self._bounds, units)
            labels, amounts, held = labels[entries], amounts[entries], held[units]
        # for few units, look at their labels only
        among: Any = labels if units is not None else slice(None)
        place: Any = slice(None) if units is not None else labels
        counts, required = self._counts[:, among], self._required[:, among]
        weights, desired = self._weights[:, among], self._desired[:, among]
        self._reads_left -= len(labels) + len(held) + counts.shape[1]
        linear = weights[target] * (counts[target] - desired[target])
        linear = 2 * (linear - weights[source] * (counts[source] - desired[source]))
        square = weights[target] + weights[source]
        gain = self._penalty * (required[target] & (counts[target] == 0))
        last = np.where(required[source], counts[source], np.inf)
        if self._one_each:
            per_label = linear + square - gain + self._penalty * (last <= 1)
            changes = per_label[place]
        else:
            changes = amounts * (linear[place] + amounts * square[place])
            changes += self._penalty * (last[place] <= amounts) - gain[place]
        costs = np.bincount(owner, changes, len(held)).astype(np.float64, copy=False)
        costs[held == 0] = np.inf
        return costs

    def _move(self, unit: int, source: int, target: int) -> None:
        entries = slice(self._bounds[unit], self._bounds[unit + 1])
        labels, amounts = self._labels[entries], self._amounts[entries]
        self._counts[source, labels] -= amounts
        self._counts[target, labels] += amounts
        self.held[source, unit] -= 1
        self.held[target, unit] += 1


def _rows(bounds: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Find the entries of the given rows of a CSR matrix, and each entry's index in `rows`."""
    lengths = bounds[rows + 1] - bounds[rows]
    owner = np.repeat(np.arange(len(rows)), lengths)
    starts = bounds[rows] - np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return np.arange(lengths.sum()) + starts[owner], owner


def _inverse(expected: FloatArray) -> FloatArray:
    """Return 1 / expected, and 0 where `expected` is 0."""
    return np.divide(1.0, expected, out=np.zeros_like(expected), where=expected > 1e-12)
