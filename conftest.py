"""Tests and doctests that need an extra which is not installed are skipped, and say which."""

import doctest
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from skmultitext._runtime.optional import EXTRA_OF_MODULE
from skmultitext.exceptions import MissingExtraError

PACKAGE = Path(__file__).parent / "skmultitext"
NEEDED_FOR = {
    **{module: f"extra '{extra}'" for module, extra in EXTRA_OF_MODULE.items()},
    "llvmlite": "extra 'fast'",
    "h11": "extra 'serve'",
    "numpydoc": "group 'test'",
    "polars": "group 'test'",
    "pyarrow": "group 'test'",
}


def missing_library(text):
    """Name the library, which is not installed, that the text of an error is about, if any."""
    for name in re.findall(r"No module named '(\w+)|MissingExtraError: .*?librar\w+ '(\w+)'", text):
        library = "".join(name)
        if library in NEEDED_FOR and find_spec(library) is None:
            return library
    return None


def skip(report, path, library):
    """Turn a report of an error into one of a skip."""
    report.outcome = "skipped"
    report.longrepr = (str(path), 0, f"Skipped: needs {library} ({NEEDED_FOR[library]})")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Skip a file whose imports need a missing library."""
    report = yield
    if report.failed and (library := missing_library(str(report.longrepr))):
        skip(report, collector.path, library)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Skip a test that needs a missing library by an import of its own, or by a MissingExtraError.

    Any other import of an optional library within the package is a failure.
    """
    report = yield
    if not report.failed:
        return report
    error, traceback = call.excinfo.value, call.excinfo.tb
    if isinstance(error, doctest.UnexpectedException):
        _, error, traceback = error.exc_info
    if isinstance(error, ImportError):
        while traceback.tb_next:
            traceback = traceback.tb_next
        inside = PACKAGE in Path(traceback.tb_frame.f_code.co_filename).parents
        library = missing_library(f"{type(error).__name__}: {error}")
        if library and (isinstance(error, MissingExtraError) or not inside):
            skip(report, item.path, library)
    return report
