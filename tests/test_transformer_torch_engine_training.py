"""Training a TransformerTagger on PyTorch: resume, interrupts, early stopping, what goes wrong."""

import os
import signal
import threading

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import torch
import transformer_toys as toys
from sklearn.model_selection import GridSearchCV

from skmultitext import TunedThresholdTaggerCV
from skmultitext.training._job import TrainingEvent


@pytest.fixture(scope="module")
def data():
    return toys.make_texts(48)


def test_accumulated_batches_make_one_update(data):
    texts, y = data[0][:32], data[1][:32]
    # all texts in one batch, or in four of eight: the same mean gradient, so the same weights
    options = {"max_epochs": 3, "learning_rate": 1e-3, "max_grad_norm": None}
    one = toys.tiny("modernbert", batch_size=32, **options)
    four = toys.tiny("modernbert", batch_size=8, gradient_accumulation_steps=4, **options)
    for tagger in (one, four):
        tagger.fit(texts, y)
    np.testing.assert_allclose(one.predict_proba(texts), four.predict_proba(texts), atol=1e-4)
    assert one.history_[-1]["step"] == four.history_[-1]["step"] == 3


def test_early_stopping_restores_the_best_weights(data):
    scores = []
    tagger = toys.tiny(
        early_stopping=True,
        max_epochs=8,
        n_iter_no_change=1,
        monitor=["f1_micro", "exact_match"],
        learning_rate=0.05,
        callbacks=lambda event: (
            scores.append(event.values["validation_f1_micro"])
            if event.name == "validation"
            else None
        ),
    )
    texts, y = data
    tagger.fit(texts, y, validation_data=(texts[:20], y[:20]))
    assert [r["validation_f1_micro"] for r in tagger.history_] == scores
    trained = {"f1_micro", "f1_macro", "f1_weighted", "exact_match", "binary_accuracy"}
    for record in tagger.history_:
        assert trained | {"validation_exact_match"} < record.keys()
        assert np.isfinite(record["validation_loss"])
    from skmultitext.metrics import get_scorer

    assert get_scorer("f1_micro")(tagger, texts[:20], y[:20]) == pytest.approx(max(scores))
    assert tagger.n_iter_ < 8
    assert np.argmax(scores) == len(scores) - 2


def assert_same_weights(first, second):
    theirs = second.network_.model.state_dict()
    for name, tensor in first.network_.model.state_dict().items():
        torch.testing.assert_close(tensor, theirs[name], rtol=0, atol=0)


@pytest.mark.parametrize("every", [None, 4])
def test_a_killed_training_goes_on_where_it_was(data, tmp_path, every):
    """A killed and resumed training ends with the weights of one that was not, bit for bit."""
    texts, y = data
    options = {"max_epochs": 3, "dropout": 0.1}
    wanted = toys.tiny(**options).fit(texts, y)
    assert not (tmp_path / "run").exists()
    options |= {"checkpoint_dir": tmp_path / "run", "checkpoint_every": every}

    class Killed(Exception):
        pass

    def kill(event):
        if event.name == "step" and event.step == 10:
            raise Killed

    with pytest.raises(Killed):
        toys.tiny(callbacks=kill, **options).fit(texts, y)
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["checkpoint.npz"]
    steps = []
    resumed = toys.tiny(
        callbacks=lambda event: steps.append(event.step) if event.name == "step" else None,
        **options,
    ).fit(texts, y)
    assert steps[0] == (7 if every is None else 9)
    assert_same_weights(resumed, wanted)
    assert [r["loss"] for r in resumed.history_] == [r["loss"] for r in wanted.history_]
    assert list((tmp_path / "run").iterdir()) == []


class Killed(Exception):
    """Ends a training as nothing else does."""


def kill_at(last_step):
    def kill(event):
        if event.name == "step" and event.step == last_step:
            raise Killed

    return kill


