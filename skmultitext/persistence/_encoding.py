"""Convert an estimator to a JSON tree, with files for arrays and long lists of str.

In the tree, scalars and lists represent themselves. Everything else is a node: a dict whose "$"
names its kind. A class whose attributes are not plain data defines `_to_saved(self)` -> dict and
`_from_saved(cls, state)`; other classes are saved as their attributes. The schema of the class
checks either, so `save` writes nothing that `load` would refuse.
"""

import math
from collections.abc import Callable, Collection, Iterable
from pathlib import PurePath
from typing import Any, TypeAlias, cast

import numpy as np
import scipy.sparse as sp
from sklearn.utils.metadata_routing import MetadataRequest

from .._gate.types import AnyArray
from .._runtime.pickling import SavedFolder
from ._allowed import key_of
from ._arrays import array_bytes, is_plain, lines_of
from ._schema import Checker
from ._schemas_own import SCHEMAS
from ._store import Writer

__all__ = ["COMPRESSED", "Encoder", "Node", "may_collide"]

Node: TypeAlias = dict[str, Any]

_REMEDY = (
    "save stores data, not code. Use a built-in option instead, or store this estimator with "
    "joblib, whose files must only be loaded where they are trusted."
)
# longer lists and dicts of str get a file of their own; longer sets and dicts of anything else are
# refused: an attacker can choose numbers whose hashes collide
_SHORT = 32
COMPRESSED: dict[str, Any] = {
    cls.__name__: cls for cls in (sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array)
}


