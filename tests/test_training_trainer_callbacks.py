"""Callbacks written for Trainer: what they are told, what they may ask for."""

import os

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import accelerate
import torch
import transformer_toys as toys
import transformers

from skmultitext.training import make_schedule
from skmultitext.training._trainer_callbacks import is_trainer_callback, make_arguments


@pytest.fixture(scope="module")
def data():
    return toys.make_texts(48)


def record(kind, found):
    class Recorder(transformers.TrainerCallback):
        pass

    setattr(Recorder, kind, lambda self, args, state, control, **kw: found.append((args, kw)))
    return Recorder()


class Diary(transformers.TrainerCallback):
    """Notes what it is told, with the step and the epoch."""

    def __init__(self, *kinds):
        self.notes, self.metrics = [], []
        for kind in kinds:
            setattr(self, kind, self.listener(kind))

    def listener(self, kind):
        def listen(args, state, control, metrics=None, **kwargs):
            self.notes.append((kind.removeprefix("on_"), state.global_step, state.epoch))
            if metrics is not None:
                self.metrics.append(metrics)

        return listen


KINDS = ["init_end", "train_begin", "train_end", "epoch_begin", "epoch_end", "step_begin"]
KINDS += ["pre_optimizer_step", "optimizer_step", "substep_end", "step_end", "evaluate", "save"]


def test_the_order_and_the_state_of_a_training(data, tmp_path):
    diary = Diary(*(f"on_{kind}" for kind in KINDS))
    tagger = toys.tiny(
        callbacks=diary, gradient_accumulation_steps=2, checkpoint_dir=tmp_path, max_epochs=1
    )
    tagger.fit(*data, validation_data=data)
    update = ["step_begin", "substep_end", "pre_optimizer_step", "optimizer_step", "step_end"]
    wanted = ["init_end", "train_begin", "epoch_begin", *update, *update, *update]
    wanted += ["evaluate", "epoch_end", "save", "train_end"]
    assert [kind for kind, _, _ in diary.notes] == wanted
    ends = [(step, epoch) for kind, step, epoch in diary.notes if kind == "step_end"]
    assert ends == [(1, pytest.approx(1 / 3)), (2, pytest.approx(2 / 3)), (3, 1.0)]
    assert diary.notes[-1] == ("train_end", 3, 1.0)
    (metrics,) = diary.metrics
    assert metrics["eval_neg_log_loss"] == tagger.history_[0]["validation_neg_log_loss"]


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
        assert log["learning_rate"] == wanted["learning_rate"]
        assert log["grad_norm"] > 0
    assert found[-1][1]["logs"]["train_runtime"] > 0


def test_a_log_that_a_callback_asks_for(data):
    logs = []

    class Asking(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            control.should_log = state.global_step == 2

        def on_log(self, args, state, control, logs=None, **kwargs):
            found.append((state.global_step, logs))
            assert state.log_history[-1] == {**logs, "step": state.global_step}

    found = []
    toys.tiny(
        callbacks=[Asking, lambda e: logs.append(e.values["loss"]) if e.name == "step" else None],
        max_epochs=1,
    ).fit(*data)
    assert [step for step, _ in found] == [2, 6, 6]
    assert found[0][1]["loss"] == pytest.approx(np.mean(logs[:2]))


@pytest.mark.parametrize("model_type", toys.ARCHITECTURES)
def test_biases_and_normalisations_do_not_decay(data, model_type):
    found = []
    tagger = toys.tiny(
        model_type,
        max_epochs=1,
        training_params={"weight_decay": 0.1},
        callbacks=[record("on_train_begin", found)],
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
    names = {id(p): name for name, p in kwargs["model"].named_parameters()}
    assert not [p for p in decayed["params"] if names[id(p)].endswith("bias")]
    n_weights = sum(1 for p in kwargs["model"].parameters() if p.requires_grad)
    assert len(decayed["params"]) + len(others["params"]) == n_weights


def test_a_callback_ends_the_training(data):
    class Stop(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            control.should_training_stop = state.global_step == 8

    tagger = toys.tiny(max_epochs=4, callbacks=Stop).fit(*data)
    assert [record["step"] for record in tagger.history_] == [6, 8]


def test_a_callback_ends_an_epoch(data):
    class Stop(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            control.should_epoch_stop = state.global_step == 2

    tagger = toys.tiny(max_epochs=3, callbacks=Stop()).fit(*data)
    assert [record["step"] for record in tagger.history_] == [2, 8, 14]


def test_the_best_score_is_known(data):
    found = []

    class Best(transformers.TrainerCallback):
        def on_epoch_end(self, args, state, control, **kwargs):
            found.append((state.best_metric, state.best_global_step))

    tagger = toys.tiny(max_epochs=3, callbacks=Best()).fit(*data, validation_data=data)
    scores = [record["validation_neg_log_loss"] for record in tagger.history_]
    best = int(np.argmax(scores))
    assert found[-1] == (scores[best], tagger.history_[best]["step"])


def test_the_early_stopping_of_transformers_is_refused(data):
    message = r"callbacks holds EarlyStoppingCallback, .*Leave it out and set early_stopping=True"
    for callback in (transformers.EarlyStoppingCallback(2), transformers.EarlyStoppingCallback):
        with pytest.raises(ValueError, match=message):
            toys.tiny(callbacks=[callback]).fit(*data)


def test_functions_are_no_trainer_callbacks():
    assert is_trainer_callback(transformers.TrainerCallback())
    assert is_trainer_callback(transformers.ProgressCallback)
    assert not is_trainer_callback(print)


def test_the_arguments_are_those_of_the_training(data):
    found = []
    toys.tiny(callbacks=[record("on_train_begin", found)], max_epochs=1, max_grad_norm=None).fit(
        *data
    )
    arguments = found[0][0]
    assert isinstance(arguments, transformers.TrainingArguments)
    values = arguments.to_sanitized_dict()  # what loggers write
    assert values["learning_rate"] == 0.02
    assert values["train_batch_size"] == arguments.per_device_train_batch_size == 8
    assert values["max_grad_norm"] == 0.0
    assert arguments.device == torch.device("cpu")
    assert (arguments.world_size, arguments.process_index, arguments.n_gpu) == (1, 0, 0)
    assert arguments.parallel_mode.value == "not_parallel"


def test_an_accelerator_of_the_user_stays_as_it_was(data):
    before = dict(os.environ)
    accelerator = accelerate.Accelerator(cpu=True, mixed_precision="bf16")
    toys.tiny(callbacks=Diary("on_log"), max_epochs=1).fit(*data)
    assert accelerator.mixed_precision == "bf16"
    assert accelerate.Accelerator(cpu=True).mixed_precision == "bf16"  # the same state
    make_arguments(torch.device("cpu"), output_dir="unused", seed=3)
    assert accelerate.state.AcceleratorState().mixed_precision == "bf16"
    assert dict(os.environ) == before
