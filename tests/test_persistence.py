"""Saved models: what is loaded predicts to the bit what was saved."""

import json
import os
import shutil
import subprocess
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import clone, config_context
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import (
    InconsistentVersionWarning,
    NotFittedError,
    UnsetMetadataPassedError,
)
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.utils.metadata_routing import UNUSED

import skmultitext
from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext.exceptions import InconsistentModelWarning, MissingExtraError, ModelFileError
from skmultitext.model_selection import MultilabelStratifiedKFold
from skmultitext.persistence import load, model_card, save
from skmultitext.persistence._store import DirectoryWriter

EXAMPLE = Path(__file__).parent / "data" / "model_format_1.zip"

TEXTS = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello there"] * 15
SETS = [["refund"], ["delivery"], ["delivery", "refund"], []] * 15
INDICATOR = np.array([[0, 1], [1, 0], [1, 1], [0, 0]] * 15)
NEW_TEXTS = ["late", "please refund my parcel", "", "hello hello lamp", "ünknown \ud800 wörds"]

PIPELINES = {
    "tagger": TfidfLogRegTagger(ngram_range=(1, 2), stop_words="english"),
    "characters": TfidfLogRegTagger(analyzer="char", ngram_range=(1, 3), threshold={"refund": 0.3}),
    "tfidf": make_pipeline(TfidfVectorizer(dtype=np.float32), MultilabelLogisticRegression()),
    "counts": make_pipeline(
        CountVectorizer(stop_words=["the", "my"]),
        TfidfTransformer(),
        MultilabelLogisticRegression(),
    ),
    "hashing": make_pipeline(
        HashingVectorizer(n_features=64),
        MaxAbsScaler(),
        MultilabelLogisticRegression(random_state=np.random.RandomState(3)),
    ),
    "svd": make_pipeline(
        TfidfVectorizer(),
        TruncatedSVD(3, random_state=0),
        StandardScaler(),
        MultilabelLogisticRegression(),
    ),
    "union": make_pipeline(
        make_union(TfidfVectorizer(), CountVectorizer()),
        SelectKBest(chi2, k=5),
        OneVsRestClassifier(LogisticRegression()),
    ),
    "fixed": FixedThresholdTagger(
        FrozenEstimator(TfidfLogRegTagger().fit(TEXTS, SETS)), threshold=[0.2, 0.7], max_labels=1
    ),
    "tuned": TunedThresholdTaggerCV(
        TfidfLogRegTagger(),
        cv=MultilabelStratifiedKFold(2, shuffle=True, random_state=0),
        store_cv_results=True,
    ),
    "calibrated": CalibratedTaggerCV(
        make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression())),
        method="isotonic",
        min_isotonic=5,
        cv=2,
    ),
}


@pytest.fixture(scope="module")
def tagger():
    """A small fitted tagger."""
    return TfidfLogRegTagger().fit(TEXTS, SETS)


def assert_same(loaded, fitted, X):
    """Every prediction is the same to the bit."""
    assert type(loaded) is type(fitted)
    for method in ("predict_proba", "predict", "decision_function"):
        if hasattr(fitted, method):
            expected, found = getattr(fitted, method)(X), getattr(loaded, method)(X)
            assert type(found) is type(expected)
            if sp.issparse(expected):
                expected, found = expected.toarray(), found.toarray()
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("suffix", ["", ".zip"])
def test_loaded_predicts_what_saved_did(name, suffix, tmp_path):
    fitted = PIPELINES[name]
    fitted.fit(TEXTS, INDICATOR if name in ("union", "calibrated") else SETS)
    save(fitted, tmp_path / f"model{suffix}")
    loaded = skmultitext.load(tmp_path / f"model{suffix}")
    assert_same(loaded, fitted, NEW_TEXTS)
    assert loaded.get_params().keys() == fitted.get_params().keys()
    assert os.listdir(tmp_path) == [f"model{suffix}"]


