"""The published systems run offline on small data, and print the figures of their articles."""

import csv
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from script_runs import run

FOLDER = Path(__file__).parents[1] / "examples" / "reproductions"
LABELS = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]


def numbers(pattern, printed):
    """The numbers that a pattern with one group finds."""
    return [float(found) for found in re.findall(pattern, printed)]


@pytest.fixture
def comments(monkeypatch):
    """The module that reads and generates comments."""
    monkeypatch.syspath_prepend(FOLDER)
    import _comments

    yield _comments
    del sys.modules["_comments"]


def test_generated_comments_have_the_layout_of_the_challenge(comments, tmp_path):
    comments.generate(tmp_path / "train.csv", 500)
    with open(tmp_path / "train.csv", newline="", encoding="utf-8") as file:
        assert next(csv.reader(file)) == ["id", "comment_text", *LABELS]
    read = comments.read(tmp_path / "train.csv")
    assert read.target_names == LABELS
    share = dict(zip(LABELS, read.target.mean(axis=0), strict=True))
    assert max(share, key=share.get) == "toxic"
    assert 0.1 < read.target.any(axis=1).mean() < 0.25
    toxic, severe = read.target[:, 0], read.target[:, 1]
    assert (toxic[severe == 1] == 1).all()


@pytest.mark.slow
def test_hierarchical_files_validate_every_few_steps(tmp_path):
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    printed = run(FOLDER / "hierarchical_files.py", "--smoke")
    figures = re.search(r"^step 4: (.*)$", printed, re.M)[1]
    for name in ("f1_micro", "f1_macro", "f1_weighted", "exact_match"):  # in training, and after
        assert re.search(rf"(^|, ){name} 0\.\d+", figures)
        assert re.search(rf", validation_{name} 0\.\d+", figures)
    assert re.search(r"^loss \d.*, validation_loss \d", figures)
    for average in ("micro", "macro", "weighted"):
        (f1,) = numbers(rf"^{average}-F1 ([\d.]+)$".replace("^", "(?m)^"), printed)
        assert 0 < f1 <= 1
    # files of one's own
    for name in ("train", "valid"):
        (tmp_path / f"{name}.txt").write_text("late parcel |&| again\nrefund me\n" * 20)
        (tmp_path / f"{name}.onehot").write_text("1,0\n0,1\n" * 20)
    files = [tmp_path / name for name in ("train.txt", "train.onehot", "valid.txt", "valid.onehot")]
    printed = run(FOLDER / "hierarchical_files.py", *files, "--smoke", "--every", 1)
    assert "vocabulary: 7 ids" in printed  # padding, unknown and five words


@pytest.mark.slow
def test_dense_head(tmp_path):
    pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    printed = run(FOLDER / "dense_head.py", "--smoke", "--plots", tmp_path)
    assert "70 of 400 comments have a label" in printed
    assert len(numbers(r"ROC-AUC, m....: ([01]\.\d+)", printed)) == 2
    assert all(name in printed for name in (*LABELS, "micro avg", "epoch 1: loss"))
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_mlp_on_features_gives_the_figures_of_the_article():
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    printed = run(FOLDER.parent / "mlp_on_features.py")
    assert numbers(r"test loss +([\d.]+)", printed)[0] <= 0.315
    assert numbers(r"binary accuracy +([\d.]+)", printed)[0] >= 0.85


@pytest.mark.slow
def test_toxic_comments_of_a_file(comments, tmp_path):
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
    comments.generate(tmp_path / "train.csv", 400)
    printed = run(
        FOLDER.parent / "toxic_comments.py",
        *(tmp_path / "train.csv", "--epochs", 1, "--max-length", 64, "--plots", tmp_path),
    )
    head, *lines = printed.splitlines()
    assert head.split("  ")[-1].strip() == "average precision"
    table = {line.split()[0]: np.array(line.split()[1:], float) for line in lines[:3]}
    assert set(table) == {"dummy", "TF-IDF", "transformer"}
    assert (np.array([*table.values()]) >= 0).all()
    assert table["TF-IDF"][3] > table["dummy"][3] + 0.2
    assert re.match(r"one comment, reloaded, \d+\.\d ms", lines[3])
    assert [line.split()[0] for line in lines[4:]] == LABELS
    assert {p.name for p in tmp_path.glob("*.png")} == {
        "lengths.png",
        "labels.png",
        "correlation.png",
    }


@pytest.mark.slow
def test_three_encoders():
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
    printed = run(FOLDER / "three_encoders.py", "--smoke")
    assert re.findall(r"^\w+$", printed, re.M) == ["bert", "xlnet", "roberta"]
    assert printed.count("given:") == 9
    scores = numbers(r"threshold [\d.]+: validation micro-F1 ([\d.]+)", printed)
    assert len(scores) == 6
    assert all(after >= before for before, after in zip(scores[::2], scores[1::2], strict=True))
