"""Dask: a DataFrame, or a Bag of dicts."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np

from .._runtime.messages import shown
from .._runtime.optional import require
from ..linear._in_parts import Parts
from ._engines import ARROW_TYPES, Append, Engine, append_to_frame, fold, reduce_as_tree
from ._rows import bad_row
from ._versions import Shipped

__all__ = ["DaskEngine"]

# Bytes of a value that one graph carries. Distributed warns of graphs of 10 MB.
PIECE = 2**22


class Tasks(list[Any]):
    """Tasks, and the persisted values that they need.

    The graph of a Delayed names persisted values, but does not hold them.
    """

    needed: Any = ()


class DaskEngine(Engine):
    """Tasks of `dask.delayed`, on whatever scheduler Dask uses.

    Shared values are values of task graphs, from which a scheduler computes again what a lost
    worker held. (Values that are scattered to workers would be lost with them.)
    """

    def __init__(self) -> None:
        self.dask = require("dask", "A Dask collection")

    def columns(self, data: Any) -> list[Any] | None:
        return list(data.columns) if hasattr(data, "columns") else None

    def frames(self, data: Any, columns: Sequence[str]) -> Parts:
        if self.columns(data) is not None:
            return list(data[list(columns)].to_delayed())
        to_frame = self.dask.delayed(frame_of_dicts)
        return [to_frame(rows, i, columns) for i, rows in enumerate(data.to_delayed())]

    def map(self, parts: Parts, function: Callable[..., Any], *shared: Any) -> Parts:
        call = self.dask.delayed(apply)
        sent, pieces = self._send_in_pieces(function, *shared)
        workers, mapped = self._workers(), Tasks()
        for number, part in enumerate(parts):
            with self._on(workers[number % len(workers) :][:1] if workers else []):
                mapped.append(call(part, number, sent))
        mapped.needed = [parts, pieces]
        return mapped

    def _workers(self) -> list[str]:
        """List the addresses of the workers, each as often as it has threads."""
        if "distributed" not in sys.modules:
            return []
        try:
            client = require("distributed", "A Dask cluster").default_client()
        except ValueError:  # there is none
            return []
        threads = sorted(client.nthreads().items())
        return [
            name
            for i in range(max(dict(threads).values(), default=0))
            for name, n in threads
            if i < n
        ]

    def _on(self, workers: list[str]) -> Any:
        """Prefer workers; else tasks gather where the first of the shared values is."""
        if not workers:
            return nullcontext()
        return self.dask.annotate(workers=workers, allow_other_workers=True)

    def keep(self, parts: Parts) -> Parts:
        return self._wait_for(list(self.dask.persist(*parts)))

    def _wait_for(self, kept: list[Any]) -> list[Any]:
        """Wait until values are there; a scheduler may read the graph that needs them first."""
        if "distributed" in sys.modules:
            distributed = require("distributed", "A Dask cluster")
            if futures := distributed.futures_of(kept):
                distributed.wait(futures)
        return kept

    def release(self, parts: Parts) -> None:
        parts.clear()  # Dask drops values to which nothing refers

    def reduce(self, parts: Parts, combine: Callable[[Any, Any], Any]) -> Any:
        return reduce_as_tree(parts, partial(self.dask.delayed(fold), combine)).compute()

    def append(self, data: Any, text: str, function: Append, kinds: Mapping[str, str]) -> Any:
        sent, parts = self._send(function), enumerate(data.to_delayed())
        if self.columns(data) is None:
            call = self.dask.delayed(append_to_dicts)
            bags = require("dask.bag", "A Dask Bag")
            return bags.from_delayed([call(part, i, text, sent, list(kinds)) for i, part in parts])
        call = self.dask.delayed(append_to_partition)
        frames = require("dask.dataframe", "A Dask DataFrame")
        pandas, pyarrow = (
            require(name, "A Dask DataFrame", "dask") for name in ("pandas", "pyarrow")
        )
        types = {
            name: pandas.ArrowDtype(ARROW_TYPES[kind](pyarrow)) for name, kind in kinds.items()
        }
        return frames.from_delayed(
            [call(part, number, text, sent) for number, part in parts],
            meta=data._meta.assign(**{n: pandas.Series(dtype=dtype) for n, dtype in types.items()}),
            divisions=data.divisions,
            verify_meta=False,
        )

    def _send(self, *values: Any) -> Any:
        return self.dask.delayed(Shipped.of(values), traverse=False)

    def _send_in_pieces(self, *values: Any) -> tuple[Any, list[Any]]:
        """Send large values as tasks of their own, which the scheduler can repeat."""
        shipped, call = Shipped.of(values), self.dask.delayed
        if len(shipped.pickled) <= PIECE:
            return call(shipped, traverse=False), []
        pieces = [self.dask.persist(call(same)(piece))[0] for piece in shipped.pieces(PIECE)]
        self._wait_for(pieces)
        rest = call(shipped.without_pickle(), traverse=False)
        return call(Shipped.joined)(rest, pieces), pieces


def same(piece: bytes) -> bytes:
    """Return a piece of a value, wherever a worker asks for it."""
    return piece


def apply(part: Any, number: int, sent: Shipped) -> Any:
    """Call a function of a partition on a worker."""
    function, *shared = sent.values()
    return function(part, number, *shared)


def frame_of_dicts(rows: Any, number: int, columns: Sequence[str]) -> Any:
    """Make a DataFrame of a partition of a Bag; what a row lacks is missing."""
    pandas = require("pandas", "A Dask Bag", "dask")
    rows = checked_dicts(rows, number)
    table = {}
    for name in columns:
        table[name] = np.empty(len(rows), dtype=object)
        table[name][:] = [row.get(name) for row in rows]
    return pandas.DataFrame(table, columns=list(columns))


def checked_dicts(rows: Any, number: int, new: Sequence[str] = ()) -> list[Any]:
    """Refuse rows that are not dicts, or that already have a new key."""
    rows = list(rows)
    for i, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise bad_row(number, i, f"{shown(row)} is not a dict; map each row of the Bag to one")
        taken = [name for name in new if name in row]
        if taken:
            problem = f"it already has the key {shown(taken[0])}; name the new key otherwise"
            raise bad_row(number, i, problem)
    return rows


def append_to_dicts(
    rows: Any, number: int, text: str, sent: Shipped, new: Sequence[str]
) -> list[Any]:
    """Append columns to a partition of a Bag."""
    (function,), rows = sent.values(), checked_dicts(rows, number, new)
    columns = function([row.get(text) for row in rows], number, 0)
    added = {name: values.to_pylist() for name, values in columns.items()}
    return [
        {**row, **{name: values[i] for name, values in added.items()}} for i, row in enumerate(rows)
    ]


def append_to_partition(part: Any, number: int, text: str, sent: Shipped) -> Any:
    """Append columns to a partition of a DataFrame."""
    (function,) = sent.values()
    return append_to_frame(part, number, text, function)
