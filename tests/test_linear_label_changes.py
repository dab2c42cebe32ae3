"""Labels that come, go or get another name after the fit."""

import pickle
import sys
import threading

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import skmultitext
from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger, TfidfLogRegTaggerCV
from skmultitext.datasets import load_support_tickets
from skmultitext.exceptions import LabelError
from skmultitext.feature_extraction import TfidfVectorizer

pd = pytest.importorskip("pandas", reason="y may be a DataFrame")

TICKETS = load_support_tickets()
TEXTS, NAMES = TICKETS.data, list(TICKETS.target_names)
FRAME = pd.DataFrame(TICKETS.target, columns=NAMES)
OLD, NEW = NAMES[:6], NAMES[6:]
FEATURES = TfidfVectorizer(max_features=300).fit_transform(TEXTS)
ATTRIBUTES = ("intercept_", "n_iter_", "_constants", "thresholds_")


def sets_of(names):
    chosen = set(names)
    return [[name for name in row if name in chosen] for row in TICKETS.label_sets]


def dense(coef):
    return coef.toarray() if sp.issparse(coef) else coef


def assert_same_models(tagger, expected, labels=None, *, rtol=0.0):
    """The models of labels are equal, with `rtol=0` to the bit."""
    own = [list(tagger.label_names_).index(name) for name in labels or expected.label_names_]
    other = [list(expected.label_names_).index(name) for name in labels or expected.label_names_]
    a, b = getattr(tagger, "classifier_", tagger), getattr(expected, "classifier_", expected)
    np.testing.assert_allclose(dense(a.coef_)[own], dense(b.coef_)[other], rtol=rtol, atol=rtol)
    for name in ATTRIBUTES:
        np.testing.assert_allclose(
            getattr(a, name)[own], getattr(b, name)[other], rtol=rtol, atol=rtol
        )
    assert (a.sigmoid_ is None) == (b.sigmoid_ is None)
    if a.sigmoid_ is not None:
        np.testing.assert_allclose(a.sigmoid_[own], b.sigmoid_[other], rtol=rtol)


TAGGERS = {
    "features": (MultilabelLogisticRegression(10.0), FEATURES),
    "dense features": (MultilabelLogisticRegression(10.0), FEATURES[:, :40].toarray()),
    "pruned": (MultilabelLogisticRegression(10.0, prune=0.05), FEATURES),
    "hinge": (MultilabelLogisticRegression(loss="squared_hinge", random_state=0), FEATURES),
    "balanced": (MultilabelLogisticRegression(class_weight="balanced", n_jobs=2), FEATURES),
    "texts": (TfidfLogRegTagger(min_df=2, threshold=0.4), TEXTS),
    "search": (TfidfLogRegTaggerCV([1.0, 5.0], cv=2), TEXTS),
}


@pytest.fixture(scope="module", params=TAGGERS)
def fitted(request):
    """A tagger on the old labels, one on all labels with the same C, and X."""
    tagger, X = TAGGERS[request.param]
    old = clone(tagger).fit(X, FRAME[OLD])
    if request.param == "search":
        tagger = tagger.set_params(Cs=[old.C_])
    return old, clone(tagger).fit(X, FRAME), X


@pytest.mark.parametrize("y", [FRAME[NEW], sets_of(NEW)])
def test_added_labels_are_those_of_a_fit_with_them(fitted, y):
    old, full, X = fitted
    tagger = pickle.loads(pickle.dumps(old))
    assert tagger.add_labels(X, y) is tagger
    assert tagger.label_names_.tolist() == OLD + (sorted(NEW) if isinstance(y, list) else NEW)
    assert_same_models(tagger, old)
    # `transform` and `fit_transform` of texts differ in the last digit
    assert_same_models(tagger, full, rtol=0.0 if X is not TEXTS else 1e-6)
    order = [NAMES.index(name) for name in tagger.label_names_]
    np.testing.assert_allclose(tagger.predict_proba(X), full.predict_proba(X)[:, order], rtol=1e-6)
    np.testing.assert_array_equal(tagger.predict(X), full.predict(X)[:, order])
    assert tagger.classes_.tolist() == [[0, 1]] * len(NAMES)
    n_samples, n_known, n_positives = tagger._n_seen
    assert n_samples == 2 * len(TEXTS)
    assert n_known.tolist() == [len(TEXTS)] * len(NAMES)
    assert n_positives.tolist() == TICKETS.target.sum(axis=0)[order].tolist()


