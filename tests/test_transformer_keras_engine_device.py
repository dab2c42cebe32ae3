"""Devices of TensorFlow."""

import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from skmultitext.transformer.keras import _engine
from skmultitext.transformer.keras._engine import check_device


@pytest.mark.parametrize(
    ("gpus", "device", "precision", "message"),
    [
        ([], "cuda", "auto", r"device is 'cuda', but TensorFlow sees no such GPU.*'torch'"),
        (["GPU"], "mps", "auto", r"device is 'mps', but TensorFlow sees no such GPU.*'torch'"),
        (["GPU"], "cpu", "auto", r"device is 'cpu', but .* CUDA_VISIBLE_DEVICES=''.*'torch'"),
        ([], "auto", "float16", r"precision='float16' needs a CUDA GPU, .*'bfloat16' or 'float32'"),
    ],
)
def test_what_tensorflow_would_not_do_is_refused(monkeypatch, gpus, device, precision, message):
    monkeypatch.setattr(_engine, "_gpus", lambda: gpus)
    with pytest.raises(ValueError, match=message):
        check_device(device, precision)


@pytest.mark.parametrize(("gpus", "devices"), [([], ["auto", "cpu"]), (["GPU"], ["auto", "cuda"])])
def test_what_it_does_is_let_through(monkeypatch, gpus, devices):
    monkeypatch.setattr(_engine, "_gpus", lambda: gpus)
    for device in devices:
        check_device(device, "float16" if gpus else "bfloat16")
