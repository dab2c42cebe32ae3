"""The tagger that finds its C: the same as a grid search, in one pass over the features."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_validate
from sklearn.pipeline import make_pipeline

from skmultitext import TfidfLogRegTagger, TfidfLogRegTaggerCV
from skmultitext.datasets import make_multilabel_text
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.linear import _tfidf_features
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedGroupKFold, MultilabelStratifiedKFold

CS = [1.0, 0.1, 100.0]


@pytest.fixture(scope="module")
def texts(tickets):
    return tickets.data[:300]


@pytest.fixture(scope="module")
def labels(tickets):
    return tickets.target[:300]


@pytest.mark.parametrize("scoring", ["f1_micro", "neg_log_loss", "precision_at_3"])
def test_it_finds_what_a_grid_search_finds(texts, labels, scoring):
    folds = MultilabelStratifiedKFold(3, shuffle=True, random_state=0)
    found = TfidfLogRegTaggerCV(CS, cv=folds, scoring=scoring, min_df=2).fit(texts, labels)
    search = GridSearchCV(
        TfidfLogRegTagger(min_df=2), {"C": CS}, cv=folds, scoring=get_scorer(scoring)
    ).fit(texts, labels)
    assert search.best_params_["C"] == found.C_
    np.testing.assert_allclose(found.best_score_, search.best_score_, atol=1e-6)
    for name in ("mean_test_score", "std_test_score", "split2_test_score"):
        np.testing.assert_allclose(found.cv_results_[name], search.cv_results_[name], atol=1e-6)
    assert found.cv_results_["C"].tolist() == CS
    np.testing.assert_array_equal(
        found.predict_proba(texts), search.best_estimator_.predict_proba(texts)
    )


def test_it_makes_the_features_once_a_fold(texts, labels, monkeypatch):
    fits = []

    class Counting(TfidfVectorizer):
        def fit_transform(self, raw_documents, y=None, sample_weight=None):
            fits.append(len(raw_documents))
            return super().fit_transform(raw_documents, y, sample_weight)

    monkeypatch.setattr(_tfidf_features, "TfidfVectorizer", Counting)
    TfidfLogRegTaggerCV(CS, cv=3).fit(texts, labels)
    assert len(fits) == 3 + 1  # the last is the fit with the best C
    assert sum(fits) == 2 * len(texts) + len(texts)


def test_it_is_a_tagger_with_all_parameters_but_c(texts, labels):
    own, base = TfidfLogRegTaggerCV().get_params(), TfidfLogRegTagger().get_params()
    assert base.keys() - own.keys() == {"C"}
    assert own.keys() - base.keys() == {"Cs", "cv", "scoring", "verbose"}
    assert {name: own[name] for name in base.keys() & own.keys()} == {
        name: base[name] for name in base.keys() & own.keys()
    }
    changed = {"class_weight": "balanced", "threshold": 0.3, "ngram_range": (1, 2)}
    tagger = clone(TfidfLogRegTaggerCV(CS, cv=3, **changed)).fit(texts, labels)
    alone = TfidfLogRegTagger(tagger.C_, **changed).fit(texts, labels)
    np.testing.assert_array_equal(tagger.coef_, alone.coef_)
    np.testing.assert_array_equal(tagger.predict(texts), alone.predict(texts))
    assert list(tagger.get_feature_names_out()) == list(alone.get_feature_names_out())


def test_forms_of_y_give_the_same_choice(texts, labels, tickets):
    dense = TfidfLogRegTaggerCV(CS, cv=3).fit(texts, labels)
    for y in (sp.csr_matrix(labels), tickets.label_sets[:300]):
        other = TfidfLogRegTaggerCV(CS, cv=3).fit(texts, y)
        np.testing.assert_allclose(
            other.cv_results_["mean_test_score"], dense.cv_results_["mean_test_score"]
        )
    one = TfidfLogRegTaggerCV(CS, cv=3).fit(texts, np.where(labels[:, 1], "yes", "no"))
    assert one.C_ in CS
    assert set(one.predict(texts)) == {"no", "yes"}


def test_equal_documents_stay_in_one_fold(texts, labels):
    weight = np.resize([1, 2, 3], len(texts))
    rows = np.repeat(np.arange(len(texts)), weight)
    settings = {"Cs": CS, "cv": 3, "random_state": 0}
    weighted = TfidfLogRegTaggerCV(**settings).fit(texts, labels, sample_weight=weight)
    repeated = TfidfLogRegTaggerCV(**settings).fit([texts[i] for i in rows], labels[rows])
    np.testing.assert_allclose(
        weighted.cv_results_["mean_test_score"], repeated.cv_results_["mean_test_score"]
    )
    assert weighted.C_ == repeated.C_


def test_the_first_of_equal_scores_wins(texts, labels):
    tagger = TfidfLogRegTaggerCV(CS, cv=KFold(2), scoring=lambda tagger, X, y: 1.0)
    assert tagger.fit(texts, labels).C_ == 1.0


def test_two_seeds_deal_the_folds_differently_and_one_seed_alike(texts, labels):
    scores = [
        TfidfLogRegTaggerCV([10.0], cv=3, random_state=seed).fit(texts, labels).cv_results_
        for seed in (0, 0, 1)
    ]
    assert scores[0]["split0_test_score"] == scores[1]["split0_test_score"]
    assert scores[0]["split0_test_score"] != scores[2]["split0_test_score"]


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"Cs": []}, "Cs is .*; pass a list of at least one number"),
        ({"Cs": [0.0]}, "Cs holds 0.0; each C must be a finite number above 0"),
        ({"cv": "3"}, "cv is '3'; pass an int of at least 2, or a splitter"),
        ({"cv": KFold}, "cv is <class .*; pass an int of at least 2, or a splitter"),
        ({"cv": 301}, r"cv is 301, but X and y have only \d+ different rows .* smaller cv"),
        ({"scoring": lambda *a: np.nan}, "scoring=.* gave nan; it must give a finite number"),
        ({"cv": 1}, "The 'cv' parameter of TfidfLogRegTaggerCV must be"),
        ({"scoring": "f1_mikro"}, "'f1_mikro' is not the name of a scorer. Did you mean f1_micro"),
        ({"scoring": None}, "The 'scoring' parameter of TfidfLogRegTaggerCV must be"),
    ],
)
def test_wrong_parameters_are_named(texts, labels, parameter, message):
    with pytest.raises(ValueError, match=message):
        TfidfLogRegTaggerCV(**parameter).fit(texts, labels)


def test_candidates_on_many_documents_are_compared_at_a_coarser_tolerance():
    pytest.importorskip("numba", reason="the solver needs numba (extra 'fast')")
    corpus = make_multilabel_text(4_000, n_labels=3, n_words=20, random_state=0)
    settings = {"cv": 3, "loss": "log_loss", "scoring": "neg_log_loss", "random_state": 0}
    coarse, fine = (
        TfidfLogRegTaggerCV([1.0, 30.0], tol=tol, **settings).fit(corpus.data, corpus.target)
        for tol in ("auto", 0.01)
    )
    np.testing.assert_array_equal(coarse.coef_, fine.coef_)
    scores = coarse.cv_results_["mean_test_score"], fine.cv_results_["mean_test_score"]
    np.testing.assert_allclose(*scores, atol=3e-4)
    assert (scores[0] != scores[1]).any()


@pytest.fixture(scope="module")
def authors(texts):
    return np.arange(len(texts)) // 3


def test_groups_go_to_the_splitter(texts, labels, authors):
    folds = MultilabelStratifiedGroupKFold(3)
    found = TfidfLogRegTaggerCV(CS, cv=folds).fit(texts, labels, groups=authors)
    listed = list(folds.split(texts, labels, authors))
    for cv in (listed, iter(listed), GroupKFold(3)):
        TfidfLogRegTaggerCV(CS, cv=cv).fit(texts, labels, groups=authors.tolist())
    expected = TfidfLogRegTaggerCV(CS, cv=listed).fit(texts, labels)
    np.testing.assert_array_equal(
        found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    search = GridSearchCV(
        TfidfLogRegTagger(), {"C": CS}, cv=folds, scoring=get_scorer("f1_micro")
    ).fit(texts, labels, groups=authors)
    np.testing.assert_allclose(
        found.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"], atol=1e-6
    )


def test_groups_under_metadata_routing(texts, labels, authors):
    folds = MultilabelStratifiedGroupKFold(3)
    plain = TfidfLogRegTaggerCV(CS, cv=folds).fit(texts, labels, groups=authors)
    weight = np.tile([1.0, 2.0, 0.0], len(texts) // 3)
    weighted = TfidfLogRegTaggerCV(CS, cv=folds)
    weighted.fit(texts, labels, sample_weight=weight, groups=authors)
    with config_context(enable_metadata_routing=True):
        tagger = TfidfLogRegTaggerCV(CS, cv=folds).set_fit_request(sample_weight=True)
        assert tagger.fit(texts, labels, groups=authors).best_score_ == plain.best_score_
        tagger.fit(texts, labels, sample_weight=weight, groups=authors)
        assert tagger.best_score_ == weighted.best_score_
        tagger.set_score_request(sample_weight=True)
        results = cross_validate(
            make_pipeline("passthrough", tagger),
            np.array(texts, dtype=object),
            labels,
            params={"groups": authors, "sample_weight": weight},
            cv=folds,
            error_score="raise",
        )
        assert len(results["test_score"]) == 3
        with pytest.raises(TypeError, match="groups"):
            TfidfLogRegTaggerCV(CS, cv=3).fit(texts, labels, groups=authors)


def test_what_weighs_nothing_is_in_no_split(texts, labels, authors):
    weight = np.ones(len(texts))
    weight[::4] = 0
    kept = np.flatnonzero(weight)
    some, some_authors = [texts[i] for i in kept], authors[kept]
    folds = MultilabelStratifiedGroupKFold(3)
    weighed = TfidfLogRegTaggerCV(CS, cv=folds)
    weighed.fit(texts, labels, sample_weight=weight, groups=authors)
    without = TfidfLogRegTaggerCV(CS, cv=folds).fit(some, labels[kept], groups=some_authors)
    assert weighed.best_score_ == without.best_score_
    splits = list(KFold(3).split(texts))
    listed = TfidfLogRegTaggerCV(CS, cv=splits).fit(texts, labels, sample_weight=weight)
    place = np.cumsum(weight > 0) - 1
    moved = [[place[side][weight[side] > 0] for side in split] for split in splits]
    expected = TfidfLogRegTaggerCV(CS, cv=moved).fit(some, labels[kept])
    assert listed.best_score_ == expected.best_score_


def test_a_generator_serves_one_fit(texts, labels):
    folds = KFold(3)
    tagger = TfidfLogRegTaggerCV(CS, cv=folds.split(texts)).fit(texts, labels)
    expected = TfidfLogRegTaggerCV(CS, cv=folds).fit(texts, labels)
    assert tagger.best_score_ == expected.best_score_
    with pytest.raises(ValueError, match=r"cv gives no split\. A generator can be read only once"):
        tagger.fit(texts, labels)
    assert tagger.C_ == expected.C_  # what was fitted stays


def test_errors_of_splits_and_groups_are_short(texts, labels, authors):
    splits = [(np.arange(10**5), np.arange(3))] * 5
    with pytest.raises(ValueError, match=r"cv: splits\[0\]: train holds row numbers") as error:
        TfidfLogRegTaggerCV(CS, cv=splits).fit(texts, labels)
    assert len(str(error.value)) < 300
    with pytest.raises(ValueError, match="'cv' parameter of TfidfLogRegTaggerCV") as error:
        TfidfLogRegTaggerCV(CS, cv={3: "a" * 10**5}).set_params(Cs=CS, cv=0.5).fit(texts, labels)
    assert len(str(error.value)) < 600
    with pytest.raises(ValueError, match="groups has 299 rows, but X has 300"):
        TfidfLogRegTaggerCV(CS, cv=GroupKFold(3)).fit(texts, labels, groups=authors[1:])
    with pytest.raises(TypeError, match="unexpected keyword argument 'group'"):
        TfidfLogRegTaggerCV(CS, cv=GroupKFold(3)).fit(texts, labels, group=authors)
    with pytest.warns(UserWarning, match="The groups parameter is ignored"):
        TfidfLogRegTaggerCV(CS, cv=3).fit(texts, labels, groups=authors)
