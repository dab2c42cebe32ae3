"""Display of the lengths of texts."""

import numpy as np

from .._documents import check_documents
from ._axes import INK, PALETTE, despine, draw_legend, open_axes
from ._inputs import check_int
from ._statistics import cut_shares, length_histogram, text_lengths


class TextLengthDisplay:
    """Distribution of the length of texts, and what `max_length` cuts off.

    Make it with `from_texts`. Without an axes of yours, a figure is made with pyplot, which keeps
    it until ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    lengths : array-like of shape (n_samples,), dtype int64
        Length of each text in tokens, at least 0.
    max_length : int or None, default=None
        Tokens that a tagger keeps of each text, at least 1.
    unit : str, default="words"
        What is counted.

    Attributes
    ----------
    cut_share : float or None
        Share of the texts that are longer than `max_length`, in [0, 1].
    cut_token_share : float or None
        Share of all tokens that are cut off, in [0, 1].
    bars_ : BarContainer
        The bars; those of texts that are cut stand out. The last bar also holds all texts
        longer than what is drawn.
    max_length_line_ : Line2D or None
        The line at `max_length`; None where it is not given, or far beyond all texts.
    legend_ : Legend
        The legend.
    ax_ : Axes
        Axes with the bars.
    figure_ : Figure
        Figure of the axes.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from skmultitext.display import TextLengthDisplay
    >>> display = TextLengthDisplay.from_texts(
    ...     ["late parcel", "the parcel came late and wet", "", "refund please"], max_length=3)
    >>> display.lengths
    array([2, 6, 0, 2])
    >>> display.cut_share, display.cut_token_share
    (0.25, 0.3)
    >>> plt.close(display.figure_)
    """

    def __init__(self, lengths, *, max_length=None, unit="words"):
        self.lengths = lengths
        self.max_length = max_length
        self.unit = unit

    @property
    def cut_share(self):
        """Share of the texts that are longer than `max_length`, float in [0, 1], or None."""
        return None if self.max_length is None else self._shares()[0]

    @property
    def cut_token_share(self):
        """Share of all tokens that are cut off, float in [0, 1], or None."""
        return None if self.max_length is None else self._shares()[1]

    def _shares(self):
        return cut_shares(np.asarray(self.lengths), self.max_length)

    def plot(self, ax=None, *, bar_kwargs=None):
        """Draw the distribution.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        bar_kwargs : dict, default=None
            Arguments of ``Axes.bar``.

        Returns
        -------
        self
            The display.

        Raises
        ------
        ValueError
            If lengths or max_length are not legal.
        MissingExtraError
            If matplotlib is not installed.
        """
        lengths = np.asarray(self.lengths)
        if lengths.ndim != 1 or not len(lengths) or lengths.dtype.kind not in "iu":
            raise ValueError(
                f"lengths has shape {lengths.shape} and dtype {lengths.dtype}; pass one int per "
                f"text, at least one."
            )
        if lengths.min() < 0:
            raise ValueError(f"lengths holds {lengths.min()}; a length is at least 0.")
        if self.max_length is not None:
            check_int("max_length", self.max_length)
        bars = length_histogram(lengths, self.max_length)
        ax, own = open_axes(ax, "TextLengthDisplay.plot", (8.5, 4.0))
        self.ax_, self.figure_ = ax, ax.figure
        limit = np.inf if self.max_length is None else self.max_length
        cut = bars.edges[:-1] > limit
        self.bars_ = ax.bar(
            bars.edges[:-1],
            bars.counts,
            np.diff(bars.edges),
            **{
                "align": "edge",
                "color": [PALETTE[3] if is_cut else PALETTE[5] for is_cut in cut],
                "edgecolor": "white",
                "linewidth": 0.5,
                **(bar_kwargs or {}),
            },
        )
        # inside the axes of a caller the legend stands above the bars and lines
        room = 1.05 if own else 1.5
        handles, texts = self._reading(ax, bars, 1 / room)
        longest = f"; the last bar also counts {bars.overflow:,} longer" if bars.overflow else ""
        ax.set(xlabel=f"Length in {self.unit}{longest}", ylabel="Texts")
        ax.set_xlim(max(bars.edges[0], -0.5), bars.edges[-1])
        ax.set_ylim(0, bars.counts.max() * room)
        for axis in (ax.xaxis, ax.yaxis):
            axis.get_major_locator().set_params(integer=True)
        despine(ax)
        self.legend_ = draw_legend(ax, handles, texts, outside=own, loc="upper right")
        return self

    def _reading(self, ax, bars, top):
        """Draw the upright lines; return their handles and what the legend says of them."""
        median = float(np.median(self.lengths))
        handles = [ax.axvline(median, color=INK, linestyle=":", ymax=top)]
        texts = [f"median: {median:g} {self.unit}"]
        self.max_length_line_ = None
        if self.max_length is None:
            return handles, texts
        label = f"max_length = {self.max_length}"
        if self.max_length + 0.5 <= bars.edges[-1]:
            style = {"color": INK, "linestyle": "--", "ymax": top}
            self.max_length_line_ = ax.axvline(self.max_length + 0.5, **style)
            handles.append(self.max_length_line_)
        else:
            handles.append(ax.plot([], [], color="none")[0])
        if not self.cut_share:
            return handles, [*texts, f"{label}: no text is cut"]
        handles.append(ax.bar(0, 0, color=PALETTE[3]))
        lost = f"{_percent(self.cut_token_share)} of {self.unit} lost"
        return handles, [*texts, label, f"{_percent(self.cut_share)} of texts cut, {lost}"]

    @classmethod
    def from_texts(
        cls, texts, *, max_length=None, tokenizer=None, unit=None, ax=None, **plot_kwargs
    ):
        """Measure texts and draw their lengths.

        Parameters
        ----------
        texts : iterable of str, of length n_samples
            The documents.
        max_length : int or None, default=None
            Tokens that a tagger keeps of each text, at least 1.
        tokenizer : callable, default=None
            Takes a str and returns its tokens: a sequence, a mapping with ``"input_ids"`` as
            the tokenizers of `transformers` do, or their number. None counts words: what
            stands between white space.
        unit : str, default=None
            What the axis calls the tokens; None says "words", or "tokens" with a tokenizer.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **plot_kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        TextLengthDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If texts is no ordered collection of str or is empty, or an argument is not legal.
        MissingExtraError
            If matplotlib is not installed.
        """
        lengths = text_lengths(check_documents(texts), tokenizer)
        if unit is None:
            unit = "words" if tokenizer is None else "tokens"
        return cls(lengths, max_length=max_length, unit=unit).plot(ax, **plot_kwargs)


def _percent(share):
    """Write a share that is not 0 in percent, never as 0."""
    return "under 0.1%" if share < 0.001 else f"{share:.1%}"
