"""Tests of `skmultitext.datasets.merge`."""

import io
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from libraries import pd
from sklearn.utils import Bunch

from skmultitext import TfidfLogRegTagger
from skmultitext._runtime import memory
from skmultitext.datasets import (
    load_support_tickets,
    make_multilabel_text,
    merge,
    read_indicator_csv,
    read_jsonl,
)
from skmultitext.exceptions import ContradictoryLabelWarning, DocumentError, LabelError

N = np.nan
CHOICES = ["unknown", "first", "positive", "negative"]


def source(data, target, names, **more):
    return Bunch(data=list(data), target=np.array(target), target_names=list(names), **more)


def assert_merged(bunch, data, target, names):
    assert bunch.data == list(data)
    assert bunch.target_names == list(names)
    found = bunch.target.toarray() if sp.issparse(bunch.target) else bunch.target
    np.testing.assert_array_equal(found, target)
    complete = not np.isnan(found).any()
    assert bunch.target.dtype == (np.int64 if complete else np.float64)
    assert bunch.label_sets == [
        tuple(n for n, v in zip(names, row, strict=True) if v == 1) for row in found
    ]
    assert bunch.frame is None
    assert bunch.filename is None
    pickle.loads(pickle.dumps(bunch))


A = source(["x", "y"], [[1, 0], [0, 1]], "ab", ids=["1", "2"], DESCR="first")
B = source(["y", "z"], [[1, 1], [0, N]], "bc", ids=["7", "8"], DESCR="second\nmore")


def test_labels_are_joined_by_name_and_documents_by_text():
    merged = merge(A, B)
    assert_merged(merged, "xyz", [[1, 0, N], [0, 1, 1], [N, 0, N]], "abc")
    assert merged.ids == ["1", "2", "8"]
    assert merged.contradictions == []
    assert merged.DESCR == "3 texts with 3 labels, merged from 2 data sets: first; second"


def test_the_order_is_that_of_the_data_sets():
    assert_merged(merge(B, A), "yzx", [[1, 1, 0], [0, N, N], [0, N, 1]], "bca")


def test_known_wins_over_unknown_whatever_the_order():
    partly = source("x", [[N, 1]], "ab")
    known = source("x", [[0, N]], "ab")
    for pair in ((partly, known), (known, partly)):
        assert_merged(merge(*pair), "x", [[0, 1]], "ab")


@pytest.mark.parametrize("n_times", [1, 2, 3])
def test_a_data_set_merged_with_itself_is_itself(n_times):
    bunch = make_multilabel_text(50, random_state=0)
    merged = merge(*[bunch] * n_times)
    assert_merged(merged, bunch.data, bunch.target, bunch.target_names)
    assert merged.label_sets == bunch.label_sets
    assert "ids" not in merged
    partly = make_multilabel_text(50, unknown_share=0.4, random_state=0)
    assert_merged(merge(*[partly] * n_times), partly.data, partly.target, partly.target_names)


def test_disjoint_labels_and_disjoint_documents():
    a, b = source("xy", [[1], [0]], "a"), source("zw", [[0], [1]], "b")
    assert_merged(merge(a, b), "xyzw", [[1, N], [0, N], [N, 0], [N, 1]], "ab")
    assert_merged(merge(a, source("yx", [[1], [1]], "b")), "xy", [[1, 1], [0, 1]], "ab")
    assert_merged(merge(a, source("z", [[1]], "a")), "xyz", [[1], [0], [1]], "a")


def test_three_sources():
    merged = merge(A, B, source(["x", "z", "v"], [[1, 1], [0, 0], [N, N]], "cd"))
    target = [[1, 0, 1, 1], [0, 1, 1, N], [N, 0, 0, 0], [N, N, N, N]]
    assert_merged(merged, "xyzv", target, "abcd")
    assert merged.ids == ["1", "2", "8", None]


def clashing():
    a = source("xyz", [[1, 0], [0, N], [1, 1]], "ab")
    b = source("zyx", [[0, 1], [1, 1], [0, 0]], "ab")
    c = source("xq", [[1, 1], [0, 0]], "ab")
    return a, b, c


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    ("contradictions", "target"),
    [
        ("unknown", [[N, N], [N, 1], [N, 1], [0, 0]]),
        ("first", [[1, 0], [0, 1], [1, 1], [0, 0]]),
        ("positive", [[1, 1], [1, 1], [1, 1], [0, 0]]),
        ("negative", [[0, 0], [0, 1], [0, 1], [0, 0]]),
    ],
)
def test_contradictions(contradictions, target, sparse):
    sources = clashing()
    if sparse:
        for part in sources:
            part.target = sp.csc_matrix(part.target.astype(float))
    message = (
        r"^4 label\(s\) of 3 document\(s\) are 1 in one place and 0 in another; the first is 'a' "
        rf"of 'x'\. They are resolved by contradictions='{contradictions}'; the attribute contr"
    )
    with pytest.warns(ContradictoryLabelWarning, match=message) as caught:
        merged = merge(*sources, contradictions=contradictions)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert sp.issparse(merged.target) == sparse
    assert_merged(merged, "xyzq", target, "ab")
    assert merged.contradictions == [(0, "a"), (0, "b"), (1, "a"), (2, "a")]