@pytest.mark.parametrize(
    ("y", "form"),
    [
        (SETS, "label_sets"),
        (INDICATOR, "indicator"),
        (sp.csr_matrix(INDICATOR), "sparse"),
        (INDICATOR[:, 0], "binary"),
        (np.array(["no", "yes"])[INDICATOR[:, 0]], "binary"),
        (np.array(["no", "yes"], dtype=object)[INDICATOR[:, :1]], "column"),
    ],
    ids=str,
)
def test_every_form_of_y(y, form, tmp_path):
    fitted = TfidfLogRegTagger().fit(TEXTS, y)
    assert fitted._label_space.form == form
    save(fitted, tmp_path / "model")
    loaded = skmultitext.load(tmp_path / "model")
    assert_same(loaded, fitted, NEW_TEXTS)
    assert loaded.predict_labels(NEW_TEXTS) == fitted.predict_labels(NEW_TEXTS)
    np.testing.assert_array_equal(loaded.classes_, fitted.classes_)
    assert type(loaded.classes_) is type(fitted.classes_)
    assert loaded.score(TEXTS, y) == fitted.score(TEXTS, y)


def test_columns_of_a_data_frame(tmp_path):
    pd = pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    frame = pd.DataFrame({"title": TEXTS, "body": TEXTS})
    fitted = make_pipeline(
        ColumnTransformer([("a", TfidfVectorizer(), "title"), ("b", CountVectorizer(), 1)]),
        MultilabelLogisticRegression(),
    ).fit(frame, SETS)
    save(fitted, tmp_path / "model")
    assert_same(skmultitext.load(tmp_path / "model"), fitted, frame)


def test_a_fixed_and_a_wrapped_estimator_are_saved_once(tmp_path, tagger):
    tuned = TunedThresholdTaggerCV(tagger, cv="prefit").fit(TEXTS, SETS)
    save(tuned, tmp_path / "model")
    loaded = skmultitext.load(tmp_path / "model")
    assert loaded.estimator is loaded.estimator_
    assert_same(loaded, tuned, NEW_TEXTS)


def test_requests_of_metadata(tmp_path):
    weights = np.arange(len(TEXTS)) % 3
    with config_context(enable_metadata_routing=True):
        classifier = MultilabelLogisticRegression().set_fit_request(sample_weight="weights")
        classifier.set_score_request(sample_weight=UNUSED)
        inner = TfidfLogRegTagger().set_fit_request(sample_weight=True)
        for fitted, given in (
            (make_pipeline(CountVectorizer(), classifier), {"weights": weights}),
            (TunedThresholdTaggerCV(inner, cv=2), {"sample_weight": weights}),
        ):
            fitted.fit(TEXTS, SETS, **given)
            save(fitted, tmp_path / "model")
            with config_context(enable_metadata_routing=False):
                loaded = skmultitext.load(tmp_path / "model")
            assert repr(loaded.get_metadata_routing()) == repr(fitted.get_metadata_routing())
            assert_same(clone(loaded).fit(TEXTS, SETS, **given), fitted, NEW_TEXTS)
            unweighted = clone(loaded).fit(TEXTS, SETS).predict_proba(NEW_TEXTS)
            assert not np.array_equal(unweighted, fitted.predict_proba(NEW_TEXTS))
        loaded.estimator.set_fit_request(sample_weight=None)
        message = "not explicitly set as requested or not requested for TfidfLogRegTagger.fit"
        with pytest.raises(UnsetMetadataPassedError, match=message):
            loaded.fit(TEXTS, SETS, **given)


@pytest.mark.slow  # compiles the kernels
def test_an_index_of_the_kernels_is_made_again(tmp_path, monkeypatch):
    pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")
    from skmultitext.feature_extraction import _fast_tfidf

    monkeypatch.setattr(_fast_tfidf, "LEAST_CHARACTERS", 0)
    fitted = TfidfLogRegTagger(ngram_range=(1, 2), stop_words=["is", "my"]).fit(TEXTS, SETS)
    assert fitted.vectorizer_._index is not None
    save(fitted, tmp_path / "model")
    loaded = skmultitext.load(tmp_path / "model")
    assert loaded.vectorizer_._index.holds
    assert loaded.vectorizer_.vocabulary_ == fitted.vectorizer_.vocabulary_
    assert_same(loaded, fitted, NEW_TEXTS)
    # a vocabulary that the kernels would not learn never reaches them
    vectorizer = loaded.vectorizer_
    for terms in ([], ["b", "aa"], ["aa", "aa  bb"], ["aa bb cc"], ["is"], ["", "aa"]):
        vectorizer.vocabulary_ = {term: i for i, term in enumerate(terms)}
        assert _fast_tfidf.index_vocabulary(vectorizer) is None


