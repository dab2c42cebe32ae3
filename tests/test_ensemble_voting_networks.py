"""Votes of networks and of linear taggers: fitted, tuned, explained, saved."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from transformer_toys import make_texts, tiny

from skmultitext import (
    KerasHANTagger,
    KerasMLPTagger,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
    VotingTagger,
    load,
    save,
)

pytestmark = pytest.mark.slow
TEXTS, Y = make_texts(48)
NEW, _ = make_texts(20, seed=1)


def members():
    small = {"max_epochs": 1, "random_state": 0}
    return {
        "linear": TfidfLogRegTagger(10, loss="log_loss"),
        "mlp": make_pipeline(TfidfVectorizer(), KerasMLPTagger((4,), **small)),
        "han": KerasHANTagger(encoder="mean", embedding_dim=4, early_stopping=False, **small),
        "encoder": tiny(max_epochs=1),
    }


def test_networks_vote_beside_a_linear_tagger(tmp_path):
    alone = [clone(member).fit(TEXTS, Y).predict_proba(NEW) for member in members().values()]
    tagger = VotingTagger(list(members().items())).fit(TEXTS, Y)
    proba = tagger.predict_proba(NEW)
    np.testing.assert_allclose(proba, expit(np.mean(logit(alone), axis=0)), atol=1e-5)
    save(tagger, tmp_path / "votes")
    np.testing.assert_array_equal(load(tmp_path / "votes").predict_proba(NEW), proba)


def test_weights_and_thresholds_of_networks_share_their_folds():
    pair = [(name, member) for name, member in members().items() if name in ("linear", "mlp")]
    tuned = TunedThresholdTaggerCV(VotingTagger(pair, weights="fit"), cv=2, random_state=0)
    tuned.fit(TEXTS, Y)
    weights = tuned.estimator_.weights_
    assert weights.shape == (2, Y.shape[1])
    # a network of one epoch knows nothing yet
    assert (weights[0] > weights[1]).mean() > 0.5
    assert tuned.predict(NEW).shape == (20, Y.shape[1])
