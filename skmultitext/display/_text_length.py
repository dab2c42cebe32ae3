"""Display of text lengths."""

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np

from .._gate.documents import check_documents
from .._gate.parameters import check_int
from .._gate.types import IntArray, Numbers
from .._runtime.messages import shown
from ._axes import INK, PALETTE, despine, draw_legend, open_axes

_MOST_BARS = 40
_SHOWN = 99.5  # the last bar ends at this percentile of the lengths
_FAR = 1.5  # a max_length beyond this multiple of it is not drawn: the bars would be too narrow


class LengthHistogram(NamedTuple):
    """Bars of a histogram of lengths; the last one also counts all longer texts.

    `edges` lie halfway between integers, one of them right above `max_length` unless it is far
    longer than all texts. `overflow` is the number of texts longer than the last edge.
    """

    edges: np.ndarray
    counts: np.ndarray
    overflow: int


class TextLengthDisplay:
    """Distribution of text lengths, and the share that `max_length` cuts off.

    Make it with `from_texts`. Without `ax`, pyplot makes a figure and keeps it until
    ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    lengths : array-like of shape (n_samples,), dtype int64
        Length of each text in tokens, at least 0.
    max_length : int or None, default=None
        Number of tokens that a tagger reads of each text, at least 1.
    unit : str, default="words"
        Name of what is counted.

    Attributes
    ----------
    cut_share : float or None
        Share of the texts that are longer than `max_length`, in [0, 1].
    cut_token_share : float or None
        Share of all tokens that are cut off, in [0, 1].
    bars_ : BarContainer
        The bars; those of texts that are cut have another colour. The last bar also counts all
        longer texts.
    max_length_line_ : Line2D or None
        The line at `max_length`; None if it is not given, or far longer than all texts.
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

    def __init__(
        self, lengths: Numbers, *, max_length: int | None = None, unit: str = "words"
    ) -> None:
        self.lengths = lengths
        self.max_length = max_length
        self.unit = unit

    def __repr__(self) -> str:
        cut = "" if self.cut_share is None else f", {self.cut_share:.1%} cut at {self.max_length}"
        return (
            f"<{type(self).__name__}: {len(self.lengths):,} texts, median "
            f"{np.median(self.lengths):g} {self.unit}{cut}>"
        )

    @property
    def cut_share(self) -> float | None:
        """Share of the texts that are longer than `max_length`, float in [0, 1], or None."""
        return None if self.max_length is None else cut_shares(self.lengths, self.max_length)[0]

    @property
    def cut_token_share(self) -> float | None:
        """Share of all tokens that are cut off, float in [0, 1], or None."""
        return None if self.max_length is None else cut_shares(self.lengths, self.max_length)[1]

    def plot(self, ax: Any = None, *, bar_kwargs: dict[str, Any] | None = None) -> Self:
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
        # in the caller's axes, the legend is above the bars
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

    def _reading(self, ax: Any, bars: LengthHistogram, top: float) -> tuple[list[Any], list[str]]:
        """Draw the vertical lines; return the handles and texts of the legend."""
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
        of_texts, of_tokens = cut_shares(self.lengths, self.max_length)
        if not of_texts:
            return handles, [*texts, f"{label}: no text is cut"]
        handles.append(ax.bar(0, 0, color=PALETTE[3]))
        lost = f"{_percent(of_tokens)} of {self.unit} lost"
        return handles, [*texts, label, f"{_percent(of_texts)} of texts cut, {lost}"]

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str],
        *,
        max_length: int | None = None,
        tokenizer: Callable[[str], Any] | None = None,
        unit: str | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> Self:
        """Count the tokens of texts and draw their distribution.

        Parameters
        ----------
        texts : iterable of str, of length n_samples
            The documents.
        max_length : int or None, default=None
            Number of tokens that a tagger reads of each text, at least 1.
        tokenizer : callable, default=None
            Takes a str and returns its tokens as a sequence, or as a mapping with ``"input_ids"``
            (the tokenizers of `transformers`), or returns their number. None counts words,
            separated by white space.
        unit : str, default=None
            Name of the tokens on the axis; None says "words", or "tokens" with a tokenizer.
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
            If texts is empty or not an ordered collection of str, or an argument is not legal.
        MissingExtraError
            If matplotlib is not installed.
        """
        lengths = text_lengths(check_documents(texts), tokenizer)
        if unit is None:
            unit = "words" if tokenizer is None else "tokens"
        return cls(lengths, max_length=max_length, unit=unit).plot(ax, **plot_kwargs)


def _percent(share: float) -> str:
    """Format a positive share in percent, never as 0."""
    return "under 0.1%" if share < 0.001 else f"{share:.1%}"


def text_lengths(texts: list[str], tokenizer: Callable[[str], Any] | None = None) -> IntArray:
    """Count the tokens of each text; None splits at white space."""
    if tokenizer is None:
        return np.array([len(text.split()) for text in texts], dtype=np.int64)
    if not callable(tokenizer):
        raise ValueError(
            f"tokenizer is {shown(tokenizer)}; pass a callable that takes a str and returns its "
            f"tokens."
        )
    return np.array([_n_tokens(tokenizer(text)) for text in texts], dtype=np.int64)


def _n_tokens(tokens: Any) -> int:
    if isinstance(tokens, Integral):
        return int(tokens)
    if isinstance(tokens, Mapping) or hasattr(tokens, "input_ids"):
        tokens = tokens["input_ids"]
    if not hasattr(tokens, "__len__"):
        raise ValueError(
            f"tokenizer returned a {type(tokens).__name__}; it must return a sequence of tokens "
            f"or their number."
        )
    return len(tokens)


def cut_shares(lengths: Numbers, max_length: int) -> tuple[float, float]:
    """Share of the texts longer than `max_length`, and share of all tokens that are cut off."""
    lengths = np.asarray(lengths)
    lost = np.maximum(lengths - max_length, 0).sum()
    return float(np.mean(lengths > max_length)), float(lost / max(lengths.sum(), 1))


def length_histogram(lengths: IntArray, max_length: int | None = None) -> LengthHistogram:
    """Count texts by length in at most about 40 bars, with an edge right above `max_length`."""
    low, high = int(lengths.min()), int(np.ceil(np.percentile(lengths, _SHOWN)))
    start = 0 if low < high / 2 else low
    if max_length is not None and max_length > _FAR * max(high, 1):
        max_length = None
    if max_length is not None:
        high = max(high, max_length + 1)
        start = min(start, max_length)
    width = max(1, -(-(high - start + 1) // _MOST_BARS))
    first = start if max_length is None else start - (start - max_length - 1) % width
    n_bars = -(-(high - first + 1) // width)
    edges = first - 0.5 + width * np.arange(n_bars + 1)
    overflow = int(np.count_nonzero(lengths > edges[-1]))
    counts = np.histogram(np.minimum(lengths, int(edges[-1])), edges)[0]
    return LengthHistogram(edges, counts, overflow)
