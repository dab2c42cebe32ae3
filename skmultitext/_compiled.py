"""Kernels compiled by numba: one decorator, and their modules loaded where numba works."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib import import_module


def compiled(function):
    """Compile a function on first use, without the interpreter lock, and keep the result on disk.

    Where no folder can be written, or what is there is broken, the compiled code lasts as long
    as the process.
    """
    import numba

    try:
        kernel = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no place for its cache
        return numba.njit(nogil=True)(function)
    _tolerate_broken_files(kernel)
    return kernel


def _tolerate_broken_files(kernel):
    """Let a kernel compile again where its file on disk cannot be read, or not be written."""
    stored = getattr(kernel, "_cache", None)  # numba has no public way in
    if not hasattr(stored, "load_overload"):
        return
    load, save = stored.load_overload, stored.save_overload

    def load_or_forget(*arguments):
        try:
            return load(*arguments)
        except Exception:  # cut off or garbled, a pickle raises nearly anything
            with suppress(OSError):
                stored.flush()
            return None

    def save_if_possible(*arguments):
        with suppress(OSError):  # a full disk, or a folder that was taken away
            save(*arguments)

    stored.load_overload, stored.save_overload = load_or_forget, save_if_possible


@cache
def load_kernels(name):
    """Load a module of kernels of this package; None where numba is absent or does not work.

    Parameters
    ----------
    name : str
        Name of the module.

    Returns
    -------
    module or None
    """
    try:
        import numba  # noqa: F401
    except ModuleNotFoundError:
        return None
    except ImportError as error:  # there, but too old or too new for the numpy beside it
        warnings.warn(
            f"numba is installed but cannot be imported ({error}); scikit-learn's slower code "
            f"is used instead. Install versions that fit each other, or uninstall numba.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return import_module(f".{name}", __package__)


def run_kernels(kernel, *arguments, n_threads):
    """Call a kernel once for each tuple of arguments, in threads.

    Even a single call runs in a thread of its own: Ctrl-C cannot reach compiled code in the
    main thread.

    Parameters
    ----------
    kernel : callable
        What to call.
    *arguments : sequence
        One sequence for each argument of the kernel, as in `map`.
    n_threads : int
        Calls at the same time.

    Returns
    -------
    list
        What the calls return, in order.
    """
    pool = ThreadPoolExecutor(n_threads)
    try:
        return list(pool.map(kernel, *arguments))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
