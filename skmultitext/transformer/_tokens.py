"""Tokenise texts once, keep the token ids in flat arrays, and pad them batch by batch."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .._gate.samples import dense_rows
from .._gate.types import AnyArray, FloatArray, IntArray
from .._runtime.messages import disk_error, warn_caller
from ..sequences import length_batches
from ..training._job import Batch

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = [
    "TokenReader",
    "TokenizedTexts",
    "check_max_length",
    "make_batches",
    "warn_if_long",
]

# texts per call of the tokenizer, whose own objects need much more memory than the ids
_CHUNK = 512
# number of tokens of a text above which a step takes seconds, and gigabytes of memory
_LONG = 2**14


@dataclass(frozen=True)
class TokenizedTexts:
    """Token ids of texts; a text has one row, or one row per window."""

    ids: IntArray  # int32, all rows concatenated
    type_ids: AnyArray | None  # uint8, token type (segment) ids; None if all are 0
    row_starts: IntArray  # int64, (n_rows + 1,): where each row starts in `ids`, then the end
    text_starts: IntArray  # int64, (n_texts + 1,): first row of each text, then the end
    padding: tuple[int, int, str]  # id, token type and side ("left" or "right") of padding
    has_types: bool  # whether the model takes token_type_ids
    folder: Path | None = None  # of the arrays if they are on disk

    @property
    def n_texts(self) -> int:
        """Number of texts."""
        return len(self.text_starts) - 1

    @property
    def row_lengths(self) -> IntArray:
        """Number of tokens of each row, (n_rows,)."""
        return np.diff(self.row_starts)

    @property
    def lengths(self) -> IntArray:
        """Number of rows of each text and length of its longest, (n_texts, 2)."""
        longest = np.maximum.reduceat(self.row_lengths, self.text_starts[:-1])
        return np.column_stack([np.diff(self.text_starts), longest])

    @property
    def has_windows(self) -> bool:
        """Whether a text has more than one row."""
        return len(self.row_starts) != len(self.text_starts)

    def allocate(self, n_columns: int, dtype: type) -> AnyArray:
        """Make an array with a row per row, on disk if the tokens are, else in memory."""
        shape = len(self.row_starts) - 1, n_columns
        if self.folder is None:
            return np.empty(shape, dtype)
        handle, path = mkstemp(dir=self.folder)
        with os.fdopen(handle, "wb") as file:
            n_bytes = shape[0] * n_columns * np.dtype(dtype).itemsize
            try:
                # reserved now: a write to a map on a full disk would kill the process
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            except AttributeError:  # not on every system
                file.truncate(n_bytes)
            except OSError as error:
                raise disk_error("tokens", self.folder, error) from error
        return np.asarray(np.memmap(path, dtype, "r+", shape=shape))

    def average_windows(self, vectors: FloatArray) -> FloatArray:
        """Average the vectors of rows over the windows of each text, float64."""
        sums = np.add.reduceat(vectors.astype(np.float64), self.text_starts[:-1], axis=0)
        return sums / np.diff(self.text_starts)[:, None]

    def rows_of(self, texts: IntArray) -> tuple[IntArray, IntArray]:
        """Return the rows of the given texts, and for each row the index of its text."""
        starts = self.text_starts[texts]
        counts = self.text_starts[texts + 1] - starts
        owners = np.repeat(np.arange(len(texts)), counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return starts[owners] + offsets, owners

    def padded(self, rows: IntArray, width: int | None = None) -> dict[str, IntArray]:
        """Make the model inputs of rows, padded to `width` or else to the longest row."""
        pad_id, pad_type, side = self.padding
        starts = self.row_starts[rows]
        lengths = self.row_starts[rows + 1] - starts
        width = int(lengths.max()) if width is None else width
        columns = np.arange(width)
        if side == "left":
            mask = columns >= (width - lengths)[:, None]
        else:
            mask = columns < lengths[:, None]
        flat = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        flat += np.arange(len(flat))  # positions in `ids`, in the order of the mask's entries
        inputs = {"input_ids": np.full(mask.shape, pad_id, dtype=np.int64)}
        inputs["input_ids"][mask] = self.ids[flat]
        inputs["attention_mask"] = mask.astype(np.int64)
        if self.has_types:
            types = np.full(mask.shape, pad_type, dtype=np.int64)
            types[mask] = 0 if self.type_ids is None else self.type_ids[flat]
            inputs["token_type_ids"] = types
        return inputs


def make_batches(
    tokens: TokenizedTexts,
    indicator: Any,
    sample_weight: FloatArray | None,
    batch_size: int,
    make_inputs: Callable[[IntArray, IntArray], Any],
    *,
    by_width: bool,
) -> Callable[[int], Iterator[Batch]]:
    """Make the function of a seed that yields the batches of an epoch, for any framework.

    ``make_inputs(rows, owners)`` makes the inputs of a network from rows and the text of each.
    Texts of a batch have about as many rows, and with `by_width` rows of about the same length.
    """
    lengths = tokens.lengths if by_width else tokens.lengths[:, 0]
    labels = indicator.tocsr() if sp.issparse(indicator) else indicator

    def batches(seed: int) -> Iterator[Batch]:
        for texts in length_batches(lengths, batch_size, rng=np.random.RandomState(seed)):
            inputs = make_inputs(*tokens.rows_of(texts))
            weight = None if sample_weight is None else sample_weight[texts].astype(np.float32)
            yield inputs, dense_rows(labels, texts), weight

    return batches


class TokenReader:
    """Reads texts with a tokenizer into `TokenizedTexts`."""

    def __init__(
        self,
        tokenizer: "PreTrainedTokenizerBase",
        max_length: int,
        *,
        long_text: str = "truncate",
        window_stride: int = 0,
        lowercase: bool = False,
        truncation_side: str = "right",
    ) -> None:
        room = max_length - tokenizer.num_special_tokens_to_add()
        if room < 1:
            raise ValueError(
                f"max_length is {max_length}, but this tokenizer adds "
                f"{max_length - room} special tokens to each text, so no room is left for the "
                f"text. Set a greater max_length."
            )
        if long_text == "window" and window_stride >= room:
            raise ValueError(
                f"window_stride is {window_stride}, but a window holds {room} tokens of text; "
                f"pass at most {room - 1}."
            )
        if long_text == "window" and not tokenizer.is_fast:
            raise ValueError(
                f"long_text='window' needs a fast tokenizer (of the library tokenizers), and "
                f"{type(tokenizer).__name__} is not one. Set long_text='truncate' in text_params."
            )
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.long_text = long_text
        self.window_stride = window_stride
        self.lowercase = lowercase
        self.truncation_side = truncation_side
        self._lock = threading.Lock()  # fast tokenizers are not thread-safe

    def encode(self, texts: list[str]) -> TokenizedTexts:
        """Tokenise texts."""
        ids, lengths, n_rows = [], [], []
        types: list[Any] = []  # arrays, or None without token types
        with self._lock:
            self.tokenizer.truncation_side = self.truncation_side
            for start in range(0, len(texts), _CHUNK):
                chunk = [self._clean(text) for text in texts[start : start + _CHUNK]]
                rows, segments, owners = self._tokenise(chunk)
                n_rows.append(np.bincount(owners, minlength=len(chunk)))
                lengths.append(np.array([len(row) for row in rows], dtype=np.int64))
                ids.append(_flat(rows, np.int32))
                types.append(None if segments is None else _flat(segments, np.uint8))
        tokenizer = self.tokenizer
        has_types = "token_type_ids" in tokenizer.model_input_names
        type_ids = np.concatenate(types) if has_types and types[0] is not None else None
        return TokenizedTexts(
            np.concatenate(ids),
            type_ids if type_ids is not None and type_ids.any() else None,
            _starts(np.concatenate(lengths)),
            _starts(np.concatenate(n_rows)),
            (tokenizer.pad_token_id, tokenizer.pad_token_type_id, tokenizer.padding_side),
            has_types,
        )

    def _clean(self, text: str) -> str:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                # joins surrogate pairs, and replaces lone surrogates
                text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text.lower() if self.lowercase else text

    def _tokenise(
        self, texts: list[str]
    ) -> tuple[list[list[int]], list[list[int]] | None, IntArray]:
        """Return the rows of ids, their token types or None, and the index of each row's text."""
        options = {"truncation": True, "max_length": self.max_length}
        if self.long_text == "window":
            options.update(return_overflowing_tokens=True, stride=self.window_stride)
        found = self.tokenizer(texts, return_attention_mask=False, **options)
        owners = found.get("overflow_to_sample_mapping", range(len(texts)))
        rows, segments = found["input_ids"], found.get("token_type_ids")
        if not all(rows):
            # without special tokens, an empty text has no tokens: give it one of padding
            rows = [row or [self.tokenizer.pad_token_id] for row in rows]
            segments = None if segments is None else [row or [0] for row in segments]
        return rows, segments, np.fromiter(owners, dtype=np.int64, count=len(rows))


def check_max_length(max_length: int, limit: int | None) -> None:
    """Refuse a `max_length` above the number of positions of a network; None sets no limit."""
    if limit is not None and max_length > limit:
        raise ValueError(
            f"max_length is {max_length}, but this model has positions for {limit} tokens. Set "
            f"max_length to at most {limit}; long_text='window' in text_params "
            f"reads longer documents whole."
        )


def warn_if_long(lengths: IntArray) -> None:
    """Warn of a text with so many windows that a step is slow; see `TokenizedTexts.lengths`."""
    sizes = lengths.prod(axis=1)
    if sizes.max() > _LONG:
        n_windows, n_tokens = lengths[sizes.argmax()].tolist()
        warn_caller(
            f"A text is read in {n_windows:,} windows of up to {n_tokens:,} tokens, all in one "
            f"step, which takes time and memory in proportion. Shorten such texts, or set "
            f"long_text='truncate' in text_params.",
        )


def _flat(rows: list[list[int]], dtype: type) -> AnyArray:
    return np.concatenate([np.asarray(row, dtype=dtype) for row in rows])


def _starts(counts: IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
