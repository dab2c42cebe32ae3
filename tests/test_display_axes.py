"""What the displays draw can be read, in a figure of their own and in axes of the caller."""

import subprocess
import sys

import numpy as np
import pytest
from display_drawings import (
    CALIBRATION,
    COMPARISON,
    COOCCURRENCE,
    FREQUENCY,
    HISTORY,
    HISTORY_RECORDS,
    LENGTH,
    PR,
    ROC,
    THRESHOLD,
    boxes,
    corpus,
    legend_texts,
    plt,
    tick_texts,
)

from skmultitext import display
from skmultitext.display import _axes
from skmultitext.exceptions import MissingExtraError

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


def draw(kind, n_labels, ax=None):
    """Draw one display of every kind."""
    y, proba, names = corpus(n_labels)
    named = {"label_names": names, "ax": ax}
    makers = {
        "precision_recall": lambda: PR.from_predictions(y, proba, **named),
        "roc": lambda: ROC.from_predictions(y, proba, **named),
        "calibration": lambda: CALIBRATION.from_predictions(y, proba, **named),
        "threshold": lambda: THRESHOLD.from_predictions(y, proba, label=names[1], **named),
        "frequency": lambda: FREQUENCY.from_labels(y, **named),
        "frequency_log": lambda: FREQUENCY.from_labels(y, log=True, **named),
        "cooccurrence": lambda: COOCCURRENCE.from_labels(y, **named),
        "correlation": lambda: COOCCURRENCE.from_labels(
            y, statistic="correlation", top=11, **named
        ),
        "comparison": lambda: COMPARISON.from_predictions(
            y, {"baseline": proba, "tagger with a rather long name": proba**2}, **named
        ),
        "length": lambda: LENGTH.from_texts(
            ["w " * k for k in range(n_labels % 100, 150)], max_length=100, ax=ax
        ),
        "history": lambda: HISTORY.from_history(HISTORY_RECORDS[:n_labels], ax=ax),
    }
    return makers[kind]()


KINDS = [
    "precision_recall",
    "roc",
    "calibration",
    "threshold",
    "frequency",
    "frequency_log",
    "cooccurrence",
    "correlation",
    "comparison",
    "length",
    "history",
]


def overlaps(boxes):
    """Pairs of boxes that lie on each other by more than half a pixel."""
    return [
        (a, b)
        for i, a in enumerate(boxes)
        for b in boxes[:i]
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 0.5
    ]


