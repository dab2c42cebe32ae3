"""Which versions are installed: for a report of a fault, and for a look before one."""

import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, requires, version

import threadpoolctl

from .pickling import own_version

__all__ = ["show_versions", "versions"]


def show_versions() -> None:
    """Print the versions of Python, of the system, of the libraries, and the thread pools.

    Put the output into a report of a fault. It names no user, host, or folder but that of Python.

    Examples
    --------
    >>> from skmultitext import show_versions
    >>> show_versions()  # doctest: +ELLIPSIS
    skmultitext ...
    Python ...
    """
    found = versions()
    width = max(map(len, found))
    for name, text in found.items():
        print(f"{name:<{width}}  {text}")


def versions() -> dict[str, str]:
    """Return the versions by name: this package and its system first, then what it can use."""
    found = {
        "skmultitext": own_version(),
        "Python": platform.python_version(),
        "executable": sys.executable,
        "system": platform.platform(),
    }
    for library in _libraries():
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    for pool in threadpoolctl.threadpool_info():
        found[f"{pool['prefix']} threads"] = f"{pool['num_threads']} ({pool['internal_api']})"
    return found


def _libraries() -> list[str]:
    """Name the libraries of the core and of the extras, as the installed package declares them."""
    try:
        declared = requires("skmultitext") or []
    except PackageNotFoundError:  # used from a folder, without installation
        return []
    names = [re.match(r"[\w.-]+", line)[0] for line in declared]  # type: ignore[index]
    return [name for name in dict.fromkeys(names) if name != "skmultitext"]
