"""The random state of an interrupted training, from which the next one starts."""

import numpy as np
import pytest

from skmultitext._runtime.checkpoints import GENERATOR_FILE, starting_generator


@pytest.mark.parametrize("random_state", [None, "instance"])
def test_a_generator_goes_on_where_the_unfinished_training_began(tmp_path, random_state):
    def start():
        given = np.random.RandomState(5) if random_state else None
        return starting_generator(given, tmp_path).randint(2**30, size=4).tolist()

    first = start()
    used = np.random.RandomState(9)
    # a state without a checkpoint is of a training that began anew
    assert starting_generator(used, tmp_path).randint(2**30, size=4).tolist() != first
    first = start()
    (tmp_path / "checkpoint.npz").touch()
    state = used.get_state()[1].copy()
    assert starting_generator(used, tmp_path).randint(2**30, size=4).tolist() == first
    assert (used.get_state()[1] == state).all()
    assert start() == first


def test_a_seed_needs_no_file(tmp_path):
    for directory in (None, tmp_path / "new"):
        found = starting_generator(3, directory).randint(2**30)
        assert found == np.random.RandomState(3).randint(2**30)
    assert not (tmp_path / "new").exists()


def test_a_directory_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"No checkpoint can be written to .*file: .*Make room"):
        starting_generator(None, tmp_path / "file")
    starting_generator(None, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name != "file"] == [GENERATOR_FILE]
