"""Average per-label scores; one rule for labels whose score is undefined."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from .._runtime.messages import listing, shown, warn_caller
from ..exceptions import AbsentLabelWarning, LabelError

UNDEFINED = ("skip", "zero", "raise")


def check_zero_division(zero_division: Any) -> None:
    """Refuse a `zero_division` other than 0 and 1."""
    if isinstance(zero_division, str) or zero_division not in (0, 1):
        raise ValueError(f"zero_division must be 0.0 or 1.0, got {shown(zero_division)}.")


def average_labels(
    scores: AnyArray,
    *,
    defined: BoolArray,
    support: FloatArray,
    average: str | None,
    undefined: str,
    names: Sequence[str],
    lacking: str = "positive",
) -> float | FloatArray:
    """Average one score per label; where not `defined`, `scores` may have any finite number.

    `lacking` says in messages what the labels that are not `defined` lack.
    """
    counting = support > 0 if average == "weighted" else np.ones(len(scores), dtype=bool)
    missing = counting & ~defined
    used = counting & defined
    if missing.any():
        _report_undefined(
            undefined, [names[j] for j in np.flatnonzero(missing).tolist()], lacking, average
        )
    elif not counting.any():
        return undefined_score(undefined, lacking)
    if average is None:
        return np.where(defined, scores, np.nan if undefined == "skip" else 0.0)
    if not used.any():
        return 0.0
    if undefined == "zero":
        scores, used = np.where(defined, scores, 0.0), counting
    weights = support[used] if average == "weighted" else None
    return float(np.average(scores[used], weights=weights))


def labels_in_macro(support: FloatArray, undefined: str, names: Sequence[str]) -> IntArray:
    """Warn or raise once about labels without a positive; return the labels to average over."""
    defined = support > 0
    average_labels(
        np.zeros(len(names)),
        defined=defined,
        support=support,
        average="macro",
        undefined=undefined,
        names=names,
    )
    return np.flatnonzero(defined) if undefined == "skip" else np.arange(len(names))


def undefined_score(undefined: str, lacking: str = "positive") -> float:
    """Return 0.0, or raise: the score is undefined for every label, whatever the predictions."""
    text = f"No label has a {lacking} in y_true, so the score is undefined"
    if undefined == "raise":
        raise LabelError(f"{text}. Score more documents, or pass undefined='skip'.")
    if undefined == "skip":
        warn_caller(f"{text}; it is set to 0.0. Score more documents.", AbsentLabelWarning)
    return 0.0


def _report_undefined(
    undefined: str, names: Sequence[str], lacking: str, average: str | None
) -> None:
    """Warn about labels whose score is undefined, or raise."""
    text = f"No {lacking} in y_true for {len(names)} label(s): {listing(names)}"
    if undefined == "raise":
        raise LabelError(
            f"{text}. Score more documents, stratify the split, or pass undefined='skip'."
        )
    if undefined == "skip":
        fate = "Their score is nan" if average is None else "They are left out of the mean"
        warn_caller(f"{text}. {fate} (undefined='skip').", AbsentLabelWarning)
