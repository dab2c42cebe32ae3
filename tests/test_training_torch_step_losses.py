"""The losses in PyTorch against those in Keras: values and gradients."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import torch

from skmultitext.neural.losses import make_loss
from skmultitext.training._torch_step import TorchLoss

CASES = [
    ("log_loss", {}),
    ("log_loss", {"label_smoothing": 0.1, "reduction": "mean"}),
    ("log_loss", {"pos_weight": [1.0, 2.0, 0.5], "neg_weight": [1.0, 0.3, 2.0]}),
    ("focal", {}),
    ("focal", {"gamma": 0.5, "alpha": 0.25, "pos_weight": 3.0}),
    ("asymmetric", {}),
    ("asymmetric", {"margin": 0.0, "gamma_positive": 1.0, "gamma_negative": 2.0}),
    ("asymmetric", {"gamma_negative": 0.5, "margin": 0.2, "label_smoothing": 0.2}),
    ("asymmetric", {"gamma_negative": 0.0}),
]


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("has_unknown", [False, True])
def test_values_and_gradients_are_those_of_keras(name, options, weighted, has_unknown):
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    rng = np.random.RandomState(0)
    indicator = (rng.rand(7, 3) < 0.5).astype(np.float32)
    if has_unknown:
        options = {**options, "has_unknown": True}
        indicator[1:4, 0] = indicator[3:6, 2] = -1
    logits = (6 * rng.randn(7, 3)).astype(np.float32)
    logits[0] = [40.0, -40.0, 0.0]
    weight = rng.rand(7).astype(np.float32) if weighted else None

    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        wanted = make_loss(name, **options)(indicator, variable, weight)
    gradient = tape.gradient(wanted, variable).numpy()

    ours = torch.tensor(logits, requires_grad=True)
    loss = TorchLoss(name, **options)
    value = loss(torch.tensor(indicator), ours, None if weight is None else torch.tensor(weight))
    value.backward()
    np.testing.assert_allclose(value.item(), float(wanted), rtol=1e-5)
    np.testing.assert_allclose(ours.grad.numpy(), gradient, rtol=1e-4, atol=1e-7)
    assert (ours.grad.numpy()[indicator < 0] == 0).all()


@pytest.mark.parametrize("name", ["log_loss", "focal", "asymmetric"])
def test_logits_of_any_size_give_finite_losses_and_slopes(name):
    logits = torch.tensor([[1e4, -1e4], [-1e4, 1e4]], requires_grad=True)
    value = TorchLoss(name)(torch.eye(2), logits)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.grad).all()


def test_half_precision_is_raised():
    logits = torch.zeros(2, 2, dtype=torch.bfloat16)
    value = TorchLoss("log_loss")(torch.eye(2), logits)
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(2 * np.log(2), rel=1e-6)


def test_a_batch_that_weighs_nothing_costs_nothing():
    value = TorchLoss("focal")(torch.eye(2), torch.ones(2, 2), torch.zeros(2))
    assert value.item() == 0.0


def test_an_unknown_loss_or_option_is_refused():
    with pytest.raises(ValueError, match="loss is 'hinge'; pass one of log_loss"):
        TorchLoss("hinge")
    with pytest.raises(ValueError, match="'focal' has no option 'margin'"):
        TorchLoss("focal", margin=0.1)
