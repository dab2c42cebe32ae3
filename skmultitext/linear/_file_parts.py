"""Parts of a data file, and what is computed of them: features on disk, one part in memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, FloatArray, IntArray
from .._runtime.messages import disk_error
from ..datasets._data_file import DataFile
from ..datasets._training_files import read_parts
from ._dual_start import start_weights
from ._in_parts import Documents, Parts, PartsEngine
from ._partitions import Partition

__all__ = ["LETTERS", "ROWS", "DocumentParts", "FileEngine", "ahead"]

ROWS = 2**16  # most documents of a part,
LETTERS = 2**25  # letters, in about so many bytes,
ENTRIES = 2**21  # and documents times labels


@dataclass(frozen=True)
class DocumentParts:
    """The documents of a data file, which is read each time that they are iterated."""

    data_file: DataFile
    label_names: list[str]

    def __iter__(self) -> Iterator[Documents]:
        size = max(1, min(ROWS, ENTRIES // len(self.label_names)))
        rows = self.data_file.rows(self.label_names).rows
        for texts, indicator in read_parts(rows, self.label_names, size, most_letters=LETTERS):
            yield Documents(texts, indicator, None)


class FileEngine(PartsEngine):
    """Computes over parts that are iterated, some threads ahead, in a fixed order.

    Values that are kept must be `Partition`: they are written to a folder, and mapped into memory
    only while they are used.
    """

    def __init__(self, folder: Path, n_threads: int) -> None:
        self.folder, self.n_threads = folder, n_threads

    def map(self, parts: Parts, function: Callable[..., Any], *shared: Any) -> Parts:
        return _Mapped(parts, function, shared, self.n_threads)

    def keep(self, parts: Parts) -> Parts:
        try:
            return [_write(self.folder / str(number), part) for number, part in enumerate(parts)]
        except OSError as error:
            raise disk_error("features", self.folder, error) from error

    def release(self, parts: Parts) -> None:
        for part in parts:
            part.remove()
        parts.clear()

    def guess(
        self, parts: Parts, labels: IntArray, factors: FloatArray, n_features: int, loss: str
    ) -> AnyArray | None:
        options: Any = {"loss": loss, "n_threads": self.n_threads}
        try:
            return start_weights(parts, self.folder, labels, factors, n_features, **options)
        except OSError as error:
            raise disk_error("features", self.folder, error) from error

    def reduce(self, parts: Parts, combine: Callable[[Any, Any], Any]) -> Any:
        return reduce(combine, parts)


class _Mapped(NamedTuple):
    """Values of a function of parts, computed anew each time that they are iterated."""

    parts: Iterable[Any]
    function: Callable[..., Any]
    shared: tuple[Any, ...]
    n_threads: int

    def __iter__(self) -> Iterator[Any]:
        calls = (
            partial(self._call, part, number, self.shared) for number, part in enumerate(self.parts)
        )
        return ahead(calls, self.n_threads)

    def _call(self, part: Any, number: int, shared: tuple[Any, ...]) -> Any:
        part = part.read() if isinstance(part, _Stored) else part
        return self.function(part, number, *shared)


def ahead(calls: Iterable[Callable[[], Any]], n_threads: int) -> Iterator[Any]:
    """Yield what calls return, in their order; `n_threads` of them run at a time."""
    pool = ThreadPoolExecutor(n_threads)
    waiting: deque[Future[Any]] = deque()
    try:
        for call in calls:
            waiting.append(pool.submit(call))
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


_ARRAYS = ("data", "indices", "indptr", "columns", "signs", "weight", "folds")


class _Stored(NamedTuple):
    """A `Partition` on disk."""

    folder: Path
    shape: tuple[int, int]

    def read(self) -> Partition:
        data, indices, indptr, *others = (
            # read-only arrays would be another type to numba
            np.asarray(np.load(self.folder / f"{name}.npy", mmap_mode="c"))
            for name in _ARRAYS
        )
        return Partition(sp.csr_array((data, indices, indptr), shape=self.shape), *others)

    def remove(self) -> None:
        for name in _ARRAYS:
            (self.folder / f"{name}.npy").unlink()
        self.folder.rmdir()


def _write(folder: Path, part: Partition) -> _Stored:
    X = part.X
    indices = (array.astype(np.int32, copy=False) for array in (X.indices, X.indptr))
    arrays: list[AnyArray] = [X.data, *indices, *part[1:]]
    folder.mkdir()
    for name, array in zip(_ARRAYS, arrays, strict=True):
        np.save(folder / f"{name}.npy", array)
    return _Stored(folder, X.shape)
