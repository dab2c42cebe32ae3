"""Training from files."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from han_files import TINY, paths, write_corpus
from sklearn.exceptions import NotFittedError

from skmultitext.datasets import read_text_and_onehot
from skmultitext.exceptions import UnknownLabelWarning
from skmultitext.metrics import get_scorer
from skmultitext.neural.han import KerasHANTagger


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Files of texts and one-hot rows, to train and to validate on."""
    return write_corpus(tmp_path_factory.mktemp("corpus"))


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
            seen.append((event.step, event.values["validation_f1_micro"]))

    tagger = KerasHANTagger(
        **{**TINY, "max_epochs": 40, "learning_rate": 0.1, "early_stopping": True},
        monitor="f1_micro",
        callbacks=watch,
        training_params={"validate_every": 5},
    ).fit_files(*paths(corpus, "train"), validation=paths(corpus, "dev"))
    steps, scores = zip(*seen, strict=True)
    assert list(steps) == list(range(5, 5 * len(steps) + 1, 5))
    assert int(np.argmax(scores)) == len(scores) - 4  # then three without improvement
    dev = read_text_and_onehot(*paths(corpus, "dev"))
    from skmultitext.metrics import f1_score

    np.testing.assert_allclose(
        f1_score(dev.target, tagger.predict(dev.data), average="micro"), max(scores), atol=1e-12
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
every = {"checkpoint_every": 7}
tagger = KerasHANTagger(
    **eval(parameters), callbacks=stop, checkpoint_dir=checkpoints, training_params=every
)
tagger.fit_files(text, labels, shuffle_buffer=100)
"""


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["mean", "han"])
def test_a_run_that_was_killed_ends_with_the_same_weights(corpus, tmp_path, encoder):
    parameters = {**TINY, "encoder": encoder, **({"units": 6} if encoder == "han" else {})}
    files = paths(corpus, "train")
    arguments = [*map(str, files), str(tmp_path / "checkpoints"), repr(parameters), "33"]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert os.listdir(tmp_path / "checkpoints") == ["checkpoint.npz"]
    steps = []
    resumed = KerasHANTagger(
        **parameters,
        callbacks=lambda e: steps.append(e.step) if e.name == "step" else None,
        checkpoint_dir=tmp_path / "checkpoints",
        training_params={"checkpoint_every": 7},
    ).fit_files(*files, shuffle_buffer=100)
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
        tagger = KerasHANTagger(**{**TINY, **EVERY_2, **parameters}, checkpoint_dir=tmp_path)
        return tagger.fit_files(*files)

    fit(callbacks=stop)
    with pytest.raises(ValueError, match=r"checkpoint.npz cannot be used: it belongs to another"):
        fit(embedding_dim=8)
    path = tmp_path / "checkpoint.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"checkpoint.npz cannot be used"):
        fit()


EVERY_2 = {"training_params": {"checkpoint_every": 2}}


def stop_at(last_step):
    return lambda event: event.name == "step" and event.step == last_step


def copied(corpus, folder):
    """Copy the files, so that a test can change them; paths of training and of validation."""
    for path in corpus.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return paths(folder, "train"), paths(folder, "dev")


@pytest.mark.parametrize("changed", ["train.labels", "train.txt", "dev.labels"])
def test_files_of_other_content_are_told_apart(corpus, tmp_path, changed):
    train, dev = copied(corpus, tmp_path)
    tagger = KerasHANTagger(**TINY, **EVERY_2, checkpoint_dir=tmp_path / "state")
    tagger.set_params(callbacks=stop_at(5)).fit_files(*train, validation=dev)
    path = tmp_path / changed
    content = path.read_bytes()
    swapped = content.translate(bytes.maketrans(b"01", b"10") if "labels" in changed else None)
    if changed == "train.txt":
        swapped = content[::-1].strip(b"\n") + b"\n"
    path.write_bytes(swapped)
    assert len(swapped) == len(content)
    assert swapped != content
    with pytest.raises(
        ValueError, match=r"belongs to another training, whose (files|validation) is"
    ):
        tagger.set_params(callbacks=None).fit_files(*train, validation=dev)


@pytest.mark.parametrize(
    ("parameters", "options", "key"),
    [
        ({"max_epochs": 4}, {}, "max_epochs"),
        ({"training_params": {"validate_every": 4}}, {}, "training_params"),
        ({}, {"reader_options": {"on_bad_row": "skip"}}, "reader_options"),
    ],
)
def test_another_training_is_told_apart(corpus, tmp_path, parameters, options, key):
    train, dev = paths(corpus, "train"), paths(corpus, "dev")
    tagger = KerasHANTagger(**TINY, **EVERY_2, checkpoint_dir=tmp_path)
    tagger.set_params(callbacks=stop_at(5)).fit_files(*train, validation=dev)
    tagger.set_params(callbacks=None, **parameters)
    with pytest.raises(ValueError, match=f"belongs to another training, whose {key} is"):
        tagger.fit_files(*train, validation=dev, **options)


def test_callables_and_random_states_resume(corpus, tmp_path):
    def make(**parameters):
        monitor = ["f1_micro", lambda tagger, X, y: 0.5]
        changed = {"random_state": np.random.RandomState(0), "checkpoint_dir": tmp_path}
        return KerasHANTagger(**{**TINY, **EVERY_2, **changed}, monitor=monitor, **parameters)

    dev = paths(corpus, "dev")
    make(callbacks=stop_at(5)).fit_files(*paths(corpus, "train"), validation=dev)
    steps = []
    make(callbacks=lambda event: steps.append(event.step)).fit_files(
        *paths(corpus, "train"), validation=dev
    )
    assert steps[0] == 4


def test_several_scores_every_few_steps(corpus):
    """What a published pipeline prints, of training and validation, at each validation."""
    seen = []

    def watch(event):
        if event.name == "validation":
            seen.append(event.values)

    def half(tagger, X, y):
        return 0.5

    names = ["f1_micro", "f1_macro", "f1_weighted", "exact_match", "roc_auc_macro"]
    tagger = KerasHANTagger(
        **TINY,
        monitor=[*names, half],
        callbacks=watch,
        training_params={"validate_every": 7},
    ).fit_files(*paths(corpus, "train"), validation=paths(corpus, "dev"))
    assert len(seen) == 57 // 7
    trained = {"loss", "f1_micro", "f1_macro", "f1_weighted", "exact_match", "binary_accuracy"}
    validated = {"validation_loss", *(f"validation_{name}" for name in [*names, "half"])}
    assert all(values.keys() == trained | validated for values in seen)
    assert all(trained | validated < record.keys() for record in tagger.history_)
    dev = read_text_and_onehot(*paths(corpus, "dev"))
    last = KerasHANTagger(**TINY, monitor=names).fit_files(
        *paths(corpus, "train"), validation=paths(corpus, "dev")
    )
    for name in ("f1_macro", "roc_auc_macro"):
        wanted = get_scorer(name)(last, dev.data, dev.target)
        assert last.history_[-1][f"validation_{name}"] == pytest.approx(wanted)


def test_an_interrupt_goes_on(corpus):
    def interrupt(event):
        if event.name == "step" and event.step == 25:
            raise KeyboardInterrupt

    tagger = KerasHANTagger(**TINY, callbacks=interrupt)
    with pytest.raises(KeyboardInterrupt, match="the tagger is fitted with the best weights"):
        tagger.fit_files(*paths(corpus, "train"))
    assert tagger.n_iter_ == 1
    assert len(tagger.predict_labels(["a b"])) == 1


def test_what_has_no_effect_is_told(corpus):
    tagger = KerasHANTagger(
        **{**TINY, "max_epochs": 1},
        validation_fraction=0.2,
        monitor="f1_micro",
        max_sentences=3,
        training_params={"validate_every": 5, "checkpoint_every": 5},
    )
    message = (
        r"checkpoint_every=5 \(no checkpoint_dir\), max_sentences=3 \(encoder='mean'\), "
        r"validation_fraction=0.2 \(fit_files holds nothing out\), "
        r"monitor='f1_micro' \(no validation files\), validate_every=5 \(no validation files\)\."
    )
    with pytest.warns(UserWarning, match=message):
        tagger.fit_files(*paths(corpus, "train"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "xml"}, "format is 'xml'"),
        ({"validation": 3}, "validation is 3; pass a path, or a tuple"),
        ({"shuffle_buffer": None}, "shuffle_buffer is None"),
        ({"shuffle_buffer": True}, "shuffle_buffer is True"),
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


def write_jsonl(path, texts, y):
    names = ["a", "b", "c"]
    with path.open("w") as stream:
        for text, row in zip(texts, y.tolist(), strict=True):
            labels = [None if np.isnan(value) else value for value in row]
            document = {"text": text, "labels": dict(zip(names, labels, strict=True))}
            stream.write(json.dumps(document) + "\n")


@pytest.mark.slow
def test_files_with_unknown_labels(corpus, tmp_path):
    bunch = read_text_and_onehot(*paths(corpus, "train"))
    y = bunch.target.astype(float)
    y[np.random.RandomState(0).rand(*y.shape) < 0.3] = np.nan
    y[5] = np.nan
    kept = np.flatnonzero(~np.isnan(y).all(axis=1))
    write_jsonl(tmp_path / "all.jsonl", bunch.data, y)
    write_jsonl(tmp_path / "kept.jsonl", [bunch.data[i] for i in kept], y[kept])
    options = {"format": "jsonl", "reader_options": {"unlabeled": "unknown"}}

    def make(**parameters):
        return KerasHANTagger(**{**TINY, **parameters})

    with pytest.warns(UnknownLabelWarning, match=f"{300 - len(kept)} of 300 documents"):
        tagger = make(max_epochs=10).fit_files(tmp_path / "all.jsonl", **options)
    other = make(max_epochs=10).fit_files(tmp_path / "kept.jsonl", **options)
    for first, second in zip(
        tagger.network_.model.get_weights(), other.network_.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(first, second)
    memory = make(max_epochs=10).fit([bunch.data[i] for i in kept], y[kept])
    assert memory.vocabulary_ == tagger.vocabulary_
    assert tagger._n_seen[1].tolist() == memory._n_seen[1].tolist()
    # the order of the documents differs
    right = [(t.predict(bunch.data) == bunch.target).mean() for t in (tagger, memory)]
    assert min(right) > 0.75
    assert abs(right[0] - right[1]) < 0.08
    # validation on the file of the last epoch
    validated = make(monitor=["exact_match"]).fit_files(
        tmp_path / "kept.jsonl", validation=tmp_path / "kept.jsonl", **options
    )
    score = validated.score([bunch.data[i] for i in kept], y[kept])
    assert validated.history_[-1]["validation_exact_match"] == pytest.approx(score)
