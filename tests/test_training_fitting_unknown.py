"""Networks fitted on labels of which some are unknown (NaN in y)."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd
from scipy.special import expit
from sklearn.datasets import make_multilabel_classification

from skmultitext import metrics
from skmultitext.exceptions import UnknownLabelWarning
from skmultitext.neural.han import KerasHANTagger
from skmultitext.neural.mlp import KerasMLPTagger
from skmultitext.training._fitting import resolve_loss

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

N = 120
X, Y = make_multilabel_classification(N, n_features=8, n_classes=4, random_state=0)
X = X.astype(np.float32)
TEXTS = [f"{'a ' * (i % 5)}{'b ' * (i % 3)}w{i % 7}" for i in range(N)]
PARTLY = Y.astype(float)
PARTLY[np.random.RandomState(1).rand(N, 4) < 0.3] = np.nan
PARTLY[np.isnan(PARTLY).all(axis=1), 0] = 1.0
KNOWN = ~np.isnan(PARTLY)


def make_mlp(**parameters):
    parameters = {"learning_rate": 0.01, "max_epochs": 3, "random_state": 0, **parameters}
    return KerasMLPTagger((12,), **parameters)


def make_han(**parameters):
    small = {"encoder": "mean", "embedding_dim": 8, "early_stopping": False}
    return KerasHANTagger(**{**small, "max_epochs": 3, "random_state": 0, **parameters})


MAKERS = {"mlp": (make_mlp, X), "han": (make_han, TEXTS)}


def without_times(history):
    return [{**record, "seconds": 0.0} for record in history]


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("hold_out", [False, True])
def test_forms_of_y_give_one_model(kind, hold_out):
    make, documents = MAKERS[kind]
    parameters = {"validation_fraction": 0.25} if hold_out else {}
    stored = sp.csr_matrix(np.where(KNOWN, PARTLY, 2.0))
    stored.data[stored.data == 2.0] = np.nan
    forms = [PARTLY, stored, pd.DataFrame(PARTLY).astype("Int64"), stored.tocsc()]
    first, *others = [make(**parameters).fit(documents, y) for y in forms]
    for other in others:
        np.testing.assert_array_equal(
            other.decision_function(documents), first.decision_function(documents)
        )
        assert without_times(other.history_) == without_times(first.history_)


@pytest.mark.parametrize("kind", MAKERS)
def test_complete_floats_are_trained_like_ints(kind):
    make, documents = MAKERS[kind]
    one, other = (make(validation_fraction=0.25).fit(documents, y) for y in (Y, Y.astype(float)))
    np.testing.assert_array_equal(
        one.decision_function(documents), other.decision_function(documents)
    )
    assert without_times(one.history_) == without_times(other.history_)


@pytest.mark.parametrize("reduction", ["sum_over_labels", "mean"])
@pytest.mark.parametrize("steps", [1, 2])
def test_the_recorded_loss_and_scores_are_over_known_entries(reduction, steps):
    weight = np.random.RandomState(0).randint(1, 4, N)
    seen = []

    def listener(event):
        if event.name == "step":
            seen.append(event)

    tagger = make_mlp(
        learning_rate=1e-9,
        max_epochs=1,
        batch_size=N // 2,
        class_weight={"1": 3.0},
        loss_params={"reduction": reduction, "label_smoothing": 0.1},
        training_params={"gradient_accumulation_steps": steps},
        callbacks=listener,
    ).fit(X, PARTLY, sample_weight=weight)
    factors = np.array([1.0, 3.0, 1.0, 1.0])
    proba = tagger.predict_proba(X)
    target = np.where(PARTLY == 1, 0.95, 0.05)
    entries = -target * factors * np.log(proba) - (1 - target) * np.log(1 - proba)
    of_documents = np.where(KNOWN, entries, 0).sum(axis=1)
    if reduction == "mean":
        of_documents /= KNOWN.sum(axis=1)
    # two batches of half the documents each
    found = []
    for event in seen:
        indicator, logits, _ = event.batch
        closest = np.abs(expit(logits)[:, None] - proba[None]).sum(axis=2).argmin(axis=1)
        np.testing.assert_array_equal(indicator < 0, ~KNOWN[closest])
        found += [
            np.average(of_documents[rows], weights=weight[rows])
            for rows in np.split(closest, steps)
        ]
    assert tagger.history_[0]["loss"] == pytest.approx(np.mean(found), rel=1e-5)
    given = proba > 0.5
    right = ((given == PARTLY) | ~KNOWN).all(axis=1)
    assert tagger.history_[0]["exact_match"] == pytest.approx(np.average(right, weights=weight))


def test_a_label_learns_from_its_known_documents_only():
    """A linear network on one batch: each label is a regression of its own."""
    options = {"batch_size": N, "max_epochs": 30, "optimizer": "sgd", "learning_rate": 0.01}
    options["training_params"] = {"max_grad_norm": None}
    partly = Y.astype(float)
    partly[::3, 1] = np.nan
    kept = np.flatnonzero(~np.isnan(partly[:, 1]))
    tagger = make_mlp(**options).set_params(hidden_layer_sizes=()).fit(X, partly)
    # the mean over all documents has 120 terms where the other has 80
    other = make_mlp(**options).set_params(
        hidden_layer_sizes=(), learning_rate=0.01 * len(kept) / N
    )
    other.fit(X[kept], Y[kept])
    wanted = other.decision_function(X)[:, 1]
    np.testing.assert_allclose(tagger.decision_function(X)[:, 1], wanted, rtol=1e-3, atol=1e-4)
    # and the other labels do not notice
    whole = make_mlp(**options).set_params(hidden_layer_sizes=()).fit(X, Y)
    np.testing.assert_allclose(
        tagger.decision_function(X)[:, [0, 2, 3]],
        whole.decision_function(X)[:, [0, 2, 3]],
        rtol=1e-4,
        atol=1e-5,
    )


def test_balanced_weights_count_known_entries():
    made = []

    class Spy(KerasMLPTagger):
        def _fit_engine(self, data):
            made.append((resolve_loss(self.loss, self.loss_params, data), data))
            return super()._fit_engine(data)

    positives, known = (PARTLY == 1).sum(axis=0), KNOWN.sum(axis=0)
    Spy((4,), class_weight="balanced", max_epochs=1).fit(X, PARTLY)
    options, _ = made.pop()
    np.testing.assert_allclose(options["pos_weight"], known / (2 * positives), rtol=1e-6)
    np.testing.assert_allclose(options["neg_weight"], known / (2 * (known - positives)), rtol=1e-6)
    assert options["has_unknown"] is True
    Spy((4,), loss_params={"pos_weight": "balanced"}, max_epochs=1).fit(X, PARTLY)
    options, _ = made.pop()
    np.testing.assert_allclose(options["pos_weight"], (known - positives) / positives, rtol=1e-6)
    # only in validation
    Spy((4,), max_epochs=1).fit(X, Y, validation_data=(X, PARTLY))
    assert made.pop()[0] == {"has_unknown": True}
    Spy((4,), max_epochs=1).fit(X, Y, validation_data=(X, Y))
    assert made.pop()[0] == {}


def test_the_initial_bias_is_the_odds_among_known_entries():
    tagger = make_han(max_epochs=1, learning_rate=1e-9).fit(TEXTS, PARTLY)
    positives, known = (PARTLY == 1).sum(axis=0), KNOWN.sum(axis=0)
    bias = tagger.network_.model.get_layer("logits").bias.numpy()
    np.testing.assert_allclose(
        bias, np.log((positives + 0.5) / (known - positives + 0.5)), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("kind", MAKERS)
def test_validation_data_may_have_unknown_labels(kind):
    make, documents = MAKERS[kind]
    y = PARTLY[:60].copy()
    y[7] = np.nan
    names = ["neg_log_loss", "f1_micro", "exact_match"]
    with pytest.warns(UnknownLabelWarning) as caught:
        tagger = make(monitor=names).fit(documents, Y, validation_data=(documents[:60], y))
    assert len(caught) == 1
    assert "1 of 60 documents have no known label" in str(caught[0].message)
    kept = np.delete(np.arange(60), 7)
    proba = tagger.predict_proba([documents[i] for i in kept])
    known, record = KNOWN[kept], tagger.history_[-1]
    losses = -np.log(np.where(y[kept] == 1, proba, 1 - proba))
    assert record["validation_neg_log_loss"] == pytest.approx(-losses[known].mean(), rel=1e-4)
    of_documents = np.where(known, losses, 0).sum(axis=1)
    assert record["validation_loss"] == pytest.approx(of_documents.mean(), rel=1e-4)
    given = (proba > 0.5).astype(int)
    f1 = metrics.f1_score(y[kept], given, average="micro")
    assert record["validation_f1_micro"] == pytest.approx(f1)
    # what is trained on does not change
    other = make().fit(documents, Y)
    found, wanted = (t.decision_function(documents) for t in (tagger, other))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_a_warning_of_a_scorer_is_shown_once():
    y = PARTLY[:60].copy()
    y[:, 2] = np.nan
    y[np.isnan(y).all(axis=1), 0] = 1.0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make_mlp(monitor="f1_macro").fit(X, Y, validation_data=(X[:60], y))
    said = [str(w.message) for w in caught if issubclass(w.category, UnknownLabelWarning)]
    assert len(said) == 1
    assert "'2'" in said[0]


def test_early_stopping_keeps_the_best_weights_on_known_entries():
    held = []

    class Spy(KerasMLPTagger):
        def _fit_engine(self, data):
            held.append(data.options["held"])
            return super()._fit_engine(data)

    tagger = Spy(
        (12,), learning_rate=0.1, max_epochs=30, early_stopping=True, n_iter_no_change=3,
        random_state=0,
    ).fit(X, PARTLY)  # fmt: skip
    X_held, indicator, _ = held[0]
    assert (indicator < 0).any()
    y = np.where(indicator < 0, np.nan, indicator)
    scores = [record["validation_neg_log_loss"] for record in tagger.history_]
    now = -metrics.log_loss(y, tagger.predict_proba(X_held))
    assert now == pytest.approx(max(scores), rel=1e-9)
    # known positives and negatives of each label are on both sides
    for side in (0, 1):
        assert ((indicator == side).any(axis=0)).all()


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.RareLabelWarning")  # of the split
@pytest.mark.parametrize("kind", MAKERS)
def test_a_label_without_known_entries_is_never_given(kind):
    make, documents = MAKERS[kind]
    y = PARTLY.copy()
    y[:, 3] = np.nan
    y[np.isnan(y).all(axis=1), 0] = 1.0
    for parameters in ({}, {"validation_fraction": 0.2, "monitor": "f1_micro"}):
        with pytest.warns(UnknownLabelWarning, match=r"Nothing is known of 1 label\(s\).*'3'"):
            tagger = make(**parameters).fit(documents, y)
        np.testing.assert_allclose(tagger.decision_function(documents)[:, 3], -16.0)
        assert not tagger.predict(documents)[:, 3].any()


def test_a_resumed_fit_equals_a_whole_one(tmp_path):
    options = {"batch_size": 16, "dropout": 0.2, "validation_fraction": 0.2}

    def stop(event):
        return event.name == "step" and event.step == 9

    saving = {"checkpoint_dir": tmp_path, "training_params": {"checkpoint_every": 4}}
    make_mlp(**options, **saving, callbacks=stop).fit(X, PARTLY)
    assert list(tmp_path.iterdir())
    resumed = make_mlp(**options, **saving).fit(X, PARTLY)
    whole = make_mlp(**options).fit(X, PARTLY)
    np.testing.assert_array_equal(resumed.decision_function(X), whole.decision_function(X))
    assert without_times(resumed.history_) == without_times(whole.history_)
