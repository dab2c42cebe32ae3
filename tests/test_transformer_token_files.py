"""Tokens and labels on disk are those in memory."""

import errno
import os

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import transformer_toys as toys

from skmultitext.datasets._data_file import DataFile
from skmultitext.transformer import _token_files
from skmultitext.transformer._token_files import write_tokens
from skmultitext.transformer._tokens import TokenReader

BERT, XLNET = (toys.ARCHITECTURES[name][0] for name in ("bert", "xlnet"))
TEXTS = [" ".join(toys.WORDS[i % 5 : i % 17 + 6]) for i in range(40)]
Y = np.random.RandomState(0).randint(2, size=(40, 3))


def write(tmp_path, y=Y):
    (tmp_path / "texts").write_text("\n".join(TEXTS) + "\n")
    (tmp_path / "labels").write_text("\n".join(",".join(map(str, row)) for row in y) + "\n")
    (tmp_path / "tokens").mkdir()
    return DataFile(tmp_path / "texts", tmp_path / "labels", "text_and_onehot", {})


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("long_text", ["truncate", "window"])
def test_tokens_on_disk_are_those_in_memory(tmp_path, monkeypatch, left, long_text):
    monkeypatch.setattr(_token_files, "_ROWS_AT_A_TIME", 7)
    tokenizer = toys.make_tokenizer(XLNET if left else BERT, left=left)
    reader = TokenReader(tokenizer, 9, long_text=long_text, window_stride=2)
    found, labels = write_tokens(
        write(tmp_path), ["0", "1", "2"], reader.encode, tmp_path / "tokens"
    )
    wanted = reader.encode(TEXTS)
    assert found.has_windows == wanted.has_windows == (long_text == "window")
    np.testing.assert_array_equal(found.lengths, wanted.lengths)
    some = np.array([39, 0, 8, 8])
    for one, other in zip(found.rows_of(some), wanted.rows_of(some), strict=True):
        np.testing.assert_array_equal(one, other)
    rows = wanted.rows_of(some)[0]
    for name, array in wanted.padded(rows).items():
        np.testing.assert_array_equal(found.padded(rows)[name], array)
    assert (found.type_ids is None) == (wanted.type_ids is None)
    assert labels.shape == Y.shape
    np.testing.assert_array_equal(labels[some].toarray(), Y[some])
    np.testing.assert_array_equal(labels[np.arange(40)].toarray(), Y)
    assert isinstance(found.ids.base, np.memmap)


def test_a_file_without_a_positive(tmp_path):
    reader = TokenReader(toys.make_tokenizer(BERT), 9)
    data_file = write(tmp_path, np.zeros_like(Y))
    _, labels = write_tokens(data_file, ["0", "1", "2"], reader.encode, tmp_path / "tokens")
    assert not labels[np.arange(40)].toarray().any()


def test_arrays_beside_tokens_on_disk_are_on_disk(tmp_path):
    reader = TokenReader(toys.make_tokenizer(BERT), 9)
    tokens, _ = write_tokens(write(tmp_path), ["0", "1", "2"], reader.encode, tmp_path / "tokens")
    made = tokens.allocate(4, np.float32)
    assert (made.shape, made.dtype) == ((40, 4), np.float32)
    assert isinstance(made.base, np.memmap)
    assert reader.encode(TEXTS).allocate(4, np.float32).base is None


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told(tmp_path, monkeypatch):
    reader = TokenReader(toys.make_tokenizer(BERT), 9)
    data_file, folder = write(tmp_path), tmp_path / "tokens"
    message = r"cannot be written to .*tokens: .*No space left.*\. Make room there, or set the"
    (folder / "ids").symlink_to("/dev/full")
    with pytest.raises(OSError, match=message):
        write_tokens(data_file, ["0", "1", "2"], reader.encode, folder)
    (folder / "ids").unlink()
    tokens, _ = write_tokens(data_file, ["0", "1", "2"], reader.encode, folder)

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match=message):
        tokens.allocate(4, np.float32)
    monkeypatch.delattr(os, "posix_fallocate")
    assert tokens.allocate(4, np.float32).shape == (40, 4)
