"""A report as columns, as text and as HTML."""

from typing import TYPE_CHECKING

import numpy as np

from .._gate.types import AnyArray, FloatArray, IntArray
from ..metrics._tables import (
    html_table,
    show,
    show_count,
    show_interval,
    show_name,
    show_size,
    text_table,
)

if TYPE_CHECKING:
    from ._report import MultilabelReport

_SCORES = ("precision", "recall", "f1")
_ROWS_SHOWN = 60
HTML_ROWS = 1000


def label_columns(report: "MultilabelReport") -> dict[str, FloatArray]:
    """Collect the columns of the table of labels."""
    columns = {"support": report.support}
    if report.has_unknown:
        columns["known"] = report.known
    if report.thresholds is not None:
        columns["threshold"] = report.thresholds
    columns |= {name: getattr(report, name) for name in _SCORES}
    if report.average_precision is not None:
        columns["average_precision"] = report.average_precision
    if report.intervals is not None:
        columns["f1_low"], columns["f1_high"] = report.intervals["f1"].T
    return columns


def average_cell(report: "MultilabelReport", average: str, column: str) -> float:
    """Return one number in the row of an average; nan if there is none."""
    if column in ("f1_low", "f1_high"):
        low, high = (report.intervals or {}).get(f"f1_{average}", (np.nan, np.nan))
        return high if column == "f1_high" else low
    if column == "known":
        return float(report.known.sum())
    return report.averages[average].get(column, np.nan)


def report_text(report: "MultilabelReport") -> str:
    """Format a report as text, with the 60 labels of the highest support."""
    n_labels = len(report.label_names)
    shown = most_frequent(report.support, _ROWS_SHOWN)
    known_share = report._predictions.decided.known_share()
    lines = [show_size(report.n_samples, n_labels, known_share), ""]
    lines += text_table(*_cells(report, shown))
    if n_labels > _ROWS_SHOWN:
        lines += [
            "",
            f"{n_labels - _ROWS_SHOWN:,} labels of lower support left out; see to_frame()",
        ]
    return "\n".join([*lines, "", *_footer(report)])


def report_html(report: "MultilabelReport") -> str:
    """Format a report as HTML, with the 1000 labels of the highest support."""
    shown = most_frequent(report.support)
    table = html_table(*_cells(report, shown, indent="\u00a0\u00a0"))  # HTML collapses spaces
    footer, n_hidden = _footer(report), len(report.label_names) - len(shown)
    if n_hidden:
        footer.insert(0, f"{n_hidden:,} labels of lower support left out; see to_frame()")
    return table + "".join(f"<div>{line}</div>" for line in footer)


def most_frequent(support: FloatArray, most: int | None = None) -> IntArray:
    """Find the labels of the highest support, 1000 unless told, in their own order."""
    return np.sort(np.argsort(-support, kind="stable")[: most or HTML_ROWS])


def _cells(
    report: "MultilabelReport", shown: AnyArray, *, indent: str = "  "
) -> tuple[list[str], list[list[list[str]]]]:
    """Return the header and two groups of rows: the labels in `shown`, and the averages."""
    columns = label_columns(report)
    head = ["label", *(name for name in columns if name not in ("f1_low", "f1_high"))]
    head = ["AP" if name == "average_precision" else name for name in head]
    if report.intervals is not None:
        head.append(f"{100 * report.confidence_level:g} % interval of f1")
    labels = [
        _row(
            indent * report._depths[j] + show_name(report.label_names[j]),
            {name: values[j] for name, values in columns.items()},
        )
        for j in shown
    ]
    averages = [
        _row(f"{average} avg", {name: average_cell(report, average, name) for name in columns})
        for average in report.averages
    ]
    return head, [labels, averages]


def _row(name: str, cells: dict[str, float]) -> list[str]:
    interval = [cells.pop(end) for end in ("f1_low", "f1_high") if end in cells]
    counts = [show_count(cells.pop(key)) for key in ("support", "known") if key in cells]
    row = [name, *counts, *map(show, cells.values())]
    return [*row, show_interval(interval)] if interval else row


def _footer(report: "MultilabelReport") -> list[str]:
    lines = []
    if report.hierarchical is not None:
        scores = ", ".join(f"{kind} {show(value)}" for kind, value in report.hierarchical.items())
        lines.append(f"hierarchical  {scores}")
    for name, title in (("exact_match", "exact match"), ("hamming_loss", "Hamming loss")):
        line = f"{title:<12}  {getattr(report, name):.4f}"
        if report.intervals is not None:
            low, high = report.intervals[name]
            line += f"  ({low:.4f} to {high:.4f})"
        lines.append(line)
    return lines
