"""The tagger on PyTorch: contract, conformance, parameters."""

import threading

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import scipy.sparse as sp
import torch
import transformer_toys as toys
from joblib import Parallel, cpu_count, delayed
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from transformer_conformance import NAMES, assert_passes, make_subjects

from skmultitext.exceptions import LabelError
from skmultitext.metrics import get_scorer
from skmultitext.transformer.tagger import TransformerTagger


@pytest.fixture(scope="module")
def data():
    return toys.make_texts()


@pytest.fixture(scope="module")
def subjects():
    settings = {"learning_rate": 0.03, "warmup_ratio": 0.0}
    return make_subjects({head: toys.tiny(head=head, **settings) for head in ("dense", "logreg")})


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("head", ["dense", "logreg"])
def test_conformance(head, name, subjects):
    reason = "minibatches, as in scikit-learn's own networks"
    assert_passes(subjects[head], name, {"check_weight_repeats": reason} if head == "dense" else {})


@pytest.mark.slow
def test_grid_search_in_processes(data):
    search = GridSearchCV(
        toys.tiny(max_epochs=1),
        {"learning_rate": [1e-4, 0.02]},
        cv=2,
        n_jobs=2,
        scoring=get_scorer("neg_log_loss"),
    )
    search.fit(*data)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_params_ == {"learning_rate": 0.02}


