"""Axes, colours, legends and names for the displays.

matplotlib's global styles are not changed; only its font sizes are read.
"""

from collections.abc import Iterable
from itertools import cycle, islice, product
from typing import Any

import numpy as np

from .._gate.types import AnyArray, LabelNames
from .._runtime.optional import require

# Okabe and Ito's palette without its yellow, which is too faint for lines on white
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MOST_LINES = len(PALETTE) * len(DASHES)
# longest name in characters: in the caller's axes, and in our own
NAME_WIDTH = {False: 18, True: 28}
INK, GREY, PALE = "#222222", "#707070", "#DDDDDD"

_LINE = 1.3  # line height, relative to the font size
_LETTER = 0.62  # mean letter width, relative to the font size
_LEAST = 4.5  # points; below this names are left out
_MOST_ROWS = 20  # of a legend beside the axes, before it gets another column
_DRAWN = 2000  # steps of a curve that a figure can resolve


def open_axes(ax: Any, feature: str, size: Any) -> tuple[Any, bool]:
    """Return the axes to draw on, and whether they are new; `size` may be a callable.

    `feature` names what needs matplotlib in the error if it is missing.
    """
    pyplot = require("matplotlib.pyplot", feature)
    if ax is None:
        size = (
            size() if callable(size) else size
        )  # a callable may read font sizes, which need matplotlib
        return pyplot.subplots(figsize=size, layout="constrained")[1], True
    if not isinstance(ax, pyplot.Axes):
        raise ValueError(
            f"ax is a {type(ax).__name__}, not one matplotlib Axes. Pass one of several, such as "
            f"axes[0, 0]."
        )
    return ax, False


def line_styles(n_lines: int) -> list[dict[str, Any]]:
    """Return a different pair of colour and dash for each of up to 30 lines."""
    pairs = islice(product(DASHES, PALETTE), n_lines)
    return [{"linestyle": dash, "color": color} for dash, color in pairs]


def marker_styles(n_series: int) -> list[dict[str, Any]]:
    """Return a colour and a marker for each series of points; 42 pairs are different."""
    pairs = islice(zip(cycle(PALETTE), cycle(MARKERS), strict=False), n_series)
    return [{"color": color, "marker": marker} for color, marker in pairs]


def shorten(names: Iterable[str], width: int) -> list[str]:
    """Shorten names to at most `width` characters by cutting out their middle.

    Names that become equal get a number; line breaks become blanks.
    """
    taken, short = set(), []
    for name in names:
        flat = " ".join(str(name).split())
        text = flat if len(flat) <= width else _cut(flat, width)
        number = 2
        while text in taken:
            mark = f" ({number})"
            text, number = _cut(flat, width - len(mark)) + mark, number + 1
        taken.add(text)
        short.append(text)
    return short


def _cut(name: str, width: int) -> str:
    if len(name) <= width:
        return name
    head = width // 2
    return f"{name[:head].rstrip()}…{name[len(name) - (width - 1 - head) :].lstrip()}"


def points(ax: Any) -> tuple[float, float]:
    """Return the width and height of axes in points."""
    box, dpi = ax.get_window_extent(), ax.figure.dpi
    return box.width / dpi * 72, box.height / dpi * 72


def font_size(name: str) -> float:
    """Convert a relative font size such as "small" to points."""
    manager = require("matplotlib.font_manager", "A display")
    return manager.FontProperties(size=name).get_size_in_points()


def fitting_size(room: float, n_letters: int, largest: float) -> float:
    """Return the largest font size at which `n_letters` fit into `room` points of width."""
    return float(np.clip(room / (max(n_letters, 1) * _LETTER), _LEAST, largest))


def name_rows(ax: Any, names: LabelNames, *, own: bool, axis: str = "y") -> None:
    """Write a name at every integer position of an axis, in a font size without overlap.

    If even the smallest size overlaps, name only every second, third, ... row.
    """
    room = points(ax)[axis == "y"] / max(len(names), 1)
    size = min(font_size("small"), room / _LINE)
    step = max(1, int(np.ceil(_LEAST * _LINE / room)))
    kept = np.arange(0, len(names), step)
    texts = shorten(names, NAME_WIDTH[own])
    set_ticks = ax.set_yticks if axis == "y" else ax.set_xticks
    # parse_math=False: a name such as "$100 to $200" is no formula
    set_ticks(
        kept,
        labels=[texts[i] for i in kept],
        fontsize=max(size, _LEAST),
        parse_math=False,
        rotation=0 if axis == "y" else 90,
    )


def legend_width(texts: list[str]) -> float:
    """Return the width in inches that a legend with these texts needs beside new axes."""
    letters = max(map(len, texts)) + 5  # the line before the text, and the gaps
    return _n_columns(texts) * letters * _LETTER * font_size("small") / 72


def _n_columns(texts: list[str]) -> int:
    return -(-len(texts) // _MOST_ROWS)


def draw_legend(
    ax: Any,
    handles: list[Any],
    texts: list[str],
    *,
    outside: bool,
    loc: str,
    title: str | None = None,
    twin: bool = False,
) -> Any:
    """Draw a legend beside our own axes, or inside the caller's axes, in a font size that fits."""
    size, owner = font_size("small"), ax
    place: dict[str, Any]
    if outside and twin:
        owner, place = ax.figure, {"loc": "outside right upper"}
    elif outside:
        place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0}
        place["ncols"] = _n_columns(texts)
    else:
        width, height = points(ax)
        place = {"loc": loc, "framealpha": 0.8}
        size = min(size, 0.6 * height / (_LINE * (len(texts) + (title is not None) + 0.5)))
        size = fitting_size(0.75 * width, max(map(len, texts)) + 6, size)
    # set the texts afterwards: matplotlib drops names with a leading "_" and parses "$"
    legend = owner.legend(
        handles, ["-"] * len(texts), fontsize=size, title_fontsize=size, handlelength=2.6, **place
    )
    for artist, text in zip(legend.get_texts(), texts, strict=True):
        artist.set_parse_math(False)
        artist.set_text(text)
    if title is not None:
        legend.get_title().set_parse_math(False)
        legend.set_title(title)
    return legend


def thin(x: AnyArray, y: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Drop points of a curve that are closer to the previous point than 1/2000 of the axes."""
    if len(x) <= _DRAWN:
        return x, y
    cells = np.round(np.column_stack([x, y]) * _DRAWN)
    moved = np.flatnonzero((cells[1:] != cells[:-1]).any(axis=1)) + 1
    kept = np.unique(np.concatenate([[0], moved, [len(x) - 1]]))
    return x[kept], y[kept]


def frame_rates(ax: Any, own: bool, x_title: str, y_title: str) -> None:
    """Format square axes for two rates in [0, 1]."""
    ax.set(xlabel=x_title, ylabel=y_title, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    if own:
        ax.set_anchor("W")  # leave the free space to the legend


def despine(ax: Any) -> None:
    """Hide the top and right spines."""
    ax.spines[["top", "right"]].set_visible(False)
