"""Texts as token ids: tokenised once, kept in flat arrays, padded batch by batch."""

import threading
from dataclasses import dataclass

import numpy as np

__all__ = ["TokenReader", "TokenizedTexts", "prepare_tokenizer"]

# texts given to the tokenizer at a time: its own objects take many times the room of the ids
_CHUNK = 512


def prepare_tokenizer(tokenizer, additional_special_tokens=()):
    """Add special tokens, and a padding token where there is none.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        The tokenizer; it is changed.
    additional_special_tokens : sequence of str, default=()
        Tokens that are never split.

    Returns
    -------
    transformers.PreTrainedTokenizerBase
        The same.
    """
    if additional_special_tokens:
        tokenizer.add_special_tokens(
            {"additional_special_tokens": list(additional_special_tokens)},
            replace_extra_special_tokens=False,
        )
    if tokenizer.pad_token_id is None:
        # padding is masked, so any token serves
        stand_in = tokenizer.eos_token or tokenizer.sep_token or tokenizer.unk_token
        tokenizer.add_special_tokens({"pad_token": stand_in or "[PAD]"})
    return tokenizer


@dataclass(frozen=True)
class TokenizedTexts:
    """Token ids of texts; a text has one row, or one per window.

    Parameters
    ----------
    ids : ndarray of shape (n_tokens,), dtype int32
        The ids of all rows, one behind the other.
    type_ids : ndarray of shape (n_tokens,), dtype uint8, or None
        Their segments; None where all are 0.
    row_starts : ndarray of shape (n_rows + 1,), dtype int64
        Where each row starts in `ids`.
    text_starts : ndarray of shape (n_texts + 1,), dtype int64
        The first row of each text.
    padding : tuple of (int, int, str)
        Padding id and segment, and the side "left" or "right".
    has_types : bool
        Whether the model takes segments.
    """

    ids: np.ndarray
    type_ids: np.ndarray | None
    row_starts: np.ndarray
    text_starts: np.ndarray
    padding: tuple
    has_types: bool

    @property
    def n_texts(self):
        """Number of texts, int."""
        return len(self.text_starts) - 1

    @property
    def row_lengths(self):
        """Tokens of each row, ndarray of shape (n_rows,), dtype int64."""
        return np.diff(self.row_starts)

    @property
    def lengths(self):
        """Rows and longest row of each text, ndarray of shape (n_texts, 2), dtype int64."""
        longest = np.maximum.reduceat(self.row_lengths, self.text_starts[:-1])
        return np.column_stack([np.diff(self.text_starts), longest])

    def rows_of(self, texts):
        """Find the rows of texts.

        Parameters
        ----------
        texts : ndarray of shape (n,), dtype int64
            Positions of texts.

        Returns
        -------
        rows : ndarray of shape (n_rows,), dtype int64
            Their rows, text by text.
        owners : ndarray of shape (n_rows,), dtype int64
            Position of each row's text within `texts`.
        """
        starts, counts = self.text_starts[texts], np.diff(self.text_starts)[texts]
        owners = np.repeat(np.arange(len(texts)), counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return starts[owners] + offsets, owners

    def padded(self, rows, width=None):
        """Pad rows to the longest of them.

        Parameters
        ----------
        rows : ndarray of shape (n,), dtype int64
            The rows.
        width : int or None, default=None
            Pad to this width; None to the longest of the rows.

        Returns
        -------
        dict of {str: ndarray of shape (n, width), dtype int64}
            "input_ids", "attention_mask", and "token_type_ids" where the model takes them.
        """
        pad_id, pad_type, side = self.padding
        lengths = self.row_lengths[rows]
        width = int(lengths.max()) if width is None else width
        columns = np.arange(width)
        if side == "left":
            mask = columns >= (width - lengths)[:, None]
        else:
            mask = columns < lengths[:, None]
        flat = np.repeat(self.row_starts[rows] - np.cumsum(lengths) + lengths, lengths)
        flat += np.arange(len(flat))  # positions in `ids`, row by row, as the mask has them
        inputs = {"input_ids": np.full(mask.shape, pad_id, dtype=np.int64)}
        inputs["input_ids"][mask] = self.ids[flat]
        inputs["attention_mask"] = mask.astype(np.int64)
        if self.has_types:
            types = np.full(mask.shape, pad_type, dtype=np.int64)
            types[mask] = 0 if self.type_ids is None else self.type_ids[flat]
            inputs["token_type_ids"] = types
        return inputs


class TokenReader:
    """Reads texts with a tokenizer into `TokenizedTexts`.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        A tokenizer that has been prepared.
    max_length : int
        Most tokens of a row, special ones included.
    long_text : {"truncate", "window"}, default="truncate"
        What becomes of a longer text: it is cut off, or gets several rows.
    window_stride : int, default=0
        Tokens that two windows share.
    lowercase : bool, default=False
        Lower the case of the texts first.
    truncation_side : {"right", "left"}, default="right"
        Where a longer text is cut off.

    Raises
    ------
    ValueError
        If `max_length` has no room for text, windows leave no new token, or the tokenizer has
        no windows.
    """

    def __init__(
        self,
        tokenizer,
        max_length,
        *,
        long_text="truncate",
        window_stride=0,
        lowercase=False,
        truncation_side="right",
    ):
        room = max_length - tokenizer.num_special_tokens_to_add()
        if room < 1:
            raise ValueError(
                f"max_length is {max_length}, but this tokenizer adds "
                f"{max_length - room} special tokens to each text: nothing is left of the text."
            )
        if long_text == "window" and window_stride >= room:
            raise ValueError(
                f"window_stride is {window_stride}, but a window holds {room} tokens of text; "
                f"pass at most {room - 1}."
            )
        if long_text == "window" and not tokenizer.is_fast:
            raise ValueError(
                f"long_text='window' needs a tokenizer of the library tokenizers; "
                f"{type(tokenizer).__name__} is none. Set long_text='truncate'."
            )
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.long_text = long_text
        self.window_stride = window_stride
        self.lowercase = lowercase
        self.truncation_side = truncation_side
        self._lock = threading.Lock()  # a fast tokenizer must not be used by two threads at once

    def encode(self, texts):
        """Tokenise texts.

        Parameters
        ----------
        texts : list of str
            The texts; whatever is no text, such as half a surrogate pair, becomes U+FFFD.

        Returns
        -------
        TokenizedTexts
        """
        ids, types, lengths, n_rows = [], [], [], []
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

    def _clean(self, text):
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                # joins the halves of a pair, and replaces those that are alone
                text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text.lower() if self.lowercase else text

    def _tokenise(self, texts):
        """Rows of ids, their segments or None, and the text that each row belongs to."""
        options = {"truncation": True, "max_length": self.max_length}
        if self.long_text == "window":
            options.update(return_overflowing_tokens=True, stride=self.window_stride)
        found = self.tokenizer(texts, return_attention_mask=False, **options)
        owners = found.get("overflow_to_sample_mapping", range(len(texts)))
        rows, segments = found["input_ids"], found.get("token_type_ids")
        if not all(rows):
            # a tokenizer without special tokens makes nothing of an empty text
            rows = [row or [self.tokenizer.pad_token_id] for row in rows]
            segments = None if segments is None else [row or [0] for row in segments]
        return rows, segments, np.fromiter(owners, dtype=np.int64, count=len(rows))


def _flat(rows, dtype):
    return np.concatenate([np.asarray(row, dtype=dtype) for row in rows])


def _starts(counts):
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
