"""Generators, logging and progress bars are left as they were."""

import logging as std_logging
import random
import warnings

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import torch
import transformers

from skmultitext.transformer._isolation import isolated_generators, quiet_transformers


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


def test_transformers_is_quiet_and_gets_its_settings_back():
    logging = transformers.utils.logging
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    with quiet_transformers():
        assert logging.get_verbosity() == std_logging.CRITICAL
        assert not logging.is_progress_bar_enabled()
        with pytest.warns(UserWarning, match="ours"):
            warnings.warn("ours", UserWarning, stacklevel=1)
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
