"""Validation of a transformer during training, on texts in memory or in files."""

from functools import partial
from typing import Any

from .._gate.samples import TrainingData
from .._gate.types import FloatArray
from ..datasets._data_file import DataFile
from ..training._scores import Validation, held_out_validation
from ..training._streamed_validation import StreamedValidation
from ._tokens import TokenizedTexts

__all__ = ["make_validation"]


def make_validation(
    trainer: Any, data: TrainingData, monitor: Any
) -> Validation | StreamedValidation | None:
    """Score the held-out texts, in memory or in files; None if there are none."""
    held, network = data.options["held"], trainer.network
    if held is None:
        return None

    def logits(tokens: TokenizedTexts) -> FloatArray:
        if trainer.has_features:
            return network.feature_logits(network.features(tokens), tokens)
        return network.logits(tokens)

    if isinstance(held, DataFile):
        return StreamedValidation(
            held, lambda texts: logits(network.encode(texts)), data, monitor, trainer.loss
        )
    tokens = network.encode(held[0])  # once, and so are their features
    known = partial(network.logits, tokens)
    if trainer.has_features:
        known = partial(network.feature_logits, network.features(tokens), tokens)
    return held_out_validation(data, known, monitor, trainer.loss)
