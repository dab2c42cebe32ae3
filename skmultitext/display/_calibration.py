"""Display of calibration curves."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np

from .._gate.parameters import check_choice, check_int
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
from ..metrics._inputs import read_probabilities
from ._axes import (
    GREY,
    INK,
    MOST_LINES,
    NAME_WIDTH,
    draw_legend,
    frame_rates,
    legend_width,
    line_styles,
    open_axes,
    shorten,
)
from ._inputs import choose_labels, columns_of, pooled, scores_of


class CalibrationCurve(NamedTuple):
    """Share of positives, mean probability and weight of each non-empty bin."""

    prob_true: np.ndarray
    prob_pred: np.ndarray
    weight: np.ndarray
    calibration_error: float


class MultilabelCalibrationDisplay:
    """Calibration curve (reliability diagram) of labels, and of all labels pooled.

    Make it with `from_estimator` or `from_predictions`. Labels that are not drawn individually are
    pooled into one curve. Without `ax`, pyplot makes a figure and keeps it until
    ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    prob_true : list of ndarray of shape (n_bins,), dtype float64
        Share of positives in each non-empty bin, in [0, 1], for each curve.
    prob_pred : list of ndarray of shape (n_bins,), dtype float64
        Mean probability of these bins, in [0, 1].
    calibration_error : array-like of shape (n_curves,), dtype float64
        Expected calibration error of each curve, in [0, 1].
    names : sequence of str of length n_curves
        Names of the curves.
    micro : CalibrationCurve or None, default=None
        The curve of all labels pooled: a named tuple (prob_true, prob_pred, weight,
        calibration_error).
    others : bool, default=False
        Whether the last curve is for all labels that are not drawn individually.

    Attributes
    ----------
    lines_ : list of Line2D
        Curves in the order of the legend: all labels pooled, then one per name.
    reference_line_ : Line2D
        The diagonal: perfect calibration.
    legend_ : Legend
        The legend, with the expected calibration error (ECE) of each curve.
    ax_ : Axes
        Axes with the curves.
    figure_ : Figure
        Figure of the axes.

    See Also
    --------
    skmultitext.metrics.expected_calibration_error : The number in the legend.
    sklearn.calibration.CalibrationDisplay : One label.

    References
    ----------
    Niculescu-Mizil and Caruana (2005), "Predicting Good Probabilities With Supervised
    Learning", ICML.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from skmultitext.display import MultilabelCalibrationDisplay
    >>> y_true = [[1, 0], [0, 1], [1, 1], [0, 0]]
    >>> y_proba = [[0.9, 0.2], [0.3, 0.6], [0.7, 0.4], [0.1, 0.4]]
    >>> display = MultilabelCalibrationDisplay.from_predictions(y_true, y_proba, n_bins=2)
    >>> display.prob_true[0]
    array([0., 1.])
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        prob_true: Sequence[FloatArray],
        prob_pred: Sequence[FloatArray],
        calibration_error: Numbers,
        *,
        names: Sequence[str],
        micro: Any = None,
        others: bool = False,
    ) -> None:
        self.prob_true = prob_true
        self.prob_pred = prob_pred
        self.calibration_error = calibration_error
        self.names = names
        self.micro = micro
        self.others = others

    def __repr__(self) -> str:
        errors = np.asarray(self.calibration_error, dtype=np.float64)
        largest = errors.max(initial=0.0)
        return f"<{type(self).__name__}: {len(errors)} curves, ECE up to {largest:.3f}>"

    def plot(self, ax: Any = None, *, curve_kwargs: dict[str, Any] | None = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        curve_kwargs : dict, default=None
            Arguments of ``Axes.plot`` for the labels' curves.

        Returns
        -------
        self
            The display.

        Raises
        ------
        ValueError
            If the lists differ in length or an argument is not legal.
        MissingExtraError
            If matplotlib is not installed.
        """
        columns = (self.prob_true, self.prob_pred, self.calibration_error, self.names)
        if len(set(map(len, columns))) > 1 or not len(self.names):
            raise ValueError(
                f"prob_true, prob_pred, calibration_error and names have "
                f"{', '.join(str(len(column)) for column in columns)} entries; pass one of each "
                f"per curve."
            )
        names = shorten(self.names, NAME_WIDTH[ax is None])
        errors = np.asarray(self.calibration_error, dtype=np.float64)
        texts = [f"{name} (ECE = {error:.2f})" for name, error in zip(names, errors, strict=True)]
        if self.micro is not None:
            texts.insert(0, f"micro average (ECE = {self.micro.calibration_error:.2f})")
        feature = "MultilabelCalibrationDisplay.plot"
        ax, own = open_axes(ax, feature, lambda: (5.2 + legend_width(texts), 5))
        self.ax_, self.figure_ = ax, ax.figure
        (self.reference_line_,) = ax.plot([0, 1], [0, 1], color="#BBBBBB", linewidth=0.8, zorder=0)
        self.lines_ = []
        if self.micro is not None:
            style = {"color": INK, "linewidth": 2.5, "marker": "o", "markersize": 5, "zorder": 3}
            self.lines_ += ax.plot(self.micro.prob_pred, self.micro.prob_true, **style)
        for x, y, style in zip(self.prob_pred, self.prob_true, self._styles(), strict=True):
            style = {"marker": "o", "markersize": 3, "linewidth": 1.3, **style}
            self.lines_ += ax.plot(x, y, **{**style, **(curve_kwargs or {})})
        frame_rates(ax, own, "Mean probability", "Share of positives")
        self.legend_ = draw_legend(ax, self.lines_, texts, outside=own, loc="upper left")
        return self

    def _styles(self) -> list[dict[str, Any]]:
        """Return the style of each curve; the pooled other labels are grey."""
        styles = line_styles(len(self.names))
        if self.others:
            styles[-1:] = [{"color": GREY, "linestyle": ":", "linewidth": 2.5}]
        return styles

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Documents | Features,
        y: Labels,
        *,
        n_bins: int = 10,
        strategy: str = "uniform",
        top: int | None = 6,
        labels: Sequence[str] | None = None,
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
        n_bins : int, default=10
            Number of bins, at least 1.
        strategy : {"uniform", "quantile"}, default="uniform"
            Bins of equal width, or of about the same number of documents.
        top : int or None, default=6
            Number of labels to draw, those with the most positives, at least 1; the others
            are pooled into one curve. None draws all. Up to 29 lines are distinct.
        labels : sequence of str, default=None
            Names of the labels to draw instead of `top`; the others are left out.
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
        MultilabelCalibrationDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or no label has a positive.
        MissingExtraError
            If matplotlib is not installed.
        """
        proba, label_names = scores_of(estimator, X, y, label_names, ("predict_proba",))
        return cls.from_predictions(
            y,
            proba,
            n_bins=n_bins,
            strategy=strategy,
            top=top,
            labels=labels,
            sample_weight=sample_weight,
            label_names=label_names,
            ax=ax,
            **plot_kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Labels,
        y_proba: Scores,
        *,
        n_bins: int = 10,
        strategy: str = "uniform",
        top: int | None = 6,
        labels: Sequence[str] | None = None,
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
        n_bins : int, default=10
            Number of bins, at least 1.
        strategy : {"uniform", "quantile"}, default="uniform"
            Bins of equal width, or of about the same number of documents.
        top : int or None, default=6
            Number of labels to draw, those with the most positives, at least 1; the others
            are pooled into one curve. None draws all. Up to 29 lines are distinct.
        labels : sequence of str, default=None
            Names of the labels to draw instead of `top`; the others are left out.
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
        MultilabelCalibrationDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or a label is unknown.
        MissingExtraError
            If matplotlib is not installed.
        """
        check_int("n_bins", n_bins)
        check_choice("strategy", strategy, ("uniform", "quantile"))
        scored = read_probabilities(y_true, y_proba, sample_weight, label_names)
        support = np.where(scored.known_weight() > 0, scored.column_support(), np.nan)
        choice = choose_labels(scored.names, support, top=top, labels=labels, most=MOST_LINES - 1)
        curve_of = partial(calibration, n_bins=int(n_bins), strategy=strategy)
        columns = list(columns_of(scored))
        shown = [columns[j] for j in choice.shown]
        curves = [curve_of(*column) for column in shown]
        if len(choice.others):
            curves.append(curve_of(*pooled(scored, choice.others)))
        return cls(
            [curve.prob_true for curve in curves],
            [curve.prob_pred for curve in curves],
            np.array([curve.calibration_error for curve in curves]),
            names=choice.names(scored.names),
            micro=curve_of(*pooled(scored)),
            others=len(choice.others) > 0,
        ).plot(ax, **plot_kwargs)


def calibration(
    truth: AnyArray,
    proba: AnyArray,
    weight: FloatArray | None = None,
    *,
    n_bins: int = 10,
    strategy: str = "uniform",
) -> CalibrationCurve:
    """Compute the calibration curve (reliability diagram) of one label."""
    proba = np.asarray(proba, dtype=np.float64)
    if strategy == "uniform":
        cells = np.minimum((proba * n_bins).astype(np.intp), n_bins - 1)
    else:
        edges = np.quantile(proba, np.linspace(0, 1, n_bins + 1)[1:-1])
        cells = np.searchsorted(edges, proba)
    mass = np.ones(len(proba)) if weight is None else weight
    total = np.bincount(cells, mass, minlength=n_bins)
    filled = total > 0
    total = total[filled]
    prob_true = np.bincount(cells, mass * truth, minlength=n_bins)[filled] / total
    prob_pred = np.bincount(cells, mass * proba, minlength=n_bins)[filled] / total
    error = float(np.average(np.abs(prob_true - prob_pred), weights=total))
    return CalibrationCurve(prob_true, prob_pred, total, error)
