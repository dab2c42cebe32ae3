"""The network in PyTorch: a pretrained encoder, pooling, and a head that computes logits."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import torch
from torch import nn
from torch.nn.functional import logsigmoid
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from ._probe import are_close

__all__ = [
    "POOLINGS",
    "NativeTagger",
    "PooledTagger",
    "Pooling",
    "eager_attention",
    "encoder_dropout",
    "freeze",
    "pool_windows",
]

# ways in which heads of transformers pool hidden states: (pooling, whether "cls" is the last
# token, whether tokens with the id of padding count as padding)
_VIEWS = (
    ("cls", False, False),
    ("cls", True, True),
    ("cls", True, False),
    ("mean", False, False),
    ("max", False, False),
)

POOLINGS = ("cls", "mean", "max", "attention")


class _Tagger(nn.Module):
    """Base of both networks: compute the logits of texts from the rows of a batch."""

    def __init__(self, encoder: PreTrainedModel, window_pooling: str, sees_padding: bool) -> None:
        super().__init__()
        self.window_pooling = window_pooling
        self.sees_padding = sees_padding
        accepted = inspect.signature(encoder.forward).parameters
        self._wants_global_attention = "global_attention_mask" in accepted
        self.encoder_is_frozen = False

    def train(self, mode: bool = True) -> Self:
        """Set training mode, except for a frozen encoder, which gets no dropout."""
        super().train(mode)
        if self.encoder_is_frozen:
            self.encoder.eval()
        return self

    def forward(
        self,
        owners: torch.Tensor | None = None,
        features: torch.Tensor | None = None,
        **inputs: torch.Tensor,
    ) -> torch.Tensor:
        """Compute the logits of texts, of shape (n_texts, n_labels).

        `owners` is the index of each row's text, if texts may have several rows. `features`, the
        output of the method of that name, replaces token ids as the input.
        """
        n_texts = 0 if owners is None else int(owners[-1]) + 1
        logits = self.score(**inputs) if features is None else self.classify(features)
        if owners is None:
            return logits
        return pool_windows(logits.float(), owners, n_texts, self.window_pooling)

    def score(self, **inputs: torch.Tensor) -> torch.Tensor:
        """Compute the logits of rows, (n_rows, n_labels)."""
        return self._by_length(self._score, inputs)

    def features(self, **inputs: torch.Tensor) -> torch.Tensor:
        """Compute the input of the head for each row, (n_rows, n_features)."""
        return self._by_length(self._features, inputs)

    def _by_length(
        self, function: Callable[..., torch.Tensor], inputs: dict[str, torch.Tensor]
    ) -> torch.Tensor:
        """Apply a function to rows; if padding would change its output, length by length."""
        lengths = inputs["attention_mask"].sum(dim=1)
        if not self.sees_padding or (lengths == inputs["attention_mask"].shape[1]).all():
            return function(**inputs)
        members = [torch.nonzero(lengths == length)[:, 0] for length in lengths.unique()]
        parts = []
        for rows in members:
            width = int(lengths[rows[0]])  # padded on the right, see settle_padding
            parts.append(function(**{name: t[rows, :width] for name, t in inputs.items()}))
        return torch.cat(parts)[torch.cat(members).argsort()]

    def _encode(self, inputs: dict[str, torch.Tensor]) -> BaseModelOutputWithPooling:
        """Call the encoder; if it takes a global_attention_mask, set it for the first token."""
        if self._wants_global_attention:
            mask = inputs["attention_mask"]
            first = torch.zeros_like(mask).scatter_(1, mask.argmax(dim=1, keepdim=True), 1)
            inputs = {**inputs, "global_attention_mask": first}
        return self.encoder(**inputs)


@dataclass
class _Answer(BaseModelOutputWithPooling):
    """Output of an encoder; fields that only some architectures have are None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("_"):
            raise AttributeError(name)
        return None


class _NoPooler(nn.Module):
    """Replaces a pooling layer that does not contribute to the logits."""

    def forward(self, states: torch.Tensor, *args: object, **kwargs: object) -> torch.Tensor:
        """Return the states unchanged; some encoders apply an activation to them."""
        return states


