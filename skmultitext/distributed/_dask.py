"""Dask: a DataFrame, or a Bag of dicts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .._runtime.messages import shown
from .._runtime.optional import require
from ..linear._in_parts import Parts
from ._engines import ARROW_TYPES, Append, Engine, append_to_frame
from ._rows import bad_row
from ._versions import Shipped

__all__ = ["FAN_IN", "DaskEngine"]

FAN_IN = 8  # values that one task of a tree reduction combines


class DaskEngine(Engine):
    """Tasks of `dask.delayed`, on whatever scheduler Dask uses.

    Shared values are one value of the task graph, from which a scheduler computes again what a lost
    worker held.
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
        call, sent = self.dask.delayed(apply), self._send(function, *shared)
        return [call(part, number, sent) for number, part in enumerate(parts)]

    def keep(self, parts: Parts) -> Parts:
        return list(self.dask.persist(*parts))

    def release(self, parts: Parts) -> None:
        parts.clear()  # Dask drops values to which nothing refers

    def reduce(self, parts: Parts, combine: Callable[[Any, Any], Any]) -> Any:
        join = self.dask.delayed(fold)
        while len(parts) > 1:
            groups = (parts[i : i + FAN_IN] for i in range(0, len(parts), FAN_IN))
            parts = [join(combine, group) for group in groups]
        return parts[0].compute()

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


def apply(part: Any, number: int, sent: Shipped) -> Any:
    """Call a function of a partition on a worker."""
    function, *shared = sent.values()
    return function(part, number, *shared)


def fold(combine: Callable[[Any, Any], Any], values: Sequence[Any]) -> Any:
    """Combine values in order."""
    total, *others = values
    for value in others:
        total = combine(total, value)
    return total


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
    columns = function([row.get(text) for row in rows], number)
    added = {name: values.to_pylist() for name, values in columns.items()}
    return [
        {**row, **{name: values[i] for name, values in added.items()}} for i, row in enumerate(rows)
    ]


def append_to_partition(part: Any, number: int, text: str, sent: Shipped) -> Any:
    """Append columns to a partition of a DataFrame."""
    (function,) = sent.values()
    return append_to_frame(part, number, text, function)
