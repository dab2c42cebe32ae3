"""Files to train and to validate on: opened, their labels counted, read part by part."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.types import UNKNOWN, IntArray
from .._runtime.fingerprints import describe, file_digest
from .._runtime.messages import shown, warn_caller
from ..exceptions import DataFileError, UnknownLabelWarning
from ._data_file import DataFile
from ._lines import DataSource, name_of
from ._rows import Row

__all__ = [
    "FileLabels",
    "count_labels",
    "describe_files",
    "open_files",
    "read_parts",
    "warn_of_unlabeled",
]


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
            f"validation is {shown(validation)}; pass a path, or a tuple (text_path, labels_path)."
        )
    held_texts, held_labels = validation
    return data_file, DataFile(held_texts, held_labels, format, options)


def describe_files(data_file: DataFile, held: DataFile | None) -> dict[str, Any]:
    """Describe the content of the files and their reader; a training is resumed if equal."""
    return {
        "files": [file_digest(path) for path in data_file.paths],
        "validation": None if held is None else [file_digest(path) for path in held.paths],
        "format": data_file.format,
        "reader_options": describe(data_file.options),
    }


@dataclass(frozen=True)
class FileLabels:
    """The labels of a file, counted over its documents with at least one known label."""

    label_names: list[str]
    n_samples: int
    n_known: IntArray  # (n_labels,)
    n_positives: IntArray  # (n_labels,)

    @property
    def counts(self) -> tuple[int, IntArray, IntArray]:
        """What `BaseTagger._training_data` takes."""
        return self.n_samples, self.n_known, self.n_positives


def count_labels(
    data_file: DataFile,
    label_names: list[str] | None = None,
    visit: Callable[[str], object] | None = None,
) -> FileLabels:
    """Read a file once for its labels; `visit` is called with each text that is kept.

    Skipped rows, and rows without a known label, are warned of here, once per fit.
    """
    path = name_of(data_file.path)
    names, rows, skipped = data_file.rows(label_names)
    if names is None and skipped.keep_unknown:
        # all names must be known, to see whether a row has a known label
        found = {name for row in rows for name in (*row.labels, *(row.unknown or ()))}
        names, rows, skipped = data_file.rows(sorted(found) or None)
    n_rows = n_samples = 0
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
        if visit is not None:
            visit(row.text)
    if not n_rows:
        raise DataFileError(f"{path}:1: no row could be read")
    skipped.warn(path)
    warn_of_unlabeled(path, n_rows, n_samples)
    # in the order of the file or as given, otherwise sorted
    names = sorted(labels) if names is None else list(names)
    if not names:
        raise DataFileError(f"{path}:1: no row has a label")
    n_unknown = np.array([unknown[name] for name in names])
    n_positives = np.array([labels[name] for name in names])
    return FileLabels(names, n_samples, n_samples - n_unknown, n_positives)


def read_parts(
    rows: Iterable[Row],
    label_names: Sequence[str],
    first_size: int,
    size: int | None = None,
    *,
    most_letters: float = np.inf,
) -> Iterator[tuple[list[str], sp.csr_array]]:
    """Yield the texts and the indicator of `first_size` rows, then of `size` rows at a time.

    The row that reaches `most_letters` is the last of its part. Rows without a known label are left
    out.
    """
    rows = (row for row in rows if row.unknown == () or _has_known(row, label_names))
    column = {name: j for j, name in enumerate(label_names)}
    part = _take_rows(rows, first_size, most_letters)
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
        part = _take_rows(rows, size or first_size, most_letters)


def _take_rows(rows: Iterator[Row], size: int, most_letters: float) -> list[Row]:
    """Take the next rows, at most `size`, until they have `most_letters`."""
    part, n_letters = [], 0
    for row in islice(rows, size):
        part.append(row)
        n_letters += len(row.text)
        if n_letters >= most_letters:
            break
    return part


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
