"""Model cards in Markdown: what a tagger predicts, and on which data it was fitted."""

import html
import re
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from .._gate.hierarchy import LabelHierarchy
from .._gate.types import FloatArray, IntArray
from .._meta.known_labels import find_hierarchy
from .._runtime.messages import shown
from .._runtime.threads import snapshot
from ._allowed import key_of
from ._manifest import versions_of
from ._schema import PARAMETERS

__all__ = ["final_tagger", "frozen_state", "model_card", "shown_parameters", "takes_texts"]

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$^])")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_MOST_LETTERS = 200


def model_card(estimator: BaseEstimator, metrics: dict[str, float] | None = None) -> str:
    """Describe a fitted estimator in Markdown.

    Parameters
    ----------
    estimator : estimator
        A fitted tagger, or a Pipeline that ends in one.
    metrics : dict of {str: float}, default=None
        Scores by name, such as ``{"f1_micro on the test set": 0.77}``.

    Returns
    -------
    str
        Markdown: the input, the labels with their base rates, thresholds and parents, the scores,
        the parameters, the versions of the libraries, and a list of what the author should add.
        Label names and values of parameters are escaped.

    Raises
    ------
    ValueError
        If `metrics` is not a dict of numbers by name.
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
    estimator = frozen_state(estimator)
    metrics = {} if metrics is None else metrics
    if not isinstance(metrics, dict) or not all(isinstance(v, Real) for v in metrics.values()):
        raise ValueError(f"metrics is {shown(metrics)}; pass a dict of numbers by name.")
    tagger = final_tagger(estimator)
    names = _label_names(tagger)
    what = "texts" if takes_texts(estimator) else "features"
    count = "labels" if names is None else f"any of {len(names)} labels"
    counts = _training_counts(tagger)
    parts = [
        f"# {type(estimator).__name__}: {what} to {count}",
        f"A multi-label model: a document may get any number of labels. Input: {what}. "
        + ("" if counts is None else f"Fitted on {counts[0]:,} documents."),
        *_labels(names, counts, getattr(tagger, "thresholds_", None), find_hierarchy(tagger)),
        "## Scores",
        _table(("score", "value"), [(k, f"{v:.4g}") for k, v in metrics.items()])
        if metrics
        else "None stated.",
        "## Parameters",
        _table(("parameter", "value"), shown_parameters(estimator).items()),
        "## Made with",
        _table(("library", "version"), versions_of(_networks(tagger)).items()),
        "## Left to the author",
        "- Licence: not stated yet.\n"
        "- Source and licence of the training data: not stated yet.\n"
        "- Intended use, and uses to avoid: not stated yet.",
    ]
    return "\n\n".join(parts) + "\n"


def shown_parameters(estimator: Any) -> dict[str, str]:
    """Return the parameters as they are saved: without local paths and numbers of processes."""
    return {name: repr(_shown(value, name)) for name, value in estimator.get_params().items()}


def _shown(value: Any, name: str = "") -> Any:
    """Convert a value for display; an estimator becomes the name of its class."""
    spec = PARAMETERS.get(name.rpartition("__")[2])
    if spec is not None and hasattr(spec, "normalize"):
        state = {name: value}
        spec.normalize(state, name)
        value = state[name]
    if hasattr(value, "get_params") and not isinstance(value, type):
        return _Bare(type(value).__name__)
    if type(value) in (list, tuple):
        return type(value)(map(_shown, value))
    return value


class _Bare(str):
    """A str whose repr is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{self}(...)"


def frozen_state(estimator: Any) -> Any:
    """Copy an estimator and the steps of a Pipeline, so that no fit in a thread changes them."""
    copied = snapshot(estimator)
    if isinstance(copied, Pipeline) and type(copied.steps) is list:
        copied.steps = [
            (name, frozen_state(step) if isinstance(step, BaseEstimator) else step)
            for name, step in copied.steps
        ]
    return copied


def final_tagger(estimator: Any) -> Any:
    """Return the estimator that predicts: the last step of a Pipeline, or the estimator itself."""
    while isinstance(estimator, Pipeline):
        estimator = estimator[-1]
    return estimator


def takes_texts(estimator: Any) -> bool:
    """Whether X is a sequence of texts, also of a Pipeline or a tagger around one."""
    first = _first_step(estimator)
    return first is not None and bool(get_tags(first).input_tags.string)


def _first_step(estimator: Any) -> Any:
    """Return the first step that reads X, because the tags of a Pipeline ignore "passthrough"."""
    if estimator is None or isinstance(estimator, str):  # "passthrough" or "drop"
        return None
    steps = getattr(estimator, "steps", None) or getattr(estimator, "transformer_list", None)
    if steps:
        found = (_first_step(step) for _, step in steps)
        return next((step for step in found if step is not None), None)
    inner = getattr(estimator, "estimator", None)
    return estimator if inner is None else _first_step(inner)


def _networks(tagger: Any) -> set[str]:
    """Return the keys of the networks in a tagger and in the taggers that it wraps."""
    inner = [getattr(tagger, name, None) for name in ("estimator_", "network_")]
    found = {key for part in inner if (key := key_of(type(part))) is not None}
    return found if inner[0] is None else found | _networks(final_tagger(inner[0]))


def _label_names(tagger: Any) -> list[str] | None:
    names = getattr(tagger, "label_names_", None)
    return None if names is None else [str(name) for name in names]


def _training_counts(tagger: Any) -> tuple[int, IntArray, IntArray] | None:
    """Count the training documents, and those known and positive of each label, if possible."""
    if getattr(tagger, "cv", None) == "prefit" or not hasattr(tagger, "_n_seen"):
        inner = getattr(tagger, "estimator_", None)
        return None if inner is None else _training_counts(final_tagger(inner))
    return tagger._n_seen


def _labels(
    names: list[str] | None,
    counts: tuple[int, IntArray, IntArray] | None,
    thresholds: FloatArray | None,
    hierarchy: LabelHierarchy | None,
) -> list[str]:
    """Write the section about the labels."""
    if names is None:
        return []
    head, columns = ["label"], [names]
    if counts is not None and len(counts[1]) == len(names):
        n_samples, n_known, n_positives = counts
        head += ["documents", "base rate"]
        rates = n_positives / np.maximum(n_known, 1)
        columns += [[f"{n:,}" for n in n_positives], [f"{rate:.2%}" for rate in rates]]
        if (n_known < n_samples).any():
            head.append("known")
            columns.append([f"{n / n_samples:.2%}" for n in n_known])
    if thresholds is not None:
        head.append("threshold")
        columns.append([f"{threshold:.4g}" for threshold in thresholds])
    if hierarchy is not None:
        parents = hierarchy.parents()
        head.append("implies")
        columns.append([", ".join(parents.get(name, ())) for name in names])
    return ["## Labels", _table(head, zip(*columns, strict=True))]


def _table(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_escape(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _escape(cell: object) -> str:
    """Escape Markdown and HTML, break links, and put everything on one line."""
    text = cell if isinstance(cell, str) else repr(cell)
    text = text.encode("utf-8", "replace").decode("utf-8")  # replaces lone surrogates
    text = _SPACE.sub(" ", text)
    if len(text) > _MOST_LETTERS:
        text = text[:_MOST_LETTERS] + "..."
    text = html.escape(_MARKUP.sub(r"\\\1", text))
    return text.replace("://", ":&#47;/").replace("www.", "www&#46;").replace("@", "&#64;")
