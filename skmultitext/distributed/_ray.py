"""Ray: a Dataset."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from .._runtime.messages import shown
from .._runtime.optional import require
from ..exceptions import PartitionError
from ..linear._in_parts import Parts
from ._engines import Append, Engine, append_to_frame, fold, reduce_as_tree
from ._versions import Shipped

__all__ = ["RayEngine"]


class Mapped(NamedTuple):
    """A source, and the functions to call in turn on each of its parts."""

    source: Any  # a Dataset, or a list of references to values that are kept
    columns: Sequence[str] | None  # of the Dataset
    calls: tuple[Any, ...]  # references to `Shipped` functions and their values


class RayEngine(Engine):
    """Tasks of Ray over references to the blocks of a Dataset; a partition is a block.

    Ray repeats a task whose worker was lost, and computes again what a lost node held. It does not
    repeat one that raises.
    """

    def __init__(self) -> None:
        self.ray = require("ray", "A Ray Dataset")

    def columns(self, data: Any) -> list[Any] | None:
        found: list[Any] | None = data.columns()
        return found

    def frames(self, data: Any, columns: Sequence[str]) -> Parts:
        known = self.columns(data)
        selected = data if known is None else data.select_columns(list(columns))
        return Mapped(selected, list(columns), ())

    def map(self, parts: Parts, function: Callable[..., Any], *shared: Any) -> Parts:
        call = self.ray.put(Shipped.of((function, *shared)))
        return parts._replace(calls=(*parts.calls, call))

    def keep(self, parts: Parts) -> Parts:
        return Mapped(self._values(parts), None, ())

    def release(self, parts: Parts) -> None:
        parts.source.clear()  # Ray drops values to which nothing refers

    def reduce(self, parts: Parts, combine: Callable[[Any, Any], Any]) -> Any:
        join = self.ray.remote(fold_values)
        total = reduce_as_tree(self._values(parts), lambda group: join.remote(combine, *group))
        try:
            return self.ray.get(total)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, PartitionError):
                raise PartitionError(str(error.cause)) from None
            raise

    def append(self, data: Any, text: str, function: Append, kinds: Mapping[str, str]) -> Any:
        call = partial(append_to_block, text=text, sent=Shipped.of((function,)))
        return data.map_batches(call, batch_size=None, batch_format=None)

    def _values(self, parts: Mapped) -> list[Any]:
        """Start a task for each part; return references to the values."""
        call = self.ray.remote(computed)
        sources = parts.source if parts.columns is None else self._blocks(parts.source)
        found = [
            call.remote(source, number, parts.columns, *parts.calls)
            for number, source in enumerate(sources)
        ]
        return found or [call.remote(None, 0, parts.columns, *parts.calls)]

    def _blocks(self, data: Any) -> Iterator[Any]:
        """Yield references to blocks as they are read, in the order of the rows."""
        options = data.context.execution_options
        before = options.preserve_order
        options.preserve_order = True
        try:
            bundles = data.iter_internal_ref_bundles()
        finally:
            options.preserve_order = before
        return (block for bundle in bundles for block in bundle.block_refs)


# Functions that run on the workers.


@lru_cache(maxsize=2)
def opened(sent: Shipped) -> tuple[Any, ...]:
    """Unpickle values once in a process: every task gets an object of its own."""
    return sent.values()


def computed(source: Any, number: int, columns: Sequence[str] | None, *calls: Shipped) -> Any:
    """Call functions in turn on a block or a value."""
    value = source if columns is None else frame_of_block(source, columns)
    for call in calls:
        function, *shared = opened(call)
        value = function(value, number, *shared)
    return value


def fold_values(combine: Callable[[Any, Any], Any], *values: Any) -> Any:
    """Combine values, which Ray takes from their references, in order."""
    return fold(combine, values)


def frame_of_block(block: Any, columns: Sequence[str]) -> Any:
    """Make a pandas DataFrame of a block."""
    pandas = require("pandas", "A Ray Dataset", "ray")
    if block is None or not len(block):  # Ray may have lost the columns of an empty block
        return pandas.DataFrame({name: [] for name in columns})
    table = {}
    for name in columns:
        cells = block[name].tolist() if is_frame(block) else block[name].to_pylist()
        # Ray makes tensors of arrays of one length
        cells = [cell.to_numpy() if hasattr(cell, "to_numpy") else cell for cell in cells]
        table[name] = pandas.Series(cells, dtype=object)
    return pandas.DataFrame(table)


def append_to_block(block: Any, *, text: str, sent: Shipped) -> Any:
    """Append columns to a block of Arrow or pandas.

    Ray does not tell where in the Dataset the block is: errors tell how it begins.
    """
    (function,) = opened(sent)
    if not len(block) and text not in block_columns(block):
        return block  # Ray has lost the columns of an empty block
    cells = block[text].iloc[:1].tolist() if is_frame(block) else block[text][:1].to_pylist()
    begin = shown(cells[0]) if cells else "nothing"
    place = f"of {len(block)} rows whose first text is {begin}"
    if is_frame(block):
        return append_to_frame(block, place, text, function)
    for name, values in function(block[text].to_pylist(), place, 0).items():
        block = block.append_column(name, values)
    return block


def is_frame(block: Any) -> bool:
    """Whether a block is a pandas DataFrame, and not an Arrow table."""
    return hasattr(block, "iloc")


def block_columns(block: Any) -> list[Any]:
    """List the columns of a block."""
    return list(block.columns) if is_frame(block) else list(block.column_names)
