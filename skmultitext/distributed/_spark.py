"""Spark: a DataFrame of a classic session."""

import gc
import operator
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any, NamedTuple
from weakref import finalize

from .._runtime.optional import require
from ..exceptions import PartitionError
from ..linear._in_parts import Parts
from ._engines import FAN_IN, Append, Engine, fold
from ._versions import Shipped

__all__ = ["SparkEngine"]

# Bytes of a pickle that the JVM holds as one array. It copies arrays several times on their way.
PIECE = 2**22


class SparkParts:
    """Functions to call on each partition of a DataFrame, or on values that are kept in pieces.

    What it has sent to the workers is dropped there when nothing refers to it any more: a part that
    was lost is computed again until then.
    """

    def __init__(
        self,
        source: Any,
        calls: Sequence[Any] = (),
        before: Any = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        self.source, self.calls, self.columns = source, calls, columns
        self._before = before  # has sent the first of the calls, or made the source

    def when_unused(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call a function when this object is dropped or released."""
        self.release = finalize(self, quietly, function, *arguments)
        self.release.atexit = False  # the session ends with the process


class Failure(NamedTuple):
    """A row that cannot be read, or a worker of other versions.

    It takes the place of a value: Spark would repeat a task that raises.
    """

    message: str


class SparkEngine(Engine):
    """Tasks of Spark's RDDs.

    Texts go from the executors to Python as Arrow batches. Values are shared as broadcasts.
    """

    def __init__(self) -> None:
        self.spark = require("pyspark", "A Spark DataFrame")

    def columns(self, data: Any) -> list[Any] | None:
        return list(data.columns)

    def check_new_column(self, data: Any, parameter: str, name: str) -> None:
        super().check_new_column(data, parameter, name)
        same = [column for column in data.columns if column.lower() == name.lower()]
        if same and data.sparkSession.conf.get("spark.sql.caseSensitive") == "false":
            super().check_new_column(data, parameter, same[0])

    def frames(self, data: Any, columns: Sequence[str]) -> Parts:
        if data.isStreaming:
            raise ValueError(
                "data is a stream, which has no last row; pass a DataFrame that spark.read "
                "returns. tag_partitions takes a stream too."
            )
        places = [data.columns.index(name) for name in columns]
        types = [data.schema.fields[place].dataType for place in places]
        by_number = with_numbers(data)
        found = [
            by_number[str(place)].cast("double" if kind.typeName() == "decimal" else kind)
            for place, kind in zip(places, types, strict=True)
        ]
        return SparkParts(with_numbers(by_number.select(*found)), columns=columns)

    def map(self, parts: Parts, function: Callable[..., Any], *shared: Any) -> Parts:
        call = context_of(parts).broadcast(Shipped.of((function, *shared)))
        mapped = SparkParts(parts.source, [*parts.calls, call], parts, parts.columns)
        mapped.when_unused(call.destroy)
        return mapped

    def keep(self, parts: Parts) -> Parts:
        pieces = self._values(parts).flatMap(pickled)
        pieces = pieces.persist(self.spark.StorageLevel.MEMORY_AND_DISK)
        kept = SparkParts(pieces, before=parts)
        kept.when_unused(pieces.unpersist)
        for failure in self._values(kept).filter(is_failure).collect():
            raise PartitionError(failure.message)
        return kept

    def release(self, parts: Parts) -> None:
        parts.release()

    def reduce(self, parts: Parts, combine: Callable[[Any, Any], Any]) -> Any:
        # treeReduce of Spark combines values as they arrive: the sums would differ in the last bits
        values = self._values(parts).mapPartitionsWithIndex(numbered)
        while (n_values := values.getNumPartitions()) > FAN_IN:
            grouped = values.map(partial(grouped_by_number, FAN_IN))
            grouped = grouped.partitionBy(-(-n_values // FAN_IN), int)
            values = grouped.mapPartitionsWithIndex(partial(fold_group, combine))
        found = folded(combine, values.values().collect())
        if not found:
            raise ValueError("data has no partition; pass a DataFrame with rows.")
        if is_failure(found[0]):
            raise PartitionError(found[0].message)
        return found[0]

    def append(self, data: Any, text: str, function: Append, kinds: Mapping[str, str]) -> Any:
        types = require("pyspark.sql.types", "A Spark DataFrame")
        elements = {"numbers": types.DoubleType(), "names": types.StringType()}
        new = [types.StructField(name, types.ArrayType(elements[kinds[name]])) for name in kinds]
        sent = data.sparkSession.sparkContext.broadcast(Shipped.of((function,)))
        schema = types.StructType([*data.schema.fields, *new])
        call = partial(append_to_batches, data.columns.index(text), sent, schema.names)
        return with_numbers(data).mapInArrow(call, schema)

    def _values(self, parts: SparkParts) -> Any:
        """Make the RDD of the values, one in each partition."""
        if parts.columns is not None:
            call = partial(pieces_of_frame, parts.columns, parts.calls)
            rows = parts.source.mapInArrow(call, "piece binary").rdd
            return rows.map(operator.itemgetter(0)).mapPartitions(unpickled)
        return parts.source.mapPartitionsWithIndex(partial(computed_values, parts.calls))


def context_of(parts: SparkParts) -> Any:
    """Return the SparkContext."""
    return parts.source.context if parts.columns is None else parts.source.sparkSession.sparkContext


def with_numbers(data: Any) -> Any:
    """Name columns by number: Spark ignores the case of names, and reads a dot as a path."""
    return data.toDF(*map(str, range(len(data.columns))))


def quietly(function: Callable[..., Any], *arguments: Any) -> None:
    """Drop something of a session, which may have ended."""
    with suppress(Exception):
        function(*arguments)


# Functions that run on the workers.


def computed(calls: Sequence[Any], value: Any, number: int) -> Any:
    """Call functions in turn on the value of a partition, up to a failure."""
    for call in calls:
        if is_failure(value):
            break
        try:
            function, *shared = call.value.values()
            value = function(value, number, *shared)
        except PartitionError as error:
            value = Failure(str(error))
    spare_libraries(len(sys.modules))
    return value


@cache
def spare_libraries(n_modules: int) -> None:
    """Leave the objects of imported libraries out of garbage collections, once for each number.

    Spark's workers collect garbage after every task, which took as long as the task of a round.
    """
    gc.collect()
    gc.freeze()


def computed_values(calls: Sequence[Any], number: int, pieces: Iterable[bytes]) -> Iterator[Any]:
    """Call functions on the value of a partition."""
    return (computed(calls, value, number) for value in unpickled(pieces))


def pieces_of_frame(
    columns: Sequence[str], calls: Sequence[Any], batches: Iterable[Any]
) -> Iterator[Any]:
    """Call functions on a partition as a DataFrame; yield the pieces of the value."""
    pyarrow = require("pyarrow", "A Spark DataFrame", "spark")
    frame = frame_of_batches(list(batches), columns)
    for piece in pickled(computed(calls, frame, task_number())):
        yield pyarrow.RecordBatch.from_pydict({"piece": [piece]})


def frame_of_batches(batches: list[Any], columns: Sequence[str]) -> Any:
    """Make a pandas DataFrame of Arrow batches."""
    pandas, pyarrow = (require(x, "A Spark DataFrame", "spark") for x in ("pandas", "pyarrow"))
    if not batches:
        return pandas.DataFrame({name: [] for name in columns})
    return pyarrow.Table.from_batches(batches).to_pandas().set_axis(columns, axis=1)


def pickled(value: Any) -> list[bytes]:
    """Pickle a value, in pieces."""
    whole = pickle.dumps(value, protocol=5)
    return [whole[i : i + PIECE] for i in range(0, len(whole), PIECE)]


def unpickled(pieces: Iterable[bytes]) -> Iterator[Any]:
    """Yield the value of all pieces, unless there are none."""
    if whole := b"".join(pieces):
        yield pickle.loads(whole)


def is_failure(value: Any) -> bool:
    """Whether a value is a failure."""
    return isinstance(value, Failure)


def numbered(number: int, values: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """Put the number of the partition before its value."""
    return ((number, value) for value in values)


def grouped_by_number(size: int, item: tuple[int, Any]) -> tuple[int, tuple[int, Any]]:
    """Put the number of a group before a numbered value."""
    return item[0] // size, item


def fold_group(
    combine: Callable[[Any, Any], Any], group: int, items: Iterable[tuple[int, tuple[int, Any]]]
) -> Iterator[tuple[int, Any]]:
    """Combine the values of a group in the order of their numbers, which they do not arrive in."""
    values = [value for _, (_, value) in sorted(items, key=lambda item: item[1][0])]
    return ((group, value) for value in folded(combine, values))


def folded(combine: Callable[[Any, Any], Any], values: list[Any]) -> list[Any]:
    """Combine values in order, to a list of one, or of none; the first failure wins."""
    failures = list(filter(is_failure, values))
    return failures[:1] if failures or not values else [fold(combine, values)]


def append_to_batches(
    place: int, sent: Any, names: list[str], batches: Iterable[Any]
) -> Iterator[Any]:
    """Append columns to the Arrow batches of a partition."""
    pyarrow = require("pyarrow", "A Spark DataFrame", "spark")
    (function,), number, first = sent.value.values(), task_number(), 0
    for batch in batches:
        new = function(batch.column(place).to_pylist(), number, first)
        first += batch.num_rows
        yield pyarrow.RecordBatch.from_arrays([*batch.columns, *new.values()], names=names)


def task_number() -> int:
    """Return the number of the partition that this task computes."""
    context = require("pyspark", "A Spark DataFrame").TaskContext.get()
    number: int = context.partitionId()
    return number
