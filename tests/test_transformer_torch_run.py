"""The books of a training."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import transformer_toys as toys

from skmultitext.neural._events import TrainingEvent


@pytest.fixture(scope="module")
def data():
    return toys.make_texts(24)


def test_events_and_records(data):
    events = []
    tagger = toys.tiny(callbacks=events.append).fit(*data, validation_data=data)
    assert all(isinstance(event, TrainingEvent) for event in events)
    epoch = ["step", "step", "step", "validation", "epoch_end"]
    assert [e.name for e in events] == ["train_begin", *epoch, *epoch, "train_end"]
    assert [e.epoch for e in events if e.name == "epoch_end"] == [1, 2]
    indicator, logits, weight = next(e.batch for e in events if e.name == "step")
    assert indicator.shape == logits.shape == (8, 3)
    assert weight is None
    losses = [e.values["loss"] for e in events if e.name == "step"][:3]
    record = tagger.history_[0]
    assert record["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert set(record) == {
        *("epoch", "step", "loss", "learning_rate", "seconds"),
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
    assert ("[====" in printed.out) == (verbose == 1)
    assert printed.err == ""
