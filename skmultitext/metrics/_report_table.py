"""Lay out a report: its columns, as text and as HTML."""

import numpy as np

from ._tables import html_table, show, show_count, show_interval, show_name, text_table

_SCORES = ("precision", "recall", "f1")
_ROWS_SHOWN = 60


def label_columns(report):
    """Collect the columns of the table of labels.

    Parameters
    ----------
    report : MultilabelReport
        The report.

    Returns
    -------
    dict of {str: ndarray of shape (n_labels,), dtype float64}
        The columns by name, in their order.
    """
    columns = {"support": report.support}
    if report.thresholds is not None:
        columns["threshold"] = report.thresholds
    columns |= {name: getattr(report, name) for name in _SCORES}
    if report.average_precision is not None:
        columns["average_precision"] = report.average_precision
    if report.intervals is not None:
        columns["f1_low"], columns["f1_high"] = report.intervals["f1"].T
    return columns


def average_cell(report, average, column):
    """Look up one number in the row of an average.

    Parameters
    ----------
    report : MultilabelReport
        The report.
    average : {"micro", "macro", "weighted", "samples"}
        The row.
    column : str
        A column of `label_columns`.

    Returns
    -------
    float
        nan where the average has none.
    """
    if column in ("f1_low", "f1_high"):
        return report.intervals.get(f"f1_{average}", (np.nan, np.nan))[column == "f1_high"]
    return report.averages[average].get(column, np.nan)


def report_text(report):
    """Lay out a report as text.

    Parameters
    ----------
    report : MultilabelReport
        The report.

    Returns
    -------
    str
        At most 60 labels, those of the highest support, in their order.
    """
    n_labels = len(report.label_names)
    ranked = np.argsort(-report.support, kind="stable")
    shown = np.sort(ranked[:_ROWS_SHOWN])
    lines = [f"{report.n_samples:,} documents, {n_labels:,} labels", ""]
    lines += text_table(*_cells(report, shown))
    if n_labels > _ROWS_SHOWN:
        lines += [
            "",
            f"{n_labels - _ROWS_SHOWN:,} labels of lower support left out; see as_frame()",
        ]
    return "\n".join([*lines, "", *_footer(report)])


def report_html(report):
    """Lay out a report as HTML, all labels.

    Parameters
    ----------
    report : MultilabelReport
        The report.

    Returns
    -------
    str
    """
    table = html_table(*_cells(report, np.arange(len(report.label_names))))
    return table + "".join(f"<div>{line}</div>" for line in _footer(report))


def _cells(report, shown):
    """Head and two groups of rows: the labels in `shown`, and the averages."""
    columns = label_columns(report)
    head = ["label", *(name for name in columns if name not in ("f1_low", "f1_high"))]
    head = ["AP" if name == "average_precision" else name for name in head]
    if report.intervals is not None:
        head.append(f"{100 * report.confidence_level:g} % interval of f1")
    labels = [
        _row(
            show_name(report.label_names[j]), {name: values[j] for name, values in columns.items()}
        )
        for j in shown
    ]
    averages = [
        _row(f"{average} avg", {name: average_cell(report, average, name) for name in columns})
        for average in report.averages
    ]
    return head, [labels, averages]


def _row(name, cells):
    interval = [cells.pop(end) for end in ("f1_low", "f1_high") if end in cells]
    row = [name, show_count(cells.pop("support")), *map(show, cells.values())]
    return [*row, show_interval(interval)] if interval else row


def _footer(report):
    lines = []
    for name, title in (("exact_match", "exact match"), ("hamming_loss", "Hamming loss")):
        line = f"{title:<12}  {getattr(report, name):.4f}"
        if report.intervals is not None:
            low, high = report.intervals[name]
            line += f"  ({low:.4f} to {high:.4f})"
        lines.append(line)
    return lines
