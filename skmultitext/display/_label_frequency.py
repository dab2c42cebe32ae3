"""Display of the frequency of labels."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from .._gate.samples import count_entries, has_unknown
from .._gate.types import AnyArray, LabelNames, Labels, Numbers
from ._axes import GREY, PALETTE, despine, fitting_size, font_size, name_rows, open_axes, points
from ._inputs import choose_labels, read_label_matrix

_LONGEST_SUM = 1.2  # longest bar of the other labels, relative to the longest bar of a label
_ROOM = 0.3  # share of the width for the numbers at the end of the bars


class LabelFrequencyDisplay:
    """Number of documents of each label, most frequent first.

    Make it with `from_labels`. Without `ax`, pyplot makes a figure and keeps it until
    ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    counts : array-like of shape (n_labels,), dtype int64
        Number of documents of each label, at least 0.
    label_names : sequence of str of length n_labels
        Names of the labels.
    n_samples : int
        Number of documents.
    n_known : array-like of shape (n_labels,), dtype int64, default=None
        Number of documents where each label is known; shares are relative to it. None: all.

    Attributes
    ----------
    cardinality : float
        Label cardinality: mean number of labels per document. With unknown labels, the sum of
        each label's share of its known documents.
    bars_ : BarContainer
        The bars from the top down. The bar of the other labels is cut, and marked as cut, if it is
        over 1.2 times as long as the longest bar of a label.
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

    def __init__(
        self,
        counts: Numbers,
        *,
        label_names: LabelNames,
        n_samples: int,
        n_known: Numbers | None = None,
    ) -> None:
        self.counts = counts
        self.label_names = label_names
        self.n_samples = n_samples
        self.n_known = n_known

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {len(self.label_names)} labels, {self.n_samples:,} "
            f"documents, {self.cardinality:.2f} labels each>"
        )

    @property
    def cardinality(self) -> float:
        """Mean number of labels per document, float."""
        if self.n_known is None:
            return float(np.sum(self.counts) / self.n_samples)
        return float(np.sum(np.asarray(self.counts) / np.maximum(self.n_known, 1)))

    def plot(
        self,
        ax: Any = None,
        *,
        top: int | None = 30,
        labels: Sequence[str] | None = None,
        log: bool = False,
        bar_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the bars.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        top : int or None, default=30
            Number of labels to draw, the most frequent, at least 1; the others are summed in one
            bar. None draws all.
        labels : sequence of str, default=None
            Names of the labels to draw instead of `top`; the others are left out.
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
        if self.n_known is not None and np.shape(self.n_known) != counts.shape:
            raise ValueError(
                f"n_known has shape {np.shape(self.n_known)}, counts {counts.shape}; pass one "
                f"number of known documents per label, or None."
            )
        choice = choose_labels(self.label_names, counts, top=top, labels=labels)
        names = choice.names(self.label_names)
        lengths = counts[choice.shown].tolist()
        numbers = self._numbers(lengths, choice.shown)
        colors = [PALETTE[0]] * len(lengths)
        if len(choice.others):
            total, longest = int(counts[choice.others].sum()), max(*lengths, 1)
            # cut the sum of many rare labels: it would make all other bars too short
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

    def _numbers(self, lengths: list[int], shown: AnyArray) -> list[str]:
        """Write the count and the share of each label, and where any is unknown how many are."""
        if self.n_known is None:
            return [f"{n:,} ({n / self.n_samples:.1%})" for n in lengths]
        known = np.asarray(self.n_known)[shown].tolist()
        return [
            f"{n:,} ({n / k:.1%} of {k:,})" if k else f"{n:,} (none known)"
            for n, k in zip(lengths, known, strict=True)
        ]

    def _write(self, ax: Any, lengths: list[float], numbers: list[str], log: bool) -> None:
        """Write the numbers at the end of the bars, in a font size that fits."""
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
    def from_labels(
        cls, y: Labels, *, label_names: LabelNames | None = None, ax: Any = None, **plot_kwargs: Any
    ) -> Self:
        """Count labels and draw their frequency.

        Parameters
        ----------
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in any form that a tagger takes, for instance an indicator of 0 and 1 of
            shape (n_samples, n_labels). NaN: the label is unknown; shares are of the documents
            where the label is known.
        label_names : sequence of str of length n_labels, default=None
            Names of the columns, or all names that may occur in label sets; None takes the names
            in y, or numbers the columns.
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
        known, counts = count_entries(indicator)
        return cls(
            counts,
            label_names=names,
            n_samples=indicator.shape[0],
            n_known=known if has_unknown(indicator) else None,
        ).plot(ax, **plot_kwargs)
