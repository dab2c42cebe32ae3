"""Checkpoints of a training: whole ones, newest first, of this training."""

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("safetensors", reason="needs safetensors (extra 'transformers')")

import torch

from skmultitext.transformer._torch_resume import TrainerCheckpoints


def test_the_newest_whole_one_is_found(tmp_path):
    checkpoints = TrainerCheckpoints(tmp_path, {"a": (1, 2)})
    assert checkpoints.newest() is None
    for step in (9, 10, 100):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-x").mkdir()
    assert checkpoints.newest() is None
    checkpoints.complete(9, {"n": 1}, None)
    checkpoints.complete(10, {"n": 2}, {"w": torch.arange(3.0)})
    found = checkpoints.newest()
    assert found.name == "checkpoint-10"
    state, best = checkpoints.read(found)
    assert state == {"n": 2}
    assert best["w"].tolist() == [0.0, 1.0, 2.0]
    assert checkpoints.read(tmp_path / "checkpoint-9") == ({"n": 1}, None)
    with pytest.raises(ValueError, match=r"whose a is \[1, 2\] and not \[1, 3\]. Delete it"):
        TrainerCheckpoints(tmp_path, {"a": [1, 3]}).newest()
    checkpoints.remove()
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint-x"]


def test_a_checkpoint_that_cannot_be_completed_is_told(tmp_path):
    with pytest.raises(OSError, match=r"No checkpoint can be written to .*gone: .*Make room there"):
        TrainerCheckpoints(tmp_path / "gone", {}).complete(4, {}, None)