@pytest.mark.parametrize("every", [2, 3, 6])  # an epoch has 6 steps
def test_a_state_at_the_end_of_an_epoch_holds_its_validation(data, tmp_path, every):
    texts, y = data
    held = (texts[:10], y[:10])

    options = {
        "max_epochs": 5,
        "early_stopping": True,
        "n_iter_no_change": 2,
        "monitor": {"own": lambda tagger, X, y: 1.0},  # never better than in the first epoch
    }
    wanted = toys.tiny(**options).fit(texts, y, validation_data=held)
    assert wanted.n_iter_ == 3
    options |= {"checkpoint_dir": tmp_path, "checkpoint_every": every}
    with pytest.raises(Killed):
        toys.tiny(callbacks=kill_at(7), **options).fit(texts, y, validation_data=held)
    steps = []
    resumed = toys.tiny(
        callbacks=lambda event: steps.append(event.step) if event.name == "step" else None,
        **options,
    ).fit(texts, y, validation_data=held)
    assert steps[0] == 7
    assert resumed.n_iter_ == wanted.n_iter_
    for ours, theirs in zip(resumed.history_, wanted.history_, strict=True):
        assert ours.keys() == theirs.keys()
        for name in ours.keys() - {"seconds"}:
            assert ours[name] == theirs[name]
    assert_same_weights(resumed, wanted)


@pytest.mark.parametrize("random_state", [None, "fresh", "used"])
def test_a_generator_and_a_callable_monitor_resume(data, tmp_path, random_state):
    texts, y = data
    given = np.random.RandomState(3)

    def make(**parameters):
        state = {"fresh": np.random.RandomState(3), "used": given}.get(random_state)
        return toys.tiny(
            random_state=state,
            early_stopping=True,
            monitor=["f1_micro", lambda tagger, X, y: 0.5],
            checkpoint_dir=tmp_path,
            max_epochs=2,
            **parameters,
        )

    with pytest.raises(Killed):
        make(callbacks=kill_at(8)).fit(texts, y)
    steps = []
    make(callbacks=lambda event: steps.append((event.name, event.step))).fit(texts, y)
    assert next(step for name, step in steps if name == "step") > 2
    assert list(tmp_path.iterdir()) == []


def test_a_state_of_other_validation_data_is_refused(data, tmp_path):
    texts, y = data
    options = {"checkpoint_dir": tmp_path, "max_epochs": 2}
    with pytest.raises(Killed):
        toys.tiny(callbacks=kill_at(8), **options).fit(texts, y, validation_data=(texts, y))
    with pytest.raises(ValueError, match="belongs to another training, whose validation_data is"):
        toys.tiny(**options).fit(texts, y, validation_data=(texts, 1 - np.asarray(y)))
    with pytest.raises(ValueError, match="belongs to another training, whose max_epochs is 2"):
        toys.tiny(**{**options, "max_epochs": 3}).fit(texts, y, validation_data=(texts, y))


def test_a_half_written_checkpoint_and_one_of_another_training(data, tmp_path):
    texts, y = data
    options = {"checkpoint_dir": str(tmp_path), "max_epochs": 3}
    with pytest.raises(Killed):
        toys.tiny(callbacks=kill_at(14), **options).fit(texts, y)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.npz"]
    (tmp_path / ".checkpoint-half").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"belongs to another training, whose learning_rate is"):
        toys.tiny(learning_rate=0.5, **options).fit(texts, y)
    with pytest.raises(ValueError, match=r"belongs to another training, whose data is"):
        toys.tiny(**options).fit(texts[::-1], y)
    with pytest.raises(ValueError, match=r"belongs to another training, whose head_params is"):
        toys.tiny(pooling="max", **options).fit(texts, y)
    steps = []
    toys.tiny(
        callbacks=lambda event: steps.append(event.step) if event.name == "step" else None,
        **options,
    ).fit(texts, y)
    assert steps[0] == 13


