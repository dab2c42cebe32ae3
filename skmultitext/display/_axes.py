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
# most letters of a name, in axes of a caller and in axes of our own
NAME_WIDTH = {False: 18, True: 28}
INK, GREY, PALE = "#222222", "#707070", "#DDDDDD"

_LINE = 1.3  # height of a line of text by its font size
_LETTER = 0.62  # mean width of a letter by its font size
_LEAST = 4.5  # points; smaller is not read, names are left out instead
_MOST_ROWS = 20  # of a legend beside axes; more stand in further columns
_DRAWN = 2000  # steps of a curve that can be told apart in a figure


def open_axes(ax, feature, size):
    """Return the axes to draw on, and whether they were made here.

    Parameters
    ----------
    ax : Axes or None
        Axes of the caller.
    feature : str
        What needs matplotlib, for the error where it is absent.
    size : tuple of float, or callable that returns it
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
        size = size() if callable(size) else size  # may depend on fonts, hence on matplotlib
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
    head = width // 2
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


def name_rows(ax, names, *, own, axis="y"):
    """Write a name at every whole position of an axis, small enough not to overlap.

    Where not even the smallest type fits, only every second, third, ... row is named.
    """
    room = points(ax)[axis == "y"] / max(len(names), 1)
    size = min(font_size("small"), room / _LINE)
    step = max(1, int(np.ceil(_LEAST * _LINE / room)))
    kept = np.arange(0, len(names), step)
    texts = shorten(names, NAME_WIDTH[own])
    set_ticks = ax.set_yticks if axis == "y" else ax.set_xticks
    # parse_math: a name such as "$100 to $200" is no formula
    set_ticks(
        kept,
        labels=[texts[i] for i in kept],
        fontsize=max(size, _LEAST),
        parse_math=False,
        rotation=0 if axis == "y" else 90,
    )


def legend_width(texts):
    """Width in inches that a legend of these texts needs beside new axes."""
    letters = max(map(len, texts)) + 5  # the line before the text, and the gaps
    return _n_columns(texts) * letters * _LETTER * font_size("small") / 72


def _n_columns(texts):
    return -(-len(texts) // _MOST_ROWS)


def draw_legend(ax, handles, texts, *, outside, loc, title=None, twin=False):
    """Write a legend beside axes of our own, else inside the axes, in type that fits there.

    Parameters
    ----------
    ax : Axes
        The axes.
    handles : list of Artist
        What the legend explains.
    texts : list of str
        What it says of each.
    outside : bool
        Whether the axes are our own.
    loc : str
        Place inside the axes of a caller.
    title : str or None, default=None
        Title.
    twin : bool, default=False
        Whether there is a second axis at the right, which the legend has to keep clear of.

    Returns
    -------
    Legend
    """
    size, owner = font_size("small"), ax
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
    # texts are set afterwards: a name with a leading "_" would be left out, one with "$" parsed
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


def thin(x, y):
    """Leave out the points of a curve that nobody can see: under 1/2000 from the one before."""
    if len(x) <= _DRAWN:
        return x, y
    cells = np.round(np.column_stack([x, y]) * _DRAWN)
    moved = np.flatnonzero((cells[1:] != cells[:-1]).any(axis=1)) + 1
    kept = np.unique(np.concatenate([[0], moved, [len(x) - 1]]))
    return x[kept], y[kept]


def frame_rates(ax, own, x_title, y_title):
    """Make axes a square of two rates, both from 0 to 1."""
    ax.set(xlabel=x_title, ylabel=y_title, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    if own:
        ax.set_anchor("W")  # all room that is left over goes to the legend


def despine(ax):
    """Take away the frame above and at the right."""
    ax.spines[["top", "right"]].set_visible(False)