class PooledTagger(_Tagger):
    """An encoder, a pooling layer and dense layers."""

    def __init__(
        self,
        encoder: PreTrainedModel,
        n_labels: int,
        *,
        pooling: str,
        head_layers: Sequence[int],
        dropout: float,
        window_pooling: str,
        cls_is_last: bool = False,
        sees_padding: bool = False,
    ) -> None:
        super().__init__(encoder, window_pooling, sees_padding)
        if isinstance(getattr(encoder, "pooler", None), nn.Module):
            encoder.pooler = _NoPooler()  # unused: its weights would get no gradient
        self.encoder = encoder
        size = encoder.config.hidden_size
        self.pooling = Pooling(pooling, size, cls_is_last=cls_is_last)
        layers = []
        for units in head_layers:
            layers += [nn.Dropout(dropout), nn.Linear(size, units), nn.ReLU()]
            size = units
        self.head = nn.Sequential(*layers, nn.Dropout(dropout), nn.Linear(size, n_labels))

    @property
    def layout(self) -> dict[str, bool]:
        """Arguments of `build_model` on the position of CLS and on padding."""
        return {"cls_is_last": self.pooling.cls_is_last, "sees_padding": self.sees_padding}

    def keep_features(self, **inputs: torch.Tensor) -> bool:
        """Whether cached `features` give the logits of rows while the encoder is frozen."""
        return self.pooling.how != "attention"  # trainable, so features would change

    def _features(self, **inputs: torch.Tensor) -> torch.Tensor:
        return self.pooling(self._encode(inputs).last_hidden_state, inputs["attention_mask"])

    def classify(self, features: torch.Tensor) -> torch.Tensor:
        """Compute the logits of pooled vectors, (n_rows, n_labels)."""
        with torch.autocast(features.device.type, enabled=False):
            return self.head(features.float())

    def _score(self, **inputs: torch.Tensor) -> torch.Tensor:
        return self.classify(self._features(**inputs))


class NativeTagger(_Tagger):
    """A sequence classifier of transformers, with the head of its own architecture."""

    def __init__(
        self,
        classifier: PreTrainedModel,
        *,
        dropout: float,
        window_pooling: str,
        sees_padding: bool = False,
    ) -> None:
        super().__init__(classifier.base_model, window_pooling, sees_padding)
        self.classifier = classifier
        self.view: tuple[str, bool, bool] | None = None  # an entry of _VIEWS
        within = set(self.encoder.modules())
        for module in classifier.modules():
            if isinstance(module, nn.Dropout) and module not in within:
                module.p = dropout

    @property
    def encoder(self) -> PreTrainedModel:
        """The encoder below the head."""
        return self.classifier.base_model

    @property
    def layout(self) -> dict[str, bool]:
        """Arguments of `build_model` on the position of CLS and on padding."""
        return {"sees_padding": self.sees_padding}

    def keep_features(self, **inputs: torch.Tensor) -> bool:
        """Find the entry of `_VIEWS` with which cached features give the logits of rows."""
        wanted = self.score(**inputs)
        for view in _VIEWS:
            self.view = view
            try:
                if are_close(self.classify(self.features(**inputs)), wanted):
                    return True
            except (RuntimeError, ValueError, IndexError, TypeError):
                continue  # the states are not one vector per token
        return False

    def _features(self, **inputs: torch.Tensor) -> torch.Tensor:
        assert self.view is not None  # set by `keep_features`
        how, is_last, by_id = self.view
        output = self._encode(inputs)
        mask = inputs["attention_mask"]
        if by_id:
            pad_id = self.classifier.config.get_text_config().pad_token_id
            mask = mask * (inputs["input_ids"] != pad_id)
        size = output.last_hidden_state.shape[2]
        pooled = Pooling(how, size, cls_is_last=is_last)(output.last_hidden_state, mask)
        pooler = getattr(output, "pooler_output", None)
        return pooled if pooler is None else torch.cat([pooled, pooler.float()], dim=1)

    def classify(self, features: torch.Tensor) -> torch.Tensor:
        """Compute logits from the input of the head, (n_rows, n_labels)."""
        size = self.encoder.config.hidden_size
        pooler = features[:, size:] if features.shape[1] > size else None
        output = _Answer(features[:, None, :size], pooler)
        ones = torch.ones(len(features), 1, dtype=torch.long, device=features.device)
        # heads call their encoder: return cached features as a one-token sequence
        self.encoder.forward = lambda *args, **kwargs: output
        try:
            return self.classifier(input_ids=ones, attention_mask=ones).logits
        finally:
            del self.encoder.forward

    def _score(self, **inputs: torch.Tensor) -> torch.Tensor:
        return self.classifier(**inputs).logits


