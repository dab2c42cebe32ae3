"""Which labels occur together, as a matrix."""

import numpy as np
import pytest
import scipy.sparse as sp
from display_drawings import COOCCURRENCE, corpus, tick_texts
from limits import limited

from skmultitext._runtime import memory

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


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
    own = expected[:5, :5][off[:5, :5]]
    assert shown.im_.norm.vmax == pytest.approx(np.abs(own).max())
    assert tick_texts(shown.ax_.xaxis) == tick_texts(shown.ax_.yaxis)
    assert tick_texts(shown.ax_.yaxis)[0] == "billing"
    assert tick_texts(shown.ax_.yaxis)[-1] == "… 1 other label"
    assert shown.text_[0, 1].get_text() == (
        f"{expected[0, 1]}" if statistic == "count" else f"{expected[0, 1]:.2f}"
    )
    if statistic == "correlation":
        assert shown.im_.norm.vmin == -shown.im_.norm.vmax


def test_the_other_labels_do_not_squeeze_the_scale_of_colours():
    pairs = [["a", "b"]] * 3 + [["a", "c"]] * 2 + [["b", "c"]]
    y = pairs + [["a", "b", "c", f"rare {j}"] for j in range(50)]
    shown = COOCCURRENCE.from_labels(y, top=3)
    assert shown.n_others == 50
    assert (shown.im_.norm.vmin, shown.im_.norm.vmax) == (0, 53)
    assert shown.colorbar_.extend == "neither"
    shown = COOCCURRENCE.from_labels([*pairs, *([["c", f"rare {j}"] for j in range(50)])], top=3)
    assert (shown.im_.norm.vmin, shown.im_.norm.vmax) == (0, 3)
    assert shown.matrix.tolist()[-1][shown.label_names.index("c")] == 50
    assert shown.colorbar_.extend == "max"
    correlations = COOCCURRENCE.from_labels(
        [*pairs, *([["c", f"rare {j}"] for j in range(50)])], top=3, statistic="correlation"
    )
    drawn = np.abs(correlations.matrix[:3, :3][~np.eye(3, dtype=bool)])
    assert correlations.im_.norm.vmax == -correlations.im_.norm.vmin == drawn.max()
    alone = COOCCURRENCE.from_labels(pairs, top=1)
    assert alone.im_.norm.vmax == alone.matrix[0, 1] == 5


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
        ValueError, match=r"statistic is .*; pass one of 'count', 'conditional', 'corr"
    ):
        COOCCURRENCE.from_labels(y, statistic="lift")


def test_known_pairs_fit_the_counts():
    counts = np.array([[2, 1], [1, 2]])
    with pytest.raises(ValueError, match=r"n_known has shape \(2, 2\), support \(\), counts"):
        COOCCURRENCE(counts, label_names=["a", "b"], n_samples=4, n_known=counts).plot()


def test_a_hierarchy_orders_the_rows():
    y = [["football", "sport"], ["sport"], ["law"], ["law"], ["law"], ["tennis", "sport"]]
    hierarchy = {"football": "sport", "tennis": "sport"}
    display = COOCCURRENCE.from_labels(y, hierarchy=hierarchy)
    assert display.label_names == ["law", "sport", "football", "tennis"]
    assert display.matrix.tolist() == [[3, 0, 0, 0], [0, 3, 1, 1], [0, 1, 1, 0], [0, 1, 0, 1]]
    display = COOCCURRENCE.from_labels(y, hierarchy={"law": "tennis"})
    assert display.label_names == ["sport", "football", "tennis", "law"]
    display = COOCCURRENCE.from_labels(y, hierarchy=hierarchy, top=3)
    assert display.label_names == ["law", "sport", "football", "… 1 other label"]
    display = COOCCURRENCE.from_labels(y, hierarchy=hierarchy, labels=["football", "sport"])
    assert display.label_names == ["sport", "football"]


def test_a_table_of_more_pairs_than_fit_is_refused(monkeypatch):
    y = sp.eye_array(60, format="csr")
    monkeypatch.setattr(memory, "memory_limit", lambda: 50**2 * 32)
    with pytest.raises(MemoryError, match=r"^A table of the pairs of 60 labels .* Pass top=30 for"):
        COOCCURRENCE.from_labels(y, top=None)
    assert len(COOCCURRENCE.from_labels(y, top=40).label_names) == 41  # and the others


def test_unknown_entries_of_many_labels_take_the_memory_of_those_shown():
    rng = np.random.default_rng(0)
    y = sp.random_array((2_000, 50_000), density=1e-4, random_state=rng, format="csr")
    y.data[:] = 1
    y.data[::50] = np.nan
    display = limited(lambda: COOCCURRENCE.from_labels(y), seconds=10, megabytes=60)
    assert display.n_known.shape == (31, 31)
    assert 1_900 < display.n_known.min() < display.n_known.max()
