"""train and tune: the models of the API, saved."""

import numpy as np
from command_runs import TEXT, fail, run, small_tickets, succeed

import skmultitext
from skmultitext._command._train import OBJECTIVES
from skmultitext.thresholds._objectives import OBJECTIVES as _ALL


def test_train_equals_the_api_bit_by_bit(capsys, tmp_path, tickets):
    path, model = small_tickets(tmp_path), tmp_path / "model"
    options = ["--set", "C=5", "ngram_range=1,2"]
    code, out, err = run(capsys, "train", path, "-o", model, *options)
    assert (code, out) == (0, "")
    found, saved = err.splitlines()
    assert found.startswith(f"{path}: 150 rows, 10 labels, ")
    assert found.endswith("(jsonl, texts in 'text', labels in 'labels')")
    assert saved == f"saved {model}"
    tagger = skmultitext.TfidfLogRegTagger(C=5, ngram_range=(1, 2), random_state=0)
    tagger.fit(tickets.data[:150], tickets.label_sets[:150])
    proba = skmultitext.load(model).predict_proba([TEXT, ""])
    np.testing.assert_array_equal(proba, tagger.predict_proba([TEXT, ""]))


def test_nothing_is_overwritten_and_mistakes_come_before_the_work(capsys, tmp_path):
    path, model = small_tickets(tmp_path, 30), tmp_path / "model"
    succeed(capsys, "train", path, "-o", model)
    assert f"{model} exists; pass --force" in fail(capsys, "train", path, "-o", model)
    succeed(capsys, "train", path, "-o", model, "--force")
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    code, _, err = run(capsys, "train", path, "-o", other, "--force")
    assert (code, err.count("\n")) == (1, 1)
    assert other.read_text() == "mine"
    message = fail(capsys, "train", path, "-o", tmp_path / "b", "--set", "ngram_rnge=1,2")
    assert message.endswith("no parameter 'ngram_rnge'. Did you mean 'ngram_range'?")


def test_validation_tuning_and_folds(capsys, tmp_path):
    path = small_tickets(tmp_path)
    first, second = tmp_path / "first", tmp_path / "second"
    err = run(capsys, "train", path, "-o", first, "--tune", "f1_micro", "--cv", "2")[2]
    assert "f1_micro 0." in err
    assert type(skmultitext.load(first)).__name__ == "TunedThresholdTaggerCV"
    err = run(capsys, "train", path, "-o", second, "--cv", "2", "--validation", path)[2]
    assert "2 folds: f1_micro 0." in err
    assert f"{path}: f1_micro " in err
    succeed(capsys, "tune", second, path, "-o", tmp_path / "tuned", "--objective", "f1_micro")
    tuned = skmultitext.load(tmp_path / "tuned")
    assert tuned.objective == "f1_micro"
    assert not np.array_equal(tuned.thresholds_, np.full(10, 0.5))


def test_objectives_are_those_without_parameters():
    assert set(OBJECTIVES) == {name for name, needed in _ALL.items() if not needed}


def test_one_row(capsys, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,labels\nlate again,a\n")
    err = run(capsys, "train", path, "-o", tmp_path / "m")[2]
    assert err.startswith(f"{path}: 1 row, 1 label, 0.0% of the rows")
