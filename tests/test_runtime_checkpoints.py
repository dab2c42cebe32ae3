"""Checkpoints: whole or not at all, safe to read, refused by name."""

import json
import zipfile

import numpy as np
import pytest

from skmultitext._runtime.checkpoints import Checkpoints

GROUPS = {"model": [np.arange(6.0).reshape(2, 3), np.float32(3)], "empty": []}
STATE = {"epoch": 2, "history": [{"loss": 0.1}], "score": None}


@pytest.fixture
def checkpoints(tmp_path):
    made = Checkpoints(tmp_path / "runs", 5, {"batch_size": 32, "sizes": (1, 2)})
    made.save(STATE, GROUPS)
    return made


def test_what_is_saved_is_loaded(checkpoints):
    state, groups = checkpoints.load()
    assert state == STATE
    assert groups["empty"] == []
    for found, saved in zip(groups["model"], GROUPS["model"], strict=True):
        np.testing.assert_array_equal(found, saved)
        assert found.dtype == saved.dtype


def test_the_file_is_readable_without_pickle(checkpoints):
    with np.load(checkpoints.path, allow_pickle=False) as file:
        assert json.loads(str(file["state"]))["state"] == STATE


def test_exists_and_remove(checkpoints):
    assert checkpoints.exists()
    checkpoints.remove()
    checkpoints.remove()
    assert not checkpoints.exists()


def test_a_write_that_fails_leaves_the_last_checkpoint(checkpoints, monkeypatch):
    def fail(file, **arrays):
        file.write(b"half a file")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save({"epoch": 3}, GROUPS)
    monkeypatch.undo()
    assert checkpoints.load()[0] == STATE
    assert [path.name for path in checkpoints.path.parent.iterdir()] == ["checkpoint.npz"]


def cut(path):
    path.write_bytes(path.read_bytes()[:-200])


def flip(path):
    data = bytearray(path.read_bytes())
    place = data.index(np.arange(6.0).tobytes()) + 11
    data[place] ^= 1
    path.write_bytes(bytes(data))


def empty(path):
    path.write_bytes(b"")


def other_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")


def pickled(path):
    np.savez(path, state=np.array([{"format": 1}], dtype=object))


def directory(path):
    path.unlink()
    path.mkdir()


def other_format(path):
    np.savez(path, state=np.array(json.dumps({"format": "skmultitext training checkpoint 9"})))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut, "File is not a zip file"),
        (flip, "its part 'model/0.npy' has a wrong checksum"),
        (empty, "File is not a zip file"),
        (other_zip, "state"),
        (pickled, "Object arrays cannot be loaded"),
        (directory, "Is a directory"),
        (other_format, "its format is 'skmultitext training checkpoint 9'"),
    ],
)
def test_a_damaged_checkpoint_is_refused_by_name(checkpoints, damage, reason):
    damage(checkpoints.path)
    with pytest.raises(
        ValueError, match=r"The checkpoint .*checkpoint\.npz cannot be used"
    ) as info:
        checkpoints.load()
    assert reason in str(info.value)
    assert str(info.value).endswith("Delete it to train from the start, or pass another directory.")


def test_the_checkpoint_of_another_training_is_refused(checkpoints):
    other = Checkpoints(checkpoints.path.parent, 5, {"batch_size": 64, "sizes": (1, 2)})
    message = "it belongs to another training, whose batch_size is 32 and not 64"
    with pytest.raises(ValueError, match=message):
        other.load()


def test_every_is_at_least_one(tmp_path):
    with pytest.raises(ValueError, match="every is 0; it must be at least 1 step, or None"):
        Checkpoints(tmp_path, 0)
