"""TfidfLabelTreeTagger: a vectorizer and a LabelTreeTagger in one."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext import LabelTreeTagger, TfidfLabelTreeTagger
from skmultitext.datasets import make_multilabel_text
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.testing import parametrize_with_text_checks

DEEP = {"max_leaf": 5, "branching_factor": 3, "beam_width": 2, "random_state": 0}


@parametrize_with_text_checks(
    [TfidfLabelTreeTagger(), TfidfLabelTreeTagger(max_leaf=2, branching_factor=2)]
)
def test_text_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def corpus():
    return make_multilabel_text(
        300, n_labels=40, label_distribution="zipf", random_state=0, return_X_y=True
    )


@pytest.mark.parametrize("form", [sp.csr_array, sp.csr_array.toarray])
def test_it_is_a_vectorizer_and_trees(corpus, form):
    texts, y = corpus[0], form(corpus[1])
    weight = np.random.RandomState(0).rand(len(texts)) + 0.5
    tagger = TfidfLabelTreeTagger(**DEEP, min_df=2).fit(texts, y, sample_weight=weight)
    vectorizer = TfidfVectorizer(min_df=2)
    X = vectorizer.fit_transform(texts, sample_weight=weight)
    trees = LabelTreeTagger(**DEEP)
    data = trees._check_data(X, y, weight)
    trees._fit_checked(replace(data, options={"own_words": True}))  # as it finds the words itself
    assert trees._forest.depth == 3
    for method in ("predict_proba", "predict", "decision_function"):
        found, wanted = (
            getattr(*pair)(X) for pair, X in (((tagger, method), texts), ((trees, method), X))
        )
        assert sp.issparse(found) == sp.issparse(wanted)
        np.testing.assert_array_equal(
            *(a.toarray() if sp.issparse(a) else a for a in (found, wanted))
        )
    for found, wanted in zip(tagger.predict_topk(texts, 3), trees.predict_topk(X, 3), strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert tagger.predict_labels(texts) == trees.predict_labels(X)
    np.testing.assert_array_equal(tagger.n_iter_, trees.n_iter_)


def test_thresholds_may_be_replaced(corpus):
    texts, y = corpus
    tagger = TfidfLabelTreeTagger(**DEEP).fit(texts, y)
    before = tagger.predict(texts).sum()
    tagger.thresholds_ = np.full(40, 0.1)
    wanted = tagger.predict_proba(texts).toarray() > 0.1
    np.testing.assert_array_equal(tagger.predict(texts).toarray(), wanted)
    assert wanted.sum() > before


def test_what_trees_do_not_have_is_said():
    with pytest.raises(AttributeError, match="TfidfLabelTreeTagger has no partial_fit: clusters"):
        TfidfLabelTreeTagger().partial_fit  # noqa: B018