def test_contradictions_can_be_refused():
    message = r"^The data sets contradict each other: 4 label\(s\) .* of 'x'. Correct them, or pass"
    with pytest.raises(LabelError, match=message):
        merge(*clashing(), contradictions="raise")
    merge(A, B, contradictions="raise")
    long = source(["t" * 100], [[1]], "a"), source(["t" * 100], [[0]], "a")
    with pytest.raises(LabelError, match=r"the first is 'a' of 't{40}\.\.\.'\. Correct"):
        merge(*long, contradictions="raise")


def test_the_same_text_twice_in_one_data_set_is_one_document():
    twice = source("xyx", [[1, N, N], [0, 0, 0], [1, 0, N]], "abc", ids=[None, "2", "3"])
    assert_merged(merge(twice), "xy", [[1, 0, N], [0, 0, 0]], "abc")
    assert merge(twice).ids == ["3", "2"]
    with pytest.warns(ContradictoryLabelWarning, match=r"^1 label\(s\) of 1 document\(s\)"):
        merged = merge(source("xx", [[1], [0]], "a"), contradictions="first")
    assert_merged(merged, "x", [[1]], "a")


def test_sparse_and_large_targets(monkeypatch):
    expected = merge(A, B)
    for form in (sp.csr_array, sp.csc_matrix, sp.coo_array):
        merged = merge(A, Bunch(**{**B, "target": form(B.target)}))
        assert isinstance(merged.target, sp.csr_array)
        assert merged.target.has_canonical_format
        assert_merged(merged, expected.data, expected.target, expected.target_names)
    monkeypatch.setattr("skmultitext.datasets._bunch._LARGEST_DENSE", 8)
    merged = merge(A, B)
    assert isinstance(merged.target, sp.csr_array)
    assert_merged(merged, expected.data, expected.target, expected.target_names)
    complete = merge(A, A).target
    assert isinstance(complete, np.ndarray)
    monkeypatch.setattr("skmultitext.datasets._bunch._LARGEST_DENSE", 3)
    complete = merge(A, A).target
    assert complete.dtype == np.int64
    np.testing.assert_array_equal(complete.toarray(), A.target)


def test_bunches_of_pandas():
    tickets, frames = load_support_tickets(), load_support_tickets(as_frame=True)
    merged = merge(frames, make_multilabel_text(5, random_state=0))
    assert merged.data[:780] == tickets.data
    np.testing.assert_array_equal(merged.target[:780, :10], tickets.target)
    assert np.isnan(merged.target[:780, 10:]).all()
    assert np.isnan(merged.target[780:, :10]).all()
    frame = pd.DataFrame({"a": [1, pd.NA], "b": [pd.NA, 0]}, dtype="Int8")
    bunch = Bunch(data=pd.Series(["x", "y"]), target=frame, target_names=["a", "b"])
    assert_merged(merge(bunch), "xy", [[1, N], [N, 0]], "ab")


def test_ids_of_an_array_and_sources_that_are_no_bunch():
    ids = np.array(["k"])
    plain = SimpleNamespace(data=["x"], target=[[1, 0]], target_names=["a", "c"], ids=ids)
    merged = merge(B, plain)
    assert_merged(merged, "yzx", [[1, 1, N], [0, N, N], [N, 0, 1]], "bca")
    assert merged.ids == ["7", "8", "k"]
    assert merged.DESCR.endswith("merged from 2 data sets: second")


def test_files_with_unknown_labels_train_a_tagger():
    csv = io.StringIO("text,late,broken\nso late,1,\nall broken,0,1\nfine,0,0\n")
    lines = '{"text": "so late", "labels": {"broken": 0, "angry": 1}}\n'
    lines += '{"text": "grr late", "labels": ["angry"]}\n'
    merged = merge(
        read_indicator_csv(csv, unlabeled="unknown"),
        read_jsonl(io.StringIO(lines), label_names=["angry", "broken"]),
    )
    target = [[1, 0, 1], [0, 1, N], [0, 0, N], [N, 0, 1]]
    assert_merged(
        merged, ["so late", "all broken", "fine", "grr late"], target, merged.target_names
    )
    assert merged.target_names == ["late", "broken", "angry"]
    tagger = TfidfLogRegTagger().fit(merged.data, merged.target)
    assert tagger.predict_proba(["late"]).shape == (1, 3)


VALUES = st.sampled_from([0, 1, N])


