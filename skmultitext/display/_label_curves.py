"""Draw the precision-recall or ROC curves of many labels on one pair of axes."""

from collections.abc import Sequence
from numbers import Real
from typing import Any, Self

import numpy as np

from .._gate.types import AnyArray, FloatArray, LabelNames, Numbers
from .._runtime.messages import listing, shown
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
    thin,
)
from ._inputs import choose_labels, others_name

AVERAGES = ("micro", "macro")
_AVERAGE_STYLES = {"micro": "-", "macro": "--"}


class LabelCurvesDisplay:
    """Base class of the displays with one curve per label."""

    label_names: LabelNames
    support: Numbers
    # set by subclasses: attributes of x, y and area, titles, drawing style, place of the legend
    _x, _y, _area, _area_name = "", "", "", ""
    _x_title, _y_title, _drawstyle, _loc = "", "", "default", "best"

    def __repr__(self) -> str:
        areas = np.asarray(getattr(self, self._area), dtype=np.float64)
        drawn = areas[~np.isnan(areas)]
        mean = f", mean {self._area_name} {drawn.mean():.3f}" if len(drawn) else ""
        return f"<{type(self).__name__}: {len(areas)} labels{mean}>"

    def _label_curve(self, j: int) -> tuple[FloatArray, FloatArray, float]:
        return getattr(self, self._x)[j], getattr(self, self._y)[j], getattr(self, self._area)[j]

    def _mean_curve(self, columns: AnyArray) -> tuple[FloatArray, FloatArray, float]:
        """Compute the average curve of some labels: (x, y, area)."""
        raise NotImplementedError

    def _average(self, name: str) -> tuple[FloatArray, FloatArray, float] | None:
        """Return an average curve passed to the constructor: (x, y, area), or None."""
        curve = getattr(self, name)
        return None if curve is None else tuple(getattr(curve, f) for f in self._fields())

    def _fields(self) -> tuple[str, str, str]:
        return self._x, self._y, self._area

    def _check(self) -> None:
        """Refuse lists of different lengths before anything is drawn."""
        lengths = {
            name: len(getattr(self, name))
            for name in (self._x, self._y, self._area, "label_names", "support")
        }
        if len(set(lengths.values())) > 1 or not lengths[self._x]:
            raise ValueError(
                f"{type(self).__name__} needs one entry per label in each of its lists, got "
                f"{', '.join(f'{n} {name}' for name, n in lengths.items())}."
            )
        for j, name in enumerate(self.label_names):
            x, y, _ = self._label_curve(j)
            if len(x) != len(y):
                raise ValueError(
                    f"Label {shown(str(name))} has {len(x)} values of {self._x} and {len(y)} of "
                    f"{self._y}; pass one of each per point."
                )

    def _draw(
        self,
        ax: Any,
        *,
        top: int | None,
        labels: Sequence[str] | None,
        averages: Sequence[str],
        curve_kwargs: dict[str, Any] | None,
    ) -> Self:
        self._check()
        unknown = [name for name in averages if name not in AVERAGES]
        if unknown:
            raise ValueError(f"averages holds {listing(unknown)}; known are {listing(AVERAGES)}.")
        areas = np.asarray(getattr(self, self._area), dtype=np.float64)
        choice = choose_labels(
            self.label_names,
            np.where(np.isnan(areas), np.nan, self.support),
            top=top,
            labels=labels,
            most=MOST_LINES,
        )
        own = ax is None
        lines = []
        for name in averages:
            curve = self._average(name)
            if curve is not None:
                style = {"color": INK, "linestyle": _AVERAGE_STYLES[name], "linewidth": 2.5}
                lines.append((f"{name} average", curve, {**style, "zorder": 3}))
        names = shorten([self.label_names[j] for j in choice.shown], NAME_WIDTH[own])
        for name, j, style in zip(names, choice.shown, line_styles(len(names)), strict=True):
            lines.append((name, self._label_curve(j), {**style, **(curve_kwargs or {})}))
        if len(choice.others):
            style = {"color": GREY, "linestyle": ":", "linewidth": 2.5}
            curve = self._mean_curve(choice.others)
            lines.append((others_name(len(choice.others)), curve, style))

        texts = [
            f"{name} ({self._area_name} = {area:.2f})" if _is_number(area) else name
            for name, (_, _, area), _ in lines
        ]
        ax, _ = open_axes(ax, f"{type(self).__name__}.plot", lambda: (5.2 + legend_width(texts), 5))
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = []
        for _, (x, y, _), style in lines:
            x, y = thin(np.asarray(x), np.asarray(y))
            self.lines_ += ax.plot(x, y, drawstyle=self._drawstyle, **style)
        frame_rates(ax, own, self._x_title, self._y_title)
        self.legend_ = draw_legend(ax, self.lines_, texts, outside=own, loc=self._loc)
        return self


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not np.isnan(float(value))
