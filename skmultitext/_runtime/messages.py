"""Error messages and warnings: values in short, similar names, warnings at the caller's line."""

import sys
import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from reprlib import Repr
from typing import Any

import numpy as np

__all__ = ["did_you_mean", "disk_error", "listing", "shown", "warn_caller"]

_PACKAGE = __name__.partition(".")[0]

_MOST_LETTERS = 80
_MOST_OPTIONS = 10_000  # with more, the comparison would delay the error noticeably

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _MOST_LETTERS


def shown(value: object) -> str:
    """Show a user's value in at most 80 characters, a numpy scalar as a plain Python one."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    try:
        text = _SHORT.repr(value)
    except Exception:  # a broken repr must not hide the error that is being reported
        text = f"<{type(value).__name__}>"
    text = " ".join(text.split("\n"))
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 3] + "..."


def listing(names: Iterable[Any], most: int = 10) -> str:
    """Join at most `most` names for a message, and count the others."""
    names = list(names)
    joined = ", ".join(shown(str(name)) for name in names[:most])
    return joined + (f" and {len(names) - most} more" if len(names) > most else "")


def did_you_mean(name: object, options: Iterable[Any]) -> str:
    """Suggest options spelled like `name`, as a sentence with a leading space; "" if none is."""
    options = list(options)
    if not isinstance(name, str) or len(name) > _MOST_LETTERS or len(options) > _MOST_OPTIONS:
        return ""
    by_spelling: dict[str, str] = {}
    for option in options:
        by_spelling.setdefault(str(option).lower(), str(option))
    close = get_close_matches(name.lower(), by_spelling, n=3)
    names = [shown(by_spelling[spelling]) for spelling in close]
    return f" Did you mean {' or '.join(names)}?" if names else ""


def disk_error(what: str, folder: Path, error: OSError) -> OSError:
    """Make the error for what a fit on files cannot write to its temporary folder."""
    return OSError(
        f"The {what} of the files cannot be written to {folder}: {error}. Make room there, or set "
        f"the environment variable TMPDIR to a directory on a larger disk."
    )


def warn_caller(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn at the line of user code that called this package, at any depth of the call stack."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")