@settings(deadline=None, max_examples=100)
@given(data=st.data(), sparse=st.booleans(), contradictions=st.sampled_from(CHOICES))
def test_every_entry_is_what_the_sources_say(data, sparse, contradictions):
    sources, said = [], {}
    for _ in range(data.draw(st.integers(1, 4))):
        texts = data.draw(st.lists(st.sampled_from("vwxyz"), min_size=1, max_size=5))
        names = data.draw(st.lists(st.sampled_from("abcd"), min_size=1, unique=True))
        row = st.lists(VALUES, min_size=len(names), max_size=len(names))
        rows = data.draw(st.lists(row, min_size=len(texts), max_size=len(texts)))
        target = np.array(rows, dtype=float)
        sources.append(source(texts, target, names))
        if sparse:
            sources[-1].target = sp.csr_array(target)
        for text, values in zip(texts, rows, strict=True):
            for name, value in zip(names, values, strict=True):
                said.setdefault((text, name), []).append(value)
    expected = []
    texts = list(dict.fromkeys(text for part in sources for text in part.data))
    names = list(dict.fromkeys(name for part in sources for name in part.target_names))
    clashes = []
    for i, text in enumerate(texts):
        for name in names:
            values = [value for value in said.get((text, name), []) if value == value]
            clash = len(set(values)) > 1
            if clash:
                clashes.append((i, name))
            resolved = {"unknown": N, "positive": 1, "negative": 0}.get(contradictions)
            value = values[0] if values else N
            expected.append(resolved if clash and contradictions != "first" else value)
    if clashes:
        with pytest.warns(ContradictoryLabelWarning, match=rf"^{len(clashes)} label"):
            merged = merge(*sources, contradictions=contradictions)
    else:
        merged = merge(*sources, contradictions=contradictions)
    assert_merged(merged, texts, np.reshape(expected, (len(texts), len(names))), names)
    assert merged.contradictions == clashes


@pytest.mark.parametrize(
    ("bunches", "error", "message"),
    [
        ([], ValueError, r"merge got no data set\. Pass at least one Bunch"),
        ([A, [A]], ValueError, r"bunches\[1\] is a list without data, target and target_names"),
        ([Bunch(data=["x"])], ValueError, r"bunches\[0\] is a Bunch without data, target and tar"),
        ([source([1], [[1]], "a")], DocumentError, r"bunches\[0\]\.data: X\[0\] is int \(1\), not"),
        ([source("x", [[2, 1]], "ab")], LabelError, r"bunches\[0\]\.target: y has 2 columns and"),
        ([source("x", [1], "a")], LabelError, r"bunches\[0\]\.target is not an indicator of 0 and"),
        ([source("xy", [[5], [7]], "a")], LabelError, "is not an indicator of 0 and 1 with one"),
        (
            [A, source("xyz", [[1, 0]] * 2, "ab")],
            LabelError,
            r"\[1\]\.target has shape \(2, 2\), but",
        ),
        ([source("x", [[1, 0]], "a")], LabelError, "but there are 1 texts and 1 target_names"),
        (
            [source("x", [[1, 0]], "aa")],
            LabelError,
            r"target_names must be different str, got \['a",
        ),
        ([source("x", [[1]], [3])], LabelError, r"target_names must be different str, got \[3\]"),
        (
            [source("x", [[1]], "a", ids=["1", "2"])],
            ValueError,
            r"has 2 ids for 1 texts\. Pass one",
        ),
    ],
)
def test_bad_data_sets_are_refused(bunches, error, message):
    with pytest.raises(error, match=message):
        merge(*bunches)


def test_other_refusals():
    sets = Bunch(data=["x", "y"], target=[["a"], []], target_names=["a"])
    with pytest.raises(LabelError, match=r"bunches\[0\]\.target is not an indicator"):
        merge(sets)
    frame = Bunch(data=["x"], target=pd.DataFrame({"b": [1], "a": [0]}), target_names=["a", "b"])
    with pytest.raises(
        LabelError, match=r"has the columns 'b', 'a', but target_names are 'a', 'b'"
    ):
        merge(frame)
    with pytest.raises(ValueError, match=r"contradictions is 'max'; pass one of 'unknown'"):
        merge(A, B, contradictions="max")


def test_more_unknown_labels_than_fit_are_refused(monkeypatch):
    a, b = (
        Bunch(
            data=[f"{side} {i}" for i in range(50)],
            target=sp.eye_array(50, dtype=np.int64, format="csr"),
            target_names=[f"{side}{j}" for j in range(50)],
        )
        for side in "ab"
    )
    merged = merge(a, b)
    assert np.isnan(merged.target.data).sum() == 5_000
    monkeypatch.setattr(memory, "memory_limit", lambda: 4_999 * 64)
    message = r"^The merged target, with 5000 unknown labels .* a column of zeros, as a"
    with pytest.raises(MemoryError, match=message):
        merge(a, b)
    assert merge(a, a).target.nnz == 50
