"""Parameters of `TransformerTagger`: keys of its dicts, checks, and which have no effect."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from .._gate.types import AnyArray
from .._runtime.messages import listing, shown
from .._runtime.sklearn import Interval, StrOptions
from ..training._fitting import TRAINING_PARAMS, DictKeys

__all__ = [
    "DICTS",
    "HEAD_PARAMS",
    "TEXT_PARAMS",
    "TrainingPlan",
    "check_same_head",
    "check_same_reading",
    "check_tokens",
    "memory_error",
    "refuse_validation_data",
    "unused_in_reading",
    "unused_with_logreg",
]

# keys of `text_params`
TEXT_PARAMS: DictKeys = {
    "long_text": ("truncate", [StrOptions({"truncate", "window"})]),
    "window_stride": (32, [Interval(Integral, 0, None, closed="left")]),
    "window_pooling": ("max", [StrOptions({"max", "mean"})]),
    "truncation_side": ("right", [StrOptions({"right", "left"})]),
    "lowercase": (False, ["boolean"]),
    "additional_special_tokens": (None, ["array-like", None]),
}
# keys of `head_params`
HEAD_PARAMS: DictKeys = {
    "pooling": ("auto", [StrOptions({"auto", "cls", "mean", "max", "attention"})]),
    "head_layers": ((), ["array-like"]),
    "dropout": (0.1, [Interval(Real, 0, 1, closed="left")]),
    "C": (1.0, [Interval(Real, 0, None, closed="neither")]),
}
DICTS = {
    "text_params": TEXT_PARAMS,
    "head_params": HEAD_PARAMS,
    "training_params": {
        **TRAINING_PARAMS,
        "weight_decay": (0.01, TRAINING_PARAMS["weight_decay"][1]),
        "warmup_ratio": (0.1, TRAINING_PARAMS["warmup_ratio"][1]),
        "encoder_dropout": (None, [Interval(Real, 0, 1, closed="left"), None]),
    },
}


@dataclass(frozen=True)
class TrainingPlan:
    """The parameters of a tagger that an engine trains by; see `TransformerTagger`."""

    loss: str
    loss_options: dict[str, Any]  # see `resolve_loss`
    freeze: str | int
    encoder_dropout: float | None  # None: as in the checkpoint
    precision: str
    learning_rate: float  # before the schedule of the job
    weight_decay: float
    max_grad_norm: float | None
    batch_size: int
    seed: int


def unused_in_reading(long_text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield reasons and the names of parameters that then have no effect; see `warn_unused`."""
    if long_text == "truncate":
        yield "long_text='truncate'", ("window_stride", "window_pooling")
    else:
        yield "long_text='window'", ("truncation_side",)


def unused_with_logreg(freeze: str | int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the same for ``head="logreg"``: all parameters of training a network."""
    reason = "head='logreg' trains no network"
    yield reason, ("head_layers", "dropout", "loss", "loss_params", "learning_rate")
    yield reason, ("warmup_ratio", "weight_decay", "max_grad_norm", "batch_size", "max_epochs")
    yield reason, ("gradient_accumulation_steps", "early_stopping", "validation_fraction")
    yield reason, ("monitor", "checkpoint_dir", "checkpoint_every", "validate_every")
    yield reason, ("callbacks", "verbose", "encoder_dropout")
    if freeze != "encoder":  # the encoder is frozen anyway
        yield reason, ("freeze",)
    yield "head='logreg' takes the mean of the windows", ("window_pooling",)


def refuse_validation_data(validation_data: Any) -> None:
    """Refuse validation data if no network is trained."""
    if validation_data is not None:
        raise ValueError(
            "validation_data was passed, but head='logreg' trains no network to validate. Leave it "
            "out, or set head='dense'."
        )


def check_same_head(
    ours: dict[str, Any], wanted: dict[str, Any], our_labels: AnyArray, wanted_labels: AnyArray
) -> None:
    """Refuse to continue, with `warm_start`, from a network of other labels or another head."""
    if not np.array_equal(our_labels, wanted_labels) or ours != wanted:
        raise ValueError(
            f"warm_start=True continues from a network with the labels {listing(our_labels)} and "
            f"the head {ours}, but y has {listing(wanted_labels)} and the parameters ask for "
            f"{wanted}. Set warm_start=False."
        )


def check_same_reading(ours: dict, wanted: dict) -> None:
    """Refuse to continue, with `warm_start`, from a network that reads texts differently."""
    changed = [name for name in wanted if ours[name] != wanted[name]]
    if changed:
        raise ValueError(
            f"warm_start=True continues from a network that reads texts with "
            f"{', '.join(f'{name}={shown(ours[name])}' for name in changed)}, but the parameters "
            f"ask for {', '.join(f'{name}={shown(wanted[name])}' for name in changed)}. Set "
            f"warm_start=False."
        )


def check_tokens(tokens: Iterable[Any] | None) -> tuple[str, ...]:
    """Check special tokens and return them as a tuple of str."""
    if tokens is None:
        return ()
    if isinstance(tokens, str) or not all(isinstance(token, str) and token for token in tokens):
        raise ValueError(
            f"additional_special_tokens is {shown(tokens)}; pass a sequence of str, none empty."
        )
    return tuple(str(token) for token in tokens)


def memory_error(batch_size: int, gradient_accumulation_steps: int) -> MemoryError:
    """Make the error for a batch that did not fit into memory."""
    smaller = max(batch_size // 2, 1)
    steps = gradient_accumulation_steps * 2
    return MemoryError(
        f"A batch of {batch_size} documents does not fit into memory. Set "
        f"batch_size={smaller} and gradient_accumulation_steps={steps} in training_params, which "
        f"makes the same updates in half the memory, or lower max_length."
    )
