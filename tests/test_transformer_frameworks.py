"""Which framework is taken, and what is said when none is there."""

import subprocess
import sys

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

from skmultitext.exceptions import MissingExtraError
from skmultitext.transformer import _frameworks
from skmultitext.transformer._frameworks import load_engine


def test_auto_takes_torch():
    assert load_engine("auto").__name__ == "skmultitext.transformer.torch._engine"
    assert load_engine("torch") is load_engine("auto")


def test_neither_is_installed(monkeypatch):
    monkeypatch.setattr(_frameworks, "_is_installed", lambda module: False)
    message = r"needs PyTorch or TensorFlow, .*skmultitext\[transformers\].*\[transformers-tf\]"
    with pytest.raises(MissingExtraError, match=message):
        load_engine("auto")


@pytest.mark.parametrize(
    ("hidden", "named"),
    [
        ({"tensorflow"}, "needs the library 'tensorflow', which is"),
        ({"keras_hub"}, "needs the library 'keras_hub', which is"),
        (
            {"tensorflow", "keras_hub"},
            "needs the libraries 'tensorflow' and 'keras_hub', which are",
        ),
    ],
)
def test_tensorflow_names_its_own_extra(monkeypatch, hidden, named):
    monkeypatch.setattr(_frameworks, "_is_installed", lambda module: module not in hidden)
    message = rf'{named} not installed.*pip install "skmultitext\[transformers-tf\]"'
    with pytest.raises(MissingExtraError, match=message):
        load_engine("tensorflow")


def test_auto_takes_tensorflow_where_torch_is_not(monkeypatch):
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")
    monkeypatch.setattr(_frameworks, "_is_installed", lambda module: module != "torch")
    assert load_engine("auto").__name__ == "skmultitext.transformer.keras._engine"


def test_a_tagger_that_is_not_fitted_loads_nothing():
    code = (
        "import sys; from skmultitext.transformer.tagger import TransformerTagger\n"
        "repr(TransformerTagger())\n"
        "print([m for m in ('torch', 'transformers', 'tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
