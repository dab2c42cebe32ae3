"""Votes of linear models: the contributions of terms are weighted sums of those of the members."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._gate.types import AnyArray, FloatArray, IntArray
from .._meta.known_labels import inner_estimator, order_of_columns
from ..calibration import CalibratedTaggerCV
from ..ensemble import VotingTagger
from ._explanation import SentenceExplanation
from ._linear import LinearModel, find_linear_model, linear_parts
from ._tagger import name_labels, unwrap

__all__ = ["LinearVotes", "find_model", "is_linear"]


@dataclass(frozen=True, eq=False)
class LinearVotes:
    """Linear models of texts, and their weights."""

    models: list["LinearModel | LinearVotes"]
    columns: list[IntArray]  # of each model, the position of each label
    shares: FloatArray  # (n_models, n_labels)
    intercept: FloatArray  # (n_labels,)

    def label_names(self, tagger: Any) -> list[str]:
        """Return the label names of the tagger around the votes."""
        return name_labels(tagger, len(self.intercept))

    def terms(self) -> AnyArray:
        """Return the names of the features of all models, each once."""
        return np.unique(self._all_terms())

    def weights(self, label: int) -> FloatArray:
        """Return the weight of each term for a label by its position."""
        _, place = np.unique(self._all_terms(), return_inverse=True)
        weights = [
            share * model.weights(columns[label]) for model, columns, share in self._members(label)
        ]
        return np.bincount(place, np.concatenate(weights)).astype(np.float64)

    def explain(
        self, texts: list[str], labels: IntArray
    ) -> list[tuple[SentenceExplanation, float]]:
        """Split the logit of each text into an intercept and the contributions of its terms.

        Terms are sorted by the absolute value of their contributions, the largest first.
        """
        explained = [
            model.explain(texts, columns[labels])
            for model, columns in zip(self.models, self.columns, strict=True)
        ]
        return [
            self._add(members, label)
            for members, label in zip(zip(*explained, strict=True), labels.tolist(), strict=True)
        ]

    def _add(
        self, members: tuple[tuple[SentenceExplanation, float], ...], label: int
    ) -> tuple[SentenceExplanation, float]:
        """Add the explanations of a text by all members."""
        total: dict[str, float] = {}
        intercept = float(self.intercept[label])
        for (sentence, own), share in zip(members, self.shares[:, label].tolist(), strict=True):
            intercept += share * own
            for word, weight in zip(sentence.words, sentence.word_weights.tolist(), strict=True):
                total[word] = total.get(word, 0.0) + share * weight
        words = sorted(total, key=lambda word: -abs(total[word]))
        weights = np.array([total[word] for word in words])
        return SentenceExplanation(tuple(words), weights), intercept

    def _all_terms(self) -> AnyArray:
        return np.concatenate([np.asarray(model.terms(), dtype=str) for model in self.models])

    def _members(self, label: int) -> Any:
        return zip(self.models, self.columns, self.shares[:, label].tolist(), strict=True)


def find_model(transformers: list[Any], estimator: Any, feature: str) -> LinearModel | LinearVotes:
    """Read the weights of a linear classifier, or of a vote of some; `feature` needs them."""
    if not _votes_on_logits(estimator):
        return find_linear_model(transformers, estimator, feature)
    models: list[LinearModel | LinearVotes] = []
    columns = []
    names = estimator.label_names_.tolist()
    for member in estimator.estimators_:
        if _is_calibrated(member):
            raise ValueError(
                f"{feature} needs members whose logits are linear, but one has a "
                f"CalibratedTaggerCV. Use explain(..., method='occlusion')."
            )
        own, inner = unwrap(member)
        model = find_model([*transformers, *own], inner, feature)
        models.append(model)
        order = order_of_columns(member, names) if estimator._label_space.named else None
        columns.append(np.arange(len(names)) if order is None else np.array(order))
    return LinearVotes(models, columns, estimator.weights_, estimator.intercept_)


def is_linear(transformers: list[Any], estimator: Any) -> bool:
    """Whether the logits of an estimator are sums of contributions of terms."""
    if not isinstance(estimator, VotingTagger):
        return bool(transformers and linear_parts(estimator))
    if not _votes_on_logits(estimator) or any(map(_is_calibrated, estimator.estimators_)):
        return False
    members = [unwrap(member) for member in estimator.estimators_]
    return all(is_linear([*transformers, *own], inner) for own, inner in members)


def _votes_on_logits(estimator: Any) -> bool:
    return isinstance(estimator, VotingTagger) and estimator._votes_on == "logits"


def _is_calibrated(member: Any) -> bool:
    while member is not None:
        if isinstance(member, CalibratedTaggerCV):
            return True
        member = inner_estimator(member)
    return False
