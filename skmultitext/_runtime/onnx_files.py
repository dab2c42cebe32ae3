"""Build ONNX graphs, and write them with the metadata that all ONNX files of this package have."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .optional import require
from .pickling import own_version

__all__ = ["FEATURE", "MOST_BYTES", "Graph", "label_metadata"]

FEATURE = "to_onnx"  # as the error for a missing library names it
MOST_BYTES = 2**31 - 2**27  # a protobuf file holds at most 2 GiB

_OPSETS = {"": 18, "ai.onnx.ml": 4, "com.microsoft": 1}
_IR_VERSION = 9
_END = np.iinfo(np.int64).max


class Graph:
    """A graph under construction: calling it adds a node and returns the name of its output."""

    def __init__(self, parent: "Graph | None" = None) -> None:
        self._helper = require("onnx.helper", FEATURE)
        self._nodes: list[Any] = []
        # a body of a loop reads the names of the graphs around it: only the root has constants
        self._root: Graph = self if parent is None else parent._root
        self._constants: dict[Any, Any] = {}
        self._n_names = 0

    def __call__(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = self._new_name()
        node = self._helper.make_node(op, inputs, [name], domain=domain, **attributes)
        self._nodes.append(node)
        return name

    def _new_name(self) -> str:
        self._root._n_names += 1
        return f"t{self._root._n_names}"

    def constant(self, value: Any, dtype: Any = np.int64) -> str:
        """Store an array; a small one only once."""
        array = np.ascontiguousarray(value, dtype=dtype).reshape(np.shape(value))
        stored, small = self._root._constants, array.size < 100
        key = (array.shape, array.dtype.str, array.tobytes()) if small else len(stored)
        if key not in stored:
            stored[key] = _tensor(array, self._new_name())
        return stored[key].name

    def look_up(self, x: str, keys: Any, values: Any, *, default: int) -> str:
        """Map strings or integers to integers."""
        return self(
            "LabelEncoder",
            x,
            domain="ai.onnx.ml",
            keys_tensor=_tensor(np.asarray(keys)),
            values_tensor=_tensor(np.asarray(values, dtype=np.int64)),
            default_tensor=_tensor(np.array([default], dtype=np.int64)),
        )

    def true_places(self, mask: str) -> str:
        """Find the places of a vector that are not 0."""
        return self("Reshape", self("NonZero", mask), self.constant([-1]))

    def sorted(self, x: str) -> str:
        """Sort a vector, the smallest first."""
        name, unused = self._new_name(), self._new_name()
        inputs = [x, self("Shape", x)]
        self._nodes.append(self._helper.make_node("TopK", inputs, [name, unused], largest=0))
        return name

    def part(self, x: str, start: int, end: int = _END) -> str:
        """Slice a vector; a negative index counts from its end."""
        return self("Slice", x, self.constant([start]), self.constant([end]))

    def before(self, x: str, first: Any, dtype: Any = np.int64) -> str:
        """Give each place of a vector the element before it."""
        return self("Concat", self.constant([first], dtype), self.part(x, 0, -1), axis=0)

    def after(self, x: str, last: Any, dtype: Any = np.int64) -> str:
        """Give each place of a vector the element after it."""
        return self("Concat", self.part(x, 1), self.constant([last], dtype), axis=0)

    def length(self, x: str, axis: int = 0) -> str:
        """Return the length of an array along an axis, as a scalar."""
        return self("Gather", self("Shape", x), self.constant(axis))

    def numbers(self, n: str) -> str:
        """List the integers from 0 to n - 1."""
        return self("Range", self.constant(0), n, self.constant(1))

    def filled(self, n: str, value: int) -> str:
        """Make a vector of n equal integers."""
        n = self("Reshape", n, self.constant([1]))
        return self("Expand", self.constant(value), n)

    def column(self, x: str) -> str:
        """Give a vector a second dimension, of length 1."""
        return self("Reshape", x, self.constant([-1, 1]))

    def cast(self, x: str, dtype: Any) -> str:
        """Convert to another dtype."""
        return self("Cast", x, to=self._helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def repeated(self, counts: str) -> tuple[str, str]:
        """Repeat each place of a vector as often as `counts` says.

        Return the place of each element of the result, and its number among those of its place.
        """
        ends = self("CumSum", counts, self.constant(0))
        starts = self("Sub", ends, counts)
        total = self("Gather", ends, self.constant(-1))
        places = self.true_places(counts)
        firsts = self("Gather", starts, places)
        ones = self.filled(self.length(firsts), 1)
        marks = self("ScatterElements", self.filled(total, 0), firsts, ones)
        rank = self("Sub", self("CumSum", marks, self.constant(0)), self.constant(1))
        source = self("Gather", places, rank)
        return source, self("Sub", self.numbers(total), self("Gather", starts, source))

    def loop(self, n: str, step: Callable[["Graph", str, str], str], state: str, dtype: Any) -> str:
        """Apply `step` n times to a state: it gets the body's graph, an index and the state."""
        body = Graph(self)
        i, condition, before = self._new_name(), self._new_name(), self._new_name()
        after = step(body, i, before)
        kept = body("Identity", condition)
        graph = self._helper.make_graph(
            body._nodes,
            self._new_name(),
            [
                self._described(i, np.int64, []),
                self._described(condition, np.bool_, []),
                self._described(before, dtype, None),
            ],
            [self._described(kept, np.bool_, []), self._described(after, dtype, None)],
        )
        return self("Loop", n, "", state, body=graph)

    def _described(self, name: str, dtype: Any, shape: Sequence[Any] | None) -> Any:
        kind = np.dtype(object if dtype is str else dtype)
        kind = self._helper.np_dtype_to_tensor_dtype(kind)
        return self._helper.make_tensor_value_info(name, kind, shape)

    def save(
        self,
        directory: str | os.PathLike[str],
        given: tuple[str, Any, Sequence[Any]],
        results: dict[str, str],
        shape: Sequence[Any],
        metadata: dict[str, str],
    ) -> None:
        """Write ``model.onnx``, whose input `given` has a name, a dtype and a shape.

        `results` maps the names of outputs, float64 of the same shape, to names in the graph.
        """
        import onnx

        h = self._helper
        for name, result in results.items():
            self._nodes.append(h.make_node("Identity", [result], [name]))
        graph = h.make_graph(
            self._nodes,
            "skmultitext",
            [self._described(*given)],
            [self._described(name, np.float64, shape) for name in results],
            list(self._constants.values()),
        )
        model = h.make_model(
            graph,
            opset_imports=[h.make_opsetid(*each) for each in _OPSETS.items()],
            ir_version=_IR_VERSION,
            producer_name="skmultitext",
            producer_version=own_version(),
        )
        h.set_model_props(model, metadata)
        _refuse_foreign(Path(directory))
        Path(directory).mkdir(parents=True, exist_ok=True)
        n_bytes = sum(len(tensor.raw_data) for tensor in self._constants.values())
        file = Path(directory) / "model.onnx"
        if n_bytes > MOST_BYTES:
            data = f"{file.name}.data"
            (file.parent / data).unlink(missing_ok=True)  # onnx appends to it
            onnx.save(model, str(file), save_as_external_data=True, location=data)
            return
        new = file.with_name(f"{file.name}.new")
        try:
            onnx.save(model, str(new))
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)


def _tensor(array: Any, name: str = "") -> Any:
    from onnx import numpy_helper

    if array.dtype.kind == "U":
        array = array.astype(object)
    return numpy_helper.from_array(array, name)


def _refuse_foreign(directory: Path) -> None:
    """Refuse to mix the file with those of a transformer."""
    if (directory / "config.json").exists():
        raise FileExistsError(
            f"{directory} has a config.json: the model in it is of another kind. Pass another "
            f"directory, or remove that one."
        )


def label_metadata(label_names: Iterable[Any], thresholds: Iterable[float]) -> dict[str, str]:
    """Give names and thresholds of the labels as JSON, for the metadata of a file."""
    return {
        "label_names": json.dumps([str(name) for name in label_names], ensure_ascii=False),
        "thresholds": json.dumps([float(threshold) for threshold in thresholds]),
    }
