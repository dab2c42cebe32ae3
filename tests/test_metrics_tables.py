"""Tables as text and as HTML."""

import numpy as np

from skmultitext.metrics._tables import (
    html_table,
    show,
    show_count,
    show_interval,
    show_name,
    show_size,
    text_table,
)


def test_numbers_show_what_is_missing():
    assert [show(0.12345), show(np.nan), show_count(3.0), show_count(2.5)] == [
        "0.123",
        "-",
        "3",
        "2.5",
    ]
    assert show_interval((0.1, 0.25)) == "0.100 to 0.250"
    assert show_interval((np.nan, np.nan)) == "-"


def test_names_stay_on_one_line():
    assert show_name("two\nlines\x1b[31m") == "two lines [31m"
    assert len(show_name("x" * 100)) == 40


def test_columns_of_text_are_even():
    lines = text_table(["name", "n"], [[["a", "1"], ["bcdef", "100"]], [["all", "101"]], []])
    assert lines == ["name     n", "", "a        1", "bcdef  100", "", "all    101"]


def test_html_is_escaped():
    html = html_table(["<b>"], [[["<script>alert(1)</script>"]], [['"&']]])
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&quot;&amp;" in html
    assert html.count("<tbody") == 2


def test_the_share_of_known_entries_is_shown_where_some_are_unknown():
    assert show_size(1200, 3, 1.0) == "1,200 documents, 3 labels"
    assert show_size(1200, 3, 0.9) == "1,200 documents, 3 labels, 90.0 % of their entries known"
