"""What the page of a report carries: counts at cut-offs, errors with texts, co-occurrence."""

import numpy as np
import scipy.sparse as sp

from .._cut_offs import separate_cut_offs

_MOST_LABELS = 250  # with more, each has fewer cut-offs
_CUT_OFFS = 25_000  # of all labels together, beside the common grid
_ERRORS = 2_000
_TEXT_LENGTH = 1_000
_TEXTS_LENGTH = 1_200_000  # characters of all texts together
_HEAT_LABELS = 40


def page_data(report):
    """Collect what the page shows.

    Parameters
    ----------
    report : MultilabelReport
        The report.

    Returns
    -------
    dict
        Of str, numbers, lists and dicts only; numbers may be nan.
    """
    predictions = report._predictions
    decided, proba = predictions.decided, predictions.proba
    marks = [sp.csc_array(x) for x in (decided.truth, decided.values)]
    absent, zero_division = report._rules
    errors, documents = _errors(report, *marks)
    return {
        "n_samples": report.n_samples,
        "weight": decided.total_weight(),
        "absent": absent,
        "zero_division": zero_division,
        "confidence_level": report.confidence_level,
        "has_proba": proba is not None,
        "has_texts": report._texts is not None,
        "exact_match": report.exact_match,
        "hamming_loss": report.hamming_loss,
        "averages": report.averages,
        "intervals": {
            name: ends for name, ends in (report.intervals or {}).items() if name != "f1"
        },
        "grid": _grid(len(report.label_names)).tolist(),
        "labels": _labels(report, *marks),
        "errors": errors,
        "documents": documents,
        "cooccurrence": _cooccurrence(report, *marks),
    }


def _grid(n_labels):
    """Thresholds that every label has, so that one slider can move all of them."""
    return np.round(np.linspace(0, 1, 101 if n_labels <= _MOST_LABELS else 21), 2)


def _labels(report, truth, given):
    """One entry per label: its scores and its counts at each cut-off."""
    decided, proba = report._predictions.decided, report._predictions.proba
    weight = np.ones(truth.shape[0]) if decided.weight is None else decided.weight
    entries = []
    for j, name in enumerate(report.label_names):
        rows, chosen = _rows_of(truth, j), _rows_of(given, j)
        entry = {
            "name": name,
            "support": float(report.support[j]),
            "hits": float(weight[np.intersect1d(rows, chosen)].sum()),
            "given": float(weight[chosen].sum()),
        }
        if report.intervals is not None:
            entry["interval"] = report.intervals["f1"][j].tolist()
        if proba is not None:
            entry["average_precision"] = float(report.average_precision[j])
            # a label that the tagger never saw is given to nobody
            threshold = float(np.nan_to_num(report.thresholds[j], nan=1.0))
            entry["threshold"] = threshold
            cut_offs = _cut_offs(proba[:, j], rows, decided.weight, threshold, truth.shape[1])
            counts = _counts_above(proba[:, j], rows, weight, cut_offs)
            entry["cut_offs"] = cut_offs.tolist()
            entry["cut_hits"], entry["cut_given"] = (x.tolist() for x in counts)
        entries.append(entry)
    return entries


def _cut_offs(scores, rows, weight, threshold, n_labels):
    """Choose thresholds of a label: the grid, its own, the best, and some between positives."""
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


def _counts_above(scores, rows, weight, cut_offs):
    """Weigh the positives, and all documents, whose score exceeds each cut-off."""
    counts = []
    for part, part_weight in ((scores[rows], weight[rows]), (scores, weight)):
        order = np.argsort(part)
        above = np.append(np.cumsum(part_weight[order][::-1])[::-1], 0.0)
        counts.append(above[np.searchsorted(part[order], cut_offs, side="right")])
    return counts


def _errors(report, truth, given):
    """Choose wrong decisions of each label and the documents they stand in."""
    predictions, n_labels = report._predictions, len(report.label_names)
    proba = predictions.proba
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
                certainty = np.abs(missed - proba[found, j].astype(np.float64))
            worst = np.argsort(-certainty, kind="stable")[:share]
            errors += [
                (float(c), int(i), j, missed)
                for i, c in zip(found[worst], certainty[worst], strict=True)
            ]
    errors.sort(key=lambda error: (-error[0], error[1:]))
    errors = errors[:_ERRORS]

    rows = sorted({row for _, row, _, _ in errors})
    place = {row: i for i, row in enumerate(rows)}
    length = min(_TEXT_LENGTH, _TEXTS_LENGTH // max(len(rows), 1))
    truth, given = sp.csr_array(truth), sp.csr_array(given)
    documents = [
        {
            "row": int(predictions.rows[row]),
            "true": _columns_of(truth, row),
            "given": _columns_of(given, row),
            **({} if report._texts is None else _cut_text(report._texts[row], length)),
        }
        for row in rows
    ]
    entries = []
    for _, row, j, missed in errors:
        entry = {"document": place[row], "label": j, "missed": missed}
        if proba is not None:
            entry["probability"] = float(proba[row, j])
        entries.append(entry)
    return entries, documents


def _cut_text(text, length):
    return {"text": text[:length], "cut": len(text) > length}


def _cooccurrence(report, truth, given):
    """Count documents that have both of two labels, of the labels of the highest support."""
    ranked = np.argsort(-report.support, kind="stable")
    shown = np.sort(ranked[:_HEAT_LABELS])
    matrices = {}
    for name, marks in (("true", truth), ("given", given)):
        part = marks[:, shown].astype(np.int64)
        matrices[name] = (part.T @ part).toarray().tolist()
    return {"labels": shown.tolist(), **matrices}


def _rows_of(marks, j):
    """Rows of the documents that have label j."""
    part = slice(marks.indptr[j], marks.indptr[j + 1])
    return np.sort(marks.indices[part][marks.data[part] != 0])


def _columns_of(marks, row):
    """Labels of a document."""
    part = slice(marks.indptr[row], marks.indptr[row + 1])
    return np.sort(marks.indices[part][marks.data[part] != 0]).tolist()
