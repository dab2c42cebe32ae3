"""Small tables as aligned text and as escaped HTML."""

from collections.abc import Sequence
from html import escape

import numpy as np

WIDEST_NAME = 40
_CELL = "padding:2px 10px;text-align:"


def show(value: float) -> str:
    """Format a number; "-" for nan."""
    return "-" if np.isnan(value) else f"{value:.3f}"


def show_count(value: float) -> str:
    """Format a count, with one decimal if sample weights make it fractional."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"


def show_size(n_samples: int, n_labels: int, known_share: float) -> str:
    """Show how many documents and labels were scored, and which part of them is known."""
    known = f", {100 * known_share:.1f} % of their entries known" if known_share < 1 else ""
    return f"{n_samples:,} documents, {n_labels:,} labels{known}"


def show_interval(interval: Sequence[float]) -> str:
    """Format an interval."""
    low, high = interval
    return "-" if np.isnan(low) else f"{low:.3f} to {high:.3f}"


def show_name(name: object) -> str:
    """Put a name on one line of at most `WIDEST_NAME` characters."""
    name = "".join(c if c.isprintable() else " " for c in str(name))
    return name if len(name) <= WIDEST_NAME else name[: WIDEST_NAME - 1] + "…"


def text_table(
    head: Sequence[str], groups: Sequence[list[list[str]]], n_left: int = 1
) -> list[str]:
    """Format rows as aligned columns."""
    rows = [row for group in groups for row in group]
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    lines = [_line(head, widths, n_left)]
    for group in groups:
        if group:
            lines += ["", *(_line(row, widths, n_left) for row in group)]
    return lines


def _line(cells: Sequence[str], widths: list[int], n_left: int) -> str:
    padded = (
        f"{cell:<{width}}" if i < n_left else f"{cell:>{width}}"
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def html_table(head: Sequence[str], groups: Sequence[list[list[str]]], n_left: int = 1) -> str:
    """Format rows as an HTML table; every cell is escaped."""
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


def _html_row(row: Sequence[str], sides: list[str]) -> str:
    first, *others = (
        f'style="{_CELL}{side}">{escape(cell)}' for cell, side in zip(row, sides, strict=True)
    )
    cells = "".join(f"<td {cell}</td>" for cell in others)
    return f'<tr><th scope="row" {first}</th>{cells}</tr>'
