"""Scores during training: of the batches of an epoch, and of validation data."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.special import logit

from .._gate.decision import decide
from .._gate.labels import LabelSpace
from .._gate.samples import TrainingData, has_unknown, with_nan
from .._gate.types import AnyArray, FloatArray
from .._runtime.messages import shown
from ..base import BLOCK, BaseTagger
from ..metrics import get_scorer
from ..metrics._counts import Counts

__all__ = ["TrainingScores", "Validation", "held_out_validation", "name_monitors"]

# small batches are counted together, which keeps counting cheap compared with a step
_ENTRIES_AT_A_TIME = 2**16
_TINY = np.finfo(np.float64).tiny


class TrainingScores:
    """Mean loss, F1, exact match and accuracy of an epoch so far, from logits before updates.

    Scores are over known entries.
    """

    def __init__(self, thresholds: float | FloatArray) -> None:
        with np.errstate(divide="ignore"):  # thresholds of 0 and 1
            self._thresholds = logit(np.asarray(thresholds, dtype=np.float64)).astype(np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self._waiting: list[tuple[AnyArray, AnyArray, AnyArray | None]] = []
        self._n_waiting = 0
        self._loss = self._n_rows = self._weight = self._exact = 0.0
        self._wrong_way = self._n_entries = self._unknown_weight = 0.0
        self._counts = np.zeros((3, 1))

    def add(
        self,
        loss: float,
        indicator: AnyArray,  # below 0 where unknown
        logits: AnyArray,
        weight: AnyArray | None = None,
    ) -> None:
        """Add a batch: arrays of shape (n_samples, n_labels), weights of shape (n_samples,)."""
        self._loss += loss * len(indicator)
        self._n_rows += len(indicator)
        self._waiting.append((indicator, logits, weight))
        self._n_waiting += indicator.size
        if self._n_waiting >= _ENTRIES_AT_A_TIME:
            self._count()

    def _count(self) -> None:
        if not self._waiting:
            return
        indicators, parts, weights = zip(*self._waiting, strict=True)
        self._waiting, self._n_waiting = [], 0
        targets = np.concatenate(indicators)
        true, known = targets > 0.5, targets >= 0 if has_unknown(targets) else None
        del targets  # its memory serves the logits
        logits = np.concatenate(parts)
        pairs = zip(indicators, weights, strict=True)
        weight = np.concatenate([np.ones(len(i)) if w is None else w for i, w in pairs])
        weight = weight.astype(np.float64)
        given = decide(logits, self._thresholds)
        n_entries = logits.size
        if known is not None:
            given, logits = given & known, np.where(known, logits, 0)
            n_entries = int(known.sum())
            self._unknown_weight += float(weight @ (~known).sum(axis=1))
        counts = [weight @ (given & true), weight @ given, weight @ true]
        self._counts = self._counts + np.stack(counts)
        self._exact += float(weight @ (given == true).all(axis=1))
        self._weight += float(weight.sum())
        # the sum of max(0, -z) over positives and of max(0, z) over negatives
        size = np.abs(logits).sum(dtype=np.float64)
        right_way = 2 * logits.sum(where=true, dtype=np.float64) - logits.sum(dtype=np.float64)
        self._wrong_way += float(size - right_way) / 2
        self._n_entries += n_entries

    @property
    def n_rows(self) -> int:
        """Number of documents so far."""
        return int(self._n_rows)

    @property
    def wrong_way(self) -> float:
        """Mean distance of logits on the wrong side of 0; about 0 for an untrained network."""
        self._count()
        return self._wrong_way / max(self._n_entries, 1.0)

    def figures(self) -> dict[str, float]:
        """Compute the scores so far by name; empty before the first batch."""
        self._count()
        if not self._n_rows:
            return {}
        figures = {"loss": self._loss / self._n_rows}
        if not self._weight:
            return figures
        counts = Counts(*self._counts)
        of_label, support = counts.score("f1"), counts.positive
        figures["f1_micro"] = float(counts.pooled().score("f1")[0])
        figures["f1_macro"] = float(of_label.mean())  # a label without a positive counts as 0
        figures["f1_weighted"] = float(of_label @ support / max(support.sum(), _TINY))
        figures["exact_match"] = self._exact / self._weight
        total = self._weight * len(counts.hits) - self._unknown_weight
        wrong = counts.wrong().sum() / total
        figures["binary_accuracy"] = float(1.0 - wrong)
        return figures

    def state(self) -> dict[str, Any]:
        """Return what `restore` needs, as JSON."""
        self._count()
        sums = [self._loss, self._n_rows, self._weight, self._exact]
        sums += [self._wrong_way, self._n_entries, self._unknown_weight]
        return {"sums": sums, "counts": self._counts.tolist()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state` returned."""
        self.reset()
        self._loss, self._n_rows, self._weight, self._exact, *rest = state["sums"]
        self._wrong_way, self._n_entries, self._unknown_weight = rest
        self._counts = np.array(state["counts"])


