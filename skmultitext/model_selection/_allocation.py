"""Shift and swap rows (or groups of rows) between the parts of a split until the labels fit.

The measure is Pearson's chi-squared between the label counts of the parts and the counts that
proportion asks for; before it comes coverage: a part that should have a positive of a label has
one.
"""

from itertools import combinations

import numpy as np

# Array entries that one search may read: bounds its time (about two seconds) whatever the data
_WORK = 2 * 10**8
# Rows tried for one missing positive before the search gives it up
_CANDIDATES = 32


class Allocation:
    """How many units of each kind every part holds, and what moving one does to the labels.

    Parameters
    ----------
    units : csr_array of shape (n_units, n_labels)
        The label counts of one unit of each kind: a label set, or a group of rows.
    held : ndarray of shape (n_parts, n_units), dtype int64
        How many units of each kind each part holds; changed in place.
    desired : ndarray of shape (n_parts, n_labels), dtype float64
        The label counts that each part should have.
    required : ndarray of shape (n_parts, n_labels), dtype bool
        Where a part should have at least one positive.
    sizes : ndarray of shape (n_parts,), dtype float64
        The number of rows each part should have.
    given : ndarray of shape (n_parts, n_labels), dtype float64
        Label counts of rows that are already placed and stay where they are.
    """

    def __init__(self, units, held, desired, required, sizes, given):
        self.held = held
        self.n_parts, self.n_units = held.shape
        self._bounds = units.indptr
        self._labels = units.indices
        self._amounts = units.data.astype(np.float64)
        self._owner = np.repeat(np.arange(self.n_units), np.diff(units.indptr))
        self._one_each = bool(np.all(self._amounts == 1))
        self._desired = desired
        self._required = required
        self._counts = given + (held @ units)
        self._weights = _inverse(desired) + _inverse(sizes[:, None] - desired)
        # A missing positive outweighs whatever a single move can change in chi-squared
        reach = 2 * self._counts.sum(axis=0) * self._weights.sum(axis=0)
        bound = np.bincount(self._owner, 4 * (self._amounts * reach[self._labels]), self.n_units)
        self._penalty = np.ceil(bound.max(initial=0)) + 1
        self._tolerance = 1e-9 + 1e-12 * self._penalty
        self._reads_left = _WORK

    def balance(self, surplus):
        """Move units, the least harmful first, until no part has a surplus of rows.

        Parameters
        ----------
        surplus : ndarray of shape (n_parts,), dtype int64
            Rows that each part has too many, negative where it lacks rows; sums to 0. Every
            unit counts as one row.
        """
        surplus = surplus.copy()
        while surplus.any():
            source = int(np.argmax(surplus))
            targets = np.flatnonzero(surplus < 0)
            costs = np.array([self._move_costs(source, target) for target in targets])
            best, unit = np.unravel_index(np.argmin(costs), costs.shape)
            self._move(unit, source, targets[best])
            surplus[source] -= 1
            surplus[targets[best]] += 1

    def improve(self, *, sizes_fixed):
        """Search for exchanges that mend the label counts, until none is found.

        Parameters
        ----------
        sizes_fixed : bool
            Whether units are only swapped one for one, or may also change the part alone.
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

    def _shift(self, source, target):
        """Move the best unit if that alone is a gain."""
        costs = self._move_costs(source, target)
        unit = np.argmin(costs)
        if costs[unit] < -self._tolerance:
            self._move(unit, source, target)
            return True
        return False

    def _swap(self, a, b):
        """Swap the unit that a gives up most gladly for the best that b can return."""
        costs = self._move_costs(a, b)
        unit = np.argmin(costs)
        return np.isfinite(costs[unit]) and self._exchange(unit, costs[unit], a, b)

    def _exchange(self, unit, cost, source, target):
        """Move a unit and return the best one for it if both together are a gain."""
        self._move(unit, source, target)
        back = self._move_costs(target, source)
        returned = np.argmin(back)
        if cost + back[returned] < -self._tolerance:
            self._move(returned, target, source)
            return True
        self._move(unit, target, source)
        return False

    def _cover(self, sizes_fixed):
        """Bring a positive to each part that lacks one it should have; tell if any came."""
        came = False
        for target, label in np.argwhere(self._required & (self._counts == 0)):
            holders = np.unique(self._owner[self._labels == label])
            sources = np.argsort(-self._counts[:, label], kind="stable")
            while self._reads_left > 0 and self._counts[target, label] == 0 and len(sources):
                source, sources = sources[0], sources[1:]
                if source != target:
                    came |= self._bring(holders, source, target, sizes_fixed)
        return came

    def _bring(self, holders, source, target, sizes_fixed):
        """Move one of the units from source to target, in exchange if need be; tell if one was."""
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

    def _move_costs(self, source, target, units=None):
        """Change of the measure if one of each of the units moved; inf where there is none."""
        owner, labels, amounts, held = self._owner, self._labels, self._amounts, self.held[source]
        if units is not None:
            entries, owner = _rows(self._bounds, units)
            labels, amounts, held = labels[entries], amounts[entries], held[units]
        self._reads_left -= len(labels) + len(held)
        excess = self._counts - self._desired
        w_source, w_target = self._weights[source], self._weights[target]
        linear = 2 * (w_target * excess[target] - w_source * excess[source])
        square = w_target + w_source
        gain = self._penalty * (self._required[target] & (self._counts[target] == 0))
        last = np.where(self._required[source], self._counts[source], np.inf)
        if self._one_each:
            per_label = linear + square - gain + self._penalty * (last <= 1)
            changes = per_label[labels]
        else:
            changes = amounts * (linear[labels] + amounts * square[labels])
            changes += self._penalty * (last[labels] <= amounts) - gain[labels]
        costs = np.bincount(owner, changes, len(held)).astype(np.float64, copy=False)
        costs[held == 0] = np.inf
        return costs

    def _move(self, unit, source, target):
        entries = slice(self._bounds[unit], self._bounds[unit + 1])
        labels, amounts = self._labels[entries], self._amounts[entries]
        self._counts[source, labels] -= amounts
        self._counts[target, labels] += amounts
        self.held[source, unit] -= 1
        self.held[target, unit] += 1


def _rows(bounds, rows):
    """Entries of some rows of a CSR matrix, and for each entry which of these rows it is in."""
    lengths = bounds[rows + 1] - bounds[rows]
    owner = np.repeat(np.arange(len(rows)), lengths)
    starts = bounds[rows] - np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return np.arange(lengths.sum()) + starts[owner], owner


def _inverse(expected):
    """Return 1 / expected, and 0 where nothing is expected."""
    return np.divide(1.0, expected, out=np.zeros_like(expected), where=expected > 1e-12)
