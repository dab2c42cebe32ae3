"""The losses of `skmultitext.neural.losses` in PyTorch: same names, options and values."""

import numpy as np
import torch
from torch.nn.functional import softplus

from ..neural.losses import check_loss

__all__ = ["TorchLoss"]

# divides 0 by something where a batch weighs nothing; far below any sum of real weights
_TINY = 1e-30


class TorchLoss(torch.nn.Module):
    """A loss by name.

    Parameters
    ----------
    name : {"binary_crossentropy", "focal", "asymmetric"}
        The loss, see `skmultitext.neural.losses` for its formula.
    pos_weight, neg_weight : float or array-like of shape (n_labels,), default=None
        Factor of the positive and of the negative term of each label.
    **options
        Its other options: `label_smoothing`, `reduction`, `gamma`, ...

    Raises
    ------
    ValueError
        If there is no such loss or option, or an option is out of its range.
    """

    def __init__(self, name, *, pos_weight=None, neg_weight=None, **options):
        super().__init__()
        options = check_loss(name, options)
        self._label_smoothing = options.pop("label_smoothing", 0.0)
        self._by_mean = options.pop("reduction", "sum_over_labels") == "mean"
        self._terms = _TERMS[name]
        self._options = options
        for key, value in (("pos_weight", pos_weight), ("neg_weight", neg_weight)):
            factor = None if value is None else torch.as_tensor(np.asarray(value, np.float32))
            self.register_buffer(key, factor, persistent=False)

    def forward(self, indicator, logits, sample_weight=None):
        """Compute the loss of a batch.

        Parameters
        ----------
        indicator : tensor of shape (n_samples, n_labels)
            Targets in [0, 1].
        logits : tensor of shape (n_samples, n_labels)
            Scores; half precision is raised to float32.
        sample_weight : tensor of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        tensor of shape ()
            The loss.
        """
        if logits.dtype != torch.float64:
            logits = logits.float()
        positive, negative = self._terms(logits, **self._options)
        target = indicator.to(logits.dtype)
        if self._label_smoothing:
            target = target * (1.0 - self._label_smoothing) + 0.5 * self._label_smoothing
        if self.pos_weight is not None:
            positive = positive * self.pos_weight.to(logits)
        if self.neg_weight is not None:
            negative = negative * self.neg_weight.to(logits)
        values = target * positive + (1.0 - target) * negative
        values = values.mean(dim=1) if self._by_mean else values.sum(dim=1)
        if sample_weight is None:
            return values.mean()
        weight = sample_weight.to(logits.dtype)
        return (weight * values).sum() / weight.sum().clamp(min=_TINY)


def _binary_crossentropy(logits):
    return softplus(-logits), softplus(logits)


def _focal(logits, gamma=2.0, alpha=None):
    log_p, log_not_p = -softplus(-logits), -softplus(logits)
    positive = -torch.exp(gamma * log_not_p) * log_p
    negative = -torch.exp(gamma * log_p) * log_not_p
    if alpha is not None:
        positive, negative = alpha * positive, (1 - alpha) * negative
    return positive, negative


def _asymmetric(logits, gamma_positive=0.0, gamma_negative=4.0, margin=0.05):
    log_p, log_not_p = -softplus(-logits), -softplus(logits)
    positive = -torch.exp(gamma_positive * log_not_p) * log_p
    if margin == 0:
        return positive, -torch.exp(gamma_negative * log_p) * log_not_p
    negative = -torch.log((torch.sigmoid(-logits) + margin).clamp(max=1.0))
    if gamma_negative > 0:
        # the floor keeps the slope of a power below 1 finite; the logarithm is 0 there
        shifted = (torch.sigmoid(logits) - margin).clamp(min=_TINY)
        negative = shifted**gamma_negative * negative
    return positive, negative


_TERMS = {
    "binary_crossentropy": _binary_crossentropy,
    "focal": _focal,
    "asymmetric": _asymmetric,
}
