"""Documents to label next: uncertain ones, no two alike, of any tagger."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import LinearSVC

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.exceptions import DocumentError
from skmultitext.inspection import AnnotationBatch, to_annotate


class Table:
    """A tagger whose probabilities are X."""

    classes_ = [np.array([0, 1])] * 2

    def fit(self, X, y):
        """Be an estimator."""

    def __sklearn_tags__(self):
        return TfidfLogRegTagger().__sklearn_tags__()

    def __sklearn_is_fitted__(self):
        return True

    def predict_proba(self, X):
        return np.asarray(X, dtype=float)

    def predict(self, X):
        return (self.predict_proba(X) > 0.5).astype(int)


@pytest.fixture(scope="module")
def tagger(tickets):
    return TfidfLogRegTagger(C=10.0, loss="log_loss", ngram_range=(1, 1)).fit(
        tickets.data[:150], tickets.target[:150]
    )


def test_the_least_probable_come_first_where_each_has_a_label():
    proba = np.array([[0.9, 0.8], [0.3, 0.2], [0.6, 0.1], [0.9, 0.9]])
    batch = to_annotate(Table(), proba, k=2)
    assert batch.documents.tolist() == [1, 2]
    np.testing.assert_allclose(batch.uncertainty, [0.7, 0.4])
    np.testing.assert_allclose(batch.n_expected, [0.5, 0.7])


def test_the_highest_entropy_comes_first_where_many_have_none():
    proba = np.array([[0.1, 0.1], [0.5, 0.0], [0.0, 0.05], [0.05, 0.9]])
    batch = to_annotate(Table(), proba, k=2)
    assert batch.documents[0] == 1
    np.testing.assert_allclose(batch.uncertainty[0], 0.5)  # one bit for two labels
    assert to_annotate(Table(), proba, k=1, at_least_one=True).documents[0] == 2


def test_of_documents_that_are_alike_one_is_chosen(tagger):
    pool = ["zebra quagga"] * 5 + ["okapi gnu", "my late parcel"]
    batch = to_annotate(tagger, pool, k=2, at_least_one=True, random_state=0)
    assert {pool[i] for i in batch.documents} == {"zebra quagga", "okapi gnu"}
    np.testing.assert_allclose(batch.novelty, 1.0)
    batch = to_annotate(tagger, pool, k=7, random_state=0)
    assert sorted(batch.documents) == list(range(7))
    assert (batch.novelty < 0.01).sum() == 4
    np.testing.assert_allclose(batch.score, batch.uncertainty * (1 + batch.novelty) / 2)


def test_the_seed_decides_ties_alone(tagger, tickets):
    pool = tickets.data[150:]
    first, again, other = (to_annotate(tagger, pool, k=15, random_state=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(first.documents, again.documents)
    assert set(first.documents) == set(other.documents)
    alike = [to_annotate(tagger, ["same"] * 50, k=3, random_state=s).documents for s in (0, 1)]
    assert alike[0].tolist() != alike[1].tolist()


def test_forms_of_features_choose_the_same():
    rng = np.random.default_rng(0)
    X = np.abs(rng.standard_normal((80, 4)))
    y = (X[:, :2] + 0.3 * rng.standard_normal((80, 2)) > 0.8).astype(int)
    model = MultilabelLogisticRegression().fit(X[:30], y[:30])
    dense = to_annotate(model, X[30:], k=5, random_state=0)
    sparse = to_annotate(model, sp.csr_matrix(X[30:]), k=5, random_state=0)
    np.testing.assert_array_equal(dense.documents, sparse.documents)
    np.testing.assert_allclose(dense.novelty, sparse.novelty)
    forest = RandomForestClassifier(10, random_state=0).fit(X[:30], y[:30])
    assert len(to_annotate(forest, X[30:].tolist(), k=5)) == 5


def test_features_with_gaps_differ_by_their_probabilities():
    class Gaps(Table):
        def predict_proba(self, X):
            return np.nan_to_num(np.asarray(X, dtype=float))

    X = np.array([[0.3, np.nan], [0.3, np.nan], [np.nan, 0.29], [0.9, 0.9]])
    batch = to_annotate(Gaps(), X, k=2, at_least_one=True)
    assert sorted(batch.documents)[1] == 2
    np.testing.assert_allclose(batch.novelty, 1.0)


def test_texts_without_words_and_small_pools(tagger):
    batch = to_annotate(tagger, np.array(["", "?", "!"], dtype=object), k=10)
    assert sorted(batch.documents) == [0, 1, 2]
    assert repr(batch).startswith("<AnnotationBatch of 3 documents, uncertainty 0.")


def test_the_table(tagger, tickets):
    pytest.importorskip("pandas")
    batch = to_annotate(tagger, tickets.data[150:], k=4)
    assert isinstance(batch, AnnotationBatch)
    frame = batch.to_frame()
    assert list(frame) == ["document", "score", "uncertainty", "novelty", "n_expected"]
    assert frame["document"].tolist() == batch.documents.tolist()


def test_chosen_documents_teach_more_than_random_ones():
    rng = np.random.default_rng(0)
    # most documents are of one label that is soon learned; the others have 7 rare ones
    label = np.where(rng.random(1500) < 0.9, 0, rng.integers(1, 8, 1500))
    y = np.eye(8, dtype=int)[label]
    texts = [f"topic{j} filler{rng.integers(40)} filler{rng.integers(40)}" for j in label]
    known = np.concatenate([np.flatnonzero(label == j)[:2] for j in range(8)])
    model = TfidfLogRegTagger(C=10.0, loss="log_loss", ngram_range=(1, 1), random_state=0).fit(
        [texts[i] for i in known], y[known]
    )
    rest = np.setdiff1d(np.arange(1500), known)
    chosen = to_annotate(model, [texts[i] for i in rest], k=50, random_state=0).documents
    assert (label[rest[chosen]] > 0).mean() > 2 * (label[rest] > 0).mean()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"k": 0}, ValueError, "k is 0; pass an int of at least 1"),
        ({"at_least_one": "yes"}, ValueError, "at_least_one is 'yes'; pass one of None, True, F"),
        ({"texts": "a text"}, DocumentError, "texts: X is a single str, which would be read as"),
        ({"texts": ["a", 3]}, DocumentError, r"texts: X\[1\] is int \(3\), not a str"),
    ],
)
def test_what_is_not_legal_is_named(tagger, options, error, message):
    with pytest.raises(error, match=message):
        to_annotate(**{"tagger": tagger, "texts": ["a"], **options})


def test_taggers_without_probabilities_are_refused():
    model = LinearSVC().fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(ValueError, match="to_annotate needs probabilities, but LinearSVC has no"):
        to_annotate(model, [[0.0]])
