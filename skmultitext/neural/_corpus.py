"""Training texts in memory and in files: words, batches, and validation."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp

from .._gate.parameters import check_int
from .._gate.samples import TrainingData, dense_rows
from .._gate.types import FloatArray
from .._runtime.messages import warn_caller
from .._runtime.optional import require
from ..datasets._data_file import DataFile
from ..datasets._training_files import count_labels, describe_files, read_parts
from ..sequences import Tokenizer, WordIds, count_words, length_batches
from ..training._job import Batch
from ..training._scores import Validation, held_out_validation
from ..training._streamed_validation import StreamedValidation

__all__ = [
    "Batches",
    "Encode",
    "FileCorpus",
    "TextCorpus",
    "make_validation",
    "padded_batches",
    "prefetch",
    "with_long_document_warning",
]

# Maximum number of words of a batch, padding included (64 documents of 1024 words), so that
# batches of long documents fit into memory.
_MOST_WORDS = 2**16

# number of words of a document, padding included, above which a step takes seconds
_LONG = 2**14

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


class FileCorpus:
    """Texts and labels of a data file; the constructor reads it once, for its labels and words."""

    def __init__(
        self,
        data_file: DataFile,
        tokenizer: Tokenizer,
        shuffle_buffer: Any,
        label_names: list[str] | None = None,
    ) -> None:
        self._file = data_file
        self._buffer = check_int("shuffle_buffer", shuffle_buffer)
        words: Counter[str] = Counter()

        def count(text: str) -> None:
            words.update(chain.from_iterable(tokenizer.split(text)))

        self.labels = count_labels(data_file, label_names, count)
        self._words: Counter[str] | None = words

    @property
    def n_samples(self) -> int:
        """Number of documents with a known label."""
        return self.labels.n_samples

    def describe(self, held: DataFile | None) -> dict[str, Any]:
        """Describe the files, their reader and the shuffling; a training is resumed if equal."""
        return {**describe_files(self._file, held), "shuffle_buffer": self._buffer}

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
        _, rows, _ = self._file.rows(self.labels.label_names)
        # the first part has a random length, so that other documents are shuffled together in
        # every epoch
        size = rng.randint(-(-self._buffer // 2), self._buffer + 1)
        for texts, indicator in read_parts(rows, self.labels.label_names, size, self._buffer):
            yield from padded_batches(encode(texts), indicator, None, batch_size, rng)


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
