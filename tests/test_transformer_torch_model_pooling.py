"""Pooling of tokens and of windows against loops in NumPy."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")

import torch
from scipy.special import expit

from skmultitext.transformer.torch._model import Pooling, pool_windows

LENGTHS = [4, 1, 3]


def states_and_mask(side):
    states = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(3, 4, dtype=torch.long)
    for row, length in enumerate(LENGTHS):
        mask[row, 4 - length :] = side == "left"
        if side == "right":
            mask[row, :length] = 1
    return states, mask


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("how", ["mean", "max"])
def test_padding_has_no_part(side, how):
    states, mask = states_and_mask(side)
    found = Pooling(how, 5)(states, mask)
    for row in range(3):
        real = states[row][mask[row].bool()]
        wanted = real.mean(dim=0) if how == "mean" else real.max(dim=0).values
        torch.testing.assert_close(found[row], wanted)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("is_last", [False, True])
def test_cls_is_the_first_or_the_last_real_token(side, is_last):
    states, mask = states_and_mask(side)
    found = Pooling("cls", 5, cls_is_last=is_last)(states, mask)
    for row in range(3):
        real = states[row][mask[row].bool()]
        torch.testing.assert_close(found[row], real[-1 if is_last else 0])


def test_attention_is_a_weighted_mean_of_real_tokens():
    states, mask = states_and_mask("right")
    torch.manual_seed(0)
    pooling = Pooling("attention", 5)
    found = pooling(states, mask)
    torch.testing.assert_close(found[1], states[1, 0])
    changed = states.clone()
    changed[2, 3] = 1e3  # padding
    torch.testing.assert_close(pooling(changed, mask), found)
    scores = pooling.context(torch.tanh(pooling.project(states[0]))).softmax(dim=0)
    torch.testing.assert_close(found[0], (scores * states[0]).sum(dim=0))


@pytest.mark.parametrize("how", ["max", "mean"])
def test_windows_are_pooled_label_by_label(how):
    rng = np.random.RandomState(0)
    logits, owners = 4 * rng.randn(6, 2), np.array([0, 0, 1, 2, 2, 2])
    pooled = pool_windows(torch.tensor(logits), torch.tensor(owners), 3, how).numpy()
    proba = expit(logits)
    for text in range(3):
        windows = proba[owners == text]
        wanted = windows.max(axis=0) if how == "max" else windows.mean(axis=0)
        np.testing.assert_allclose(expit(pooled[text]), wanted, rtol=1e-12)


@pytest.mark.parametrize("how", ["max", "mean"])
def test_pooled_windows_have_finite_slopes(how):
    logits = torch.tensor([[-300.0, 300.0], [-301.0, 299.0]], requires_grad=True)
    pool_windows(logits, torch.tensor([0, 0]), 1, how).sum().backward()
    assert torch.isfinite(logits.grad).all()
    assert logits.grad.abs().sum() > 0
