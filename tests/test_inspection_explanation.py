"""The result of `explain`, as text and as HTML."""

import numpy as np
import pytest

from skmultitext.inspection._explanation import (
    DocumentExplanation,
    SentenceExplanation,
    TextExplanation,
)


@pytest.fixture
def explanation():
    first = DocumentExplanation(
        (
            SentenceExplanation(("late", "<b>&"), np.array([0.8, 0.2]), 0.9),
            SentenceExplanation(("not",), np.array([-0.4]), 0.1),
        ),
        {"delivery": 0.75, "a <i>": 0.6, "praise": 0.1},
        ("delivery", "a <i>"),
    )
    return TextExplanation([first, DocumentExplanation((), {"delivery": 0.2}, (), "delivery")])


def test_plain_text(explanation):
    assert str(explanation) == (
        "delivery (0.75), a <i> (0.60)\n"
        "  0.90 | late (0.80) <b>& (0.20)\n"
        "  0.10 | not (-0.40)\n"
        "\n"
        "no label; weights for delivery"
    )
    assert repr(explanation) == "<TextExplanation of 2 documents; print it>"


def test_html_is_escaped_and_coloured_by_weight(explanation):
    html = explanation._repr_html_()
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert 'rgba(35, 120, 200, 0.600)" title="0.8000">late' in html
    assert 'rgba(35, 120, 200, 0.150)" title="0.2000">&lt;b' in html
    assert 'rgba(215, 95, 20, 0.300)" title="-0.4000">not' in html
    assert html.count("<hr>") == 1
    assert html.count("<div>") == html.count("</div>") == 2


def test_weights_of_nothing_have_no_colour():
    sentence = SentenceExplanation(("a",), np.array([0.0]))
    assert "0.000)" in DocumentExplanation((sentence,), {}, ())._repr_html_()


def test_it_is_a_sequence(explanation):
    assert len(explanation) == 2
    assert explanation[0].sentences[0].words == ("late", "<b>&")
    assert isinstance(explanation[1:], TextExplanation)
    assert [document.label for document in explanation] == [None, "delivery"]
