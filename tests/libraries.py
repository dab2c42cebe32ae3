"""Optional libraries in tests: a test that uses a missing one is skipped, and says so."""

import pytest


class Library:
    """A library that is imported on first use."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        return getattr(pytest.importorskip(self._name), attribute)


pd = Library("pandas")
