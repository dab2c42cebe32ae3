"""How the displays draw: axes, colours, legends and names that stay legible.

Nothing here reads or sets a global style beyond the sizes that matplotlib is set to.
"""

from itertools import cycle, islice, product

import numpy as np

from .._optional import require

# Okabe and Ito's palette without its yellow, which is too faint for lines on white
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MOST_LINES = len(PALETTE) * len(DASHES)
INK, GREY, PALE = "#222222", "#707070", "#DDDDDD"

_LINE = 1.3  # height of a line of text by its font size
_LETTER = 0.62  # mean width of a letter by its font size
_LEAST = 4.5  # points; smaller is not read, names are left out instead
_DRAWN = 2000  # steps of a curve that can be told apart in a figure


def open_axes(ax, feature, size):
    """Return the axes to draw on, and whether they were made here.

    Parameters
    ----------
    ax : Axes or None
        Axes of the caller.
    feature : str
        What needs matplotlib, for the error where it is absent.
    size : tuple of float
        Width and height of a new figure, in inches.

    Returns
    -------
    ax : Axes
    own : bool

    Raises
    ------
    ValueError
        If `ax` is no Axes.
    MissingExtraError
        If matplotlib is not installed.
    """
    pyplot = require("matplotlib.pyplot", feature)
    if ax is None:
        return pyplot.subplots(figsize=size, layout="constrained")[1], True
    if not isinstance(ax, pyplot.Axes):
        raise ValueError(
            f"ax is a {type(ax).__name__}, not one matplotlib Axes. Pick one of several, for "
            f"instance axes[0, 0]."
        )
    return ax, False


def line_styles(n_lines):
    """Give each of up to 30 lines a colour and a dash of its own."""
    pairs = islice(product(DASHES, PALETTE), n_lines)
    return [{"linestyle": dash, "color": color} for dash, color in pairs]


def marker_styles(n_series):
    """Give each series of points a colour and a marker; 42 pairs differ."""
    pairs = islice(zip(cycle(PALETTE), cycle(MARKERS), strict=False), n_series)
    return [{"color": color, "marker": marker} for color, marker in pairs]


def shorten(names, width):
    """Put long names into at most `width` letters, in the middle of which something is left out.

    Names that would then be alike get a number. Line breaks become blanks.
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


def _cut(name, width):
    if len(name) <= width:
        return name
    head = (width - 1 + 1) // 2
    return f"{name[:head].rstrip()}…{name[len(name) - (width - 1 - head) :].lstrip()}"


def points(ax):
    """Width and height of axes as they stand, in points."""
    box, dpi = ax.get_window_extent(), ax.figure.dpi
    return box.width / dpi * 72, box.height / dpi * 72


def font_size(name):
    """Size of a relative font size such as "small", in points."""
    manager = require("matplotlib.font_manager", "A display")
    return manager.FontProperties(size=name).get_size_in_points()


def fitting_size(room, n_letters, largest):
    """Largest font size at which `n_letters` fit into `room` points of width."""
    return float(np.clip(room / (max(n_letters, 1) * _LETTER), _LEAST, largest))


def name_rows(ax, names, *, axis="y", width=32):
    """Write a name at every whole position of an axis, small enough not to overlap.

    Where not even the smallest type fits, only every second, third, ... row is named.
    """
    room = points(ax)[axis == "y"] / max(len(names), 1)
    size = min(font_size("small"), room / _LINE)
    step = max(1, int(np.ceil(_LEAST * _LINE / room)))
    kept = np.arange(0, len(names), step)
    texts = shorten(names, width)
    set_ticks = ax.set_yticks if axis == "y" else ax.set_xticks
    # parse_math: a name such as "$100 to $200" is no formula
    set_ticks(
        kept,
        labels=[texts[i] for i in kept],
        fontsize=max(size, _LEAST),
        parse_math=False,
        rotation=0 if axis == "y" else 90,
    )


def draw_legend(ax, handles, texts, *, outside, loc, title=None):
    """Write a legend beside axes of our own, else inside the axes, in type that fits there."""
    size = font_size("small")
    if outside:
        place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0}
    else:
        width, height = points(ax)
        place = {"loc": loc, "framealpha": 0.85}
        size = min(size, 0.9 * height / (_LINE * (len(texts) + (title is not None) + 0.5)))
        size = fitting_size(0.9 * width, max(map(len, texts)) + 5, size)
    # texts are set afterwards: a name with a leading "_" would be left out, one with "$" parsed
    legend = ax.legend(handles, ["-"] * len(texts), fontsize=size, title_fontsize=size, **place)
    for artist, text in zip(legend.get_texts(), texts, strict=True):
        artist.set_parse_math(False)
        artist.set_text(text)
    if title is not None:
        legend.get_title().set_parse_math(False)
        legend.set_title(title)
    return legend


def thin(x, y):
    """Leave out the points of a curve that nobody can see: under 1/2000 from the one before."""
    if len(x) <= _DRAWN:
        return x, y
    cells = np.round(np.column_stack([x, y]) * _DRAWN)
    moved = np.flatnonzero((cells[1:] != cells[:-1]).any(axis=1)) + 1
    kept = np.unique(np.concatenate([[0], moved, [len(x) - 1]]))
    return x[kept], y[kept]


def despine(ax):
    """Take away the frame above and at the right."""
    ax.spines[["top", "right"]].set_visible(False)
