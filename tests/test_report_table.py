"""Columns and rows of a report's table."""

import numpy as np

from skmultitext.report import _table, multilabel_report
from skmultitext.report._table import average_cell, label_columns, report_html, report_text

Y = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])


def test_decisions_have_neither_threshold_nor_average_precision():
    report = multilabel_report(Y, Y)
    assert list(label_columns(report)) == ["support", "precision", "recall", "f1"]
    assert "AP" not in report_text(report)
    assert "threshold" not in report_html(report)


def test_averages_have_the_intervals_there_are():
    report = multilabel_report(Y, Y * 0.9, n_bootstrap=20, random_state=0)
    assert average_cell(report, "micro", "f1_high") == report.intervals["f1_micro"][1]
    assert np.isnan(average_cell(report, "samples", "f1_low"))
    assert np.isnan(average_cell(report, "micro", "threshold"))
    assert "95 % interval of f1" in report_text(report)


def test_labels_that_are_left_out_are_the_rare_ones():
    y = np.zeros((70, 70), int)
    y[np.triu_indices(70)] = 1  # label j has j + 1 positives
    report = multilabel_report(y, y)
    rows = [line.split()[0] for line in report_text(report).splitlines()[4:64]]
    assert rows == [str(j) for j in range(10, 70)]
    assert report_html(report).count('scope="row"') == 70 + 4


def test_the_known_documents_stand_beside_the_support_where_a_label_is_unknown():
    y = np.array([[1, 0], [np.nan, 1], [1, 1], [0, np.nan]])
    report = multilabel_report(y, Y)
    assert list(label_columns(report)) == ["support", "known", "precision", "recall", "f1"]
    assert label_columns(report)["known"].tolist() == [3, 3]
    assert average_cell(report, "macro", "known") == 6
    lines = report_text(report).splitlines()
    assert lines[0] == "4 documents, 2 labels, 75.0 % of their entries known"
    assert lines[2].split() == ["label", "support", "known", "precision", "recall", "f1"]
    assert lines[4].split()[:3] == ["0", "2", "3"]
    assert ">known</th>" in report_html(report)
    assert "known" not in report_text(multilabel_report(Y, Y))


def test_html_of_many_labels_has_the_most_frequent_ones(monkeypatch):
    monkeypatch.setattr(_table, "HTML_ROWS", 30)
    y = np.zeros((70, 70), int)
    y[np.triu_indices(70)] = 1
    page = report_html(multilabel_report(y, y))
    assert page.count('scope="row"') == 30 + 4
    assert "40 labels of lower support left out; see to_frame()" in page
