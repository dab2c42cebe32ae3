"""Compile kernels with numba, load them if numba works, and run them in threads."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from typing import Any

import numpy as np

from .messages import warn_caller


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function on first use, without the GIL, and cache the result on disk.

    If the cache cannot be written, each process compiles again. A broken cache file is discarded,
    and so is one of other types of arguments, which processes that write at once may leave.
    """
    import numba

    try:
        kernel = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no writable cache folder
        return numba.njit(nogil=True)(function)
    _tolerate_broken_files(kernel)
    return kernel


def _tolerate_broken_files(kernel: Any) -> None:
    """Recompile a kernel if its cached file cannot be read; ignore a failure to write it."""
    stored: Any = getattr(kernel, "_cache", None)  # numba has no public access
    if not hasattr(stored, "load_overload"):
        return
    load, save = stored.load_overload, stored.save_overload

    def load_or_forget(types: Any, context: Any) -> Any:
        try:
            found = load(types, context)
        except Exception:  # a damaged pickle may raise any exception
            found = None
        else:
            # two processes that write at once may give two entries of the index one file
            if found is None or tuple(found.signature.args) == tuple(types):
                return found
        with suppress(OSError):
            stored.flush()
        return None

    def save_if_possible(*arguments: Any) -> None:
        with suppress(OSError):  # disk full or folder removed
            save(*arguments)

    stored.load_overload, stored.save_overload = load_or_forget, save_if_possible


@cache
def load_kernels(name: str) -> Any:
    """Import a module of kernels of this package; None if numba is missing or broken."""
    try:
        import numba  # noqa: F401
    except ModuleNotFoundError:
        return None
    except ImportError as error:  # installed, but too old or too new for this numpy
        warn_caller(
            f"numba is installed but cannot be imported ({error}); scikit-learn's slower code "
            f"is used instead. Install versions that fit each other, or uninstall numba.",
            RuntimeWarning,
        )
        return None
    return import_module(f"skmultitext.{name}")


def run_kernels(kernel: Callable[..., Any], *arguments: Iterable[Any], n_threads: int) -> list[Any]:
    """Call ``kernel(stop, *arguments)`` for each tuple of arguments, in threads; list the results.

    Even a single call runs in a thread of its own, as compiled code in the main thread cannot be
    interrupted by Ctrl-C. An error or interrupt sets ``stop[0]``, and all kernels return early.
    """
    stop = np.zeros(1, np.bool_)
    pool = ThreadPoolExecutor(n_threads)
    try:
        results = list(pool.map(partial(kernel, stop), *arguments))
    except BaseException:
        stop[0] = True
        pool.shutdown(cancel_futures=True)  # waits for running kernels
        raise
    pool.shutdown(wait=False)
    return results
