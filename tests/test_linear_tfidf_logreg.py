"""TF-IDF with logistic regression, one label at a time."""

import gc
import threading
import weakref

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skmultitext import TfidfLogRegTagger
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.model_selection import MultilabelStratifiedKFold


def test_the_parts_of_the_text_tagger(ticket_tagger, tickets):
    features = ticket_tagger.vectorizer_.transform(tickets.data)
    np.testing.assert_array_equal(
        ticket_tagger.classifier_.predict_proba(features),
        ticket_tagger.predict_proba(tickets.data),
    )
    n_features = len(ticket_tagger.get_feature_names_out())
    assert ticket_tagger.coef_.shape == (10, n_features)
    assert ticket_tagger.intercept_.shape == ticket_tagger.n_iter_.shape == (10,)
    assert ticket_tagger.classifier_.label_names_.tolist() == tickets.target_names


def test_every_parameter_of_a_part_reaches_it():
    changed = {
        "C": 3.0, "loss": "log_loss", "class_weight": "balanced", "threshold": 0.4,
        "prune": 0.1, "tol": 1e-3, "max_iter": 50,
        "n_jobs": 2, "random_state": 1, "min_df": 2, "max_df": 0.9, "ngram_range": (1, 3),
        "sublinear_tf": False, "max_features": 5, "lowercase": False, "strip_accents": "ascii",
        "stop_words": ["the"], "token_pattern": r"\w+", "analyzer": "char",
        "labels": ["a", "b", "c"],
    }  # fmt: skip
    tagger = TfidfLogRegTagger()
    assert {*changed, "analyzer_weights"} == tagger.get_params().keys()  # these are for a union
    changed["token_pattern"], changed["stop_words"] = r"(?u)\b\w\w+\b", None  # unused by "char"
    tagger.set_params(**changed).fit(
        ["a b", "b c", "a b c d"] * 4, np.eye(3, dtype=int)[[0, 1, 2] * 4]
    )
    reached = {**tagger.vectorizer_.get_params(), **tagger.classifier_.get_params()}
    assert {name: reached[name] for name in changed} == changed


def test_five_fold_micro_f1_on_the_bundled_corpus_is_as_promised(tickets):
    scores = cross_validate(
        TfidfLogRegTagger(random_state=0),
        tickets.data,
        tickets.target,
        cv=MultilabelStratifiedKFold(5, shuffle=True, random_state=0),
        scoring="f1_micro",
    )["test_score"]
    assert 0.72 <= scores.mean() <= 0.92


def test_a_grid_search_over_label_sets_with_two_scorers(tickets):
    search = GridSearchCV(
        TfidfLogRegTagger(random_state=0),
        {"C": [0.001, 0.3]},
        cv=MultilabelStratifiedKFold(3, shuffle=True, random_state=0),
    ).fit(tickets.data[:300], tickets.label_sets[:300])
    assert search.best_params_ == {"C": 0.3}
    assert search.predict_proba(["where is my refund"]).shape == (1, 10)


@pytest.mark.parametrize("n_labels", [1, 2, 3])
def test_cross_val_predict_gives_probabilities(tickets, n_labels):
    proba = cross_val_predict(
        TfidfLogRegTagger(),
        tickets.data[:300],
        tickets.target[:300, 1 : 1 + n_labels],
        method="predict_proba",
        cv=MultilabelStratifiedKFold(3),
    )
    assert proba.shape == (300, n_labels)
    assert (proba > 0).all()


def test_one_fitted_tagger_predicts_from_many_threads(ticket_tagger, tickets):
    expected = ticket_tagger.predict_proba(tickets.data)
    results = [None] * 8

    def work(i):
        results[i] = ticket_tagger.predict_proba(tickets.data)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_the_training_texts_are_not_kept():
    class Text(str):
        __slots__ = ("__weakref__",)

    texts = [Text("late parcel"), Text("broken lamp")]
    watched = weakref.ref(texts[0])
    tagger = TfidfLogRegTagger().fit(texts, [[1, 0], [0, 1]])
    del texts
    gc.collect()
    assert watched() is None
    assert tagger.predict(["late parcel"]).shape == (1, 2)


@pytest.mark.slow
def test_goemotions_equals_scikit_learns_pipeline(goemotions):
    train, test = goemotions["train"], goemotions["test"]
    settings = {"min_df": 10, "max_df": 0.5, "ngram_range": (1, 2), "sublinear_tf": False}
    settings["token_pattern"] = r"(?u)\b\w\w+\b"
    ours = TfidfLogRegTagger(loss="log_loss", n_jobs=2, random_state=0, **settings)
    ours.fit(train.data, train.target)
    peer = make_pipeline(
        TfidfVectorizer(**settings), OneVsRestClassifier(LogisticRegression(C=2, max_iter=1000))
    ).fit(train.data, train.target)
    difference = np.abs(ours.predict_proba(test.data) - peer.predict_proba(test.data))
    # the intercept is penalised in ours and free in the peer: rare labels move a little
    assert difference.mean() < 0.002
    assert (ours.predict(test.data) != peer.predict(test.data)).mean() < 0.001


def test_predictions_of_a_file_are_those_from_memory(tmp_path, tickets, ticket_tagger):
    texts = [text for text in tickets.data if len(text.splitlines()) == 1][:30]
    (tmp_path / "texts").write_text("\n".join(texts) + "\n", encoding="utf-8")
    assert ticket_tagger.predict_files(tmp_path / "texts", tmp_path / "onehot") == len(texts)
    written = np.loadtxt(tmp_path / "onehot", delimiter=",", dtype=int)
    np.testing.assert_array_equal(written, ticket_tagger.predict(texts))
    with pytest.raises(ValueError, match="output is 'csv'; pass one of 'onehot', 'jsonl', 'proba'"):
        ticket_tagger.predict_files(tmp_path / "texts", tmp_path / "onehot", output="csv")
