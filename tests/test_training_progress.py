"""What a training prints."""

import io

import numpy as np
import pytest
from terminals import Terminal, wide_terminal  # noqa: F401

from skmultitext.training._job import TrainingEvent
from skmultitext.training._progress import EpochTasks, Progress
from skmultitext.training._scores import TrainingScores


def feed(progress):
    indicator, logits = np.array([[1, 0], [1, 1]]), np.array([[2.0, -1.0], [-1.0, 3.0]], np.float32)
    for epoch in (1, 2):
        progress.scores.reset()
        for i in (1, 2):
            batch = (indicator, logits, np.ones(2))
            progress.scores.add(i / 4, *batch)
            progress(TrainingEvent("step", epoch, 2 * epoch - 2 + i, {"loss": i / 4}, None, batch))
        record = {**progress.scores.figures(), "validation_f1_micro": 0.5, "seconds": 1.26}
        progress(TrainingEvent("epoch_end", epoch, 2 * epoch, record))


def make(verbose, n_epochs, *, thresholds=0.5, **options):
    return Progress(verbose, n_epochs, scores=TrainingScores(thresholds), **options)


def test_a_line_an_epoch():
    file = io.StringIO()
    feed(make(2, 2, file=file))
    scores = "loss 0.3750 - f1_micro 0.8000 - f1_macro 0.8333 - f1_weighted 0.7778"
    assert file.getvalue().splitlines() == [
        f"epoch {epoch}/2 - {scores} - validation_f1_micro 0.5000 - 1.3 s" for epoch in (1, 2)
    ]


def test_a_bar_is_drawn_over_itself():
    file = Terminal()
    feed(make(1, 2, file=file, interval=0))
    drawn = file.getvalue().split("\r")[1:]
    assert drawn[0].rstrip() == f"epoch 1/2 [{' ' * 24}] 1/? - loss 0.2500 - f1_micro 0.8000"
    closed = "epoch 1/2 - loss 0.3750 - f1_micro 0.8000 - validation_f1_micro 0.5000 - 1.3 s"
    assert drawn[2] == f"{closed:<100}\n"
    # the second epoch knows how many batches there are
    half = f"[{'=' * 12}{' ' * 12}]"
    assert drawn[3].rstrip() == f"epoch 2/2 {half} 1/2 - loss 0.2500 - f1_micro 0.8000"
    assert drawn[4].startswith(f"epoch 2/2 [{'=' * 24}] 2/2 - loss 0.3750")
    assert file.getvalue().count("\n") == 2


@pytest.mark.parametrize("verbose", [1, 2])
def test_a_validation_within_an_epoch_gets_a_line(verbose):
    file = io.StringIO()
    progress = Progress(verbose, 2, file=file, interval=1000)
    for name in ("step", "validation", "step", "validation", "epoch_end"):
        batch = (np.eye(2), np.array([[2.0, -1.0], [-1.0, 3.0]]), np.ones(2))
        values = {
            "step": {"loss": 0.25},
            "validation": {
                **{f"f1_{kind}": 1.0 for kind in ("micro", "macro", "weighted")},
                "loss": 0.25,
                "validation_f1_micro": 0.5,
            },
            "epoch_end": {"loss": 0.25, "validation_f1_micro": 0.5, "seconds": 1.26},
        }[name]
        progress(TrainingEvent(name, 1, 7, values, None, batch if name == "step" else None))
    lines = [line.split("\r")[-1].rstrip() for line in file.getvalue().split("\n")[:-1]]
    assert len(lines) == 2  # that of the epoch's end has none of its own
    assert lines[0].startswith("epoch 1/2, step 7 - loss 0.2500 - f1_micro 1.0000")
    assert lines[0].endswith(" - validation_f1_micro 0.5000")
    assert ("f1_weighted" in lines[0]) == (verbose == 2)
    assert lines[1].endswith("validation_f1_micro 0.5000 - 1.3 s")


def test_a_bar_is_drawn_from_time_to_time_only():
    file = Terminal()
    feed(make(1, 2, file=file, interval=1000))
    assert file.getvalue().count("\r") == 3  # the first batch, and the ends of both epochs


def test_no_bar_where_there_is_no_terminal():
    file = io.StringIO()
    feed(make(1, 2, file=file, interval=0))
    assert [line[:9] for line in file.getvalue().splitlines()] == ["epoch 1/2", "epoch 2/2"]
    assert "\r" not in file.getvalue()


def test_thresholds_decide():
    file = io.StringIO()
    feed(make(2, 2, thresholds=np.array([0.9, 0.99]), file=file))
    assert "f1_micro 0.0000" in file.getvalue()


def test_it_prints_to_the_standard_output(capsys):
    feed(make(2, 2))
    assert capsys.readouterr().out.startswith("epoch 1/2 - loss 0.3750")


@pytest.mark.parametrize("verbose", [1, 2])
def test_other_events_print_nothing(verbose):
    file = io.StringIO()
    progress = Progress(verbose, 2, file=file)
    for name in ("train_begin", "validation", "checkpoint", "train_end"):
        progress(TrainingEvent(name, 1, 1))
    assert file.getvalue() == ""


class Task:
    """Stands for the task of a fit."""

    def __init__(self, stop_after):
        self.log, self.stop_after = [], stop_after

    def part(self, name):
        self.log.append(name)
        return self

    def begin(self):
        self.log.append("begin")

    def end(self):
        self.log.append("end")
        return self.log.count("end") == self.stop_after


def test_an_epoch_is_a_task_that_may_stop_the_training():
    task = Task(stop_after=2)
    told = EpochTasks(task)
    names = ["train_begin", "step", "step", "validation", "epoch_end", "step", "epoch_end"]
    stops = [told(TrainingEvent(name, 1, 1)) for name in names]
    assert task.log == ["epoch", "begin", "end"] * 2
    assert stops == [False] * 6 + [True]
