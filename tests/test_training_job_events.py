"""What a training tells its callbacks, and how it says that it ended."""

import pickle
from dataclasses import FrozenInstanceError

import pytest

from skmultitext.training._job import TrainingEvent, TrainingResult


def test_an_event_without_values_has_a_dict_of_its_own():
    first, second = TrainingEvent("train_begin", 1, 0), TrainingEvent("train_begin", 1, 0)
    assert first.values == {}
    assert first.values is not second.values
    assert first.model is first.batch is None
    assert first == second


def test_a_callback_cannot_change_what_the_next_one_gets():
    event = TrainingEvent("step", epoch=2, step=7, values={"loss": 0.5})
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'step'"):
        event.step = 8
    result = TrainingResult([], "max_epochs")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'stopped_by'"):
        result.stopped_by = "callback"


def test_events_and_results_go_to_another_process():
    event = TrainingEvent("epoch_end", 1, 4, {"loss": 0.25, "validation_f1_micro": 0.5})
    assert pickle.loads(pickle.dumps(event)) == event
    result = TrainingResult([{"epoch": 1, "loss": 0.25}], "early_stopping", 0.5, 4)
    assert pickle.loads(pickle.dumps(result)) == result


def test_a_result_without_validation_has_no_best():
    result = TrainingResult([{"epoch": 1}], "loss", error=FloatingPointError("the loss is nan"))
    assert result.best_score is result.best_step is None
    assert str(result.error) == "the loss is nan"
