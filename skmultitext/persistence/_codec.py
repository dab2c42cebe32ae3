"""An estimator as a tree of JSON, and back; arrays and long lists of str go into files.

Scalars and lists stand for themselves in the tree. Anything else is a node: an object whose "$"
says what it is. A class of ours may say what it is saved as, `_to_saved(self)` -> dict, and how it
is made of that, `_from_saved(cls, state)`, where its attributes are not plain data or must be
checked; all other classes are saved as their attributes.
"""

import math
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
import scipy.sparse as sp
from sklearn.utils.metadata_routing import MetadataRequest

from ..exceptions import ModelFileError
from ._allowed import find_allowed, key_of
from ._arrays import array_bytes, is_plain, lines_of, parse_array, parse_lines

__all__ = ["Decoder", "Encoder", "SavedFolder"]

_REMEDY = (
    "save keeps data, not code. Set it to something built in, or keep this estimator with joblib, "
    "whose files only load where they are trusted."
)
_SHORT = 32  # longer lists and dicts of str get a file of their own
_COMPRESSED = {
    cls.__name__: cls for cls in (sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array)
}
_INF = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


@dataclass(frozen=True)
class SavedFolder:
    """Files that keep their names, and tensors that go into ``model.safetensors`` beside them.

    Parameters
    ----------
    name : str
        Name of the folder.
    files : dict of {str: bytes}
        Content of the files.
    tensors : dict of {str: ndarray}
        The tensors, of any shape.
    """

    name: str
    files: dict
    tensors: dict


