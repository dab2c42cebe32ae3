"""The linear tagger on files: the model of `fit`, resumption, memory, errors."""

import json
import os

import numpy as np
import pytest
from sklearn.base import clone

from skmultitext import TfidfLogRegTagger, TfidfLogRegTaggerCV, load, save
from skmultitext.linear import _file_parts, _fit_files, _in_parts, _lbfgs

NAMES = ["delivery", "refund", "never", "always"]
RNG = np.random.RandomState(0)
WORDS = RNG.randint(0, 60, (150, 6))
TEXTS = [" ".join(f"w{i}" for i in row) for row in WORDS]
Y = np.zeros((150, 4))
Y[:, 0] = (WORDS < 8).any(axis=1)
Y[:, 1] = (WORDS > 54).any(axis=1)
Y[:, 3] = 1.0
LABEL_SETS = [[name for name, given in zip(NAMES, row, strict=True) if given] for row in Y]
JSONL = {"format": "jsonl", "reader_options": {"unlabeled": "unknown"}}


LOG = {"loss": "log_loss", "C": 10.0, "ngram_range": (1, 1), "sublinear_tf": False}


def write(path, texts=TEXTS, y=Y):
    """Write documents; NaN becomes null, an unknown label."""
    rows = [[None if np.isnan(v) else int(v) for v in row] for row in y.tolist()]
    documents = [
        {"text": text, "labels": dict(zip(NAMES, row, strict=True))}
        for text, row in zip(texts, rows, strict=True)
    ]
    path.write_text("\n".join(map(json.dumps, documents)) + "\n")
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write(tmp_path_factory.mktemp("corpus") / "train.jsonl")


@pytest.fixture
def small_parts(monkeypatch):
    """Make several parts of the small file, and several counts."""
    monkeypatch.setattr(_file_parts, "ROWS", 40)
    monkeypatch.setattr("skmultitext.linear._fit_files.LETTERS", 700)


def fit(path, tagger=None, **options):
    tagger = TfidfLogRegTagger(labels=NAMES) if tagger is None else tagger
    return tagger.fit_files(path, **JSONL, **options)


def assert_equal(one, other):
    np.testing.assert_array_equal(one.coef_, other.coef_)
    np.testing.assert_array_equal(one.intercept_, other.intercept_)
    np.testing.assert_array_equal(one.n_iter_, other.n_iter_)
    assert one.rounds_["n_rounds"] == other.rounds_["n_rounds"]


@pytest.mark.parametrize(
    "settings",
    [
        {"min_df": 2, "class_weight": "balanced"},
        {"max_features": 30, "class_weight": {"refund": 3.0}, "C": 2.0},
        {"ngram_range": (1, 2), "max_df": 0.5, "sublinear_tf": True},
        {"analyzer": "char", "threshold": {"refund": 0.3}},
    ],
)
@pytest.mark.usefixtures("small_parts")
def test_the_model_is_that_of_fit(path, settings):
    settings = {**LOG, **settings}
    whole = TfidfLogRegTagger(tol=1e-10, labels=NAMES, **settings).fit(TEXTS, LABEL_SETS)
    ours = fit(path, TfidfLogRegTagger(labels=NAMES, **settings), tol=1e-10)
    assert ours.vectorizer_.vocabulary_ == whole.vectorizer_.vocabulary_
    np.testing.assert_allclose(ours.vectorizer_.idf_, whole.vectorizer_.idf_, rtol=1e-12)
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=2e-5)
    np.testing.assert_array_equal(ours.thresholds_, whole.thresholds_)
    assert ours.label_names_.tolist() == NAMES
    assert ours._n_seen[0] == 150
    assert (ours.n_iter_[2:] == 0).all()
    assert ours.rounds_["gap"] <= 1e-10


@pytest.mark.usefixtures("small_parts")
def test_several_analyzers_are_those_of_fit(path):
    settings = {
        "analyzer": ("word", "char"),
        "ngram_range": {"word": (1, 1), "char": (2, 3)},
        "min_df": {"word": 2, "char": 1},
        "analyzer_weights": {"word": 1.0, "char": 0.5},
        "labels": NAMES,
    }
    settings = {**LOG, **settings}
    whole = TfidfLogRegTagger(tol=1e-10, **settings).fit(TEXTS, LABEL_SETS)
    ours = fit(path, TfidfLogRegTagger(**settings), tol=1e-10)
    features = ours.vectorizer_.get_feature_names_out().tolist()
    assert features == whole.vectorizer_.get_feature_names_out().tolist()
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=2e-5)


