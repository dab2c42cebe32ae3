"""Fit a tagger of text, or taggers around one, on partitions.

The folds of a tagger around another are whole partitions. Scores of partitions that a fit has not
seen are added up in a histogram, from which thresholds and calibrators are fitted; a score itself
never leaves its partition.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import partial, reduce
from numbers import Integral
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from .._gate.labels import LabelSpace
from .._gate.samples import count_entries
from .._gate.types import IntArray
from .._meta.known_labels import find_hierarchy
from .._meta.response import response_method
from .._meta.wrapping import OutOfFold, WrappingTagger, check_prefit, checked_scores
from .._runtime.messages import shown
from .._runtime.threads import snapshot, transaction
from ..calibration import CalibratedTaggerCV
from ..hierarchy import HierarchicalTagger
from ..linear import TfidfLogRegTagger, TfidfLogRegTaggerCV
from ..linear._in_parts import (
    Counts,
    Documents,
    Parts,
    PartsEngine,
    Rounds,
    add_label_counts,
    count_labels,
    fit_in_parts,
    refuse_no_documents,
    usable,
)
from ..linear._pipelines import check_pipeline, fit_pipeline_in_parts
from ..metrics._histograms import ScoreHistogram
from ..thresholds import FixedThresholdTagger, TunedThresholdTaggerCV

__all__ = ["Corpus", "check_tagger", "fit_tagger"]

WRAPPERS = (TunedThresholdTaggerCV, CalibratedTaggerCV, FixedThresholdTagger, HierarchicalTagger)
N_FOLDS = 5  # of cv=None
BLOCK = 2**22  # scores computed at once
# Bins of a label. With 4096, whole steps of an isotonic regression moved over 0.5.
MOST_BINS, LEAST_BINS, BINS = 2**14, 2**12, 2**23


@dataclass(frozen=True)
class Corpus:
    """Documents in partitions, and how to fit a linear model to them."""

    engine: PartsEngine
    parts: Parts  # of `Documents`
    space: LabelSpace
    tol: float
    max_rounds: int


class Scored(NamedTuple):
    """Scores of the documents of partitions."""

    histogram: ScoreHistogram
    n_samples: int
    n_known: IntArray  # (n_labels,)
    n_positives: IntArray
    n_bytes: int  # that the partitions have sent


def check_tagger(tagger: Any) -> None:
    """Refuse a tagger, or a setting of one, that partitions cannot serve."""
    if isinstance(tagger, TfidfLogRegTagger) and not isinstance(tagger, TfidfLogRegTaggerCV):
        tagger._validate_params()
        return
    if isinstance(tagger, Pipeline):
        check_pipeline(tagger)
        return
    if not isinstance(tagger, WRAPPERS):
        raise ValueError(
            f"tagger is a {type(tagger).__name__}; fit_partitions fits a TfidfLogRegTagger, or a "
            f"Pipeline of HashingVectorizer and MultilabelLogisticRegression, alone or in a "
            f"TunedThresholdTaggerCV, CalibratedTaggerCV, FixedThresholdTagger or "
            f"HierarchicalTagger."
        )
    tagger._validate_params()
    if isinstance(tagger, TunedThresholdTaggerCV):
        check_search(tagger)
    if find_folds(tagger) == 0:
        check_prefit(tagger.estimator)
    else:
        check_tagger(tagger.estimator)


def check_search(tagger: TunedThresholdTaggerCV) -> None:
    """Refuse what a search over a histogram cannot do."""
    needs_documents = {
        "objective": tagger.objective in ("exact_match", "precision_at_coverage")
        or not isinstance(tagger.objective, str),
        "store_cv_results": tagger.store_cv_results,
        "max_labels": tagger.max_labels is not None,
        "at_least_one": tagger.at_least_one,
    }
    for name, is_set in needs_documents.items():
        if is_set:
            other = {
                "objective": "Pass the name of an objective, such as 'f1_micro'.",
                "store_cv_results": "Set it to False.",
            }
            wrap = "Wrap the fitted tagger in a FixedThresholdTagger that has it."
            raise ValueError(
                f"{name} is {shown(getattr(tagger, name))}, for which the search needs the scores "
                f"of whole documents; partitions return only a histogram for each label. "
                f"{other.get(name, wrap)}"
            )
    inside = tagger.estimator
    while isinstance(inside, WRAPPERS) and not isinstance(inside, HierarchicalTagger):
        inside = inside.estimator
    if isinstance(inside, HierarchicalTagger) or find_hierarchy(inside) is not None:
        raise ValueError(
            "The decisions of a TunedThresholdTaggerCV around a HierarchicalTagger are closed "
            "upwards, for which its search needs the scores of whole documents; partitions return "
            "only a histogram for each label. Calibrate instead: put a CalibratedTaggerCV around "
            "the HierarchicalTagger."
        )
    if not tagger.refit and find_folds(tagger):
        raise ValueError(
            "refit=False needs a single split, but the folds of fit_partitions are several. Set "
            "refit=True."
        )


def find_folds(tagger: Any) -> int | None:
    """Read `cv`: the number of folds, 0 for "prefit", None for a tagger without."""
    if not hasattr(tagger, "cv"):
        return None
    cv = tagger.cv
    if cv is None:
        return N_FOLDS
    if isinstance(cv, str):  # "prefit"
        return 0
    if isinstance(cv, Integral) and int(cv) > 1:
        return int(cv)
    raise ValueError(
        f"cv is {shown(cv)}; the folds of fit_partitions are whole partitions. Pass their number, "
        f"an int of at least 2, None for {N_FOLDS}, or 'prefit'."
    )


def fit_tagger(corpus: Corpus, tagger: Any) -> None:
    """Fit a tagger that `check_tagger` has passed, in place, and tell in `rounds_` what it took."""
    corpus = close_labels_of(corpus, tagger)
    if isinstance(tagger, TfidfLogRegTagger | Pipeline):
        fit_part_of(corpus, tagger, None)
        return
    found = corpus.engine.map(corpus.parts, find_documents)
    numbers = np.array(corpus.engine.reduce(found, list.__add__), dtype=np.intp)
    check_enough(tagger, len(numbers))
    fit_part_of(corpus, tagger, numbers)


def close_labels_of(corpus: Corpus, tagger: Any) -> Corpus:
    """Close the labels upwards in all hierarchies of a tagger; ancestors become labels."""
    if not isinstance(tagger, WRAPPERS):
        return corpus
    if find_folds(tagger) == 0:
        hierarchy = find_hierarchy(tagger.estimator)
        if hierarchy is None:
            return corpus
        closed = corpus.engine.map(corpus.parts, change_labels, hierarchy.close)
        return replace(corpus, parts=closed)
    corpus = close_labels_of(corpus, tagger.estimator)
    if not isinstance(tagger, HierarchicalTagger):
        return corpus
    tagger._check_labels(corpus.space)
    nothing = np.zeros((0, corpus.space.n_labels), dtype=np.int8)
    space, _ = tagger._close(corpus.space, nothing)
    close = partial(close_indicator, clone(tagger), corpus.space)
    parts = corpus.engine.map(corpus.parts, change_labels, close)
    return replace(corpus, space=space, parts=parts)


def check_enough(tagger: Any, n_partitions: int) -> None:
    """Refuse fewer partitions than folds, at any depth, before anything is fitted."""
    refuse_no_documents(n_partitions)
    left = n_partitions
    while isinstance(tagger, WrappingTagger):
        n_folds = find_folds(tagger)
        if n_folds == 0:
            return
        if n_folds is not None:
            if left < n_folds:
                raise ValueError(
                    f"{type(tagger).__name__} has {n_folds} folds of whole partitions, but only "
                    f"{left} partition(s) with known labels to divide. Lower cv, or repartition "
                    f"data into more."
                )
            left -= -(-left // n_folds)
        tagger = tagger.estimator


def fit_part_of(corpus: Corpus, tagger: Any, numbers: IntArray | None) -> None:
    """Fit a tagger, in place, on the partitions `numbers`; None for all."""
    if isinstance(tagger, TfidfLogRegTagger | Pipeline):
        parts = corpus.parts
        if numbers is not None:
            parts = corpus.engine.map(parts, keep_part, numbers)
        fit = fit_pipeline_in_parts if isinstance(tagger, Pipeline) else fit_in_parts
        options: Any = {"tol": corpus.tol, "max_rounds": corpus.max_rounds}
        fit(corpus.engine, parts, tagger, corpus.space, **options)
        return
    assert numbers is not None
    start = perf_counter()
    with transaction(tagger) as draft:
        if isinstance(draft, FixedThresholdTagger):
            data, fitted, rounds = fit_fixed(corpus, draft, numbers)
        elif isinstance(draft, HierarchicalTagger):
            data, fitted, rounds = fit_hierarchical(corpus, draft, numbers)
        else:
            data, fitted, rounds = fit_out_of_fold(corpus, draft, numbers)
        total = sum_rounds(rounds, perf_counter() - start)
        draft._set_state(data, {**fitted, "rounds_": asdict(total)})


def fit_fixed(corpus: Corpus, tagger: FixedThresholdTagger, numbers: IntArray) -> Any:
    """Fit the estimator of a tagger with given thresholds."""
    tagger._resolve_thresholds(corpus.space)
    final = clone(tagger.estimator)
    fit_part_of(corpus, final, numbers)
    data = tagger._training_data(None, None, corpus.space, counts=inner(final)._n_seen)
    return data, tagger._around(final), [inner(final).rounds_]


def fit_hierarchical(corpus: Corpus, tagger: HierarchicalTagger, numbers: IntArray) -> Any:
    """Fit the estimator of a tagger with a hierarchy, whose labels are closed upwards."""
    hierarchy = tagger._find_hierarchy(corpus.space)
    counted = corpus.engine.map(corpus.parts, count_labels_of, numbers)
    counts = corpus.engine.reduce(counted, add_label_counts)
    data = tagger._training_data(None, None, corpus.space, counts=counts[:3])
    if tagger.training == "conditional":
        parts = corpus.engine.map(corpus.parts, change_labels, hierarchy.condition)
        corpus = replace(corpus, parts=parts)
    final = clone(tagger.estimator)
    fit_part_of(corpus, final, numbers)
    return data, tagger._around(final, hierarchy), [inner(final).rounds_]


def inner(model: Any) -> Any:
    """Return the tagger at the end of a fitted Pipeline, or the tagger itself."""
    return model.steps[-1][1] if isinstance(model, Pipeline) else model


def fit_out_of_fold(corpus: Corpus, tagger: Any, numbers: IntArray) -> Any:
    """Fit the estimator of a tagger, and what the tagger adds to it out of fold."""
    tagger._resolve_thresholds(corpus.space)
    search = None
    if isinstance(tagger, TunedThresholdTaggerCV):
        method = tagger._find_method()
        search = tagger._make_search(corpus.space, method)
    else:
        method = response_method(tagger.estimator, ("predict_proba", "decision_function"))
    n_folds, rounds = find_folds(tagger), []
    scores: list[Any] = []
    if n_folds:
        for fold in range(n_folds):
            held_out = np.zeros(len(numbers), dtype=bool)
            held_out[fold::n_folds] = True
            model = clone(tagger.estimator)
            fit_part_of(corpus, model, numbers[~held_out])
            rounds.append(inner(model).rounds_)
            scores.append(score(corpus, model, numbers[held_out], method))
        final = clone(tagger.estimator)
        fit_part_of(corpus, final, numbers)
        rounds.append(inner(final).rounds_)
    else:
        check_prefit(tagger.estimator)  # a clone, inside another estimator, is not fitted
        final = tagger.estimator
        scores.append(score(corpus, final, numbers, method))
    scored = reduce(add_scores, scores)
    rounds.append(asdict(Rounds(0, 0, scored.n_bytes, 0.0, 0.0)))
    data = tagger._training_data(None, None, corpus.space, counts=scored[1:4])
    pooled = OutOfFold.of_histogram(final, scored.histogram, method)
    if search is not None:
        return data, tagger._fit_scores(pooled, search, method), rounds
    return data, tagger._fit_scores(pooled, corpus.space, method), rounds


def sum_rounds(rounds: Iterable[dict[str, Any]], seconds: float) -> Rounds:
    """Add up what several fits took."""
    total = Rounds(0, 0, 0, 0.0, seconds)
    for one in rounds:
        total = replace(
            total,
            n_rounds=total.n_rounds + one["n_rounds"],
            n_bytes_sent=total.n_bytes_sent + one["n_bytes_sent"],
            n_bytes_received=total.n_bytes_received + one["n_bytes_received"],
            gap=max(total.gap, one["gap"]),
        )
    return total


def score(corpus: Corpus, model: Any, numbers: IntArray, method: str) -> Scored:
    """Score the documents of the partitions `numbers`."""
    sent = snapshot(model), numbers, corpus.space, method
    total = corpus.engine.reduce(corpus.engine.map(corpus.parts, score_part, *sent), add_scores)
    assert total is not None  # the partitions have documents
    found: Scored = total
    return found


# Functions of one partition, and of two sums: they run on the workers.


def find_documents(part: Documents, number: int) -> list[int]:
    """Return the number of a partition, unless it has no documents to learn from."""
    return [number] if usable(part).texts else []


def keep_part(part: Documents, number: int, numbers: IntArray) -> Documents:
    """Empty the other partitions."""
    if number in numbers:
        return part
    weight = None if part.weight is None else part.weight[:0]
    return Documents([], part.indicator[:0], weight)


def change_labels(part: Documents, number: int, change: Callable[[Any], Any]) -> Documents:
    """Change the labels of a partition."""
    return part._replace(indicator=change(part.indicator))


def close_indicator(tagger: HierarchicalTagger, space: LabelSpace, indicator: Any) -> Any:
    """Close labels upwards in the hierarchy of a tagger."""
    return tagger._close(space, indicator)[1]


def count_labels_of(part: Documents, number: int, numbers: IntArray) -> Counts:
    """Count the labels of one of the partitions `numbers`."""
    return count_labels(usable(keep_part(part, number, numbers)))


def score_part(
    part: Documents, number: int, model: Any, numbers: IntArray, space: LabelSpace, method: str
) -> Scored | None:
    """Score one of the partitions `numbers`; None for another one."""
    if number not in numbers:
        return None
    part = usable(part)
    histogram = ScoreHistogram(space.n_labels, count_bins(space.n_labels))
    size = max(1, BLOCK // space.n_labels)
    for start in range(0, len(part.texts), size):
        rows = slice(start, start + size)
        scores = checked_scores(model, part.texts[rows], method, space)
        proba = scores if method == "predict_proba" else expit(scores)
        labels, weight = part.indicator[rows], part.weight
        histogram.add(labels > 0, proba, None if weight is None else weight[rows], labels >= 0)
    return Scored(
        histogram, len(part.texts), *count_entries(part.indicator), histogram.counts.nbytes
    )


def count_bins(n_labels: int) -> int:
    """Limit the memory of a histogram: at most 134 MB, from 2,048 labels on 65 kB each."""
    return min(MOST_BINS, max(LEAST_BINS, BINS // n_labels))


def add_scores(a: Scored | None, b: Scored | None) -> Scored | None:
    """Add up, and change neither."""
    if a is None or b is None:
        return b if a is None else a
    return Scored(
        deepcopy(a.histogram).merge(b.histogram),
        a.n_samples + b.n_samples,
        a.n_known + b.n_known,
        a.n_positives + b.n_positives,
        a.n_bytes + b.n_bytes,
    )