class Encoder:
    """Makes the tree of an estimator, and writes its files.

    Parameters
    ----------
    writer : DirectoryWriter or ZipWriter
        Takes the files.

    Attributes
    ----------
    classes : set of str
        Keys of the classes met so far.
    """

    def __init__(self, writer):
        self.classes = set()
        self._writer = writer
        self._n_files = 0
        self._n_objects = 0
        self._known = {}  # id -> node that means the same array or object
        self._kept = []  # what has an id there must live as long
        self._open = set()

    def encode(self, value, path):
        """Make the tree of a value.

        Parameters
        ----------
        value : object
            The value.
        path : str
            What it is called, for errors.

        Returns
        -------
        object
            None, bool, int, float, str, list or dict.

        Raises
        ------
        ValueError
            If something in it cannot be saved; the message says where.
        """
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
        if key_of(kind) is not None:
            return self._object(value, path)
        raise self._refuse(value, path)

    def _refuse(self, value, path):
        kind = type(value)
        named = getattr(value, "__qualname__", None) if callable(value) else None
        what = f"{named!r}, a {kind.__name__}" if named else f"a {kind.__module__}.{kind.__name__}"
        return ValueError(f"{path} cannot be saved: it is {what}. {_REMEDY}")

    def _remember(self, value, node, meaning=None):
        self._kept.append(value)
        self._known[id(value)] = meaning or node
        return node

    def _file(self, content, suffix):
        name = f"data/{self._n_files:04d}.{suffix}"
        self._n_files += 1
        self._writer.write(name, content)
        return name

    def _str(self, value, path):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:  # halves of surrogate pairs: JSON would join two of them
            return {"$": "code points", "hex": value.encode("utf-32-be", "surrogatepass").hex()}
        return value

    def _float(self, value, path):
        return value if math.isfinite(value) else {"$": "float", "value": repr(value)}

    def _list(self, value, path):
        if len(value) > _SHORT and set(map(type, value)) == {str}:
            return {"$": "lines", "file": self._file(lines_of(value), "txt")}
        return self._items(value, path)

    def _items(self, values, path):
        if id(values) in self._open:
            raise ValueError(f"{path} cannot be saved: it holds itself.")
        self._open.add(id(values))
        items = [self.encode(value, f"{path}[{i}]") for i, value in enumerate(values)]
        self._open.discard(id(values))
        return items

    def _tuple(self, value, path):
        return {"$": "tuple", "items": self._list(value, path)}

    def _set(self, value, path):
        ordered = sorted(value, key=repr)  # the same set makes the same file
        return {"$": type(value).__name__, "items": self._list(ordered, path)}

    def _dict(self, value, path):
        if id(value) in self._open:
            raise ValueError(f"{path} cannot be saved: it holds itself.")
        if len(value) > _SHORT and set(map(type, value)) == {str}:
            kinds = set(map(type, value.values()))
            if all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds):
                return self._vocabulary(value)
        self._open.add(id(value))
        items = [
            [self.encode(key, f"{path} key"), self.encode(entry, f"{path}[{key!r}]")]
            for key, entry in value.items()
        ]
        self._open.discard(id(value))
        return {"$": "dict", "items": items}

    def _vocabulary(self, value):
        """Write a dict of many str to int as its keys, and its values where they do not count."""
        node = {"$": "vocabulary", "file": self._file(lines_of(value), "txt")}
        columns = np.fromiter(value.values(), np.int64, len(value))
        if not np.array_equal(columns, np.arange(len(columns))):
            node["columns"] = self._file(array_bytes(columns), "npy")
        return node

    def _array(self, value, path):
        if value.dtype.kind == "O":
            return self._strings(value, path)
        if not is_plain(value.dtype):
            raise ValueError(f"{path} cannot be saved: it is an array of {value.dtype}. {_REMEDY}")
        return {"$": "array", "file": self._file(array_bytes(value), "npy")}

    def _strings(self, value, path):
        flat = value.ravel().tolist()
        for i, entry in enumerate(flat):
            if type(entry) is not str:
                raise ValueError(
                    f"{path} cannot be saved: entry {i} is a {type(entry).__name__}, and an array "
                    f"of objects may hold str only. {_REMEDY}"
                )
        shape = list(value.shape)
        return {"$": "strings", "file": self._file(lines_of(flat), "txt"), "shape": shape}

    def _ndarray(self, value, path):
        return self._remember(value, self._array(value, path))

    def _scalar(self, value, path):
        if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
            raise self._refuse(value, path)
        return {"$": "scalar", "dtype": value.dtype.str, "value": self.encode(value.item(), path)}

    def _sparse(self, value, path):
        parts = {
            name: self._ndarray(getattr(value, name), f"{path}.{name}")
            for name in ("data", "indices", "indptr")
        }
        shape = [int(n) for n in value.shape]
        return {"$": "sparse", "format": type(value).__name__, "shape": shape, **parts}

    def _random_state(self, value, path):
        state = value.get_state(legacy=False)
        return {"$": "random state", "state": self.encode(state, path)}

    def _dtype(self, value, path):
        if not is_plain(value):
            raise self._refuse(value, path)
        return {"$": "dtype", "value": value.str}

    def _slice(self, value, path):
        return {"$": "slice", "items": self._items([value.start, value.stop, value.step], path)}

    def _requests(self, value, path):
        owner = value.owner if isinstance(value.owner, str) else type(value.owner).__name__
        methods = {
            method: dict(part.requests)
            for method, part in vars(value).items()
            if method != "owner" and part.requests
        }
        return {"$": "requests", "owner": owner, "methods": self.encode(methods, path)}

    def _folder(self, value, path):
        from safetensors.numpy import save

        folder = f"{value.name}_{self._n_files}"
        self._n_files += 1
        for name, content in value.files.items():
            self._writer.write(f"{folder}/{name}", content)
        self._writer.write(f"{folder}/model.safetensors", save(value.tensors))
        return {"$": "folder", "name": folder, "files": sorted(value.files)}

    def _object(self, value, path):
        if id(value) in self._open:
            raise ValueError(f"{path} cannot be saved: it holds itself.")
        self._open.add(id(value))
        key = key_of(type(value))
        self.classes.add(key)
        if isinstance(value, np.ndarray):
            node = {"$": "view", "class": key, "of": self._ndarray(np.asarray(value), path)}
            return self._remember(value, node)
        state = value._to_saved() if hasattr(value, "_to_saved") else vars(value)
        items = {name: self.encode(entry, f"{path}.{name}") for name, entry in state.items()}
        self._open.discard(id(value))
        meaning = {"$": "same", "object": self._n_objects}
        self._n_objects += 1
        return self._remember(value, {"$": "object", "class": key, "state": items}, meaning)


_ENCODERS = {
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
    **dict.fromkeys(_COMPRESSED.values(), Encoder._sparse),
    **dict.fromkeys({type(np.dtype(c)) for c in "?bhilqBHILQefdFDUS"}, Encoder._dtype),
}


