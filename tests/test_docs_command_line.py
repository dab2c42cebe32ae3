"""The sessions of the page "On the command line" are what the command prints."""

import io
import re
import shlex
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

from command_runs import TICKETS

from skmultitext._command import main

PAGE = Path(__file__).parents[1] / "docs" / "command_line.rst"


def test_the_sessions_of_the_page(tmp_path, monkeypatch):
    shutil.copy(TICKETS, tmp_path / "tickets.csv")
    monkeypatch.chdir(tmp_path)
    blocks = re.split(r"^    \$ ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    sessions = {}
    for block in blocks:
        line, *printed = re.split(r"\n(?! {4}|\n)", block)[0].splitlines()
        sessions[line] = " ".join(printed).split()
    assert len(sessions) == len(blocks) >= 10
    for line, expected in sessions.items():
        before, _, command = line.rpartition(" | ")
        if before:
            texts = io.BytesIO(f"{shlex.split(before)[1]}\n".encode())
            monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=texts, isatty=lambda: False))
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            main(shlex.split(command)[1:])
        assert printed.getvalue().split() == expected, line