def all_texts(shown):
    """Every text but those of a legend, which lies inside the axes of a caller."""
    for ax in shown.figure_.axes:
        yield from (ax.title, ax.xaxis.label, ax.yaxis.label)
        yield from ax.texts
        for axis, low, high in ((ax.xaxis, *ax.get_xlim()), (ax.yaxis, *ax.get_ylim())):
            low, high = min(low, high), max(low, high)
            ticks = [t for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
            yield from (text for t in ticks for text in (t.label1, t.label2))


@pytest.mark.parametrize("n_labels", [3, 30, 200])
@pytest.mark.parametrize("kind", KINDS)
def test_no_text_overlaps_or_leaves_the_figure(kind, n_labels):
    shown = draw(kind, n_labels)
    shown.figure_.canvas.draw()
    texts = boxes(shown, all_texts(shown))
    legend = getattr(shown, "legend_", None)
    if legend is not None:
        texts.append(legend.get_window_extent())
    assert len(texts) >= 7
    assert not overlaps(texts)
    page = shown.figure_.bbox
    for box in texts:
        assert min(box.x0 - page.x0, page.x1 - box.x1, box.y0 - page.y0, page.y1 - box.y1) > -0.5
    if legend is not None:
        assert not overlaps(boxes(shown, legend.get_texts()))


@pytest.mark.parametrize("kind", KINDS)
def test_axes_of_the_caller_are_used_and_stay_legible(kind):
    figure, axes = plt.subplots(2, 2, figsize=(12, 9), layout="constrained")
    n_axes, size = len(figure.axes), figure.get_size_inches().tolist()
    shown = draw(kind, 30, ax=axes[0, 1])
    assert shown.ax_ is axes[0, 1]
    assert shown.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert figure.get_size_inches().tolist() == size
    assert len(figure.axes) <= n_axes + 1  # a scale of colours, or a second axis
    figure.canvas.draw()
    assert not overlaps(boxes(shown, all_texts(shown)))
    legend = getattr(shown, "legend_", None)
    if legend is not None:
        inside, box = shown.ax_.get_window_extent(), legend.get_window_extent()
        assert inside.x0 <= box.x0 < box.x1 <= inside.x1
        assert inside.y0 <= box.y0 < box.y1 <= inside.y1


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("precision_recall", "MultilabelPrecisionRecallDisplay: 3 labels, mean AP 0.747"),
        ("roc", "MultilabelRocDisplay: 3 labels, mean AUC 0.861"),
        ("calibration", "MultilabelCalibrationDisplay: 3 curves, ECE up to 0.178"),
        (
            "threshold",
            "ThresholdCurveDisplay: 'a label with so long a name that nobody wants to read it on "
            "an axis: first', threshold 0.545, best F1 0.731",
        ),
        ("frequency", "LabelFrequencyDisplay: 3 labels, 240 documents, 1.05 labels each"),
        ("cooccurrence", "LabelCooccurrenceDisplay: 3 labels, 240 documents"),
        (
            "comparison",
            "TaggerComparisonDisplay: macro F1 of 3 labels: baseline 0.639, tagger with a rather "
            "long name 0.438",
        ),
        ("length", "TextLengthDisplay: 147 texts, median 76 words, 33.3% cut at 100"),
        (
            "history",
            "TrainingHistoryDisplay: 3 epochs of loss, val_loss, f1_micro, val_f1_micro, "
            "learning_rate, val_f1_macro",
        ),
    ],
)
def test_the_repr_tells_what_is_drawn(kind, told):
    assert repr(draw(kind, 3)) == f"<{told}>"


@pytest.mark.parametrize("kind", KINDS)
def test_plot_returns_the_display_and_draws_the_same_again(kind):
    shown = draw(kind, 30)
    assert type(shown).__name__ in display.__all__
    first = shown.figure_
    first_lines = [line.get_xydata() for line in shown.ax_.lines]
    assert shown.ax_.figure is first
    options = {"statistic": "correlation"} if kind == "correlation" else {}
    options |= {"log": True} if kind.endswith("log") else {}
    assert shown.plot(**options) is shown
    assert shown.figure_ is not first
    for line, before in zip(shown.ax_.lines, first_lines, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), before)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_axes_is_refused(kind):
    _, axes = plt.subplots(1, 2)
    with pytest.raises(ValueError, match=r"ax is a ndarray, not one matplotlib Axes. Pass one"):
        draw(kind, 3, ax=axes)


@pytest.mark.parametrize("kind", KINDS)
def test_without_matplotlib_the_error_names_the_extra(kind, monkeypatch):
    for module in [m for m in sys.modules if m.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r'Display.plot needs .* "skmultitext\[plot\]"'):
        draw(kind, 3)


def test_import_loads_no_matplotlib():
    code = "import sys, skmultitext.display; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_line_has_a_style_of_its_own():
    y, proba, names = corpus(30)
    shown = PR.from_predictions(y, proba, label_names=names, top=30)
    styles = {
        (line.get_color(), str(line.get_linestyle()), line._unscaled_dash_pattern)
        for line in shown.lines_
    }
    assert len(styles) == 32
    figure_height = shown.figure_.bbox.height
    shown.figure_.canvas.draw()
    assert shown.legend_.get_window_extent().height < figure_height


