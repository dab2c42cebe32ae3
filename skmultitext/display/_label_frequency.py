"""Display of the frequency of labels."""

import numpy as np

from ._axes import GREY, PALETTE, despine, fitting_size, font_size, name_rows, open_axes, points
from ._inputs import choose_labels, read_label_matrix
from ._statistics import label_counts

_LONGEST_SUM = 1.2  # times the longest bar of a label
_ROOM = 0.3  # of the width of the axes, for the numbers at the end of the bars


class LabelFrequencyDisplay:
    """How many documents each label has, most frequent first.

    Make it with `from_labels`. Without an axes of yours, a figure is made with pyplot, which keeps
    it until ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    counts : array-like of shape (n_labels,), dtype int64
        Number of documents of each label, at least 0.
    label_names : sequence of str of length n_labels
        Names of the labels.
    n_samples : int
        Number of documents.

    Attributes
    ----------
    cardinality : float
        Label cardinality: mean number of labels a document.
    bars_ : BarContainer
        The bars, from above. That of the other labels is cut, and says so, where their sum is
        more than 1.2 times the longest bar of a label.
    texts_ : list of Text
        The numbers at the end of the bars.
    ax_ : Axes
        Axes with the bars.
    figure_ : Figure
        Figure of the axes.

    References
    ----------
    Tsoumakas and Katakis (2007), "Multi-Label Classification: An Overview", International
    Journal of Data Warehousing and Mining 3(3): label cardinality.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from skmultitext.display import LabelFrequencyDisplay
    >>> display = LabelFrequencyDisplay.from_labels([["refund"], ["billing", "refund"], []])
    >>> display.label_names, display.counts
    (['billing', 'refund'], array([1, 2]))
    >>> [text.get_text() for text in display.texts_]
    ['2 (66.7%)', '1 (33.3%)']
    >>> plt.close(display.figure_)
    """

    def __init__(self, counts, *, label_names, n_samples):
        self.counts = counts
        self.label_names = label_names
        self.n_samples = n_samples

    @property
    def cardinality(self):
        """Mean number of labels a document, float."""
        return float(np.sum(self.counts) / self.n_samples)

    def plot(self, ax=None, *, top=30, labels=None, log=False, bar_kwargs=None):
        """Draw the bars.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        top : int or None, default=30
            Number of labels with a bar of their own, the most frequent; the others are summed.
            At least 1; None draws all.
        labels : sequence of str, default=None
            Names of the labels to draw, instead of `top`; the others are left out.
        log : bool, default=False
            Whether the axis of counts is logarithmic.
        bar_kwargs : dict, default=None
            Arguments of ``Axes.barh``.

        Returns
        -------
        self
            The display.

        Raises
        ------
        ValueError
            If an argument is not legal or a label is unknown.
        MissingExtraError
            If matplotlib is not installed.
        """
        counts = np.asarray(self.counts)
        if counts.shape != (len(self.label_names),) or not len(counts):
            raise ValueError(
                f"counts has shape {counts.shape}, label_names {len(self.label_names)} names; "
                f"pass one count per label, at least one."
            )
        choice = choose_labels(self.label_names, counts, top=top, labels=labels)
        names = choice.names(self.label_names)
        lengths = counts[choice.shown].tolist()
        numbers = [f"{n:,} ({n / self.n_samples:.1%})" for n in lengths]
        colors = [PALETTE[0]] * len(lengths)
        if len(choice.others):
            total, longest = int(counts[choice.others].sum()), max(*lengths, 1)
            # the sum of many rare labels must not squeeze the bars of all the others
            cut = not log and total > _LONGEST_SUM * longest
            lengths.append(_LONGEST_SUM * longest if cut else total)
            numbers.append(f"{total:,} in sum" + ", bar cut" * cut)
            colors.append(GREY)

        ax, own = open_axes(ax, "LabelFrequencyDisplay.plot", (8, 1.1 + 0.24 * len(names)))
        self.ax_, self.figure_ = ax, ax.figure
        rows = np.arange(len(names))
        self.bars_ = ax.barh(rows, lengths, **{"color": colors, **(bar_kwargs or {})})
        if numbers[-1].endswith("cut"):
            self.bars_[-1].set(hatch="//", edgecolor="white")
        ax.set_ylim(len(names) - 0.5, -0.5)
        highest = max(*lengths, 1)
        if log:
            ax.set_xscale("log")
            ax.set_xlim(0.5, highest * (2.0 * highest) ** (_ROOM / (1 - _ROOM)))
        else:
            ax.set_xlim(0, highest / (1 - _ROOM))
        ax.set_xlabel(f"Documents (of {self.n_samples:,}; {self.cardinality:.2f} labels each)")
        name_rows(ax, names, own=own)
        self._write(ax, lengths, numbers, log)
        despine(ax)
        return self

    def _write(self, ax, lengths, numbers, log):
        """Write the numbers behind the bars, in type that fits there."""
        width, height = points(ax)
        largest = min(font_size("small"), height / len(lengths) / 1.3)
        size = fitting_size(_ROOM * width - 4, max(map(len, numbers)), largest)
        self.texts_ = [
            ax.annotate(
                number,
                (max(length, 0.5) if log else length, row),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=size,
            )
            for row, (length, number) in enumerate(zip(lengths, numbers, strict=True))
        ]

    @classmethod
    def from_labels(cls, y, *, label_names=None, ax=None, **plot_kwargs):
        """Count labels and draw their frequency.

        Parameters
        ----------
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in any form that a tagger takes, for instance an indicator of 0 and 1 of
            shape (n_samples, n_labels).
        label_names : sequence of str of length n_labels, default=None
            Names of the columns, or all names that label sets may hold; None takes those of
            y, or numbers the columns.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **plot_kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        LabelFrequencyDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If y cannot be read or holds unknown labels, or an argument is not legal.
        MissingExtraError
            If matplotlib is not installed.
        """
        indicator, names = read_label_matrix(y, label_names)
        counts = label_counts(indicator)
        return cls(counts, label_names=names, n_samples=indicator.shape[0]).plot(ax, **plot_kwargs)
