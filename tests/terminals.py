"""A terminal to draw on, and its width."""

import io

import pytest


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    """A terminal of 120 columns, whatever other tests left in COLUMNS."""
    monkeypatch.setenv("COLUMNS", "120")
