"""Tokenizers packed into bytes and back."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import transformer_toys as toys

from skmultitext.transformer._tokenizers import load_tokenizer, pack_tokenizer, unpack_files


@pytest.mark.parametrize("model_type", ["bert", "roberta", "xlnet"])
def test_what_comes_out_is_what_went_in(tmp_path, model_type):
    tokenizer = load_tokenizer(toys.checkpoint(model_type), ["[URL]"])
    files = pack_tokenizer(tokenizer)
    assert all(isinstance(content, bytes) for content in files.values())
    unpack_files(files, Path(tmp_path))
    again = load_tokenizer(tmp_path)
    texts = ["late [URL] parcel", "", "where is it"]
    assert again(texts, padding=True) == tokenizer(texts, padding=True)
    assert again.padding_side == tokenizer.padding_side
    assert len(again) == len(tokenizer)
