"""Rebuild an estimator from its tree and its files, which are not trusted."""

import math
from collections.abc import Callable, Container
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.metadata_routing import MetadataRequest

from .._gate.types import AnyArray
from .._runtime.pickling import SavedFolder
from ..exceptions import ModelFileError
from ._allowed import find_allowed
from ._arrays import is_plain, mapped_array, parse_array, parse_lines
from ._encoding import COMPRESSED, Node, may_collide
from ._schema import Checker
from ._schemas_own import SCHEMAS

__all__ = ["Decoder"]

_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_COLLECTIONS: dict[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}


class Decoder:
    """Rebuilds an estimator from its tree.

    ``read(name)`` returns the checked bytes of a file; `patterns` are the legal regular
    expressions, None for any. ``map_file(name)``, if given, maps a file whose class checks the
    entries when it uses them.
    """

    def __init__(
        self,
        read: Callable[[Any], bytes],
        patterns: Container[str | None] | None = None,
        map_file: Callable[[Any], mmap] | None = None,
    ) -> None:
        self._read = read
        self._map_file = map_file
        self._checker = Checker(SCHEMAS, patterns)
        self._objects: list[Any] = []
        self._views: list[Any] = []  # keeps them alive: the checker refers to them by id
        self._arrays: dict[str, AnyArray] = {}

    def decode(self, node: Any) -> Any:
        """Build the value of a tree that `json` has read."""
        if isinstance(node, list):
            return [self.decode(item) for item in node]
        if not isinstance(node, dict):
            return node
        kind = node.get("$")
        if not isinstance(kind, str) or kind not in _DECODERS:
            raise ModelFileError(
                f"The saved model contains a node of the unknown kind {str(kind)[:100]!r}."
            )
        return _DECODERS[kind](self, node)

    def _code_points(self, node: Node) -> str:
        return bytes.fromhex(node["hex"]).decode("utf-32-be", "surrogatepass")

    def _float(self, node: Node) -> float:
        return _NOT_FINITE[node["value"]]

    def _lines(self, node: Node) -> list[str]:
        return parse_lines(self._read(node["file"]), node["file"])

    def _collection(self, node: Node) -> Any:
        items = self.decode(node["items"])
        if node["$"] != "tuple" and may_collide(items):
            raise ModelFileError(
                f"The saved model contains a set of {len(items)} entries that are not all str."
            )
        return _COLLECTIONS[node["$"]](items)

    def _dict(self, node: Node) -> dict[Any, Any]:
        keys = [self.decode(key) for key, _ in node["items"]]
        if may_collide(keys):
            raise ModelFileError(
                f"The saved model contains a dict of {len(keys)} keys that are not all str."
            )
        return {
            key: self.decode(entry) for key, (_, entry) in zip(keys, node["items"], strict=True)
        }

    def _vocabulary(self, node: Node) -> dict[str, int]:
        keys = self._lines(node)
        columns = range(len(keys))
        if "columns" in node:
            columns = parse_array(self._read(node["columns"]), node["columns"]).tolist()
        return dict(zip(keys, columns, strict=True))

    def _array(self, node: Node) -> AnyArray:
        name = node["file"]
        # read each file once: nodes that repeat the name of a large file must not multiply memory
        if name not in self._arrays:
            self._arrays[name] = parse_array(self._read(name), name)
        return self._arrays[name]

    def _attribute(self, cls: Any, name: str, node: Any) -> Any:
        """Build an attribute of an object, from a mapped file where its class allows that."""
        is_array = isinstance(node, dict) and node.get("$") == "array"
        if self._map_file is None or not is_array or name not in getattr(cls, "MAPPABLE", ()):
            return self.decode(node)
        file = node["file"]
        if file not in self._arrays:
            self._arrays[file] = mapped_array(self._map_file(file), file)
        return self._arrays[file]

    def _strings(self, node: Node) -> AnyArray:
        name = node["file"]
        if name not in self._arrays:
            lines = self._lines(node)
            array = np.empty(len(lines), dtype=object)
            array[:] = lines
            self._arrays[name] = array.reshape(node["shape"])
        return self._arrays[name]

    def _scalar(self, node: Node) -> Any:
        dtype = np.dtype(node["dtype"])
        if dtype.kind not in "biuf":
            raise ModelFileError(
                f"The saved model contains a scalar of dtype {dtype}; only numbers are read."
            )
        return dtype.type(self.decode(node["value"]))

    def _sparse(self, node: Node) -> sp.sparray | sp.spmatrix:
        parts = tuple(self.decode(node[name]) for name in ("data", "indices", "indptr"))
        matrix = COMPRESSED[node["format"]](parts, shape=tuple(node["shape"]))
        matrix.check_format(full_check=True)  # an index out of range would read other memory
        return matrix

    def _random_state(self, node: Node) -> np.random.RandomState:
        state = self.decode(node["state"])
        if not 0 <= state["state"]["pos"] <= 624:  # numpy does not check the position
            raise ModelFileError(
                "The saved model contains a random state with a position outside of [0, 624]."
            )
        generator = np.random.RandomState()
        generator.set_state(state)
        return generator

    def _dtype(self, node: Node) -> np.dtype:
        dtype = np.dtype(node["value"])
        if not is_plain(dtype):
            raise ModelFileError(
                f"The saved model names the dtype {dtype}; only numbers and str are read."
            )
        return dtype

    def _slice(self, node: Node) -> slice:
        return slice(*self.decode(node["items"]))

    def _requests(self, node: Node) -> MetadataRequest:
        value = MetadataRequest(owner=node["owner"])  # scikit-learn's error messages name the owner
        methods = set(vars(value)) - {"owner"}
        for method, requests in self.decode(node["methods"]).items():
            if method not in methods:
                raise ModelFileError(
                    f"The saved model requests metadata for {str(method)[:100]!r}, which is not a "
                    f"method of scikit-learn's routing."
                )
            for name, alias in requests.items():
                getattr(value, method).add_request(param=name, alias=alias)
        return value

    def _path(self, node: Node) -> Path:
        return Path(self.decode(node["value"]))

    def _name(self, node: Node) -> Any:
        return find_allowed(node["key"])

    def _folder(self, node: Node) -> SavedFolder:
        from safetensors.numpy import load

        name = node["name"]
        files = {file: bytes(self._read(f"{name}/{file}")) for file in node["files"]}
        return SavedFolder(name, files, load(bytes(self._read(f"{name}/model.safetensors"))))

    def _view(self, node: Node) -> AnyArray:
        key, cls = node["class"], _class_of(node["class"])
        array = self.decode(node["of"])
        found = self._checker.check(key, cls, {"of": array})
        view = array.view(cls)
        self._views.append(view)
        self._checker.remember(view, found)
        return view

    def _same(self, node: Node) -> Any:
        place = node["object"]
        if type(place) is not int or not 0 <= place < len(self._objects):
            raise ModelFileError("The saved model refers to an object before it defines it.")
        return self._objects[place]

    def _object(self, node: Node) -> Any:
        key, cls = node["class"], _class_of(node["class"])
        state = {name: self._attribute(cls, name, entry) for name, entry in node["state"].items()}
        self._checker.normalize(key, cls, state)
        found = self._checker.check(key, cls, state)
        if hasattr(cls, "_from_saved"):
            value = cls._from_saved(state)
        else:
            value = cls.__new__(cls)
            vars(value).update(state)
        self._objects.append(value)
        self._checker.remember(value, found)
        return value

    def is_fitted(self, value: object) -> bool:
        """Whether a value that this decoder built is a fitted estimator."""
        found = self._checker.found(value)
        return found is not None and found.is_estimator and found.fitted


def _class_of(key: object) -> Any:
    cls = find_allowed(key)
    if not isinstance(cls, type):
        raise ModelFileError(f"The saved model uses {key} as a class, which it is not.")
    return cls


_DECODERS: dict[str, Callable[[Decoder, Node], Any]] = {
    "code points": Decoder._code_points,
    "float": Decoder._float,
    "lines": Decoder._lines,
    **dict.fromkeys(_COLLECTIONS, Decoder._collection),
    "dict": Decoder._dict,
    "vocabulary": Decoder._vocabulary,
    "array": Decoder._array,
    "strings": Decoder._strings,
    "scalar": Decoder._scalar,
    "sparse": Decoder._sparse,
    "random state": Decoder._random_state,
    "dtype": Decoder._dtype,
    "slice": Decoder._slice,
    "requests": Decoder._requests,
    "path": Decoder._path,
    "name": Decoder._name,
    "folder": Decoder._folder,
    "view": Decoder._view,
    "same": Decoder._same,
    "object": Decoder._object,
}
