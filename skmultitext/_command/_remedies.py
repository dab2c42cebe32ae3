"""Remedies in messages of the readers, as options of the command line."""

import re
import shlex
from collections.abc import Collection

__all__ = ["as_options"]

# parameters that have an option of their own; --read takes the others
_OPTIONS = {
    "encoding": "--encoding",
    "label_columns": "--labels",
    "label_names": "--label-names",
    "labels_column": "--labels",
    "labels_field": "--labels",
    "onehot_path": "--onehot",
    "text_column": "--text",
    "text_field": "--text",
}


def as_options(message: str, parameters: Collection[str]) -> str:
    """Write ``encoding='cp1252'`` as ``--encoding cp1252``, for every parameter of the readers."""
    valued = "|".join(parameters)
    # "header" or "encoding" alone is a word of the sentence
    alone = "|".join(name for name in parameters if "_" in name)
    return re.sub(rf"\b(?:({valued})=('[^']*'|\w+)|({alone})\b)", _as_option, message)


def _as_option(found: re.Match[str]) -> str:
    name, value = found[1] or found[3], found[2]
    if value in ("True", "False"):
        value = value.lower()
    elif value is not None:
        value = shlex.quote(value.strip("'"))
    if name in _OPTIONS:
        return _OPTIONS[name] if value is None else f"{_OPTIONS[name]} {value}"
    return f"--read {name}={'...' if value is None else value}"
