"""Output files are whole or absent."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from skmultitext._command._output import check_new, coloured, new_file

ROOT = Path(__file__).parents[1]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        """Whether it is one."""
        return True


def test_a_file_is_there_at_the_end_only(tmp_path):
    path = tmp_path / "a.txt"
    with new_file(path, False) as part:
        part.write_text("one")
        assert not path.exists()
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_file_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), new_file(path, True) as part:  # noqa: PT012
        part.write_text("ne")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_overwritten_unasked(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    message = "^.*a.txt exists; pass --force to overwrite it, or another path$"
    with pytest.raises(FileExistsError, match=message):
        check_new(path, False)
    check_new(path, True)
    other = tmp_path / "b.txt"
    message = "^.*b.txt exists"
    with pytest.raises(FileExistsError, match=message), new_file(other, False) as part:  # noqa: PT012
        part.write_text("new")
        other.write_text("of another process")
    assert other.read_text() == "of another process"
    with pytest.raises(FileNotFoundError, match=r"none is not a folder; make it, or pass another"):
        check_new(tmp_path / "none" / "a.txt", False)


def test_a_device_takes_the_output():
    with new_file("/dev/null", False) as part:
        assert str(part) == "/dev/null"


def test_colours_are_for_terminals(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured("a", "red", io.StringIO()) == "a"
    assert coloured("a", "red", Terminal()) == "\033[31ma\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured("a", "red", Terminal()) == "a"


def test_the_log_of_compiled_code_is_discarded():
    code = (
        "import os, sys; from skmultitext._command._output import note, without_native_log\n"
        "with without_native_log():\n    os.write(2, b'log ')\n    note('kept')\n"
        "os.write(2, b'after')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stderr.split() == [b"kept", b"after"]
