"""`evaluate_partitions`: scores of a tagger on all partitions."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from .._gate.labels import LabelSpace
from .._gate.samples import with_nan
from .._gate.types import AnyArray
from .._meta.known_labels import find_hierarchy
from .._runtime.messages import listing
from .._runtime.threads import snapshot
from ..base import BaseTagger
from ..exceptions import LabelError
from ..metrics import StreamingMetrics
from ._engines import Engine, engine_of
from ._rows import encoded, read_flags, read_label_column, read_texts, read_weights
from ._tagging import labels_of, probabilities

__all__ = ["evaluate_partitions"]

_TEXTS_AT_A_TIME = 4096


def evaluate_partitions(
    tagger: Any,
    data: Any,
    *,
    text: str,
    labels: str | Sequence[str],
    sample_weight: str | None = None,
    undefined: str = "skip",
    zero_division: float = 0.0,
    n_bins: int = 1024,
) -> dict[str, Any]:
    """Score a tagger on the documents of Dask, Spark or Ray, or of a list of DataFrames.

    Each partition is scored where it is, and only sums travel: the result equals that of a
    `StreamingMetrics` that has seen all documents, to 1e-12.

    Parameters
    ----------
    tagger : tagger
        A fitted tagger of texts, of this package, that gives the labels whose probability exceeds a
        threshold: one with `max_labels` or `at_least_one`, with thresholds of decision_function, or
        with a hierarchy and a threshold lower than that of a parent, is refused.
    data : DataFrame of Dask or Spark, Dask Bag of dict, Ray Dataset, or list of pandas.DataFrame
        The documents.
    text : str
        Name of the column, or key, of the texts.
    labels : str or list of str
        The name of one column: lists of label names, or arrays with 0, 1, or null for an unknown
        label, in the order of the tagger's labels; null means that nothing is known of a document.
        Or the names of a column for each label of the tagger, in any order, of 0, 1 and null. A
        tagger whose labels have no names takes its columns in order.
    sample_weight : str or None, default=None
        Name of the column of weights, finite and at least 0.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What to do with a label without a positive; see `StreamingMetrics`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0.
    n_bins : int, default=1024
        Bins per label for average precision, 16 bytes each; 0 leaves average precision out.

    Returns
    -------
    dict
        The scores, as `StreamingMetrics.compute` names them.

    Raises
    ------
    ValueError
        If the tagger or a parameter is not legal, or no document with a weight above 0 has a known
        label.
    NotFittedError
        If the tagger is not fitted.
    PartitionError
        If a row cannot be read, or a worker has other versions of the libraries than this process.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.distributed import evaluate_partitions
    >>> tagger = TfidfLogRegTagger().fit(["late parcel", "refund"], [["delivery"], ["refund"]])
    >>> one = pd.DataFrame({"text": ["my refund"], "labels": [["refund"]]})
    >>> two = pd.DataFrame({"text": ["late, late"], "labels": [["delivery", "refund"]]})
    >>> scores = evaluate_partitions(tagger, [one, two], text="text", labels="labels")
    >>> scores["n_samples"], round(scores["recall_micro"], 3)
    (2, 0.667)
    """
    space = labels_of(tagger)
    refuse_other_decisions(tagger)
    engine = engine_of(data)
    names = (
        {"text": text} if sample_weight is None else {"text": text, "sample_weight": sample_weight}
    )
    engine.check_columns(data, **names)
    found = label_columns(engine, data, labels, space)
    metrics = StreamingMetrics(
        space.n_labels,
        threshold=tagger.thresholds_,
        label_names=space.label_names.tolist(),
        undefined=undefined,
        zero_division=zero_division,
        n_bins=n_bins,
    )
    columns = list(
        dict.fromkeys([*names.values(), *([found] if isinstance(found, str) else found)])
    )
    frames = engine.frames(data, columns)
    scored = engine.map(frames, score_part, snapshot(tagger), metrics, names, found)
    total = engine.reduce(scored, merged)
    if total is None:
        raise ValueError(
            "data has no document with a weight above 0 and a known label; there is nothing to "
            "score."
        )
    return total.compute()


def refuse_other_decisions(tagger: Any) -> None:
    """Refuse a tagger whose decisions are not those of thresholds on probabilities."""
    kind = type(tagger).__name__
    if not isinstance(tagger, BaseTagger):
        raise ValueError(f"tagger is a {kind}; evaluate_partitions needs a tagger of this package.")
    if getattr(tagger, "max_labels", None) is not None or getattr(tagger, "at_least_one", False):
        raise ValueError(
            f"This {kind} has max_labels or at_least_one; evaluate_partitions scores decisions of "
            f"thresholds only. Evaluate the tagger that it wraps."
        )
    method = getattr(tagger, "response_method", "auto")
    if method == "decision_function" or not hasattr(tagger, "predict_proba"):
        raise ValueError(
            f"This {kind} has thresholds of decision_function; evaluate_partitions needs "
            f"probabilities. Wrap the estimator in a CalibratedTaggerCV."
        )
    hierarchy = find_hierarchy(tagger)
    if hierarchy is not None and not hierarchy.is_closed_by(tagger.thresholds_):
        raise ValueError(
            f"This {kind} has a hierarchy and a label whose threshold is lower than that of a "
            f"parent; evaluate_partitions scores decisions of thresholds only. Use the same "
            f"threshold for all labels."
        )


def label_columns(engine: Engine, data: Any, labels: Any, space: LabelSpace) -> str | list[str]:
    """Check `labels`; return the column of lists, or a column per label in the tagger's order."""
    if isinstance(labels, str):
        engine.check_columns(data, labels=labels)
        return labels
    columns = list(labels)
    for name in columns:
        engine.check_columns(data, labels=name)
    known = space.label_names.tolist()
    if space.has_names and sorted(columns) == sorted(known):
        return known
    if space.has_names or len(set(columns)) != len(known):
        raise LabelError(
            f"labels names the columns {listing(columns)}, but the labels of the tagger are "
            f"{listing(known)}. Name one column for each."
        )
    return columns