def test_dropped_labels_leave_the_others(fitted):
    _, full, X = fitted
    tagger = pickle.loads(pickle.dumps(full))
    dropped = [NAMES[0], NAMES[4], NAMES[9]]
    assert tagger.drop_labels(dropped) is tagger
    kept = [name for name in NAMES if name not in dropped]
    assert tagger.label_names_.tolist() == kept
    assert_same_models(tagger, full, kept)
    expected = full.predict_proba(X)[:, [NAMES.index(name) for name in kept]]
    np.testing.assert_allclose(tagger.predict_proba(X), expected, rtol=1e-9)
    assert tagger.predict(X).shape == (len(TEXTS), 7)
    # dropped labels can be learned again, and come last
    tagger.add_labels(X, FRAME[dropped])
    assert tagger.label_names_.tolist() == kept + dropped
    assert_same_models(tagger, full, rtol=0.0 if X is not TEXTS else 1e-6)


def test_renamed_labels_keep_their_models(fitted, tmp_path):
    _, full, X = fitted
    tagger = pickle.loads(pickle.dumps(full))
    first, second, third = NAMES[:3]
    assert tagger.rename_labels({first: second, second: first, third: "other"}) is tagger
    names = [second, first, "other", *NAMES[3:]]
    assert tagger.label_names_.tolist() == names
    np.testing.assert_array_equal(tagger.predict_proba(X), full.predict_proba(X))
    skmultitext.save(tagger, tmp_path / "model")
    loaded = skmultitext.load(tmp_path / "model")
    assert loaded.label_names_.tolist() == names
    np.testing.assert_array_equal(loaded.predict(X), full.predict(X))


def test_changed_taggers_are_saved_and_fitted_again(fitted, tmp_path):
    old, _, X = fitted
    tagger = pickle.loads(pickle.dumps(old)).add_labels(X, FRAME[NEW]).drop_labels(OLD[:1])
    skmultitext.save(tagger, tmp_path / "model")
    loaded = skmultitext.load(tmp_path / "model")
    assert loaded.label_names_.tolist() == OLD[1:] + NEW
    np.testing.assert_array_equal(loaded.predict_proba(X), tagger.predict_proba(X))
    tagger.fit(X, FRAME[OLD])  # a refit learns the labels of its y
    assert tagger.label_names_.tolist() == OLD
    assert_same_models(tagger, old)


def test_the_new_documents_may_be_others():
    tagger = MultilabelLogisticRegression().fit(FEATURES[:400], FRAME[OLD][:400])
    new = MultilabelLogisticRegression().fit(FEATURES[400:], FRAME[NEW][400:], np.arange(380))
    tagger.add_labels(FEATURES[400:], FRAME[NEW][400:], sample_weight=np.arange(380))
    assert_same_models(tagger, new)
    n_samples, n_known, _ = tagger._n_seen
    assert n_samples == 400 + 379  # one weight is 0
    assert n_known.tolist() == [400] * 6 + [379] * 4


def test_new_labels_may_be_constant_or_partly_unknown():
    y = FRAME[NEW].astype(float)
    y.iloc[::3, 0] = np.nan
    y = y.assign(never=0.0, always=1.0)
    tagger = MultilabelLogisticRegression().fit(FEATURES, FRAME[OLD]).add_labels(FEATURES, y)
    logits = tagger.decision_function(FEATURES)
    np.testing.assert_array_equal(logits[:, -2:], [[-16.0, 16.0]] * len(TEXTS))
    assert_same_models(tagger, MultilabelLogisticRegression().fit(FEATURES, y))


def test_thresholds_and_class_weights_go_by_name():
    threshold = {OLD[1]: 0.2, NEW[0]: 0.3}
    weights = {OLD[0]: 3.0, NEW[1]: 2.0}
    tagger = TfidfLogRegTagger(threshold=threshold, class_weight=weights)
    full = clone(tagger).fit(TEXTS, FRAME)
    tagger.set_params(threshold={OLD[1]: 0.2}, class_weight={OLD[0]: 3.0}).fit(TEXTS, FRAME[OLD])
    tagger.set_params(threshold=threshold, class_weight=weights).add_labels(TEXTS, FRAME[NEW])
    assert_same_models(tagger, full, rtol=1e-9)
    assert tagger.threshold == threshold
    array = TfidfLogRegTagger(threshold=np.linspace(0.1, 0.6, 6)).fit(TEXTS, FRAME[OLD])
    array.add_labels(TEXTS, FRAME[NEW]).drop_labels([OLD[2]])
    assert array.thresholds_.round(1).tolist() == [0.1, 0.2, 0.4, 0.5, 0.6, 0.5, 0.5, 0.5, 0.5]


