"""Occlusion: how much the score of a label drops when a word is left out."""

import re
from typing import Any

import numpy as np
from scipy.special import logit

from .._gate.types import FloatArray, IntArray
from .._meta.response import label_scores
from ..sequences._word_ids import WORDS_AND_MARKS
from ._explanation import SentenceExplanation

__all__ = ["explain_by_occlusion"]

_WORD = re.compile(WORDS_AND_MARKS)
_TEXTS_AT_A_TIME = 1024  # limits the memory for the copies of a long text
_SCORES_AT_A_TIME = 2**24  # of all labels
_TINY, _ALMOST_ONE = np.finfo(np.float64).tiny, 1 - np.finfo(np.float64).epsneg


def explain_by_occlusion(
    tagger: Any, texts: list[str], labels: IntArray, *, one_label: bool, n_labels: int
) -> list[tuple[SentenceExplanation, None]]:
    """Compute the weight of each word: how much the score of the label drops without it."""
    explained = []
    size = max(1, min(_TEXTS_AT_A_TIME, _SCORES_AT_A_TIME // n_labels))
    for text, label in zip(texts, labels, strict=True):
        spans = [match.span() for match in _WORD.finditer(text)]
        words = tuple(text[start:end] for start, end in spans)
        full = _scores(tagger, [text], label, one_label)
        parts = [np.empty(0)]
        for first in range(0, len(spans), size):
            some = spans[first : first + size]
            without = [text[:start] + text[end:] for start, end in some]
            parts.append(full - _scores(tagger, without, label, one_label))
        explained.append((SentenceExplanation(words, np.concatenate(parts)), None))
    return explained


def _scores(tagger: Any, texts: list[str], label: int, one_label: bool) -> FloatArray:
    """Score one label, in logits if the tagger gives only probabilities."""
    methods = ("decision_function", "predict_proba")
    scores, method = label_scores(tagger, texts, methods, one_label=one_label)
    scores = scores[:, label].astype(np.float64)
    return logit(np.clip(scores, _TINY, _ALMOST_ONE)) if method == "predict_proba" else scores
