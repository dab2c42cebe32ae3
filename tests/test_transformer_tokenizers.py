"""Tokenizers of checkpoints."""

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import transformer_toys as toys

from skmultitext.transformer._tokenizers import closes_with_cls, load_tokenizer


@pytest.mark.parametrize(
    ("model_type", "wanted"), [("bert", False), ("xlnet", True), ("llama", False)]
)
def test_where_the_token_of_a_text_stands(model_type, wanted):
    assert closes_with_cls(load_tokenizer(toys.checkpoint(model_type))) is wanted
