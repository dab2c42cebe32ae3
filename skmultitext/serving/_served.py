"""The model that is served: its outputs as JSON, its labels, its card."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..inspection import explain
from ..inspection._tagger import Predictions, fitted_state
from ..persistence import load, model_card
from ..persistence._about import read_about
from ..persistence._model_card import final_tagger, frozen_state
from ._answers import as_json

__all__ = ["ServedModel"]


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A fitted tagger and what it says about itself."""

    tagger: Any
    card: str
    names: list[str]
    thresholds: list[float] | None  # of probabilities; None where these do not decide

    @classmethod
    def of(cls, model: Any) -> "ServedModel":
        """Load a model from a path, or take a fitted one; refuse it if it cannot tag a text."""
        if isinstance(model, str | os.PathLike):
            tagger = load(model)
            card = read_about(model)[1]
        else:
            tagger = frozen_state(fitted_state(model))
            card = model_card(tagger)
        # also loads what the first prediction needs, so that no request waits for it
        names = Predictions.of(tagger, ["text"]).names
        return cls(tagger, card, names, _thresholds(final_tagger(tagger)))

    def labels(self) -> list[dict[str, Any]]:
        """List the labels with their thresholds."""
        thresholds: Sequence[float | None] = self.thresholds or [None] * len(self.names)
        return [
            {"name": name, "threshold": threshold}
            for name, threshold in zip(self.names, thresholds, strict=True)
        ]

    def tag(self, texts: list[str]) -> list[tuple[str, list[str]]]:
        """Return for each text the answer as JSON, and its labels."""
        found = Predictions.of(self.tagger, texts)
        answers = []
        for row, decided in zip(found.proba.tolist(), found.decisions, strict=True):
            labels = [found.names[j] for j in np.flatnonzero(decided)]
            probabilities = dict(zip(found.names, row, strict=True))
            answers.append((as_json({"labels": labels, "probabilities": probabilities}), labels))
        return answers

    def explain(self, text: str, label: str | None, method: str) -> str:
        """Return the explanation of a text as JSON."""
        (found,) = explain(self.tagger, [text], label=label, method=method)
        return as_json(
            {
                "label": found.label,
                "labels": list(found.labels),
                "probabilities": found.probabilities,
                "intercept": found.intercept,
                "sentences": [
                    {
                        "words": list(sentence.words),
                        "weights": np.asarray(sentence.word_weights, dtype=np.float64).tolist(),
                        "weight": sentence.weight,
                    }
                    for sentence in found.sentences
                ],
            }
        )


def _thresholds(tagger: Any) -> list[float] | None:
    found = getattr(tagger, "thresholds_", None)
    of_logits = getattr(tagger, "response_method", "auto") == "decision_function"
    return None if found is None or of_logits else np.asarray(found, dtype=np.float64).tolist()