def test_names_stay_names():
    y, proba, names = corpus(6)
    shown = FREQUENCY.from_labels(y, label_names=names)
    texts = tick_texts(shown.ax_.yaxis)
    assert texts[3:] == ["from $5 to $6", "_private", "two lines"]
    assert len(set(texts)) == 6  # two long names differ in their middle only
    assert max(map(len, texts)) == 28
    assert all(not t.get_parse_math() for t in shown.ax_.get_yticklabels())
    shown = PR.from_predictions(y, proba, label_names=names)
    assert [t.split(" (AP")[0] for t in legend_texts(shown)[5:]] == texts[3:]
    assert len(set(legend_texts(shown))) == 8
    shown.figure_.canvas.draw()


def test_names_that_are_alike_once_they_are_short_get_a_number():
    long = [f"complaints about products/{k}/that were never delivered" for k in range(3)]
    shown = FREQUENCY.from_labels([long], top=None)
    texts = tick_texts(shown.ax_.yaxis)
    assert len(set(texts)) == 3
    assert [text[-4:] for text in texts[1:]] == [" (2)", " (3)"]
    assert max(map(len, texts)) <= 28


@pytest.mark.parametrize("size", [(9, 1.7), (2.2, 6)], ids=["low", "narrow"])
@pytest.mark.parametrize("kind", ["threshold", "history"])
def test_the_legend_fits_small_axes(kind, size):
    figure, ax = plt.subplots(figsize=size)
    shown = draw(kind, 30, ax=ax)
    figure.canvas.draw()
    inside, box = shown.ax_.get_window_extent(), shown.legend_.get_window_extent()
    assert inside.x0 <= box.x0 < box.x1 <= inside.x1
    assert box.height < 0.85 * inside.height


def test_rows_that_have_no_room_for_a_name_go_without():
    _, ax = plt.subplots(figsize=(3, 1.5))
    y, _, names = corpus(60)
    shown = FREQUENCY.from_labels(y, label_names=names, top=None, ax=ax)
    assert len(shown.bars_) == 60
    assert 3 < len(tick_texts(ax.yaxis)) < 30
    shown.figure_.canvas.draw()
    assert not overlaps(boxes(shown, ax.get_yticklabels()))


def test_styles_differ_for_as_many_as_are_promised():
    lines = [tuple(style.items()) for style in _axes.line_styles(_axes.MOST_LINES)]
    assert len(set(lines)) == len(lines) == 30
    markers = [tuple(style.items()) for style in _axes.marker_styles(42)]
    assert len(set(markers)) == 42
    assert _axes.line_styles(0) == _axes.marker_styles(0) == []


@pytest.mark.parametrize("width", [8, 18, 28])
def test_short_names_fit_and_stay_apart(width):
    names = ["same " + "x" * k + " end" for k in range(40)] + ["a\n b", "a  b", "a b"]
    short = _axes.shorten(names, width)
    assert max(map(len, short)) <= width
    assert len(set(short)) == len(names)
    assert short[-3:] == ["a b", "a b (2)", "a b (3)"]
    assert _axes.shorten(["billing and payment"], 19) == ["billing and payment"]
    assert _axes.shorten(["billing and payment"], 12) == ["billin…yment"]


def test_type_is_as_large_as_the_room_allows():
    assert _axes.fitting_size(1000, 5, 9) == 9
    assert _axes.fitting_size(1, 5, 9) == 4.5
    between = _axes.fitting_size(20, 5, 9)
    assert 4.5 < between < 9
    assert _axes.fitting_size(20, 4, 9) > between
    assert _axes.fitting_size(20, 0, 9) == 9


def test_a_curve_is_thinned_where_its_points_fall_together():
    x = np.linspace(0, 1, 50_000)
    kept_x, kept_y = _axes.thin(x, x**2)
    assert len(kept_x) < 5_000
    assert (kept_x[0], kept_x[-1]) == (0, 1)
    np.testing.assert_array_equal(kept_y, kept_x**2)
    assert np.interp(x, kept_x, kept_y) == pytest.approx(x**2, abs=1e-3)
    few = np.zeros(2000)
    assert _axes.thin(few, few) == (few, few)
