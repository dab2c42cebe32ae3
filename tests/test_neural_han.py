"""The tagger of texts on Keras: contract, training, explanation."""

import copy
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import expit

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skmultitext.datasets import make_multilabel_text
from skmultitext.exceptions import DataFileError, LabelError
from skmultitext.metrics import log_loss
from skmultitext.neural import han
from skmultitext.neural.han import KerasHANTagger

TINY = {
    "embedding_dim": 12,
    "units": 6,
    "learning_rate": 0.02,
    "batch_size": 16,
    "max_epochs": 4,
    "early_stopping": False,
    "random_state": 0,
}


def tiny(**parameters):
    return KerasHANTagger(**{**TINY, **parameters})


@pytest.fixture(scope="module")
def texts_and_labels():
    bunch = make_multilabel_text(120, n_labels=3, n_words=12, vocabulary_size=200, random_state=0)
    # sentences of a few words
    texts = [" ".join(w + "." * (i % 5 == 4) for i, w in enumerate(t.split())) for t in bunch.data]
    texts[:2] = ["", "wordsnobodyhasseen ?"]
    return texts, bunch.target


@pytest.fixture(scope="module", params=["han", "bigru", "cnn", "mean"])
def fitted(request, texts_and_labels):
    return tiny(encoder=request.param, max_epochs=8).fit(*texts_and_labels)


def test_probabilities_are_logits_through_the_logistic_function(fitted, texts_and_labels):
    texts, y = texts_and_labels
    logits = fitted.decision_function(texts)
    assert logits.dtype == np.float64
    assert logits.shape == y.shape
    proba = fitted.predict_proba(texts)
    np.testing.assert_array_equal(proba, expit(logits))
    assert ((proba > 0) & (proba < 1)).all()
    np.testing.assert_array_equal(fitted.predict(texts), proba > 0.5)
    assert fitted.history_[-1]["loss"] < fitted.history_[0]["loss"]
    assert fitted.n_iter_ == len(fitted.history_) == 8


def test_it_learns(fitted, texts_and_labels):
    texts, y = texts_and_labels
    right = (fitted.predict(texts[2:]) == y[2:]).mean()
    guessed = np.maximum(y.mean(axis=0), 1 - y.mean(axis=0)).mean()  # always the commoner one
    assert right > guessed + 0.08


def test_subsets_and_orders_give_the_same_to_the_bit(fitted, texts_and_labels):
    texts, _ = texts_and_labels
    proba = fitted.predict_proba(texts)
    np.testing.assert_array_equal(fitted.predict_proba(texts[::-1]), proba[::-1])
    for i in (0, 1, 2, 50):
        np.testing.assert_array_equal(fitted.predict_proba([texts[i]])[0], proba[i])


