"""Training from files and prediction into files."""

import gzip
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from sklearn.exceptions import NotFittedError

from skmultitext.datasets import make_multilabel_text, read_jsonl, read_text_and_onehot
from skmultitext.exceptions import DataFileError
from skmultitext.neural.han import KerasHANTagger

TINY = {
    "encoder": "mean",
    "embedding_dim": 16,
    "learning_rate": 0.02,
    "batch_size": 16,
    "max_epochs": 3,
    "early_stopping": False,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Files of texts and one-hot rows, to train and to validate on."""
    folder = tmp_path_factory.mktemp("corpus")
    for name, n, seed in (("train", 300, 0), ("dev", 80, 1)):
        bunch = make_multilabel_text(
            n, n_labels=3, n_words=10, vocabulary_size=200, random_state=seed
        )
        (folder / f"{name}.txt").write_text("\n".join(bunch.data) + "\n")
        rows = [",".join(map(str, row)) for row in bunch.target.tolist()]
        (folder / f"{name}.labels").write_text("\n".join(rows) + "\n")
    return folder


def paths(corpus, name):
    return corpus / f"{name}.txt", corpus / f"{name}.labels"


@pytest.fixture(scope="module")
def fitted(corpus):
    return KerasHANTagger(**{**TINY, "max_epochs": 10}).fit_files(*paths(corpus, "train"))


def test_it_learns_as_from_memory(corpus, fitted):
    bunch = read_text_and_onehot(*paths(corpus, "train"))
    assert fitted.label_names_.tolist() == bunch.target_names
    memory = KerasHANTagger(**{**TINY, "max_epochs": 10}).fit(bunch.data, bunch.label_sets)
    assert memory.vocabulary_ == fitted.vocabulary_
    right = [(t.predict(bunch.data) == bunch.target).mean() for t in (fitted, memory)]
    assert min(right) > 0.8
    assert abs(right[0] - right[1]) < 0.08
    assert fitted.history_[-1]["loss"] < fitted.history_[0]["loss"]
    assert not hasattr(fitted, "_file_options")


@pytest.mark.slow
def test_the_seed_decides(corpus):
    weights = [
        KerasHANTagger(**{**TINY, "random_state": seed})
        .fit_files(*paths(corpus, "train"), shuffle_buffer=50)
        .network_.model.get_weights()
        for seed in (0, 0, 1)
    ]
    for first, second in zip(weights[0], weights[1], strict=True):
        np.testing.assert_array_equal(first, second)
    assert (weights[0][0] != weights[2][0]).any()


def test_validation_in_the_middle_of_epochs_and_early_stopping(corpus):
    seen = []

    def watch(event):
        if event.name == "validation":
            seen.append((event.step, event.values["f1_micro"]))

    tagger = KerasHANTagger(
        **{**TINY, "max_epochs": 40, "learning_rate": 0.1, "early_stopping": True},
        monitor="f1_micro",
        callbacks=watch,
    ).fit_files(*paths(corpus, "train"), validation=paths(corpus, "dev"), validate_every=5)
    steps, scores = zip(*seen, strict=True)
    assert list(steps) == list(range(5, 5 * len(steps) + 1, 5))
    assert int(np.argmax(scores)) == len(scores) - 4  # then three without improvement
    dev = read_text_and_onehot(*paths(corpus, "dev"))
    from skmultitext.metrics import f1

    np.testing.assert_allclose(
        f1(dev.target, tagger.predict(dev.data), average="micro"), max(scores), atol=1e-12
    )


def test_scores_are_shown(corpus, capsys):
    KerasHANTagger(**{**TINY, "max_epochs": 1}, verbose=2).fit_files(
        *paths(corpus, "train"), validation=paths(corpus, "dev")
    )
    shown = capsys.readouterr().out
    for name in ("loss", "f1_micro", "f1_macro", "f1_weighted", "validation_neg_log_loss"):
        assert name in shown


KILLED = """
import os, signal, sys
from skmultitext.neural.han import KerasHANTagger
text, labels, checkpoints, parameters, last = sys.argv[1:]
def stop(event):
    if event.name == "step" and event.step == int(last):
        os.kill(os.getpid(), signal.SIGKILL)
tagger = KerasHANTagger(**eval(parameters), callbacks=stop)
tagger.fit_files(text, labels, checkpoint_dir=checkpoints, checkpoint_every=7, shuffle_buffer=100)
"""


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["mean", "han"])
def test_a_run_that_was_killed_ends_with_the_same_weights(corpus, tmp_path, encoder):
    parameters = {**TINY, "encoder": encoder, "units": 6}
    files = paths(corpus, "train")
    arguments = [*map(str, files), str(tmp_path / "checkpoints"), repr(parameters), "33"]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert os.listdir(tmp_path / "checkpoints") == ["checkpoint.npz"]
    steps = []
    resumed = KerasHANTagger(
        **parameters, callbacks=lambda e: steps.append(e.step) if e.name == "step" else None
    ).fit_files(
        *files, checkpoint_dir=tmp_path / "checkpoints", checkpoint_every=7, shuffle_buffer=100
    )
    assert steps[0] == 29  # 28 were in the checkpoint
    whole = KerasHANTagger(**parameters).fit_files(*files, shuffle_buffer=100)
    ours, theirs = (t.network_.model.get_weights() for t in (resumed, whole))
    for first, second in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(first, second)
    assert [r["loss"] for r in resumed.history_] == [r["loss"] for r in whole.history_]
    assert os.listdir(tmp_path / "checkpoints") == []


def test_a_checkpoint_of_another_training_or_a_corrupt_one_is_refused(corpus, tmp_path):
    files = paths(corpus, "train")

    def stop(event):
        return event.name == "step" and event.step == 5

    def fit(**parameters):
        return KerasHANTagger(**{**TINY, **parameters}).fit_files(
            *files, checkpoint_dir=tmp_path, checkpoint_every=2
        )

    fit(callbacks=stop)
    with pytest.raises(ValueError, match=r"checkpoint.npz cannot be used: it belongs to another"):
        fit(embedding_dim=8)
    path = tmp_path / "checkpoint.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"checkpoint.npz cannot be used"):
        fit()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "xml"}, "format is 'xml'"),
        ({"validation": 3}, "validation is 3; pass a path, or a tuple"),
        ({"validate_every": 0}, "validate_every is 0; pass an int of at least 1"),
        ({"shuffle_buffer": None}, "shuffle_buffer is None"),
        ({"checkpoint_every": 1.5}, "checkpoint_every is 1.5"),
        ({"reader_options": {"label_names": ["one"]}}, r"3 values found, 1 expected"),
    ],
)
def test_bad_calls_leave_no_half_model(corpus, options, message):
    tagger = KerasHANTagger(**TINY)
    with pytest.raises(ValueError, match=message):
        tagger.fit_files(*paths(corpus, "train"), **options)
    with pytest.raises(NotFittedError):
        tagger.predict(["a"])
    assert set(vars(tagger)) == set(tagger.get_params())


def test_early_stopping_needs_validation_files(corpus):
    with pytest.raises(ValueError, match="early_stopping=True needs validation files"):
        KerasHANTagger().fit_files(*paths(corpus, "train"))


def test_a_bad_row_is_named(tmp_path):
    (tmp_path / "x").write_text("a\nb\n")
    (tmp_path / "y").write_text("1,0\n1,2\n")
    with pytest.raises(DataFileError, match=r"y:2: '2' is not 0 or 1"):
        KerasHANTagger(**TINY).fit_files(tmp_path / "x", tmp_path / "y")


def test_predictions_are_written_as_those_from_memory(corpus, tmp_path, fitted):
    dev = read_text_and_onehot(*paths(corpus, "dev"))
    text_path = corpus / "dev.txt"
    assert fitted.predict_files(text_path, tmp_path / "onehot") == len(dev.data)
    again = read_text_and_onehot(text_path, tmp_path / "onehot")
    np.testing.assert_array_equal(again.target, fitted.predict(dev.data))

    fitted.predict_files(text_path, tmp_path / "json", output="jsonl")
    written = [json.loads(line) for line in (tmp_path / "json").read_text().splitlines()]
    assert [tuple(record["labels"]) for record in written] == fitted.predict_labels(dev.data)
    assert read_jsonl(tmp_path / "json").data == dev.data

    fitted.predict_files(text_path, tmp_path / "proba", output="proba")
    header, *rows = (tmp_path / "proba").read_text().splitlines()
    assert header.split(",") == fitted.label_names_.tolist()
    found = np.array([row.split(",") for row in rows], dtype=np.float64)
    np.testing.assert_array_equal(found, fitted.predict_proba(dev.data))


def test_empty_lines_and_gzip(tmp_path, fitted):
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"\nlate\r\n\n"))
    assert fitted.predict_files(tmp_path / "x.gz", tmp_path / "y") == 3
    assert len((tmp_path / "y").read_text().splitlines()) == 3


def test_a_prediction_that_fails_leaves_no_file(tmp_path, fitted):
    (tmp_path / "x").write_bytes(b"fine\n\xff\n")
    with pytest.raises(DataFileError, match=r"x:2: .*is not UTF-8"):
        fitted.predict_files(tmp_path / "x", tmp_path / "y")
    assert os.listdir(tmp_path) == ["x"]
    with pytest.raises(ValueError, match="output is 'csv'; pass one of 'onehot', 'jsonl', 'proba'"):
        fitted.predict_files(tmp_path / "x", tmp_path / "y", output="csv")
    with pytest.raises(NotFittedError):
        KerasHANTagger().predict_files(tmp_path / "x", tmp_path / "y")


def test_hostile_names_and_texts_do_no_harm_in_what_is_written(tmp_path):
    names = ["=cmd|' /C calc'!A0", "@SUM(1)", "plain"]
    texts = ["late\u2028parcel", "refund\x85now", "hello"]
    tagger = KerasHANTagger(**TINY).fit(texts * 4, [[name] for name in names] * 4)
    (tmp_path / "x").write_text("\n".join(texts) + "\n", encoding="utf-8")
    tagger.predict_files(tmp_path / "x", tmp_path / "proba", output="proba")
    header = (tmp_path / "proba").read_text().splitlines()[0].split(",")
    assert header == ["'=cmd|' /C calc'!A0", "'@SUM(1)", "plain"]
    tagger.predict_files(tmp_path / "x", tmp_path / "json", output="jsonl")
    lines = (tmp_path / "json").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == texts