class Encoder:
    """Makes the tree of an estimator, and writes its files; `classes` are the keys in the tree."""

    def __init__(self, writer: Writer) -> None:
        self.classes: set[str] = set()
        self._checker = Checker(SCHEMAS)
        self._writer = writer
        self._n_files = 0
        self._n_objects = 0
        self._known: dict[int, Node] = {}  # id -> node that refers to the same array or object
        self._kept: list[Any] = []  # keeps the objects alive whose ids are keys
        self._open: set[int] = set()

    def encode(self, value: Any, path: str) -> Any:
        """Make the tree of a value; `path` names the value in errors."""
        kind = type(value)
        if value is None or kind in (bool, int):
            return value
        if id(value) in self._known:
            return self._known[id(value)]
        if kind in _ENCODERS:
            return _ENCODERS[kind](self, value, path)
        if isinstance(value, np.generic):
            return self._scalar(value, path)
        if isinstance(value, np.memmap):
            return self._remember(value, self._array(np.asarray(value), path))
        if isinstance(value, PurePath):
            return {"$": "path", "value": self.encode(str(value), path)}
        key = key_of(value)
        if key is not None:
            return {"$": "name", "key": key}
        key = key_of(kind)
        if key is not None:
            return self._object(value, key, path)
        raise self._refusal(value, path)

    def _refusal(self, value: Any, path: str) -> ValueError:
        kind = type(value)
        named = getattr(value, "__qualname__", None) if callable(value) else None
        what = f"{named!r}, a {kind.__name__}" if named else f"a {kind.__module__}.{kind.__name__}"
        return ValueError(f"{path} cannot be saved: it is {what}. {_REMEDY}")

    def _remember(self, value: Any, node: Node, reference: Node | None = None) -> Node:
        self._kept.append(value)
        self._known[id(value)] = reference or node
        return node

    def _file(self, content: bytes | memoryview, suffix: str) -> str:
        name = f"data/{self._n_files:04d}.{suffix}"
        self._n_files += 1
        self._writer.write(name, content)
        return name

    def _str(self, value: str, path: str) -> str | Node:
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:  # lone surrogates: JSON would join two of them into a character
            return {"$": "code points", "hex": value.encode("utf-32-be", "surrogatepass").hex()}
        return value

    def _float(self, value: float, path: str) -> float | Node:
        return value if math.isfinite(value) else {"$": "float", "value": repr(value)}

    def _list(self, value: list[Any], path: str) -> list[Any] | Node:
        if len(value) > _SHORT and set(map(type, value)) == {str}:
            return {"$": "lines", "file": self._file(lines_of(value), "txt")}
        return self._items(value, path)

    def _items(self, values: Iterable[Any], path: str) -> list[Any]:
        self._enter(values, path)
        items = [self.encode(value, f"{path}[{i}]") for i, value in enumerate(values)]
        self._open.discard(id(values))
        return items

    def _enter(self, value: Any, path: str) -> None:
        if id(value) in self._open:
            raise ValueError(f"{path} cannot be saved: it contains itself.")
        self._open.add(id(value))

    def _tuple(self, value: Any, path: str) -> Node:
        return {"$": "tuple", "items": self._list(value, path)}

    def _set(self, value: Collection[Any], path: str) -> Node:
        self._refuse_colliding(value, path)
        ordered = sorted(value, key=repr)  # equal sets give equal files
        return {"$": type(value).__name__, "items": self._list(ordered, path)}

    def _dict(self, value: dict[Any, Any], path: str) -> Node:
        if len(value) > _SHORT and set(map(type, value)) == {str}:
            kinds = set(map(type, value.values()))
            if all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds):
                return self._vocabulary(value)
        self._refuse_colliding(value, path)
        self._enter(value, path)
        items = [
            [self.encode(key, f"{path} key"), self.encode(entry, f"{path}[{key!r}]")]
            for key, entry in value.items()
        ]
        self._open.discard(id(value))
        return {"$": "dict", "items": items}

    def _refuse_colliding(self, keys: Collection[Any], path: str) -> None:
        if may_collide(keys):
            raise ValueError(
                f"{path} cannot be saved: it has {len(keys)} entries whose keys are not all str; "
                f"use str keys, or at most {_SHORT} entries."
            )

    def _vocabulary(self, value: dict[str, int]) -> Node:
        """Write a large dict of str to int: its keys, and its values unless 0, 1, 2, ..."""
        node: Node = {"$": "vocabulary", "file": self._file(lines_of(value), "txt")}
        columns = np.fromiter(value.values(), np.int64, len(value))
        if not np.array_equal(columns, np.arange(len(columns))):
            node["columns"] = self._file(array_bytes(columns), "npy")
        return node

    def _array(self, value: AnyArray, path: str) -> Node:
        if value.dtype.kind == "O":
            return self._strings(value, path)
        if not is_plain(value.dtype):
            raise ValueError(
                f"{path} cannot be saved: it is an array of dtype {value.dtype}. {_REMEDY}"
            )
        return {"$": "array", "file": self._file(array_bytes(value), "npy")}

    def _strings(self, value: AnyArray, path: str) -> Node:
        flat = value.ravel().tolist()
        for i, entry in enumerate(flat):
            if type(entry) is not str:
                raise ValueError(
                    f"{path} cannot be saved: entry {i} is a {type(entry).__name__}, and an object "
                    f"array may contain str only. {_REMEDY}"
                )
        shape = list(value.shape)
        return {"$": "strings", "file": self._file(lines_of(flat), "txt"), "shape": shape}

    def _ndarray(self, value: AnyArray, path: str) -> Node:
        return self._remember(value, self._array(value, path))

    def _scalar(self, value: np.generic, path: str) -> Node:
        if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
            raise self._refusal(value, path)
        return {"$": "scalar", "dtype": value.dtype.str, "value": self.encode(value.item(), path)}

    def _sparse(self, value: Any, path: str) -> Node:
        parts = {
            name: self._ndarray(getattr(value, name), f"{path}.{name}")
            for name in ("data", "indices", "indptr")
        }
        shape = [int(n) for n in value.shape]
        return {"$": "sparse", "format": type(value).__name__, "shape": shape, **parts}

    def _random_state(self, value: np.random.RandomState, path: str) -> Node:
        state = value.get_state(legacy=False)
        return {"$": "random state", "state": self.encode(state, path)}

    def _dtype(self, value: np.dtype, path: str) -> Node:
        if not is_plain(value):
            raise self._refusal(value, path)
        return {"$": "dtype", "value": value.str}

    def _slice(self, value: slice, path: str) -> Node:
        return {"$": "slice", "items": self._items([value.start, value.stop, value.step], path)}

    def _requests(self, value: MetadataRequest, path: str) -> Node:
        owner = value.owner if isinstance(value.owner, str) else type(value.owner).__name__
        methods = {
            method: dict(part.requests)
            for method, part in vars(value).items()
            if method != "owner" and part.requests
        }
        return {"$": "requests", "owner": owner, "methods": self.encode(methods, path)}

    def _folder(self, value: SavedFolder, path: str) -> Node:
        from safetensors.numpy import save

        folder = f"{value.name}_{self._n_files}"
        self._n_files += 1
        for name, content in value.files.items():
            self._writer.write(f"{folder}/{name}", content)
        self._writer.write(f"{folder}/model.safetensors", save(value.tensors))
        return {"$": "folder", "name": folder, "files": sorted(value.files)}

    def _object(self, value: Any, key: str, path: str) -> Node:
        self._enter(value, path)
        cls = type(value)
        self.classes.add(key)
        if isinstance(value, np.ndarray):
            state = {"of": np.asarray(value)}
        else:
            state = dict(value._to_saved() if hasattr(value, "_to_saved") else vars(value))
        self._checker.normalize(key, cls, state)
        items = {name: self.encode(entry, f"{path}.{name}") for name, entry in state.items()}
        try:
            self._checker.remember(value, self._checker.check(key, cls, state))
        except ValueError as error:
            raise ValueError(f"{path} cannot be saved: {error}") from error
        self._open.discard(id(value))
        if isinstance(value, np.ndarray):
            return self._remember(value, {"$": "view", "class": key, **items})
        reference = {"$": "same", "object": self._n_objects}
        self._n_objects += 1
        return self._remember(value, {"$": "object", "class": key, "state": items}, reference)


def may_collide(keys: Collection[Any]) -> bool:
    """Whether there are many keys that are not all str: their hashes could collide on purpose."""
    return len(keys) > _SHORT and set(map(type, keys)) != {str}


_ENCODERS = cast(
    dict[type, Callable[[Encoder, Any, str], Any]],
    {
        str: Encoder._str,
        float: Encoder._float,
        list: Encoder._list,
        tuple: Encoder._tuple,
        set: Encoder._set,
        frozenset: Encoder._set,
        dict: Encoder._dict,
        slice: Encoder._slice,
        np.ndarray: Encoder._ndarray,
        np.random.RandomState: Encoder._random_state,
        SavedFolder: Encoder._folder,
        MetadataRequest: Encoder._requests,
        **dict.fromkeys(COMPRESSED.values(), Encoder._sparse),
        **dict.fromkeys({type(np.dtype(c)) for c in "?bhilqBHILQefdFDUS"}, Encoder._dtype),
    },
)
