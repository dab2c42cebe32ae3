"""Display of label co-occurrence."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import scipy.sparse as sp

from .._gate.hierarchy import order_of_tree
from .._gate.parameters import check_choice
from .._gate.samples import count_positives, known_entries, positive_entries
from .._gate.types import AnyArray, FloatArray, Indicator, IntArray, LabelNames, Labels, Numbers
from .._runtime.memory import refuse_too_large
from ._axes import INK, PALE, fitting_size, font_size, name_rows, open_axes, points
from ._inputs import choose_labels, read_label_matrix

STATISTICS = ("count", "conditional", "correlation")
_TITLES = {
    "count": "Documents with both labels",
    "conditional": "Share with the label of the column\namong those with the label of the row",
    "correlation": "Correlation (phi)",
}
_CELL_BYTES = 32  # of a table of label pairs and its picture
_MOST_WRITTEN = 12  # with more labels, the cells have no numbers


class LabelCooccurrenceDisplay:
    """Heat map of label co-occurrence: counts, conditional shares or correlations.

    Make it with `from_labels`. Without `ax`, pyplot makes a figure and keeps it until
    ``matplotlib.pyplot.close(display.figure_)``. The diagonal (the support, or 1)
    does not affect the colour scale.

    Parameters
    ----------
    counts : array-like of shape (n, n), dtype int64
        Documents that have both labels; the diagonal holds the support of each.
    label_names : sequence of str of length n
        Names of the rows and columns.
    n_samples : int
        Number of documents.
    n_others : int, default=0
        Number of labels that the last row and column combine, at least 0. Their cells do not affect
        the colour scale and may exceed it, so that the other pairs of labels keep their contrast.
    n_known : array-like of shape (n, n), dtype int64, default=None
        Documents where both labels are known. None: all labels of all documents are known.
    support : array-like of shape (n, n), dtype int64, default=None
        Documents with the label of the row, among those where the label of the column is known.
        None: the diagonal of `counts` in each column. Pass both or neither.

    Attributes
    ----------
    matrix : ndarray of shape (n, n), dtype int64 or float64
        The values drawn last; nan where undefined.
    im_ : AxesImage
        The heat map.
    text_ : ndarray of shape (n, n), dtype object, or None
        The numbers in the cells; None with more than 12 labels.
    colorbar_ : Colorbar or None
        The colour scale.
    ax_ : Axes
        Axes with the heat map.
    figure_ : Figure
        Figure of the axes.

    References
    ----------
    Yule (1912), "On the Methods of Measuring Association Between Two Attributes", Journal of the
    Royal Statistical Society 75(6): the phi coefficient.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from skmultitext.display import LabelCooccurrenceDisplay
    >>> display = LabelCooccurrenceDisplay.from_labels(
    ...     [["refund"], ["billing", "refund"], []], statistic="conditional")
    >>> display.label_names
    ['refund', 'billing']
    >>> display.matrix
    array([[1. , 0.5],
           [1. , 1. ]])
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        counts: Numbers,
        *,
        label_names: LabelNames,
        n_samples: int,
        n_others: int = 0,
        n_known: Numbers | None = None,
        support: Numbers | None = None,
    ) -> None:
        self.counts = counts
        self.label_names = label_names
        self.n_samples = n_samples
        self.n_others = n_others
        self.n_known = n_known
        self.support = support

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {len(self.label_names)} labels, {self.n_samples:,} documents>"
        )

    def plot(
        self,
        ax: Any = None,
        *,
        statistic: str = "count",
        colorbar: bool = True,
        im_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the heat map.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        statistic : {"count", "conditional", "correlation"}, default="count"
            "count": number of documents with both labels; "conditional": share of the documents
            with the label of the row that also have the label of the column; "correlation": phi
            coefficient of the two labels.
        colorbar : bool, default=True
            Whether to draw the colour scale, which takes some space from the axes.
        im_kwargs : dict, default=None
            Arguments of ``Axes.imshow``.

        Returns
        -------
        self
            The display.

        Raises
        ------
        ValueError
            If an argument is not legal or the names do not fit the counts.
        MissingExtraError
            If matplotlib is not installed.
        """
        check_choice("statistic", statistic, STATISTICS)
        counts, n = np.asarray(self.counts), len(self.label_names)
        if counts.shape != (n, n) or not n:
            raise ValueError(
                f"counts has shape {counts.shape}, label_names {n} names; pass one row, one "
                f"column and one name per label."
            )
        known, support = self._of_pairs(counts)
        self.matrix = {
            "count": lambda: counts,
            "conditional": lambda: conditional_shares(counts, support),
            "correlation": lambda: phi_correlations(counts, support, known),
        }[statistic]()
        side = 2.2 + max(0.24 * n, 2.4)
        ax, own = open_axes(ax, "LabelCooccurrenceDisplay.plot", (side + 1.2, side))
        self.ax_, self.figure_ = ax, ax.figure
        cells = np.ma.masked_invalid(self.matrix.astype(np.float64))
        cells[np.eye(n, dtype=bool)] = np.ma.masked
        ax.set_facecolor(PALE)  # masked: the diagonal and undefined cells
        limits = self._limits(cells, statistic)
        self.im_ = ax.imshow(cells, **{"aspect": "auto", **limits, **(im_kwargs or {})})
        self.colorbar_ = None
        if colorbar:
            extend = _exceeding(cells, self.im_.norm)
            self.colorbar_ = self.figure_.colorbar(self.im_, ax=ax, shrink=0.8, extend=extend)
            self.colorbar_.set_label(_TITLES[statistic], fontsize=font_size("small"))
            self.colorbar_.ax.tick_params(labelsize=font_size("small"))
        name_rows(ax, self.label_names, own=own)
        name_rows(ax, self.label_names, own=own, axis="x")
        ax.tick_params(length=0)
        self.text_ = self._write(ax, statistic) if n <= _MOST_WRITTEN else None
        return self

    def _of_pairs(self, counts: AnyArray) -> tuple[Any, AnyArray]:
        """Count the known documents of each pair, and those of them with the label of the row."""
        if self.n_known is None and self.support is None:
            return self.n_samples, np.diagonal(counts)[:, None]
        known, support = np.asarray(self.n_known), np.asarray(self.support)
        if not known.shape == support.shape == counts.shape:
            raise ValueError(
                f"n_known has shape {known.shape}, support {support.shape}, counts {counts.shape}; "
                f"pass both in the shape of counts, or neither."
            )
        return known, support

    def _limits(self, cells: Any, statistic: str) -> dict[str, Any]:
        own = cells[:-1, :-1] if self.n_others else cells
        cells = own if own.count() else cells
        if statistic == "correlation":
            reach = max(float(np.abs(cells).max()), 0.01) if cells.count() else 1.0
            return {"cmap": "RdBu_r", "vmin": -reach, "vmax": reach}
        highest = float(cells.max()) if cells.count() else 1.0
        return {"cmap": "Blues", "vmin": 0, "vmax": highest or 1.0}

    def _write(self, ax: Any, statistic: str) -> AnyArray:
        """Write each number into its cell, dark on light cells and light on dark ones."""
        n = len(self.matrix)
        written = [[_number(value, statistic) for value in row] for row in self.matrix]
        width, height = points(ax)
        size = min(font_size("medium"), height / n / 1.5)
        size = fitting_size(0.85 * width / n, max(len(t) for row in written for t in row), size)
        texts = np.empty((n, n), dtype=object)
        for i, row in enumerate(written):
            for j, text in enumerate(row):
                value = self.matrix[i, j]
                plain = i == j or np.isnan(value)
                red, green, blue, _ = self.im_.cmap(self.im_.norm(0 if plain else value))
                dark = not plain and 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
                color = "white" if dark else INK
                texts[i, j] = ax.text(
                    j, i, text, ha="center", va="center", color=color, fontsize=size
                )
        return texts

    @classmethod
    def from_labels(
        cls,
        y: Labels,
        *,
        label_names: LabelNames | None = None,
        top: int | None = 30,
        labels: Sequence[str] | None = None,
        hierarchy: Any = None,
        statistic: str = "count",
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> Self:
        """Count co-occurring labels and draw the heat map.

        Parameters
        ----------
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in any form that a tagger takes, for instance an indicator of 0 and 1 of
            shape (n_samples, n_labels). NaN: the label is unknown; a pair of labels is counted
            over the documents where both are known.
        label_names : sequence of str of length n_labels, default=None
            Names of the columns, or all names that may occur in label sets; None takes the names
            in y, or numbers the columns.
        top : int or None, default=30
            Number of labels to draw, the most frequent, at least 1. The others share one row, which
            counts the documents with any of them. None draws all.
        labels : sequence of str, default=None
            Names of the labels to draw instead of `top`; the others are left out.
        hierarchy : dict, list of (child, parent), or str, default=None
            Which label implies which, as in `skmultitext.hierarchy.HierarchicalTagger`. The labels
            are then drawn depth first, each below one of its parents.
        statistic : {"count", "conditional", "correlation"}, default="count"
            What to draw; see `plot`.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **plot_kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        LabelCooccurrenceDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If y cannot be read or holds unknown labels, or an argument is not legal.
        MissingExtraError
            If matplotlib is not installed.
        """
        indicator, names = read_label_matrix(y, label_names)
        choice = choose_labels(names, count_positives(indicator), top=top, labels=labels)
        if hierarchy is not None:
            order, _ = order_of_tree(hierarchy, [names[j] for j in choice.shown])
            choice = replace(choice, shown=choice.shown[order])
        refuse_too_large(
            f"A table of the pairs of {len(choice.shown)} labels",
            _CELL_BYTES * len(choice.shown) ** 2,
            "Pass top=30 for the most frequent labels, or their names as labels.",
        )
        positive = positive_entries(indicator)
        counts = cooccurrence_counts(positive, choice.shown, choice.others)
        known, support = None, None
        if positive is not indicator:
            known, support = known_pairs(indicator, choice.shown, choice.others)
        return cls(
            counts,
            label_names=choice.names(names),
            n_samples=indicator.shape[0],
            n_others=len(choice.others),
            n_known=known,
            support=support,
        ).plot(ax, statistic=statistic, **plot_kwargs)


def _exceeding(cells: Any, norm: Any) -> str:
    """Return the ends at which cells exceed the colour scale, as `extend` of a colorbar."""
    above, below = np.any(cells > norm.vmax), np.any(cells < norm.vmin)
    return "both" if above and below else "max" if above else "min" if below else "neither"


def _number(value: Any, statistic: str) -> str:
    """Format a number so that it fits into a cell."""
    if np.isnan(value):
        return ""
    if statistic == "count":
        return f"{value:d}" if value < 10_000 else f"{value / 1000:.0f}k"
    return f"{value:.2f}"


def cooccurrence_counts(
    indicator: Indicator, shown: Sequence[int] | AnyArray, others: Sequence[int] | AnyArray = ()
) -> IntArray:
    """Count the documents with both of two labels; the diagonal is the support.

    The columns in `others` count as one label: a document has it if it has any of them.
    """
    columns = sp.csc_array(indicator).astype(np.int64)
    parts = [columns[:, list(shown)]]
    if len(others):
        any_other = columns[:, list(others)].sum(axis=1) > 0
        parts.append(sp.csc_array(any_other.astype(np.int64)[:, None]))
    marks = sp.hstack(parts, format="csc")
    return (marks.T @ marks).toarray()


def known_pairs(
    indicator: Indicator, shown: Sequence[int] | AnyArray, others: Sequence[int] | AnyArray = ()
) -> tuple[IntArray, IntArray]:
    """Count the documents where both labels are known, and those of them with the first one.

    Of the other labels, a document has any if one is positive, and none if all are known to be
    negative.
    """
    positive = sp.csc_array(positive_entries(indicator)).astype(np.int64)
    marks = [known_entries(indicator[:, list(shown)])]
    parts = [positive[:, list(shown)]]
    if len(others):
        any_other = np.asarray(positive[:, list(others)].sum(axis=1)).ravel() > 0
        unknown: Any = indicator[:, list(others)] < 0
        all_known = np.asarray(unknown.sum(axis=1)).ravel() == 0
        marks.append((any_other | all_known)[:, None])
        parts.append(sp.csc_array(any_other.astype(np.int64)[:, None]))
    both = np.hstack(marks).astype(np.float64)  # sums of 0 and 1 are exact, and BLAS is fast
    support = sp.hstack(parts, format="csc").T @ both
    return (both.T @ both).astype(np.int64), support.astype(np.int64)


def conditional_shares(counts: IntArray, support: AnyArray) -> FloatArray:
    """Share of documents with label j among those with label i; nan if none has label i.

    `support`, (n, n) or (n, 1), counts those with label i where label j is known.
    """
    nothing = np.full(counts.shape, np.nan)
    return np.divide(counts, support.astype(np.float64), out=nothing, where=support > 0)


def phi_correlations(counts: IntArray, support: AnyArray, n_known: Any) -> FloatArray:
    """Phi coefficients: Pearson correlations of 0/1 columns; nan if a label is constant.

    `support`, (n, n) or (n, 1), counts the documents with label i where label j is known, and
    `n_known`, (n, n) or one number, those where both are known.
    """
    support = support.astype(np.float64)
    spread = support * (n_known - support)
    scale = np.sqrt(spread * spread.T)
    covariance = n_known * counts - support * support.T
    return np.divide(covariance, scale, out=np.full(counts.shape, np.nan), where=scale > 0)
