"""Training on files: the weights of `fit`, resumption by content, errors without half models."""

import json
import os

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import transformer_toys as toys
from sklearn.exceptions import NotFittedError

from skmultitext.exceptions import UnknownLabelWarning

NAMES = ["a", "b", "c"]
TEXTS, Y = toys.make_texts(60)
JSONL = {"format": "jsonl", "reader_options": {"label_names": NAMES}}


def write_jsonl(path, texts=TEXTS, y=Y):
    """Write documents; a NaN becomes null, an unknown label."""
    values = [[None if np.isnan(v) else int(v) for v in row] for row in y.tolist()]
    rows = [dict(zip(NAMES, row, strict=True)) for row in values]
    documents = [{"text": text, "labels": row} for text, row in zip(texts, rows, strict=True)]
    path.write_text("\n".join(map(json.dumps, documents)) + "\n")
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_jsonl(tmp_path_factory.mktemp("corpus") / "train.jsonl")


def label_sets(y):
    return [[name for name, given in zip(NAMES, row, strict=True) if given] for row in y]


def assert_same(one, other):
    assert one.label_names_.tolist() == other.label_names_.tolist()
    np.testing.assert_array_equal(one.decision_function(TEXTS), other.decision_function(TEXTS))
    left, right = (tagger.history_ for tagger in (one, other))
    assert [r["loss"] for r in left] == [r["loss"] for r in right]


WINDOWS = {"long_text": "window", "max_length": 6, "window_stride": 1}


@pytest.mark.parametrize(
    "parameters",
    [
        {"dropout": 0.1, "class_weight": "balanced"},
        {"freeze": "encoder"},
        {"loss_params": {"pos_weight": "balanced"}, **WINDOWS},
        {"freeze": "encoder", **WINDOWS},
    ],
    ids=["tuned", "frozen", "windows", "frozen windows"],
)
def test_the_weights_are_those_of_fit(path, parameters, monkeypatch):
    monkeypatch.setattr("skmultitext.transformer._token_files._ROWS_AT_A_TIME", 13)
    files = toys.tiny(**parameters).fit_files(path, **JSONL)
    assert_same(files, toys.tiny(**parameters).fit(TEXTS, label_sets(Y)))
    assert files._n_seen[0] == len(TEXTS)


@pytest.mark.slow
@pytest.mark.parametrize("freeze", ["none", "encoder"])
def test_the_weights_are_those_of_fit_with_tensorflow(path, freeze):
    pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")
    options = {"framework": "tensorflow", "freeze": freeze, "max_epochs": 1}
    files = toys.tiny(**options).fit_files(path, validation=path, **JSONL)
    data = TEXTS, label_sets(Y)
    assert_same(files, toys.tiny(**options).fit(*data, validation_data=data))


def test_nothing_is_left_in_the_temporary_directory(path, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = []

    def watch(event):
        seen.extend(folder for folder in os.listdir(tmp_path) if "skmultitext" in folder)

    toys.tiny(max_epochs=1, callbacks=watch).fit_files(path, **JSONL)
    assert len(set(seen)) == 1
    assert not any("skmultitext" in folder for folder in os.listdir(tmp_path))


def test_predictions_go_from_file_to_file(path, tmp_path):
    tagger = toys.tiny(max_epochs=1).fit_files(path, **JSONL)
    (tmp_path / "texts").write_text("\n".join(TEXTS) + "\n")
    assert tagger.predict_files(tmp_path / "texts", tmp_path / "found") == len(TEXTS)
    found = np.loadtxt(tmp_path / "found", delimiter=",", dtype=int)
    np.testing.assert_array_equal(found, tagger.predict(TEXTS))


def stop_at(step):
    return lambda event: event.name == "step" and event.step == step


def test_an_unfinished_training_resumes_if_the_content_is_the_same(path, tmp_path):
    options = {"checkpoint_every": 3, "checkpoint_dir": tmp_path / "state", "dropout": 0.1}
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(path.read_bytes())
    toys.tiny(**options, callbacks=stop_at(7)).fit_files(path, **JSONL)
    changed = write_jsonl(tmp_path / "changed.jsonl", TEXTS[::-1])
    with pytest.raises(ValueError, match="belongs to another training, whose files is"):
        toys.tiny(**options).fit_files(changed, **JSONL)
    steps = []
    resumed = toys.tiny(**options, callbacks=lambda e: steps.append(e.step)).fit_files(
        copy, **JSONL
    )
    assert steps[0] == 6
    assert os.listdir(tmp_path / "state") == []
    assert_same(resumed, toys.tiny(dropout=0.1).fit(TEXTS, label_sets(Y)))


def test_unknown_labels_take_no_part(tmp_path):
    y = Y.astype(float)
    y[np.random.RandomState(0).rand(*y.shape) < 0.3] = np.nan
    y[5] = np.nan
    kept = np.flatnonzero(~np.isnan(y).all(axis=1))
    options = {"format": "jsonl", "reader_options": {"unlabeled": "unknown", "label_names": NAMES}}
    message = f"{len(Y) - len(kept)} of {len(Y)} documents have no known label"
    with pytest.warns(UnknownLabelWarning, match=message):
        files = toys.tiny().fit_files(write_jsonl(tmp_path / "y.jsonl", y=y), **options)
    memory = toys.tiny(labels=NAMES).fit([TEXTS[i] for i in kept], y[kept])
    np.testing.assert_array_equal(files.decision_function(TEXTS), memory.decision_function(TEXTS))
    assert files._n_seen[1].tolist() == memory._n_seen[1].tolist()


@pytest.mark.parametrize(
    ("parameters", "options", "message"),
    [
        ({"head": "logreg"}, {}, "head='logreg' needs the vectors of all documents in memory"),
        ({"early_stopping": True}, {}, "early_stopping=True needs validation files"),
        ({}, {"format": "xml"}, "format is 'xml'"),
        ({}, {"validation": 3}, "validation is 3; pass a path, or a tuple"),
    ],
)
def test_bad_calls_leave_no_half_model(path, parameters, options, message):
    tagger = toys.tiny(**parameters)
    with pytest.raises(ValueError, match=message):
        tagger.fit_files(path, **{**JSONL, **options})
    with pytest.raises(NotFittedError):
        tagger.predict(["a"])
    assert set(vars(tagger)) == set(tagger.get_params())


def test_what_has_no_effect_is_told(path):
    tagger = toys.tiny(max_epochs=1, validation_fraction=0.2, monitor="f1_micro")
    message = (
        r"validation_fraction=0.2 \(fit_files holds nothing out\), "
        r"monitor='f1_micro' \(no validation files\)"
    )
    with pytest.warns(UserWarning, match=message):
        tagger.fit_files(path, **JSONL)