def score_part(
    part: Any,
    number: int,
    tagger: Any,
    metrics: StreamingMetrics,
    names: Mapping[str, str],
    labels: str | list[str],
) -> StreamingMetrics | None:
    """Score one partition; None if it has no document to score."""
    table = {name: part[name].tolist() for name in part.columns}
    texts = read_texts(table[names["text"]], number)
    if isinstance(labels, str):
        truth = read_label_column(table[labels], metrics.label_names or [], number)
    else:
        truth = read_flags(table, labels, len(texts), number)
    truth = closed(truth, tagger)
    weight = np.ones(len(texts))
    if "sample_weight" in names:
        weight = read_weights(table[names["sample_weight"]], number)
    kept = np.flatnonzero((weight > 0) & ~np.isnan(truth).all(axis=1))
    if not len(kept):
        return None
    metrics = deepcopy(metrics)
    for start in range(0, len(kept), _TEXTS_AT_A_TIME):
        rows = kept[start : start + _TEXTS_AT_A_TIME]
        proba = probabilities(tagger, [texts[row] for row in rows])
        metrics.update(truth[rows], proba, weight[rows] if "sample_weight" in names else None)
    return metrics


def closed(truth: AnyArray, tagger: Any) -> AnyArray:
    """Close labels upwards if the tagger has a hierarchy, as its `score` does."""
    hierarchy = find_hierarchy(tagger)
    if hierarchy is None:
        return truth
    return with_nan(hierarchy.close(encoded(truth)))


def merged(
    first: StreamingMetrics | None, second: StreamingMetrics | None
) -> StreamingMetrics | None:
    """Add up, and change neither: a scheduler may combine a value a second time."""
    if first is None or second is None:
        return second if first is None else first
    return deepcopy(first).merge(second)
