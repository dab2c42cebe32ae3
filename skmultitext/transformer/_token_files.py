"""Token ids and labels of a data file, written once and read from disk through memory maps."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.samples import TrainingData
from .._gate.types import AnyArray, IntArray
from .._runtime.messages import disk_error
from ..datasets._data_file import DataFile
from ..datasets._training_files import read_parts
from ._tokens import TokenizedTexts

__all__ = ["LabelsOnDisk", "tokenised", "write_tokens"]

_ROWS_AT_A_TIME = 4096
_DTYPES = {
    "ids": np.int32,
    "type_ids": np.uint8,
    "row_starts": np.int64,
    "text_starts": np.int64,
    "values": np.int8,
    "columns": np.int32,
    "label_starts": np.int64,
}


class LabelsOnDisk:
    """A sparse indicator of which rows are read as they are needed."""

    def __init__(self, values: AnyArray, columns: IntArray, starts: IntArray, n_labels: int):
        self._values = values
        self._columns = columns
        self._starts = starts
        self.shape = len(starts) - 1, n_labels

    def __getitem__(self, rows: IntArray) -> sp.csr_array:
        firsts = self._starts[rows]
        counts = self._starts[rows + 1] - firsts
        ends = np.concatenate([[0], np.cumsum(counts)])
        places = np.repeat(firsts - ends[:-1], counts) + np.arange(ends[-1])
        parts = self._values[places], self._columns[places], ends
        return sp.csr_array(parts, shape=(len(rows), self.shape[1]))


@contextmanager
def tokenised(
    encode: Callable[[list[str]], TokenizedTexts], data: TrainingData
) -> Iterator[tuple[TokenizedTexts, Any]]:
    """Tokenise the training texts: those of a data file into a temporary folder."""
    if not isinstance(data.X, DataFile):
        yield encode(data.X), data.indicator
        return
    names = data.space.label_names.tolist()
    with TemporaryDirectory(prefix="skmultitext-", ignore_cleanup_errors=True) as folder:
        yield write_tokens(data.X, names, encode, Path(folder))


def write_tokens(
    data_file: DataFile,
    label_names: list[str],
    encode: Callable[[list[str]], TokenizedTexts],
    folder: Path,
) -> tuple[TokenizedTexts, LabelsOnDisk]:
    """Read a data file once, and write its tokens and labels to flat files in a folder."""
    n_ids = n_rows = n_labels = 0
    has_type_ids, last = False, None
    with ExitStack() as stack:
        # unbuffered: closing a file must not fail anew after a failed write
        files = {
            name: stack.enter_context(open(folder / name, "wb", buffering=0)) for name in _DTYPES
        }

        def write(name: str, values: Any) -> None:
            try:
                rest = memoryview(np.asarray(values, dtype=_DTYPES[name]).tobytes())
                while rest:  # a write may be partial
                    rest = rest[files[name].write(rest) :]
            except OSError as error:
                raise disk_error("tokens", folder, error) from error

        for name in ("row_starts", "text_starts", "label_starts"):
            write(name, [0])
        rows = data_file.rows(label_names).rows
        for texts, indicator in read_parts(rows, label_names, _ROWS_AT_A_TIME):
            last = encode(texts)
            write("ids", last.ids)
            # a part without token types other than 0 has None
            has_type_ids |= last.type_ids is not None
            write("type_ids", np.zeros(len(last.ids)) if last.type_ids is None else last.type_ids)
            write("row_starts", last.row_starts[1:] + n_ids)
            write("text_starts", last.text_starts[1:] + n_rows)
            write("values", indicator.data)
            write("columns", indicator.indices)
            write("label_starts", indicator.indptr[1:].astype(np.int64) + n_labels)
            n_ids += len(last.ids)
            n_rows += len(last.row_starts) - 1
            n_labels += indicator.nnz
    assert last is not None  # the labels were counted in at least one row
    read = {name: _mapped(folder / name, dtype) for name, dtype in _DTYPES.items()}
    tokens = TokenizedTexts(
        read["ids"],
        read["type_ids"] if has_type_ids else None,
        read["row_starts"],
        read["text_starts"],
        last.padding,
        last.has_types,
        folder,
    )
    labels = LabelsOnDisk(read["values"], read["columns"], read["label_starts"], len(label_names))
    return tokens, labels


def _mapped(path: Path, dtype: type) -> AnyArray:
    if not path.stat().st_size:  # an empty file cannot be mapped
        return np.empty(0, dtype)
    return np.asarray(np.memmap(path, dtype, mode="r"))
