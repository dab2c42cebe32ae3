"""Training batches: of like length, every text once, another order in every epoch."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import scipy.sparse as sp
import torch
import transformer_toys as toys

from skmultitext.transformer._tokens import TokenReader
from skmultitext.transformer._torch_batches import Collator, LengthBatchSampler, Positions


def test_every_text_once_an_epoch_in_an_order_of_chance():
    lengths = np.random.RandomState(0).randint(1, 60, 500)
    sampler = LengthBatchSampler(lengths, 16, seed=3)
    epochs = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        batches = list(sampler)
        assert len(batches) == len(sampler)
        assert sorted(i for batch in batches for i in batch) == list(range(500))
        epochs.append(batches)
    assert epochs[0] == epochs[2]
    assert epochs[0] != epochs[1]
    longest = [lengths[batch].max() for batch in epochs[0]]
    assert longest != sorted(longest)
    # like lengths: little padding
    padded = sum(lengths[batch].max() * len(batch) for batch in epochs[0])
    assert padded < 1.1 * lengths.sum()


@pytest.mark.parametrize("sparse", [False, True])
def test_a_batch_has_its_windows_labels_and_weights(sparse):
    reader = TokenReader(
        toys.make_tokenizer(toys.ARCHITECTURES["bert"][0]), 5, long_text="window", window_stride=1
    )
    tokens = reader.encode(["late", "late parcel refund money where", "hello"])
    y = np.array([[1, 0], [1, 1], [0, 1]], dtype=np.int8)
    collator = Collator(tokens, sp.csr_array(y) if sparse else y, np.array([1.0, 2.0, 3.0]))
    batch = collator([1, 0])
    assert batch["labels"].tolist() == [[1, 1], [1, 0]]
    assert batch["weights"].tolist() == [2.0, 1.0]
    assert batch["owners"].tolist() == [0, 0, 1]
    assert batch["input_ids"].shape == (3, 5)
    assert batch["labels"].dtype == batch["weights"].dtype == torch.float32


def test_features_take_the_place_of_tokens():
    tokens = TokenReader(toys.make_tokenizer(toys.ARCHITECTURES["bert"][0]), 5).encode(["a", "b"])
    batch = Collator(tokens, np.eye(2), None, np.arange(6.0).reshape(2, 3))([1])
    assert set(batch) == {"features", "labels"}
    assert batch["features"].tolist() == [[3.0, 4.0, 5.0]]


def test_positions():
    assert [Positions(3)[i] for i in range(len(Positions(3)))] == [0, 1, 2]
