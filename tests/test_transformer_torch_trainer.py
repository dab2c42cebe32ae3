"""Training with Trainer: schedule, decay, accumulation, early stopping, resume, interrupts."""

import os
import signal

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import torch
import transformer_toys as toys
import transformers

from skmultitext.neural.training import make_schedule
from skmultitext.transformer import _torch_trainer


@pytest.fixture(scope="module")
def data():
    return toys.make_texts(48)


def record(kind, found):
    class Recorder(transformers.TrainerCallback):
        pass

    setattr(Recorder, kind, lambda self, args, state, control, **kw: found.append((args, kw)))
    return Recorder()


def test_learning_rate_rises_and_falls_as_in_keras(data):
    rates = []

    class Rates(transformers.TrainerCallback):
        def on_step_begin(self, args, state, control, lr_scheduler=None, **kwargs):
            rates.append(lr_scheduler.get_last_lr()[0])

    toys.tiny(learning_rate=0.01, warmup_ratio=0.25, callbacks=Rates()).fit(*data)
    schedule = make_schedule(0.01, 12, warmup_ratio=0.25, decay="linear")
    np.testing.assert_allclose(rates, [schedule(step) for step in range(12)])


def test_callbacks_that_log_get_every_epoch(data):
    found = []
    tagger = toys.tiny(callbacks=record("on_log", found), monitor="f1_micro")
    tagger.fit(*data, validation_data=data)
    logs = [kwargs["logs"] for _, kwargs in found if "loss" in kwargs["logs"]]
    assert len(logs) == len(tagger.history_) == 2
    for log, wanted in zip(logs, tagger.history_, strict=True):
        assert log["epoch"] == wanted["epoch"]
        assert log["loss"] == pytest.approx(wanted["loss"], rel=1e-4)
        assert log["eval_loss"] == wanted["validation_loss"]
        assert log["eval_f1_micro"] == wanted["validation_f1_micro"]


@pytest.mark.parametrize("model_type", toys.ARCHITECTURES)
def test_biases_and_normalisations_do_not_decay(data, model_type):
    found = []
    tagger = toys.tiny(
        model_type, max_epochs=1, weight_decay=0.1, callbacks=[record("on_train_begin", found)]
    )
    tagger.fit(data[0][:8], data[1][:8])
    kwargs = found[0][1]
    decayed, others = kwargs["optimizer"].param_groups
    assert decayed["weight_decay"] == 0.1
    assert others["weight_decay"] == 0.0
    norms = {
        id(p)
        for module in kwargs["model"].modules()
        if isinstance(module, torch.nn.LayerNorm)
        for p in module.parameters()
    }
    assert not norms & {id(p) for p in decayed["params"]}
    assert all(p.ndim > 1 for p in decayed["params"])
    n_weights = sum(1 for p in kwargs["model"].parameters() if p.requires_grad)
    assert len(decayed["params"]) + len(others["params"]) == n_weights


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
        monitor="f1_micro",
        validation_fraction=0.3,
        learning_rate=0.05,
        callbacks=lambda event: (
            scores.append(event.values["f1_micro"]) if event.name == "validation" else None
        ),
    )
    texts, y = data
    tagger.fit(texts, y, validation_data=(texts[:20], y[:20]))
    assert [r["validation_f1_micro"] for r in tagger.history_] == scores
    assert all(np.isfinite(r["validation_loss"]) for r in tagger.history_)
    from skmultitext.metrics import get_scorer

    assert get_scorer("f1_micro")(tagger, texts[:20], y[:20]) == pytest.approx(max(scores))
    assert tagger.n_iter_ < 8
    assert np.argmax(scores) == len(scores) - 2


