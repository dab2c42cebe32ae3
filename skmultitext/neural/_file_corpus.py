"""Training texts in files, read as they are needed: memory does not grow with the corpus."""

from collections import Counter
from itertools import chain, islice

import numpy as np
import scipy.sparse as sp
from scipy.special import expit

from .._optional import require
from ..exceptions import DataFileError
from ..metrics import StreamingMetrics
from ._corpus import padded_batches

__all__ = ["FileCorpus", "StreamedValidation", "prefetch"]

_ROWS_AT_A_TIME = 8192


class FileCorpus:
    """Texts and labels of a data file.

    Making it reads the file once, for its labels and its words.

    Parameters
    ----------
    data_file : DataFile
        The file.
    tokenizer : Tokenizer
        What splits the texts into words.
    shuffle_buffer : int
        Documents that are shuffled at a time.

    Attributes
    ----------
    label_names : list of str
        The labels: in the order of the format or as given, else sorted.
    n_samples : int
        Number of documents.
    indicator : csc_array of shape (n_samples, n_labels), dtype int8
        A stand-in for the labels: as many positives of each as in the file, in other rows.
    """

    sample_weight = None

    def __init__(self, data_file, tokenizer, shuffle_buffer):
        self._file = data_file
        self._buffer = shuffle_buffer
        names, rows, skipped = data_file.rows()
        n_samples, words, labels = 0, Counter(), Counter()
        for row in rows:
            n_samples += 1
            labels.update(set(row.labels))
            words.update(chain.from_iterable(tokenizer.split(row.text)))
        if not n_samples:
            raise DataFileError(f"{data_file.path}:1: no row could be read")
        skipped.warn(data_file.path)
        self._words = words
        self.n_samples = n_samples
        self.label_names = sorted(labels) if names is None else list(names)
        if not self.label_names:
            raise DataFileError(f"{data_file.path}:1: no row has a label")
        self._positives = np.array([labels[name] for name in self.label_names])
        self.indicator = _stand_in(n_samples, self._positives)

    def count_words(self, tokenizer):
        """Hand out the words counted, once: they are not needed after that."""
        words, self._words = self._words, None
        return words

    def count_labels(self):
        """Count the documents, and those that have each label."""
        return self.n_samples, self._positives

    def batches(self, encode, batch_size):
        """Make the function of batches that `train` takes; parameters as of `TextCorpus`."""

        def batches(seed):
            return prefetch(self._epoch(encode, batch_size, np.random.RandomState(seed)))

        return batches

    def _epoch(self, encode, batch_size, rng):
        _, rows, _ = self._file.rows(self.label_names)
        # a first part of another length each time: other documents meet in every epoch
        size = rng.randint(-(-self._buffer // 2), self._buffer + 1)
        for texts, indicator in read_parts(rows, self.label_names, size, self._buffer):
            yield from padded_batches(encode(texts), indicator, None, batch_size, rng)


class StreamedValidation:
    """Validation on a data file, which is read anew for each score.

    Parameters
    ----------
    data_file : DataFile
        The file.
    logits : callable
        ``logits(texts)`` -> ndarray of shape (n_texts, n_labels), dtype float64.
    label_names : list of str
        The labels.
    thresholds : ndarray of shape (n_labels,), dtype float64
        The thresholds of scores of decisions.
    monitor : str
        A score of `StreamingMetrics`, or ``neg_`` and the name of one of its losses.
    """

    def __init__(self, data_file, logits, label_names, thresholds, monitor):
        self._file = data_file
        self._logits = logits
        self._label_names = label_names
        self._thresholds = thresholds
        self.name = monitor
        self._sign, self._key = (-1, monitor[4:]) if str(monitor)[:4] == "neg_" else (1, monitor)
        self._check_monitor()

    def _metrics(self):
        return StreamingMetrics(len(self._label_names), threshold=self._thresholds, absent="zero")

    def _check_monitor(self):
        n_labels = len(self._label_names)
        probe = self._metrics().update(np.ones((1, n_labels)), np.full((1, n_labels), 0.5))
        losses = {"hamming_loss", "log_loss", "brier"}
        scores = {
            name
            for name, value in probe.compute().items()
            if isinstance(value, float) and not name.endswith("_error")
        } - {"total_weight", *losses}
        legal = sorted(scores | {f"neg_{name}" for name in losses})
        if self.name not in legal:
            raise ValueError(
                f"monitor is {self.name!r}; on validation files it can be {', '.join(legal)}."
            )

    def score(self):
        """Score the network as it is now; greater is better."""
        metrics = self._metrics()
        _, rows, _ = self._file.rows(self._label_names)
        for texts, indicator in read_parts(rows, self._label_names, _ROWS_AT_A_TIME):
            metrics.update(indicator.toarray(), expit(self._logits(texts)))
        return self._sign * metrics.compute()[self._key]


def read_parts(rows, label_names, first_size, size=None):
    """Yield rows in parts: a list of texts, and a CSR indicator of their labels.

    Parameters
    ----------
    rows : iterator of Row
        The rows.
    label_names : list of str
        The columns of the indicator.
    first_size : int
        Rows of the first part.
    size : int, default=None
        Rows of the others; None is the same.

    Yields
    ------
    tuple of (list of str, csr_array of shape (n_texts, n_labels), dtype int8)
    """
    column = {name: j for j, name in enumerate(label_names)}
    part = list(islice(rows, first_size))
    while part:
        columns = [sorted({column[name] for name in row.labels}) for row in part]
        ends = np.cumsum([0, *map(len, columns)])
        flat = np.fromiter(chain.from_iterable(columns), dtype=np.int64, count=ends[-1])
        ones = np.ones(len(flat), dtype=np.int8)
        shape = (len(part), len(label_names))
        yield [row.text for row in part], sp.csr_array((ones, flat, ends), shape=shape)
        part = list(islice(rows, size or first_size))


def prefetch(batches, n_ahead=4):
    """Pass batches through `tf.data`, which makes the next ones while one is in use.

    Parameters
    ----------
    batches : iterator of tuple of (ndarray, ndarray, None)
        Word ids and labels; their shapes may change from batch to batch, their dimensions and
        dtypes may not. An error raised here comes out as it is, at its place.
    n_ahead : int, default=4
        Most batches that wait.

    Yields
    ------
    tuple of (ndarray, ndarray, None)
        The batches in order.
    """
    tf = require("tensorflow", "fit_files")
    first = next(batches, None)
    if first is None:
        return
    failed = []

    def arrays():
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
        if failed:  # say what went wrong in the file, not where TensorFlow met it
            raise failed[0] from None
        raise


def _stand_in(n_samples, positives):
    """Make an indicator with these numbers of positives; which rows they stand in is made up."""
    rows = np.concatenate([np.arange(count) for count in positives])
    ends = np.concatenate([[0], np.cumsum(positives)])
    ones = np.ones(len(rows), dtype=np.int8)
    return sp.csc_array((ones, rows, ends), shape=(n_samples, len(positives)))
