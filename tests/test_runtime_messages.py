"""What messages show: short however long the value is, and names that were meant."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

from skmultitext._runtime.messages import did_you_mean, listing, shown

PACKAGE = Path(__file__).parents[1] / "skmultitext"


class Broken:
    def __repr__(self):
        raise RuntimeError("no repr")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("late", "'late'"),
        (np.float64(0.5), "0.5"),
        (np.str_("late"), "'late'"),
        ([1, 2], "[1, 2]"),
        (list(range(10**6)), "[0, 1, 2, 3, 4, 5, ...]"),
        (None, "None"),
        (Broken(), "<Broken instance at 0x"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_shown_as_they_were_written(value, text):
    assert shown(value).startswith(text)


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, ["x" * 100] * 100, {i: [i] * 99 for i in range(99)}, np.zeros((99, 99)), 10**900],
    ids=lambda value: type(value).__name__,
)
def test_no_value_fills_the_screen(value):
    assert len(shown(value)) <= 80
    assert "\n" not in shown(value)


def test_more_digits_than_python_writes():
    assert shown(10 ** (sys.get_int_max_str_digits() + 1))


def test_names_are_listed_to_the_tenth_and_cut():
    assert listing(["a", "b"]) == "'a', 'b'"
    assert listing(map(str, range(12))).endswith("'9' and 2 more")
    assert len(listing(["x" * 1000] * 1000)) < 1000


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("f1macro", " Did you mean 'f1_macro' or 'f1_micro'?"),
        ("F1_MACRO", " Did you mean 'f1_macro' or 'f1_micro'?"),
        ("hamming", ""),
        (3, ""),
        ("f" * 10**6, ""),
    ],
)
def test_close_names_are_suggested(name, hint):
    assert did_you_mean(name, ["f1_micro", "f1_macro", "r2"]) == hint


def test_a_hundred_thousand_names_are_not_compared():
    assert did_you_mean("f1macro", ["f1_macro"] * 100_000) == ""


def values_in_full(path):
    """Yield the line and the code of each value that an error or a warning shows with !r."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
        if not name.endswith(("Error", "Warning")) and name not in ("warn_caller", "file_error"):
            continue
        for part in ast.walk(call):
            if isinstance(part, ast.FormattedValue) and part.conversion == ord("r"):
                yield part.lineno, part.value


def test_messages_show_values_with_shown():
    # advice to copy needs the whole path; an error has a text of its own length
    allowed = {"str(path)", "error", "__name__"}
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {ast.unparse(value)}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "__init__.py"  # names of attributes, before anything is imported
        for line, value in values_in_full(path)
        if ast.unparse(value) not in allowed
        and not (isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Slice))
    ]
    assert not found, f"show these with _runtime.messages.shown: {found}"
