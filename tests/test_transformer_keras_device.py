"""Devices and precisions in TensorFlow."""

import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

import keras

from skmultitext.transformer import _keras_device
from skmultitext.transformer._keras_device import check_device, computing_in, training_precision


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
    monkeypatch.setattr(_keras_device, "_gpus", lambda: gpus)
    with pytest.raises(ValueError, match=message):
        check_device(device, precision)


@pytest.mark.parametrize(("gpus", "devices"), [([], ["auto", "cpu"]), (["GPU"], ["auto", "cuda"])])
def test_what_it_does_is_let_through(monkeypatch, gpus, devices):
    monkeypatch.setattr(_keras_device, "_gpus", lambda: gpus)
    for device in devices:
        check_device(device, "float16" if gpus else "bfloat16")


def test_auto_is_what_the_hardware_has(monkeypatch):
    for has, wanted in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(_keras_device, "_has_bfloat16", lambda has=has: has)
        assert training_precision("auto") == wanted
        assert training_precision("float32") == "float32"


def test_the_flags_of_the_processor_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(_keras_device, "_gpus", list)
    for text, wanted in (("flags : fma amx_bf16 amx_tile", True), ("flags : fma avx2", False)):
        (tmp_path / "cpuinfo").write_text(text)
        monkeypatch.setattr(_keras_device, "Path", lambda _: tmp_path / "cpuinfo")
        assert _keras_device._has_bfloat16() is wanted
    (tmp_path / "cpuinfo").unlink()
    assert _keras_device._has_bfloat16() is False


def test_a_policy_holds_inside_only():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with computing_in(model, "mixed_bfloat16"):
        assert model.layers[0].compute_dtype == "bfloat16"
        assert model.layers[0].variable_dtype == "float32"
    assert model.layers[0].compute_dtype == "float32"
    with pytest.raises(KeyError), computing_in(model, "mixed_bfloat16"):
        raise KeyError
    assert model.layers[0].compute_dtype == "float32"
