"""Display of the co-occurrence of labels."""

import numpy as np

from ..metrics._averages import check_choice
from ._axes import INK, PALE, fitting_size, font_size, name_rows, open_axes, points
from ._inputs import choose_labels, read_label_matrix
from ._statistics import conditional_shares, cooccurrence_counts, label_counts, phi_correlations

STATISTICS = ("count", "conditional", "correlation")
_TITLES = {
    "count": "Documents with both labels",
    "conditional": "Share with the label of the column\namong those with the label of the row",
    "correlation": "Correlation (phi)",
}
_MOST_WRITTEN = 12  # labels up to which the cells hold their numbers


class LabelCooccurrenceDisplay:
    """Heat map of labels that occur together: counts, conditional shares or correlations.

    Make it with `from_labels`. Without an axes of yours, a figure is made with pyplot, which keeps
    it until ``matplotlib.pyplot.close(display.figure_)``. The diagonal, which is the support, 1
    or 1, takes no part in the scale of colours.

    Parameters
    ----------
    counts : array-like of shape (n, n), dtype int64
        Documents that have both labels; the diagonal holds the support of each.
    label_names : sequence of str of length n
        Names of the rows and columns.
    n_samples : int
        Number of documents.
    n_others : int, default=0
        Number of labels that the last row and column stand for together, at least 0. Their cells
        take no part in the scale of colours, which they may exceed, so that pairs of single
        labels can be told apart.

    Attributes
    ----------
    matrix : ndarray of shape (n, n), dtype int64 or float64
        What was drawn last; nan where it is not defined.
    im_ : AxesImage
        The heat map.
    text_ : ndarray of shape (n, n), dtype object, or None
        The numbers in the cells, up to 12 labels.
    colorbar_ : Colorbar or None
        The scale of colours.
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

    def __init__(self, counts, *, label_names, n_samples, n_others=0):
        self.counts = counts
        self.label_names = label_names
        self.n_samples = n_samples
        self.n_others = n_others

    def plot(self, ax=None, *, statistic="count", colorbar=True, im_kwargs=None):
        """Draw the heat map.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        statistic : {"count", "conditional", "correlation"}, default="count"
            Number of documents with both labels; the share of those with the label of the row
            that also have the label of the column; or the correlation of the two.
        colorbar : bool, default=True
            Whether the scale of colours is drawn, for which the axes give up some room.
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
        self.matrix = {
            "count": lambda: counts,
            "conditional": lambda: conditional_shares(counts),
            "correlation": lambda: phi_correlations(counts, self.n_samples),
        }[statistic]()
        side = 2.2 + max(0.24 * n, 2.4)
        ax, own = open_axes(ax, "LabelCooccurrenceDisplay.plot", (side + 1.2, side))
        self.ax_, self.figure_ = ax, ax.figure
        cells = np.ma.masked_invalid(self.matrix.astype(np.float64))
        cells[np.eye(n, dtype=bool)] = np.ma.masked
        ax.set_facecolor(PALE)  # what is masked: the diagonal and what is not defined
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

    def _limits(self, cells, statistic):
        own = cells[:-1, :-1] if self.n_others else cells
        cells = own if own.count() else cells
        if statistic == "correlation":
            reach = max(float(np.abs(cells).max()), 0.01) if cells.count() else 1.0
            return {"cmap": "RdBu_r", "vmin": -reach, "vmax": reach}
        highest = float(cells.max()) if cells.count() else 1.0
        return {"cmap": "Blues", "vmin": 0, "vmax": highest or 1.0}

    def _write(self, ax, statistic):
        """Write the number of each cell into it, dark on light and light on dark."""
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
        cls, y, *, label_names=None, top=30, labels=None, statistic="count", ax=None, **plot_kwargs
    ):
        """Count labels that occur together and draw the heat map.

        Parameters
        ----------
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in any form that a tagger takes, for instance an indicator of 0 and 1 of
            shape (n_samples, n_labels).
        label_names : sequence of str of length n_labels, default=None
            Names of the columns, or all names that label sets may hold; None takes those of
            y, or numbers the columns.
        top : int or None, default=30
            Number of labels with a row of their own, the most frequent. The others are one row
            together: a document has it where it has any of them. At least 1; None draws all.
        labels : sequence of str, default=None
            Names of the labels to draw, instead of `top`; the others are left out.
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
        choice = choose_labels(names, label_counts(indicator), top=top, labels=labels)
        counts = cooccurrence_counts(indicator, choice.shown, choice.others)
        return cls(
            counts,
            label_names=choice.names(names),
            n_samples=indicator.shape[0],
            n_others=len(choice.others),
        ).plot(ax, statistic=statistic, **plot_kwargs)


def _exceeding(cells, norm):
    """Say at which ends of the scale of colours there are cells beyond it."""
    above, below = np.any(cells > norm.vmax), np.any(cells < norm.vmin)
    return "both" if above and below else "max" if above else "min" if below else "neither"


def _number(value, statistic):
    """Write a number so that it fits a cell."""
    if np.isnan(value):
        return ""
    if statistic == "count":
        return f"{value:d}" if value < 10_000 else f"{value / 1000:.0f}k"
    return f"{value:.2f}"
