"""What long fits print."""

import io
import os
import re
from types import SimpleNamespace

import pytest
from sklearn.utils.parallel import delayed
from terminals import Terminal, wide_terminal  # noqa: F401

from skmultitext import (
    CalibratedTaggerCV,
    TfidfLogRegTagger,
    TfidfLogRegTaggerCV,
    TunedThresholdTaggerCV,
    VotingTagger,
)
from skmultitext._runtime import progress as module
from skmultitext._runtime.progress import FitProgress, ProgressLine, WatchedParallel, can_redraw

SECONDS = re.compile(r"\d+(\.\d+)? s")


def without_seconds(text):
    return [SECONDS.sub("# s", line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.9, "1 h 0 min"),
        (3900, "1 h 5 min"),
    ],
)
def test_durations(seconds, text):
    assert module.duration(seconds) == text


def test_a_line_is_drawn_over_itself_on_a_terminal():
    file = Terminal()
    line = ProgressLine(redraws=True, file=file, interval=0)
    line.draw("a long line")
    line.draw("short")
    line.finish("done")
    assert file.getvalue() == f"\r{'a long line':<100}\r{'short':<100}\r{'done':<100}\n"


def test_elsewhere_only_finished_lines_are_printed():
    file = io.StringIO()
    line = ProgressLine(redraws=True, file=file, interval=0)
    line.draw("a bar")
    line.finish("done")
    assert file.getvalue() == "done\n"


def test_a_line_is_not_drawn_too_often():
    file = Terminal()
    line = ProgressLine(redraws=True, file=file, interval=1000)
    line.draw("first")
    line.draw("second")
    assert file.getvalue() == f"\r{'first':<100}"


def test_a_line_does_not_wrap_in_a_narrow_terminal(monkeypatch):
    size = os.terminal_size((12, 24))
    monkeypatch.setattr(module.shutil, "get_terminal_size", lambda fallback: size)
    file = Terminal()
    line = ProgressLine(redraws=True, file=file, interval=0)
    line.draw("x" * 50)
    line.finish("a line that stays is whole")
    assert file.getvalue() == f"\r{'x' * 11}\ra line that stays is whole\n"


def test_a_notebook_redraws_a_pipe_does_not():
    Notebook = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})
    assert can_redraw(Notebook())
    assert can_redraw(Terminal())
    assert not can_redraw(io.StringIO())
    assert not can_redraw(SimpleNamespace())  # has no isatty


def test_the_time_left_is_in_proportion_to_the_parts(monkeypatch):
    clock = iter([0.0, 30.0, 60.0, 62.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    file = io.StringIO()
    progress = FitProgress(4, verbose=2, file=file)
    progress.done(1, "fold 1/4", "f1_micro 0.5")
    progress.done(4, "fold 4/4")
    progress.say("fitted")
    assert file.getvalue().splitlines() == [
        "fold 1/4 - f1_micro 0.5 - 30 s - 1 min 30 s left",
        "fold 4/4 - 30 s",
        "fitted - 1 min 2 s",
    ]


def test_a_bar_with_figures_and_the_time_left(monkeypatch):
    file = Terminal()
    progress = FitProgress(4, verbose=1, file=file, interval=0)
    monkeypatch.setattr(module.time, "monotonic", lambda: progress._started + 2.0)
    progress.done(2, "fold 2/4", "f1_micro 0.5")
    bar = "=" * 12 + " " * 12
    assert file.getvalue().strip() == f"fold 2/4 [{bar}] 2/4 - f1_micro 0.5 - 2.0 s left"


def test_nothing_is_printed_unless_asked(capsys):
    progress = FitProgress(2, verbose=0)
    progress.done(1, "fold 1/2")
    progress.say("fitted")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("backend", ["threading", "loky"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_parallel_tells_of_every_task(n_jobs, backend):
    from joblib import parallel_config

    told = []
    with parallel_config(backend):
        found = WatchedParallel(n_jobs, told.append)(delayed(abs)(-i) for i in range(5))
    assert found == [0, 1, 2, 3, 4]
    assert told[-1] == 5
    assert told == sorted(set(told))


def test_folds_and_candidates_of_the_search_of_C(tickets, capsys):
    tagger = TfidfLogRegTaggerCV(Cs=[10, 1], cv=2, verbose=2).fit(tickets.data, tickets.label_sets)
    scores = [tagger.cv_results_[f"split{k}_test_score"] for k in range(2)]
    assert without_seconds(capsys.readouterr().out) == [
        f"fold 1/2, C=1 - f1_micro {scores[0][1]:.4f} - # s - # s left",
        f"fold 1/2, C=10 - f1_micro {scores[0][0]:.4f} - # s - # s left",
        f"fold 2/2, C=1 - f1_micro {scores[1][1]:.4f} - # s - # s left",
        f"fold 2/2, C=10 - f1_micro {scores[1][0]:.4f} - # s - # s left",
        f"best C={tagger.C_:g} - f1_micro {tagger.best_score_:.4f} - # s",
        f"fitted on all documents with C={tagger.C_:g} - # s",
    ]


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_folds_of_tuned_thresholds(tickets, capsys, n_jobs):
    tagger = TunedThresholdTaggerCV(
        TfidfLogRegTagger(), objective="f1_micro", cv=2, n_jobs=n_jobs, verbose=2
    ).fit(tickets.data, tickets.label_sets)
    assert without_seconds(capsys.readouterr().out) == [
        "fold 1/2 - # s - # s left",
        "fold 2/2 - # s - # s left",
        "2 folds fitted and scored - # s",
        "fitted on all documents - # s",
        f"thresholds tuned - f1_micro {tagger.best_score_:.4f} - # s",
    ]


def test_calibration_says_how_many_labels_got_which_method(tickets, capsys):
    tagger = CalibratedTaggerCV(TfidfLogRegTagger(), cv=2, verbose=1)
    tagger.fit(tickets.data, tickets.label_sets)
    assert without_seconds(capsys.readouterr().out) == [
        "2 folds fitted and scored - # s",
        "fitted on all documents - # s",
        "calibrated - sigmoid for 10 labels - # s",
    ]


def test_the_folds_of_members_that_share_them(tickets, capsys):
    members = [("a", TfidfLogRegTagger()), ("b", TfidfLogRegTagger(C=10))]
    tagger = TunedThresholdTaggerCV(VotingTagger(members, weights="fit"), cv=2, verbose=2)
    tagger.fit(tickets.data, tickets.label_sets)
    lines = without_seconds(capsys.readouterr().out)
    assert lines.count("fold 2/2 - # s - # s left") == 2  # of each member
    assert lines.count("fitted on all documents - # s") == 2


def test_a_prefit_estimator_has_no_folds(tickets, ticket_tagger, capsys):
    tagger = TunedThresholdTaggerCV(ticket_tagger, cv="prefit", verbose=1)
    tagger.fit(tickets.data, tickets.label_sets)
    (line,) = without_seconds(capsys.readouterr().out)
    assert line == f"thresholds tuned - f1_macro {tagger.best_score_:.4f} - # s"


@pytest.mark.parametrize("kind", [TunedThresholdTaggerCV, CalibratedTaggerCV])
def test_verbose_of_another_value_is_refused(tickets, kind):
    tagger = kind(TfidfLogRegTagger(), verbose=3)
    with pytest.raises(ValueError, match=r"The 'verbose' parameter .* in the range \[0, 2\]"):
        tagger.fit(tickets.data, tickets.label_sets)