def test_the_parameter_labels_stays_and_a_refit_uses_it():
    tagger = TfidfLogRegTagger(labels=OLD).fit(TEXTS, FRAME[OLD]).add_labels(TEXTS, FRAME[NEW])
    assert tagger.labels == OLD
    with pytest.raises(LabelError, match="which is not in labels"):
        tagger.fit(TEXTS, FRAME)
    assert tagger.set_params(labels=list(tagger.label_names_)).fit(TEXTS, FRAME).n_iter_.all()


def test_the_vocabulary_of_a_text_tagger_stays():
    tagger = TfidfLogRegTagger().fit(["late parcel", "hello"], [["late"], []])
    tagger.add_labels(["lost parcel", "hello"], [["lost"], []])
    assert tagger.get_feature_names_out().tolist() == ["hello", "late", "late parcel", "parcel"]
    assert tagger.predict_proba(["lost"])[0, 1] == tagger.predict_proba(["unheard"])[0, 1]


def test_a_sparse_y_stays_sparse():
    tagger = MultilabelLogisticRegression(labels=OLD).fit(FEATURES, sp.csr_matrix(FRAME[OLD]))
    tagger.add_labels(FEATURES, sets_of(NEW))
    predicted = tagger.predict(FEATURES)
    assert sp.issparse(predicted)
    assert predicted.shape == (len(TEXTS), 10)
    assert sp.issparse(tagger.drop_labels(NAMES[1:]).predict(FEATURES))


def test_one_named_column_can_be_joined_by_others():
    tagger = MultilabelLogisticRegression().fit(FEATURES, FRAME[OLD[:1]])
    tagger.add_labels(FEATURES, FRAME[NEW])
    assert_same_models(tagger, MultilabelLogisticRegression().fit(FEATURES, FRAME[OLD[:1] + NEW]))
    assert tagger.predict(FEATURES).shape == (len(TEXTS), 5)
    assert tagger.score(FEATURES, FRAME[OLD[:1] + NEW]) > 0
    assert tagger.drop_labels(NEW).predict(FEATURES).shape == (len(TEXTS), 1)
    assert tagger.score(FEATURES, FRAME[OLD[:1]]) > 0.5


def test_partial_fit_continues_with_old_and_new_labels():
    order = {"labels": OLD}
    tagger = MultilabelLogisticRegression(**order).partial_fit(FEATURES[:400], FRAME[OLD][:400])
    alone = pickle.loads(pickle.dumps(tagger))
    y = FRAME[NEW].assign(never=0)
    new = MultilabelLogisticRegression().fit(FEATURES, y)
    tagger.add_labels(FEATURES, y)
    assert_same_models(tagger, alone)
    for part in (slice(400, 600), slice(600, 780)):
        tagger.partial_fit(FEATURES[part], FRAME.assign(never=0)[part])
        alone.partial_fit(FEATURES[part], FRAME[OLD][part])
        new.partial_fit(FEATURES[part], y[part])
    for expected in (alone, new):
        own = [list(tagger.label_names_).index(name) for name in expected.label_names_]
        np.testing.assert_array_equal(tagger.coef_[own], expected.coef_)
        np.testing.assert_array_equal(tagger.intercept_[own], expected.intercept_)
        logits = tagger.decision_function(FEATURES)[:, own]
        np.testing.assert_allclose(logits, expected.decision_function(FEATURES), rtol=1e-9)
    tagger.drop_labels(OLD).partial_fit(FEATURES[:9], y[:9])
    new.partial_fit(FEATURES[:9], y[:9])
    np.testing.assert_array_equal(tagger.coef_, new.coef_)


def test_labels_of_two_losses_stand_beside_each_other():
    tagger = MultilabelLogisticRegression().fit(FEATURES, FRAME[OLD])
    log_loss = tagger.predict_proba(FEATURES)
    tagger.set_params(loss="squared_hinge").add_labels(FEATURES, FRAME[NEW])
    assert tagger.sigmoid_[:6].tolist() == [[1.0, 0.0]] * 6
    hinge = MultilabelLogisticRegression(loss="squared_hinge").fit(FEATURES, FRAME[NEW])
    np.testing.assert_array_equal(tagger.sigmoid_[6:], hinge.sigmoid_)
    expected = np.hstack([log_loss, hinge.predict_proba(FEATURES)])
    np.testing.assert_allclose(tagger.predict_proba(FEATURES), expected, rtol=1e-9)


def test_a_warm_start_after_a_change_starts_anew():
    tagger = MultilabelLogisticRegression(10.0, warm_start=True).fit(FEATURES, FRAME[OLD])
    tagger.add_labels(FEATURES, FRAME[NEW]).fit(FEATURES, FRAME)
    assert_same_models(tagger, MultilabelLogisticRegression(10.0).fit(FEATURES, FRAME))