def test_what_cannot_be_saved_is_named(tmp_path):
    fitted = make_pipeline(CountVectorizer(analyzer=str.split), MultilabelLogisticRegression())
    fitted.fit(TEXTS, SETS)
    message = (
        r"Pipeline\.steps\[0\]\[1\]\.analyzer cannot be saved: it is 'str\.split', a "
        r"method_descriptor\. save stores data, not code\. Use a built-in option instead, or store "
        r"this estimator with joblib"
    )
    with pytest.raises(ValueError, match=message):
        save(fitted, tmp_path / "model")
    with pytest.raises(ValueError, match=message):
        save(fitted, tmp_path / "model.zip")
    assert os.listdir(tmp_path) == []


def test_an_unfitted_tagger_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        save(TfidfLogRegTagger(), tmp_path / "model")


@pytest.mark.parametrize("is_pipeline", [False, True])
def test_a_fit_in_another_thread_does_not_reach_the_files(tmp_path, monkeypatch, is_pipeline):
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS)
    model = make_pipeline("passthrough", tagger) if is_pipeline else tagger
    proba, card = model.predict_proba(NEW_TEXTS), model_card(model)
    write = DirectoryWriter.write

    def refit_and_write(writer, name, content):
        tagger.fit(TEXTS, [[*labels, "all"] for labels in SETS])  # a third label
        write(writer, name, content)

    monkeypatch.setattr(DirectoryWriter, "write", refit_and_write)
    save(model, tmp_path / "model")
    assert len(tagger.label_names_) == 3
    assert (tmp_path / "model" / "README.md").read_text() == card
    np.testing.assert_array_equal(load(tmp_path / "model").predict_proba(NEW_TEXTS), proba)


def test_the_manifest_says_what_it_is(tmp_path, tagger):
    save(tagger, tmp_path / "model")
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["format_version"] == 1
    assert manifest["class"] == "skmultitext.TfidfLogRegTagger"
    assert manifest["label_names"] == ["delivery", "refund"]
    assert manifest["thresholds"] == [0.5, 0.5]
    assert manifest["parameters"]["C"] == "'auto'"
    assert manifest["versions"]["numpy"] == np.__version__
    for name, entry in manifest["files"].items():
        assert (tmp_path / "model" / name).stat().st_size == entry["size"]
    card = (tmp_path / "model" / "README.md").read_text()
    assert card.startswith("# TfidfLogRegTagger")
    terms = [
        f for f in (tmp_path / "model" / "data").iterdir() if "parcel\n" in f.read_text("latin1")
    ]
    assert len(terms) == 0  # short vocabularies stand in the tree


def test_the_same_model_makes_the_same_file(tmp_path, tagger):
    for name in ("one.zip", "two.zip"):
        save(tagger, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_author_may_edit_the_model_card(tmp_path, tagger):
    save(tagger, tmp_path / "model")
    (tmp_path / "model" / "README.md").write_text("Licence: mine")
    assert_same(skmultitext.load(tmp_path / "model"), tagger, NEW_TEXTS)


def test_the_stored_example_of_format_1_loads():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        loaded = skmultitext.load(EXAMPLE)
    assert type(loaded) is TunedThresholdTaggerCV
    assert loaded.predict_labels(["please refund my lamp", "parcel late", "hello"]) == [
        ("refund",),
        ("delivery",),
        (),
    ]
    np.testing.assert_allclose(loaded.thresholds_, [0.50063813, 0.50058077], rtol=1e-6)


def rewrite_manifest(folder, **changes):
    """Change the manifest of a model, with a SHA-256 that fits."""
    from skmultitext.persistence._manifest import _digest

    file = folder / "manifest.json"
    manifest = json.loads(file.read_text()) | changes
    manifest["sha256"] = _digest(manifest)
    file.write_text(json.dumps(manifest))


def test_a_newer_format_names_both_versions(tmp_path, tagger):
    save(tagger, tmp_path / "model")
    rewrite_manifest(tmp_path / "model", format_version=2, versions={"skmultitext": "3.1"})
    message = (
        rf"format version 2, written by skmultitext 3\.1; skmultitext {skmultitext.__version__} "
        r"reads up to format version 1\. Install a newer"
    )
    with pytest.raises(ModelFileError, match=message):
        skmultitext.load(tmp_path / "model")


def test_another_version_of_scikit_learn_warns(tmp_path, tagger):
    save(tagger, tmp_path / "model")
    rewrite_manifest(tmp_path / "model", versions={"scikit-learn": "0.1", "numpy": "0.1"})
    with pytest.warns(InconsistentVersionWarning, match="written with scikit-learn 0.1") as found:
        skmultitext.load(tmp_path / "model")
    assert [type(w.message) for w in found] == [InconsistentModelWarning]
    assert found[0].filename == __file__


def test_a_manifest_that_says_other_than_the_model(tmp_path, tagger):
    save(tagger, tmp_path / "model")
    for change in (
        {"thresholds": [0.1, 0.5]},
        {"class": "sklearn.Pipeline"},
        {"label_names": None},
    ):
        shutil.copytree(tmp_path / "model", tmp_path / "copy")
        rewrite_manifest(tmp_path / "copy", **change)
        with pytest.raises(ModelFileError, match=r"manifest\.json does not match the model"):
            skmultitext.load(tmp_path / "copy")
        shutil.rmtree(tmp_path / "copy")


def test_a_file_that_is_not_used_or_not_listed(tmp_path, tagger):
    save(tagger, tmp_path / "model")
    files = json.loads((tmp_path / "model" / "manifest.json").read_text())["files"]
    rewrite_manifest(tmp_path / "model", files={**files, "data/none.npy": files["state.json"]})
    with pytest.raises(
        ModelFileError, match=r"manifest\.json lists data/none\.npy, which the model does not use"
    ):
        skmultitext.load(tmp_path / "model")
    rewrite_manifest(tmp_path / "model", files={"state.json": files["state.json"]})
    with pytest.raises(
        ModelFileError, match=r"'data/0000\.npy', which manifest\.json does not list"
    ):
        skmultitext.load(tmp_path / "model")


def test_nothing_is_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no saved model at"):
        skmultitext.load(tmp_path / "model")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="neither a directory nor a zip"):
        skmultitext.load(tmp_path / "pipe")


