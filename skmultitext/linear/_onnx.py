"""ONNX files of linear taggers: texts or features in, probabilities out."""

import os
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._runtime.onnx_files import Graph, label_metadata
from ..base import HIGHEST_PROBABILITY, LOWEST_PROBABILITY
from ..feature_extraction import TfidfUnion
from ..feature_extraction._onnx_terms import Terms, read_terms, refusal

__all__ = ["export_features", "export_texts"]

_BLOCK = 32  # terms of each text at once
_DENSE = 16  # one sparse weight takes as long as at least so many of a dense row


def export_texts(tagger: Any, directory: str | os.PathLike[str]) -> None:
    """Write ``model.onnx`` of a fitted TfidfLogRegTagger."""
    g = Graph()
    if isinstance(tagger.vectorizer_, TfidfUnion):
        raise refusal("analyzer", tagger.analyzer, "Pass 'word', 'char' or 'char_wb'")
    terms = read_terms(g, "texts", tagger.vectorizer_._as_fitted())
    weights, intercepts = _parameters(tagger.classifier_)
    sums = _sparse_sums(g, terms, weights) if sp.issparse(weights) else _sums(g, terms, weights)
    logits = g("Add", sums, g.constant(intercepts, np.float64))
    _save(g, directory, tagger, logits, ("texts", str, ["batch"]))


def export_features(classifier: Any, directory: str | os.PathLike[str]) -> None:
    """Write ``model.onnx`` of a fitted MultilabelLogisticRegression."""
    g = Graph()
    weights, intercepts = _parameters(classifier)
    if sp.issparse(weights):
        weights = weights.toarray()
    products = g("MatMul", "features", g.constant(weights, np.float64))
    logits = g("Add", products, g.constant(intercepts, np.float64))
    _save(g, directory, classifier, logits, ("features", np.float64, ["batch", len(weights)]))


def _parameters(classifier: Any) -> tuple[Any, Any]:
    """Return weights by feature and label, and intercepts; constant labels have no weights."""
    varies = np.isnan(classifier._constants)
    intercepts = np.where(varies, classifier.intercept_, classifier._constants)
    coef = classifier.coef_
    if sp.issparse(coef) and coef.nnz * _DENSE > np.prod(coef.shape):
        coef = coef.toarray()
    if sp.issparse(coef):
        return (sp.csr_array(coef.T) @ sp.diags_array(varies.astype(float))).tocsr(), intercepts
    return np.ascontiguousarray(np.where(varies, coef.T, 0.0)), intercepts


def _save(
    g: Graph,
    directory: str | os.PathLike[str],
    tagger: Any,
    logits: str,
    given: tuple[str, Any, list[Any]],
) -> None:
    bounds = [g.constant(p, np.float64) for p in (LOWEST_PROBABILITY, HIGHEST_PROBABILITY)]
    results = {"logits": logits, "probabilities": g("Clip", g("Sigmoid", logits), *bounds)}
    shape = ["batch", len(tagger.label_names_)]
    metadata = label_metadata(tagger.label_names_, tagger.thresholds_)
    g.save(directory, given, results, shape, metadata)


def _sums(g: Graph, terms: Terms, weights: Any) -> str:
    """Multiply the TF-IDF values of each text with the weights, a block of terms at a time."""
    table, zero = g.constant(weights, np.float64), g.constant(0.0, np.float64)
    starts, stops = g.column(terms.starts), g.column(terms.stops)
    last = g("Sub", g.length(terms.columns), g.constant(1))

    def step(g: Graph, i: str, before: str) -> str:
        offsets = g("Add", g("Mul", i, g.constant(_BLOCK)), g.constant(np.arange(_BLOCK)))
        at = g("Add", starts, offsets)
        is_own = g("Less", at, stops)
        at = g("Min", at, last)
        values = g("Where", is_own, g("Gather", terms.values, at), zero)
        rows = g("Unsqueeze", values, g.constant([1]))
        products = g("MatMul", rows, g("Gather", table, g("Gather", terms.columns, at)))
        return g("Add", before, g("Squeeze", products, g.constant([1])))

    most = g("ReduceMax", g("Sub", terms.stops, terms.starts), keepdims=0)
    n_blocks = g("Div", g("Add", most, g.constant(_BLOCK - 1)), g.constant(_BLOCK))
    shape = g("Concat", g("Shape", "texts"), g.constant([weights.shape[1]]), axis=0)
    return g.loop(n_blocks, step, g("Expand", zero, shape), np.float64)


def _sparse_sums(g: Graph, terms: Terms, weights: Any) -> str:
    """Multiply the TF-IDF values of each text with the weights that are not 0."""
    n_labels = g.constant([weights.shape[1]])
    counts = g.constant(np.append(np.diff(weights.indptr), 0))  # the last for marks
    source, within = g.repeated(g("Gather", counts, terms.columns))
    starts = g("Gather", g.constant(weights.indptr), g("Gather", terms.columns, source))
    at = g("Add", starts, within)
    # one more, so that they are not empty
    data = g("Gather", g.constant(np.append(weights.data, 0.0), np.float64), at)
    labels = g("Gather", g.constant(np.append(weights.indices, 0)), at)
    products = g("Mul", data, g("Gather", terms.values, source))
    places = g("Add", g("Mul", g("Gather", terms.texts, source), n_labels), labels)
    size = g("Mul", g("Shape", "texts"), n_labels)
    zeros = g("Expand", g.constant(0.0, np.float64), size)
    sums = g("ScatterElements", zeros, places, products, reduction="add")
    return g("Reshape", sums, g("Concat", g.constant([-1]), n_labels, axis=0))
