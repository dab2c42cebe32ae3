"""What the displays draw, and that it can be read."""

import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import metrics as skm
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skmultitext import display
from skmultitext.exceptions import AbsentLabelWarning, LabelError, MissingExtraError

plt = pytest.importorskip("matplotlib.pyplot", reason="displays draw with matplotlib")
pd = pytest.importorskip("pandas", reason="y may be a DataFrame")

PR = display.MultilabelPrecisionRecallDisplay
ROC = display.MultilabelRocDisplay
CALIBRATION = display.MultilabelCalibrationDisplay
THRESHOLD = display.ThresholdCurveDisplay
COMPARISON = display.TaggerComparisonDisplay
FREQUENCY = display.LabelFrequencyDisplay
COOCCURRENCE = display.LabelCooccurrenceDisplay
LENGTH = display.TextLengthDisplay
HISTORY = display.TrainingHistoryDisplay

HISTORY_RECORDS = [
    {
        "epoch": e,
        "loss": 0.9**e,
        "val_loss": 0.8**e + 0.03 * e,
        "f1_micro": 1 - 0.7**e,
        "val_f1_micro": 0.7 - 0.5 * 0.6**e - 0.004 * e,
        "val_f1_macro": 0.4 - 0.3 * 0.6**e if e % 2 == 0 else None,
        "learning_rate": 1e-3,
        "stopped": False,
    }
    for e in range(1, 21)
]


@pytest.fixture(autouse=True)
def _no_figure_leaks():
    """Close the figures of a test, and see that no style changed for the next one."""
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


