"""Tests of `make_multilabel_text`."""

import re
import tracemalloc
from functools import partial
from hashlib import sha256

import numpy as np
import pytest
import scipy.sparse as sp
from limits import limited
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skmultitext.datasets import make_multilabel_text
from skmultitext.datasets._zipf_labels import groups_of


@pytest.fixture(scope="module")
def corpus():
    return make_multilabel_text(3000, random_state=0)


def test_bunch_holds_what_the_docstring_says(corpus):
    assert len(corpus.data) == len(corpus.label_sets) == 3000
    assert corpus.target.shape == (3000, 5)
    assert corpus.target.dtype == np.int64
    assert set(np.unique(corpus.target)) == {0, 1}
    assert corpus.target_names == ["label_0", "label_1", "label_2", "label_3", "label_4"]
    assert corpus.frame is None
    assert corpus.filename is None
    assert "ids" not in corpus
    assert "3000 generated texts" in corpus.DESCR


def test_label_sets_are_the_rows_of_target(corpus):
    for labels, row in zip(corpus.label_sets, corpus.target, strict=True):
        expected = [name for name, cell in zip(corpus.target_names, row, strict=True) if cell]
        assert labels == tuple(expected)


def test_words_are_lower_case_letters(corpus):
    assert all(re.fullmatch("[a-z]{2,}( [a-z]{2,})*", text) for text in corpus.data)


def test_lengths_have_the_wanted_mean_and_spread(corpus):
    lengths = np.array([len(text.split(" ")) for text in corpus.data])
    assert lengths.mean() == pytest.approx(30, rel=0.05)
    assert 0.4 < lengths.std() / lengths.mean() < 0.6


def test_labels_are_uneven_and_as_many_as_wanted(corpus):
    shares = corpus.target.mean(axis=0)
    assert corpus.target.sum(axis=1).mean() == pytest.approx(1.5, rel=0.05)
    assert (np.diff(shares) < 0).all()
    assert shares[0] / shares[-1] == pytest.approx(5, rel=0.2)
    assert (corpus.target.sum(axis=1) == 0).any()


def test_words_are_zipfian(corpus):
    words, counts = np.unique(" ".join(corpus.data).split(" "), return_counts=True)
    assert 2000 < len(words) <= 5000
    counts = np.sort(counts)[::-1]
    # without topics the law gives (100 + 1.7) / (10 + 1.7) = 8.7 for ranks 10 and 100
    assert 3 < counts[9] / counts[99] < 15


@pytest.mark.parametrize("size", [1, 2500, 2501, 200_000])
def test_vocabulary_has_distinct_words(size):
    from skmultitext.datasets._generator import _made_up_words

    words = _made_up_words(size)
    assert len(set(words)) == len(words) == size
    assert min(map(len, words)) >= 4


def test_linear_model_learns_it_well_but_not_perfectly(corpus):
    model = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression(C=5)))
    model.fit(corpus.data[:2000], corpus.target[:2000])
    score = f1_score(corpus.target[2000:], model.predict(corpus.data[2000:]), average="micro")
    assert 0.75 < score < 0.95


def test_seed_gives_the_same_texts_and_leaves_the_global_generator_alone():
    state = np.random.get_state()  # noqa: NPY002, the generator that must not be touched
    first = make_multilabel_text(50, random_state=3)
    second = make_multilabel_text(50, random_state=np.random.RandomState(3))
    other = make_multilabel_text(50, random_state=4)
    np.testing.assert_equal(np.random.get_state(), state)  # noqa: NPY002
    assert first.data == second.data != other.data
    np.testing.assert_array_equal(first.target, second.target)


def test_return_X_y_is_the_same_data():
    bunch = make_multilabel_text(20, random_state=0)
    data, target = make_multilabel_text(20, random_state=0, return_X_y=True)
    assert data == bunch.data
    np.testing.assert_array_equal(target, bunch.target)


def test_unknown_labels_leave_the_rest_as_it_is():
    parameters = {"n_samples": 400, "n_labels": 3, "random_state": 0}
    complete = make_multilabel_text(**parameters)
    assert complete.target.dtype == np.int64
    partly = make_multilabel_text(**parameters, unknown_share=0.3)
    assert partly.data == complete.data
    unknown = np.isnan(partly.target)
    assert unknown.mean() == pytest.approx(0.3, abs=0.04)
    np.testing.assert_array_equal(partly.target[~unknown], complete.target[~unknown])
    for row, labels in zip(partly.target, partly.label_sets, strict=True):
        assert labels == tuple(f"label_{j}" for j in np.flatnonzero(row == 1))
    assert np.isnan(make_multilabel_text(5, unknown_share=1).target).all()


def test_label_names_sort_in_column_order():
    names = make_multilabel_text(5, n_labels=12, random_state=0).target_names
    assert names == sorted(names)
    assert names[-1] == "label_11"


