"""What fits, tagging and evaluation need of an engine, and the engine of a collection.

`_dask`, `_spark` and `_ray` say it in the terms of their library; `LocalEngine` computes in this
process. All add up in the same order, and give the same result, bit for bit.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from importlib import import_module
from typing import Any, Protocol, TypeAlias

from .._runtime.messages import did_you_mean, listing, shown
from .._runtime.optional import require
from ..linear._in_parts import Parts, PartsEngine
from ._rows import Place

__all__ = [
    "ARROW_TYPES",
    "FAN_IN",
    "Append",
    "Engine",
    "LocalEngine",
    "append_to_frame",
    "engine_of",
    "fold",
    "reduce_as_tree",
]

FAN_IN = 8  # values that one step of a tree reduction combines

# function(texts, place of the partition, number of its first row) -> an array for each new column
Append: TypeAlias = Callable[[Sequence[Any], Place, int], Mapping[str, Any]]

# kind of a new column -> the type of its arrays
ARROW_TYPES: dict[str, Callable[[Any], Any]] = {
    "numbers": lambda pyarrow: pyarrow.list_(pyarrow.float64()),
    "names": lambda pyarrow: pyarrow.list_(pyarrow.string()),
}


class Engine(PartsEngine, Protocol):
    """Compute over the partitions of a collection."""

    @abstractmethod
    def columns(self, data: Any) -> list[Any] | None:
        """List the columns that every partition has; None if only the rows tell."""

    @abstractmethod
    def frames(self, data: Any, columns: Sequence[str]) -> Parts:
        """Select columns, as a pandas DataFrame of each partition."""

    @abstractmethod
    def append(self, data: Any, text: str, function: Append, kinds: Mapping[str, str]) -> Any:
        """Append columns to a collection: name -> kind of `ARROW_TYPES`."""

    def check_columns(self, data: Any, **names: str) -> None:
        """Refuse a parameter that does not name exactly one column."""
        columns = self.columns(data)
        for parameter, name in names.items():
            if not isinstance(name, str):
                raise ValueError(f"{parameter} is {shown(name)}; pass the name of a column, a str.")
            if columns is not None and columns.count(name) != 1:
                raise ValueError(
                    f"{parameter} names {shown(name)}, of which data has {columns.count(name)} "
                    f"columns. Its columns are {listing(columns)}.{did_you_mean(name, columns)}"
                )

    def check_new_column(self, data: Any, parameter: str, name: str) -> None:
        """Refuse a new column that is already there."""
        if not isinstance(name, str):
            raise ValueError(f"{parameter} is {shown(name)}; pass the name of a column, a str.")
        if name in (self.columns(data) or []):
            raise ValueError(
                f"{parameter} names {shown(name)}, a column that data already has; pass another "
                f"name."
            )


class LocalEngine(Engine):
    """A list of pandas DataFrames, in this process."""

    def columns(self, data: Any) -> list[Any] | None:
        first, *others = (list(part.columns) for part in data)
        return [name for name in first if all(other.count(name) == 1 for other in others)]

    def frames(self, data: Any, columns: Sequence[str]) -> Parts:
        return [part[list(columns)] for part in data]

    def map(self, parts: Parts, function: Callable[..., Any], *shared: Any) -> Parts:
        return [function(value, number, *shared) for number, value in enumerate(parts)]

    def keep(self, parts: Parts) -> Parts:
        return parts

    def release(self, parts: Parts) -> None:
        parts.clear()

    def reduce(self, parts: Parts, combine: Callable[[Any, Any], Any]) -> Any:
        return reduce_as_tree(parts, lambda group: fold(combine, group))

    def append(self, data: Any, text: str, function: Append, kinds: Mapping[str, str]) -> Any:
        return [append_to_frame(part, number, text, function) for number, part in enumerate(data)]


def fold(combine: Callable[[Any, Any], Any], values: Sequence[Any]) -> Any:
    """Combine values in order."""
    return reduce(combine, values)


def reduce_as_tree(values: Parts, fold_group: Callable[[Parts], Any]) -> Any:
    """Combine groups of values, then their results, in an order that all engines share."""
    while len(values) > 1:
        values = [fold_group(values[i : i + FAN_IN]) for i in range(0, len(values), FAN_IN)]
    return values[0]


def append_to_frame(part: Any, number: Place, text: str, function: Append) -> Any:
    """Append columns to a pandas DataFrame."""
    pandas = require("pandas", "A DataFrame", "dask")
    new = function(part[text].tolist(), number, 0)
    columns = {
        name: pandas.Series(pandas.arrays.ArrowExtensionArray(values), index=part.index)
        for name, values in new.items()
    }
    return part.assign(**columns)


def engine_of(data: Any) -> Engine:
    """Find the engine of a collection, by the library that defines its class."""
    classes = {(cls.__module__.partition(".")[0], cls.__name__) for cls in type(data).__mro__}
    found: Engine
    if classes & {("dask", "DataFrame"), ("dask", "Bag")}:
        found = import_module("._dask", __package__).DaskEngine()
        return found
    if ("pyspark", "DataFrame") in classes:
        refuse_other_spark(type(data))
        found = import_module("._spark", __package__).SparkEngine()
        return found
    if ("ray", "Dataset") in classes:
        found = import_module("._ray", __package__).RayEngine()
        return found
    if isinstance(data, list) and data and all(map(_is_frame, data)):
        return LocalEngine()
    one = " Put it in a list, as one partition." if _is_frame(data) else ""
    raise ValueError(
        f"data is of type {type(data).__name__}; pass a Dask DataFrame, a Dask Bag of dicts, a "
        f"Spark DataFrame, a Ray Dataset, or a list of pandas DataFrames, at least one.{one}"
    )


def refuse_other_spark(cls: type) -> None:
    """Refuse DataFrames of Spark Connect and of pandas on Spark."""
    modules = [base.__module__ for base in cls.__mro__]
    if any(module.startswith("pyspark.pandas.") for module in modules):
        raise ValueError("data is a DataFrame of pandas on Spark; pass data.to_spark().")
    if any(module.startswith("pyspark.sql.connect.") for module in modules):
        raise ValueError(
            "data is a DataFrame of Spark Connect, which has no broadcasts and RDDs; pass one of a "
            "classic session: SparkSession.builder.master(...), without remote(...)."
        )


def _is_frame(value: Any) -> bool:
    cls = type(value)
    return (cls.__module__.partition(".")[0], cls.__name__) == ("pandas", "DataFrame")
