"""The network in PyTorch: a pretrained encoder, and the head that makes logits of it."""

from dataclasses import dataclass

import torch
from torch import nn
from transformers.modeling_outputs import BaseModelOutputWithPooling

from ._torch_pooling import Pooling, pool_windows

__all__ = ["NativeTagger", "PooledTagger", "freeze"]


class _Tagger(nn.Module):
    """What both networks share: the way from the rows of a batch to the loss of its texts."""

    # Trainer would else hand down a number of items that it takes for the divisor of the loss
    accepts_loss_kwargs = False

    def __init__(self, window_pooling):
        super().__init__()
        self.window_pooling = window_pooling
        self.loss = None
        self.encoder_is_frozen = False

    def train(self, mode=True):
        """Set the mode; a frozen encoder has no dropout."""
        super().train(mode)
        if self.encoder_is_frozen:
            self.encoder.eval()
        return self

    def forward(self, labels=None, weights=None, owners=None, features=None, **inputs):
        """Compute the logits of texts, and their loss.

        Parameters
        ----------
        labels : tensor of shape (n_texts, n_labels), default=None
            Targets; None for no loss.
        weights : tensor of shape (n_texts,), default=None
            Weights of the texts.
        owners : tensor of shape (n_rows,), default=None
            The text of each row, where a text may have several.
        features : tensor of shape (n_rows, n_features), default=None
            What `features` gave, in the place of token ids.
        **inputs : tensor of shape (n_rows, width)
            Token ids and masks.

        Returns
        -------
        dict of {str: tensor}
            "logits" of shape (n_texts, n_labels), and with `labels` "loss" of shape ().
        """
        logits = self.score(**inputs) if features is None else self.classify(features)
        logits = logits.float()
        if owners is not None:
            n_texts = int(owners.max()) + 1 if labels is None else len(labels)
            logits = pool_windows(logits, owners, n_texts, self.window_pooling)
        if labels is None:
            return {"logits": logits}
        return {"loss": self.loss(labels, logits, weights), "logits": logits}


@dataclass
class _Answer(BaseModelOutputWithPooling):
    """What an encoder answers, with the fields that single architectures ask for."""

    mems: tuple | None = None
    past_key_values: tuple | None = None


class PooledTagger(_Tagger):
    """An encoder, a pooling and dense layers.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
        A bare encoder.
    n_labels : int
        Number of labels.
    pooling : {"cls", "mean", "max", "attention"}
        See `Pooling`.
    head_layers : sequence of int
        Units of the hidden dense layers (ReLU).
    dropout : float
        Share of the inputs of each dense layer left out in training, in [0, 1).
    window_pooling : {"max", "mean"}
        See `pool_windows`.
    cls_is_last : bool
        See `Pooling`.
    """

    def __init__(
        self, encoder, n_labels, *, pooling, head_layers, dropout, window_pooling, cls_is_last
    ):
        super().__init__(window_pooling)
        if isinstance(getattr(encoder, "pooler", None), nn.Module):
            encoder.pooler = None  # has no part in this, and would be a weight without gradient
        self.encoder = encoder
        size = encoder.config.hidden_size
        self.pooling = Pooling(pooling, size, cls_is_last=cls_is_last)
        layers = []
        for units in head_layers:
            layers += [nn.Dropout(dropout), nn.Linear(size, units), nn.ReLU()]
            size = units
        self.head = nn.Sequential(*layers, nn.Dropout(dropout), nn.Linear(size, n_labels))

    @property
    def can_keep_features(self):
        """Whether what a frozen encoder gives is one vector per row, bool."""
        return self.pooling.how != "attention"

    def features(self, **inputs):
        """Compute the pooled vectors of rows, tensor of shape (n_rows, n_features)."""
        states = self.encoder(**inputs).last_hidden_state
        return self.pooling(states, inputs["attention_mask"])

    def classify(self, features):
        """Compute logits of pooled vectors, tensor of shape (n_rows, n_labels)."""
        with torch.autocast(features.device.type, enabled=False):
            return self.head(features.float())

    def score(self, **inputs):
        """Compute logits of rows, tensor of shape (n_rows, n_labels)."""
        return self.classify(self.features(**inputs))


class NativeTagger(_Tagger):
    """A sequence classifier of transformers, with the head of its own architecture.

    Parameters
    ----------
    classifier : transformers.PreTrainedModel
        The classifier.
    dropout : float
        Share of the inputs of the layers of the head left out in training, in [0, 1).
    window_pooling : {"max", "mean"}
        See `pool_windows`.
    cls_is_last : bool
        Whether its head looks at the last token of a row rather than the first.
    """

    can_keep_features = True

    def __init__(self, classifier, *, dropout, window_pooling, cls_is_last):
        super().__init__(window_pooling)
        self.classifier = classifier
        self.pooling = Pooling("cls", classifier.config.hidden_size, cls_is_last=cls_is_last)
        within = set(self.encoder.modules())
        for module in classifier.modules():
            if isinstance(module, nn.Dropout) and module not in within:
                module.p = dropout

    @property
    def encoder(self):
        """The encoder below the head, transformers.PreTrainedModel."""
        return self.classifier.base_model

    def features(self, **inputs):
        """Compute what the head sees of rows, tensor of shape (n_rows, n_features)."""
        output = self.encoder(**inputs)
        pooled = self.pooling(output.last_hidden_state, inputs["attention_mask"])
        pooler = getattr(output, "pooler_output", None)
        return pooled if pooler is None else torch.cat([pooled, pooler.float()], dim=1)

    def classify(self, features):
        """Compute logits of what the head sees, tensor of shape (n_rows, n_labels)."""
        size = self.encoder.config.hidden_size
        pooler = features[:, size:] if features.shape[1] > size else None
        output = _Answer(features[:, None, :size], pooler)
        ones = torch.ones(len(features), 1, dtype=torch.long, device=features.device)
        # every head asks its encoder by a call: one token answers for the whole row
        self.encoder.forward = lambda *args, **kwargs: output
        try:
            return self.classifier(input_ids=ones, attention_mask=ones).logits
        finally:
            del self.encoder.forward

    def score(self, **inputs):
        """Compute logits of rows, tensor of shape (n_rows, n_labels)."""
        return self.classifier(**inputs).logits


def freeze(encoder, what):
    """Keep weights of an encoder from training.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
        The encoder; all of its weights are unfrozen first.
    what : {"none", "embeddings", "encoder"} or int
        What is frozen; a number stands for the embeddings and that many of the first layers.

    Raises
    ------
    ValueError
        If there are fewer layers, or they share their weights.
    """
    encoder.requires_grad_(True)
    if what == "none":
        return
    if what == "encoder":
        encoder.requires_grad_(False)
        return
    embeddings = getattr(encoder, "embeddings", None) or encoder.get_input_embeddings()
    embeddings.requires_grad_(False)
    if what == "embeddings":
        return
    n_layers = encoder.config.num_hidden_layers
    if what > n_layers:
        raise ValueError(f"freeze is {what}, but this encoder has {n_layers} layers.")
    stacks = (m for m in encoder.modules() if isinstance(m, nn.ModuleList) and len(m) == n_layers)
    layers = next(stacks, None)
    # ALBERT has one layer in a list of its own, used again and again
    if layers is None or getattr(encoder.config, "num_hidden_groups", n_layers) != n_layers:
        raise ValueError(
            f"freeze is {what}, but the layers of {type(encoder).__name__} share their weights; "
            f"pass 'none', 'embeddings' or 'encoder'."
        )
    for layer in list(layers)[:what]:
        layer.requires_grad_(False)
