"""Leave out each word of a text in turn, and see how far the score of a label falls."""

import re

import numpy as np
from scipy.special import logit

from .._explanation import SentenceExplanation
from .._response import label_scores
from ..sequences._tokens import WORDS_AND_MARKS

__all__ = ["explain_by_occlusion"]

_WORD = re.compile(WORDS_AND_MARKS)
_TEXTS_AT_A_TIME = 1024  # bounds the memory for the copies of a long text
_TINY, _ALMOST_ONE = np.finfo(np.float64).tiny, 1 - np.finfo(np.float64).epsneg


def explain_by_occlusion(tagger, texts, labels, *, one_label):
    """Weigh the words of texts by what the score of a label loses without them.

    Parameters
    ----------
    tagger : estimator
        A fitted tagger of texts.
    texts : list of str
        Documents.
    labels : ndarray of shape (n_samples,), dtype int64
        The label of each.
    one_label : bool
        Whether y was 1-D or had a single column.

    Returns
    -------
    list of tuple (SentenceExplanation, None)
        The words of each text, in their order.
    """
    explained = []
    for text, label in zip(texts, labels, strict=True):
        spans = [match.span() for match in _WORD.finditer(text)]
        words = tuple(text[start:end] for start, end in spans)
        full = _scores(tagger, [text], label, one_label)
        parts = [np.empty(0)]
        for first in range(0, len(spans), _TEXTS_AT_A_TIME):
            some = spans[first : first + _TEXTS_AT_A_TIME]
            without = [text[:start] + text[end:] for start, end in some]
            parts.append(full - _scores(tagger, without, label, one_label))
        explained.append((SentenceExplanation(words, np.concatenate(parts)), None))
    return explained


def _scores(tagger, texts, label, one_label):
    """Scores of one label, as logits where the tagger gives probabilities only."""
    methods = ("decision_function", "predict_proba")
    scores, method = label_scores(tagger, texts, methods, one_label=one_label)
    scores = scores[:, label].astype(np.float64)
    return logit(np.clip(scores, _TINY, _ALMOST_ONE)) if method == "predict_proba" else scores
