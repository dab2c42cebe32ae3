"""The sessions of the page "On the command line" are what the command prints."""

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_runs import TICKETS

from skmultitext._command import main

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "command_line.rst"
DEFAULT = "http://127.0.0.1:8000"


def test_the_sessions_of_the_page(tmp_path, monkeypatch):
    shutil.copy(TICKETS, tmp_path / "tickets.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # of the server
    blocks = re.split(r"^    \$ ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    sessions = {}
    for block in blocks:
        line, *printed = re.split(r"\n(?! {4}|\n)", block)[0].splitlines()
        sessions[line] = " ".join(printed).split()
    assert len(sessions) == len(blocks) >= 10
    url = None
    with ExitStack() as stack:
        for line, expected in sessions.items():
            if line.endswith(" &"):
                said, url = stack.enter_context(started(shlex.split(line)[1:-1]))
                assert said.split() == expected, line
            elif line.startswith("curl "):
                assert_answers(line, url, expected)
            else:
                assert printed_by(line, monkeypatch) == expected, line
    assert url is not None


def printed_by(line, monkeypatch):
    """The words that the command prints."""
    before, _, command = line.rpartition(" | ")
    if before:
        texts = io.BytesIO(f"{shlex.split(before)[1]}\n".encode())
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=texts, isatty=lambda: False))
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        main(shlex.split(command)[1:])
    return printed.getvalue().split()


@contextmanager
def started(arguments):
    """Start a server on a free port; yield what it says, as on the default port, and its URL."""
    for library in ("fastapi", "uvicorn", "prometheus_client", "httpx"):
        pytest.importorskip(library, reason=f"needs {library} (extra 'serve')")
    with subprocess.Popen(
        [sys.executable, "-m", "skmultitext", *arguments, "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said = process.stderr.readline()  # ends with the process at the latest
            url = re.search(r"http://127.0.0.1:\d+", said)[0]
            yield said.replace(url, DEFAULT), url
        finally:
            process.kill()


def assert_answers(line, url, expected):
    """A server answers a request of curl as the page says, to the last digits but two."""
    import httpx

    _, option, data, address = shlex.split(line)
    assert option == "--json"
    answer = httpx.post(address.replace(DEFAULT, url), json=json.loads(data), timeout=300).json()
    shown = json.loads(" ".join(expected))
    assert answer["labels"] == shown["labels"]
    assert answer["probabilities"] == pytest.approx(shown["probabilities"], rel=1e-6)
