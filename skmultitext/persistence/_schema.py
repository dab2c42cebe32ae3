"""One schema per class: the attributes of a saved object, and how they must agree.

A `Checker` compares an object with the schema of its class before a model is saved, and before any
object of a loaded model is built. The schemas are in `_schemas_own` and `_schemas_sklearn`.
"""

from collections.abc import Callable, Container, Mapping, Set
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils.metadata_routing import MetadataRequest

from .._runtime.sklearn import validate_parameter_constraints
from ..exceptions import ModelFileError
from ._array_specs import Names
from ._specs import (
    Choice,
    Either,
    Instance,
    LeftOut,
    LocalPath,
    Part,
    Place,
    Plain,
    Record,
    Size,
    Specification,
    check_keys,
)

__all__ = ["PARAMETERS", "Checker", "Found", "Schema", "State"]

SPLITTERS = (
    "skmultitext.MultilabelStratifiedGroupKFold",
    "skmultitext.MultilabelStratifiedKFold",
    "skmultitext.MultilabelStratifiedShuffleSplit",
    "skmultitext.RepeatedMultilabelStratifiedKFold",
    "sklearn.GroupKFold",
    "sklearn.KFold",
    "sklearn.ShuffleSplit",
)

# parameters with the same meaning in every class; a file must not set the number of processes on
# the machine that loads it, or a path to write to
PARAMETERS: dict[str, Specification] = {
    "n_jobs": LeftOut(None),
    "memory": LeftOut(None),
    "checkpoint_dir": LeftOut(None),
    "checkpoint": LocalPath(),
    "pretrained_vectors": LocalPath(),
    "estimator": Part(fitted=False),
    "cv": Either(Part(SPLITTERS), Plain()),
}

# attributes that scikit-learn may set on any estimator
_COMMON: dict[str, Specification] = {
    "_metadata_request": Instance(MetadataRequest),
    "_skl_callbacks": LeftOut(),
    "_sklearn_output_config": Record({"transform": Choice("default", "pandas", "polars")}),
    "n_features_in_": Size("n_features"),
    "feature_names_in_": Names("n_features"),
}


State = dict[str, Any]  # attributes by name


@dataclass(frozen=True, eq=False)
class Schema:
    """The attributes with which objects of a class are saved."""

    # attributes of a fitted object; for a class that is not an estimator, of every object
    fitted: Mapping[str, Specification] = field(default_factory=dict)
    optional: Mapping[str, Specification] = field(default_factory=dict)
    # parameters with stricter specifications than scikit-learn's constraints; others are plain data
    parameters: Mapping[str, Specification] = field(default_factory=dict)
    # relations(state, place) refuses attributes that do not agree, and adds sizes to place.sizes
    relations: Callable[[State, Place], None] | None = None
    # is_fitted(state, objects), where it does not follow from `fitted`
    is_fitted: Callable[[State, dict[int, Any]], bool] | None = None

    def specifications(self, cls: type) -> dict[str, Specification]:
        """List the specification of every attribute that an object may have."""
        return {**self.parameters_of(cls), **_common(cls), **self.optional, **self.fitted}

    def parameters_of(self, cls: type) -> dict[str, Specification]:
        """List the specification of every parameter of an estimator."""
        return _parameters_of(self, cls)


_PLAIN = Plain()


@cache  # scikit-learn reads the signature each time
def _parameters_of(schema: Schema, cls: Any) -> dict[str, Specification]:
    if not issubclass(cls, BaseEstimator):
        return {}
    known = {**PARAMETERS, **schema.parameters}
    return {name: known.get(name, _PLAIN) for name in cls._get_param_names()}


@cache
def _normalized(schema: Schema, cls: type) -> list[tuple[str, Any]]:
    """List the attributes that are left out or replaced, with their specifications."""
    specs = schema.specifications(cls)
    return [(name, spec) for name, spec in specs.items() if hasattr(spec, "normalize")]


@cache
def _expected(schema: Schema, cls: Any, fitted: bool) -> tuple[dict[str, Specification], Set[str]]:
    """List all attributes that an object may have, and those that it may lack."""
    specs = dict(schema.parameters_of(cls))
    if fitted:
        specs.update(schema.fitted)
    extra = {
        name: s for name, s in {**_common(cls), **schema.optional}.items() if name not in specs
    }
    return {**specs, **extra}, extra.keys()


def _common(cls: type) -> dict[str, Specification]:
    return _COMMON if issubclass(cls, BaseEstimator) else {}


@dataclass(frozen=True)
class Found:
    """The result of a check: the key of the object's class, its sizes, its state."""

    key: str
    sizes: dict[str, int]
    fitted: bool
    is_estimator: bool


class Checker:
    """Compares the objects of one model with their schemas, inner objects first.

    `patterns` are the legal regular expressions, None for any.
    """

    def __init__(
        self, schemas: Mapping[str, Schema], patterns: Container[str | None] | None = None
    ) -> None:
        self._schemas = schemas
        self._patterns = patterns
        self._objects: dict[int, Any] = {}  # by id: the caller keeps the objects alive

    def normalize(self, key: str, cls: type, state: State) -> None:
        """Remove or replace the attributes in `state` that are not part of a saved model."""
        for name, spec in _normalized(self._schema(key), cls):
            spec.normalize(state, name)

    def check(self, key: str, cls: type, state: State) -> Found:
        """Check the attributes of an object; inner objects were checked before, see `remember`."""
        schema = self._schema(key)
        name = cls.__name__
        sizes: dict[str, int] = {}
        if schema.is_fitted is not None:
            fitted = schema.is_fitted(state, self._objects)
        else:
            fitted = not schema.fitted or not schema.fitted.keys().isdisjoint(state)
        parameters = schema.parameters_of(cls)
        specs, optional = _expected(schema, cls, fitted)
        check_keys(name, state, specs, optional)
        for attribute, value in state.items():
            place = Place(f"{name}.{attribute}", sizes, self._objects, self._patterns)
            specs[attribute].check(value, place)
        constraints = getattr(cls, "_parameter_constraints", None)
        if parameters and constraints is not None:
            values = {parameter: state[parameter] for parameter in parameters}
            validate_parameter_constraints(constraints, values, name)
        if fitted and schema.relations is not None:
            schema.relations(state, Place(name, sizes, self._objects, self._patterns))
        return Found(key, sizes, fitted, issubclass(cls, BaseEstimator))

    def remember(self, value: object, found: Found) -> None:
        """Store the result of `check` for the objects that contain this one."""
        self._objects[id(value)] = found

    def found(self, value: object) -> Found | None:
        """Return the result of `check` for an object."""
        return self._objects.get(id(value))

    def _schema(self, key: str) -> Schema:
        if key not in self._schemas:
            raise ModelFileError(f"The saved model uses {key} as the class of an object.")
        return self._schemas[key]
