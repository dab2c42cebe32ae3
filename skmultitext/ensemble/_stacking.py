"""A second model on out-of-fold logits of the members of an ensemble.

The members are fitted once on each training fold, and once on all documents. The second model of a
validation fold, whose scores serve to tune thresholds, is fitted on the other folds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from scipy.special import expit

from .._gate.samples import TrainingData
from .._gate.types import AnyArray, FloatArray, IntArray
from .._meta.around import TaggerAround
from .._meta.known_labels import target_for
from .._meta.wrapping import fit_and_score_folds, list_folds
from ._members import as_logits, in_order, score_method

__all__ = ["SecondModel", "StackingMixin"]

Splits: TypeAlias = Sequence[tuple[IntArray, IntArray]]
# takes logits (n_samples, n_members, n_labels), gives logits (n_samples, n_labels)
SecondModel: TypeAlias = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class FoldLogits:
    """Members fitted on all documents, and their logits of the validation folds."""

    members: list[Any]
    rows: list[IntArray]  # of each fold
    logits: list[FloatArray]  # of each fold, (n_rows, n_members, n_labels)


if TYPE_CHECKING:
    _Base = TaggerAround
else:
    _Base = object


class StackingMixin(_Base):
    """Adds the folds to a tagger with the parameters `cv`, `n_jobs` and `random_state`.

    The tagger defines `_unfitted_members`, `_fit_second` and `_around`.
    """

    _n_parts = 1  # the members
    cv: Any
    n_jobs: int | None
    random_state: Any

    def _unfitted_members(self, routed: Any) -> list[tuple[Any, Mapping[str, Any]]]:
        """List the members, each with the parameters of its fit."""
        raise NotImplementedError

    def _fit_second(self, logits: FloatArray, truth: AnyArray, weight: FloatArray) -> SecondModel:
        """Fit the second model to logits (n, n_members, n_labels) and labels 0, 1 or UNKNOWN."""
        raise NotImplementedError

    def _around(self, members: list[Any], second: Any) -> dict[str, Any]:
        """Return the fitted attributes around fitted members and a second model."""
        raise NotImplementedError

    def _fit_in_own_folds(self, data: TrainingData) -> dict[str, Any]:
        """Fit members and second model in the folds of this tagger; return the attributes."""
        routed = data.options["routed"]
        first, _ = self._unfitted_members(routed)[0]
        y = target_for(data.indicator, data.space, first)
        folds = self._fit_members(data, list_folds(self, data, y, routed["splitter"]["split"]))
        return self._around(folds.members, self._fit_on(folds, data))

    def _fit_in_folds(
        self,
        X: Any,
        y: Any,
        splits: Splits,
        method: str,
        n_jobs: int | None,
        fit_params: Mapping[str, Any],
        verbose: int = 0,
    ) -> list[FloatArray]:
        """Fit in the folds of a tagger around this one; return the scores of validation folds."""
        others = {name: value for name, value in fit_params.items() if name != "sample_weight"}
        data = self._routed_data(X, y, fit_params.get("sample_weight"), others)
        found: list[FoldLogits] = []

        def fit(data: TrainingData) -> dict[str, Any]:
            found.append(self._fit_members(data, splits, n_jobs, verbose))
            return self._around(found[0].members, self._fit_on(found[0], data))

        self._fit_checked(data, fit)
        return self._scores_of_folds(found[0], data, method)

    def _fit_members(
        self, data: TrainingData, splits: Splits, n_jobs: int | None = None, verbose: int = 0
    ) -> FoldLogits:
        """Fit the members on each training fold, and on all documents."""
        rows = data.options["rows"]
        given = [(rows[train], rows[test]) for train, test in splits]
        n_jobs = self.n_jobs if n_jobs is None else n_jobs
        members, logits = [], []
        unfitted = self._unfitted_members(data.options["routed"])
        all_members = data.task.part("members", len(unfitted))
        all_members.begin()
        for estimator, fit_params in unfitted:
            task = all_members.part("member", 2)  # the folds, the fit on all documents
            routed = {"estimator": {"fit": fit_params}, "splitter": {"split": {}}}
            own = replace(data, task=task, options={**data.options, "routed": routed})
            asked = SimpleNamespace(
                estimator=estimator, cv=given, n_jobs=n_jobs, random_state=None, verbose=verbose
            )
            method = score_method(estimator)
            with task.running():
                fitted, _, tests, scores = fit_and_score_folds(asked, own, method)
            members.append(fitted)
            logits.append(
                [as_logits(in_order(fitted, part, data.space), method) for part in scores]
            )
        all_members.end()
        return FoldLogits(
            members, tests, [np.stack(fold, axis=1) for fold in zip(*logits, strict=True)]
        )

    def _fit_on(
        self, folds: FoldLogits, data: TrainingData, left_out: IntArray | None = None
    ) -> SecondModel:
        """Fit the second model to the logits of all folds, but those of the rows left out."""
        rows, logits = np.concatenate(folds.rows), np.concatenate(folds.logits)
        kept = np.ones(len(rows), dtype=bool)
        if left_out is not None:
            kept = ~np.isin(rows, left_out)
        weight = np.ones(len(rows)) if data.sample_weight is None else data.sample_weight[rows]
        kept &= weight > 0
        rows = rows[kept]
        truth: Any = data.indicator[rows]
        truth = truth.toarray() if sp.issparse(truth) else truth
        return self._fit_second(logits[kept], truth, weight[kept])

    def _scores_of_folds(
        self, folds: FoldLogits, data: TrainingData, method: str
    ) -> list[FloatArray]:
        """Score each validation fold with a second model fitted on the others."""
        scores = [
            self._fit_on(folds, data, left_out=rows)(logits)
            for rows, logits in zip(folds.rows, folds.logits, strict=True)
        ]
        return [expit(part) for part in scores] if method == "predict_proba" else scores
