"""What the page carries: exact counts at every cut-off, the worst errors, co-occurrence."""

import numpy as np
import pytest
import scipy.sparse as sp
import unknown_labels

from skmultitext.exceptions import UnknownLabelWarning
from skmultitext.report import _table, multilabel_report
from skmultitext.report._page import page_data


def make(n=400, n_labels=5, seed=0, digits=3):
    rng = np.random.default_rng(seed)
    y_true = (rng.random((n, n_labels)) < np.linspace(0.01, 0.4, n_labels)).astype(np.int8)
    y_true[0] = 1
    y_proba = np.round(rng.beta(1, 4, (n, n_labels)) * 0.6 + 0.3 * y_true, digits)
    return y_true, y_proba, rng.random(n) + 0.1


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_counts_are_exact_at_every_cut_off(weighted, dtype):
    y_true, y_proba, weight = make()
    y_proba = y_proba.astype(dtype)
    weight = weight if weighted else None
    thresholds = np.array([0.0, 0.1234567, 0.3, 0.5, 1.0])
    report = multilabel_report(y_true, y_proba, threshold=thresholds, sample_weight=weight)
    data = page_data(report)
    counted = np.ones(400) if weight is None else weight
    for j, label in enumerate(data["labels"]):
        assert label["threshold"] == thresholds[j]
        assert label["threshold"] in label["cut_offs"]
        assert set(data["grid"]) <= set(label["cut_offs"])
        assert label["cut_offs"] == sorted(set(label["cut_offs"]))
        assert 101 <= len(label["cut_offs"]) <= 203
        for t, hits, given in zip(
            label["cut_offs"], label["cut_hits"], label["cut_given"], strict=True
        ):
            decided = y_proba[:, j] > np.float64(t)
            assert given == pytest.approx(counted[decided].sum())
            assert hits == pytest.approx(counted[decided & (y_true[:, j] == 1)].sum())
        at = label["cut_offs"].index(label["threshold"])
        assert label["cut_hits"][at] == pytest.approx(label["hits"])
        assert label["cut_given"][at] == pytest.approx(label["given"])


def test_the_best_f1_is_among_the_cut_offs():
    y_true, y_proba, _ = make(n=3000, digits=15)  # over a hundred positives, no grid to meet
    data = page_data(multilabel_report(y_true, y_proba))
    for j, label in enumerate(data["labels"]):
        hits, given = np.array(label["cut_hits"]), np.array(label["cut_given"])
        order = np.argsort(-y_proba[:, j])  # no two are equal
        every = np.cumsum(y_true[order, j]) / (np.arange(1, 3001) + label["support"])
        assert len(np.unique(y_proba[:, j])) == 3000
        assert (hits / (given + label["support"])).max() == pytest.approx(every.max(), abs=1e-15)


def test_errors_are_the_most_extreme_of_each_label():
    y_true, y_proba, _ = make()
    texts = [f"text {i}" for i in range(400)]
    texts[7] = "x" * 5000
    report = multilabel_report(y_true, y_proba, threshold=0.3, texts=texts)
    data = page_data(report)
    y_pred = y_proba > 0.3
    for j in range(5):
        for missed in (True, False):
            wrong = (y_true[:, j] == missed) & (y_pred[:, j] != missed)
            ours = [e for e in data["errors"] if e["label"] == j and e["missed"] is missed]
            assert len(ours) == min(10, wrong.sum())
            distance = np.sort(np.abs(y_true - y_proba)[wrong, j])[::-1]
            got = [abs(missed - error["probability"]) for error in ours]
            np.testing.assert_allclose(got, distance[: len(ours)])
            for error in ours:
                document = data["documents"][error["document"]]
                assert wrong[document["row"]]
                assert document["text"] == texts[document["row"]][:1000]
                assert document["cut"] is (len(texts[document["row"]]) > 1000)
                assert document["true"] == np.flatnonzero(y_true[document["row"]]).tolist()
                assert document["given"] == np.flatnonzero(y_pred[document["row"]]).tolist()


def test_rows_are_those_that_were_passed():
    y_true, y_proba, weight = make()
    weight[:100] = 0
    texts = [f"text {i}" for i in range(400)]
    data = page_data(multilabel_report(y_true, y_proba, sample_weight=weight, texts=texts))
    assert min(document["row"] for document in data["documents"]) >= 100
    assert all(document["text"] == f"text {document['row']}" for document in data["documents"])


def test_decisions_have_errors_and_counts_alone():
    y_true, y_proba, _ = make()
    y_pred = (y_proba > 0.3).astype(int)
    dense, sparse = (
        page_data(multilabel_report(form(y_true), form(y_pred)))
        for form in (np.asarray, sp.csr_matrix)
    )
    assert dense == sparse or str(dense) == str(sparse)  # nan differs from itself
    assert not dense["has_proba"]
    assert "cut_offs" not in dense["labels"][0]
    assert dense["labels"][3]["given"] == y_pred[:, 3].sum()
    n_wrong = [(y_true[d["row"]] != y_pred[d["row"]]).sum() for d in dense["documents"]]
    order = [n_wrong[error["document"]] for error in dense["errors"]]
    assert order == sorted(order, reverse=True)


def test_cooccurrence_counts_documents_of_the_labels_of_highest_support():
    y_true, y_proba, _ = make(n_labels=50)
    data = page_data(multilabel_report(y_true, y_proba, threshold=0.3))["cooccurrence"]
    assert data["labels"] == sorted(np.argsort(-y_true.sum(axis=0), kind="stable")[:40].tolist())
    shown = y_true[:, data["labels"]].astype(int)
    np.testing.assert_array_equal(data["true"], shown.T @ shown)
    given = (y_proba > 0.3).astype(int)[:, data["labels"]]
    np.testing.assert_array_equal(data["given"], given.T @ given)


