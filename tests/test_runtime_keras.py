"""Keras on TensorFlow: import, precision of layers, private names."""

import inspect
import os
import subprocess
import sys

import numpy as np
import pytest

from skmultitext._runtime import keras as keras_module
from skmultitext._runtime.keras import (
    all_layers,
    computing_in,
    feedforward_layer,
    global_random_state,
    leave_gradients_as_they_are,
    load_keras,
    prediction_precision,
    training_precision,
)
from skmultitext.exceptions import MissingExtraError
from skmultitext.neural.mlp import KerasMLPTagger


def test_without_tensorflow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    message = r'KerasMLPTagger needs the library .tensorflow.*pip install "skmultitext\[keras\]"'
    with pytest.raises(MissingExtraError, match=message):
        KerasMLPTagger().fit(np.eye(4), np.eye(4, 2, dtype=int))
    with pytest.raises(MissingExtraError, match=message):
        KerasMLPTagger().partial_fit(np.eye(4), np.eye(4, 2, dtype=int))


def test_another_backend_is_refused(monkeypatch):
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    keras = load_keras()
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    message = (
        "KerasMLPTagger needs Keras on TensorFlow, but Keras runs on the backend 'torch'. Set the "
        "environment variable KERAS_BACKEND=tensorflow before Keras is imported"
    )
    with pytest.raises(RuntimeError, match=message):
        load_keras("KerasMLPTagger")


@pytest.mark.slow
@pytest.mark.parametrize("given", [None, "tensorflow"])
def test_the_first_import_chooses_tensorflow(given, tmp_path):
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    environment.update({"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_HOME": str(tmp_path)})
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    if given:
        environment["KERAS_BACKEND"] = given
    code = """
import random
import numpy as np
from skmultitext._runtime.keras import (
    all_layers,
    feedforward_layer,
    leave_gradients_as_they_are,
    load_keras,
)
states = lambda: (random.getstate(), np.random.get_state()[1].tolist())
before = states()
print(load_keras().backend.backend(), states() == before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.stdout.split() == ["tensorflow", "True"], done.stderr


@pytest.mark.slow
def test_a_backend_that_is_not_installed_is_refused_as_another_one_is():
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    code = """
from skmultitext._runtime.keras import (
    all_layers,
    feedforward_layer,
    leave_gradients_as_they_are,
    load_keras,
)
try:
    load_keras("KerasMLPTagger")
except RuntimeError as error:
    print(error)
"""
    environment = {**os.environ, "KERAS_BACKEND": "not_there"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=240
    )
    wanted = "KerasMLPTagger needs Keras on TensorFlow, but Keras runs on the backend 'not_there'."
    assert done.stdout.startswith(wanted), done.stderr


def test_auto_is_what_the_hardware_has(monkeypatch):
    for has, wanted in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(keras_module, "_has_bfloat16", lambda has=has: has)
        assert training_precision("auto") == wanted
        assert training_precision("float32") == "float32"
        assert prediction_precision("auto") == "float32"
        assert prediction_precision("bfloat16") == "bfloat16"


def test_the_flags_of_the_processor_tell(monkeypatch, tmp_path):
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    for text, wanted in (("flags : fma amx_bf16 amx_tile", True), ("flags : fma avx2", False)):
        (tmp_path / "cpuinfo").write_text(text)
        monkeypatch.setattr(keras_module, "Path", lambda _: tmp_path / "cpuinfo")
        assert keras_module._has_bfloat16() is wanted
    (tmp_path / "cpuinfo").unlink()
    assert keras_module._has_bfloat16() is False


def test_a_policy_holds_inside_only():
    keras = load_keras()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with computing_in("bfloat16", model.layers):
        assert model.layers[0].compute_dtype == "bfloat16"
        assert model.layers[0].variable_dtype == "float32"
    assert model.layers[0].compute_dtype == "float32"
    with pytest.raises(KeyError), computing_in("bfloat16", model.layers):
        raise KeyError
    assert model.layers[0].compute_dtype == "float32"


def test_optimizers_have_the_method_that_sums_gradients():
    keras = load_keras()
    optimizer = keras.optimizers.Adam()
    leave_gradients_as_they_are(optimizer)
    assert optimizer._all_reduce_sum_gradients([1, 2]) == [1, 2]
    # Keras still calls it between clipping and the update
    sources = [
        inspect.getsource(sys.modules[cls.__module__]) for cls in type(optimizer).__mro__[:-1]
    ]
    assert any("self._all_reduce_sum_gradients(" in text for text in sources)
    with pytest.raises(
        RuntimeError, match=r"keras .* has changed _all_reduce_sum_gradients of opt"
    ):
        leave_gradients_as_they_are(object())


def test_the_global_random_state_of_keras_is_read(monkeypatch):
    keras = load_keras()
    _, before = global_random_state()
    keras.random.uniform((1,))  # makes the global generator, or moves it
    seed, after = global_random_state()
    assert after is not None
    assert before is None or (before != after).any()
    module = sys.modules["keras.src.backend.common.global_state"]
    monkeypatch.setitem(module.GLOBAL_STATE_TRACKER.__dict__, "global_random_seed", 41)
    assert global_random_state()[0] == 41 != seed
    monkeypatch.setitem(sys.modules, "keras.src.backend.common.global_state", None)
    with pytest.raises(RuntimeError, match=r"keras .* has changed get_global_attribute, which"):
        global_random_state()


def test_layers_of_layers_are_listed():
    keras = load_keras()
    inner = keras.Sequential([keras.layers.Dense(2, name="inside")])
    model = keras.Sequential([keras.Input((3,)), inner])
    assert "inside" in [layer.name for layer in all_layers(model)]
    assert "inside" not in [layer.name for layer in model.layers]
    with pytest.raises(RuntimeError, match=r"keras .* has changed _flatten_layers of models"):
        all_layers(object())


def test_the_activation_of_a_transformer_block_is_found():
    hub = pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")
    block = hub.layers.TransformerEncoder(8, 2, activation="relu")
    block.build((None, 4, 6))
    assert feedforward_layer(block).units == 8
    assert feedforward_layer(block).activation is load_keras().activations.relu
    with pytest.raises(RuntimeError, match=r"keras-hub .* has changed _feedforward_intermediate_d"):
        feedforward_layer(object())
