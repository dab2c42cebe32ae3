"""The vectorizer of partitions is that of all documents."""

import numpy as np
import pytest
from partitions_local import LocalEngine

from skmultitext.distributed._fitting import Documents
from skmultitext.distributed._words import fit_vectorizer
from skmultitext.feature_extraction import TfidfVectorizer

TEXTS = ["late parcel", "broken lamp and parcel", "late refund", "", "lamp late late", "the refund"]


@pytest.mark.parametrize(
    "parameters",
    [{}, {"min_df": 2, "max_df": 0.4}, {"max_features": 3}, {"ngram_range": (1, 2)}],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_same_features_as_on_one_machine(parameters, weighted):
    weight = np.array([1.0, 2.0, 0.5, 1.0, 3.0, 1.0]) if weighted else None
    bounds = [(0, 2), (2, 2), (2, 6)]
    parts = [
        Documents(TEXTS[a:b], np.zeros((b - a, 1)), None if weight is None else weight[a:b])
        for a, b in bounds
    ]
    whole = TfidfVectorizer(**parameters).fit(TEXTS, sample_weight=weight)
    ours = TfidfVectorizer(**parameters)
    fit_vectorizer(LocalEngine(), parts, ours)
    assert ours.vocabulary_ == whole.vocabulary_
    np.testing.assert_allclose(ours.idf_, whole.idf_, rtol=1e-12)
