"""Checks of simple parameters of functions: one of some choices, an int, a number in a range."""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from .._runtime.messages import did_you_mean, listing, shown

__all__ = [
    "check_analyzers",
    "check_choice",
    "check_int",
    "check_number",
    "check_port",
    "check_sizes",
    "check_token",
]


def check_choice(parameter: str, value: Any, choices: Iterable[Any]) -> None:
    """Refuse a value that is none of the choices."""
    choices = list(choices)
    if not any(value is choice or (type(value) is str and value == choice) for choice in choices):
        near = did_you_mean(value, [choice for choice in choices if isinstance(choice, str)])
        legal = ", ".join(map(repr, choices))
        raise ValueError(f"{parameter} is {shown(value)}; pass one of {legal}.{near}")


def check_analyzers(analyzer: Any, weights: Any) -> tuple[str, ...]:
    """Return the names of several analyzers, none if there is one; check their weights."""
    if not isinstance(analyzer, tuple | list):
        if weights is not None:
            raise ValueError(
                f"analyzer_weights is {shown(weights)}, but there is one analyzer, "
                f"{shown(analyzer)}. Leave it None, or pass a tuple of analyzers."
            )
        return ()
    if not analyzer or not all(
        name in ("word", "char", "char_wb") and list(analyzer).count(name) == 1 for name in analyzer
    ):
        raise ValueError(
            f"analyzer is {shown(analyzer)}; pass 'word', 'char' or 'char_wb', a function, or a "
            f"tuple of different ones of these names, such as ('word', 'char_wb')."
        )
    for name, weight in (
        {} if weights is None else each("analyzer_weights", weights, analyzer).items()
    ):
        check_number(f"analyzer_weights[{shown(name)}]", weight, "(0, inf)")
    return tuple(analyzer)


def each(parameter: str, value: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the value of a parameter for each name: from a dict, or else the same for all."""
    if not isinstance(value, Mapping):
        return dict.fromkeys(names, value)
    if set(value) != set(names):
        raise ValueError(
            f"{parameter} has the keys {listing(value)}, but the analyzers are {listing(names)}. "
            f"Pass a value for each of them."
        )
    return {name: value[name] for name in names}


def check_int(parameter: str, value: Any, least: int = 1) -> int:
    """Return a value as an int; refuse anything but an integer of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < least:
        raise ValueError(f"{parameter} is {shown(value)}; pass an int of at least {least}.")
    return int(value)


def check_number(parameter: str, value: Any, legal: str, hint: str = "") -> float:
    """Return a value as a float; refuse anything but a number in an interval such as "(0, 1]"."""
    low, high = map(float, legal[1:-1].split(","))
    number: Any = value  # mypy does not compare a Real
    inside = isinstance(value, Real) and not isinstance(value, bool) and low <= number <= high
    if not inside or (legal[0] == "(" and value == low) or (legal[-1] == ")" and value == high):
        raise ValueError(f"{parameter} is {shown(value)}; pass a number in {legal}{hint}.")
    return float(value)


def check_port(port: Any) -> int:
    """Return a TCP port; refuse what is none."""
    if not isinstance(port, Integral) or isinstance(port, bool) or not 0 <= int(port) <= 65535:
        raise ValueError(f"port is {shown(port)}; pass an int from 0 to 65535.")
    return int(port)


def check_token(name: str, token: Any) -> str:
    """Return a token that an HTTP header can hold; the message does not tell it."""
    if not isinstance(token, str) or not token or not all("!" <= letter <= "~" for letter in token):
        raise ValueError(
            f"{name} is empty, or has other characters than ASCII letters, digits and punctuation; "
            f"pass a token such as that of: python -c 'import secrets; "
            f"print(secrets.token_urlsafe())'"
        )
    return token


def check_sizes(parameter: str, sizes: Any) -> tuple[int, ...]:
    """Return sizes of hidden layers, or the one size, as a tuple of int."""
    sizes = (sizes,) if isinstance(sizes, Integral) else tuple(sizes)
    if not all(isinstance(n, Integral) and not isinstance(n, bool) and int(n) > 0 for n in sizes):
        raise ValueError(f"{parameter} is {shown(sizes)}; pass a sequence of int, each at least 1.")
    return tuple(map(int, sizes))