def test_copies_predict_the_same_and_carry_no_optimizer(fitted, texts_and_labels):
    texts, _ = texts_and_labels
    proba = fitted.predict_proba(texts[:20])
    pickled = pickle.dumps(fitted)
    for again in (pickle.loads(pickled), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(again.predict_proba(texts[:20]), proba)
    n_values = fitted.network_.model.count_params()
    assert len(pickled) < 4 * n_values + 40_000  # Adam's slot variables would triple the size
    with pytest.raises(NotFittedError):
        clone(fitted).predict(texts)


@pytest.mark.slow
def test_an_int_seed_gives_the_same_model_and_leaves_global_generators(texts_and_labels):
    import tensorflow as tf

    def states():
        return (
            random.getstate(),
            np.random.get_state()[1].tobytes(),  # noqa: NPY002
            tf.random.get_global_generator().state.numpy().tolist(),
        )

    before = states()
    first, second, other = (
        tiny(encoder="bigru", max_epochs=2, random_state=seed)
        .fit(*texts_and_labels)
        .decision_function(["late"])
        for seed in (3, 3, 4)
    )
    assert states() == before
    np.testing.assert_array_equal(first, second)
    assert (first != other).all()


def test_constant_labels_have_logits_of_16(texts_and_labels):
    texts, y = texts_and_labels
    y = np.column_stack([y[:, 0], np.zeros(len(y)), np.ones(len(y))])
    tagger = tiny(encoder="mean", max_epochs=1).fit(texts, y)
    logits = tagger.decision_function(["", "late", "wordsnobodyhasseen"])
    assert logits[:, 1:].tolist() == [[-16, 16]] * 3
    assert np.isfinite(logits).all()
    only = tiny(encoder="mean", max_epochs=1).fit(texts, np.ones((len(texts), 2)))
    assert (only.predict(texts) == 1).all()


@pytest.mark.parametrize(
    "y",
    [
        [("a",), (), ("b", "a")] * 10,
        [1, 0, 1] * 10,
        [["yes"], ["no"], ["yes"]] * 10,
    ],
    ids=["label sets", "binary", "column"],
)
def test_forms_of_y(y):
    y = y if isinstance(y[0], tuple | int) else np.array(y)
    texts = ["late lamp", "thanks", "refund. the lamp"] * 10
    tagger = tiny(encoder="mean", max_epochs=15).fit(texts, y)
    found = tagger.predict(texts)
    if isinstance(y[0], tuple):
        assert [set(labels) for labels in tagger.predict_labels(texts)] == [set(s) for s in y]
    else:
        np.testing.assert_array_equal(found, y)


@pytest.mark.slow
def test_without_any_word():
    tagger = tiny(max_epochs=1).fit(["", " ", "\n", ""], [[1, 0], [1, 1], [1, 0], [0, 1]])
    assert np.isfinite(tagger.decision_function(["", "a word"])).all()


def test_early_stopping_keeps_the_best_weights(texts_and_labels):
    texts, y = texts_and_labels
    tagger = tiny(
        encoder="mean",
        max_epochs=60,
        learning_rate=0.2,
        early_stopping=True,
        n_iter_no_change=2,
    ).fit(texts[40:], y[40:], validation_data=(texts[:40], y[:40]))
    scores = [record["validation_neg_log_loss"] for record in tagger.history_]
    assert tagger.n_iter_ < 60
    assert int(np.argmax(scores)) == len(scores) - 3  # then two without improvement
    np.testing.assert_allclose(-log_loss(y[:40], tagger.predict_proba(texts[:40])), max(scores))


def test_early_stopping_holds_a_part_out(texts_and_labels):
    texts, y = texts_and_labels
    tagger = tiny(encoder="mean", early_stopping=True, validation_fraction=0.3, monitor="f1_micro")
    tagger.fit([f"{text} unique{i}" for i, text in enumerate(texts)], y)
    assert all("validation_f1_micro" in record for record in tagger.history_)
    # the vocabulary is learned from the training part only
    assert sum(word.startswith("unique") for word in tagger.vocabulary_.words) == 84


def test_class_weight_moves_probabilities_up(texts_and_labels):
    texts, y = texts_and_labels
    plain, heavy = (
        tiny(encoder="mean", class_weight=weight).fit(texts, y).predict_proba(texts)[:, 0].mean()
        for weight in (None, {"0": 20.0})
    )
    assert heavy > plain + 0.1


def test_weight_0_is_removal(texts_and_labels):
    texts, y = texts_and_labels
    weight = np.r_[np.ones(80), np.zeros(40)]
    weighted = tiny(encoder="mean").fit(texts, y, sample_weight=weight)
    removed = tiny(encoder="mean").fit(texts[:80], y[:80])
    np.testing.assert_array_equal(weighted.predict_proba(texts), removed.predict_proba(texts))


@pytest.mark.slow
def test_limits_and_separator_reach_the_reading():
    texts = ["one |&| two |&| three", "one two |&| three"] * 6
    y = [[1, 0], [0, 1]] * 6
    tagger = tiny(
        max_epochs=1, sentence_separator="|&|", token_pattern=None, max_sentences=2, max_words=1
    ).fit(texts, y)
    document = tagger.explain(texts[:2])
    words = [[sentence.words for sentence in entry.sentences] for entry in document]
    assert words == [[("one",), ("two",)], [("one",), ("three",)]]
    # the same as what was left of it
    np.testing.assert_array_equal(
        tagger.predict_proba([texts[0]]), tagger.predict_proba(["one |&| two"])
    )


@pytest.mark.slow
def test_parameters_set_after_fit_do_not_change_the_reading(texts_and_labels):
    texts, y = texts_and_labels
    tagger = tiny(max_epochs=1).fit(texts, y)
    proba = tagger.predict_proba(texts)
    tagger.set_params(encoder="cnn", lowercase=False, token_pattern=r"\w\w\w\w+", max_words=2)
    np.testing.assert_array_equal(tagger.predict_proba(texts), proba)


def test_vocabulary_parameters(texts_and_labels):
    tagger = tiny(encoder="mean", max_epochs=1, max_vocabulary=5, n_oov_buckets=3)
    tagger.fit(*texts_and_labels)
    assert len(tagger.vocabulary_.words) == 5
    assert tagger.network_.config["n_ids"] == 9
    tagger.set_params(max_vocabulary=None, min_count=1000).fit(*texts_and_labels)
    assert tagger.vocabulary_.words == ()


def test_pretrained_vectors(tmp_path, texts_and_labels):
    path = tmp_path / "vectors.txt"
    path.write_text("late 1 2 3\nlamp 4 5 6\n")
    settings = {"learning_rate": 1e-12, "max_epochs": 1, "dropout": 0.0}
    with pytest.warns(UserWarning, match=r"embedding_dim=.* \(pretrained_vectors have their own\)"):
        tiny(encoder="mean", embedding_dim=8, pretrained_vectors=path, **settings).fit(
            ["late lamp", "other"] * 5, [[1, 0], [0, 1]] * 5
        )
    tagger = tiny(encoder="mean", embedding_dim=128, pretrained_vectors=path, **settings).fit(
        ["late lamp", "other"] * 5, [[1, 0], [0, 1]] * 5
    )
    vectors = tagger.network_.model.get_layer("embedding").get_weights()[0]
    np.testing.assert_allclose(vectors[tagger.vocabulary_.id("late")], [1, 2, 3], atol=1e-6)
    assert 0 < np.abs(vectors[tagger.vocabulary_.id("other")]).max() <= 0.05
    path.write_text("late 1 2 3\nlamp 4 five 6\n")
    with pytest.raises(DataFileError, match=r"vectors.txt:2: value 2 of the vector is 'five'"):
        tagger.fit(["late lamp", "other"] * 5, [[1, 0], [0, 1]] * 5)


@pytest.mark.slow
def test_explanation_holds_the_words_and_what_the_network_gave_them(texts_and_labels):
    texts, y = texts_and_labels
    tagger = tiny(max_epochs=2).fit(texts, y)
    explanation = tagger.explain(["Late <b>. Again!", ""])
    assert [sentence.words for sentence in explanation[0].sentences] == [
        ("late", "<", "b", ">", "."),
        ("again", "!"),
    ]
    for sentence in explanation[0].sentences:
        np.testing.assert_allclose(sentence.word_weights.sum(), 1, rtol=1e-5)
    total = sum(sentence.weight for sentence in explanation[0].sentences)
    np.testing.assert_allclose(total, 1, rtol=1e-5)
    assert explanation[1].sentences == ()
    proba = tagger.predict_proba(["", "Late <b>. Again!"])
    assert list(explanation[1].probabilities.values()) == proba[0].tolist()
    assert explanation[0].labels == tagger.predict_labels(["Late <b>. Again!"])[0]
    assert "&lt;" in explanation._repr_html_()
    flat = tiny(encoder="bigru", max_epochs=1).fit(texts, y).explain(["Late. Again!"])
    assert [(s.words, s.weight) for s in flat[0].sentences] == [(("late", ".", "again", "!"), None)]


def test_explain_is_there_only_with_attention():
    assert hasattr(KerasHANTagger("bigru"), "explain")
    assert not hasattr(KerasHANTagger("cnn"), "explain")
    with pytest.raises(AttributeError) as caught:
        KerasHANTagger("mean").explain  # noqa: B018
    assert "encoder='mean' has no attention weights" in str(caught.value.__cause__ or caught.value)
    with pytest.raises(NotFittedError):
        KerasHANTagger().explain(["a"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"encoder": "gru"}, "The 'encoder' parameter of KerasHANTagger must be a str among"),
        ({"max_words": 0}, "The 'max_words' parameter of KerasHANTagger must be an int"),
        ({"dropout": 1.0}, "The 'dropout' parameter of KerasHANTagger must be a float"),
        ({"token_pattern": "("}, "is not a regular expression"),
        ({"loss_params": {"gama": 1}}, "gama"),
        ({"monitor": "f2", "early_stopping": True}, "f2"),
        ({"threshold": {"nolabel": 0.5}}, "threshold names the unknown labels 'nolabel'"),
    ],
)
def test_bad_parameters_leave_no_half_model(parameters, message):
    tagger = tiny(**parameters)
    with pytest.raises(ValueError, match=message):
        tagger.fit(["late", "lamp"] * 5, [[1, 0], [0, 1]] * 5)
    with pytest.raises(NotFittedError):
        tagger.predict(["late"])


