"""The generators of the process are left as they were; a training has its own."""

import random

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import torch
import transformers

from skmultitext._runtime.generators import Generators, isolated_generators


def draw():
    return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002


def test_generators_go_on_as_if_nothing_had_been():
    random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002
    wanted = draw()
    random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002
    with isolated_generators(7):
        first = torch.rand(1).item()
        transformers.set_seed(3)
        draw()
    assert draw() == wanted
    with isolated_generators(7):
        assert torch.rand(1).item() == first


def test_generators_are_restored_after_an_error():
    random.seed(1)
    wanted = random.getstate()

    def fail():
        random.random()
        raise KeyError

    with isolated_generators(), pytest.raises(KeyError):
        fail()
    assert random.getstate() == wanted


def test_a_training_draws_on_where_it_was_and_no_one_else_is_touched():
    device = torch.device("cpu")
    with Generators(3, device):
        wanted = [draw() for _ in range(4)]
    random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002
    outside = [draw() for _ in range(4)]
    random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002
    first, second = Generators(3, device), Generators(4, device)
    found, others = [], []
    for _ in range(4):
        others.append(draw())
        with first:
            found.append(draw())
        with second:
            assert draw() not in wanted
    assert found == wanted
    assert others == outside


@pytest.mark.parametrize("n_draws", [0, 1, 2])
def test_generators_go_on_from_their_state(n_draws):
    device = torch.device("cpu")
    first = Generators(3, device)

    def draw_normal():
        return random.gauss(), np.random.standard_normal(), torch.randn(3).tolist()  # noqa: NPY002

    with first:
        for _ in range(n_draws):
            draw_normal()  # half of a pair of normal numbers waits in the generator
    second = Generators(9, device)
    second.restore({name: array.copy() for name, array in first.state().items()})
    with first:
        wanted = [draw_normal() for _ in range(3)]
    with second:
        assert [draw_normal() for _ in range(3)] == wanted