@pytest.mark.parametrize("every", [None, 4])
def test_a_killed_training_goes_on_where_it_was(data, tmp_path, every):
    """What is trained after a kill and a resume is what is trained without."""
    texts, y = data
    options = {"max_epochs": 3, "dropout": 0.1, "checkpoint_every": every}
    wanted = toys.tiny(**options).fit(texts, y)
    assert not (tmp_path / "run").exists()
    options["checkpoint_dir"] = tmp_path / "run"

    class Killed(Exception):
        pass

    def kill(event):
        if event.name == "step" and event.step == 10:
            raise Killed

    with pytest.raises(Killed):
        toys.tiny(callbacks=kill, **options).fit(texts, y)
    left = sorted(p.name for p in (tmp_path / "run").iterdir())
    assert left == (["checkpoint-6"] if every is None else ["checkpoint-4", "checkpoint-8"])
    steps = []
    resumed = toys.tiny(
        callbacks=lambda event: steps.append(event.step) if event.name == "step" else None,
        **options,
    ).fit(texts, y)
    assert steps[0] == (7 if every is None else 9)
    np.testing.assert_allclose(resumed.predict_proba(texts), wanted.predict_proba(texts), rtol=1e-5)
    assert [r["loss"] for r in resumed.history_] == pytest.approx(
        [r["loss"] for r in wanted.history_], rel=1e-5
    )
    assert list((tmp_path / "run").iterdir()) == []


def test_a_half_written_state_and_one_of_another_training(data, tmp_path):
    texts, y = data

    def kill(event):
        if event.name == "step" and event.step == 14:
            raise RuntimeError("killed")

    options = {"checkpoint_dir": str(tmp_path), "max_epochs": 3}
    with pytest.raises(RuntimeError, match="killed"):
        toys.tiny(callbacks=kill, **options).fit(texts, y)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint-12", "checkpoint-6"]
    (tmp_path / "checkpoint-12" / "skmultitext.json").unlink()
    with pytest.raises(ValueError, match=r"belongs to another training, whose learning_rate is"):
        toys.tiny(learning_rate=0.5, **options).fit(texts, y)
    with pytest.raises(ValueError, match=r"belongs to another training, whose data is"):
        toys.tiny(**options).fit(texts[::-1], y)
    steps = []
    toys.tiny(
        callbacks=lambda event: steps.append(event.step) if event.name == "step" else None,
        **options,
    ).fit(texts, y)
    assert steps[0] == 7


@pytest.mark.parametrize("share", [0.01, 1.2])  # of the weights, the first file; others are larger
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
            (weights,) = tmp_path.glob("checkpoint-6/model.safetensors")
            size = int(share * weights.stat().st_size)
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


def test_arguments_of_trainer_are_not_pickled(data, tmp_path):
    def kill(event):
        if event.name == "checkpoint":
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        toys.tiny(callbacks=kill, checkpoint_dir=tmp_path).fit(*data)
    names = {p.name for p in tmp_path.rglob("*") if p.is_file()}
    assert "training_args.bin" not in names
    assert {"model.safetensors", "best.safetensors", "skmultitext.json"} <= names


def test_ctrl_c_keeps_the_best_weights(data):
    texts, y = data
    best = {}

    def interrupt(event):
        if event.name == "epoch_end" and event.epoch == 1:
            best.update({k: v.clone() for k, v in event.model.state_dict().items()})
        if event.name == "step" and event.step == 9:
            raise KeyboardInterrupt

    tagger = toys.tiny(max_epochs=4, callbacks=interrupt)
    with pytest.warns(UserWarning, match=r"interrupted in epoch 2, after 8 steps; the best"):
        tagger.fit(texts, y, validation_data=(texts, y))
    assert tagger.n_iter_ == 1
    for name, tensor in tagger.network_.model.state_dict().items():
        torch.testing.assert_close(tensor, best[name], rtol=0, atol=0)


def test_a_loss_that_is_not_finite(data):
    with pytest.raises(FloatingPointError, match=r"The loss is nan at step \d+. No weights are"):
        toys.tiny(learning_rate=1e20, max_grad_norm=None, warmup_ratio=0.0).fit(*data)


def test_full_memory_says_what_to_do(data, monkeypatch):
    def full(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(_torch_trainer._TaggerTrainer, "compute_loss", full)
    with pytest.raises(MemoryError, match="batch_size=4 and gradient_accumulation_steps=2"):
        toys.tiny().fit(*data)


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