@pytest.mark.usefixtures("small_parts")
def test_unknown_labels_are_those_of_fit(tmp_path):
    y = np.where(RNG.rand(*Y.shape) < 0.3, np.nan, Y)
    y[:, 3] = 1.0
    pandas = pytest.importorskip("pandas")
    whole = TfidfLogRegTagger(tol=1e-10, **LOG).fit(TEXTS, pandas.DataFrame(y, columns=NAMES))
    tagger = TfidfLogRegTagger(labels=NAMES, **LOG)
    ours = fit(write(tmp_path / "y.jsonl", y=y), tagger, tol=1e-10)
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=2e-5)


@pytest.mark.parametrize(("limit", "value"), [("LETTERS", 700), ("ROWS", 40)])
def test_terms_are_counted_a_bounded_number_of_texts_at_a_time(path, monkeypatch, limit, value):
    sizes = []
    count = _fit_files.count_terms

    def note(vectorizer, texts):
        sizes.append(len(texts))
        return count(vectorizer, texts)

    monkeypatch.setattr(_fit_files, "count_terms", note)
    monkeypatch.setattr(_fit_files, limit, value)
    fit(path, max_rounds=99)
    assert sum(sizes) == 150
    assert max(sizes) <= 45


@pytest.mark.usefixtures("small_parts")
def test_threads_do_not_change_the_model(path):
    assert_equal(fit(path), fit(path, TfidfLogRegTagger(labels=NAMES, n_jobs=3)))


@pytest.mark.usefixtures("small_parts")
def test_blocks_of_labels_do_not_change_the_model(path, monkeypatch):
    tagger = TfidfLogRegTagger(labels=NAMES, **LOG)
    whole = fit(path, clone(tagger))
    monkeypatch.setattr(_lbfgs, "BLOCK", 1)
    ours = fit(path, tagger)
    np.testing.assert_allclose(ours.coef_, whole.coef_, atol=1e-5)
    assert ours.rounds_["n_rounds"] == whole.n_iter_.sum()


@pytest.fixture
def interrupted(monkeypatch):
    """Return a function that makes the next fit end with Ctrl-C in a round."""

    def interrupt(last):
        calls = []
        evaluate = _in_parts.evaluate

        def stop(*arguments, **options):
            calls.append(1)
            if len(calls) > last:
                raise KeyboardInterrupt
            return evaluate(*arguments, **options)

        monkeypatch.setattr(_in_parts, "evaluate", stop)
        return calls

    monkeypatch.setattr(_lbfgs, "SECONDS", 0.0)
    return interrupt


@pytest.mark.parametrize("block", [_lbfgs.BLOCK, 1], ids=["together", "label by label"])
@pytest.mark.parametrize("last", [1, 8, 12])
def test_an_interrupted_fit_continues_to_the_same_weights(
    path, tmp_path, monkeypatch, interrupted, block, last
):
    monkeypatch.setattr(_lbfgs, "BLOCK", block)
    tagger = TfidfLogRegTagger(labels=NAMES, **LOG)
    whole = fit(path, clone(tagger), tol=1e-5)
    interrupted(last)
    with pytest.raises(KeyboardInterrupt):
        fit(path, tagger, tol=1e-5, checkpoint_dir=tmp_path)
    assert set(vars(tagger)) == set(tagger.get_params())
    assert os.listdir(tmp_path) == ["checkpoint.npz"]
    monkeypatch.undo()
    monkeypatch.setattr(_lbfgs, "BLOCK", block)
    calls = []
    evaluate = _in_parts.evaluate

    def count(*arguments, **options):
        calls.append(1)
        return evaluate(*arguments, **options)

    monkeypatch.setattr(_in_parts, "evaluate", count)
    tagger.set_params(n_jobs=2, threshold=0.4)  # the weights do not depend on these
    resumed = fit(path, tagger, tol=1e-5, checkpoint_dir=tmp_path)
    assert len(calls) == whole.rounds_["n_rounds"] - last
    assert_equal(resumed, whole)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("parameters", "options", "key"),
    [
        ({"C": 2.0}, {}, "C"),
        ({"ngram_range": (1, 3)}, {}, "ngram_range"),
        ({}, {"tol": 1e-4}, "tol"),
        ({}, {"max_rounds": 300}, "max_rounds"),
        ({}, {"file": True}, "files"),
    ],
)
def test_a_checkpoint_of_another_fit_is_refused(
    path, tmp_path, monkeypatch, interrupted, parameters, options, key
):
    interrupted(3)
    with pytest.raises(KeyboardInterrupt):
        fit(path, checkpoint_dir=tmp_path)
    if options.pop("file", False):
        path = write(tmp_path / "other.jsonl", TEXTS[::-1])
    monkeypatch.undo()
    monkeypatch.setattr("skmultitext.linear._fit_files.count_labels", None)  # nothing is read
    with pytest.raises(ValueError, match=f"belongs to another training, whose .*{key} is"):
        fit(path, TfidfLogRegTagger(labels=NAMES, **parameters), checkpoint_dir=tmp_path, **options)