INDICATOR = FRAME[OLD].to_numpy()
NAMED = TfidfLogRegTagger().fit(TEXTS, FRAME[OLD])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t.add_labels(TEXTS, sets_of([OLD[0], *NEW])),
            f"y holds labels that the tagger knows already: '{OLD[0]}'. Leave them out of y: their "
            "models stay as they are. To learn them again, drop_labels first.",
        ),
        (
            lambda t: t.add_labels(TEXTS, INDICATOR),
            "add_labels needs the names of the new labels, but y has none. Pass label sets, or a "
            "DataFrame with the names as columns.",
        ),
        (lambda t: t.add_labels(TEXTS, [0, 1] * 390), "add_labels needs the names of the new lab"),
        (lambda t: t.add_labels(TEXTS[1:], FRAME[NEW]), "X has 779 rows, y has 780"),
        (lambda t: t.add_labels(FEATURES, FRAME[NEW]), "X is a sparse matrix"),
        (
            lambda t: t.drop_labels([OLD[0][:-1]]),
            f"names holds '{OLD[0][:-1]}', which is not a label of the tagger: ",
        ),
        (lambda t: t.drop_labels(OLD[0]), f"names is '{OLD[0]}'; pass a list of label names"),
        (lambda t: t.drop_labels(OLD[::-1]), "names are all labels of the tagger: "),
        (lambda t: t.rename_labels({"x": "y"}), "names holds 'x', which is not a label of the tag"),
        (
            lambda t: t.rename_labels([OLD[0]]),
            f"names is ['{OLD[0]}']; pass a dict, {{old name: new name, ...}}.",
        ),
        (lambda t: t.rename_labels({OLD[0]: OLD[1]}), f"the new names holds '{OLD[1]}' twice"),
        (lambda t: t.rename_labels({OLD[0]: ""}), "the new names[0] is an empty label name ''"),
        (lambda t: t.rename_labels({OLD[0]: 3}), "the new names[0] is 3 of type int"),
    ],
)
def test_a_refused_change_changes_nothing(change, message):
    expected = NAMED.predict_proba(TEXTS)
    with pytest.raises(ValueError) as error:
        change(NAMED)
    assert message in str(error.value)
    assert NAMED.label_names_.tolist() == OLD
    np.testing.assert_array_equal(NAMED.predict_proba(TEXTS), expected)


@pytest.mark.parametrize(
    ("y", "what"),
    [
        (INDICATOR, "columns without names"),
        (sp.csr_matrix(INDICATOR), "columns without names"),
        (INDICATOR[:, 0], "a 1-D y, a plain binary problem"),
        (pd.DataFrame({"a": np.where(INDICATOR[:, 0], 5, 3)}), "a y of one column with two codes"),
    ],
)
def test_labels_must_have_names(y, what):
    tagger = TfidfLogRegTagger().fit(TEXTS, y)
    for method, argument in [
        ("add_labels", (TEXTS, FRAME[NEW])),
        ("drop_labels", (["0"],)),
        ("rename_labels", ({"0": "a"},)),
    ]:
        message = f"{method} needs labels with names, but this tagger was fitted on {what}"
        with pytest.raises(LabelError, match=message):
            getattr(tagger, method)(*argument)
        with pytest.raises(NotFittedError):
            getattr(TfidfLogRegTagger(), method)(*argument)


def test_features_must_be_those_of_the_fit():
    tagger = MultilabelLogisticRegression().fit(FEATURES, FRAME[OLD])
    with pytest.raises(ValueError, match="X has 5 features, but MultilabelLogisticRegression is"):
        tagger.add_labels(FEATURES[:, :5], FRAME[NEW])


@pytest.fixture
def quick_turns():
    """Let threads take turns often: more states meet, and none waits long for the interpreter."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("quick_turns")
def test_threads_see_one_state_or_the_other():
    tagger = TfidfLogRegTagger(max_features=50).fit(TEXTS, FRAME[OLD])
    expected = {6: tagger.predict_proba(TEXTS[:5])}
    both = pickle.loads(pickle.dumps(tagger)).add_labels(TEXTS, FRAME[NEW[:1]])
    expected[7] = both.predict_proba(TEXTS[:5])
    seen, errors, done = set(), [], threading.Event()

    def predict():
        while not done.is_set():
            try:
                proba = tagger.predict_proba(TEXTS[:5])
                seen.add(proba.shape[1])
                np.testing.assert_allclose(proba, expected[proba.shape[1]], rtol=1e-9)
            except Exception as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=predict) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        tagger.add_labels(TEXTS, FRAME[NEW[:1]]).drop_labels(NEW[:1])
    done.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert seen <= {6, 7}