def test_a_missing_library_names_its_extra(tmp_path, tagger, monkeypatch):
    save(tagger, tmp_path / "model")
    file = tmp_path / "model" / "state.json"
    tree = {"$": "object", "class": "skmultitext.TorchNetwork", "state": {}}
    file.write_text(json.dumps(tree))
    entry = entry_of(file.read_bytes())
    rewrite_manifest(tmp_path / "model", files={"state.json": entry})
    for module in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, module, None)
    for module in [m for m in sys.modules if m.startswith("skmultitext.transformer.")]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(MissingExtraError, match=r"This saved model needs .*\[transformers\]"):
        skmultitext.load(tmp_path / "model")


def entry_of(content):
    """The entry of a file in the manifest."""
    import hashlib

    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def check_damaged(path):
    """A damaged model loads as it was, or is an error of ours."""
    try:
        return skmultitext.load(path)
    except (ModelFileError, FileNotFoundError, MissingExtraError):
        return None


def walk(tree):
    """Every place in a tree, as (holder, key)."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from walk(tree[key])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "is nested 100000 levels deep"),
        (b"1" * 10_000, "is not valid JSON"),
        (b"\xff\xfe", "is not valid JSON"),
        (b"[]", "does not belong to a saved model"),
        (b'{"format": "skmultitext model"}', "has the format version 'None'"),
        (b'{"format": "skmultitext model", "format_version": 1}', "its SHA-256 does not"),
    ],
)
def test_a_manifest_that_is_none(tmp_path, content, message):
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        skmultitext.load(tmp_path)


def test_no_library_is_loaded_that_the_model_does_not_need(tmp_path, tagger):
    save(tagger, tmp_path / "model")
    code = (
        "import sys, skmultitext\n"
        f"skmultitext.load({str(tmp_path / 'model')!r}).predict(['late'])\n"
        "print([m for m in ('tensorflow', 'torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.slow
def test_a_model_is_the_same_file_in_every_process(tmp_path):
    code = (
        "import sys, skmultitext\n"
        "from skmultitext import FixedThresholdTagger, TfidfLogRegTagger\n"
        f"texts, sets = {TEXTS!r}, {SETS!r}\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "tagger = TfidfLogRegTagger(stop_words=['the', 'my'], ngram_range=(1, 2))\n"
        "fixed = FixedThresholdTagger(tagger, threshold={'refund': 0.3}).fit(texts, sets)\n"
        "skmultitext.save(fixed, sys.argv[1])"
    )
    for name, seed in (("one", "0"), ("two", "12345")):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        arguments = [sys.executable, "-c", code, str(tmp_path / f"{name}.zip"), name * 1000]
        subprocess.run(arguments, env=environment, check=True, timeout=300)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_no_place_of_this_machine_is_told(tmp_path):
    from skmultitext import KerasHANTagger, TransformerTagger

    place = tmp_path / "a secret place"
    tagger = TfidfLogRegTagger(n_jobs=7).fit(TEXTS, SETS)
    for other in (
        TransformerTagger(place / "bert", checkpoint_dir=place / "states"),
        KerasHANTagger(pretrained_vectors=str(place / "vectors.txt")),
        make_pipeline(CountVectorizer(), tagger, memory=str(place)),
    ):
        wrapped = FixedThresholdTagger(tagger).fit(TEXTS, SETS)
        wrapped.estimator = other
        save(wrapped, tmp_path / "model")
        shutil.copy(tmp_path / "model" / "README.md", tmp_path / "README.md")
        for file in [f for f in (tmp_path / "model").rglob("*") if f.is_file()]:
            assert b"a secret place" not in file.read_bytes(), file
        loaded = skmultitext.load(tmp_path / "model")
        shown = {"checkpoint": "bert", "pretrained_vectors": "vectors.txt"}
        for name, value in loaded.estimator.get_params(deep=False).items():
            if name in ("checkpoint", "checkpoint_dir", "pretrained_vectors", "memory"):
                assert value == shown.get(name)
        assert model_card(loaded) == (tmp_path / "README.md").read_text()
        assert loaded.estimator_.n_jobs is None
        shutil.rmtree(tmp_path / "model")


def test_what_a_file_says_does_not_reach_the_terminal(tmp_path, tagger):
    escape = "\x1b]0;gotcha\x07\u202e\n"
    save(tagger, tmp_path / "model")
    files = json.loads((tmp_path / "model" / "manifest.json").read_text())["files"]
    for changes in (
        {"versions": {"numpy": escape}},
        {"versions": {escape: "1"}},
        {"format_version": 2, "versions": {"skmultitext": escape}},
        {"format_version": escape},
        {"files": {**files, escape: files["state.json"]}},
        {escape: 3, "label_names": [escape]},
    ):
        shutil.copytree(tmp_path / "model", tmp_path / "copy")
        rewrite_manifest(tmp_path / "copy", **changes)
        with pytest.raises(ModelFileError) as found:
            skmultitext.load(tmp_path / "copy")
        shutil.rmtree(tmp_path / "copy")
        lines = "".join(traceback.format_exception(found.value)).splitlines()
        assert all(line.isprintable() for line in lines), lines
    tree = (tmp_path / "model" / "state.json").read_text()
    for old, new in (
        ('"word"', json.dumps(escape)),
        ('"min_df": 0.0001', '"min_df": "\\u001b[2J"'),
    ):
        assert old in tree
        (tmp_path / "model" / "state.json").write_text(tree.replace(old, new))
        entry = entry_of((tmp_path / "model" / "state.json").read_bytes())
        rewrite_manifest(tmp_path / "model", files={**files, "state.json": entry})
        with pytest.raises(ModelFileError) as found:
            skmultitext.load(tmp_path / "model")
        assert all(
            line.isprintable()
            for line in "".join(traceback.format_exception(found.value)).splitlines()
        )


def test_patterns_of_strangers_are_refused(tmp_path):
    hostile = TfidfLogRegTagger(token_pattern=r"(?:\w+)+\b$").fit(TEXTS, SETS)
    save(hostile, tmp_path / "model")
    skmultitext.load(tmp_path / "model")
    message = r"token_pattern is .*; it must be one of the patterns of this package"
    with pytest.raises(ModelFileError, match=message):
        skmultitext.load(tmp_path / "model", allow_patterns=False)
    for own in (
        TfidfLogRegTagger().fit(TEXTS, SETS),
        TfidfLogRegTagger(analyzer="char", token_pattern=None).fit(TEXTS, SETS),
    ):
        save(own, tmp_path / "own")
        assert_same(skmultitext.load(tmp_path / "own", allow_patterns=False), own, NEW_TEXTS)


def test_a_long_error_is_cut_off():
    assert len(str(ModelFileError("x" * 10**6))) == 2000
    assert str(ModelFileError("a\x1b\u202e\ud800\n")) == r"a\x1b\u202e\ud800\n"
