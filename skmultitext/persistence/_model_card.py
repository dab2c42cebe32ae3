"""A model card: what a tagger tags, learned from what, in Markdown."""

import html
import re
from numbers import Real

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ._allowed import key_of
from ._manifest import versions_of

__all__ = ["final_tagger", "model_card"]

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$^])")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_MOST_LETTERS = 200


def model_card(estimator, metrics=None):
    """Describe a fitted estimator in Markdown.

    Parameters
    ----------
    estimator : estimator
        A fitted tagger, or a Pipeline that ends in one.
    metrics : dict of {str: float}, default=None
        Scores to state, by name, such as ``{"f1_micro on the test part": 0.77}``.

    Returns
    -------
    str
        Markdown: what it tags, the labels with their base rates and thresholds, the parameters,
        the scores, the versions of the libraries, and what its author should add. Names of labels
        and parameters are escaped.

    Raises
    ------
    ValueError
        If `metrics` is no dict of numbers by name.
    NotFittedError
        If the estimator is not fitted.

    References
    ----------
    M. Mitchell et al., "Model cards for model reporting", FAT* 2019.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.persistence import model_card
    >>> tagger = TfidfLogRegTagger().fit(["late", "refund me"], [["delivery"], ["refund"]])
    >>> print(model_card(tagger, {"exact match": 1.0})[:45])
    # TfidfLogRegTagger: texts to any of 2 labels
    """
    check_is_fitted(estimator)
    metrics = {} if metrics is None else metrics
    if not isinstance(metrics, dict) or not all(isinstance(v, Real) for v in metrics.values()):
        raise ValueError(f"metrics is {metrics!r}; pass a dict of numbers by name.")
    tagger = final_tagger(estimator)
    names = _label_names(tagger)
    tags = get_tags(_first_step(estimator)).input_tags
    what = "texts" if tags.string else "features"
    count = "labels" if names is None else f"any of {len(names)} labels"
    counts = _training_counts(tagger)
    parts = [
        f"# {type(estimator).__name__}: {what} to {count}",
        f"A multi-label model: it gives a document any number of labels. Input: {what}. "
        + ("" if counts is None else f"Fitted on {counts[0]:,} documents."),
        *_labels(names, counts, getattr(tagger, "thresholds_", None)),
        "## Scores",
        _table(("score", "value"), [(k, f"{v:.4g}") for k, v in metrics.items()])
        if metrics
        else "None stated.",
        "## Parameters",
        _table(("parameter", "value"), estimator.get_params().items()),
        "## Made with",
        _table(("library", "version"), versions_of(_networks(tagger)).items()),
        "## Left to the author",
        "- Licence: not stated yet.\n"
        "- Source and licence of the training data: not stated yet.\n"
        "- What it is meant for, and what it must not decide: not stated yet.",
    ]
    return "\n\n".join(parts) + "\n"


def final_tagger(estimator):
    """Find what decides about the labels: the last step of a Pipeline, or the estimator.

    Parameters
    ----------
    estimator : estimator
        The estimator.

    Returns
    -------
    estimator
    """
    while isinstance(estimator, Pipeline):
        estimator = estimator[-1]
    return estimator


def _first_step(estimator):
    """Find what gets X: the first step of a Pipeline, whose own tags do not say what X is."""
    while isinstance(estimator, Pipeline):
        estimator = estimator[0]
    return estimator


def _networks(tagger):
    """Find the keys of the networks in a tagger or in what it wraps."""
    inner = [getattr(tagger, name, None) for name in ("estimator_", "network_")]
    found = {key for part in inner if (key := key_of(type(part))) is not None}
    return found if inner[0] is None else found | _networks(final_tagger(inner[0]))


def _label_names(tagger):
    names = getattr(tagger, "label_names_", None)
    return None if names is None else [str(name) for name in names]


def _training_counts(tagger):
    """Find the number of training documents and of those with each label, or None."""
    if getattr(tagger, "cv", None) == "prefit" or not hasattr(tagger, "_n_seen"):
        inner = getattr(tagger, "estimator_", None)
        return None if inner is None else _training_counts(final_tagger(inner))
    return tagger._n_seen


def _labels(names, counts, thresholds):
    """Write the section about the labels."""
    if names is None:
        return []
    head, columns = ["label"], [names]
    if counts is not None and len(counts[1]) == len(names):
        head += ["documents", "base rate"]
        rates = np.asarray(counts[1]) / max(counts[0], 1)
        columns += [[f"{n:,}" for n in counts[1]], [f"{rate:.2%}" for rate in rates]]
    if thresholds is not None:
        head.append("threshold")
        columns.append([f"{threshold:.4g}" for threshold in thresholds])
    return ["## Labels", _table(head, zip(*columns, strict=True))]


def _table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_escape(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _escape(cell):
    """Show text as it is: no markup of Markdown or HTML, no link, one line."""
    text = cell if isinstance(cell, str) else repr(cell)
    text = text.encode("utf-8", "replace").decode("utf-8")  # halves of surrogate pairs
    text = _SPACE.sub(" ", text)
    if len(text) > _MOST_LETTERS:
        text = text[:_MOST_LETTERS] + "..."
    text = html.escape(_MARKUP.sub(r"\\\1", text))
    return text.replace("://", ":&#47;/").replace("www.", "www&#46;").replace("@", "&#64;")
