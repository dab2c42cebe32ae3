"""The page of a report: one HTML file that loads nothing and runs only its own script."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import escape
from importlib.resources import files
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, FloatArray, IntArray
from ..metrics._counts import count_labels
from ..metrics._cut_offs import separate_cut_offs
from ..metrics._doubtful import doubtful_entries
from ..metrics._inputs import dense_column
from ..metrics._predictions import labels_in_order
from ._table import most_frequent

if TYPE_CHECKING:
    from ._report import MultilabelReport

_PLACE = re.compile(r"@@([A-Z_]+)@@")
_MOST_LABELS = 250  # with more labels, each has fewer cut-offs
_CUT_OFFS = 25_000  # of all labels together, beside the common grid
_ERRORS = 2_000
_DOUBTFUL = 1_000
_TEXT_LENGTH = 1_000
_TEXTS_LENGTH = 1_200_000  # characters of all texts together
_HEAT_LABELS = 40


def render_page(title: str, data: dict[str, Any], plain: str) -> bytes:
    """Fill the page."""
    script, style = _part("page.js"), _part("page.css")
    parts = {
        "TITLE": escape(title),
        "PLAIN": escape(plain),
        "STYLE": style,
        "SCRIPT": script,
        "STYLE_HASH": policy_hash(style),
        "SCRIPT_HASH": policy_hash(script),
        "DATA": _as_json(data),
    }
    # one pass, so that inserted text is never replaced again
    page = _PLACE.sub(lambda match: parts[match[1]], _part("page.html"))
    # a lone surrogate cannot be encoded as UTF-8; JSON can escape it
    return page.encode("utf-8", "backslashreplace")


def _part(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


def policy_hash(text: str) -> str:
    """Hash a script or style, so that the page's security policy can allow it."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _as_json(data: dict[str, Any]) -> str:
    """Write JSON that cannot close the script element around it."""
    text = json.dumps(
        _without_nan(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _without_nan(value: Any) -> Any:
    """Replace nan by None and whole floats by int."""
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    if isinstance(value, float):
        if isnan(value):
            return None
        return int(value) if value.is_integer() else value
    return value


def page_data(report: "MultilabelReport") -> dict[str, Any]:
    """Collect what the page shows."""
    decided, n_labels = report._predictions.decided, len(report.label_names)
    size = {
        "n_labels": n_labels,
        "n_entries": decided.total_weight() * decided.known_share() * n_labels,
        "known_share": decided.known_share(),
        "has_unknown": report.has_unknown,
    }
    listed = most_frequent(report.support)
    rest = _rest(report, np.setdiff1d(np.arange(n_labels), listed))
    if len(listed) < n_labels:
        report = _narrow(report, listed)
    decided, proba = report._predictions.decided, report._predictions.proba
    marks = [sp.csc_array(x) for x in (decided.truth, decided.values)]
    errors, doubtful = _errors(report, *marks), _doubtful(report)
    return {
        **size,
        "rest": rest,
        "n_samples": report.n_samples,
        "undefined": report._undefined,
        "zero_division": report._zero_division,
        "confidence_level": report.confidence_level,
        "has_proba": proba is not None,
        "has_texts": report._texts is not None,
        "exact_match": report.exact_match,
        "hamming_loss": report.hamming_loss,
        "averages": report.averages,
        "hierarchical": report.hierarchical,
        "intervals": {
            name: ends for name, ends in (report.intervals or {}).items() if name != "f1"
        },
        "grid": _grid(len(report.label_names)).tolist(),
        "labels": _labels(report, *marks),
        "errors": errors,
        "doubtful": doubtful,
        "documents": _documents(report, errors + doubtful, *marks),
        "cooccurrence": _cooccurrence(report, *marks),
    }


def _narrow(report: "MultilabelReport", labels: IntArray) -> "MultilabelReport":
    """Take some labels of a report; its averages stay those of all labels."""
    per_label = ("support", "known", "thresholds", "precision", "recall", "f1", "average_precision")
    values: dict[str, Any] = {name: getattr(report, name) for name in per_label}
    kept: dict[str, Any] = {n: None if x is None else x[labels] for n, x in values.items()}
    if report.intervals is not None:
        kept["intervals"] = {**report.intervals, "f1": report.intervals["f1"][labels]}
    return replace(
        report,
        label_names=[report.label_names[j] for j in labels],
        **kept,
        _predictions=labels_in_order(report._predictions, labels.tolist()),
        _depths=[report._depths[j] for j in labels],
    )


def _rest(report: "MultilabelReport", labels: IntArray) -> dict[str, Any]:
    """Sum the counts and scores of labels that are not listed, for the averages of the page."""
    counts = count_labels(report._predictions.decided).of(labels)
    support = counts.positive
    scores = {
        name: np.where(support > 0, getattr(report, name)[labels], 0.0)
        for name in ("precision", "recall", "f1")
    }
    pooled = {"hits": counts.hits, "given": counts.predicted, "support": support}
    n_averaged = len(labels) if report._undefined == "zero" else np.count_nonzero(support)
    return {
        "n": int(n_averaged),
        "pooled": {name: float(values.sum()) for name, values in pooled.items()},
        "sums": {name: float(values.sum()) for name, values in scores.items()},
        "weighted": {name: float(values @ support) for name, values in scores.items()},
    }


def _grid(n_labels: int) -> FloatArray:
    """Make the thresholds that all labels share, so that one slider can move all of them."""
    return np.round(np.linspace(0, 1, 101 if n_labels <= _MOST_LABELS else 21), 2)


def _labels(
    report: "MultilabelReport", truth: sp.csc_array, given: sp.csc_array
) -> list[dict[str, Any]]:
    """Make one entry per label: its scores and its counts at each cut-off."""
    decided, proba = report._predictions.decided, report._predictions.proba
    proba = proba.tocsc() if sp.issparse(proba) else proba
    averaged, thresholds = report.average_precision, report.thresholds
    weight = np.ones(truth.shape[0]) if decided.weight is None else decided.weight
    entries = []
    for j, name in enumerate(report.label_names):
        rows, chosen = _rows_of(truth, j), _rows_of(given, j)
        entry: dict[str, Any] = {
            "name": name,
            "depth": report._depths[j],
            "support": float(report.support[j]),
            "known": float(report.known[j]),
            "hits": float(weight[np.intersect1d(rows, chosen)].sum()),
            "given": float(weight[chosen].sum()),
        }
        if report.intervals is not None:
            entry["interval"] = report.intervals["f1"][j].tolist()
        if proba is not None and averaged is not None and thresholds is not None:
            entry["average_precision"] = float(averaged[j])
            # a label unknown to the tagger is given to no document
            threshold = float(np.nan_to_num(thresholds[j], nan=1.0))
            entry["threshold"] = threshold
            column = dense_column(proba, j)
            cut_offs = _cut_offs(column, rows, decided.weight, threshold, truth.shape[1])
            counts = _counts_above(column, rows, weight, cut_offs)
            entry["cut_offs"] = cut_offs.tolist()
            entry["cut_hits"], entry["cut_given"] = (x.tolist() for x in counts)
        entries.append(entry)
    return entries


def _cut_offs(
    scores: AnyArray, rows: AnyArray, weight: FloatArray | None, threshold: float, n_labels: int
) -> FloatArray:
    """Choose thresholds of a label: the grid, its own, the best one, and some between positives."""
    truth = np.zeros((len(scores), 1), dtype=np.int8)
    truth[rows] = 1
    candidates = separate_cut_offs(truth, scores[:, None], weight)
    positive = candidates.found[-1] if len(rows) else 1.0
    best = np.argmax(candidates.found / (candidates.given + positive))
    n_chosen = 100 if n_labels <= _MOST_LABELS else max(8, _CUT_OFFS // n_labels)
    n_candidates = len(candidates.thresholds)
    places = np.linspace(0, n_candidates - 1, min(n_chosen - 1, n_candidates)).round().astype(int)
    chosen = candidates.thresholds[np.append(places, best)]
    return np.unique(np.concatenate([_grid(n_labels), chosen, [threshold]]))


def _counts_above(
    scores: AnyArray, rows: AnyArray, weight: FloatArray, cut_offs: FloatArray
) -> list[FloatArray]:
    """Sum the weights of the positives, and of all documents, above each cut-off."""
    counts = []
    for part, part_weight in ((scores[rows], weight[rows]), (scores, weight)):
        order = np.argsort(part)
        above = np.append(np.cumsum(part_weight[order][::-1])[::-1], 0.0)
        counts.append(above[np.searchsorted(part[order], cut_offs, side="right")])
    return counts


def _errors(
    report: "MultilabelReport", truth: sp.csc_array, given: sp.csc_array
) -> list[dict[str, Any]]:
    """Select errors of each label."""
    predictions, n_labels = report._predictions, len(report.label_names)
    proba = predictions.proba
    proba = proba.tocsc() if sp.issparse(proba) else proba
    share = min(10, max(1, _ERRORS // (2 * n_labels)))
    wrong = sp.csr_array(truth != given)
    n_wrong = np.diff(wrong.indptr)
    errors = []
    for j in range(n_labels):
        rows, chosen = _rows_of(truth, j), _rows_of(given, j)
        for missed, found in (
            (True, np.setdiff1d(rows, chosen)),
            (False, np.setdiff1d(chosen, rows)),
        ):
            if proba is None:
                certainty = n_wrong[found].astype(np.float64)
            else:
                certainty = np.abs(missed - dense_column(proba, j)[found].astype(np.float64))
            worst = np.argsort(-certainty, kind="stable")[:share]
            errors += [
                (float(c), int(i), j, missed)
                for i, c in zip(found[worst], certainty[worst], strict=True)
            ]
    errors.sort(key=lambda error: (-error[0], error[1:]))
    entries = []
    for _, row, j, missed in errors[:_ERRORS]:
        entry: dict[str, Any] = {"row": row, "label": j, "missed": missed}
        if proba is not None:
            entry["probability"] = float(proba[row, j])
        entries.append(entry)
    return entries


def _doubtful(report: "MultilabelReport") -> list[dict[str, Any]]:
    """List the true labels whose value is the less probable one, most doubtful first."""
    if report._predictions.proba is None:
        return []
    found = doubtful_entries(report._predictions, 0.5)
    names = ("row", "label", "extra", "probability")
    columns = (values[:_DOUBTFUL].tolist() for values in found[: len(names)])
    return [dict(zip(names, entry, strict=True)) for entry in zip(*columns, strict=True)]


def _documents(
    report: "MultilabelReport",
    entries: list[dict[str, Any]],
    truth: sp.csc_array,
    given: sp.csc_array,
) -> list[dict[str, Any]]:
    """Collect the documents of entries, each once; an entry then has its place instead of a row."""
    predictions = report._predictions
    listed = sorted({entry["row"] for entry in entries})
    place = {row: i for i, row in enumerate(listed)}
    length = min(_TEXT_LENGTH, _TEXTS_LENGTH // max(len(listed), 1))
    truth, given = sp.csr_array(truth), sp.csr_array(given)
    decided, rows_passed = predictions.decided, predictions.rows
    unknown = None if decided.unknown is None else sp.csr_array(decided.unknown)
    documents = [
        {
            "row": int(rows_passed[row]),
            "true": _columns_of(truth, row),
            "given": _columns_of(given, row),
            **({} if unknown is None else {"unknown": _columns_of(unknown, row)}),
            **({} if report._texts is None else _cut_text(report._texts[row], length)),
        }
        for row in listed
    ]
    for entry in entries:
        entry["document"] = place[entry.pop("row")]
    return documents


def _cut_text(text: str, length: int) -> dict[str, Any]:
    return {"text": text[:length], "cut": len(text) > length}


def _cooccurrence(
    report: "MultilabelReport", truth: sp.csc_array, given: sp.csc_array
) -> dict[str, Any]:
    """Count the documents with both of two labels, for the labels with the highest support.

    With unknown labels, also count those with the first label where the second is known, for
    shares.
    """
    decided = report._predictions.decided
    ranked = np.argsort(-report.support, kind="stable")
    shown = np.sort(ranked[:_HEAT_LABELS])
    matrices = {}
    for name, marks in (("true", truth), ("given", given)):
        part = marks[:, shown].astype(np.int64)
        matrices[name] = (part.T @ part).toarray().tolist()
        if decided.unknown is not None:
            known = decided.known_entries(slice(None), shown).astype(np.int64)
            matrices[f"{name}_of"] = (part.T @ known).tolist()
    return {"labels": shown.tolist(), **matrices}


def _rows_of(marks: sp.csc_array, j: int) -> AnyArray:
    """Return the rows of the documents with label j."""
    part = slice(marks.indptr[j], marks.indptr[j + 1])
    return np.sort(marks.indices[part][marks.data[part] != 0])


def _columns_of(marks: sp.csr_array, row: int) -> list[int]:
    """Return the labels of a document."""
    part = slice(marks.indptr[row], marks.indptr[row + 1])
    return np.sort(marks.indices[part][marks.data[part] != 0]).tolist()