@pytest.mark.parametrize("share", [0.01, 0.9])
def test_a_full_disk_is_told_and_the_training_goes_on_later(data, tmp_path, share):
    resource = pytest.importorskip("resource", reason="limits of files are of POSIX")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    steps = []

    def count(event):
        if event.name == "step":
            steps.append(event.step)

    def fill(event):
        count(event)
        if steps[-1:] == [8]:
            size = int(share * (tmp_path / "checkpoint.npz").stat().st_size)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))

    tagger = toys.tiny(callbacks=fill, checkpoint_dir=tmp_path, max_epochs=3)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that writing too much is an error
    try:
        with pytest.raises(OSError, match=r"No checkpoint can be written to .*: .* Make room"):
            tagger.fit(*data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert steps[-1] == 12
    steps.clear()
    tagger.set_params(callbacks=count).fit(*data)
    assert steps[0] == 7


def test_ctrl_c_keeps_the_best_weights_and_goes_on(data):
    texts, y = data
    best = {}

    def interrupt(event):
        if event.name == "epoch_end" and event.epoch == 1:
            best.update({k: v.clone() for k, v in event.model.state_dict().items()})
        if event.name == "step" and event.step == 9:
            raise KeyboardInterrupt

    tagger = toys.tiny(max_epochs=4, callbacks=interrupt)
    message = r"interrupted in epoch 2, after 9 steps: the tagger is fitted with the best"
    with pytest.raises(KeyboardInterrupt, match=message):
        tagger.fit(texts, y, validation_data=(texts, y))
    assert tagger.n_iter_ == 1
    for name, tensor in tagger.network_.model.state_dict().items():
        torch.testing.assert_close(tensor, best[name], rtol=0, atol=0)


@pytest.mark.parametrize("last", [1, 8])
def test_ctrl_c_ends_a_search(data, last):
    started = []

    def interrupt(event):
        if event.name == "train_begin":
            started.append(1)
        if event.name == "step" and event.step == last:
            raise KeyboardInterrupt

    tagger = toys.tiny(max_epochs=3, callbacks=interrupt)
    for search in (
        GridSearchCV(tagger, {"head_params": [{"dropout": 0.0}, {"dropout": 0.1}]}, cv=2),
        TunedThresholdTaggerCV(tagger, cv=2),
    ):
        started.clear()
        with pytest.raises(KeyboardInterrupt):
            search.fit(*data)
        assert len(started) == 1


def test_a_training_that_diverges_is_told(data):
    def spoil(event):
        if event.name == "train_begin":
            with torch.no_grad():
                for parameter in event.model.parameters():
                    parameter.mul_(1e3)

    with pytest.warns(
        UserWarning, match=r"The training has diverged: its last loss .* Lower learn"
    ):
        toys.tiny(callbacks=spoil, max_epochs=1, learning_rate=1e-6).fit(*data)


def test_a_loss_that_is_not_finite(data):
    options = {"learning_rate": 1e20, "max_grad_norm": None, "warmup_ratio": 0.0}
    with pytest.raises(
        FloatingPointError, match=r"The loss is nan at step \d+ \(epoch 1, batch \d+\). No weights"
    ) as told:
        toys.tiny(precision="float32", **options).fit(*data)
    advice = "Lower learning_rate (1e+20), or set training_params={'max_grad_norm': 1.0}."
    assert str(told.value).endswith(advice)  # not: set precision='float32'
    with pytest.raises(FloatingPointError, match="or set precision='float32'"):
        toys.tiny(precision="bfloat16", **options).fit(*data)


@pytest.mark.parametrize("where", ["train_begin", "validation"])
def test_full_memory_says_what_to_do(data, where):
    def full(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    def fill(event):
        if event.name == where:
            event.model.score = full  # in training and in prediction

    with pytest.raises(MemoryError, match="batch_size=4 and gradient_accumulation_steps=2"):
        toys.tiny(callbacks=fill, validation_fraction=0.2, monitor="f1_micro").fit(*data)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_fits_in_threads_are_those_of_one_after_the_other(data, dropout):
    seeds = (0, 1)
    wanted = [toys.tiny(dropout=dropout, random_state=seed).fit(*data) for seed in seeds]
    at_once = threading.Barrier(len(seeds), timeout=300)
    overlapping = []

    def meet(event):
        if event.name in ("train_begin", "epoch_end"):
            overlapping.append(at_once.wait())

    found = [toys.tiny(dropout=dropout, random_state=s, callbacks=meet) for s in seeds]
    threads = [threading.Thread(target=tagger.fit, args=data) for tagger in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(overlapping) == 6  # both were in the middle of a training at the same time
    for ours, theirs in zip(found, wanted, strict=True):
        assert_same_weights(ours, theirs)


def test_the_environment_is_left_as_it_was(data, monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    wanted = torch.rand(1).item(), np.random.rand()  # noqa: NPY002
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    toys.tiny(max_epochs=1).fit(*data)
    assert (torch.rand(1).item(), np.random.rand()) == wanted  # noqa: NPY002
    assert dict(os.environ) == before
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_bfloat16_trains_and_predicts_in_float32(data):
    texts, y = data
    tagger = toys.tiny(precision="bfloat16", max_epochs=1).fit(texts, y)
    assert {p.dtype for p in tagger.network_.model.parameters()} == {torch.float32}
    full = toys.tiny(precision="float32", max_epochs=1).fit(texts, y)
    assert abs(tagger.history_[0]["loss"] - full.history_[0]["loss"]) < 0.05
    assert "forward" not in vars(tagger.network_.model)


def test_every_epoch_has_an_order_of_its_own(data):
    epochs = [[], [], []]

    def note(event):
        if event.name == "step":
            epochs[event.epoch - 1].append(event.batch[0].tolist())

    toys.tiny(max_epochs=3, callbacks=note).fit(*data)
    assert len(epochs[0]) == len(epochs[1]) == len(epochs[2]) > 1
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    rows = [sorted(row for batch in epoch for row in batch) for epoch in epochs]
    assert rows[0] == rows[1] == rows[2]


def test_events_and_records():
    data = toys.make_texts(24)
    events = []
    tagger = toys.tiny(callbacks=events.append).fit(*data, validation_data=data)
    assert all(isinstance(event, TrainingEvent) for event in events)
    epoch = ["step", "step", "step", "validation", "epoch_end"]
    assert [e.name for e in events] == ["train_begin", *epoch, *epoch, "train_end"]
    assert [e.epoch for e in events if e.name == "epoch_end"] == [1, 2]
    indicator, logits, weight = next(e.batch for e in events if e.name == "step")
    assert indicator.shape == logits.shape == (8, 3)
    assert weight.tolist() == [1.0] * 8
    losses = [e.values["loss"] for e in events if e.name == "step"][:3]
    record = tagger.history_[0]
    assert record["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert set(record) == {
        *("epoch", "step", "loss", "learning_rate", "seconds"),
        *("f1_micro", "f1_macro", "f1_weighted", "exact_match", "binary_accuracy"),
        *("validation_loss", "validation_neg_log_loss"),
    }
    assert tagger.n_iter_ == len(tagger.history_) == 2


def test_a_callback_ends_the_training(data):
    tagger = toys.tiny(callbacks=lambda e: e.name == "step" and e.step == 2, max_epochs=5)
    tagger.fit(*data)
    assert tagger.history_[-1]["step"] == 2
    assert tagger.n_iter_ == 1


@pytest.mark.parametrize("verbose", [1, 2])
def test_progress_is_printed(data, capsys, verbose):
    toys.tiny(verbose=verbose).fit(*data)
    printed = capsys.readouterr()
    assert "epoch 2/2 - loss" in printed.out
    assert "[====" not in printed.out  # a bar needs a terminal
    assert printed.err == ""
