"""Display of precision, recall and F1 against the threshold."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from .._gate.parameters import check_number
from .._gate.types import (
    AnyArray,
    Documents,
    Features,
    FloatArray,
    LabelNames,
    Labels,
    Numbers,
    Scores,
    Weights,
)
from .._meta.known_labels import find_label_names, inner_estimator
from .._runtime.messages import listing, shown
from ..exceptions import LabelError
from ..metrics._inputs import Scored, read_probabilities
from ._axes import GREY, NAME_WIDTH, PALETTE, draw_legend, open_axes, shorten, thin
from ._curves import ranked_counts
from ._inputs import columns_of, pooled, scores_of

_LINES = (("precision", PALETTE[0], "--"), ("recall", PALETTE[3], "-."), ("f1", PALETTE[2], "-"))


class ThresholdCurve(NamedTuple):
    """Precision, recall and F1 of the decisions ``score > threshold``.

    Row i is for thresholds from ``thresholds[i]`` up to, but not including, ``thresholds[i + 1]``.
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


class ThresholdCurveDisplay:
    """Precision, recall and F1 by threshold, of one label or of all labels pooled (micro).

    A label is given where its probability *exceeds* the threshold. Make it with `from_estimator`
    or `from_predictions`. Without `ax`, pyplot makes a figure and keeps it until
    ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    thresholds : ndarray of shape (n_thresholds,), dtype float64
        Ascending, in [0, 1]; row i is for thresholds from ``thresholds[i]`` up to the next one.
    precision : ndarray of shape (n_thresholds,), dtype float64
        Precision, in [0, 1]; nan where the label is never given.
    recall : ndarray of shape (n_thresholds,), dtype float64
        Recall, in [0, 1].
    f1 : ndarray of shape (n_thresholds,), dtype float64
        F1, in [0, 1].
    chosen_threshold : float or None, default=None
        The threshold to mark, in [0, 1]; None marks the one with the highest F1.
    label_name : str or None, default=None
        The label; None means all labels pooled.

    Attributes
    ----------
    lines_ : list of Line2D
        Precision, recall and F1.
    chosen_line_ : Line2D
        The vertical line at the chosen threshold.
    chosen_points_ : Line2D
        Precision, recall and F1 at the chosen threshold.
    legend_ : Legend
        The legend, with these three numbers.
    ax_ : Axes
        Axes with the curves.
    figure_ : Figure
        Figure of the axes.

    References
    ----------
    Lipton, Elkan and Naryanaswamy (2014), "Optimal Thresholding of Classifiers to Maximize F1
    Measure", ECML PKDD.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from skmultitext.display import ThresholdCurveDisplay
    >>> y_true = [["billing"], ["refund"], ["billing", "refund"], []]
    >>> y_proba = [[0.9, 0.2], [0.3, 0.6], [0.7, 0.4], [0.1, 0.5]]
    >>> display = ThresholdCurveDisplay.from_predictions(
    ...     y_true, y_proba, label="billing", label_names=["billing", "refund"])
    >>> display.chosen_threshold
    0.5
    >>> display.f1.max()
    np.float64(1.0)
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        thresholds: Numbers,
        precision: Numbers,
        recall: Numbers,
        f1: Numbers,
        *,
        chosen_threshold: float | None = None,
        label_name: str | None = None,
    ) -> None:
        self.thresholds = thresholds
        self.precision = precision
        self.recall = recall
        self.f1 = f1
        self.chosen_threshold = chosen_threshold
        self.label_name = label_name

    def __repr__(self) -> str:
        label = "all labels" if self.label_name is None else repr(self.label_name)
        chosen = self.chosen_threshold
        shown = "" if chosen is None else f", threshold {chosen:.3f}"
        return f"<{type(self).__name__}: {label}{shown}, best F1 {np.nanmax(self.f1):.3f}>"

    def plot(self, ax: Any = None, *, curve_kwargs: dict[str, Any] | None = None) -> Self:
        """Draw the curves and mark the chosen threshold.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        curve_kwargs : dict, default=None
            Arguments of ``Axes.plot`` for the three curves.

        Returns
        -------
        self
            The display.

        Raises
        ------
        ValueError
            If the curves differ in length or an argument is not legal.
        MissingExtraError
            If matplotlib is not installed.
        """
        curve = ThresholdCurve(*map(np.asarray, self._columns()))
        if len(set(map(len, curve))) > 1 or not len(curve.thresholds):
            raise ValueError(
                f"thresholds, precision, recall and f1 have {', '.join(str(len(x)) for x in curve)}"
                f" values; pass the same number of each, at least 1."
            )
        if self.chosen_threshold is None:
            self.chosen_threshold = best_f1_threshold(curve)
        check_number("chosen_threshold", self.chosen_threshold, "[0, 1]")
        values = at_threshold(curve, self.chosen_threshold)

        ax, own = open_axes(ax, "ThresholdCurveDisplay.plot", (7.5, 4.5))
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_, texts = [], []
        for (name, color, dash), y, value in zip(_LINES, curve[1:], values, strict=True):
            style = {"color": color, "linestyle": dash, "linewidth": 1.8, **(curve_kwargs or {})}
            xy = thin(curve.thresholds, y)
            self.lines_ += ax.plot(*xy, drawstyle="steps-post", **style)
            shown = "undefined" if np.isnan(value) else f"{value:.2f}"
            texts.append(f"{'F1' if name == 'f1' else name.capitalize()} ({shown})")
        self.chosen_line_ = ax.axvline(self.chosen_threshold, color=GREY, linestyle=":")
        (self.chosen_points_,) = ax.plot(
            np.full(3, self.chosen_threshold), values, "o", color=GREY, markeredgecolor="white"
        )
        texts.append(f"Threshold ({self.chosen_threshold:.2f})")
        ax.set(xlabel="Threshold", ylabel="Score", xlim=(-0.01, 1.01), ylim=(-0.02, 1.03))
        title = "all labels (micro)" if self.label_name is None else self.label_name
        self.legend_ = draw_legend(
            ax,
            [*self.lines_, self.chosen_line_],
            texts,
            outside=own,
            loc="lower center",
            title=shorten([title], NAME_WIDTH[own])[0],
        )
        return self

    def _columns(self) -> tuple[Numbers, ...]:
        return self.thresholds, self.precision, self.recall, self.f1

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Documents | Features,
        y: Labels,
        *,
        label: str | None = None,
        threshold: float | str = "auto",
        sample_weight: Weights = None,
        label_names: LabelNames | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> Self:
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted multi-label classifier with `predict_proba`.
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents that were not used to fit it.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Their labels, in any form that a tagger takes. NaN marks an unknown entry, which is
            ignored.
        label : str or None, default=None
            Name of the label; None pools all labels (micro).
        threshold : "auto", "best" or float, default="auto"
            The threshold to mark. "auto": the estimator's `thresholds_` or `best_thresholds_`, if
            it has one (for all labels pooled: if all are equal), otherwise as "best". "best": the
            threshold with the highest F1. Or a number in [0, 1].
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, at least 0.
        label_names : sequence of str of length n_labels, default=None
            Names of the labels; None takes `label_names_` of the estimator.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **plot_kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        ThresholdCurveDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or the label is unknown or never true.
        MissingExtraError
            If matplotlib is not installed.
        """
        proba, label_names = scores_of(estimator, X, y, label_names, ("predict_proba",))
        scored = read_probabilities(y, proba, sample_weight, label_names)
        if isinstance(threshold, str) and threshold == "auto":
            threshold = _own_threshold(estimator, scored.names, label)
        return cls._of(scored, label, threshold, ax, plot_kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true: Labels,
        y_proba: Scores,
        *,
        label: str | None = None,
        threshold: float | str = "best",
        sample_weight: Weights = None,
        label_names: LabelNames | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> Self:
        """Draw the curves of probabilities.

        Parameters
        ----------
        y_true : array-like, sparse matrix, DataFrame or sequence of label sets
            True labels, in any form that a tagger takes; label sets need `label_names`.
            NaN marks an unknown entry, which is ignored.
        y_proba : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
            Probabilities in [0, 1].
        label : str or None, default=None
            Name of the label; None pools all labels (micro).
        threshold : "best" or float, default="best"
            The threshold to mark: the one with the highest F1, or a number in [0, 1].
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, at least 0.
        label_names : sequence of str of length n_labels, default=None
            Names of the columns; None takes the names in y_true, or numbers the columns.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **plot_kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        ThresholdCurveDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or the label is unknown or never true.
        MissingExtraError
            If matplotlib is not installed.
        """
        scored = read_probabilities(y_true, y_proba, sample_weight, label_names)
        return cls._of(scored, label, threshold, ax, plot_kwargs)

    @classmethod
    def _of(
        cls,
        scored: Scored,
        label: str | None,
        threshold: float | str | None,
        ax: Any,
        plot_kwargs: Any,
    ) -> Self:
        if isinstance(threshold, str):
            if threshold != "best":
                raise ValueError(f"threshold must be 'best' or a number, got {shown(threshold)}.")
            threshold = None
        else:
            check_number("threshold", threshold, "[0, 1]")
        if label is None:
            truth, proba, weight = pooled(scored)
        else:
            truth, proba, weight = list(columns_of(scored))[_column(scored.names, label)]
        if not truth.any():
            which = "No label" if label is None else f"The label {label!r}"
            verb = "has a positive" if label is None else "has no positive"
            raise LabelError(f"{which} {verb} in y_true, so that recall and F1 are not defined.")
        curve = threshold_curve(truth, proba, weight)
        return cls(*curve, chosen_threshold=threshold, label_name=label).plot(ax, **plot_kwargs)


def _column(names: Sequence[str], label: str) -> int:
    if label not in list(names):
        raise LabelError(f"label is {shown(label)}, which is unknown; known are {listing(names)}.")
    return list(names).index(label)


def _own_threshold(estimator: Any, names: Sequence[str], label: str | None) -> float | str:
    """Return the threshold that an estimator, or one it wraps, applies; "best" if none."""
    while estimator is not None:
        for attribute in ("thresholds_", "best_thresholds_"):
            found = getattr(estimator, attribute, None)
            if found is not None:
                values = np.atleast_1d(np.asarray(found, dtype=np.float64))
                if (values == values[0]).all():
                    return float(values[0])
                known = find_label_names(estimator)
                order = list(names if known is None else known)
                # a label unknown in fit has no threshold; pooled labels may have several
                column = order.index(label) if label in order else len(values)
                return float(values[column]) if column < len(values) else "best"
        estimator = inner_estimator(estimator)
    return "best"


def threshold_curve(
    truth: AnyArray, proba: AnyArray, weight: FloatArray | None = None
) -> ThresholdCurve:
    """Compute precision, recall and F1 of one label at every threshold."""
    values, tp, fp = ranked_counts(truth, proba, weight)
    positive = tp[-1]
    # k values exceed the (k + 1)-th highest value
    thresholds = values[::-1]
    tp, fp = np.append(0.0, tp), np.append(0.0, fp)
    hits, predicted = tp[-2::-1], (tp + fp)[-2::-1]
    if thresholds[0] > 0:
        thresholds = np.append(0.0, thresholds)
        hits, predicted = np.append(tp[-1], hits), np.append(tp[-1] + fp[-1], predicted)
    if thresholds[-1] < 1:
        thresholds = np.append(thresholds, 1.0)
        hits, predicted = np.append(hits, 0.0), np.append(predicted, 0.0)
    none = np.full(len(hits), np.nan)
    precision = np.divide(hits, predicted, out=none, where=predicted > 0)
    if not positive > 0:
        return ThresholdCurve(
            thresholds, precision, np.full(len(hits), np.nan), np.zeros(len(hits))
        )
    return ThresholdCurve(thresholds, precision, hits / positive, 2 * hits / (predicted + positive))


def best_f1_threshold(curve: ThresholdCurve) -> float:
    """Return the middle of the lowest range of thresholds with the highest F1."""
    best = int(np.argmax(curve.f1))
    if best + 1 == len(curve.thresholds):
        return float(curve.thresholds[best])
    low, high = curve.thresholds[best : best + 2]
    middle = low + (high - low) / 2
    return float(middle if middle < high else low)


def at_threshold(curve: ThresholdCurve, threshold: float) -> tuple[float, float, float]:
    """Read a threshold curve at one threshold."""
    row = int(np.searchsorted(curve.thresholds, threshold, side="right")) - 1
    return float(curve.precision[row]), float(curve.recall[row]), float(curve.f1[row])
