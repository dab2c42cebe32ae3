"""Display that compares taggers label by label."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Self

import numpy as np

from .._gate.containers import plain_rows
from .._gate.parameters import check_choice
from .._gate.types import (
    Documents,
    Features,
    FloatArray,
    LabelNames,
    Labels,
    Numbers,
    Threshold,
    Weights,
)
from .._meta.known_labels import find_label_names, order_of_columns
from .._runtime.messages import shown
from .._runtime.threads import ignored_warnings
from ..exceptions import LabelError, UnknownLabelWarning
from ..metrics._counts import count_labels
from ..metrics._inputs import Scored, names_of_sets, read_scores
from ..metrics._predictions import are_decisions, names_of_frames, read_predictions
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
from ._inputs import Choice, choose_labels, columns_of, drawable_support, pooled, scores_of

METRICS = ("f1", "average_precision")
_TITLES = {"f1": "F1", "average_precision": "Average precision"}
_MOST_TAGGERS = 12


class TaggerComparisonDisplay:
    """Score of each tagger for each label, with micro and macro averages.

    Make it with `from_predictions` or `from_estimators`. Without `ax`, pyplot makes a
    figure and keeps it until ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    scores : dict of {str: array-like of shape (n_labels,), dtype float64}
        Score of each label in [0, 1], by tagger; nan for a label without a positive.
    label_names : sequence of str of length n_labels
        Names of the labels.
    support : array-like of shape (n_labels,), dtype float64, default=None
        Positives of each label, at least 0: the labels with the most are drawn. None draws the
        first labels.
    micro : dict of {str: float}, default=None
        Score of each tagger over all labels together, in [0, 1].
    metric : str, default="f1"
        Name of the score, for the axis.

    Attributes
    ----------
    macro : dict of {str: float}
        Mean score of each tagger over the labels that have a positive.
    row_names_ : list of str
        Names of the rows from the top down: averages, labels, the mean of the other labels.
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

    def __init__(
        self,
        scores: Mapping[str, Numbers],
        *,
        label_names: LabelNames,
        support: Numbers | None = None,
        micro: Mapping[str, float] | None = None,
        metric: str = "f1",
    ) -> None:
        self.scores = scores
        self.label_names = label_names
        self.support = np.ones(len(label_names)) if support is None else support
        self.micro = micro
        self.metric = metric

    def __repr__(self) -> str:
        means = ", ".join(f"{name} {value:.3f}" for name, value in self.macro.items())
        return (
            f"<{type(self).__name__}: macro {_TITLES.get(self.metric, self.metric)} of "
            f"{len(self.label_names)} labels: {means}>"
        )

    @property
    def macro(self) -> dict[str, float]:
        """Mean score of each tagger over the labels with a score, dict of {str: float}."""
        return {name: float(np.nanmean(values)) for name, values in self.scores.items()}

    def plot(
        self, ax: Any = None, *, top: int | None = 30, labels: Sequence[str] | None = None
    ) -> Self:
        """Draw the points.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        top : int or None, default=30
            Number of labels to draw, those with the most positives, at least 1; the others
            share one row with their mean. None draws all.
        labels : sequence of str, default=None
            Names of the labels to draw instead of `top`; the others are left out.

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

    def _row_values(self, name: str, columns: dict[str, FloatArray], choice: Choice) -> list[float]:
        values = columns[name]
        averages = [] if self.micro is None else [self.micro[name]]
        others = [np.nanmean(values[choice.others])] if len(choice.others) else []
        return [*averages, self.macro[name], *values[choice.shown], *others]

    def _check(self) -> None:
        if not isinstance(self.scores, Mapping) or not self.scores:
            raise ValueError(
                "scores is empty or no dict; pass {name of tagger: one score per label}."
            )
        if len(self.scores) > _MOST_TAGGERS:
            raise ValueError(
                f"{len(self.scores)} taggers are to be compared; only {_MOST_TAGGERS} can be "
                f"distinguished. Pass fewer."
            )
        for name, values in self.scores.items():
            if np.shape(values) != (len(self.label_names),):
                raise ValueError(
                    f"The scores of {shown(name)} have shape {np.shape(values)}, but there are "
                    f"{len(self.label_names)} labels; pass one score per label."
                )
        if self.micro is not None and set(self.micro) != set(self.scores):
            raise ValueError("micro and scores must name the same taggers.")

    @classmethod
    def from_predictions(
        cls,
        y_true: Labels,
        predictions: Any,
        *,
        metric: str = "f1",
        threshold: Threshold = 0.5,
        sample_weight: Weights = None,
        label_names: LabelNames | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> Self:
        """Score predictions of several taggers and draw them.

        Parameters
        ----------
        y_true : array-like, sparse matrix, DataFrame or sequence of label sets
            True labels, in any form that a tagger takes; label sets need `label_names`.
            NaN marks an unknown entry, which is ignored.
        predictions : dict of {str: array-like of shape (n_samples, n_labels)}
            By name of tagger: probabilities (dtype float, or a forest's list of arrays) or
            decisions (an indicator of dtype int or bool, sparse, or label sets).
        metric : {"f1", "average_precision"}, default="f1"
            The score. Average precision needs probabilities or other scores.
        threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
            For F1 of probabilities: a label is given where its probability exceeds the
            threshold, in [0, 1]; a dict is by label name.
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
        y_true = plain_rows(y_true)
        if label_names is None:
            label_names = names_of_frames(y_true, predictions)
        if label_names is None:
            given = {f"predictions[{shown(name)}]": y for name, y in predictions.items()}
            label_names = names_of_sets(y_true=y_true, **given)
        read: dict[str, Scored] = {}
        for name, values in predictions.items():
            # what is unknown in y_true is reported once
            quiet = ignored_warnings(category=UnknownLabelWarning) if read else nullcontext()
            try:
                with quiet:
                    scored = _read(y_true, values, metric, threshold, sample_weight, label_names)
            except ValueError as error:
                raise type(error)(f"predictions[{shown(name)}]: {error}") from error
            n_labels = len(next(iter(read.values()), scored).names)
            if len(scored.names) != n_labels:
                raise LabelError(
                    f"predictions[{shown(name)}] has {len(scored.names)} labels, the one before "
                    f"{n_labels}; pass the same labels for every tagger."
                )
            read[str(name)] = scored
        first = next(iter(read.values()))
        support = drawable_support(first)
        scores, micro = {}, {}
        for name, scored in read.items():
            per_label, micro[name] = _measure(scored, metric)
            scores[name] = np.where(np.isnan(support), np.nan, per_label)
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
        estimators: Mapping[str, Any],
        X: Documents | Features,
        y: Labels,
        *,
        metric: str = "f1",
        sample_weight: Weights = None,
        label_names: LabelNames | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> Self:
        """Score fitted estimators and draw them.

        Parameters
        ----------
        estimators : dict of {str: estimator}
            Fitted multi-label classifiers by name. F1 is computed from their `predict`.
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents that were not used to fit them.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Their labels, in any form that a tagger takes. NaN marks an unknown entry, which is
            ignored.
        metric : {"f1", "average_precision"}, default="f1"
            The score.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, at least 0.
        label_names : sequence of str of length n_labels, default=None
            Names of the labels; None takes `label_names_` of the first estimator that has it.
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
            predictions = {
                name: _decisions_of(estimator, X, label_names)
                for name, estimator in estimators.items()
            }
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


def _decisions_of(estimator: Any, X: Documents | Features, label_names: LabelNames | None) -> Any:
    """Return `predict` in the order of the names, as int, because forests return float."""
    values = estimator.predict(X)
    order = None if label_names is None else order_of_columns(estimator, list(label_names))
    values = values if order is None else values[:, order]
    is_float = isinstance(values, np.ndarray) and values.dtype.kind == "f"
    return values.astype(np.int64) if is_float else values


def _read(
    y_true: Labels,
    values: Any,
    metric: str,
    threshold: Threshold,
    sample_weight: Weights,
    label_names: LabelNames | None,
) -> Scored:
    """Read predictions: scores for average precision, decisions for F1."""
    if metric != "average_precision":
        return read_predictions(y_true, values, threshold, sample_weight, label_names).decided
    if are_decisions(values):
        raise ValueError(
            "These are decisions, which have no average precision. Pass probabilities, or "
            "metric='f1'."
        )
    return read_scores(y_true, values, sample_weight, label_names)


def _measure(scored: Scored, metric: str) -> tuple[FloatArray, float]:
    """Score each label, and all labels together."""
    if metric == "f1":
        counts = count_labels(scored)
        return counts.score("f1"), float(counts.pooled().score("f1")[0])
    curves = [precision_recall(*column) for column in columns_of(scored)]
    return (
        np.array([curve.average_precision for curve in curves]),
        precision_recall(*pooled(scored)).average_precision,
    )
