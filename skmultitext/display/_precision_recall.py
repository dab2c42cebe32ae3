"""Display of precision-recall curves."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

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
from ..metrics._inputs import read_scores
from ._curves import PrecisionRecallCurve, mean_precision_recall, precision_recall
from ._inputs import columns_of, drawable_support, pooled, scores_of
from ._label_curves import AVERAGES, LabelCurvesDisplay


class MultilabelPrecisionRecallDisplay(LabelCurvesDisplay):
    """Precision-recall curve of each label, with their micro and macro average.

    Make it with `from_estimator` or `from_predictions`. Without `ax`, pyplot makes a
    figure and keeps it until ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    precision : list of ndarray of shape (n_points,), dtype float64
        Precision of each label, in [0, 1].
    recall : list of ndarray of shape (n_points,), dtype float64
        Recall of each label, in [0, 1], descending.
    average_precision : array-like of shape (n_labels,), dtype float64
        Area below the steps of each curve, in [0, 1]; nan for a label that is not drawn.
    label_names : sequence of str of length n_labels, default=None
        Names of the labels; None numbers them.
    support : array-like of shape (n_labels,), dtype float64, default=None
        Positives of each label, at least 0: the labels with the most are drawn. None draws the
        first labels.
    micro, macro : PrecisionRecallCurve or None, default=None
        Average curves: named tuples (precision, recall, average_precision).

    Attributes
    ----------
    lines_ : list of Line2D
        Curves in the order of the legend: averages, labels, the mean of the others.
    legend_ : Legend
        The legend.
    ax_ : Axes
        Axes with the curves.
    figure_ : Figure
        Figure of the axes.

    See Also
    --------
    MultilabelRocDisplay : True and false positive rate, too optimistic for rare labels.
    sklearn.metrics.PrecisionRecallDisplay : One label, or several folds of it.

    References
    ----------
    Davis and Goadrich (2006), "The Relationship Between Precision-Recall and ROC Curves", ICML.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from skmultitext.display import MultilabelPrecisionRecallDisplay
    >>> y_true = [["billing"], ["refund"], ["billing", "refund"], []]
    >>> y_score = [[0.9, 0.2], [0.3, 0.6], [0.7, 0.4], [0.1, 0.5]]
    >>> display = MultilabelPrecisionRecallDisplay.from_predictions(
    ...     y_true, y_score, label_names=["billing", "refund"])
    >>> display.average_precision
    array([1.        , 0.83333333])
    >>> plt.close(display.figure_)
    """

    _x, _y, _area, _area_name = "recall", "precision", "average_precision", "AP"
    _x_title, _y_title, _drawstyle, _loc = "Recall", "Precision", "steps-post", "lower left"

    def __init__(
        self,
        precision: Sequence[FloatArray],
        recall: Sequence[FloatArray],
        average_precision: Numbers,
        *,
        label_names: LabelNames | None = None,
        support: Numbers | None = None,
        micro: Any = None,
        macro: Any = None,
    ) -> None:
        self.precision = precision
        self.recall = recall
        self.average_precision = average_precision
        self.label_names = (
            list(map(str, range(len(precision)))) if label_names is None else label_names
        )
        self.support = np.ones(len(precision)) if support is None else support
        self.micro = micro
        self.macro = macro

    def plot(
        self,
        ax: Any = None,
        *,
        top: int | None = 8,
        labels: Sequence[str] | None = None,
        averages: Sequence[str] = AVERAGES,
        curve_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        top : int or None, default=8
            Number of labels to draw, those with the most positives, at least 1; the others
            are combined into one mean curve. None draws all. Up to 30 lines are distinct.
        labels : sequence of str, default=None
            Names of the labels to draw instead of `top`; the others are left out.
        averages : sequence of {"micro", "macro"}, default=("micro", "macro")
            Averages over all labels to draw.
        curve_kwargs : dict, default=None
            Arguments of ``Axes.plot`` for the labels' curves.

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
        return self._draw(ax, top=top, labels=labels, averages=averages, curve_kwargs=curve_kwargs)

    def _mean_curve(self, columns: AnyArray) -> tuple[FloatArray, FloatArray, float]:
        curves = [
            PrecisionRecallCurve(self.precision[j], self.recall[j], self.average_precision[j])
            for j in columns
        ]
        mean = mean_precision_recall(curves)
        return mean.recall, mean.precision, mean.average_precision

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Documents | Features,
        y: Labels,
        *,
        sample_weight: Weights = None,
        label_names: LabelNames | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> Self:
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted multi-label classifier with `predict_proba` or `decision_function`.
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents that were not used to fit it.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Their labels, in any form that a tagger takes. NaN marks an unknown entry, which is
            ignored.
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
        MultilabelPrecisionRecallDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or no label has a positive.
        MissingExtraError
            If matplotlib is not installed.
        """
        scores, label_names = scores_of(estimator, X, y, label_names)
        return cls.from_predictions(
            y, scores, sample_weight=sample_weight, label_names=label_names, ax=ax, **plot_kwargs
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Labels,
        y_score: Scores,
        *,
        sample_weight: Weights = None,
        label_names: LabelNames | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> Self:
        """Draw the curves of scores.

        Parameters
        ----------
        y_true : array-like, sparse matrix, DataFrame or sequence of label sets
            True labels, in any form that a tagger takes; label sets need `label_names`.
            NaN marks an unknown entry, which is ignored.
        y_score : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
            Finite scores, such as the output of `predict_proba` or `decision_function`.
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
        MultilabelPrecisionRecallDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or no label has a positive.
        MissingExtraError
            If matplotlib is not installed.
        """
        scored = read_scores(y_true, y_score, sample_weight, label_names)
        support = drawable_support(scored)
        curves = [precision_recall(*column) for column in columns_of(scored)]
        drawn = [curve for curve, n in zip(curves, support, strict=True) if n > 0]
        return cls(
            [curve.precision for curve in curves],
            [curve.recall for curve in curves],
            np.array([curve.average_precision for curve in curves]),
            label_names=scored.names,
            support=np.nan_to_num(support),
            micro=precision_recall(*pooled(scored)),
            macro=mean_precision_recall(drawn),
        ).plot(ax, **plot_kwargs)
