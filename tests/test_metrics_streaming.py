"""Batch by batch against all at once."""

import pickle
import re
import tracemalloc
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import unknown_labels
from hypothesis import given, settings
from hypothesis import strategies as st
from streamed_labels import make

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning, UnknownLabelWarning
from skmultitext.metrics import StreamingMetrics

KINDS = ("f1", "precision", "recall", "jaccard")


def batch_scores(y_true, y_proba, weight, threshold=0.5, **options):
    y_pred = y_proba > threshold
    expected = {
        "exact_match": metrics.exact_match(y_true, y_pred, sample_weight=weight),
        "hamming_loss": metrics.hamming_loss(y_true, y_pred, sample_weight=weight),
        "binary_accuracy": metrics.binary_accuracy(y_true, y_pred, sample_weight=weight),
        "log_loss": metrics.log_loss(y_true, y_proba, sample_weight=weight),
        "brier_score": metrics.brier_score_loss(y_true, y_proba, sample_weight=weight),
    }
    for kind in KINDS:
        for average in ("micro", "macro", "weighted", "samples"):
            expected[f"{kind}_{average}"] = getattr(metrics, f"{kind}_score")(
                y_true, y_pred, average=average, sample_weight=weight, **options
            )
    return expected


@given(st.integers(0, 10_000), st.integers(1, 70), st.booleans(), st.sampled_from([0, 1]))
@settings(max_examples=40, deadline=None)
def test_equals_the_functions_whatever_the_batches(seed, size, weighted, zero_division):
    y_true, y_proba, weight = make(seed=seed)
    weight = weight if weighted else None
    first = StreamingMetrics(6, zero_division=zero_division)
    second = StreamingMetrics(6, zero_division=zero_division)
    for number, start in enumerate(range(0, 200, size)):
        rows = slice(start, start + size)
        part = None if weight is None else weight[rows]
        (second if number % 3 == 0 else first).update(y_true[rows], y_proba[rows], part)
    result = first.merge(second).compute()
    expected = batch_scores(y_true, y_proba, weight, zero_division=zero_division)
    for name, value in expected.items():
        assert result[name] == pytest.approx(value, rel=1e-12, abs=1e-14), name
    assert result["n_samples"] == 200


def test_counts_per_label():
    y_true, y_proba, weight = make()
    y_pred = y_proba > 0.5
    result = StreamingMetrics(6).update(y_true, y_proba, weight).compute()
    for name, marks in {
        "true_positives": (y_true == 1) & y_pred,
        "false_positives": (y_true == 0) & y_pred,
        "false_negatives": (y_true == 1) & ~y_pred,
        "true_negatives": (y_true == 0) & ~y_pred,
        "support": y_true == 1,
    }.items():
        np.testing.assert_allclose(result[name], weight @ marks, rtol=1e-12, err_msg=name)
    assert result["total_weight"] == pytest.approx(weight.sum(), rel=1e-14)


def test_forms_thresholds_and_names():
    y_true, y_proba, _ = make()
    names = list("abcdef")
    threshold = np.linspace(0.2, 0.7, 6)
    expected = batch_scores(y_true, y_proba, None, threshold)
    sets = [[names[j] for j in np.flatnonzero(row)] for row in y_true]
    forest = [np.column_stack([1 - p, p]) for p in y_proba.T]
    for truth, proba in [(sets, y_proba), (sp.csr_matrix(y_true), forest), (y_true, y_proba)]:
        for cut in (threshold, dict(zip(names, threshold, strict=True))):
            metric = StreamingMetrics(6, threshold=cut, label_names=names)
            result = metric.update(truth, proba).compute()
            for name, value in expected.items():
                assert result[name] == pytest.approx(value, rel=1e-12), name


def test_a_probability_at_the_threshold_is_a_no():
    result = StreamingMetrics(1, threshold=0.25).update([0, 0, 1], [0.25, 0.26, 0.2]).compute()
    assert result["false_positives"].tolist() == [1]


def test_sums_lose_nothing_to_rounding():
    # 1e16 + 1 == 1e16 in float64: a plain sum would not grow
    big, small = StreamingMetrics(1).update([1], [0.5], [1e16]), StreamingMetrics(1)
    for _ in range(500):
        big.update([1], [0.5], [1.0])
        small.update([1], [0.5], [1.0])
    assert big.compute()["total_weight"] == 1e16 + 500
    assert small.merge(big).compute()["total_weight"] == 1e16 + 1000


def test_absent_labels_are_named_once():
    y_true, y_proba, _ = make(50, 3)
    y_true[:, 1] = 0
    metric = StreamingMetrics(3, label_names=["a", "b", "c"]).update(y_true, y_proba)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = metric.compute()
    assert len(caught) == 1
    assert caught[0].category is AbsentLabelWarning
    assert "1 label(s): 'b'" in str(caught[0].message)
    assert caught[0].filename == __file__
    with pytest.warns(AbsentLabelWarning):
        expected = batch_scores(y_true, y_proba, None)
    for name, value in expected.items():
        assert result[name] == pytest.approx(value, rel=1e-12), name

    zero = StreamingMetrics(3, undefined="zero").update(y_true, y_proba).compute()
    for name, value in batch_scores(y_true, y_proba, None, undefined="zero").items():
        assert zero[name] == pytest.approx(value, rel=1e-12), name
    assert zero["average_precision_macro"] < result["average_precision_macro"]
    with pytest.raises(ValueError, match="No positive in y_true for 1 label"):
        StreamingMetrics(3, undefined="raise").update(y_true, y_proba).compute()


