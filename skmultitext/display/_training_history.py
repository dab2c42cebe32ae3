"""Display of losses and scores over the epochs of training."""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, Self

import numpy as np

from .._gate.types import Numbers
from .._meta.known_labels import inner_estimator
from .._runtime.messages import listing, shown
from ._axes import GREY, NAME_WIDTH, PALETTE, despine, draw_legend, open_axes, shorten

# entries of a record that are neither losses nor scores; drawn only on request
_CIRCUMSTANCES = ("epoch", "step", "lr", "learning_rate", "time", "seconds", "duration")
_VALIDATION = ("val_", "validation_")  # prefixes of Keras and of our taggers
_DASHES = ("-", "--", "-.", ":")
_MOST_METRICS = len(PALETTE) * len(_DASHES)


class TrainingHistoryDisplay:
    """Losses and scores over the epochs of training, with the best epoch marked.

    Make it with `from_estimator` or `from_history`. Losses (names with "loss", except
    ``neg_log_loss`` and the like) are on the left axis, scores on the right axis. Training curves
    are pale, validation curves (``val_...`` or ``validation_...``) in full colour. Without
    `ax`, a figure is made with pyplot, which keeps it until
    ``matplotlib.pyplot.close(display.figure_)``.

    Parameters
    ----------
    epochs : array-like of shape (n_epochs,), dtype int64
        Number of each epoch.
    metrics : dict of {str: array-like of shape (n_epochs,), dtype float64}
        Value of each loss and score in each epoch; nan where it was not measured.

    Attributes
    ----------
    best_epoch : int or None
        The marked epoch; None if nothing was validated.
    lines_ : dict of {str: Line2D}
        The line of each metric.
    best_line_ : Line2D or None
        The vertical line at the best epoch.
    score_ax_ : Axes or None
        The axes of the scores: `ax_` itself if there is no loss, None if there is no score.
    legend_ : Legend
        The legend.
    ax_ : Axes
        Axes with the losses, or with the scores if there is no loss.
    figure_ : Figure
        Figure of the axes.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from skmultitext.display import TrainingHistoryDisplay
    >>> history = [
    ...     {"epoch": 1, "loss": 0.61, "val_loss": 0.55, "val_f1_micro": 0.40},
    ...     {"epoch": 2, "loss": 0.42, "val_loss": 0.47, "val_f1_micro": 0.58},
    ...     {"epoch": 3, "loss": 0.30, "val_loss": 0.49, "val_f1_micro": 0.56},
    ... ]
    >>> display = TrainingHistoryDisplay.from_history(history)
    >>> display.best_epoch
    2
    >>> sorted(display.lines_)
    ['loss', 'val_f1_micro', 'val_loss']
    >>> plt.close(display.figure_)
    """

    def __init__(self, epochs: Numbers, metrics: Mapping[str, Numbers]) -> None:
        self.epochs = epochs
        self.metrics = metrics

    def __repr__(self) -> str:
        names = ", ".join(self.metrics) or "nothing"
        return f"<{type(self).__name__}: {len(self.epochs)} epochs of {names}>"

    def plot(
        self, ax: Any = None, *, metrics: Sequence[str] | None = None, monitor: str | None = None
    ) -> Self:
        """Draw the lines.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        metrics : sequence of str, default=None
            Names of the metrics to draw; None draws all losses and scores, but not the
            learning rate or durations. Up to 24.
        monitor : str or None, default=None
            The metric that determines the best epoch: a loss by its minimum, a score by its
            maximum. None takes the first validation score, otherwise ``"val_loss"``.

        Returns
        -------
        self
            The display.

        Raises
        ------
        ValueError
            If a metric is unknown or was never measured, or lengths differ.
        MissingExtraError
            If matplotlib is not installed.
        """
        self._check()
        drawn = self._chosen(metrics)
        monitor = self._monitored(monitor)
        self.best_epoch = None
        if monitor is not None:
            values = np.asarray(self.metrics[monitor], dtype=np.float64)
            best = np.nanargmin(values) if _is_loss(monitor) else np.nanargmax(values)
            self.best_epoch = int(np.asarray(self.epochs)[best])

        ax, own = open_axes(ax, "TrainingHistoryDisplay.plot", (8.5, 4.8))
        self.ax_, self.figure_ = ax, ax.figure
        losses = [name for name in drawn if _is_loss(name)]
        self.score_ax_: Any = None
        if len(losses) < len(drawn):
            self.score_ax_ = ax.twinx() if losses else ax
            self.score_ax_.set_ylabel("Score")
        if losses:
            ax.set_ylabel("Loss")
        self.lines_ = {}
        for name, style in self._styles(drawn).items():
            where = ax if _is_loss(name) else self.score_ax_
            values = np.asarray(self.metrics[name], dtype=np.float64)
            known = ~np.isnan(values)  # connect over epochs without validation
            (self.lines_[name],) = where.plot(
                np.asarray(self.epochs)[known], values[known], **style
            )
        handles, texts = list(self.lines_.values()), shorten(drawn, NAME_WIDTH[own])
        self.best_line_ = None
        if monitor is not None:
            self.best_line_ = ax.axvline(self.best_epoch, color=GREY, linestyle=":", zorder=0)
            handles.append(self.best_line_)
            texts.append(f"best {shorten([monitor], NAME_WIDTH[own])[0]}: epoch {self.best_epoch}")
        ax.set_xlabel("Epoch")
        ax.xaxis.get_major_locator().set_params(integer=True)
        if len(self.epochs) == 1:
            ax.set_xlim(self.epochs[0] - 1, self.epochs[0] + 1)
        for axes in {ax, self.score_ax_ or ax}:
            despine(axes)
        if losses and self.score_ax_ is not None:
            self.score_ax_.spines["right"].set_visible(True)
        upper = self.score_ax_ or ax  # drawn last: its legend covers the lines of both
        self.legend_ = draw_legend(
            upper, handles, texts, outside=own, loc="center right", twin=upper is not ax
        )
        return self

    def _check(self) -> None:
        lengths = {name: len(values) for name, values in self.metrics.items()}
        n_epochs = len(self.epochs)
        if not n_epochs or not lengths:
            raise ValueError(
                f"The history has {n_epochs} epochs and {len(lengths)} metrics; train for at "
                f"least one epoch before drawing."
            )
        for name, length in lengths.items():
            if length != n_epochs:
                raise ValueError(f"{shown(name)} has {length} values for {n_epochs} epochs.")

    def _chosen(self, metrics: Sequence[str] | None) -> list[str]:
        if metrics is None:
            drawn = [name for name in self.metrics if name not in _CIRCUMSTANCES]
        else:
            drawn = [metrics] if isinstance(metrics, str) else list(dict.fromkeys(metrics))
        self._refuse_unknown("metrics", drawn)
        if not drawn or len(drawn) > _MOST_METRICS:
            raise ValueError(
                f"{len(drawn)} metrics are to be drawn; pass 1 to {_MOST_METRICS} names of "
                f"{listing(self.metrics)} as metrics."
            )
        return drawn

    def _monitored(self, monitor: str | None) -> str | None:
        if monitor is not None:
            self._refuse_unknown("monitor", [monitor])
            if np.isnan(np.asarray(self.metrics[monitor], dtype=np.float64)).all():
                raise ValueError(f"monitor is {shown(monitor)}, which was measured at no epoch.")
            return monitor
        validated = [
            name
            for name, values in self.metrics.items()
            if name.startswith(_VALIDATION) and not np.isnan(np.asarray(values, float)).all()
        ]
        scores = [name for name in validated if not _is_loss(name)]
        return next(iter(scores + validated), None)

    def _refuse_unknown(self, parameter: str, names: Sequence[str]) -> None:
        unknown = [name for name in names if name not in self.metrics]
        if unknown:
            raise ValueError(
                f"{parameter} names {listing(unknown)}, which the history does not have; it has "
                f"{listing(self.metrics)}."
            )

    def _styles(self, drawn: list[str]) -> dict[str, dict[str, Any]]:
        """Return one colour per metric, pale for training if the metric was also validated."""
        bases = list(dict.fromkeys(map(_base, drawn)))
        validated = {_base(name) for name in drawn if name.startswith(_VALIDATION)}
        styles = {}
        for name in drawn:
            k = bases.index(_base(name))
            training = not name.startswith(_VALIDATION) and name in validated
            styles[name] = {
                "color": PALETTE[k % len(PALETTE)],
                "linestyle": _DASHES[k // len(PALETTE)],
                "linewidth": 1.2 if training else 2.0,
                "alpha": 0.55 if training else 1.0,
                "marker": "." if training else "o",
                "markersize": 4,
                "markevery": max(1, len(self.epochs) // 40),
            }
        return styles

    @classmethod
    def from_history(
        cls, history: Iterable[Mapping[str, Any]], *, ax: Any = None, **plot_kwargs: Any
    ) -> Self:
        """Draw records of training.

        Parameters
        ----------
        history : sequence of dict, of length n_epochs
            One record per epoch, like `history_` of a neural tagger: name of a loss or score ->
            number; other values are ignored. The key "epoch" has its number; default from 1.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **plot_kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If history is not a sequence of records, has nothing to draw, or an argument is not
            legal.
        MissingExtraError
            If matplotlib is not installed.
        """
        listed = isinstance(history, Iterable) and not isinstance(history, Mapping | str)
        if not (listed and all(isinstance(record, Mapping) for record in history)):
            raise ValueError(
                f"history is a {type(history).__name__} without records; pass a list with one dict "
                f"per epoch, for instance the history_ of a fitted neural tagger."
            )
        records = list(history)
        names = dict.fromkeys(
            name for record in records for name, value in record.items() if _is_number(value)
        )
        epochs = np.array([record.get("epoch", i) for i, record in enumerate(records, 1)])
        return cls(
            epochs,
            {
                name: np.array([_number(record.get(name)) for record in records])
                for name in names
                if name != "epoch"
            },
        ).plot(ax, **plot_kwargs)

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **plot_kwargs: Any) -> Self:
        """Draw the training of a fitted neural tagger.

        Parameters
        ----------
        estimator : estimator
            A fitted tagger with `history_`, or a Pipeline, search or meta-estimator around it.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **plot_kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the estimator has no history, or an argument is not legal.
        MissingExtraError
            If matplotlib is not installed.
        """
        inner = estimator
        while inner is not None and not hasattr(inner, "history_"):
            inner = inner_estimator(inner)
        if inner is None:
            raise ValueError(
                f"{type(estimator).__name__} has no history_. Fit a tagger that learns in epochs, "
                f"or pass records to TrainingHistoryDisplay.from_history."
            )
        return cls.from_history(inner.history_, ax=ax, **plot_kwargs)


def _base(name: str) -> str:
    """Strip the prefix for validation from the name of a metric."""
    for prefix in _VALIDATION:
        name = name.removeprefix(prefix)
    return name


def _is_loss(name: str) -> bool:
    """Whether lower is better: not for neg_log_loss and the like, which are scores."""
    base = _base(name)
    return "loss" in base and not base.startswith("neg_")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _number(value: Any) -> float:
    return float(value) if _is_number(value) else np.nan
