"""`predict_files`, a method of text taggers: predictions from file to file."""

import csv
import json
import os
import secrets
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._gate.decision import decide
from .._gate.parameters import check_choice
from .._gate.types import AnyArray, FloatArray
from .._runtime.threads import snapshot
from ..datasets._lines import MAX_LINE_BYTES, DataSource, LineReader, file_error, strip_line_end

__all__ = ["plain_cell", "predict_files"]

_TEXTS_AT_A_TIME = 4096

# writes texts, their probabilities and their decisions
_Write: TypeAlias = Callable[[list[str], FloatArray, AnyArray], None]


def predict_files(
    self: Any,
    text_path: DataSource,
    output_path: str | os.PathLike[str],
    *,
    output: str = "onehot",
    encoding: str = "utf-8",
    max_line_bytes: int = MAX_LINE_BYTES,
) -> int:
    """Predict the labels of a file of texts, and write them to a file in the same pass.

    Parameters
    ----------
    text_path : str, os.PathLike or file object
        File with one document per line, plain or gzip. An open file stays open.
    output_path : str or os.PathLike
        File to write, in UTF-8; an error leaves it unchanged.
    output : {"onehot", "jsonl", "proba"}, default="onehot"
        "onehot": a line such as ``1,0,1`` per document. "jsonl": an object with "text" and
        "labels", the label names. "proba": a CSV file of probabilities with label names in
        its header, preceded by ``'`` if a spreadsheet would read a name as a formula.
    encoding : str, default="utf-8"
        Encoding of the texts, such as "utf-16" or "cp1252".
    max_line_bytes : int, default=2**26
        Maximum length of a line in bytes (in characters, if an open file reads text), at
        least 1; a longer one is an error.

    Returns
    -------
    int
        Number of documents.

    Raises
    ------
    DataFileError
        If a line is too long or not in the encoding, or the file is damaged; the message
        starts with ``file:line:``.
    ValueError
        If `output` or `encoding` is not known.
    NotFittedError
        If the tagger is not fitted.
    """
    state = snapshot(self)
    check_is_fitted(state)
    check_choice("output", output, _WRITERS)
    lines = LineReader(text_path, encoding, max_line_bytes)
    output_path, n_texts = Path(output_path), 0
    # a random name and mode "x", so that no other file is overwritten or removed
    part = output_path.with_name(f".{output_path.name}.{secrets.token_hex(6)}.part")
    try:
        with open(part, "x", encoding="utf-8", newline="") as stream:
            write = _WRITERS[output](stream, state.label_names_.tolist())
            for texts in _texts(lines):
                proba = state._proba(texts)
                write(texts, proba, decide(proba, state.thresholds_))
                n_texts += len(texts)
        os.replace(part, output_path)
    finally:
        part.unlink(missing_ok=True)
    return n_texts


def _texts(lines: LineReader) -> Iterator[list[str]]:
    """Yield lists of the lines of a file."""
    decoded = _decoded(lines)
    while texts := list(islice(decoded, _TEXTS_AT_A_TIME)):
        yield texts


def _decoded(lines: LineReader) -> Iterator[str]:
    for line in lines:
        if problem := lines.take_problem():
            raise file_error(lines.path, lines.number, problem)
        yield strip_line_end(line)


_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # spreadsheets evaluate cells that begin with these
# some readers end a line at these characters
_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def plain_cell(value: Any) -> Any:
    """Precede a str by ``'`` if a spreadsheet would read it as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _onehot_writer(stream: TextIO, label_names: list[str]) -> _Write:
    def write(texts: list[str], proba: FloatArray, decisions: AnyArray) -> None:
        np.savetxt(stream, decisions, fmt="%d", delimiter=",")

    return write


def _jsonl_writer(stream: TextIO, label_names: list[str]) -> _Write:
    names = np.array(label_names, dtype=object)

    def write(texts: list[str], proba: FloatArray, decisions: AnyArray) -> None:
        for text, given in zip(texts, decisions, strict=True):
            record = {"text": text, "labels": names[given].tolist()}
            line = json.dumps(record, ensure_ascii=False)
            stream.write(line.translate(_LINE_ENDS) + "\n")

    return write


def _proba_writer(stream: TextIO, label_names: list[str]) -> _Write:
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(map(plain_cell, label_names))

    def write(texts: list[str], proba: FloatArray, decisions: AnyArray) -> None:
        table.writerows(proba.tolist())

    return write


_WRITERS: dict[str, Callable[[TextIO, list[str]], _Write]] = {
    "onehot": _onehot_writer,
    "jsonl": _jsonl_writer,
    "proba": _proba_writer,
}
