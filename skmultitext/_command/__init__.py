"""The command ``skmultitext``: a thin face over the package, with argparse alone.

A subcommand is a `Command` in the list `COMMANDS` of a module. Modules import the rest of the
package in their functions, so that ``--help`` does not wait for scikit-learn.
"""

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from . import _evaluate, _inspect, _predict, _serve, _split, _train
from ._data import reader_parameters
from ._output import coloured, note, without_native_log
from ._parsing import Command, make_parser
from ._remedies import as_options

__all__ = ["main"]


def __dir__() -> list[str]:
    return __all__


COMMANDS: list[Command] = [
    *_train.COMMANDS,
    *_evaluate.COMMANDS,
    *_predict.COMMANDS,
    *_split.COMMANDS,
    *_inspect.COMMANDS,
    *_serve.COMMANDS,
]
FAILED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with arguments, by default those of the process; return its exit code."""
    try:
        parsed = make_parser(COMMANDS).parse_args(arguments)
    except SystemExit as stopped:  # of argparse: help, or wrong usage
        return int(stopped.code or 0)
    try:
        with warnings.catch_warnings(), ExitStack() as stack:
            if not parsed.debug:
                _show_warnings_in_one_line()
                stack.enter_context(without_native_log())
            if sys.stdout is None:  # as after >&-
                raise ValueError("the standard output is closed; send it to a file or a pipe.")
            parsed.run(parsed)
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has what it wants: head, less
        # Python flushes the stream once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        note("interrupted")
        return INTERRUPTED
    except Exception as error:
        if parsed.debug:
            raise
        note(f"{coloured('error:', 'red', sys.stderr)} {_in_one_line(error)}")
        return FAILED
    return 0


def _in_one_line(error: Exception) -> str:
    text = _shown(error)
    if isinstance(error, OSError) and error.strerror:
        named = error.filename is not None
        text = f"{error.filename}: {error.strerror}" if named else error.strerror
    expected = isinstance(error, ValueError | OSError | ImportError | FloatingPointError)
    return text if expected and text else f"{type(error).__name__}: {text}"


def _shown(problem: Exception) -> str:
    """Return the message of an error or a warning in one line."""
    from ..exceptions import DataFileError, SkippedRowsWarning

    text = " ".join(str(problem).split())
    if isinstance(problem, DataFileError | SkippedRowsWarning):
        return as_options(text, reader_parameters())
    return text


def _show_warnings_in_one_line() -> None:
    def show(message: Any, *_: Any, **__: Any) -> None:
        note(f"warning: {_shown(message)}")

    warnings.simplefilter("ignore")  # such as those of other libraries about their future
    for category in (UserWarning, RuntimeWarning):
        warnings.simplefilter("default", category)
    warnings.showwarning = show