def test_a_checkpoint_that_is_no_longer_whole_is_refused(path, tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"checkpoint\.npz cannot be used: "):
        fit(path, checkpoint_dir=tmp_path)


def test_nothing_is_left_in_the_temporary_directory(path, tmp_path, monkeypatch, interrupted):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = []
    evaluate = _in_parts.evaluate

    def look(*arguments, **options):
        seen.extend(os.listdir(tmp_path))
        return evaluate(*arguments, **options)

    monkeypatch.setattr(_in_parts, "evaluate", look)
    fit(path)
    assert len(set(seen)) == 1
    assert os.listdir(tmp_path) == []
    interrupted(3)
    with pytest.raises(KeyboardInterrupt):
        fit(path)
    assert os.listdir(tmp_path) == []


def test_an_earlier_fit_survives_an_interrupt(path, interrupted):
    tagger = fit(path)
    before = tagger.predict_proba(TEXTS)
    interrupted(0)
    with pytest.raises(KeyboardInterrupt):
        fit(path, tagger.set_params(C=0.1))
    np.testing.assert_array_equal(tagger.predict_proba(TEXTS), before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tol": 0}, "tol is 0; pass a number in"),
        ({"max_rounds": 0}, "max_rounds"),
    ],
)
def test_parameters_of_the_solver_are_checked_first(options, message):
    with pytest.raises(ValueError, match=message):
        fit("there is no such file", **options)


def test_the_search_for_C_has_no_fit_files():
    assert not hasattr(TfidfLogRegTaggerCV(), "fit_files")
    with pytest.raises(AttributeError) as told:
        _ = TfidfLogRegTaggerCV().fit_files
    assert str(told.value.__cause__).startswith(
        "TfidfLogRegTaggerCV has no fit_files: it finds C by cross-validation on all documents."
    )


@pytest.mark.usefixtures("small_parts")
def test_the_squared_hinge_is_calibrated_on_folds(path):
    settings = {"loss": "squared_hinge", "labels": NAMES}
    whole = TfidfLogRegTagger(tol=1e-8, **settings).fit(TEXTS, LABEL_SETS)
    ours = fit(path, TfidfLogRegTagger(**settings), tol=1e-8)
    slopes, others = (tagger.classifier_.sigmoid_[:2, [0]] for tagger in (ours, whole))
    np.testing.assert_allclose(
        ours.coef_[:2] / slopes, whole.coef_[:2] / others, rtol=1e-3, atol=1e-4
    )
    difference = np.abs(ours.predict_proba(TEXTS) - whole.predict_proba(TEXTS))
    assert difference.mean() < 0.02  # other folds


def test_predictions_go_from_file_to_file_and_the_model_is_saved(path, tmp_path):
    tagger = fit(path)
    save(tagger, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.rounds_ == tagger.rounds_
    assert sorted(again.rounds_) == ["gap", "n_rounds", "seconds"]
    (tmp_path / "texts").write_text("\n".join(TEXTS) + "\n")
    assert again.predict_files(tmp_path / "texts", tmp_path / "found") == 150
    found = np.loadtxt(tmp_path / "found", delimiter=",", dtype=int)
    np.testing.assert_array_equal(found, tagger.predict(TEXTS))


def test_later_calls_go_on_from_there(path):
    tagger = fit(path)
    tagger.partial_fit(TEXTS[:20], Y[:20])
    assert tagger._n_seen[0] == 170
    assert not hasattr(tagger.fit(TEXTS, LABEL_SETS), "rounds_")
