"""Fit a Pipeline of text on a corpus in parts: hashed words, perhaps idf, and a linear tagger.

The transformers learn nothing but document frequencies, which add up over parts. Of hashed words
only the features that occur are fitted: the others, of often a million, have weight 0.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from .._gate.labels import LabelSpace
from .._gate.types import AnyArray, IntArray
from .._runtime.messages import shown
from .._runtime.threads import transaction
from ._in_parts import (
    Counts,
    Documents,
    Features,
    Parts,
    PartsEngine,
    add_label_counts,
    count_labels,
    fit_classifier,
    refuse_no_documents,
    training_data,
    usable,
)
from ._logistic_regression import MultilabelLogisticRegression
from ._solvers import refuse_extremes

__all__ = ["check_pipeline", "fit_pipeline_in_parts"]


class FeatureCounts(NamedTuple):
    """How many documents of parts have each feature."""

    labels: Counts
    n_features: int  # 0 without documents
    columns: IntArray  # the features that occur, sorted
    frequency: AnyArray  # of these, number of documents or their total weight
    n_documents: float  # or their total weight


def check_pipeline(pipeline: Pipeline) -> None:
    """Refuse steps that cannot be fitted in parts."""
    *transformers, (name, classifier) = pipeline.steps
    if type(classifier) is not MultilabelLogisticRegression:
        raise ValueError(
            f"The last step {shown(name)} of the Pipeline is a {type(classifier).__name__}; "
            f"fit_partitions needs a MultilabelLogisticRegression there. Wrap taggers of "
            f"thresholds and calibration around the Pipeline."
        )
    classifier._validate_params()
    transformers = [step for step in transformers if step[1] not in ("passthrough", None)]
    for place, (name, step) in enumerate(transformers):
        idf = isinstance(step, TfidfTransformer) and 0 < place == len(transformers) - 1
        if not idf and get_tags(step).requires_fit:
            raise ValueError(
                f"Step {shown(name)} of the Pipeline is a {type(step).__name__}, which learns from "
                f"all documents. Before the MultilabelLogisticRegression, fit_partitions takes "
                f"transformers that learn nothing, such as HashingVectorizer, and a "
                f"TfidfTransformer as the last. For words without hashing use a TfidfLogRegTagger."
            )
        if idf:
            step._validate_params()
    if not transformers:
        raise ValueError(
            "The Pipeline has no transformer that makes features of texts. Put a "
            "HashingVectorizer before the MultilabelLogisticRegression."
        )


def fit_pipeline_in_parts(
    engine: PartsEngine,
    parts: Parts,
    pipeline: Pipeline,
    space: LabelSpace,
    *,
    tol: float,
    max_rounds: int,
) -> None:
    """Fit a Pipeline that `check_pipeline` has passed, in place, on parts of `Documents`.

    Its last step tells in `rounds_` what the fit took.
    """
    start = perf_counter()
    steps = [step for _, step in pipeline.steps[:-1] if step not in ("passthrough", None)]
    idf = steps.pop() if isinstance(steps[-1], TfidfTransformer) else None
    with transaction(pipeline.steps[-1][1]) as draft:
        total = engine.reduce(engine.map(parts, count_features, steps), add_feature_counts)
        refuse_no_documents(total.labels.n_samples)
        fitted_idf = None if idf is None else fit_idf(idf, total)
        transform = partial(transform_texts, steps, fitted_idf, total.columns)
        features = Features(transform, len(total.columns), total.columns, total.n_features)
        data = training_data(draft, space, total.labels)
        options: Any = {"tol": tol, "max_rounds": max_rounds}
        rounds = fit_classifier(engine, parts, draft, data, features, total.labels, **options)
        draft.rounds_ = asdict(replace(rounds, seconds=perf_counter() - start))
    if fitted_idf is not None:
        idf.__dict__ = fitted_idf.__dict__


def fit_idf(transformer: TfidfTransformer, counts: FeatureCounts) -> TfidfTransformer:
    """Make a copy of a transformer that is fitted on document frequencies."""
    fitted = clone(transformer)
    fitted.n_features_in_ = counts.n_features
    if fitted.use_idf:
        frequency = np.zeros(counts.n_features)
        frequency[counts.columns] = counts.frequency
        smooth = int(fitted.smooth_idf)
        with np.errstate(divide="ignore"):  # of features that do not occur
            fitted.idf_ = np.log((counts.n_documents + smooth) / (frequency + smooth)) + 1.0
    return fitted


def transform_texts(
    steps: Sequence[Any], idf: TfidfTransformer | None, columns: IntArray, texts: list[str]
) -> Any:
    """Make the features of texts, some columns of them."""
    X = apply_steps(steps, texts)
    bad = ~np.isfinite(X.data)
    if idf is not None and idf.sublinear_tf:
        bad |= X.data <= 0
    if bad.any():
        entry = np.flatnonzero(bad)[0]
        text = texts[np.searchsorted(X.indptr, entry, side="right") - 1]
        raise ValueError(
            f"The transformers of the Pipeline make {X.data[entry]:g} of the text {shown(text)}. "
            f"Features must be finite, and above 0 for sublinear_tf=True, which takes their "
            f"logarithm: set alternate_sign=False in a HashingVectorizer."
        )
    X = sp.csr_matrix(X if idf is None else idf.transform(X))[:, columns]
    refuse_extremes(X, 1.0, None, None)
    return X


def apply_steps(steps: Sequence[Any], X: Any) -> Any:
    for step in steps:
        X = step.transform(X)
    X = sp.csr_matrix(X)
    X.sum_duplicates()
    return X


# Functions of one part, and of two sums: they run where the parts are.


def count_features(part: Documents, number: int, steps: Sequence[Any]) -> FeatureCounts:
    part = usable(part)
    labels = count_labels(part)
    if not part.texts:
        return FeatureCounts(labels, 0, np.zeros(0, np.intp), np.zeros(0), 0)
    X = apply_steps(steps, part.texts)
    weight = None if part.weight is None else np.repeat(part.weight, np.diff(X.indptr))
    frequency = np.bincount(X.indices, weight, minlength=X.shape[1])
    columns = np.flatnonzero(frequency)
    n_documents = len(part.texts) if part.weight is None else float(part.weight.sum())
    return FeatureCounts(labels, X.shape[1], columns, frequency[columns], n_documents)


def add_feature_counts(a: FeatureCounts, b: FeatureCounts) -> FeatureCounts:
    columns = np.union1d(a.columns, b.columns)
    frequency = np.zeros(len(columns))
    for one in (a, b):
        frequency[np.searchsorted(columns, one.columns)] += one.frequency
    return FeatureCounts(
        add_label_counts(a.labels, b.labels),
        max(a.n_features, b.n_features),
        columns,
        frequency,
        a.n_documents + b.n_documents,
    )