def test_many_labels_have_fewer_cut_offs_and_errors():
    y_true, y_proba, _ = make(n=200, n_labels=500)
    data = page_data(multilabel_report(y_true, y_proba))
    assert data["grid"] == np.round(np.arange(21) / 20, 2).tolist()
    assert max(len(label["cut_offs"]) for label in data["labels"]) <= 21 + 50 + 1
    assert len(data["errors"]) <= 2000


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("output", ["proba", "decisions"])
def test_unknown_entries_are_in_no_count(form, output):
    y, proba, _, weight = unknown_labels.make(0)
    y[3] = np.nan
    decided = (proba > 0.4).astype(int)
    values = proba if output == "proba" else decided
    texts = [f"text {i}" for i in range(60)]
    with pytest.warns(UnknownLabelWarning, match="1 of 60 documents"):
        report = multilabel_report(
            form(y), values, threshold=0.4, sample_weight=weight, texts=texts
        )
    data = page_data(report)
    known = ~np.isnan(y)
    assert data["has_unknown"]
    assert data["n_entries"] == pytest.approx((weight[:, None] * known).sum())
    for j, label in enumerate(data["labels"]):
        assert label["known"] == pytest.approx(weight @ known[:, j])
        assert label["support"] == pytest.approx(weight @ (y[:, j] == 1))
        assert label["given"] == pytest.approx(weight @ (known[:, j] & (decided[:, j] == 1)))
        assert label["hits"] == pytest.approx(weight @ ((y[:, j] == 1) & (decided[:, j] == 1)))
        if output == "decisions":
            continue
        for t, hits, given in zip(
            label["cut_offs"], label["cut_hits"], label["cut_given"], strict=True
        ):
            assert given == pytest.approx(weight @ (known[:, j] & (proba[:, j] > t)))
            assert hits == pytest.approx(weight @ ((y[:, j] == 1) & (proba[:, j] > t)))
    for document in data["documents"]:
        row = document["row"]
        assert row != 3
        assert document["text"] == f"text {row}"
        assert document["true"] == np.flatnonzero(y[row] == 1).tolist()
        assert document["given"] == np.flatnonzero(known[row] & (decided[row] == 1)).tolist()
        assert document["unknown"] == np.flatnonzero(~known[row]).tolist()
    for error in data["errors"]:
        row = data["documents"][error["document"]]["row"]
        assert y[row, error["label"]] == float(error["missed"])
    heat = data["cooccurrence"]
    for name, marks in (("true", y == 1), ("given", known & (decided == 1))):
        marks = marks.astype(int)
        np.testing.assert_array_equal(heat[name], marks.T @ marks)
        np.testing.assert_array_equal(heat[f"{name}_of"], marks.T @ known)


def test_a_hierarchy_gives_depths_and_scores():
    y_true, y_proba = np.eye(3, dtype=int), np.eye(3) * 0.8
    report = multilabel_report(y_true, y_proba, hierarchy={"0": "2", "1": "0"})
    data = page_data(report)
    assert [(label["name"], label["depth"]) for label in data["labels"]] == [
        ("2", 0),
        ("0", 1),
        ("1", 2),
    ]
    assert data["hierarchical"] == {"precision": 1, "recall": 1, "f1": 1}
    assert data["cooccurrence"]["labels"] == [0, 1, 2]
    assert page_data(multilabel_report(y_true, y_proba))["hierarchical"] is None


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.AbsentLabelWarning")
@pytest.mark.parametrize("undefined", ["skip", "zero"])
def test_of_many_labels_the_most_frequent_are_listed_and_the_averages_count_all(
    undefined, monkeypatch
):
    monkeypatch.setattr(_table, "HTML_ROWS", 4)
    y_true, y_proba, weight = make(n_labels=9)
    y_true[:, 2] = 0  # without a positive
    options = {"undefined": undefined, "sample_weight": weight}
    whole = multilabel_report(y_true, sp.csr_array(y_proba), **options)
    listed = np.sort(np.argsort(-whole.support)[:4])
    data = page_data(whole)
    assert [label["name"] for label in data["labels"]] == [str(j) for j in listed]
    part = multilabel_report(y_true[:, listed], y_proba[:, listed], **options)
    expected = page_data(part)
    for name in ("errors", "doubtful", "documents", "cooccurrence", "grid"):
        assert data[name] == expected[name]
    for label, other in zip(data["labels"], expected["labels"], strict=True):
        assert label.keys() == other.keys()
        for key in label.keys() - {"name"}:
            np.testing.assert_allclose(label[key], other[key], err_msg=key)
    assert expected["rest"]["n"] == 0 == expected["rest"]["pooled"]["given"]
    assert data["n_labels"] == 9
    assert data["n_entries"] == pytest.approx(9 * weight.sum())
    # the totals of the page: the listed labels and the rest
    rest = data["rest"]
    hits, given, support = (
        sum(label[name] for label in data["labels"]) + rest["pooled"][name]
        for name in ("hits", "given", "support")
    )
    assert 2 * hits / (given + support) == pytest.approx(whole.averages["micro"]["f1"])
    f1 = whole.f1[listed]
    n = 4 + rest["n"]
    assert n == (9 if undefined == "zero" else 8)
    assert (f1.sum() + rest["sums"]["f1"]) / n == pytest.approx(whole.averages["macro"]["f1"])
    weighted = (f1 @ whole.support[listed] + rest["weighted"]["f1"]) / support
    assert weighted == pytest.approx(whole.averages["weighted"]["f1"])
