"""What makes one vector, or one row of logits, of several: tokens of a row, windows of a text."""

import torch
from torch import nn
from torch.nn.functional import logsigmoid

__all__ = ["POOLINGS", "Pooling", "pool_windows"]

POOLINGS = ("cls", "mean", "max", "attention")


class Pooling(nn.Module):
    """Pool the states of the tokens of each row.

    Parameters
    ----------
    how : {"cls", "mean", "max", "attention"}
        "cls" takes the token that stands for the whole row; "attention" a mean whose weights
        are learned.
    size : int
        Size of a state.
    cls_is_last : bool, default=False
        Whether that token is the last of a row rather than the first.

    References
    ----------
    Z. Yang, D. Yang, C. Dyer, X. He, A. Smola, E. Hovy, "Hierarchical attention networks for
    document classification", NAACL 2016, eq. 5 to 7.
    """

    def __init__(self, how, size, *, cls_is_last=False):
        super().__init__()
        self.how = how
        self.cls_is_last = cls_is_last
        if how == "attention":
            self.project = nn.Linear(size, size)
            self.context = nn.Linear(size, 1, bias=False)

    def forward(self, states, mask):
        """Pool.

        Parameters
        ----------
        states : tensor of shape (n_rows, width, size)
            States of the tokens.
        mask : tensor of shape (n_rows, width)
            0 where a token is padding.

        Returns
        -------
        tensor of shape (n_rows, size), dtype float32
        """
        states = states.float()
        present = mask.bool().unsqueeze(-1)
        if self.how == "cls":
            position = mask.cumsum(dim=1).argmax(dim=1) if self.cls_is_last else mask.argmax(dim=1)
            return states[torch.arange(len(states), device=states.device), position]
        if self.how == "max":
            return states.masked_fill(~present, -torch.inf).amax(dim=1)
        if self.how == "mean":
            return (states * present).sum(dim=1) / present.sum(dim=1)
        scores = self.context(torch.tanh(self.project(states)))
        weights = torch.softmax(scores.masked_fill(~present, -torch.inf), dim=1)
        return (weights * states).sum(dim=1)


def pool_windows(logits, owners, n_texts, how):
    """Pool the probabilities of the windows of each text, label by label.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_labels)
        Logits of the windows.
    owners : tensor of shape (n_rows,), dtype int64
        The text of each window.
    n_texts : int
        Number of texts; each has a window.
    how : {"max", "mean"}
        Whether the highest probability counts or the mean one.

    Returns
    -------
    tensor of shape (n_texts, n_labels)
        Logits of the pooled probabilities.
    """
    if how == "max":
        return _by_text(logits, owners, n_texts, "amax")
    # logit of a mean of probabilities: log sum p - log sum (1 - p); the count drops out
    return _log_sum(logsigmoid(logits), owners, n_texts) - _log_sum(
        logsigmoid(-logits), owners, n_texts
    )


def _by_text(values, owners, n_texts, reduce):
    out = values.new_zeros((n_texts, values.shape[1]))
    index = owners.unsqueeze(1).expand_as(values)
    return out.scatter_reduce(0, index, values, reduce, include_self=False)


def _log_sum(values, owners, n_texts):
    """Logarithm of the sum of exponentials by text, without overflow or underflow."""
    highest = _by_text(values.detach(), owners, n_texts, "amax")
    return highest + _by_text((values - highest[owners]).exp(), owners, n_texts, "sum").log()
