"""NAME=VALUE on the command line: values by the declared kinds of parameters."""

import json
import types
from collections import abc
from collections.abc import Mapping, Sequence
from inspect import Parameter, signature
from typing import Any, Literal, Union, get_args, get_origin

__all__ = ["parameters_of", "parse_settings"]

_SINGLE = {type(None), bool, int, float, str, tuple}  # neither lists nor dicts

_KINDS = {
    type(None): "none",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    tuple: "values between commas, such as 1,2",
    list: "a list of values between commas",
    dict: 'a JSON object such as {"name": 2}',
    abc.Mapping: 'a JSON object such as {"name": 2}',
    str: "text",
}


def parameters_of(*functions: Any) -> dict[str, Parameter]:
    """Return the parameters of functions or classes by name, without self and positional ones."""
    found: dict[str, Parameter] = {}
    for function in functions:
        found |= signature(function).parameters
    return found


def parse_settings(
    option: str, pairs: Sequence[str], parameters: Mapping[str, Parameter], owner: str
) -> dict[str, Any]:
    """Convert texts such as ``C=5`` to values by the annotations of the parameters."""
    from .._runtime.messages import did_you_mean, shown

    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            raise ValueError(
                f"{option}: {shown(pair)} has no '='; write NAME=VALUE, and other arguments before "
                f"{option}."
            )
        if name not in parameters:
            raise ValueError(
                f"{option}: {owner} has no parameter {shown(name)}."
                f"{did_you_mean(name, parameters) or ' It has ' + ', '.join(parameters) + '.'}"
            )
        if name in found:
            raise ValueError(f"{option}: {name} is given twice; give each parameter once.")
        kinds = _flat(parameters[name].annotation)
        try:
            found[name] = _value(text, kinds)
        except ValueError:
            raise ValueError(
                f"{option}: {name} is {shown(text)}, but it takes {_described(kinds)}."
            ) from None
    return found


def _flat(annotation: Any) -> list[Any]:
    """List the alternatives of an annotation."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [kind for part in get_args(annotation) for kind in _flat(part)]
    return [annotation]


def _value(text: str, kinds: list[Any]) -> Any:
    """Read a text as the first kind that it fits: none, true, numbers, lists, dicts, then text."""
    origins = {get_origin(kind) or kind for kind in kinds}
    anything = bool(origins & {Any, Parameter.empty})
    if (anything or type(None) in origins) and text.lower() in ("none", "null"):
        return None
    if (anything or bool in origins) and text.lower() in ("true", "false"):
        return text.lower() == "true"
    choices = [choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
    if text in choices:
        return text
    if anything or origins & {int, float}:
        number = _number(text, whole=not anything and float not in origins)
        if number is not None:
            return number
    by_name = text.startswith("{") and dict in origins
    for kind in kinds:
        if get_origin(kind) is tuple and not by_name:
            return _tuple(text, get_args(kind))
    if text.startswith(("[", "{")) and (anything or not origins <= _SINGLE):
        value = json.loads(text)
        if by_name and any(get_origin(part) is tuple for kind in kinds for part in get_args(kind)):
            return {n: tuple(v) if isinstance(v, list) else v for n, v in value.items()}
        if isinstance(value, dict) and not (anything or origins & {dict, abc.Mapping}):
            raise ValueError
        return value
    if "," in text and (anything or not origins <= _SINGLE | {dict, abc.Mapping}):
        return _list(text)
    if str in origins or anything:
        return text
    raise ValueError


def _number(text: str, whole: bool) -> float | None:
    for kind in (int,) if whole else (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _tuple(text: str, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    parts = [part.strip() for part in text.strip("()[] ").split(",")]
    if len(kinds) != len(parts):
        raise ValueError
    return tuple(_value(part, _flat(kind)) for part, kind in zip(parts, kinds, strict=True))


def _list(text: str) -> list[Any]:
    parts = [part.strip() for part in text.split(",")]
    numbers = [_number(part, whole=False) for part in parts]
    return parts if None in numbers else numbers


def _described(kinds: list[Any]) -> str:
    names = [_KINDS.get(get_origin(kind) or kind) for kind in kinds]
    literal = [repr(c) for kind in kinds if get_origin(kind) is Literal for c in get_args(kind)]
    known = list(dict.fromkeys([*(name for name in names if name), *literal]))
    return " or ".join(known) or "another kind of value, which only Python can pass"
