"""scikit-learn's callbacks on our taggers."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV

import skmultitext
from skmultitext import (
    CalibratedTaggerCV,
    ChainTagger,
    FixedThresholdTagger,
    HierarchicalTagger,
    KerasMLPTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TfidfLogRegTaggerCV,
    TunedThresholdTaggerCV,
    VotingTagger,
)
from skmultitext._runtime.callbacks import NO_TASK, FitTask

HAS_CALLBACKS = find_spec("sklearn.callback") is not None
needs_callbacks = pytest.mark.skipif(not HAS_CALLBACKS, reason="scikit-learn 1.9 has callbacks")


class Recorder:
    """A callback that lists what it is told; it goes to estimators inside as well."""

    def __init__(self, depth=None, stop_after=None):
        self.max_propagation_depth = depth
        self.stop_after = stop_after
        self.log = []

    def setup(self, estimator, context):
        self.log.append("setup")

    def teardown(self, estimator, context):
        self.log.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.log.append(f"begin {context.estimator_name} {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        ready = "" if fitted_estimator is None else ", fitted"
        self.log.append(f"end {context.estimator_name} {context.task_name}{ready}")
        ends = [entry for entry in self.log if entry.startswith("end")]
        return len(ends) == self.stop_after


def told(tagger, X, y, **options):
    recorder = Recorder(**options)
    assert tagger.set_callbacks(recorder) is tagger
    tagger.fit(X, y)
    assert not [name for name in vars(tagger) if name.startswith("_callback")]
    return recorder.log


@needs_callbacks
def test_a_plain_fit_is_one_task(four_labels):
    log = told(MultilabelLogisticRegression(), *four_labels)
    name = "MultilabelLogisticRegression fit"
    assert log == ["setup", f"begin {name}", f"end {name}, fitted", "teardown"]


@needs_callbacks
def test_folds_and_candidates(tickets):
    tagger = TfidfLogRegTaggerCV(Cs=[1, 10], cv=2)
    log = told(tagger, tickets.data, tickets.label_sets)
    log = [entry.replace("TfidfLogRegTaggerCV ", "") for entry in log]
    fold = ["begin fold", *["begin candidate", "end candidate"] * 2, "end fold"]
    last = ["begin fit with the best C", "end fit with the best C"]
    assert log == [
        "setup",
        *["begin fit", "begin folds", *fold * 2, "end folds", *last, "end fit, fitted"],
        "teardown",
    ]


@needs_callbacks
@pytest.mark.parametrize("kind", [TunedThresholdTaggerCV, CalibratedTaggerCV])
def test_estimators_inside_are_tasks_of_their_own(tickets, kind):
    log = told(kind(TfidfLogRegTagger(), cv=2), tickets.data, tickets.label_sets)
    name, inner = (
        kind.__name__,
        ["begin TfidfLogRegTagger fit", "end TfidfLogRegTagger fit, fitted"],
    )
    assert log == [
        "setup",
        f"begin {name} fit",
        f"begin {name} folds",
        *inner * 2,
        f"end {name} folds",
        *inner,
        f"end {name} fit, fitted",
        "teardown",
    ]


FIT = ["begin MultilabelLogisticRegression fit", "end MultilabelLogisticRegression fit, fitted"]


def inside(log, name):
    """What was told between the begin and the end of the fit of an estimator."""
    assert log[:2] == ["setup", f"begin {name} fit"]
    assert log[-2:] == [f"end {name} fit, fitted", "teardown"]
    return log[2:-2]


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_members_get_the_callbacks(four_labels, n_jobs):
    member = MultilabelLogisticRegression()
    tagger = VotingTagger([("a", member), ("b", clone(member))], n_jobs=n_jobs)
    if n_jobs == 1:  # a recorder hears nothing from other processes
        log = told(tagger, *four_labels)
        vote = ["begin VotingTagger members", *FIT * 2, "end VotingTagger members"]
        assert inside(log, "VotingTagger") == vote
    else:
        tagger.set_callbacks(Recorder()).fit(*four_labels)
    for fitted in tagger.estimators_:
        assert not {"_skl_callbacks", "_parent_callback_ctx"} & vars(fitted).keys()


@needs_callbacks
@pytest.mark.parametrize("kind", [FixedThresholdTagger, HierarchicalTagger])
def test_the_one_estimator_inside_gets_the_callbacks(four_labels, kind):
    options = {"hierarchy": {"1": "0"}} if kind is HierarchicalTagger else {}
    tagger = kind(MultilabelLogisticRegression(), **options)
    assert inside(told(tagger, *four_labels), kind.__name__) == FIT
    assert not {"_skl_callbacks", "_parent_callback_ctx"} & vars(tagger.estimator_).keys()


@needs_callbacks
@pytest.mark.parametrize("kind", [ChainTagger, VotingTagger])
def test_members_fitted_in_folds_get_the_callbacks(four_labels, kind):
    member = MultilabelLogisticRegression()
    tagger, n_members = ChainTagger(member, cv=2), 1
    if kind is VotingTagger:
        tagger, n_members = VotingTagger([("a", member), ("b", member)], weights="fit", cv=2), 2
    name = kind.__name__
    one = [
        *[f"begin {name} member", f"begin {name} folds", *FIT * 2, f"end {name} folds"],
        *[*FIT, f"end {name} member"],
    ]
    members = [f"begin {name} members", *one * n_members, f"end {name} members"]
    assert inside(told(tagger, *four_labels), name) == members
    around = told(TunedThresholdTaggerCV(tagger.set_callbacks(), cv=2), *four_labels)
    assert inside(around, "TunedThresholdTaggerCV") == [
        f"begin {name} fit",
        *members,
        f"end {name} fit, fitted",
    ]


@needs_callbacks
def test_a_callback_of_depth_0_stays_outside(tickets):
    tagger = TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=2)
    log = told(tagger, tickets.data, tickets.label_sets, depth=0)
    parts = [entry for entry in log if entry.startswith("end ")]
    assert [entry.partition("CV ")[2] for entry in parts] == [
        *["fold", "fold", "folds", "fit on all documents", "fit, fitted"]
    ]


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_progress_bar(tickets, capsys, n_jobs):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    tagger = TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=2, n_jobs=n_jobs)
    tagger.set_callbacks(ProgressBar()).fit(tickets.data, tickets.label_sets)
    shown = " ".join(capsys.readouterr().out.split())
    for task in ("- fit", "- folds #0", "- fold | TfidfLogRegTagger - fit #1"):
        assert f"TunedThresholdTaggerCV {task}" in shown
    assert not hasattr(tagger.estimator_, "_skl_callbacks")  # it was there during the fit only


@needs_callbacks
def test_a_search_shows_the_fits_of_a_tagger(tickets):
    recorder = Recorder()
    search = GridSearchCV(TfidfLogRegTagger(), {"C": [1, 10]}, cv=2).set_callbacks(recorder)
    search.fit(tickets.data, tickets.target)
    assert recorder.log.count("end TfidfLogRegTagger fit, fitted") == 5


@needs_callbacks
def test_a_scoring_monitor_scores_the_fitted_tagger(tickets):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="f1_micro")
    weight = np.ones(len(tickets.data))
    tagger = TfidfLogRegTagger(C=10).set_callbacks(monitor)
    tagger.fit(tickets.data, tickets.target, sample_weight=weight)
    (entry,) = monitor.get_logs().data
    predicted = tagger.predict(tickets.data)
    assert entry["f1_micro"] == f1_score(tickets.target, predicted, average="micro")


@needs_callbacks
def test_a_failed_fit_tears_down_and_leaves_nothing(tickets):
    recorder = Recorder()
    tagger = TunedThresholdTaggerCV(TfidfLogRegTagger(min_df=10**6), cv=2).set_callbacks(recorder)
    with pytest.raises(ValueError, match="min_df"):
        tagger.fit(tickets.data, tickets.label_sets)
    assert recorder.log[-1] == "teardown"
    assert not hasattr(tagger, "label_names_")
    assert vars(tagger).keys() - tagger.get_params(deep=False).keys() == {"_skl_callbacks"}


@needs_callbacks
def test_epochs_are_tasks_and_a_callback_ends_them(four_labels):
    pytest.importorskip("keras")
    tagger = KerasMLPTagger(max_epochs=4, random_state=0)
    log = told(tagger, *four_labels, stop_after=2)
    assert log.count("end KerasMLPTagger epoch") == 2
    assert len(tagger.history_) == 2
    assert log[-2:] == ["end KerasMLPTagger fit, fitted", "teardown"]


@needs_callbacks
def test_callbacks_are_not_saved(four_labels, tmp_path):
    tagger = FixedThresholdTagger(MultilabelLogisticRegression()).set_callbacks(Recorder())
    tagger.fit(*four_labels)
    skmultitext.save(tagger, tmp_path / "model.zip")
    loaded = skmultitext.load(tmp_path / "model.zip")
    assert not hasattr(loaded, "_skl_callbacks")
    np.testing.assert_array_equal(loaded.predict(four_labels[0]), tagger.predict(four_labels[0]))


def test_without_callbacks_a_task_does_nothing():
    assert FitTask.of(TfidfLogRegTagger(), 2).context is None
    above, parts = NO_TASK.parts("folds", 2, "fold")
    with above.running(), parts[0].around(object()):
        pass
    assert NO_TASK.part("epoch").end() is False
    assert len(parts) == 2


WITHOUT = """
import sklearn.linear_model, sklearn.model_selection, sklearn.pipeline  # they use callbacks
try:
    import sklearn.callback
    del sklearn.callback.CallbackSupportMixin  # as in scikit-learn 1.8: an ImportError
except ImportError:
    pass
import skmultitext
from skmultitext.datasets import load_support_tickets
tickets = load_support_tickets()
tagger = skmultitext.TunedThresholdTaggerCV(skmultitext.TfidfLogRegTagger(), cv=2, verbose=1)
assert not hasattr(tagger, "set_callbacks")
print(tagger.fit(tickets.data, tickets.label_sets).best_score_ > 0)
"""


def test_taggers_without_the_callbacks_of_scikit_learn():
    run = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "True"
