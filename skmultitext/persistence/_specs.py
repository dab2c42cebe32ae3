"""Specifications: the legal types, ranges and sizes of an attribute of a saved object.

A specification has one method, ``check(value, place)``, which raises ModelFileError. Sizes have
names: an axis called "n_labels" has the same length in every array of an object. A `Part` maps
sizes of an inner object to sizes of the outer one, so that all parts of a tagger agree.
"""

import os
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import PurePath, PureWindowsPath
from typing import Any, NoReturn

import numpy as np
import scipy.sparse as sp

from .._runtime.messages import shown
from ..exceptions import ModelFileError
from ._allowed import key_of

__all__ = [
    "Choice",
    "DType",
    "Either",
    "Flag",
    "Instance",
    "LeftOut",
    "Listed",
    "LocalPath",
    "Mapped",
    "Named",
    "Number",
    "Part",
    "Pattern",
    "Place",
    "Plain",
    "Record",
    "Size",
    "Specification",
    "Text",
    "Tuple",
    "Vocabulary",
    "check_keys",
    "describe",
    "shown_path",
]

_LONGEST_PATTERN = 10_000
_LARGEST = 2**63 - 1
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?")


@dataclass
class Place:
    """The value being checked (`path`, for errors), and what is known about its object."""

    path: str
    sizes: dict[str, int]  # sizes of the object known so far; checks add to them
    objects: dict[int, Any] = field(default_factory=dict)  # id -> what a Checker found
    patterns: Container[str | None] | None = None  # legal regular expressions; None for any

    def at(self, key: object) -> "Place":
        """Return the place of an entry."""
        return Place(f"{self.path}[{key!r}]", self.sizes, self.objects, self.patterns)

    def refuse(self, value: Any, wanted: str) -> NoReturn:
        """Raise the error that the value is not `wanted`."""
        raise ModelFileError(f"{self.path} is {describe(value)}; it must be {wanted}.")

    def bind(self, name: str | int, size: int, value: Any) -> None:
        """Set a named size, such as "n_labels+1", or compare it with the known one."""
        if isinstance(name, int):
            if name != size:
                raise ModelFileError(
                    f"{self.path} is {describe(value)}; its size is {size}, but must be {name}."
                )
            return
        name, _, extra = name.partition("+")
        size -= int(extra or 0)
        if size < 1:
            raise ModelFileError(f"{self.path} is {describe(value)}; {name} must be at least 1.")
        known = self.sizes.setdefault(name, size)
        if known != size:
            raise ModelFileError(
                f"{self.path} is {describe(value)}: {name} is {size} here, but {known} in the rest "
                f"of the model."
            )


class Specification(ABC):
    """A condition on a value."""

    @abstractmethod
    def check(self, value: Any, place: Place) -> None:
        """Raise ModelFileError unless the value meets the specification."""