def test_a_loss_that_is_not_finite(texts_and_labels):
    tagger = tiny(
        encoder="mean", learning_rate=1e30, training_params={"max_grad_norm": None}, max_epochs=3
    )
    with pytest.raises(FloatingPointError, match=r"The loss is .* at step"):
        tagger.fit(*texts_and_labels)


def test_multiclass_is_refused():
    with pytest.raises(LabelError, match="Only binary classification is supported"):
        tiny().fit(["a", "b", "c"], ["x", "y", "z"])


def test_without_tensorflow_the_extra_is_named(monkeypatch):
    from skmultitext._runtime import keras as _backend
    from skmultitext.exceptions import MissingExtraError

    def absent(module, feature):
        raise MissingExtraError(f'{feature} needs pip install "skmultitext[keras]"')

    monkeypatch.setattr(_backend, "require", absent)
    with pytest.raises(ImportError, match=r"KerasHANTagger needs .*skmultitext\[keras\]"):
        tiny().fit(["a", "b"] * 5, [[1, 0], [0, 1]] * 5)


def test_the_module_loads_without_tensorflow():
    code = (
        "import sys\nfrom skmultitext.neural.han import KerasHANTagger\nKerasHANTagger()\n"
        "print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_pickle_loads_in_a_process_that_never_trained(tmp_path, texts_and_labels):
    tagger = tiny(encoder="bigru", max_epochs=1).fit(*texts_and_labels)
    path = tmp_path / "tagger.pickle"
    path.write_bytes(pickle.dumps(tagger))
    code = (
        "import pickle, sys\n"
        "tagger = pickle.load(open(sys.argv[1], 'rb'))\n"
        "print(tagger.predict_proba(['late lamp'])[0].tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(tagger.predict_proba(["late lamp"])[0].tolist())


@pytest.mark.slow
def test_loky_workers(texts_and_labels):
    from sklearn.model_selection import cross_val_score

    texts, y = texts_and_labels
    scores = cross_val_score(tiny(encoder="mean", max_epochs=1), texts, y, cv=2, n_jobs=2)
    assert np.isfinite(scores).all()


def test_one_batch_of_like_length_follows_another(monkeypatch, texts_and_labels):
    # what the network is given is no wider than its documents need
    widths = []
    real = han.train

    def spy(job, step):
        widths.extend((ids.shape, int((ids > 0).sum())) for ids, *_ in job.batches(0))
        return real(job, step)

    monkeypatch.setattr(han, "train", spy)
    texts, y = texts_and_labels
    long = [" ".join([text] * (1 + 5 * (i % 2))) for i, text in enumerate(texts)]
    tiny(encoder="mean", max_epochs=1).fit(long, y)
    places = sum(int(np.prod(shape)) for shape, _ in widths)
    words = sum(n_words for _, n_words in widths)
    whole = len(long) * max(shape[1] for shape, _ in widths)
    assert words < places < 1.35 * words < whole