def corpus(n_labels, n=240, seed=0):
    """Labels, probabilities and awkward names; support falls with the column."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((n, n_labels))
    prevalence = 0.5 / np.arange(1, n_labels + 1) ** 0.7
    y = (scores > np.quantile(scores, 1 - prevalence, axis=0).diagonal()).astype(np.int8)
    y[0] = 1
    y[1] = 0
    proba = 1 / (1 + np.exp(-(scores + 0.8 * rng.standard_normal((n, n_labels)) - 0.5)))
    awkward = [
        "billing",
        "a label with so long a name that nobody wants to read it on an axis: first",
        "a label with so long a name that nobody wants to read it on an axis too: first",
        "from $5 to $6",
        "_private",
        "two\nlines",
    ]
    names = (awkward + [f"customer service {j}" for j in range(n_labels)])[:n_labels]
    return y, proba, names


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


def legend_texts(shown):
    return [text.get_text() for text in shown.legend_.get_texts()]


def tick_texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def boxes(shown, texts):
    renderer = shown.figure_.canvas.get_renderer()
    return [t.get_window_extent(renderer) for t in texts if t.get_text() and t.get_visible()]


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


# ------------------------------------------------------------------ all displays


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
    with pytest.raises(ValueError, match=r"ax is a ndarray, not one matplotlib Axes. Pick one"):
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


@pytest.mark.parametrize("kind", ["precision_recall", "calibration", "frequency", "comparison"])
def test_an_illegal_choice_of_labels_is_refused_before_a_figure_is_made(kind):
    y, proba, names = corpus(40)
    makers = {
        "precision_recall": lambda **k: PR.from_predictions(y, proba, label_names=names, **k),
        "calibration": lambda **k: CALIBRATION.from_predictions(y, proba, label_names=names, **k),
        "frequency": lambda **k: FREQUENCY.from_labels(y, label_names=names, **k),
        "comparison": lambda **k: COMPARISON.from_predictions(
            y, {"a": proba}, label_names=names, **k
        ),
    }
    make = makers[kind]
    with pytest.raises(LabelError, match="labels names the unknown labels 'bill'; known are 'bil"):
        make(labels=["billing", "bill"])
    with pytest.raises(LabelError, match="labels is the str 'billing'; pass a sequence of str"):
        make(labels="billing")
    with pytest.raises(LabelError, match="labels is empty; name at least one label, or pass None"):
        make(labels=[])
    for top in (0, 2.5, True):
        with pytest.raises(ValueError, match=f"top must be an int of at least 1, got {top}"):
            make(top=top)
    if kind in ("precision_recall", "calibration"):
        with pytest.raises(ValueError, match="40 labels are to be drawn as one line each; more th"):
            make(top=None)
    assert not plt.get_fignums()


@pytest.mark.parametrize("maker", [PR, ROC, CALIBRATION, THRESHOLD])
def test_wrong_predictions_are_refused(maker):
    y, proba, _ = corpus(3)
    name = "y_score" if maker in (PR, ROC) else "y_proba"
    message = rf"y_true has shape \(240, 3\) and {name} has shape \(240, 2\)"
    with pytest.raises(ValueError, match=message):
        maker.from_predictions(y, proba[:, :2])
    with pytest.raises(ValueError, match=rf"shape \(239, 3\) and {name} has shape \(240, 3\)"):
        maker.from_predictions(y[1:], proba)
    with pytest.raises(ValueError, match="y is empty: found 0 rows"):
        maker.from_predictions(y[:0], proba[:0])
    if name == "y_proba":
        with pytest.raises(ValueError, match=r"must lie in \[0, 1\], but row 0, column 0 holds 1."):
            maker.from_predictions(y, proba + 1)
    assert not plt.get_fignums()


FORMS = {
    "indicator": (lambda y, names: y, True),
    "bool": (lambda y, names: y.astype(bool), True),
    "label sets": (
        lambda y, names: [{names[j] for j in np.flatnonzero(row)} for row in y],
        True,
    ),
    "DataFrame": (lambda y, names: pd.DataFrame(y, columns=names), False),
    "sparse": (lambda y, names: sp.csr_matrix(y), True),
    "sparse array": (lambda y, names: sp.coo_array(y), True),
}


@pytest.mark.parametrize("form", FORMS)
def test_labels_come_in_every_form_that_taggers_take(form):
    y, proba, names = corpus(5)
    convert, needs_names = FORMS[form]
    truth, options = convert(y, names), {"label_names": names} if needs_names else {}
    expected = skm.average_precision_score(y, proba, average=None)
    shown = PR.from_predictions(truth, proba, **options)
    np.testing.assert_allclose(shown.average_precision, expected)
    assert list(shown.label_names) == names
    np.testing.assert_allclose(
        ROC.from_predictions(truth, proba, **options).roc_auc,
        skm.roc_auc_score(y, proba, average=None),
    )
    curve = THRESHOLD.from_predictions(truth, proba, label=names[3], **options)
    assert curve.recall[0] == 1
    assert len(CALIBRATION.from_predictions(truth, proba, **options).names) == 5
    counted = FREQUENCY.from_labels(truth, **options)
    assert dict(zip(counted.label_names, counted.counts, strict=True)) == dict(
        zip(names, y.sum(axis=0), strict=True)
    )
    together = COOCCURRENCE.from_labels(truth, **options)
    assert together.counts[0, 1] == (y[:, 0] & y[:, 1]).sum()
    compared = COMPARISON.from_predictions(truth, {"a": proba, "same": truth}, **options)
    np.testing.assert_allclose(
        compared.scores["a"], skm.f1_score(y, proba > 0.5, average=None, zero_division=0)
    )
    np.testing.assert_allclose(compared.scores["same"], 1)


# ------------------------------------------------------------------ estimators


@pytest.fixture(scope="module")
def texts_and_labels():
    rng = np.random.default_rng(0)
    words = {"billing": "bill money", "refund": "back money", "delivery": "late parcel"}
    names = sorted(words)
    y = (rng.random((60, 3)) < 0.4).astype(int)
    texts = [
        " ".join(w for j in np.flatnonzero(row) for w in words[names[j]].split()) + " hello there"
        for row in y
    ]
    return texts, y, names


@pytest.mark.parametrize(
    "engine",
    [
        OneVsRestClassifier(LogisticRegression()),
        RandomForestClassifier(5, random_state=0),
    ],
    ids=["one vs rest", "list of arrays"],
)
def test_any_estimator_can_be_drawn(engine, texts_and_labels):
    texts, y, names = texts_and_labels
    estimator = make_pipeline(TfidfVectorizer(), engine).fit(texts, y)
    proba = estimator.predict_proba(texts)
    if isinstance(proba, list):
        proba = np.column_stack([part[:, 1] for part in proba])
    shown = PR.from_estimator(estimator, texts, y, label_names=names)
    expected = skm.average_precision_score(y, proba, average=None)
    np.testing.assert_allclose(shown.average_precision, expected)
    shown = ROC.from_estimator(estimator, texts, y, label_names=names)
    np.testing.assert_allclose(shown.roc_auc, skm.roc_auc_score(y, proba, average=None))
    by_support = np.argsort(-y.sum(axis=0), kind="stable")
    assert CALIBRATION.from_estimator(estimator, texts, y).names == list(map(str, by_support))
    curve = THRESHOLD.from_estimator(estimator, texts, y, label_names=names, label="refund")
    assert curve.label_name == "refund"
    for metric in ("f1", "average_precision"):
        shown = COMPARISON.from_estimators({"one": estimator}, texts, y, metric=metric)
        assert shown.scores["one"].shape == (3,)
    np.testing.assert_allclose(shown.scores["one"], expected)


def test_names_and_thresholds_come_from_our_taggers(tickets, ticket_tagger):
    X, y = tickets.data[:200], tickets.label_sets[:200]
    shown = PR.from_estimator(ticket_tagger, X, y)
    assert list(shown.label_names) == list(ticket_tagger.label_names_)
    shown = THRESHOLD.from_estimator(ticket_tagger, X, y)
    assert shown.chosen_threshold == 0.5
    shown = THRESHOLD.from_estimator(ticket_tagger, X, y, threshold="best")
    assert shown.chosen_threshold != 0.5
    shown = COMPARISON.from_estimators({"TF-IDF": ticket_tagger}, X, y)
    truth = tickets.target[:200]
    expected = skm.f1_score(truth, ticket_tagger.predict(X), average=None)
    np.testing.assert_allclose(shown.scores["TF-IDF"], expected)


class Thresholded:
    """Probabilities and thresholds of a tuned tagger."""

    def __init__(self, proba, thresholds):
        self.proba, self.best_thresholds_ = proba, thresholds
        self.label_names_ = ["a", "b"]

    def predict_proba(self, X):
        return self.proba


@pytest.mark.parametrize(
    ("thresholds", "label", "chosen"),
    [([0.3, 0.8], "b", 0.8), (0.35, "b", 0.35), ([0.3, 0.3], None, 0.3), ([0.3, 0.8], None, None)],
)
def test_the_threshold_in_use_is_marked(thresholds, label, chosen):
    y, proba, _ = corpus(2)
    estimator = Thresholded(proba, np.array(thresholds))
    shown = THRESHOLD.from_estimator(estimator, range(240), y, label=label)
    if chosen is None:
        chosen = THRESHOLD.from_predictions(y, proba).chosen_threshold
    assert shown.chosen_threshold == chosen
    assert shown.chosen_line_.get_xdata() == [chosen, chosen]


# ------------------------------------------------------------------ precision-recall, ROC


def test_precision_recall_draws_averages_labels_and_the_mean_of_the_others():
    y, proba, names = corpus(30)
    shown = PR.from_predictions(y, proba, label_names=names, top=2)
    ap = skm.average_precision_score(y, proba, average=None)
    micro = skm.average_precision_score(y, proba, average="micro")
    texts = legend_texts(shown)
    assert texts[:3] == [
        f"micro average (AP = {micro:.2f})",
        f"macro average (AP = {ap.mean():.2f})",
        f"billing (AP = {ap[0]:.2f})",
    ]
    assert re.fullmatch(rf"a label with s\w*….* axis: first \(AP = {ap[1]:.2f}\)", texts[3])
    assert texts[4] == f"… 28 other labels (AP = {ap[2:].mean():.2f})"
    assert len(texts) == 5
    precision, recall, _ = skm.precision_recall_curve(y[:, 0], proba[:, 0], drop_intermediate=True)
    np.testing.assert_allclose(shown.lines_[2].get_xdata(), recall)
    np.testing.assert_allclose(shown.lines_[2].get_ydata(), precision)
    assert shown.lines_[2].get_drawstyle() == "steps-post"
    assert shown.ax_.get_xlabel() == "Recall"
    assert shown.ax_.get_ylabel() == "Precision"


def test_roc_draws_averages_labels_and_the_mean_of_the_others():
    y, proba, names = corpus(30)
    shown = ROC.from_predictions(y, proba, label_names=names, labels=["_private", "billing"])
    auc = skm.roc_auc_score(y, proba, average=None)
    micro = skm.roc_auc_score(y, proba, average="micro")
    assert legend_texts(shown) == [
        f"micro average (AUC = {micro:.2f})",
        f"macro average (AUC = {auc.mean():.2f})",
        f"_private (AUC = {auc[4]:.2f})",
        f"billing (AUC = {auc[0]:.2f})",
    ]
    fpr, tpr, _ = skm.roc_curve(y[:, 4], proba[:, 4], drop_intermediate=False)
    line = shown.lines_[2].get_xydata()
    np.testing.assert_allclose(np.interp(fpr + tpr, line.sum(axis=1), line[:, 0]), fpr, atol=1e-12)
    assert np.trapezoid(line[:, 1], line[:, 0]) == pytest.approx(auc[4])
    assert shown.chance_level_.get_xydata().tolist() == [[0, 0], [1, 1]]


def test_labels_are_drawn_by_support_whatever_their_order():
    y, proba, names = corpus(12)
    order = np.random.default_rng(1).permutation(12)
    shown = PR.from_predictions(
        y[:, order], proba[:, order], label_names=[names[j] for j in order], top=3
    )
    straight = PR.from_predictions(y, proba, label_names=names, top=3)
    assert legend_texts(shown) == legend_texts(straight)
    assert legend_texts(shown)[2].startswith("billing (AP")


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


def test_averages_and_style_can_be_chosen():
    y, proba, _ = corpus(3)
    shown = ROC.from_predictions(y, proba, averages=["macro"], curve_kwargs={"linewidth": 7})
    assert [text[:6] for text in legend_texts(shown)] == ["macro ", "0 (AUC", "1 (AUC", "2 (AUC"]
    assert [line.get_linewidth() for line in shown.lines_] == [2.5, 7, 7, 7]
    with pytest.raises(ValueError, match="averages holds 'weighted'; known are 'micro', 'macro'"):
        PR.from_predictions(y, proba, averages=["weighted"])


def test_labels_without_a_positive_are_named_and_left_out():
    y, proba, names = corpus(5)
    y[:, 2] = 0
    names[2] = "absent"
    with pytest.warns(
        AbsentLabelWarning, match=r"No positive in y_true for 1 label\(s\): 'absent'"
    ):
        shown = PR.from_predictions(y, proba, label_names=names)
    assert np.isnan(shown.average_precision[2])
    assert len(legend_texts(shown)) == 6
    rest = [0, 1, 3, 4]
    expected = skm.average_precision_score(y[:, rest], proba[:, rest], average="macro")
    assert shown.macro.average_precision == pytest.approx(expected)
    with (
        pytest.warns(AbsentLabelWarning),
        pytest.raises(LabelError, match="Nothing can be drawn for the labels 'absent', which have"),
    ):
        PR.from_predictions(y, proba, label_names=names, labels=["absent"])
    y[:, 3] = 1
    with pytest.warns(AbsentLabelWarning, match=r"No positive or no negative .* 2 label\(s\)"):
        shown = ROC.from_predictions(y, proba, label_names=names)
    assert np.isnan(shown.roc_auc[[2, 3]]).all()
    with pytest.raises(LabelError, match=r"No curve can be drawn: every label has no positive in"):
        PR.from_predictions(np.zeros_like(y), proba)


def test_a_label_that_was_not_there_at_fit_counts_as_missed():
    y, proba, names = corpus(2)
    sets = [[names[j] for j in np.flatnonzero(row)] for row in y]
    sets[1] = ["unseen"]
    shown = PR.from_predictions(sets, proba, label_names=names)
    assert list(shown.label_names) == [*names, "unseen"]
    assert shown.average_precision[2] == pytest.approx(1 / 240)


def test_long_curves_are_thinned_where_nobody_sees_it():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (30_000, 1))
    proba = np.clip(y * 0.2 + rng.random((30_000, 1)) * 0.8, 0, 1)
    shown = PR.from_predictions(y, proba)
    drawn = shown.lines_[2].get_xydata()
    assert len(drawn) < 6_000 < len(shown.recall[0])
    assert np.isin(drawn[:, 0], shown.recall[0]).all()
    nearest = np.abs(shown.recall[0][:, None][::50] - drawn[:, 0]).min(axis=1)
    assert nearest.max() < 1e-3


def test_displays_can_be_made_from_numbers():
    curves = [skm.precision_recall_curve([0, 1, 1], [0.1, s, 0.8])[:2] for s in (0.05, 0.9)]
    shown = PR([c[0] for c in curves], [c[1] for c in curves], [0.8, 1.0]).plot()
    assert legend_texts(shown) == ["0 (AP = 0.80)", "1 (AP = 1.00)"]
    with pytest.raises(ValueError, match="one entry per label in each of its lists, got 2 recall,"):
        PR([c[0] for c in curves], [c[1] for c in curves], [0.8]).plot()
    with pytest.raises(ValueError, match="Label '0' has 2 values of fpr and 3 of tpr"):
        ROC([[0, 1]], [[0, 0.5, 1]], [0.8]).plot()


# ------------------------------------------------------------------ thresholds, calibration


def test_threshold_curve_draws_the_chosen_point():
    y, proba, names = corpus(4)
    shown = THRESHOLD.from_predictions(y, proba, label="billing", threshold=0.4, label_names=names)
    decided = proba[:, 0] > 0.4
    values = [f(y[:, 0], decided) for f in (skm.precision_score, skm.recall_score, skm.f1_score)]
    np.testing.assert_allclose(shown.chosen_points_.get_ydata(), values)
    assert shown.chosen_points_.get_xdata().tolist() == [0.4] * 3
    assert legend_texts(shown) == [
        f"Precision ({values[0]:.2f})",
        f"Recall ({values[1]:.2f})",
        f"F1 ({values[2]:.2f})",
        "Threshold (0.40)",
    ]
    assert shown.legend_.get_title().get_text() == "billing"
    np.testing.assert_array_equal(shown.lines_[2].get_ydata(), shown.f1)
    np.testing.assert_array_equal(shown.lines_[0].get_xdata(), shown.thresholds)


def test_threshold_curve_pools_all_labels():
    y, proba, _ = corpus(4)
    shown = THRESHOLD.from_predictions(y, proba)
    assert shown.legend_.get_title().get_text() == "all labels (micro)"
    best = max(skm.f1_score(y, proba > t, average="micro") for t in np.linspace(0, 1, 201)[:-1])
    assert shown.f1.max() >= best
    chosen = skm.f1_score(y, proba > shown.chosen_threshold, average="micro")
    assert chosen == pytest.approx(shown.f1.max())


def test_threshold_curve_where_nothing_is_predicted():
    y, proba, _ = corpus(2)
    shown = THRESHOLD.from_predictions(y, proba, threshold=1.0)
    assert legend_texts(shown)[:3] == ["Precision (undefined)", "Recall (0.00)", "F1 (0.00)"]


def test_threshold_curve_refuses_what_it_cannot_draw():
    y, proba, names = corpus(3)
    named = {"label_names": names}
    with pytest.raises(LabelError, match="label is 'bill', which is unknown; known are 'billing'"):
        THRESHOLD.from_predictions(y, proba, label="bill", **named)
    for threshold in (1.5, -0.1, np.nan, None):
        with pytest.raises(ValueError, match=r"threshold must be a number in \[0, 1\], got"):
            THRESHOLD.from_predictions(y, proba, threshold=threshold)
    with pytest.raises(ValueError, match="threshold must be 'best' or a number, got 'auto'"):
        THRESHOLD.from_predictions(y, proba, threshold="auto")
    y[:, 0] = 0
    with pytest.raises(LabelError, match="The label 'billing' has no positive in y_true"):
        THRESHOLD.from_predictions(y, proba, label="billing", **named)
    with pytest.raises(LabelError, match="No label has a positive in y_true"):
        THRESHOLD.from_predictions(np.zeros_like(y), proba)
    with pytest.raises(
        ValueError, match="thresholds, precision, recall and f1 have 2, 1, 1, 1 val"
    ):
        THRESHOLD([0, 1], [1], [1], [1]).plot()
    assert not plt.get_fignums()


def test_calibration_pools_the_other_labels():
    y, proba, names = corpus(10)
    shown = CALIBRATION.from_predictions(y, proba, label_names=names, top=2, n_bins=5)
    assert shown.names == [*names[:2], "… 8 other labels"]
    prob_true = [
        y[:, 2:][(proba[:, 2:] >= b / 5) & (proba[:, 2:] < (b + 1) / 5)].mean() for b in range(5)
    ]
    np.testing.assert_allclose(shown.lines_[-1].get_ydata(), prob_true)
    np.testing.assert_allclose(
        shown.lines_[1].get_xydata().T, [shown.prob_pred[0], shown.prob_true[0]]
    )
    assert legend_texts(shown)[-1] == f"… 8 other labels (ECE = {shown.calibration_error[2]:.2f})"
    assert legend_texts(shown)[0] == f"micro average (ECE = {shown.micro.calibration_error:.2f})"


def test_calibration_refuses_illegal_bins():
    y, proba, _ = corpus(3)
    for n_bins in (0, 2.5):
        with pytest.raises(ValueError, match="n_bins must be an int of at least 1, got"):
            CALIBRATION.from_predictions(y, proba, n_bins=n_bins)
    with pytest.raises(ValueError, match=r"strategy must be one of \('uniform', 'quantile'\)"):
        CALIBRATION.from_predictions(y, proba, strategy="equal")
    with pytest.raises(ValueError, match="names have 1, 1, 1, 2 entries; pass one of each"):
        CALIBRATION([[0.5]], [[0.5]], [0.0], names=["a", "b"]).plot()


# ------------------------------------------------------------------ comparison


def test_comparison_draws_every_score():
    y, proba, names = corpus(10)
    other = np.clip(proba * 0.9, 0, 1)
    shown = COMPARISON.from_predictions(
        y, {"a": proba, "b": (other > 0.5).astype(int)}, label_names=names, top=4
    )
    for name, decided in (("a", proba > 0.5), ("b", other > 0.5)):
        f1 = skm.f1_score(y, decided, average=None, zero_division=0)
        micro = skm.f1_score(y, decided, average="micro")
        expected = [micro, f1.mean(), *f1[:4], f1[4:].mean()]
        np.testing.assert_allclose(shown.points_[name].get_xdata(), expected)
        assert shown.points_[name].get_ydata().tolist() == list(range(7))
    rows = ["micro average", "macro average", "billing"]
    assert tick_texts(shown.ax_.yaxis)[:3] == rows
    assert tick_texts(shown.ax_.yaxis)[-1] == "… 6 other labels"
    assert shown.row_names_[3] == names[1]
    assert legend_texts(shown) == ["a", "b"]
    assert shown.ax_.get_xlabel() == "F1"
    spans = np.array([segment[:, 0] for segment in shown.ranges_.get_segments()])
    both = np.array([line.get_xdata() for line in shown.points_.values()])
    np.testing.assert_allclose(spans, np.column_stack([both.min(axis=0), both.max(axis=0)]))


def test_comparison_by_average_precision():
    y, proba, _ = corpus(4)
    predictions = {"a": proba, "forest": [np.column_stack([1 - p, p]) for p in proba.T]}
    shown = COMPARISON.from_predictions(y, predictions, metric="average_precision")
    expected = skm.average_precision_score(y, proba, average=None)
    for name in predictions:
        np.testing.assert_allclose(shown.scores[name], expected)
        assert shown.micro[name] == pytest.approx(
            skm.average_precision_score(y, proba, average="micro")
        )
    with pytest.raises(ValueError, match=r"predictions\['b'\]: These are decisions, which have no"):
        COMPARISON.from_predictions(y, {"a": proba, "b": proba > 0.5}, metric="average_precision")


@pytest.mark.parametrize("threshold", [[0.2, 0.9], {"a": 0.2, "b": 0.9}], ids=["array", "dict"])
def test_comparison_takes_a_threshold_per_label(threshold):
    y, proba, _ = corpus(2)
    shown = COMPARISON.from_predictions(
        y, {"t": proba}, threshold=threshold, label_names=["a", "b"]
    )
    expected = skm.f1_score(y, proba > [0.2, 0.9], average=None, zero_division=0)
    np.testing.assert_allclose(shown.scores["t"], expected)


def test_comparison_refuses_what_does_not_belong_together():
    y, proba, _ = corpus(3)
    with pytest.raises(
        ValueError, match=r"predictions\['b'\]: .*shape \(240, 3\) and y_proba has s"
    ):
        COMPARISON.from_predictions(y, {"a": proba, "b": proba[:, :2]})
    with pytest.raises(ValueError, match=r"predictions\['a'\]: y_proba must lie in \[0, 1\]"):
        COMPARISON.from_predictions(y, {"a": proba * 2})
    with pytest.raises(LabelError, match=r"threshold has shape \(2,\), but there are 3 labels"):
        COMPARISON.from_predictions(y, {"a": proba}, threshold=[0.1, 0.2])
    with pytest.raises(ValueError, match=r"metric must be one of \('f1', 'average_precision'\)"):
        COMPARISON.from_predictions(y, {"a": proba}, metric="f2")
    for nothing in ({}, proba):
        with pytest.raises(ValueError, match="predictions is empty or no dict"):
            COMPARISON.from_predictions(y, nothing)
    with pytest.raises(ValueError, match="13 taggers are to be compared; more than 12 cannot"):
        COMPARISON({str(k): [0.5] for k in range(13)}, label_names=["a"]).plot()
    with pytest.raises(
        ValueError, match=r"scores of 'x' have shape \(2,\), but there are 1 labels"
    ):
        COMPARISON({"x": [0.5, 0.5]}, label_names=["a"]).plot()
    assert not plt.get_fignums()


# ------------------------------------------------------------------ data


def test_frequency_sums_the_other_labels():
    y, _, names = corpus(30)
    shown = FREQUENCY.from_labels(y, label_names=names, top=28)
    counts = y.sum(axis=0)
    order = np.argsort(-counts, kind="stable")
    widths = [bar.get_width() for bar in shown.bars_]
    assert widths == [*counts[order[:28]], counts[order[28:]].sum()]
    assert tick_texts(shown.ax_.yaxis)[-1] == "… 2 other labels"
    assert tick_texts(shown.ax_.yaxis)[0] == "billing"
    assert shown.texts_[0].get_text() == f"{counts[0]} ({counts[0] / 240:.1%})"
    assert shown.texts_[-1].get_text() == f"{counts[order[28:]].sum()} in sum"
    assert shown.cardinality == pytest.approx(y.sum() / 240)
    low, high = shown.ax_.get_ylim()
    assert low > high  # the most frequent stands above


def test_a_long_sum_is_cut_and_says_so():
    y, _, names = corpus(200)
    shown = FREQUENCY.from_labels(y, label_names=names)
    counts = np.sort(y.sum(axis=0))[::-1]
    assert shown.texts_[-1].get_text() == f"{counts[30:].sum():,} in sum, bar cut"
    assert shown.bars_[-1].get_width() == pytest.approx(1.2 * counts[0])
    assert shown.bars_[-1].get_hatch()
    assert tick_texts(shown.ax_.yaxis)[-1] == "… 170 other labels"
    log = FREQUENCY.from_labels(y, label_names=names, log=True)
    assert log.bars_[-1].get_width() == counts[30:].sum()
    assert log.ax_.get_xscale() == "log"


def test_frequency_of_one_other_label():
    shown = FREQUENCY.from_labels([["a", "b"], ["a"]], top=1)
    assert tick_texts(shown.ax_.yaxis) == ["a", "… 1 other label"]


@pytest.mark.parametrize("maker", [FREQUENCY, COOCCURRENCE])
def test_labels_alone_are_gated(maker):
    with pytest.raises(LabelError, match="unknown labels 'x'; known are 'a', 'b'"):
        maker.from_labels([["a"], ["x"]], label_names=["a", "b"])
    with pytest.raises(LabelError, match="y has 3 columns, but there are 2 labels: 'a', 'b'"):
        maker.from_labels(np.eye(3), label_names=["a", "b"])
    with pytest.raises(LabelError, match="y is empty"):
        maker.from_labels([])
    with pytest.raises(LabelError, match="label_names has 2 names, but y has one column"):
        maker.from_labels(["spam", "ham"], label_names=["a", "b"])
    with pytest.raises(ValueError, match=r"counts has shape \(1,\)"):
        maker([3], label_names=["a", "b"], n_samples=4).plot()
    assert not plt.get_fignums()


@pytest.mark.parametrize("statistic", ["count", "conditional", "correlation"])
def test_cooccurrence_draws_the_statistic(statistic):
    y, _, names = corpus(6)
    shown = COOCCURRENCE.from_labels(y, label_names=names, statistic=statistic, top=5)
    merged = y.astype(int)
    expected = {
        "count": merged.T @ merged,
        "conditional": (merged.T @ merged) / merged.sum(axis=0)[:, None],
        "correlation": np.corrcoef(merged.T),
    }[statistic]
    np.testing.assert_allclose(shown.matrix, expected, atol=1e-12)
    off = ~np.eye(6, dtype=bool)
    drawn = shown.im_.get_array()
    np.testing.assert_allclose(np.asarray(drawn)[off], expected[off], atol=1e-12)
    assert np.ma.getmaskarray(drawn).diagonal().all()
    assert shown.im_.norm.vmax == pytest.approx(np.abs(expected[off]).max())
    assert tick_texts(shown.ax_.xaxis) == tick_texts(shown.ax_.yaxis)
    assert tick_texts(shown.ax_.yaxis)[0] == "billing"
    assert tick_texts(shown.ax_.yaxis)[-1] == "… 1 other label"
    assert shown.text_[0, 1].get_text() == (
        f"{expected[0, 1]}" if statistic == "count" else f"{expected[0, 1]:.2f}"
    )
    if statistic == "correlation":
        assert shown.im_.norm.vmin == -shown.im_.norm.vmax


def test_cells_are_written_in_a_colour_that_stands_out():
    shown = COOCCURRENCE.from_labels([["a", "b"]] * 9 + [["a", "c"], ["b", "c"]])
    assert shown.text_[0, 1].get_color() == "white"
    assert shown.text_[0, 2].get_color() != "white"


def test_cooccurrence_of_constant_labels_and_of_one():
    shown = COOCCURRENCE.from_labels([[1, 1], [1, 0]], statistic="correlation")
    assert np.isnan(shown.matrix[0, 1])
    assert shown.text_[0, 1].get_text() == ""
    shown = COOCCURRENCE.from_labels([["a"], []])
    assert shown.matrix.tolist() == [[1]]
    shown.figure_.canvas.draw()


def test_cooccurrence_options():
    y, _, names = corpus(30)
    shown = COOCCURRENCE.from_labels(y, label_names=names, colorbar=False)
    assert shown.colorbar_ is None
    assert shown.text_ is None
    with pytest.raises(
        ValueError, match=r"statistic must be one of \('count', 'conditional', 'corr"
    ):
        COOCCURRENCE.from_labels(y, statistic="lift")


def test_text_length_marks_what_is_cut():
    texts = ["w " * k for k in (1, 2, 2, 3, 5, 8)]
    shown = LENGTH.from_texts(iter(texts), max_length=3)
    assert shown.lengths.tolist() == [1, 2, 2, 3, 5, 8]
    assert shown.cut_share == pytest.approx(2 / 6)
    assert shown.cut_token_share == pytest.approx(7 / 21)
    assert legend_texts(shown) == [
        "median: 2.5 words",
        "max_length = 3",
        "33.3% of texts cut, 33.3% of words lost",
    ]
    assert shown.max_length_line_.get_xdata() == [3.5, 3.5]
    cut = [bar for bar in shown.bars_ if bar.get_x() >= 3.5]
    kept = [bar for bar in shown.bars_ if bar.get_x() < 3.5]
    assert sum(bar.get_height() for bar in cut) == 2
    assert sum(bar.get_height() for bar in kept) == 4
    assert {bar.get_facecolor() for bar in cut}.isdisjoint(bar.get_facecolor() for bar in kept)
    assert shown.ax_.get_xlabel() == "Length in words"


def test_text_length_without_a_cut():
    shown = LENGTH.from_texts(["a b", "c"])
    assert shown.cut_share is None
    assert shown.max_length_line_ is None
    assert legend_texts(shown) == ["median: 1.5 words"]
    shown = LENGTH.from_texts(["a b", "c"], max_length=512, tokenizer=list)
    assert legend_texts(shown)[1] == "max_length = 512: no text is cut"
    assert shown.max_length_line_ is None
    assert shown.ax_.get_xlabel() == "Length in tokens"
    rare = LENGTH(np.array([9] + [1] * 1999), max_length=5).plot()
    assert legend_texts(rare)[2].startswith("under 0.1% of texts cut, ")
    assert rare.ax_.get_xlabel() == "Length in words; the last bar also counts 1 longer"


def test_text_length_refuses_what_is_no_text():
    with pytest.raises(ValueError, match="X is empty"):
        LENGTH.from_texts([])
    with pytest.raises(ValueError, match="X is a single str"):
        LENGTH.from_texts("one text")
    for max_length in (0, 1.5, True):
        with pytest.raises(ValueError, match="max_length must be an int of at least 1, got"):
            LENGTH.from_texts(["a"], max_length=max_length)
    with pytest.raises(ValueError, match=r"lengths has shape \(2,\) and dtype float64"):
        LENGTH([0.5, 1.0]).plot()
    with pytest.raises(ValueError, match="lengths holds -1; a length is at least 0"):
        LENGTH([-1, 2]).plot()
    assert not plt.get_fignums()


# ------------------------------------------------------------------ training


def test_history_draws_losses_and_scores():
    shown = HISTORY.from_history(HISTORY_RECORDS)
    assert set(shown.lines_) == {"loss", "val_loss", "f1_micro", "val_f1_micro", "val_f1_macro"}
    loss, val_loss = shown.lines_["loss"], shown.lines_["val_loss"]
    assert loss.axes is shown.ax_
    assert shown.lines_["val_f1_micro"].axes is shown.score_ax_ is not shown.ax_
    assert loss.get_xdata().tolist() == list(range(1, 21))
    np.testing.assert_allclose(loss.get_ydata(), [r["loss"] for r in HISTORY_RECORDS])
    assert loss.get_color() == val_loss.get_color()
    assert loss.get_alpha() < val_loss.get_alpha()
    # macro-F1 was measured at even epochs only
    assert shown.lines_["val_f1_macro"].get_xdata().tolist() == list(range(2, 21, 2))
    best = max(HISTORY_RECORDS, key=lambda r: r["val_f1_micro"])["epoch"]
    assert shown.best_epoch == best
    assert shown.best_line_.get_xdata() == [best, best]
    assert legend_texts(shown)[-1] == f"best val_f1_micro: epoch {best}"


def test_history_monitors_what_is_asked_for():
    shown = HISTORY.from_history(HISTORY_RECORDS, monitor="val_loss", metrics=["loss", "val_loss"])
    assert shown.best_epoch == min(HISTORY_RECORDS, key=lambda r: r["val_loss"])["epoch"]
    assert list(shown.lines_) == ["loss", "val_loss"]
    assert shown.score_ax_ is None
    shown = HISTORY.from_history(HISTORY_RECORDS, metrics="val_f1_micro")
    assert shown.score_ax_ is shown.ax_
    shown = HISTORY.from_history([{"loss": 1.0}, {"loss": 0.5}])
    assert shown.best_epoch is None
    assert shown.best_line_ is None
    assert shown.lines_["loss"].get_xdata().tolist() == [1, 2]
    shown = HISTORY.from_history(HISTORY_RECORDS, metrics=["learning_rate"])
    assert list(shown.lines_) == ["learning_rate"]


def test_history_reads_the_names_that_our_taggers_write():
    records = [
        {"loss": 4.0, "validation_loss": 0.5, "validation_neg_log_loss": -0.5},
        {"loss": 2.0, "validation_loss": 0.3, "validation_neg_log_loss": -0.3},
        {"loss": 1.0, "validation_loss": 0.4, "validation_neg_log_loss": -0.4},
    ]
    shown = HISTORY.from_history(records)
    assert shown.best_epoch == 2
    assert shown.legend_.get_texts()[-1].get_text() == "best validation_neg_log_loss: epoch 2"
    assert shown.lines_["validation_neg_log_loss"].axes is shown.score_ax_
    assert shown.lines_["loss"].get_color() == shown.lines_["validation_loss"].get_color()
    assert shown.lines_["loss"].get_alpha() < shown.lines_["validation_loss"].get_alpha()
    plt.close(shown.figure_)


def test_history_of_one_epoch():
    shown = HISTORY.from_history(HISTORY_RECORDS[:1])
    assert shown.best_epoch == 1
    assert shown.ax_.get_xlim() == (0, 2)
    assert all(line.get_marker() not in ("", "None") for line in shown.lines_.values())


class Trained:
    history_ = HISTORY_RECORDS


def test_history_is_found_inside_other_estimators():
    outer = make_pipeline(Trained())
    assert HISTORY.from_estimator(outer).metrics["loss"].shape == (20,)
    with pytest.raises(ValueError, match=r"LogisticRegression has no history_\. Fit a tagger that"):
        HISTORY.from_estimator(LogisticRegression())


def test_history_refuses_what_holds_none():
    with pytest.raises(ValueError, match="The history has 0 epochs and 0 metrics; train for at"):
        HISTORY.from_history([])
    for wrong in ({"loss": [1, 2]}, [0.5, 0.4], "loss"):
        with pytest.raises(ValueError, match=r"history is a (dict|list|str) that holds no records"):
            HISTORY.from_history(wrong)
    with pytest.raises(ValueError, match="metrics names 'val_f1', which the history does not hold"):
        HISTORY.from_history(HISTORY_RECORDS, metrics=["loss", "val_f1"])
    with pytest.raises(ValueError, match="monitor names 'ap', which the history does not hold"):
        HISTORY.from_history(HISTORY_RECORDS, monitor="ap")
    with pytest.raises(ValueError, match="0 metrics are to be drawn; pass 1 to 24 names of 'lr'"):
        HISTORY.from_history([{"epoch": 1, "lr": 0.1}])
    with pytest.raises(ValueError, match="'loss' has 1 values for 2 epochs"):
        HISTORY([1, 2], {"loss": [0.5]}).plot()
    with pytest.raises(ValueError, match="monitor is 'val_f1_macro', which was measured at no ep"):
        HISTORY([1], {"loss": [0.5], "val_f1_macro": [np.nan]}).plot(monitor="val_f1_macro")
    assert not plt.get_fignums()


# ------------------------------------------------------------------ names


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


@pytest.mark.parametrize("log", [False, True])
def test_the_numbers_behind_the_bars_stay_inside_the_axes(log):
    _, ax = plt.subplots(figsize=(4, 4))
    y, _, names = corpus(30)
    shown = FREQUENCY.from_labels(y, label_names=names, top=20, log=log, ax=ax)
    shown.figure_.canvas.draw()
    inside = ax.get_window_extent()
    assert all(box.x1 <= inside.x1 for box in boxes(shown, shown.texts_))


def test_rows_that_have_no_room_for_a_name_go_without():
    _, ax = plt.subplots(figsize=(3, 1.5))
    y, _, names = corpus(60)
    shown = FREQUENCY.from_labels(y, label_names=names, top=None, ax=ax)
    assert len(shown.bars_) == 60
    assert 3 < len(tick_texts(ax.yaxis)) < 30
    shown.figure_.canvas.draw()
    assert not overlaps(boxes(shown, ax.get_yticklabels()))
