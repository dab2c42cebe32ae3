"""Checks of simple parameters of functions: one of some choices, an int, sizes of layers."""

from collections.abc import Iterable
from numbers import Integral
from typing import Any

from .._runtime.messages import did_you_mean, shown

__all__ = ["check_choice", "check_int", "check_sizes"]


def check_choice(parameter: str, value: Any, choices: Iterable[Any]) -> None:
    """Refuse a value that is none of the choices."""
    choices = list(choices)
    if not any(value is choice or (type(value) is str and value == choice) for choice in choices):
        near = did_you_mean(value, [choice for choice in choices if isinstance(choice, str)])
        legal = ", ".join(map(repr, choices))
        raise ValueError(f"{parameter} is {shown(value)}; pass one of {legal}.{near}")


def check_int(parameter: str, value: Any, least: int = 1) -> int:
    """Return a value as an int; refuse anything but an integer of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < least:
        raise ValueError(f"{parameter} is {shown(value)}; pass an int of at least {least}.")
    return int(value)


def check_sizes(parameter: str, sizes: Any) -> tuple[int, ...]:
    """Return sizes of hidden layers, or the one size, as a tuple of int."""
    sizes = (sizes,) if isinstance(sizes, Integral) else tuple(sizes)
    if not all(isinstance(n, Integral) and not isinstance(n, bool) and int(n) > 0 for n in sizes):
        raise ValueError(f"{parameter} is {shown(sizes)}; pass a sequence of int, each at least 1.")
    return tuple(map(int, sizes))
