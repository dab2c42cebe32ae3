"""TransformerTagger on labels of which some are unknown, with both frameworks and heads."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import scipy.sparse as sp
import transformer_toys as toys

from skmultitext import MultilabelLogisticRegression
from skmultitext.exceptions import UnknownLabelWarning
from skmultitext.transformer.tagger import _text_vectors

TEXTS, Y = toys.make_texts(24)
PARTLY = Y.astype(float)
PARTLY[np.random.RandomState(3).rand(*Y.shape) < 0.3] = np.nan
PARTLY[np.isnan(PARTLY).all(axis=1), 0] = 1.0
KNOWN = ~np.isnan(PARTLY)
WINDOWS = {"long_text": "window", "max_length": 10, "window_stride": 3}

tensorflow = pytest.param("tensorflow", marks=pytest.mark.slow)


def make(framework="torch", **parameters):
    if framework == "tensorflow":
        pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")
    return toys.tiny(framework=framework, **parameters)


def stored(y):
    matrix = sp.csr_matrix(np.where(np.isnan(y), 2.0, y))
    matrix.data[matrix.data == 2.0] = np.nan
    return matrix


@pytest.mark.parametrize("framework", ["torch", tensorflow])
@pytest.mark.parametrize("reduction", ["sum_over_labels", "mean"])
@pytest.mark.parametrize("reading", [{}, WINDOWS], ids=["rows", "windows"])
def test_the_loss_is_over_known_entries(framework, reduction, reading):
    """A learning rate near 0: what is recorded is the loss of the fitted network."""
    weight = np.random.RandomState(0).randint(1, 4, 24)
    tagger = make(
        framework,
        learning_rate=1e-12,
        max_epochs=1,
        batch_size=12,
        gradient_accumulation_steps=2,
        loss="focal",
        loss_params={"reduction": reduction, "gamma": 2.0, "pos_weight": {"1": 3.0}},
        precision="float32",
        warmup_ratio=0.0,
        weight_decay=0.0,
        **reading,
    )
    batches = []

    def listener(event):
        if event.name == "step":
            batches.append(event.batch)

    tagger.set_params(callbacks=listener)
    tagger.fit(TEXTS, PARTLY, weight, validation_data=(TEXTS, PARTLY))
    proba = tagger.predict_proba(TEXTS)
    positive = -np.array([1.0, 3.0, 1.0]) * (1 - proba) ** 2 * np.log(proba)
    negative = -(proba**2) * np.log(1 - proba)
    entries = np.where(KNOWN, np.where(PARTLY == 1, positive, negative), 0)
    of_documents = entries.sum(axis=1) / (KNOWN.sum(axis=1) if reduction == "mean" else 1)
    record = tagger.history_[0]
    assert record["validation_loss"] == pytest.approx(of_documents.mean(), rel=1e-4)
    ((indicator, logits, weights),) = batches
    assert indicator.shape == (24, 3)
    assert (indicator < 0).sum() == (~KNOWN).sum()
    batch_proba = 1 / (1 + np.exp(-logits.astype(float)))
    positive = -np.array([1.0, 3.0, 1.0]) * (1 - batch_proba) ** 2 * np.log(batch_proba)
    negative = -(batch_proba**2) * np.log(1 - batch_proba)
    known = indicator >= 0
    entries = np.where(known, np.where(indicator == 1, positive, negative), 0)
    of_documents = entries.sum(axis=1) / (known.sum(axis=1) if reduction == "mean" else 1)
    halves = [
        np.average(of_documents[rows], weights=weights[rows])
        for rows in (slice(0, 12), slice(12, 24))
    ]
    assert record["loss"] == pytest.approx(np.mean(halves), rel=1e-4)
    right = (((proba > 0.5) == PARTLY) | ~KNOWN).all(axis=1)
    assert record["exact_match"] == pytest.approx(np.average(right, weights=weight))


@pytest.mark.slow
@pytest.mark.parametrize("parameters", [{}, {"freeze": "encoder"}, WINDOWS], ids=str)
def test_both_frameworks_train_alike(tmp_path, parameters):
    pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    path = toys.make_checkpoint(
        tmp_path, classifier_labels=["2", "0", "1"], initializer_range=0.3, **still
    )
    settings = {"pooling": "cls", "precision": "float32", "max_epochs": 4, "batch_size": 24}
    settings |= {"learning_rate": 1e-3, "class_weight": "balanced"}
    records = []
    for framework in ("tensorflow", "torch"):
        tagger = make(framework, **settings, **parameters).set_params(checkpoint=path)
        tagger.fit(TEXTS, PARTLY, validation_data=(TEXTS[:9], PARTLY[:9]))
        records.append(tagger.history_)
    for key in ("loss", "validation_loss", "validation_neg_log_loss", "f1_micro"):
        ours, theirs = ([record[key] for record in history] for history in records)
        np.testing.assert_allclose(ours, theirs, rtol=4e-4, err_msg=key)


@pytest.mark.parametrize("framework", ["torch", tensorflow])
def test_a_logistic_regression_leaves_unknown_entries_out(framework):
    tagger = make(framework, head="logreg", C=10.0, class_weight="balanced").fit(TEXTS, PARTLY)
    vectors = _text_vectors(tagger.network_, TEXTS)
    alone = MultilabelLogisticRegression(10.0, class_weight="balanced", random_state=0)
    alone.fit(vectors, PARTLY)
    np.testing.assert_allclose(
        tagger.predict_proba(TEXTS), alone.predict_proba(vectors), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("head", ["dense", "logreg"])
def test_a_sparse_y_gives_the_same_model(head):
    parameters = {"head": head, "max_epochs": 1}
    if head == "dense":
        parameters["validation_fraction"] = 0.25
    one, other = (make(**parameters).fit(TEXTS, y) for y in (PARTLY, stored(PARTLY)))
    np.testing.assert_array_equal(one.decision_function(TEXTS), other.decision_function(TEXTS))


@pytest.mark.parametrize("head", ["dense", "logreg"])
def test_documents_and_labels_without_known_entries(head):
    y = PARTLY.copy()
    y[:, 2] = np.nan
    y[5] = np.nan
    y[np.isnan(y).all(axis=1) & (np.arange(24) != 5), 0] = 1.0
    with pytest.warns(UnknownLabelWarning) as caught:
        tagger = make(head=head, max_epochs=1).fit(TEXTS, y)
    said = [str(warning.message) for warning in caught]
    assert any("1 of 24 documents have no known label" in text for text in said)
    assert sum("Nothing is known of 1 label(s)" in text for text in said) == 1
    assert (tagger.decision_function(TEXTS)[:, 2] == -16).all()
