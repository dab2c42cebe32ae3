"""Display of several taggers label by label."""

from collections.abc import Mapping

import numpy as np

from ..exceptions import LabelError
from ..metrics._averages import check_choice
from ..metrics._counts import count_labels
from ..metrics._inputs import read_scores
from ..metrics._predictions import are_decisions, read_predictions
from ._axes import (
    GREY,
    NAME_WIDTH,
    PALE,
    despine,
    draw_legend,
    marker_styles,
    name_rows,
    open_axes,
    shorten,
)
from ._curves import precision_recall
from ._inputs import (
    choose_labels,
    columns_of,
    drawable_support,
    find_label_names,
    pooled,
    scores_of,
)

METRICS = ("f1", "average_precision")
_TITLES = {"f1": "F1", "average_precision": "Average precision"}
_MOST_TAGGERS = 12


class TaggerComparisonDisplay:
    """Score of each tagger at each label, and their micro and macro averages.

    Make it with `from_predictions` or `from_estimators`. Without an axes of yours, a figure is made
    with pyplot, which keeps it until ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    scores : dict of {str: array-like of shape (n_labels,), dtype float64}
        Score of each label in [0, 1], by tagger; nan for a label without a positive.
    label_names : sequence of str of length n_labels
        Names of the labels.
    support : array-like of shape (n_labels,), dtype float64, default=None
        Positives of each label, at least 0, which decide who is drawn; None draws the first.
    micro : dict of {str: float}, default=None
        Score of each tagger over all labels pooled, in [0, 1].
    metric : str, default="f1"
        Name of the score, for the axis.

    Attributes
    ----------
    macro : dict of {str: float}
        Mean score of each tagger over the labels that have a positive.
    row_names_ : list of str
        Names of the rows from above: averages, labels, the mean of the other labels.
    points_ : dict of {str: Line2D}
        The points of each tagger, one per row.
    ranges_ : LineCollection
        A line from the lowest to the highest score of each row.
    legend_ : Legend
        The legend.
    ax_ : Axes
        Axes with the points.
    figure_ : Figure
        Figure of the axes.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from skmultitext.display import TaggerComparisonDisplay
    >>> y_true = [[1, 0], [0, 1], [1, 1], [0, 0]]
    >>> display = TaggerComparisonDisplay.from_predictions(
    ...     y_true,
    ...     {"baseline": [[0.9, 0.2], [0.6, 0.6], [0.7, 0.4], [0.1, 0.5]],
    ...      "all": [[1, 1], [1, 1], [1, 1], [1, 1]]},
    ...     label_names=["billing", "refund"])
    >>> display.scores["baseline"].round(3)
    array([0.8  , 0.667])
    >>> round(display.macro["all"], 3)
    0.667
    >>> plt.close(display.figure_)
    """

    def __init__(self, scores, *, label_names, support=None, micro=None, metric="f1"):
        self.scores = scores
        self.label_names = label_names
        self.support = np.ones(len(label_names)) if support is None else support
        self.micro = micro
        self.metric = metric

    @property
    def macro(self):
        """Mean score of each tagger over the labels that have one, dict of {str: float}."""
        return {name: float(np.nanmean(values)) for name, values in self.scores.items()}

    def plot(self, ax=None, *, top=30, labels=None):
        """Draw the points.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        top : int or None, default=30
            Number of labels with a row of their own, those with most positives; the others
            are one row with their mean. At least 1; None draws all.
        labels : sequence of str, default=None
            Names of the labels to draw, instead of `top`; the others are left out.

        Returns
        -------
        self
            The display.

        Raises
        ------
        ValueError
            If an argument is not legal, a label is unknown, or lengths differ.
        MissingExtraError
            If matplotlib is not installed.
        """
        self._check()
        columns = {name: np.asarray(values, np.float64) for name, values in self.scores.items()}
        undefined = np.all([np.isnan(values) for values in columns.values()], axis=0)
        support = np.where(undefined, np.nan, self.support)
        choice = choose_labels(self.label_names, support, top=top, labels=labels)
        averages = ["micro average"] * (self.micro is not None) + ["macro average"]
        self.row_names_ = averages + choice.names(self.label_names)

        size = (8, 1.3 + 0.24 * len(self.row_names_))
        ax, own = open_axes(ax, "TaggerComparisonDisplay.plot", size)
        self.ax_, self.figure_ = ax, ax.figure
        rows = np.arange(len(self.row_names_))
        table = np.array([self._row_values(name, columns, choice) for name in columns])
        self.ranges_ = ax.hlines(
            rows, np.nanmin(table, axis=0), np.nanmax(table, axis=0), color=PALE, linewidth=3
        )
        self.points_ = {}
        for name, values, style in zip(columns, table, marker_styles(len(columns)), strict=True):
            (self.points_[name],) = ax.plot(
                values, rows, linestyle="none", markeredgecolor="white", markersize=6.5, **style
            )
        ax.axhline(len(averages) - 0.5, color=GREY, linewidth=0.8)
        ax.set(xlabel=_TITLES.get(self.metric, self.metric), xlim=(-0.02, 1.02))
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.grid(axis="x", color=PALE, linewidth=0.6)
        ax.set_axisbelow(True)
        name_rows(ax, self.row_names_, own=own)
        despine(ax)
        texts = shorten(columns, NAME_WIDTH[own])
        handles = list(self.points_.values())
        self.legend_ = draw_legend(ax, handles, texts, outside=own, loc="lower left")
        return self

    def _row_values(self, name, columns, choice):
        values = columns[name]
        averages = [] if self.micro is None else [self.micro[name]]
        others = [np.nanmean(values[choice.others])] if len(choice.others) else []
        return [*averages, self.macro[name], *values[choice.shown], *others]

    def _check(self):
        if not isinstance(self.scores, Mapping) or not self.scores:
            raise ValueError(
                "scores is empty or no dict; pass {name of tagger: one score per label}."
            )
        if len(self.scores) > _MOST_TAGGERS:
            raise ValueError(
                f"{len(self.scores)} taggers are to be compared; more than {_MOST_TAGGERS} cannot "
                f"be told apart. Pass fewer."
            )
        for name, values in self.scores.items():
            if np.shape(values) != (len(self.label_names),):
                raise ValueError(
                    f"The scores of {name!r} have shape {np.shape(values)}, but there are "
                    f"{len(self.label_names)} labels; pass one score per label."
                )
        if self.micro is not None and set(self.micro) != set(self.scores):
            raise ValueError("micro and scores must name the same taggers.")

    @classmethod
    def from_predictions(
        cls,
        y_true,
        predictions,
        *,
        metric="f1",
        threshold=0.5,
        sample_weight=None,
        label_names=None,
        ax=None,
        **plot_kwargs,
    ):
        """Score predictions of several taggers and draw them.

        Parameters
        ----------
        y_true : array-like, sparse matrix, DataFrame or sequence of label sets
            True labels, in any form that a tagger takes; label sets need `label_names`.
        predictions : dict of {str: array-like of shape (n_samples, n_labels)}
            By name of tagger: probabilities (dtype float, or the list of arrays of a forest), or
            decisions: an indicator of dtype int or bool, sparse, or label sets.
        metric : {"f1", "average_precision"}, default="f1"
            The score. Average precision needs probabilities or other scores.
        threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
            F1 of probabilities: a label is given where its probability exceeds this, in
            [0, 1]; a dict is by label name.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, at least 0.
        label_names : sequence of str of length n_labels, default=None
            Names of the columns; None takes those of y_true, or numbers them.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **plot_kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        TaggerComparisonDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or no label has a positive; the message
            names the tagger.
        MissingExtraError
            If matplotlib is not installed.
        """
        check_choice("metric", metric, METRICS)
        if not isinstance(predictions, Mapping) or not predictions:
            raise ValueError(
                "predictions is empty or no dict; pass {name of tagger: its predictions}."
            )
        scores, micro, first, support = {}, {}, None, None
        for name, values in predictions.items():
            try:
                scored = _read(y_true, values, metric, threshold, sample_weight, label_names)
            except ValueError as error:
                raise type(error)(f"predictions[{name!r}]: {error}") from error
            if first is None:
                first, support = scored, drawable_support(scored)
            elif len(scored.names) != len(first.names):
                raise LabelError(
                    f"predictions[{name!r}] has {len(scored.names)} labels, the one before "
                    f"{len(first.names)}; pass the same labels for every tagger."
                )
            per_label, micro[str(name)] = _measure(scored, metric)
            scores[str(name)] = np.where(np.isnan(support), np.nan, per_label)
        return cls(
            scores,
            label_names=first.names,
            support=np.nan_to_num(support),
            micro=micro,
            metric=metric,
        ).plot(ax, **plot_kwargs)

    @classmethod
    def from_estimators(
        cls,
        estimators,
        X,
        y,
        *,
        metric="f1",
        sample_weight=None,
        label_names=None,
        ax=None,
        **plot_kwargs,
    ):
        """Score fitted estimators and draw them.

        Parameters
        ----------
        estimators : dict of {str: estimator}
            Fitted multi-label classifiers by name. F1 is that of their own `predict`.
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents that they did not learn from.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Their labels, in any form that a tagger takes.
        metric : {"f1", "average_precision"}, default="f1"
            The score.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, at least 0.
        label_names : sequence of str of length n_labels, default=None
            Names of the labels; None takes `label_names_` of the first that knows them.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **plot_kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        TaggerComparisonDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is not legal, shapes differ, or no label has a positive.
        MissingExtraError
            If matplotlib is not installed.
        """
        check_choice("metric", metric, METRICS)
        if not isinstance(estimators, Mapping) or not estimators:
            raise ValueError("estimators is empty or no dict; pass {name: fitted estimator}.")
        if label_names is None:
            known = (find_label_names(estimator) for estimator in estimators.values())
            label_names = next((names for names in known if names is not None), None)
        if metric == "f1":
            predictions = {name: estimator.predict(X) for name, estimator in estimators.items()}
            predictions = {name: _as_decisions(values) for name, values in predictions.items()}
        else:
            predictions = {
                name: scores_of(estimator, X, y, label_names)[0]
                for name, estimator in estimators.items()
            }
        return cls.from_predictions(
            y,
            predictions,
            metric=metric,
            sample_weight=sample_weight,
            label_names=label_names,
            ax=ax,
            **plot_kwargs,
        )


def _as_decisions(values):
    """Output of `predict`; scikit-learn's forests give decisions as float."""
    is_float = isinstance(values, np.ndarray) and values.dtype.kind == "f"
    return values.astype(np.int64) if is_float else values


def _read(y_true, values, metric, threshold, sample_weight, label_names):
    """Read predictions: scores for average precision, decisions for F1."""
    if metric != "average_precision":
        return read_predictions(y_true, values, threshold, sample_weight, label_names).decided
    if are_decisions(values):
        raise ValueError(
            "These are decisions, which have no average precision. Pass probabilities, or "
            "metric='f1'."
        )
    return read_scores(y_true, values, sample_weight, label_names)


def _measure(scored, metric):
    """Score each label, and all labels pooled."""
    if metric == "f1":
        counts = count_labels(scored)
        return counts.score("f1"), float(counts.pooled().score("f1")[0])
    curves = [precision_recall(*column, scored.weight) for column in columns_of(scored)]
    return (
        np.array([curve.average_precision for curve in curves]),
        precision_recall(*pooled(scored)).average_precision,
    )
