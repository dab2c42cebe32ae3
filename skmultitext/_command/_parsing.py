"""A subcommand, and the parser of the command line."""

import argparse
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

__all__ = ["Command", "Parser", "make_parser", "seed", "share", "whole_number"]

USAGE_ERROR = 2

_EXIT_CODES = """\
exit codes: 0 done (also if the reader of the output has closed the pipe), 1 a file, a model or a
value cannot be used, 2 wrong usage, 130 interrupted
"""
_VERSION = """\
skmultitext COMMAND --help shows the options and examples of a command.
"""


class Command(NamedTuple):
    """A subcommand: what it is called, its arguments, and the function that runs it."""

    name: str
    summary: str
    examples: str  # lines of a shell
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


class Parser(argparse.ArgumentParser):
    """A parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with the code of wrong usage."""
        print(f"{self.prog}: error: {message}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(USAGE_ERROR)


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return the type of an option that takes whole numbers between two bounds."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            bounds = f"from {least} on" if most is None else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number {bounds}")
        return number

    return read


seed = whole_number(0, 2**32 - 1)


def share(text: str) -> float:
    """Read a number between 0 and 1, without both."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number between 0 and 1, such as 0.2")
    return number


def make_parser(commands: list[Command]) -> Parser:
    """Make the parser of all subcommands."""
    parser = Parser(
        prog="skmultitext",
        description="Multi-label text classification on the command line.",
        epilog=_VERSION + "\n" + _EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    choices: Any = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for command in commands:
        part = choices.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=f"examples:\n{_indented(command.examples)}\n{_EXIT_CODES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(part)
        part.add_argument("--debug", action="store_true", help="show the traceback of an error")
        part.set_defaults(run=command.run)
    return parser


def _indented(lines: str) -> str:
    return "".join(f"  {line.strip()}\n" for line in lines.strip().splitlines())