def freeze(encoder: PreTrainedModel, what: str | int) -> None:
    """Freeze the encoder, its embeddings, or its embeddings and first layers."""
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
    # ALBERT's layers share weights: a list of one layer is applied repeatedly
    if layers is None or getattr(encoder.config, "num_hidden_groups", n_layers) != n_layers:
        raise ValueError(
            f"freeze is {what}, but the layers of {type(encoder).__name__} share their weights; "
            f"pass 'none', 'embeddings' or 'encoder'."
        )
    for layer in list(layers)[: int(what)]:
        layer.requires_grad_(False)


@contextmanager
def eager_attention(encoder: PreTrainedModel) -> Iterator[None]:
    """Compute attention by plain matrix products, where the encoder has a choice.

    On a CPU, the gradient of PyTorch's fused attention takes several times as long in bfloat16.
    """
    fused = getattr(encoder.config, "_attn_implementation", None) == "sdpa"
    if fused:
        encoder.set_attn_implementation("eager")
    try:
        yield
    finally:
        if fused:
            encoder.set_attn_implementation("sdpa")


@contextmanager
def encoder_dropout(encoder: PreTrainedModel, rate: float | None) -> Iterator[None]:
    """Train an encoder with another dropout rate than its own; None changes nothing."""
    own = [] if rate is None else list(_dropout_rates(encoder))
    for module, name, _ in own:
        setattr(module, name, rate)
    try:
        yield
    finally:
        for module, name, usual in own:
            setattr(module, name, usual)


def _dropout_rates(encoder: PreTrainedModel) -> Iterator[tuple[nn.Module, str, float]]:
    """Yield each module with a dropout rate, the name of the attribute, and the rate."""
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            yield module, "p", module.p
        for name, value in vars(module).items():
            # some layers pass a number to a function instead
            if "dropout" in name and isinstance(value, int | float) and value is not False:
                yield module, name, value


class Pooling(nn.Module):
    """Pool the hidden states of each row's tokens to one vector.

    References
    ----------
    Z. Yang, D. Yang, C. Dyer, X. He, A. Smola, E. Hovy, "Hierarchical attention networks for
    document classification", NAACL 2016, eq. 5 to 7.
    """

    def __init__(self, how: str, size: int, *, cls_is_last: bool = False) -> None:
        super().__init__()
        self.how = how
        self.cls_is_last = cls_is_last
        if how == "attention":
            self.project = nn.Linear(size, size)
            self.context = nn.Linear(size, 1, bias=False)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Pool states (n_rows, width, size) under the attention mask to (n_rows, size), float32."""
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


def pool_windows(
    logits: torch.Tensor, owners: torch.Tensor, n_texts: int, how: str
) -> torch.Tensor:
    """Pool the probabilities of the windows of each text, label by label."""
    if how == "max":
        return _by_text(logits, owners, n_texts, "amax")
    # logit of the mean probability: log sum p - log sum (1 - p); the number of windows cancels
    return _log_sum(logsigmoid(logits), owners, n_texts) - _log_sum(
        logsigmoid(-logits), owners, n_texts
    )


def _by_text(values: torch.Tensor, owners: torch.Tensor, n_texts: int, reduce: str) -> torch.Tensor:
    out = values.new_zeros((n_texts, values.shape[1]))
    index = owners.unsqueeze(1).expand_as(values)
    return out.scatter_reduce(0, index, values, reduce, include_self=False)


def _log_sum(values: torch.Tensor, owners: torch.Tensor, n_texts: int) -> torch.Tensor:
    """Log-sum-exp over the rows of each text, without overflow or underflow."""
    highest = _by_text(values.detach(), owners, n_texts, "amax")
    return highest + _by_text((values - highest[owners]).exp(), owners, n_texts, "sum").log()
