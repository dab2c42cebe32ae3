"""Display of ROC curves."""

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
from ._curves import RocCurve, mean_roc, roc
from ._inputs import columns_of, drawable_support, pooled, scores_of
from ._label_curves import AVERAGES, LabelCurvesDisplay


class MultilabelRocDisplay(LabelCurvesDisplay):
    """ROC curve of each label, with their micro and macro average.

    Make it with `from_estimator` or `from_predictions`. Without `ax`, pyplot makes a
    figure and keeps it until ``matplotlib.pyplot.close(display.figure_)``. With rare labels
    the false positive rate is always small: look at precision and recall too.

    Parameters
    ----------
    fpr : list of ndarray of shape (n_points,), dtype float64
        False positive rate of each label, in [0, 1], ascending.
    tpr : list of ndarray of shape (n_points,), dtype float64
        True positive rate (recall) of each label, in [0, 1], ascending.
    roc_auc : array-like of shape (n_labels,), dtype float64
        Area under each curve, in [0, 1]; nan for a label that is not drawn.
    label_names : sequence of str of length n_labels, default=None
        Names of the labels; None numbers them.
    support : array-like of shape (n_labels,), dtype float64, default=None
        Positives of each label, at least 0: the labels with the most are drawn. None draws the
        first labels.
    micro, macro : RocCurve or None, default=None
        Average curves: named tuples (fpr, tpr, roc_auc).

    Attributes
    ----------
    lines_ : list of Line2D
        Curves in the order of the legend: averages, labels, the mean of the others.
    chance_level_ : Line2D
        The diagonal: random scores.
    legend_ : Legend
        The legend.
    ax_ : Axes
        Axes with the curves.
    figure_ : Figure
        Figure of the axes.

    See Also
    --------
    MultilabelPrecisionRecallDisplay : The better choice for rare labels.

    References
    ----------
    Fawcett (2006), "An introduction to ROC analysis", Pattern Recognition Letters 27(8).

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from skmultitext.display import MultilabelRocDisplay
    >>> y_true = [["billing"], ["refund"], ["billing", "refund"], []]
    >>> y_score = [[0.9, 0.2], [0.3, 0.6], [0.7, 0.4], [0.1, 0.5]]
    >>> display = MultilabelRocDisplay.from_predictions(
    ...     y_true, y_score, label_names=["billing", "refund"])
    >>> display.roc_auc
    array([1.  , 0.75])
    >>> plt.close(display.figure_)
    """

    _x, _y, _area, _area_name = "fpr", "tpr", "roc_auc", "AUC"
    _x_title, _y_title = "False positive rate", "True positive rate"
    _loc = "lower right"

    def __init__(
        self,
        fpr: Sequence[FloatArray],
        tpr: Sequence[FloatArray],
        roc_auc: Numbers,
        *,
        label_names: LabelNames | None = None,
        support: Numbers | None = None,
        micro: Any = None,
        macro: Any = None,
    ) -> None:
        self.fpr = fpr
        self.tpr = tpr
        self.roc_auc = roc_auc
        self.label_names = list(map(str, range(len(fpr)))) if label_names is None else label_names
        self.support = np.ones(len(fpr)) if support is None else support
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
        self._draw(ax, top=top, labels=labels, averages=averages, curve_kwargs=curve_kwargs)
        (self.chance_level_,) = self.ax_.plot(
            [0, 1], [0, 1], color="#BBBBBB", linewidth=0.8, zorder=0
        )
        return self

    def _mean_curve(self, columns: AnyArray) -> tuple[FloatArray, FloatArray, float]:
        return mean_roc([RocCurve(*self._label_curve(j)) for j in columns])

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
        MultilabelRocDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or no label has positives and negatives.
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
        MultilabelRocDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or no label has positives and negatives.
        MissingExtraError
            If matplotlib is not installed.
        """
        scored = read_scores(y_true, y_score, sample_weight, label_names)
        support = drawable_support(scored, need_negative=True)
        curves = [roc(*column) for column in columns_of(scored)]
        drawn = [curve for curve in curves if len(curve.fpr)]
        return cls(
            [curve.fpr for curve in curves],
            [curve.tpr for curve in curves],
            np.array([curve.roc_auc for curve in curves]),
            label_names=scored.names,
            support=np.nan_to_num(support),
            micro=roc(*pooled(scored)),
            macro=mean_roc(drawn),
        ).plot(ax, **plot_kwargs)
