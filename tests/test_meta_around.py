"""What every tagger around other estimators does with the arguments of fit."""

import numpy as np
import pytest

from skmultitext import (
    CalibratedTaggerCV,
    ChainTagger,
    FixedThresholdTagger,
    HierarchicalTagger,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
    VotingTagger,
)
from skmultitext._meta.around import TaggerAround
from skmultitext.exceptions import UnknownLabelWarning

TEXTS = ["late parcel", "refund me", "late refund", "hello"] * 5
Y = np.array([[1, 0], [0, 1], [1, 1], [0, 0]] * 5)
WORDS = TfidfLogRegTagger(C=10)
AROUND = [
    FixedThresholdTagger(WORDS),
    TunedThresholdTaggerCV(WORDS, cv=2),
    CalibratedTaggerCV(WORDS, cv=2, min_sigmoid=1),
    HierarchicalTagger(WORDS, {}),
    VotingTagger([("words", WORDS)]),
    VotingTagger([("words", WORDS)], weights="fit", cv=2),
    ChainTagger(WORDS, cv=2),
]


@pytest.mark.parametrize("tagger", AROUND, ids=range(len(AROUND)))
def test_arguments_of_fit(tagger):
    assert isinstance(tagger, TaggerAround)
    assert tagger.fit(TEXTS, Y).predict(TEXTS).shape == Y.shape
    with pytest.raises(ValueError, match="X has 20 rows, y has 19"):
        tagger.fit(TEXTS, Y[:-1])
    with pytest.raises(ValueError, match="sample_weight has shape"):
        tagger.fit(TEXTS, Y, sample_weight=[1.0])
    with pytest.raises(TypeError, match="flavour"):
        tagger.fit(TEXTS, Y, flavour="sweet")


def test_documents_without_a_known_label_are_left_out_with_their_parameters():
    y = Y.astype(float)
    y[:2] = np.nan

    class Asking(TfidfLogRegTagger):
        def fit(self, X, y, sample_weight=None, source=None):
            self.seen_ = list(source)
            return super().fit(X, y, sample_weight)

    members = [("words", Asking())]
    with pytest.warns(UnknownLabelWarning, match="2 of 20 documents have no known label"):
        tagger = VotingTagger(members).fit(TEXTS, y, source=list(range(20)))
    assert tagger.named_estimators_.words.n_iter_.shape == (2,)
