"""Keras comes with TensorFlow below it, or the error says what to do."""

import os
import subprocess
import sys

import numpy as np
import pytest

from skmultitext.exceptions import MissingExtraError
from skmultitext.neural._backend import load_keras
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
from skmultitext.neural._backend import load_keras
states = lambda: (random.getstate(), np.random.get_state()[1].tolist())
before = states()
print(load_keras().backend.backend(), states() == before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.stdout.split() == ["tensorflow", "True"], done.stderr