def name_monitors(monitor: Any) -> dict[str, Any]:
    """Make a dict of scorers by name from `monitor`; early stopping watches the first."""
    if isinstance(monitor, Mapping):
        named = list(monitor.items())
    else:
        listed = list(monitor) if isinstance(monitor, list | tuple) else [monitor]
        named = [(_name(scoring), scoring) for scoring in listed]
    for name, scoring in named:
        if not isinstance(name, str) or not (isinstance(scoring, str) or callable(scoring)):
            raise ValueError(
                f"monitor holds {shown(scoring)}; pass the name of a score, a scorer, a list of "
                f"these, or a dict of these by name."
            )
    if not named:
        raise ValueError("monitor is empty; pass at least one score.")
    names = [name for name, _ in named]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(
                f"monitor has two scores of the name {shown(name)}; pass a dict that gives each "
                f"its own."
            )
    return dict(named)


def _name(scoring: Any) -> str:
    if isinstance(scoring, str):
        return scoring
    function = getattr(scoring, "_score_func", None) or getattr(scoring, "func", scoring)
    names = [getattr(scoring, "_name", None), getattr(scoring, "__name__", None)]
    return next((n for n in names if isinstance(n, str)), getattr(function, "__name__", "score"))


class Validation:
    """Validation data, and the scores that a training watches and records.

    Parameters
    ----------
    logits : callable
        ``logits()`` -> ndarray of shape (n_samples, n_labels), dtype float64: the current
        logits of the validation data.
    indicator : ndarray or sparse array of shape (n_samples, n_labels)
        Labels of the validation data, 0 or 1, and -1 where unknown.
    space : LabelSpace
        The labels.
    thresholds : ndarray of shape (n_labels,), dtype float64
        The thresholds of scorers that need decisions.
    monitor : str, callable, list of them or dict of them by name, default="neg_log_loss"
        Names of scorers of `skmultitext.metrics`, or scorers; greater is better. The first is
        the one that early stopping watches.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights of the validation data.
    constants : ndarray of shape (n_labels,), default=None
        Logits of labels that are constant in training, NaN for others: what a tagger predicts.
    loss : callable, default=None
        ``loss(indicator, logits, sample_weight)`` of dense float32 arrays -> number, recorded
        too. It gets the logits of the network itself, as the loss of training does.

    Attributes
    ----------
    watched : str
        Name of the first score in what `evaluate` returns.

    Raises
    ------
    ValueError
        If there is no scorer of that name.

    Examples
    --------
    >>> import numpy as np
    >>> from skmultitext._gate.labels import LabelSpace
    >>> space, indicator = LabelSpace.learn([["a"], ["b"]])
    >>> logits = np.array([[2.0, -1.0], [1.0, 3.0]])
    >>> Validation(
    ...     lambda: logits, indicator, space, [0.5, 0.5], ["f1_micro", "exact_match"]
    ... ).evaluate()
    {'validation_f1_micro': 0.8, 'validation_exact_match': 0.5}
    """

    def __init__(
        self,
        logits: Callable[[], FloatArray],
        indicator: Any,
        space: LabelSpace,
        thresholds: npt.ArrayLike,
        monitor: Any = "neg_log_loss",
        sample_weight: FloatArray | None = None,
        *,
        constants: FloatArray | None = None,
        loss: Callable[..., Any] | None = None,
    ) -> None:
        self._logits = logits
        self._indicator = indicator.tocsr() if hasattr(indicator, "tocsr") else indicator
        self._truth = _decode(space, _dense(indicator))
        self._tagger = _LogitsTagger(space, thresholds)
        self._sample_weight = sample_weight
        self._constants = constants
        self._loss = loss
        named = name_monitors(monitor)
        self._scorers = {name: get_scorer(scoring) for name, scoring in named.items()}
        self.watched = f"validation_{next(iter(named))}"

    def evaluate(self) -> dict[str, float]:
        """Score the network as it is now.

        Returns
        -------
        dict of {str: float}
            "validation_loss", where there is a loss, and "validation_<name>" of each score.

        Raises
        ------
        ValueError
            If a score is not a finite number.
        """
        logits, values = self._logits(), {}
        if self._loss is not None:
            values["validation_loss"] = self._mean_loss(logits)
        if self._constants is not None:
            logits = np.where(np.isnan(self._constants), logits, self._constants)
        kwargs = {} if self._sample_weight is None else {"sample_weight": self._sample_weight}
        for name, scorer in self._scorers.items():
            score = float(scorer(self._tagger, logits, self._truth, **kwargs))
            if not np.isfinite(score):
                raise ValueError(
                    f"monitor {shown(name)} gave {score}; a score must be finite, and greater is "
                    f"better."
                )
            values[f"validation_{name}"] = score
        return values

    def _mean_loss(self, logits: FloatArray) -> float:
        """Average the loss over the documents in blocks, so that few labels are dense at a time."""
        assert self._loss is not None
        n_samples, n_labels = logits.shape
        weight = np.ones(n_samples) if self._sample_weight is None else self._sample_weight
        n_rows, total = max(1, BLOCK // n_labels), 0.0
        for start in range(0, n_samples, n_rows):
            rows = slice(start, start + n_rows)
            of_block = self._loss(
                _dense(self._indicator[rows]).astype(np.float32),
                logits[rows].astype(np.float32),
                weight[rows].astype(np.float32),
            )
            total += float(of_block) * weight[rows].sum()
        return float(total / max(weight.sum(), _TINY))


def held_out_validation(
    data: TrainingData, logits: Callable[[], FloatArray], monitor: Any, loss: Callable[..., Any]
) -> Validation:
    """Score the held-out documents; `logits()` computes their current logits."""
    _, indicator, sample_weight = data.options["held"]
    return Validation(
        logits,
        indicator,
        data.space,
        data.thresholds,
        monitor,
        sample_weight,
        constants=data.constants,
        loss=loss,
    )


class _LogitsTagger(BaseTagger):
    """A fitted tagger whose X is the logits, so that scorers decide as with any other tagger."""

    def __init__(self, space: Any = None, threshold: Any = 0.5) -> None:
        self.space = space
        self.threshold = threshold
        self._label_space = space
        self.classes_ = space.classes
        self.label_names_ = space.label_names
        self.thresholds_ = threshold

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        return X

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        return {}

    def _logits(self, X: Any) -> FloatArray:
        return X


def _decode(space: LabelSpace, indicator: AnyArray) -> Any:
    """Convert an indicator to the form of y, with NaN where a label is unknown."""
    if not has_unknown(indicator):
        return space.decode(indicator.astype(bool))
    truth = with_nan(indicator)
    return sp.csr_matrix(truth) if space.form == "sparse" else truth


def _dense(indicator: Any) -> Any:
    return indicator.toarray() if hasattr(indicator, "toarray") else indicator
