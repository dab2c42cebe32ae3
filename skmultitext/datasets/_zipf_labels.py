"""Draw label sets of a long tail: Zipf's law, rare labels in groups that occur together."""

from math import isqrt

import numpy as np

from .._gate.types import FloatArray, IntArray

_REDRAWS = 10  # of labels that a text has already; then any other label fills the place


def groups_of(n_labels: int) -> IntArray:
    """Return the group of each label, from the most frequent label down; -1: of no group.

    Every group has frequent and rare labels, and all groups are about as frequent as each other.
    """
    n_groups = isqrt(n_labels)
    labels = np.arange(n_labels)
    return np.where(labels < n_groups, -1, labels % n_groups)


def draw_label_sets(
    n_texts: int, n_labels: int, labels_per_text: float, random_state: np.random.RandomState
) -> tuple[IntArray, IntArray]:
    """Draw the labels of all texts, one text after the other, and their number for each text.

    Labels ascend within a text and do not repeat.
    """
    if labels_per_text < 1:
        counts = random_state.binomial(1, labels_per_text, n_texts)
    else:
        further = (labels_per_text - 1) / max(n_labels - 1, 1)
        counts = 1 + random_state.binomial(n_labels - 1, further, n_texts)
    draws = _Draws(n_labels, n_texts, random_state)
    texts = np.repeat(np.arange(n_texts), counts)
    labels = draws(texts)
    for _ in range(_REDRAWS):
        repeated = _repeated(texts, labels)
        labels[repeated] = draws(texts[repeated])
    _replace(_repeated(texts, labels), texts, labels, n_labels, random_state)
    return labels[np.lexsort((labels, texts))], counts


class _Draws:
    """Draws labels of texts, each of which has a group for its rarer labels."""

    def __init__(self, n_labels: int, n_texts: int, random_state: np.random.RandomState) -> None:
        self.random_state = random_state
        weights = 1 / np.arange(1, n_labels + 1)
        groups = groups_of(n_labels)
        # labels in the order of their groups; those of no group come first
        self.labels = np.argsort(groups, kind="stable")
        self.reached: FloatArray = np.cumsum(weights[self.labels])
        sizes = np.bincount(groups + 1)
        self.ends = np.cumsum(sizes)
        self.widths = np.diff(self.reached[self.ends - 1])
        of_text = random_state.random_sample(n_texts) * self.widths.sum()
        self.group_of_text = _place(np.cumsum(self.widths), of_text, len(self.widths) - 1)

    def __call__(self, texts: IntArray) -> IntArray:
        """Draw one label for each entry of `texts`."""
        drawn = self.random_state.random_sample(len(texts)) * self.reached[-1]
        frequent = self.reached[self.ends[0] - 1]
        last = np.full(len(texts), self.ends[0] - 1)
        rare = np.flatnonzero(drawn >= frequent)
        group = self.group_of_text[texts[rare]]
        start = self.reached[self.ends[group] - 1]
        drawn[rare] = start + self.random_state.random_sample(len(rare)) * self.widths[group]
        last[rare] = self.ends[group + 1] - 1
        return self.labels[_place(self.reached, drawn, last)]


def _place(reached: FloatArray, drawn: FloatArray, last: IntArray | int) -> IntArray:
    # rounding may carry a number to the end of the last interval
    return np.minimum(np.searchsorted(reached, drawn, "right"), last)


def _repeated(texts: IntArray, labels: IntArray) -> IntArray:
    """Find entries whose label an earlier entry of the same text has."""
    order = np.lexsort((labels, texts))
    same = (np.diff(texts[order]) == 0) & (np.diff(labels[order]) == 0)
    return order[1:][same]


def _replace(
    repeated: IntArray,
    texts: IntArray,
    labels: IntArray,
    n_labels: int,
    random_state: np.random.RandomState,
) -> None:
    """Replace repeated labels by others that their texts do not have."""
    for text in np.unique(texts[repeated]):
        places = repeated[texts[repeated] == text]
        start, end = np.searchsorted(texts, [text, text + 1])
        free = np.setdiff1d(np.arange(n_labels), labels[start:end])
        labels[places] = random_state.choice(free, len(places), replace=False)