def test_no_label_left_is_0_with_a_warning():
    metric = StreamingMetrics(2).update(np.zeros((3, 2)), np.full((3, 2), 0.7))
    with pytest.warns(AbsentLabelWarning):
        result = metric.compute()
    for name in ("f1_macro", "f1_micro", "f1_weighted", "average_precision_macro"):
        assert result[name] == 0


def test_memory_does_not_grow():
    y_true, y_proba, _ = make()
    metric = StreamingMetrics(6, n_bins=8).update(y_true, y_proba)
    size = len(pickle.dumps(metric))
    for _ in range(20):
        metric.update(y_true, y_proba)
    assert len(pickle.dumps(metric)) <= size + 8  # the count of documents may take more bytes
    assert (
        "average_precision_micro"
        not in StreamingMetrics(6, n_bins=0).update(y_true, y_proba).compute()
    )


def test_pickle_and_reset():
    y_true, y_proba, _ = make()
    metric = StreamingMetrics(6).update(y_true, y_proba)
    copied = pickle.loads(pickle.dumps(metric))
    assert copied.compute()["f1_macro"] == metric.compute()["f1_macro"]
    with pytest.raises(ValueError, match="compute needs documents: call update first"):
        copied.reset().compute()
    assert metric.compute()["n_samples"] == 200


def test_weight_0_adds_nothing():
    y_true, y_proba, _ = make()
    metric = StreamingMetrics(6).update(y_true, y_proba)
    before = metric.compute()
    after = metric.update(y_true, y_proba, np.zeros(200)).compute()
    assert after["n_samples"] == 200
    assert after["f1_macro"] == before["f1_macro"]


