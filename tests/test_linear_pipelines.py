"""Pipelines of hashed words fitted in parts are those of one machine."""

import re
from itertools import pairwise

import numpy as np
import pytest
from partitions_local import PicklingEngine
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from skmultitext import (
    CalibratedTaggerCV,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    load,
    save,
)
from skmultitext._gate.labels import LabelSpace
from skmultitext.exceptions import LabelError
from skmultitext.linear._in_parts import Documents
from skmultitext.linear._pipelines import check_pipeline, fit_pipeline_in_parts

NAMES = ["delivery", "refund", "never"]
RNG = np.random.RandomState(0)
WORDS = RNG.randint(0, 50, (120, 6))
TEXTS = [" ".join(f"w{i}" for i in row) for row in WORDS]
Y = np.column_stack([(WORDS < 8).any(axis=1), (WORDS > 44).any(axis=1), np.zeros(120)]).astype(int)
WEIGHT = RNG.randint(0, 3, 120)
HASHED = HashingVectorizer(n_features=2**10)


def pipeline(*steps, **options):
    return make_pipeline(*steps, MultilabelLogisticRegression(5.0, tol=1e-10, **options))


def fit(model, weight=None, bounds=(0, 30, 30, 90, 120), **options):
    weight = None if weight is None else weight.astype(float)
    parts = [
        Documents(TEXTS[a:b], Y[a:b].astype(np.int8), None if weight is None else weight[a:b])
        for a, b in pairwise(bounds)
    ]
    engine, model = PicklingEngine(), clone(model)
    options = {"tol": 1e-10, "max_rounds": 500, **options}
    check_pipeline(model)
    fit_pipeline_in_parts(engine, parts, model, LabelSpace.of(NAMES), **options)
    assert engine.held == 0
    return model


def enlarged(X):
    return X * 1e40


MODELS = [
    pipeline(HASHED),
    pipeline(
        HashingVectorizer(n_features=2**10, alternate_sign=False, norm=None),
        TfidfTransformer(sublinear_tf=True),
    ),
    pipeline(HASHED, TfidfTransformer(smooth_idf=False)),
    pipeline(HashingVectorizer(n_features=2**10, norm=None), Normalizer(), "passthrough"),
    pipeline(HASHED, TfidfTransformer(use_idf=False), class_weight="balanced"),
    pipeline(HASHED, TfidfTransformer(), loss="squared_hinge"),
]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.filterwarnings(
    "ignore:divide by zero:RuntimeWarning"
)  # scikit-learn, smooth_idf=False
def test_same_model_as_on_one_machine(model):
    ours, whole = fit(model), clone(model).fit(TEXTS, Y)
    assert ours.named_steps.keys() == whole.named_steps.keys()
    assert ours[-1].coef_.shape == whole[-1].coef_.shape == (3, 1024)
    assert ours[-1].label_names_.tolist() == NAMES
    assert ours[-1].n_features_in_ == 1024
    atol = 0.1 if ours[-1].sigmoid_ is not None else 2e-5  # other folds for the sigmoids
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=atol)
    for one in zip(ours, whole, strict=True):
        if hasattr(one[0], "idf_"):
            np.testing.assert_allclose(one[0].idf_, one[1].idf_, rtol=1e-14)
    assert ours[-1].rounds_["n_rounds"] >= ours[-1].n_iter_.max() > 1


def test_only_features_that_occur_are_fitted():
    model = clone(MODELS[0]).set_params(hashingvectorizer__n_features=2**18)
    rounds = fit(model)[-1].rounds_
    assert 0 < rounds["n_bytes_sent"] <= rounds["n_rounds"] * (50 + 1) * 2 * 8


def test_a_weight_is_repetition():
    weighted = fit(MODELS[1], WEIGHT)
    repeated = np.repeat(np.arange(120), WEIGHT)
    whole = clone(MODELS[1]).fit([TEXTS[i] for i in repeated], Y[repeated])
    np.testing.assert_allclose(weighted[1].idf_, whole[1].idf_, rtol=1e-12)
    np.testing.assert_allclose(weighted.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=2e-5)


def test_pruned_weights_are_sparse():
    ours = fit(pipeline(HASHED, prune=0.5))
    assert ours[-1].coef_.shape == (3, 1024)
    assert np.abs(ours[-1].coef_.data).min() > 0.5
    whole = fit(pipeline(HASHED))[-1].coef_
    np.testing.assert_array_equal(ours[-1].coef_.toarray(), np.where(abs(whole) > 0.5, whole, 0))


def test_saved_with_its_rounds(tmp_path):
    ours = fit(MODELS[1])
    save(ours, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again[-1].rounds_ == ours[-1].rounds_
    np.testing.assert_array_equal(again.predict(TEXTS), ours.predict(TEXTS))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            pipeline(CountVectorizer()),
            "Step 'countvectorizer' of the Pipeline is a CountVectorizer, which learns from all "
            "documents. Before the MultilabelLogisticRegression, fit_partitions takes transformers "
            "that learn nothing, such as HashingVectorizer, and a TfidfTransformer as the last.",
        ),
        (pipeline(HASHED, TfidfTransformer(), Normalizer()), "Step 'tfidftransformer' of the Pip"),
        (pipeline(TfidfTransformer()), "Step 'tfidftransformer' of the Pipeline is a TfidfTransf"),
        (pipeline("passthrough"), "The Pipeline has no transformer that makes features of texts."),
        (
            Pipeline([("hash", HASHED), ("tagger", TfidfLogRegTagger())]),
            "The last step 'tagger' of the Pipeline is a TfidfLogRegTagger; fit_partitions needs a "
            "MultilabelLogisticRegression there.",
        ),
        (
            Pipeline([("h", HASHED), ("c", CalibratedTaggerCV(MultilabelLogisticRegression()))]),
            "Wrap taggers of thresholds and calibration around the Pipeline.",
        ),
        (pipeline(HASHED, loss="x"), "The 'loss' parameter"),
    ],
)
def test_what_cannot_be_fitted_is_named(model, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_pipeline(model)


def test_a_failed_fit_leaves_the_pipeline():
    model = clone(MODELS[1])
    part = Documents(TEXTS, Y.astype(np.int8), np.zeros(120))
    options = {"tol": 1e-3, "max_rounds": 9}
    with pytest.raises(LabelError, match="No document of any partition has a weight above 0"):
        fit_pipeline_in_parts(PicklingEngine(), [part], model, LabelSpace.of(NAMES), **options)
    assert not hasattr(model[-1], "coef_")
    assert not hasattr(model[1], "idf_")


def test_features_must_be_finite():
    model = pipeline(HASHED, TfidfTransformer(sublinear_tf=True))
    message = r"make -0\.\d+ of the text 'w.*'\. Features must be finite, and above 0 for subl"
    with pytest.raises(ValueError, match=message):
        fit(model)
    with pytest.raises(ValueError, match=r"X holds .*e"):
        fit(pipeline(HASHED, FunctionTransformer(enlarged)))