@pytest.mark.slow
def test_workers_share_the_cores_and_one_process_has_them_all(data):
    def work(tagger):
        found = []
        tagger.set_params(callbacks=lambda event: found.append(torch.get_num_threads()))
        encoder = tagger.fit(*data).network_.model.encoder
        encoder.register_forward_pre_hook(lambda *call: found.append(torch.get_num_threads()))
        n_training = len(found)
        tagger.predict_proba(data[0])
        assert len(found) > n_training > 0
        return set(found)

    n_cores = cpu_count()
    taggers = [toys.tiny(max_epochs=1) for _ in range(2)]
    for found in Parallel(n_jobs=2)(delayed(work)(tagger) for tagger in taggers):
        assert found == {max(n_cores // 2, 1)}
    before = torch.get_num_threads()
    torch.set_num_threads(n_cores)
    try:
        assert work(taggers[0]) == {n_cores}
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("model_type", toys.ARCHITECTURES)
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_every_architecture_learns(model_type, pooling, data):
    tagger = toys.tiny(model_type, pooling=pooling, max_epochs=3, learning_rate=5e-3)
    tagger.fit(*data)
    assert tagger.history_[-1]["loss"] < tagger.history_[0]["loss"]
    proba = tagger.predict_proba(data[0])
    assert proba.shape == data[1].shape
    assert ((proba > 0) & (proba < 1)).all()
    assert np.ptp(proba, axis=0).min() > 0


def test_it_finds_the_labels(data):
    texts, y = data
    tagger = toys.tiny(max_epochs=12).fit(texts, y)
    assert tagger.score(texts, y) > 0.9
    assert tagger.framework_ == "torch"


def test_logistic_regression_on_pooled_vectors(data):
    texts, y = data
    tagger = toys.tiny(head="logreg", C=100.0).fit(texts, y)
    assert tagger.score(texts, y) > 0.9
    assert tagger.history_ == []
    assert tagger.classifier_.coef_.shape == (3, 32)
    with pytest.raises(ValueError, match="pooling='attention', whose weights must be trained"):
        toys.tiny(head="logreg", pooling="attention").fit(texts, y)
    # fitted again with a network, the regression is forgotten
    tagger.set_params(head="dense", head_params=None, max_epochs=1).fit(texts, y)
    assert tagger.classifier_ is None


def test_constant_labels_have_logits_of_16(data):
    texts, y = data
    y = np.column_stack([y[:, 0], np.zeros(len(y), int), np.ones(len(y), int)])
    for head in ("dense", "logreg"):
        logits = toys.tiny(max_epochs=1, head=head).fit(texts, y).decision_function(texts)
        assert (logits[:, 1] == -16).all()
        assert (logits[:, 2] == 16).all()


def test_one_seed_one_model(data):
    texts, y = data
    one, same, other = (
        toys.tiny(max_epochs=1, dropout=0.1, random_state=seed).fit(texts, y).predict_proba(texts)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3


def test_weights_of_samples_and_classes_count(data):
    texts, y = data
    plain = toys.tiny().fit(texts, y).predict_proba(texts)
    weights = np.where(y[:, 0] == 1, 5.0, 1.0)
    weighted = toys.tiny().fit(texts, y, sample_weight=weights).predict_proba(texts)
    assert weighted[:, 0].mean() > plain[:, 0].mean()
    heavy = toys.tiny(class_weight={"1": 8.0}).fit(texts, y).predict_proba(texts)
    assert heavy[:, 1].mean() > plain[:, 1].mean()
    same = toys.tiny().fit(texts, y, sample_weight=np.full(len(y), 3.0)).predict_proba(texts)
    np.testing.assert_array_equal(same, plain)


def test_sparse_labels_with_validation(data):
    texts, y = data
    dense = toys.tiny(early_stopping=True).fit(texts, y)
    sparse = toys.tiny(early_stopping=True).fit(texts, sp.csr_array(y))
    np.testing.assert_allclose(sparse.predict_proba(texts), dense.predict_proba(texts))
    assert sp.issparse(sparse.predict(texts))


def test_warm_start_goes_on(data):
    texts, y = data
    tagger = toys.tiny(warm_start=True).fit(texts, y)
    first = tagger.history_
    network = tagger.network_
    tagger.fit(texts, y)
    assert tagger.history_[0]["loss"] < first[0]["loss"]
    assert tagger.network_ is not network
    with pytest.raises(
        ValueError, match=r"warm_start=True continues from a network with the labels"
    ):
        tagger.fit(texts, y[:, :2])
    with pytest.raises(ValueError, match="Set warm_start=False"):
        tagger.set_params(head_params={"head_layers": (4,)}).fit(texts, y)


@pytest.mark.parametrize(
    "text", ["", "\x00", "\U0001f600", "\ud83d", "late " * 40_000, "x" * 200_000, "\u202e\u200b"]
)
def test_odd_texts_are_tagged(text, odd):
    proba = odd.predict_proba([text, "late parcel"])
    assert np.isfinite(proba).all()


@pytest.fixture(scope="module")
def odd():
    texts, y = toys.make_texts()
    return toys.tiny(max_epochs=1).fit(["", "\ud83d\x00", *texts[2:]], y)


def test_threads_share_a_tagger(odd):
    texts = toys.make_texts(200)[0]
    wanted = odd.predict_proba(texts)
    found = [None] * 4

    def work(k):
        found[k] = odd.predict_proba(texts)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for proba in found:
        np.testing.assert_allclose(proba, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"checkpoint": "./nowhere"}, "does not exist"),
        (
            {"head_params": {"head_layers": (0,)}},
            r"head_layers is \(0,\); pass a sequence of int, each at least 1",
        ),
        (
            {"text_params": {"additional_special_tokens": [1]}},
            r"is \[1\]; pass a sequence of str, none empty",
        ),
        ({"freeze": 7}, "freeze is 7, but this encoder has 2 layers"),
        ({"freeze": "head"}, "The 'freeze' parameter of TransformerTagger must be"),
        ({"precision": "float16", "device": "cpu"}, "'float16' needs a CUDA GPU"),
        ({"loss_params": {"gamma": 1}}, "has no option 'gamma'"),
        ({"monitor": "no_such_score", "early_stopping": True}, "no_such_score"),
        (
            {"head_params": {"poolin": "cls"}},
            r"head_params has no key 'poolin'; legal keys are",
        ),
        ({"head_params": {"dropout": 1.0}}, "'dropout' parameter of head_params must be a float"),
        ({"text_params": {"long_text": "cut"}}, "'long_text' parameter of text_params must be a"),
        ({"training_params": {"warmup_ratio": 2}}, "'warmup_ratio' parameter of training_params"),
        ({"training_params": {"encoder_dropout": 1.0}}, "'encoder_dropout' parameter of train"),
        ({"training_params": {"warmup": 0.1}}, "training_params has no key 'warmup'; legal keys"),
        ({"training_params": 3}, "The 'training_params' parameter of TransformerTagger must be"),
        ({"framework": "jax"}, "The 'framework' parameter of TransformerTagger must be"),
    ],
)
def test_illegal_parameters(parameters, message, data):
    tagger = toys.tiny().set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        tagger.fit(*data)
    with pytest.raises(NotFittedError):
        tagger.predict(data[0])


def test_unknown_names_in_class_weight(data):
    for head in ("dense", "logreg"):
        with pytest.raises(LabelError, match="class_weight names the unknown labels 'x'"):
            toys.tiny(class_weight={"x": 2.0}, head=head).fit(*data)


def test_the_default_is_small_and_stored_as_it_is():
    tagger = TransformerTagger()
    assert tagger.checkpoint == "distilbert-base-uncased"
    assert tagger.get_params()["learning_rate"] == 5e-5


@pytest.mark.parametrize("reduction", ["sum_over_labels", "mean"])
def test_losses_are_on_one_scale_and_scores_on_that_of_an_entry(data, reduction):
    texts, y = data
    options = {"learning_rate": 1e-12, "max_epochs": 1, "loss_params": {"reduction": reduction}}
    tagger = toys.tiny(**options, batch_size=len(texts), precision="float32")
    [record] = tagger.fit(texts, y, validation_data=(texts, y)).history_
    assert record["loss"] == pytest.approx(record["validation_loss"], rel=1e-2)  # has dropout
    n_summed = tagger._label_space.n_labels if reduction == "sum_over_labels" else 1
    score = record["validation_neg_log_loss"]
    assert record["validation_loss"] == pytest.approx(-n_summed * score, rel=1e-4)
