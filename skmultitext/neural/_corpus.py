"""Training texts in memory and in files: counts, batches, and validation on a file."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from scipy.special import expit

from .._gate.samples import TrainingData, dense_rows, with_nan
from .._gate.types import UNKNOWN, FloatArray
from .._runtime.messages import warn_caller
from .._runtime.optional import require
from ..datasets._data_file import DataFile
from ..datasets._lines import DataSource, name_of
from ..datasets._rows import Row
from ..exceptions import DataFileError, UnknownLabelWarning
from ..metrics import StreamingMetrics, get_scorer
from ..sequences import Tokenizer, WordIds, count_words, length_batches
from ..training._checkpoints import describe, file_digest
from ..training._job import Batch
from ..training._scores import Validation, held_out_validation, name_monitors

__all__ = [
    "Batches",
    "Encode",
    "FileCorpus",
    "StreamedValidation",
    "TextCorpus",
    "make_validation",
    "open_files",
    "padded_batches",
    "prefetch",
    "with_long_document_warning",
]

# Maximum number of words of a batch, padding included (64 documents of 1024 words), so that
# batches of long documents fit into memory.
_MOST_WORDS = 2**16

# number of words of a document, padding included, above which a step takes seconds
_LONG = 2**14

_ROWS_AT_A_TIME = 8192
_CELLS_AT_A_TIME = 2**26  # of a dense indicator

Encode: TypeAlias = Callable[[list[str]], WordIds]
Batches: TypeAlias = Callable[[int], Iterable[Batch]]


class TextCorpus:
    """Texts, their indicator of 0 and 1, and their weights."""

    def __init__(
        self, texts: list[str], indicator: Any, sample_weight: FloatArray | None = None
    ) -> None:
        self.texts = texts
        self.indicator = indicator.tocsr() if sp.issparse(indicator) else indicator
        self.sample_weight = sample_weight
        self.n_samples = len(texts)

    def count_words(self, tokenizer: Tokenizer) -> Counter[str]:
        """Count the words, see `sequences.count_words`."""
        return count_words(self.texts, tokenizer)

    def batches(self, encode: Encode, batch_size: int) -> Batches:
        """Make the function of batches that a `Job` takes."""
        word_ids = encode(self.texts)

        def batches(seed: int) -> Iterator[Batch]:
            rng = np.random.RandomState(seed)
            return padded_batches(word_ids, self.indicator, self.sample_weight, batch_size, rng)

        return batches


def open_files(
    text_path: DataSource,
    labels_path: DataSource | None,
    validation: DataSource | Sequence[DataSource] | None,
    format: str,
    reader_options: Mapping[str, Any] | None,
) -> tuple[DataFile, DataFile | None]:
    """Open the files to train on and those to validate on, which are of one format."""
    options = dict(reader_options or {})
    data_file = DataFile(text_path, labels_path, format, options)
    if validation is None:
        return data_file, None
    if isinstance(validation, str | bytes | os.PathLike) or hasattr(validation, "read"):
        return data_file, DataFile(validation, None, format, options)
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise ValueError(
            f"validation is {validation!r}; pass a path, or a tuple (text_path, labels_path)."
        )
    held_texts, held_labels = validation
    return data_file, DataFile(held_texts, held_labels, format, options)


class FileCorpus:
    """Texts and labels of a data file; the constructor reads it once, for its labels and words."""

    def __init__(
        self,
        data_file: DataFile,
        tokenizer: Tokenizer,
        shuffle_buffer: Any,
        label_names: list[str] | None = None,
    ) -> None:
        is_int = isinstance(shuffle_buffer, Integral) and not isinstance(shuffle_buffer, bool)
        if not is_int or shuffle_buffer < 1:
            raise ValueError(f"shuffle_buffer is {shuffle_buffer!r}; pass an int of at least 1.")
        self._file = data_file
        self._buffer = int(shuffle_buffer)
        path = name_of(data_file.path)
        names, rows, skipped = data_file.rows(label_names)
        if names is None and skipped.keep_unknown:
            # all names must be known, to see whether a row has a known label
            found = {name for row in rows for name in (*row.labels, *(row.unknown or ()))}
            names, rows, skipped = data_file.rows(sorted(found) or None)
        n_rows = n_samples = 0
        words: Counter[str] = Counter()
        labels: Counter[str] = Counter()
        unknown: Counter[str] = Counter()
        for row in rows:
            n_rows += 1
            if row.unknown != ():
                if not _has_known(row, names):
                    continue
                unknown.update(row.unknown or ())
            n_samples += 1
            labels.update(set(row.labels))
            words.update(chain.from_iterable(tokenizer.split(row.text)))
        if not n_rows:
            raise DataFileError(f"{path}:1: no row could be read")
        skipped.warn(path)
        warn_of_unlabeled(path, n_rows, n_samples)
        self._words: Counter[str] | None = words
        self.n_samples = n_samples
        # in the order of the file or as given, otherwise sorted
        self.label_names = sorted(labels) if names is None else list(names)
        if not self.label_names:
            raise DataFileError(f"{path}:1: no row has a label")
        n_positives = np.array([labels[name] for name in self.label_names])
        n_unknown = np.array([unknown[name] for name in self.label_names])
        self.counts = n_samples, n_samples - n_unknown, n_positives

    def describe(self, held: DataFile | None) -> dict[str, Any]:
        """Describe the files, their reader and the shuffling; a training is resumed if equal."""
        return {
            "files": [file_digest(path) for path in self._file.paths],
            "validation": None if held is None else [file_digest(path) for path in held.paths],
            "format": self._file.format,
            "reader_options": describe(self._file.options),
            "shuffle_buffer": self._buffer,
        }

    def count_words(self, tokenizer: Tokenizer) -> Counter[str]:
        """Return the word counts, and free their memory: a fit needs them once."""
        words, self._words = self._words, None
        assert words is not None
        return words

    def batches(self, encode: Encode, batch_size: int) -> Batches:
        """Make the function of batches that a `Job` takes."""

        def batches(seed: int) -> Iterator[Batch]:
            return prefetch(self._epoch(encode, batch_size, np.random.RandomState(seed)))

        return batches

    def _epoch(
        self, encode: Encode, batch_size: int, rng: np.random.RandomState
    ) -> Iterator[Batch]:
        _, rows, _ = self._file.rows(self.label_names)
        # the first part has a random length, so that other documents are shuffled together in
        # every epoch
        size = rng.randint(-(-self._buffer // 2), self._buffer + 1)
        for texts, indicator in read_parts(rows, self.label_names, size, self._buffer):
            yield from padded_batches(encode(texts), indicator, None, batch_size, rng)


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
                f"monitor is {scoring!r}; on validation files it can be {', '.join(streamed)}, a "
                f"name of skmultitext.metrics.SCORERS, or a scorer."
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


def make_validation(
    data: TrainingData,
    logits: Callable[[WordIds], FloatArray],
    encode: Encode,
    monitor: Any,
    loss: Callable[..., Any],
) -> Validation | StreamedValidation | None:
    """Score the held-out texts, in memory or in files; None if there are none."""
    held = data.options["held"]
    if held is None:
        return None
    if isinstance(held, DataFile):
        return StreamedValidation(held, lambda texts: logits(encode(texts)), data, monitor, loss)
    word_ids = encode(held[0])
    return held_out_validation(data, lambda: logits(word_ids), monitor, loss)


def read_parts(
    rows: Iterable[Row], label_names: Sequence[str], first_size: int, size: int | None = None
) -> Iterator[tuple[list[str], sp.csr_array]]:
    """Yield the texts and the indicator of `first_size` rows, then of `size` rows at a time.

    Rows without a known label are left out.
    """
    rows = (row for row in rows if row.unknown == () or _has_known(row, label_names))
    column = {name: j for j, name in enumerate(label_names)}
    part = list(islice(rows, first_size))
    while part:
        columns = [sorted({column[name] for name in row.labels}) for row in part]
        ends = np.cumsum([0, *map(len, columns)])
        flat = np.fromiter(chain.from_iterable(columns), dtype=np.int64, count=ends[-1])
        ones = np.ones(len(flat), dtype=np.int8)
        shape = (len(part), len(label_names))
        indicator = sp.csr_array((ones, flat, ends), shape=shape)
        unknown = [(i, column[name]) for i, row in enumerate(part) for name in row.unknown or ()]
        if unknown:
            values = np.full(len(unknown), UNKNOWN, dtype=np.int8)
            places = np.array(unknown).T
            indicator = indicator + sp.csr_array((values, tuple(places)), shape=shape)
        yield [row.text for row in part], indicator
        part = list(islice(rows, size or first_size))


def _has_known(row: Row, label_names: Sequence[str] | None) -> bool:
    """Whether a label of the row is known."""
    return row.unknown is not None and len(row.unknown) < len(label_names or ())


def warn_of_unlabeled(path: str, n_rows: int, n_samples: int) -> None:
    """Warn of rows without a known label, or raise if there is no other."""
    if not n_samples:
        raise DataFileError(
            f"{path}:1: no label of any of the {n_rows} rows is known; add rows with known labels"
        )
    if n_samples < n_rows:
        warn_caller(
            f"{path}: {n_rows - n_samples} of {n_rows} documents have no known label and are left "
            f"out.",
            UnknownLabelWarning,
        )


def prefetch(batches: Iterator[Batch], n_ahead: int = 4) -> Iterator[Batch]:
    """Pass batches through `tf.data`, which makes the next ones while one is in use.

    Shapes may vary from batch to batch. An error in `batches` is raised unchanged, after the
    batches before it.
    """
    tf = require("tensorflow", "fit_files")
    first = next(batches, None)
    if first is None:
        return
    failed: list[Exception] = []

    def arrays() -> Iterator[tuple[Any, Any]]:
        try:
            for inputs, indicator, _ in chain([first], batches):
                yield inputs, indicator
        except Exception as error:
            failed.append(error)
            raise

    signature = tuple(tf.TensorSpec([None] * part.ndim, part.dtype) for part in first[:2])
    dataset = tf.data.Dataset.from_generator(arrays, output_signature=signature)
    try:
        for inputs, indicator in dataset.prefetch(n_ahead).as_numpy_iterator():
            yield inputs, indicator, None
    except tf.errors.OpError:
        if failed:  # raise the original error, not TensorFlow's
            raise failed[0] from None
        raise


def padded_batches(
    word_ids: WordIds,
    indicator: Any,
    sample_weight: FloatArray | None,
    batch_size: int,
    rng: np.random.RandomState,
) -> Iterator[Batch]:
    """Yield batches of documents of similar length in random order."""
    batches = length_batches(word_ids.lengths, batch_size, rng=rng, token_budget=_MOST_WORDS)
    for rows in batches:
        weight = None if sample_weight is None else sample_weight[rows]
        yield word_ids.padded(rows), dense_rows(indicator, rows), weight


def with_long_document_warning(
    encode_texts: Callable[..., WordIds], reading: dict[str, Any]
) -> Encode:
    """Make the function that reads texts; it warns once of a very long document.

    It warns only if a limit in `reading` is None; a limit that the user has set is respected.
    """
    open_limits = ["max_words"] if reading["max_words"] is None else []
    if reading["by_sentence"] and reading["max_sentences"] is None:
        open_limits.append("max_sentences")
    warned = not open_limits

    def encode_and_warn(texts: list[str]) -> WordIds:
        nonlocal warned
        word_ids = encode_texts(texts, **reading)
        sizes = word_ids.shapes.prod(axis=1)
        if not warned and len(sizes) and sizes.max() > _LONG:
            warned = True
            longest = int(sizes.argmax())
            lengths = np.atleast_2d(word_ids.lengths.T).T[longest].tolist()
            size = " sentences of up to ".join(f"{length:,}" for length in lengths)
            warn_caller(
                f"A document of {size} words (it begins {texts[longest][:40]!r}) is not truncated, "
                f"because {' and '.join(f'{name}=None' for name in open_limits)}: a step with it "
                f"takes time and memory in proportion. Set {' and '.join(open_limits)}, for "
                f"instance to the default, or shorten the document.",
            )
        return word_ids

    return encode_and_warn