def describe(value: Any) -> str:
    """Describe a value in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if sp.issparse(value):
        return f"a {type(value).__name__} of shape {value.shape} and dtype {value.dtype}"
    if value is None or isinstance(value, bool | Real):
        return repr(value)[:100]
    if isinstance(value, str):
        return repr(value[:100])
    return f"a {type(value).__name__}"


def check_keys(
    path: str, found: Iterable[Any], entries: Iterable[str], optional: Container[str]
) -> None:
    """Refuse a dict with an unknown or without a required entry."""
    found, entries = dict.fromkeys(found), dict.fromkeys(entries)
    for name in found:
        if name not in entries:
            raise ModelFileError(f"{path} has the unknown entry {str(name)[:100]!r}.")
    for name in entries:
        if name not in found and name not in optional:
            raise ModelFileError(f"{path} has no entry {shown(name)}.")


@dataclass(frozen=True)
class Number(Specification):
    """A finite number; with `whole` an integer; with `size` a named size."""

    low: float = -_LARGEST
    high: float = _LARGEST
    whole: bool = False
    size: str | None = None

    def check(self, value: Any, place: Place) -> None:
        kind: Any = Integral if self.whole else Real
        if not isinstance(value, kind) or isinstance(value, bool) or np.ndim(value):
            place.refuse(value, "an integer" if self.whole else "a number")
        if not self.low <= value <= self.high:  # NaN is outside
            place.refuse(value, f"from {self.low:g} to {self.high:g}")
        if self.size is not None:
            place.bind(self.size, int(value), value)


def Size(name: str) -> Number:
    """Specify an integer of at least 1 that is a named size."""
    return Number(1, _LARGEST, whole=True, size=name)


@dataclass(frozen=True)
class Flag(Specification):
    """True or False."""

    def check(self, value: Any, place: Place) -> None:
        if not isinstance(value, bool | np.bool_):
            place.refuse(value, "True or False")


@dataclass(frozen=True, init=False)
class Choice(Specification):
    """One of a few values, None and str."""

    values: tuple[str | None, ...]

    def __init__(self, *values: str | None) -> None:
        object.__setattr__(self, "values", values)

    def check(self, value: Any, place: Place) -> None:
        if not any(type(value) is type(one) and value == one for one in self.values):
            place.refuse(value, f"one of {', '.join(map(repr, self.values))}")


@dataclass(frozen=True)
class Text(Specification):
    """A str."""

    def check(self, value: Any, place: Place) -> None:
        if type(value) is not str:
            place.refuse(value, "a str")


@dataclass(frozen=True)
class Pattern(Specification):
    """A legal regular expression with at most one group."""

    def check(self, value: Any, place: Place) -> None:
        if type(value) is not str or len(value) > _LONGEST_PATTERN:
            place.refuse(value, f"a regular expression of at most {_LONGEST_PATTERN} characters")
        if place.patterns is not None and value not in place.patterns:
            place.refuse(value, "one of the patterns of this package, unless allow_patterns=True")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                n_groups = re.compile(value).groups
        except (re.error, OverflowError, RecursionError, MemoryError) as error:
            place.refuse(value, f"a regular expression ({error})")
        if n_groups > 1:
            place.refuse(value, "a regular expression with at most one group")


@dataclass(frozen=True)
class Vocabulary(Specification):
    """A dict of str to column, with each of the columns 0, 1, ... once."""

    size: str

    def check(self, value: Any, place: Place) -> None:
        if type(value) is not dict or not set(map(type, value)) <= {str}:
            place.refuse(value, "a dict of str to int")
        place.bind(self.size, len(value), value)
        if not set(map(type, value.values())) <= {int, np.int32, np.int64}:
            place.refuse(value, "a dict of str to int")
        try:
            columns = np.fromiter(value.values(), np.int64, len(value))
        except OverflowError:
            columns = np.array([-1])
        seen = np.zeros(len(value), dtype=bool)
        legal = (columns >= 0) & (columns < len(value))
        seen[columns[legal]] = True
        if not (legal.all() and seen.all()):
            raise ModelFileError(
                f"{place.path} has {len(value)} terms; their columns must be 0 to "
                f"{len(value) - 1}, each once."
            )


@dataclass(frozen=True)
class Listed(Specification):
    """A list or tuple whose items all match one specification."""

    item: Specification
    size: str | None = None
    kinds: tuple[type, ...] = (list, tuple)
    distinct: bool = False
    least: int = 0

    def check(self, value: Any, place: Place) -> None:
        if type(value) not in self.kinds or len(value) < self.least:
            place.refuse(value, f"a {self.kinds[0].__name__} of at least {self.least}")
        if self.size is not None:
            place.bind(self.size, len(value), value)
        for i, item in enumerate(value):
            self.item.check(item, place.at(i))
        if self.distinct and len(set(value)) < len(value):
            raise ModelFileError(f"{place.path} contains an entry twice.")


@dataclass(frozen=True, init=False)
class Tuple(Specification):
    """A tuple with a specification for each item."""

    items: tuple[Specification, ...]

    def __init__(self, *items: Specification) -> None:
        object.__setattr__(self, "items", items)

    def check(self, value: Any, place: Place) -> None:
        if type(value) is not tuple or len(value) != len(self.items):
            place.refuse(value, f"a tuple of {len(self.items)}")
        for i, item in enumerate(self.items):
            item.check(value[i], place.at(i))


@dataclass(frozen=True)
class Record(Specification):
    """A dict with these keys."""

    entries: Mapping[str, Specification]
    optional: frozenset[str] = frozenset()

    def check(self, value: Any, place: Place) -> None:
        if type(value) is not dict:
            place.refuse(value, "a dict")
        check_keys(place.path, value, self.entries, self.optional)
        for name, entry in value.items():
            self.entries[name].check(entry, place.at(name))


@dataclass(frozen=True)
class Mapped(Specification):
    """A dict with str keys whose values all match one specification."""

    entry: Specification

    def check(self, value: Any, place: Place) -> None:
        if type(value) is not dict or not set(map(type, value)) <= {str}:
            place.refuse(value, "a dict with str keys")
        for name, entry in value.items():
            self.entry.check(entry, place.at(name))


@dataclass(frozen=True, init=False)
class Either(Specification):
    """A value that matches one of several specifications."""

    choices: tuple[Specification, ...]

    def __init__(self, *choices: Specification) -> None:
        object.__setattr__(self, "choices", choices)

    def check(self, value: Any, place: Place) -> None:
        problems = []
        for choice in self.choices:
            trial = Place(place.path, dict(place.sizes), place.objects, place.patterns)
            try:
                choice.check(value, trial)
            except ModelFileError as error:
                problems.append(error)
            else:
                place.sizes.update(trial.sizes)
                return
        raise problems[-1]


@dataclass(frozen=True)
class Part(Specification):
    """An object of one of these classes; `sizes` maps its sizes to sizes of the outer object.

    Sizes that the object does not have are not compared.
    """

    classes: tuple[str, ...] = ()  # keys of the table; none for any estimator
    sizes: Mapping[str, str | int] = field(default_factory=dict)
    fitted: bool = True
    method: str | None = None  # what the object must have: a vectorizer has no "predict"

    def check(self, value: Any, place: Place) -> None:
        found: Any = place.objects.get(id(value))
        key = getattr(found, "key", None)
        if key is None or not (key in self.classes if self.classes else found.is_estimator):
            place.refuse(value, " or ".join(self.classes) or "an estimator")
        if self.method is not None and not hasattr(value, self.method):
            place.refuse(value, f"an estimator with {self.method}")
        if self.fitted and not found.fitted:
            raise ModelFileError(f"{place.path} is not fitted.")
        for inner, outer in self.sizes.items():
            if inner in found.sizes:
                place.bind(outer, found.sizes[inner], value)


@dataclass(frozen=True)
class Named(Specification):
    """A class or function of the table with one of these keys."""

    keys: tuple[str, ...]

    def check(self, value: Any, place: Place) -> None:
        if key_of(value) not in self.keys:
            place.refuse(value, f"one of {', '.join(self.keys)}")


@dataclass(frozen=True)
class DType(Specification):
    """A dtype of numbers: a class of the table, a dtype, or its name."""

    def check(self, value: Any, place: Place) -> None:
        known = isinstance(value, np.dtype | str) or key_of(value) is not None
        try:
            legal = known and np.dtype(value).kind in "iuf"
        except TypeError:
            legal = False
        if not legal:
            place.refuse(value, "a dtype of numbers")


@dataclass(frozen=True)
class Instance(Specification):
    """An object of a class that is not in the table."""

    cls: type

    def check(self, value: Any, place: Place) -> None:
        if type(value) is not self.cls:
            place.refuse(value, f"a {self.cls.__name__}")


@dataclass(frozen=True)
class Plain(Specification):
    """Data not used in predictions: numbers, str, and lists, dicts and arrays of them."""

    def check(self, value: Any, place: Place) -> None:
        kinds = bool | np.bool_ | Real | str | PurePath | np.random.RandomState | slice
        if value is None or isinstance(value, kinds):
            return
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in "biufUO" or not 1 <= value.ndim <= 2:
                place.refuse(value, "an array of one or two dimensions, of numbers or str")
        elif type(value) is dict:
            for key, entry in value.items():
                self.check(key, place)
                self.check(entry, place.at(key))
        elif type(value) in (list, tuple, set, frozenset):
            for entry in value:
                self.check(entry, place)
        else:
            place.refuse(value, "plain data")


_NOTHING = object()


@dataclass(frozen=True)
class LeftOut(Specification):
    """An attribute that is not saved; loading sets it to `value`, if there is one."""

    value: object = _NOTHING

    def normalize(self, state: dict[str, Any], name: str) -> None:
        if self.value is _NOTHING:
            state.pop(name, None)
        else:
            state[name] = self.value

    def check(self, value: Any, place: Place) -> None:
        pass


def shown_path(path: str | PurePath) -> str:
    """Shorten a local path to its last part; keep a checkpoint's name on the hub."""
    is_hub_name = isinstance(path, str) and _HUB_NAME.fullmatch(path) and not os.path.exists(path)
    # PureWindowsPath accepts both separators
    return str(path) if is_hub_name else PureWindowsPath(path).name


@dataclass(frozen=True)
class LocalPath(Specification):
    """A path on the machine where the model was fitted: only its last part is saved."""

    def normalize(self, state: dict[str, Any], name: str) -> None:
        value = state.get(name)
        if isinstance(value, str | PurePath):
            state[name] = shown_path(value)

    def check(self, value: Any, place: Place) -> None:
        if value is not None and type(value) is not str:
            place.refuse(value, "a name or None")