def test_a_failed_update_adds_nothing():
    y_true, y_proba, _ = make()
    metric = StreamingMetrics(6).update(y_true, y_proba)
    before = metric.compute()
    with pytest.raises(ValueError, match="y_proba must lie in"):
        metric.update(y_true, y_proba + 1)
    assert metric.compute()["log_loss"] == before["log_loss"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_labels": 0}, "n_labels is 0; pass an int of at least 1"),
        ({"n_labels": 2.0}, "n_labels is 2.0; pass an int of at least 1"),
        ({"n_bins": -1}, "n_bins is -1; pass an int of at least 0"),
        ({"threshold": [0.5]}, "threshold has shape (1,)"),
        ({"threshold": 1.5}, "it must lie in [0, 1]"),
        ({"threshold": "a"}, "threshold is 'a'"),
        ({"label_names": ["a"]}, "label_names has 1 names, but n_labels is 2"),
        ({"undefined": "nan"}, "undefined is 'nan'; pass one of"),
        ({"zero_division": 2}, "zero_division must be 0.0 or 1.0, got 2"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        StreamingMetrics(**{"n_labels": 2, **options})


@pytest.mark.parametrize(
    ("names", "y_true", "y_proba", "message"),
    [
        (None, np.eye(3), np.eye(3), "y_true and y_proba have shape (3, 3), but n_labels is 2"),
        (None, np.eye(2), np.ones((3, 2)), "y_true has shape (2, 2) and y_proba has shape (3, 2)"),
        (["a", "b"], [["x"], ["a"]], np.eye(2), "y_true holds the unknown labels 'x'"),
        (None, [["a"], ["b"]], np.eye(2), "y_true holds label sets"),
        (None, [1, 2], [0.1, 0.2], "y[1] is 2, but the two classes are 0 and 1"),
    ],
)
def test_bad_batches(names, y_true, y_proba, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        StreamingMetrics(2, label_names=names).update(y_true, y_proba)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (None, "other must be a StreamingMetrics, got a NoneType"),
        (StreamingMetrics(3), "other has n_labels=3, but this one has 2"),
        (StreamingMetrics(2, n_bins=7), "other has n_bins=7, but this one has 1024"),
        (StreamingMetrics(2, threshold=0.1), "other has threshold=array"),
        (StreamingMetrics(2, zero_division=1), "other has zero_division=1"),
        (StreamingMetrics(2, label_names=["a", "b"]), "other has label_names="),
    ],
)
def test_bad_merge(other, message):
    with pytest.raises(ValueError, match=message):
        StreamingMetrics(2).merge(other)


def test_the_repr_tells_how_much_was_seen():
    stream = StreamingMetrics(2, undefined="zero").update(np.eye(2), np.eye(2))
    assert repr(stream) == ("<StreamingMetrics: 2 labels, 2 documents so far, undefined='zero'>")


def streamed(y, proba, weight, form):
    """Add ten documents at a time, in two streams that are merged."""
    halves = []
    for half in (range(0, 60, 10), range(60, 120, 10)):
        stream = StreamingMetrics(5, threshold=0.4)
        for start in half:
            rows = slice(start, start + 10)
            stream.update(form(y[rows]), proba[rows], None if weight is None else weight[rows])
        halves.append(stream)
    return halves[0].merge(halves[1]).compute()


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("weighted", [False, True])
def test_unknown_labels_in_batches_equal_the_functions(form, weighted):
    y, proba, _, weight = unknown_labels.make(0, n=120)
    y[40:50] = np.nan  # a batch without any known label
    weight = weight if weighted else None
    with pytest.warns(UnknownLabelWarning, match="10 of 10 documents have no known label"):
        result = streamed(y, proba, weight, form)
    assert result["n_samples"] == 110
    some = ~np.isnan(y).all(axis=1)
    y, proba, weight = y[some], proba[some], None if weight is None else weight[some]
    decided, mass = (proba > 0.4).astype(int), {"sample_weight": weight}
    for name in ("exact_match", "hamming_loss", "binary_accuracy"):
        assert result[name] == pytest.approx(getattr(metrics, name)(y, decided, **mass))
    for name in ("log_loss", "brier_score"):
        score = metrics.log_loss if name == "log_loss" else metrics.brier_score_loss
        assert result[name] == pytest.approx(score(y, proba, **mass))
    for kind in ("f1", "precision", "recall", "jaccard"):
        for average in ("micro", "macro", "weighted", "samples"):
            score = getattr(metrics, f"{kind}_score")(y, decided, average=average, **mass)
            assert result[f"{kind}_{average}"] == pytest.approx(score)
    for average in ("micro", "macro"):
        score = metrics.average_precision_score(y, proba, average=average, **mass)
        name = f"average_precision_{average}"
        assert abs(result[name] - score) <= result[f"{name}_error"] + 1e-12
    one = np.ones(110) if weight is None else weight
    np.testing.assert_allclose(result["known"], one @ ~np.isnan(y))
    np.testing.assert_allclose(result["support"], one @ (y == 1))
    np.testing.assert_allclose(result["true_negatives"], one @ ((y == 0) & (decided == 0)))
    counts = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    np.testing.assert_allclose(sum(result[name] for name in counts), result["known"])


def test_a_label_of_which_no_batch_knows_anything_is_named_at_the_end():
    y, proba, _, _ = unknown_labels.make(1)
    y[:, 2] = np.nan
    stream = StreamingMetrics(5, undefined="zero")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stream.update(y[:2], proba[:2]).update(y[2:], proba[2:])
    with pytest.warns(UnknownLabelWarning, match="Nothing is known of 1 label"):
        result = stream.compute()
    assert result["known"][2] == 0
    assert result["true_negatives"][2] == 0


def test_one_column_of_a_batch_may_be_unknown():
    stream = StreamingMetrics(1)
    with pytest.warns(UnknownLabelWarning, match="1 of 2 documents"):
        stream.update([[1.0], [np.nan]], [0.9, 0.9])
    result = stream.update([[0.0]], [0.9]).compute()
    assert (result["n_samples"], result["binary_accuracy"]) == (2, 0.5)


def test_no_bin_counts_unknown_entries():
    y = np.array([[1.0, 1.0], [0.0, np.nan], [np.nan, 0.0], [1.0, np.nan]])
    proba = np.array([[0.0, 0.0], [0.2, 0.9], [0.0, 0.4], [0.7, 0.0]])
    both = StreamingMetrics(2).update(y, proba).compute()
    alone = [
        StreamingMetrics(1).update(y[known, [j]], proba[known, [j]]).compute()
        for j, known in enumerate((~np.isnan(y)).T)
    ]
    for name in ("average_precision_macro", "average_precision_macro_error"):
        assert both[name] == np.mean([result[name] for result in alone])


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.AbsentLabelWarning")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("unknown", [False, True])
def test_sparse_probabilities_give_what_dense_ones_give(weighted, unknown):
    y_true, y_proba, weight = make()
    y_true = y_true.astype(float)
    y_proba[y_proba < 0.3] = 0
    if unknown:
        y_true[np.random.default_rng(0).random(y_true.shape) < 0.2] = np.nan
    dense, sparse = StreamingMetrics(6), StreamingMetrics(6)
    for rows in (slice(120), slice(120, 200)):
        part = weight[rows] if weighted else None
        dense.update(y_true[rows], y_proba[rows], part)
        sparse.update(sp.csr_array(y_true[rows]), sp.csc_array(y_proba[rows]), part)
    expected, got = dense.compute(), sparse.compute()
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-12, atol=1e-14, err_msg=name)


def test_sparse_batches_take_no_memory_of_documents_times_labels():
    n_samples, n_labels = 2000, 50_000
    rng = np.random.default_rng(0)
    y_true, y_proba = (
        sp.random_array((n_samples, n_labels), density=1e-4, random_state=rng, format="csr")
        for _ in range(2)
    )
    stream = StreamingMetrics(n_labels, undefined="zero", n_bins=2)
    tracemalloc.start()
    try:
        result = stream.update(y_true > 0, y_proba).compute()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result["n_samples"] == n_samples
    assert peak < n_samples * n_labels / 2
