"""Validation on a data file, in memory that does not grow with it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import expit

from .._gate.samples import TrainingData, with_nan
from .._gate.types import FloatArray
from .._runtime.messages import shown
from ..datasets._data_file import DataFile
from ..datasets._lines import name_of
from ..datasets._rows import Row
from ..datasets._training_files import read_parts, warn_of_unlabeled
from ..exceptions import DataFileError
from ..metrics import StreamingMetrics, get_scorer
from ._scores import Validation, name_monitors

__all__ = ["StreamedValidation"]

_ROWS_AT_A_TIME = 8192
_CELLS_AT_A_TIME = 2**26  # of a dense indicator


class StreamedValidation:
    """Validation on a data file, which is read again for each validation.

    Scores of `StreamingMetrics` are streamed; other scores need the logits of the whole file.
    """

    def __init__(
        self,
        data_file: DataFile,
        logits: Callable[[list[str]], FloatArray],
        data: TrainingData,  # of the training: labels, thresholds, constant labels
        monitor: Any,
        loss: Callable[..., Any],
    ) -> None:
        self._file = data_file
        self._logits = logits
        self._space = data.space
        self._label_names = data.space.label_names.tolist()
        self._thresholds = data.thresholds
        self._constants = data.constants
        self._loss = loss
        named = name_monitors(monitor)
        self._names = list(named)
        self.watched = f"validation_{self._names[0]}"
        streamed = self._streamed_names()
        self._streamed = {
            name: streamed[scoring]
            for name, scoring in named.items()
            if isinstance(scoring, str) and scoring in streamed
        }
        self._gathered = {n: scoring for n, scoring in named.items() if n not in self._streamed}
        for scoring in self._gathered.values():
            self._check_scorer(scoring, sorted(streamed))

    @staticmethod
    def _check_scorer(scoring: Any, streamed: list[str]) -> None:
        try:
            get_scorer(scoring)
        except ValueError as error:
            raise ValueError(
                f"monitor is {shown(scoring)}; on validation files it can be "
                f"{', '.join(streamed)}, a name of skmultitext.metrics.SCORERS, or a scorer."
            ) from error

    def _metrics(self) -> StreamingMetrics:
        return StreamingMetrics(
            len(self._label_names), threshold=self._thresholds, undefined="zero"
        )

    def _streamed_names(self) -> dict[str, tuple[int, str]]:
        """Map names of scores that can be streamed to their sign and name in StreamingMetrics."""
        n_labels = len(self._label_names)
        probe = self._metrics().update(np.ones((1, n_labels)), np.full((1, n_labels), 0.5))
        losses = {"hamming_loss", "log_loss", "brier_score"}
        scores = {
            name
            for name, value in probe.compute().items()
            if isinstance(value, float) and not name.endswith("_error")
        } - {"total_weight", *losses}
        return {name: (1, name) for name in scores} | {f"neg_{n}": (-1, n) for n in losses}

    def evaluate(self) -> dict[str, float]:
        """Compute "validation_loss" and "validation_<name>" of each score; greater is better."""
        metrics = self._metrics()
        gathered: list[tuple[FloatArray, sp.csr_array]] = []
        loss, n_samples, n_rows = 0.0, 0, 0

        def counted_rows() -> Iterator[Row]:
            nonlocal n_rows
            for row in self._file.rows(self._label_names).rows:
                n_rows += 1
                yield row

        size = max(1, min(_ROWS_AT_A_TIME, _CELLS_AT_A_TIME // len(self._label_names)))
        for texts, indicator in read_parts(counted_rows(), self._label_names, size):
            logits = self._logits(texts)
            dense = indicator.toarray()
            ones = np.ones(len(texts), np.float32)
            value = self._loss(dense.astype(np.float32), logits.astype(np.float32), ones)
            loss, n_samples = loss + float(value) * len(texts), n_samples + len(texts)
            logits = np.where(np.isnan(self._constants), logits, self._constants)
            if self._streamed:
                metrics.update(with_nan(dense), expit(logits))
            if self._gathered:
                gathered.append((logits, indicator))
        if not n_rows:
            raise DataFileError(f"{name_of(self._file.path)}:1: no row could be read")
        warn_of_unlabeled(name_of(self._file.path), n_rows, n_samples)
        found = {"validation_loss": loss / n_samples}
        if self._streamed:
            computed = metrics.compute()
            for name, (sign, key) in self._streamed.items():
                found[f"validation_{name}"] = sign * computed[key]
        if self._gathered:
            found |= self._score_gathered(gathered)
        return {k: found[k] for k in ["validation_loss", *(f"validation_{n}" for n in self._names)]}

    def _score_gathered(
        self, gathered: Sequence[tuple[FloatArray, sp.csr_array]]
    ) -> dict[str, float]:
        logits = np.concatenate([part for part, _ in gathered])
        indicator = sp.vstack([part for _, part in gathered], format="csr")
        return Validation(
            lambda: logits, indicator, self._space, self._thresholds, self._gathered
        ).evaluate()