@pytest.mark.parametrize(
    ("parameters", "labels_per_text"),
    [
        ({"n_labels": 1, "labels_per_text": 0.4}, 0.4),
        ({"n_labels": 3, "labels_per_text": 0}, 0),
        ({"n_labels": 3, "labels_per_text": 3}, 3),
        ({"n_labels": 6, "labels_per_text": 5}, 5),
        ({"n_words": 1, "vocabulary_size": 100}, 1.5),
        ({"n_labels": 100, "labels_per_text": 20.0}, 20),
    ],
)
def test_edges_of_the_legal_ranges(parameters, labels_per_text):
    bunch = make_multilabel_text(1000, random_state=0, **parameters)
    assert bunch.target.sum(axis=1).mean() == pytest.approx(labels_per_text, rel=0.1)
    assert all(bunch.data)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 0}, "n_samples is 0; pass an int of at least 1"),
        ({"n_labels": 2.5}, "n_labels is 2.5; pass an int of at least 1"),
        ({"unknown_share": 1.1}, r"unknown_share is 1\.1; pass a number in \[0, 1\]\."),
        ({"unknown_share": "half"}, "unknown_share is 'half'; pass a number in"),
        ({"n_words": -1}, "n_words is -1; pass an int of at least 1"),
        ({"vocabulary_size": 99}, "vocabulary_size is 99; pass an int of at least 100"),
        (
            {"label_distribution": "x"},
            "label_distribution is 'x'; pass one of 'independent', 'zipf'",
        ),
        ({"n_labels": 1}, r"labels_per_text is 1\.5; pass a number in \[0, 1\], at most n_label"),
        ({"labels_per_text": float("nan")}, "labels_per_text is nan; pass a number in"),
    ],
)
def test_bad_parameter_is_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        make_multilabel_text(**parameters)


def test_ten_thousand_texts_of_60_words_take_under_one_second_of_cpu():
    limited(partial(make_multilabel_text, 10_000, n_words=60, random_state=0), seconds=1)


def test_batches_with_the_same_topics_are_parts_of_one_corpus():
    def batch(seed, topics=5):
        return make_multilabel_text(
            1500, topic_random_state=topics, random_state=seed, return_X_y=True
        )

    texts, target = batch(0)
    model = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression(C=10)))
    model.fit(texts, target)
    more, truth = batch(1)
    assert set(more).isdisjoint(texts)
    assert f1_score(truth, model.predict(more), average="micro") > 0.7
    others, truth = batch(1, topics=6)
    assert f1_score(truth, model.predict(others), average="micro") < 0.5


def test_texts_of_a_seed_have_not_changed():
    bunch = make_multilabel_text(6000, random_state=0)
    digest = sha256("\n".join(bunch.data).encode() + bunch.target.tobytes()).hexdigest()
    assert digest[:16] == "483bb7b4d6571fe2"


@pytest.fixture(scope="module")
def zipf():
    return make_multilabel_text(
        3000, n_labels=300, n_words=60, label_distribution="zipf", random_state=0
    )


def test_zipf_target_is_sparse(zipf):
    assert isinstance(zipf.target, sp.csr_array)
    assert zipf.target.shape == (3000, 300)
    assert zipf.target.dtype == np.int64
    assert set(zipf.target.data.tolist()) == {1}
    assert zipf.target.has_canonical_format
    for labels, row in zip(zipf.label_sets, zipf.target.toarray(), strict=True):
        assert labels == tuple(f"label_{j:03}" for j in np.flatnonzero(row))


def test_zipf_is_the_same_for_a_seed(zipf):
    again = make_multilabel_text(
        3000, n_labels=300, n_words=60, label_distribution="zipf", random_state=0
    )
    other = make_multilabel_text(
        3000, n_labels=300, n_words=60, label_distribution="zipf", random_state=1
    )
    assert again.data == zipf.data != other.data
    assert (again.target != zipf.target).nnz == 0 < (other.target != zipf.target).nnz


def test_zipf_labels_are_found_by_a_linear_model_and_share_words_in_groups(zipf):
    X = TfidfVectorizer().fit_transform(zipf.data)
    # the mean vector of each label; labels of one group are closer than others
    frequent = np.arange(17, 120)
    means = (zipf.target[:, frequent].T @ X).toarray()
    means -= X.mean(axis=0).A1 * zipf.target[:, frequent].sum(axis=0)[:, None]
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    closeness, same = means @ means.T, groups_of(300)[frequent]
    same = (same[:, None] == same) & ~np.eye(len(frequent), dtype=bool)
    other = ~same & ~np.eye(len(frequent), dtype=bool)
    assert closeness[same].mean() > closeness[other].mean() + 0.2
    model = OneVsRestClassifier(LogisticRegression(C=5))
    few = zipf.target[:, :5]
    model.fit(X[:2000], few[:2000])
    assert f1_score(few[2000:], model.predict(X[2000:]), average="micro") > 0.6


def test_zipf_batches_of_the_same_topics_are_parts_of_one_corpus():
    parts = [
        make_multilabel_text(
            300, n_labels=60, label_distribution="zipf", topic_random_state=5, random_state=seed
        )
        for seed in (0, 1)
    ]
    words = [set(" ".join(part.data).split()) for part in parts]
    assert set(parts[0].data).isdisjoint(parts[1].data)
    assert len(words[0] & words[1]) > len(words[0]) / 2


def test_zipf_with_unknown_labels():
    parameters = {"n_labels": 40, "label_distribution": "zipf", "random_state": 0}
    complete = make_multilabel_text(**parameters)
    partly = make_multilabel_text(**parameters, unknown_share=0.3)
    assert partly.data == complete.data
    target = partly.target.toarray()
    unknown = np.isnan(target)
    assert unknown.mean() == pytest.approx(0.3, abs=0.02)
    np.testing.assert_array_equal(target[~unknown], complete.target.toarray()[~unknown])
    given = [len(labels) for labels in partly.label_sets]
    np.testing.assert_array_equal(given, (target == 1).sum(axis=1))


def test_zipf_needs_no_memory_of_texts_times_labels():
    tracemalloc.start()
    try:
        bunch = make_multilabel_text(
            5000, n_labels=50_000, label_distribution="zipf", random_state=0
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert bunch.target.shape == (5000, 50_000)
    assert peak < 5000 * 50_000 / 4