class Decoder:
    """Makes an estimator of its tree and its files.

    Parameters
    ----------
    read : callable
        ``read(name)`` -> bytes of a file, checked.
    """

    def __init__(self, read):
        self._read = read
        self._objects = []
        self._arrays = {}

    def decode(self, node):
        """Make the value of a tree.

        Parameters
        ----------
        node : object
            What `json` has read.

        Returns
        -------
        object
            The value.

        Raises
        ------
        ModelFileError
            If the tree is not one that `Encoder` makes.
        """
        if isinstance(node, list):
            return [self.decode(item) for item in node]
        if not isinstance(node, dict):
            return node
        kind = node.get("$")
        if not isinstance(kind, str) or kind not in _DECODERS:
            raise ModelFileError(f"The saved model holds a {str(kind)[:100]!r}, which is unknown.")
        return _DECODERS[kind](self, node)

    def _code_points(self, node):
        return bytes.fromhex(node["hex"]).decode("utf-32-be", "surrogatepass")

    def _float(self, node):
        return _INF[node["value"]]

    def _lines(self, node):
        return parse_lines(self._read(node["file"]), node["file"])

    def _collection(self, node):
        make = {"tuple": tuple, "set": set, "frozenset": frozenset}[node["$"]]
        return make(self.decode(node["items"]))

    def _dict(self, node):
        return {self.decode(key): self.decode(entry) for key, entry in node["items"]}

    def _vocabulary(self, node):
        keys = self._lines(node)
        columns = range(len(keys))
        if "columns" in node:
            columns = parse_array(self._read(node["columns"]), node["columns"]).tolist()
        return dict(zip(keys, columns, strict=True))

    def _array(self, node):
        name = node["file"]
        # each file once: many nodes of one large file must not multiply it
        if name not in self._arrays:
            self._arrays[name] = parse_array(self._read(name), name)
        return self._arrays[name]

    def _strings(self, node):
        name = node["file"]
        if name not in self._arrays:
            lines = self._lines(node)
            array = np.empty(len(lines), dtype=object)
            array[:] = lines
            self._arrays[name] = array.reshape(node["shape"])
        return self._arrays[name]

    def _scalar(self, node):
        dtype = np.dtype(node["dtype"])
        if dtype.kind not in "biuf":
            raise ModelFileError(f"The saved model has a scalar of the dtype {dtype}.")
        return dtype.type(self.decode(node["value"]))

    def _sparse(self, node):
        parts = tuple(self.decode(node[name]) for name in ("data", "indices", "indptr"))
        matrix = _COMPRESSED[node["format"]](parts, shape=tuple(node["shape"]))
        matrix.check_format(full_check=True)  # an index out of range would read foreign memory
        return matrix

    def _random_state(self, node):
        state = self.decode(node["state"])
        if not 0 <= state["state"]["pos"] <= 624:  # numpy does not look, and would read beyond
            raise ModelFileError("The saved model holds a random state out of its range.")
        generator = np.random.RandomState()
        generator.set_state(state)
        return generator

    def _dtype(self, node):
        dtype = np.dtype(node["value"])
        if not is_plain(dtype):
            raise ModelFileError(f"The saved model names the dtype {dtype}.")
        return dtype

    def _slice(self, node):
        return slice(*self.decode(node["items"]))

    def _requests(self, node):
        value = MetadataRequest(owner=node["owner"])  # names it in messages
        methods = set(vars(value)) - {"owner"}
        for method, requests in self.decode(node["methods"]).items():
            if method not in methods:
                raise ModelFileError(
                    f"The saved model requests metadata for {str(method)[:100]!r}."
                )
            for name, alias in requests.items():
                getattr(value, method).add_request(param=name, alias=alias)
        return value

    def _path(self, node):
        return Path(self.decode(node["value"]))

    def _name(self, node):
        return find_allowed(node["key"])

    def _folder(self, node):
        from safetensors.numpy import load

        name = node["name"]
        files = {file: bytes(self._read(f"{name}/{file}")) for file in node["files"]}
        return SavedFolder(name, files, load(bytes(self._read(f"{name}/model.safetensors"))))

    def _view(self, node):
        return self.decode(node["of"]).view(_as_class(node["class"]))

    def _same(self, node):
        return self._objects[node["object"]]

    def _object(self, node):
        cls = _as_class(node["class"])
        state = {name: self.decode(entry) for name, entry in node["state"].items()}
        for name in state:
            # an attribute must not stand before a method
            if not name.isidentifier() or callable(getattr(cls, name, None)):
                raise ModelFileError(f"{name[:100]!r} is no attribute of {cls.__name__}.")
        if hasattr(cls, "_from_saved"):
            value = cls._from_saved(state)
        else:
            value = cls.__new__(cls)
            vars(value).update(state)
        self._objects.append(value)
        return value


def _as_class(key):
    cls = find_allowed(key)
    if not isinstance(cls, type):
        raise ModelFileError(f"The saved model takes {key} for a class.")
    return cls


_DECODERS = {
    "code points": Decoder._code_points,
    "float": Decoder._float,
    "lines": Decoder._lines,
    **dict.fromkeys(("tuple", "set", "frozenset"), Decoder._collection),
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
