"""Lay out small tables: as text of even columns, and as escaped HTML."""

from html import escape

import numpy as np

WIDEST_NAME = 40
_CELL = "padding:2px 10px;text-align:"


def show(value, digits=3):
    """Show a number; "-" where there is none.

    Parameters
    ----------
    value : float
        The number, or nan.
    digits : int, default=3
        Digits behind the point.

    Returns
    -------
    str
    """
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


def show_count(value):
    """Show a count: whole, or with one digit where sample weights broke it.

    Parameters
    ----------
    value : float
        The count.

    Returns
    -------
    str
    """
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"


def show_interval(interval):
    """Show the two ends of an interval.

    Parameters
    ----------
    interval : array-like of shape (2,)
        Lower and upper end, or nan.

    Returns
    -------
    str
    """
    low, high = interval
    return "-" if np.isnan(low) else f"{low:.3f} to {high:.3f}"


def show_name(name):
    """Bring a name onto one line of at most `WIDEST_NAME` characters.

    Parameters
    ----------
    name : str
        The name of a label or of a tagger.

    Returns
    -------
    str
    """
    name = "".join(c if c.isprintable() else " " for c in str(name))
    return name if len(name) <= WIDEST_NAME else name[: WIDEST_NAME - 1] + "…"


def text_table(head, groups, n_left=1):
    """Lay out rows in columns.

    Parameters
    ----------
    head : sequence of str
        Titles of the columns.
    groups : sequence of list of sequences of str
        Rows; an empty line stands between two groups.
    n_left : int, default=1
        Number of columns that are flush left; the others are flush right.

    Returns
    -------
    list of str
        Lines of text.
    """
    rows = [row for group in groups for row in group]
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    lines = [_line(head, widths, n_left)]
    for group in groups:
        if group:
            lines += ["", *(_line(row, widths, n_left) for row in group)]
    return lines


def _line(cells, widths, n_left):
    padded = (
        f"{cell:<{width}}" if i < n_left else f"{cell:>{width}}"
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def html_table(head, groups, n_left=1):
    """Lay out rows as an HTML table; every cell is escaped.

    Parameters
    ----------
    head, groups, n_left
        As in `text_table`; a line is drawn between two groups.

    Returns
    -------
    str
    """
    sides = ["left" if i < n_left else "right" for i in range(len(head))]
    cells = "".join(
        f'<th scope="col" style="{_CELL}{side}">{escape(cell)}</th>'
        for cell, side in zip(head, sides, strict=True)
    )
    bodies = "".join(
        f'<tbody style="border-top:1px solid">{"".join(_html_row(row, sides) for row in group)}'
        f"</tbody>"
        for group in groups
        if group
    )
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;'
        f'font-variant-numeric:tabular-nums"><thead><tr>{cells}</tr></thead>{bodies}</table></div>'
    )


def _html_row(row, sides):
    first, *others = (
        f'style="{_CELL}{side}">{escape(cell)}' for cell, side in zip(row, sides, strict=True)
    )
    cells = "".join(f"<td {cell}</td>" for cell in others)
    return f'<tr><th scope="row" {first}</th>{cells}</tr>'
