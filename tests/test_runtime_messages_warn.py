"""Warnings point at the line of the caller, not into this package."""

import ast
import warnings
from pathlib import Path

import pytest

from skmultitext._runtime.messages import warn_caller
from skmultitext.exceptions import AbsentLabelWarning

PACKAGE = Path(__file__).parents[1] / "skmultitext"


def run_as(module, code):
    """Run code as if it stood in a module of that name; return its names."""
    names = {"__name__": module, "warn_caller": warn_caller}
    exec(compile(code, f"{module}.py", "exec"), names)
    return names


def test_the_caller_of_the_package_is_named():
    inner = run_as("skmultitext.metrics", "def inner():\n    warn_caller('found')")["inner"]
    names = run_as("skmultitext", "def outer(inner):\n    return inner()")
    for call in (inner, lambda: names["outer"](inner)):
        with pytest.warns(UserWarning, match="^found$") as caught:
            call()
        assert caught[0].filename == __file__


def test_a_package_of_a_like_name_is_a_caller():
    names = run_as("skmultitext_extra", "def outer():\n    warn_caller('found')")
    with pytest.warns(UserWarning, match="found") as caught:
        names["outer"]()
    assert caught[0].filename == "skmultitext_extra.py"


def test_without_a_caller_the_outermost_line_is_named():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_caller("found")
    assert caught[0].filename == __file__


def test_the_category_is_passed_on():
    with pytest.warns(AbsentLabelWarning):
        warn_caller("found", AbsentLabelWarning)
    with pytest.warns(AbsentLabelWarning):
        warn_caller(AbsentLabelWarning("found"))


def test_there_is_no_other_way_to_warn():
    others = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "_runtime" / "messages.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("warnings.warn", "warn")
    ]
    assert not others, f"warn_caller of _runtime.messages serves {others}"
