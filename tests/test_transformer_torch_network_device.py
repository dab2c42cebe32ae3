"""Devices, precision, and what is said when memory is full."""

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")

import torch

from skmultitext.transformer.torch import _network
from skmultitext.transformer.torch._network import find_device, find_precision

CPU = torch.device("cpu")


def test_auto_takes_a_gpu_if_there_is_one(monkeypatch):
    assert find_device("cpu").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert find_device("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(_network, "_has_mps", lambda: False)
    assert find_device("auto").type == "cpu"
    with pytest.raises(ValueError, match=r"device is 'cuda', but PyTorch finds none.*finds 'cpu'"):
        find_device("cuda")


@pytest.mark.parametrize(("has", "wanted"), [(True, "bfloat16"), (False, "float32")])
def test_auto_is_bfloat16_where_the_processor_has_it(monkeypatch, has, wanted):
    monkeypatch.setattr(_network, "_cpu_has_bfloat16", lambda: has)
    assert find_precision("auto", CPU) == wanted
    assert find_precision("float32", CPU) == "float32"


def test_float16_needs_a_gpu():
    with pytest.raises(ValueError, match=r"precision='float16' needs a CUDA GPU, .* 'cpu'"):
        find_precision("float16", CPU)
    assert find_precision("float16", torch.device("cuda")) == "float16"
