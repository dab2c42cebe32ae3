"""The fit loop: what it returns, when it stops, what it tells, how it goes on after a kill."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import training_run as small
from scipy.special import expit
from sklearn.metrics import f1_score

from skmultitext.training import Job, TrainingEvent, train

tf = pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")


def weights(step):
    return step.model.get_weights()


def assert_same_weights(one, other):
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)


def without_time(history):
    return [{k: v for k, v in record.items() if k != "seconds"} for record in history]


class Scores:
    """A validation whose scores are given beforehand."""

    watched = "validation_given"

    def __init__(self, *scores):
        self.scores = list(scores)

    def evaluate(self):
        return {"validation_loss": 0.25, "validation_given": self.scores.pop(0)}


def test_history_has_one_record_per_epoch_and_the_loss_falls():
    result = small.run(small.make_step(dropout=0.0), max_epochs=6)
    assert result.stopped_by == "max_epochs"
    assert [record["epoch"] for record in result.history] == [1, 2, 3, 4, 5, 6]
    assert [record["step"] for record in result.history] == [5, 10, 15, 20, 25, 30]
    assert result.history[-1]["loss"] < 0.95 * result.history[0]["loss"]
    assert result.history[0]["learning_rate"] == pytest.approx(0.02)
    assert (result.best_score, result.best_step, result.error) == (None, None, None)


def test_the_loss_of_an_epoch_is_the_mean_over_its_documents():
    losses, sizes = [], []

    def listener(event):
        if event.name == "step":
            losses.append(event.values["loss"])
            sizes.append(len(event.batch[0]))

    result = small.run(small.make_step(), max_epochs=1, listeners=listener)
    assert len(set(sizes)) == 2
    assert result.history[0]["loss"] == pytest.approx(np.average(losses, weights=sizes))


def test_epochs_get_different_seeds_and_the_same_ones_every_time():
    def seeds(seed):
        found = []

        def batches(epoch_seed):
            found.append(epoch_seed)
            return small.batches(epoch_seed)

        train(Job(batches, max_epochs=3, seed=seed), small.make_step())
        return found

    assert seeds(1) == seeds(1)
    assert len(set(seeds(1) + seeds(2))) == 6


def test_the_same_seeds_give_the_same_weights_and_leave_global_generators_alone():
    tf.random.get_global_generator()
    np_state, py_state = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    tf_state = tf.random.get_global_generator().state.numpy()
    steps = [small.make_step() for _ in range(2)]
    results = [small.run(step) for step in steps]
    assert_same_weights(*steps)
    assert without_time(results[0].history) == without_time(results[1].history)
    assert (np.random.get_state()[1] == np_state).all()  # noqa: NPY002
    assert random.getstate() == py_state
    assert (tf.random.get_global_generator().state.numpy() == tf_state).all()


def test_events_come_in_order():
    events = []
    step = small.make_step()
    small.run(
        step, max_epochs=2, validation=Scores(0.1, 0.2), listeners=[events.append, lambda e: None]
    )
    assert all(isinstance(event, TrainingEvent) for event in events)
    epoch = ["step"] * 5 + ["validation", "epoch_end"]
    assert [event.name for event in events] == ["train_begin", *epoch, *epoch, "train_end"]
    assert [event.step for event in events if event.name == "step"] == list(range(1, 11))
    assert [event.epoch for event in events if event.name == "step"] == [1] * 5 + [2] * 5
    assert [event.epoch for event in events if event.name == "epoch_end"] == [1, 2]
    validated = [event.values for event in events if event.name == "validation"]
    assert [values["validation_given"] for values in validated] == [0.1, 0.2]
    records = [event.values for event in events if event.name == "epoch_end"]
    for values, record in zip(validated, records, strict=True):
        assert values == {key: record[key] for key in values}  # the same names, the same figures
        assert {"loss", "f1_micro", "f1_macro", "f1_weighted", "exact_match"} < values.keys()
    assert events[0].model is step.model
    indicator, logits, weight = events[1].batch
    assert indicator.shape == logits.shape == (4, 3)
    assert weight.tolist() == [1.0] * 4


def test_a_callback_that_answers_true_ends_the_training():
    result = small.run(
        small.make_step(), listeners=lambda event: event.name == "step" and event.step == 7
    )
    assert result.stopped_by == "callback"
    assert [record["step"] for record in result.history] == [5, 7]


def test_early_stopping_restores_the_weights_of_the_best_epoch():
    step, kept = small.make_step(), {}

    def listener(event):
        if event.name == "epoch_end":
            kept[event.epoch] = weights(step)

    result = small.run(
        step,
        max_epochs=9,
        validation=Scores(0.1, 0.5, 0.4, 0.5, 0.3),
        n_iter_no_change=3,
        restore_best=True,
        listeners=listener,
    )
    assert result.stopped_by == "early_stopping"
    assert (result.best_score, result.best_step) == (0.5, 10)
    assert [record["validation_given"] for record in result.history] == [0.1, 0.5, 0.4, 0.5, 0.3]
    for found, best, last in zip(weights(step), kept[2], kept[5], strict=True):
        np.testing.assert_array_equal(found, best)
        assert not np.array_equal(found, last)


def test_without_restore_best_the_last_weights_stay():
    one, other = small.make_step(), small.make_step()
    small.run(one, max_epochs=3, validation=Scores(0.5, 0.4, 0.3))
    small.run(other, max_epochs=3)
    assert_same_weights(one, other)


def test_validation_every_few_steps():
    steps = []

    def listener(event):
        if event.name == "validation":
            steps.append(event.step)

    result = small.run(
        small.make_step(),
        max_epochs=2,
        validation=Scores(0.1, 0.2, 0.3),
        validate_every=3,
        listeners=listener,
    )
    assert steps == [3, 6, 9]
    assert [record["validation_given"] for record in result.history] == [0.1, 0.3]
    stopped = small.run(
        small.make_step(), validation=Scores(0.3, 0.2), validate_every=3, n_iter_no_change=1
    )
    assert stopped.stopped_by == "early_stopping"
    assert [record["step"] for record in stopped.history] == [5, 6]


def test_the_loss_on_validation_data_is_recorded():
    result = small.run(small.make_step(), max_epochs=2, validation=Scores(0.1, 0.2))
    assert [record["validation_loss"] for record in result.history] == [0.25, 0.25]


def test_the_scores_of_training_are_those_of_the_batches_before_each_step():
    batches = []

    def listener(event):
        if event.name == "step":
            batches.append(event.batch)

    result = small.run(small.make_step(), max_epochs=1, listeners=listener, thresholds=0.4)
    indicator, logits, _ = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    given = (expit(logits) > 0.4).astype(int)
    record = result.history[0]
    for average in ("micro", "macro", "weighted"):
        wanted = f1_score(indicator, given, average=average, zero_division=0.0)
        assert record[f"f1_{average}"] == pytest.approx(wanted)
    assert record["exact_match"] == pytest.approx((given == indicator).all(axis=1).mean())
    assert record["binary_accuracy"] == pytest.approx((given == indicator).mean())


def test_the_schedule_sets_the_learning_rate_of_each_step():
    step, rates = small.make_step(), []

    def listener(event):
        if event.name == "step":
            rates.append(step.learning_rate)

    small.run(step, max_epochs=1, schedule=lambda i: 0.1 / (i + 1), listeners=listener)
    np.testing.assert_allclose(rates, 0.1 / np.arange(1, 6), rtol=1e-6)


def poison(last_good):
    """Batches that hold an inf after so many good ones; seeds are ignored."""
    count = [0]

    def batches(seed):
        for X, indicator, weight in small.batches(0):
            count[0] += 1
            yield (X * np.inf if count[0] > last_good else X), indicator, weight

    return batches


def test_a_loss_that_is_not_finite_is_an_error_and_the_last_epoch_is_kept():
    step, good = small.make_step(), small.make_step()
    result = train(Job(poison(7), max_epochs=4, seed=0), step)
    assert result.stopped_by == "loss"
    assert isinstance(result.error, FloatingPointError)
    message = r"The loss is nan at step 8 \(epoch 2, batch 3\)\. The best weights so far are kept\."
    with pytest.raises(FloatingPointError, match=message):
        raise result.error
    assert len(result.history) == 1
    train(Job(lambda seed: small.batches(0), max_epochs=1, seed=0), good)
    assert_same_weights(step, good)


def test_a_loss_that_is_not_finite_keeps_the_best_validated_weights():
    step, good = small.make_step(), small.make_step()
    train(Job(poison(12), max_epochs=4, seed=0, validation=Scores(0.5, 0.4)), step)
    train(Job(lambda seed: small.batches(0), max_epochs=1, seed=0), good)
    assert_same_weights(step, good)


def test_a_loss_that_is_not_finite_in_the_first_epoch_is_raised():
    message = r"The loss is nan at step 3 \(epoch 1, batch 3\)\. No weights are kept\. Lower learn"
    with pytest.raises(FloatingPointError, match=message):
        train(Job(poison(2), max_epochs=4, seed=0), small.make_step())


def interrupt_at(name, step):
    def listener(event):
        if (event.name, event.step) == (name, step):
            raise KeyboardInterrupt

    return listener


@pytest.mark.parametrize("validated", [True, False])
def test_an_interrupt_keeps_the_best_weights(validated):
    step, good = small.make_step(), small.make_step()
    result = small.run(
        step,
        validation=Scores(0.5, 0.4) if validated else None,
        listeners=interrupt_at("step", 12),
    )
    assert result.stopped_by == "interrupt"
    assert len(result.history) == 2
    message = "interrupted in epoch 3, after 12 steps: the tagger is fitted with the best weights"
    with pytest.raises(KeyboardInterrupt, match=message):
        raise result.error
    last = 5 if validated else 10  # the best validation; without one the last whole epoch
    small.run(good, listeners=lambda event: event.name == "step" and event.step == last)
    assert_same_weights(step, good)


@pytest.mark.parametrize(
    ("name", "step"), [("train_begin", 0), ("step", 1), ("step", 4), ("checkpoint", 3)]
)
def test_an_interrupt_before_any_weights_are_kept_goes_on(tmp_path, name, step):
    message = f"interrupted in epoch 1, after {step} steps: no weights were kept before"
    with pytest.raises(KeyboardInterrupt, match=message):
        small.run(small.make_step(), tmp_path, 3, listeners=interrupt_at(name, step))


@pytest.mark.parametrize(("name", "step"), [("validation", 5), ("epoch_end", 5)])
def test_an_interrupt_at_the_end_of_the_first_epoch_keeps_it(name, step):
    result = small.run(
        small.make_step(), validation=Scores(0.5), listeners=interrupt_at(name, step)
    )
    assert result.stopped_by == "interrupt"
    assert isinstance(result.error, KeyboardInterrupt)


def test_an_interrupted_training_goes_on_from_its_checkpoint(tmp_path):
    whole, cut = small.make_step(), small.make_step()
    expected = small.run(whole)
    small.run(cut, tmp_path, 3, listeners=interrupt_at("step", 13))
    result = small.run(cut, tmp_path, 3)
    assert_same_weights(whole, cut)
    assert without_time(result.history) == without_time(expected.history)


def test_a_training_that_diverges_is_told():
    step = small.make_step(dropout=0.0)
    step.model.set_weights([w * 1e6 for w in step.model.get_weights()])
    message = r"has diverged: its last loss is .*e\+.*on the wrong side of 0.* Lower learning_rate"
    with pytest.warns(UserWarning, match=message):
        small.run(step, max_epochs=1)


def test_weights_that_were_restored_from_before_are_no_divergence():
    step = small.make_step(dropout=0.0)

    def spoil(event):
        if event.name == "epoch_end" and event.epoch == 1:
            step.model.set_weights([w * 1e6 for w in step.model.get_weights()])

    result = small.run(
        step, max_epochs=2, validation=Scores(0.5, 0.1), restore_best=True, listeners=spoil
    )
    assert result.history[1]["loss"] > 1e3
    assert result.best_step == 5


def test_no_batches_are_an_error():
    with pytest.raises(ValueError, match="There is nothing to train on: an epoch has no batch"):
        train(Job(lambda seed: [], max_epochs=1, seed=0), small.make_step())


class Crash(Exception):
    """Ends a training as nothing else does."""


def crash_at(last_step):
    def listener(event):
        if event.name == "step" and event.step == last_step:
            raise Crash

    return listener


@pytest.mark.slow
@pytest.mark.parametrize("every", [1, 2, 4, None])
@pytest.mark.parametrize("last_step", [3, 7, 11])
def test_a_crashed_training_goes_on_from_its_checkpoint(tmp_path, every, last_step):
    def options(step):
        return {
            "validation": small.make_validation(step),
            "restore_best": True,
            "gradient_accumulation_steps": 2,  # 5 batches make 3 updates
        }

    whole = small.make_step()
    expected = small.run(whole, **options(whole))

    crashed = small.make_step()
    with pytest.raises(Crash):
        small.run(crashed, tmp_path, every, listeners=crash_at(last_step), **options(crashed))

    done = (last_step - 1) // every * every if every else (last_step - 1) // 3 * 3
    steps = []
    # other initial weights, which a checkpoint replaces
    resumed = small.make_step(seed=99 if done else 0)
    result = small.run(
        resumed,
        tmp_path,
        every,
        listeners=lambda event: steps.append(event.step) if event.name == "step" else None,
        **options(resumed),
    )
    assert steps[0] == done + 1
    assert_same_weights(whole, resumed)
    assert without_time(result.history) == without_time(expected.history)
    assert (result.best_score, result.best_step) == (expected.best_score, expected.best_step)
    assert list(tmp_path.iterdir()) == []  # nothing is left of a training that ended


def test_accumulated_batches_make_one_step():
    events = []
    step = small.make_step()
    result = small.run(
        step,
        max_epochs=2,
        gradient_accumulation_steps=2,
        schedule=lambda number: 0.1 / (number + 1),
        validation=Scores(0.1, 0.2, 0.3),
        validate_every=2,
        listeners=events.append,
    )
    sizes = [len(event.batch[0]) for event in events if event.name == "step"]
    assert sizes == [8, 7, 3] * 2  # batches of 4, 4, 4, 3 and 3 documents
    assert [event.step for event in events if event.name == "validation"] == [2, 4, 6]
    assert [record["step"] for record in result.history] == [3, 6]
    rates = [record["learning_rate"] for record in result.history]
    np.testing.assert_allclose(rates, [0.1 / 3, 0.1 / 6], rtol=1e-6)


def test_early_stopping_counts_on_after_a_crash(tmp_path):
    with pytest.raises(Crash):
        small.run(
            small.make_step(),
            tmp_path,
            validation=Scores(0.5, 0.4),
            n_iter_no_change=2,
            listeners=crash_at(14),
        )
    result = small.run(small.make_step(), tmp_path, validation=Scores(0.3, 0.9), n_iter_no_change=2)
    assert result.stopped_by == "early_stopping"
    assert [record["validation_given"] for record in result.history] == [0.5, 0.4, 0.3]


def test_a_training_cut_off_between_stopping_and_its_record_keeps_the_record(tmp_path):
    def options():
        return {"validation": Scores(0.5, 0.4), "n_iter_no_change": 1, "validate_every": 3}

    expected = small.run(small.make_step(), **options())

    def crash(event):  # after the validation at step 6 has stopped it, and the checkpoint is there
        if (event.name, event.step) == ("checkpoint", 6):
            raise Crash

    with pytest.raises(Crash):
        small.run(small.make_step(), tmp_path, 3, listeners=crash, **options())
    result = small.run(small.make_step(), tmp_path, 3, **options())
    assert result.stopped_by == expected.stopped_by == "early_stopping"
    assert without_time(result.history) == without_time(expected.history)


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    with pytest.raises(Crash):
        small.run(small.make_step(), tmp_path, 3, listeners=crash_at(5))
    other = small.make_step()
    other.model = type("Model", (), {"variables": [], "weights": []})()
    with pytest.raises(ValueError, match=r"checkpoint\.npz cannot be used: its model arrays are n"):
        small.run(other, tmp_path, 3)


@pytest.mark.slow
@pytest.mark.parametrize("last_step", [11])
def test_a_killed_training_ends_with_the_same_weights(tmp_path, last_step):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, Path(small.__file__), tmp_path, str(last_step)],
        env=environment,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        timeout=240,
    )
    assert done.returncode == -9, done.stderr.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]

    whole = small.make_step()
    options = {"restore_best": True, "gradient_accumulation_steps": 2}
    small.run(whole, validation=small.make_validation(whole), **options)
    resumed, steps = small.make_step(seed=99), []
    small.run(
        resumed,
        tmp_path,
        3,
        validation=small.make_validation(resumed),
        **options,
        listeners=lambda event: steps.append(event.step) if event.name == "step" else None,
    )
    assert steps[0] == 10
    assert_same_weights(whole, resumed)
