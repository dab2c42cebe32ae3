"""The Dockerfile of the examples, read without Docker: user, command, check of health, files."""

import json
import re
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest

from skmultitext._command import COMMANDS
from skmultitext._command._parsing import make_parser

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples" / "docker"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def instructions():
    """The instructions as (name, arguments), each stage a list."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    lines = "".join(line for line in text.splitlines(True) if not line.startswith("#"))
    stages = []
    for line in filter(str.strip, re.sub(r"\\\n", " ", lines).splitlines()):
        name, _, arguments = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, " ".join(arguments.split())))
    return stages


STAGES = instructions()
FINAL = dict(STAGES[-1])
PORT = int(FINAL["EXPOSE"])


def test_the_base_is_a_python_of_the_project():
    least = tuple(map(int, PROJECT["requires-python"].removeprefix(">=").split(".")))
    for stage in STAGES:
        found = re.fullmatch(r"python:(\d+)\.(\d+)-slim( AS \w+)?", dict(stage)["FROM"])
        assert tuple(map(int, found.groups()[:2])) >= least


def test_it_does_not_run_as_root():
    users = [arguments for name, arguments in STAGES[-1] if name == "USER"]
    assert users
    for user in users:
        assert all(part.isdecimal() and int(part) > 0 for part in user.split(":"))
    names = [name for name, _ in STAGES[-1]]
    assert not {"RUN", "COPY"} & set(names[names.index("USER") :])


def test_the_command_is_one_of_ours():
    program, *arguments = json.loads(FINAL["CMD"])
    assert program in PROJECT["scripts"]
    parsed = make_parser(COMMANDS).parse_args(arguments)
    assert (parsed.command, parsed.model) == ("serve", "/model")
    assert (parsed.host, parsed.port) == ("0.0.0.0", PORT)


def test_what_is_copied_is_there_and_enough():
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    copied = set()
    for name, arguments in STAGES[0]:
        if name == "COPY":
            *sources, _ = arguments.split()
            copied.update(sources)
    assert copied == kept
    assert all((ROOT / source).exists() for source in copied)
    left_out = [line for line in ignored if not line.startswith(("!", "#"))]
    assert left_out == ["*", "**/__pycache__", "**/*.pyc"]
    named = [PROJECT["readme"], *PROJECT["license-files"], "pyproject.toml", "constraints.txt"]
    assert copied == {*named, "skmultitext"}


def test_the_extras_are_ours():
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    extras = re.findall(r"EXTRAS=([\w,-]+)", text)
    assert len(extras) == 3
    for extra in extras:
        assert set(extra.split(",")) <= PROJECT["optional-dependencies"].keys()
        assert "serve" in extra.split(",")


def test_the_token_is_the_variable_of_the_command():
    from skmultitext._command._serve import TOKEN

    assert f"-e {TOKEN}=" in (FOLDER / "Dockerfile").read_text(encoding="utf-8")


def test_the_check_of_health_asks_a_running_server(ticket_tagger):
    pytest.importorskip("uvicorn", reason="needs uvicorn (extra 'serve')")
    from skmultitext.serving import make_app, make_server

    program, option, code = json.loads(FINAL["HEALTHCHECK"].partition("CMD ")[2])
    assert (program, option) == ("python", "-c")

    def healthy(port):
        """Whether the check of the image finds a server at a port."""
        assert f"'127.0.0.1', {PORT}, " in code
        done = subprocess.run(
            [sys.executable, "-c", code.replace(str(PORT), str(port))],
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode == 0

    server = make_server(make_app(ticket_tagger, token="t" * 32), port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 120
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        port = int(server.url.rpartition(":")[2])
        assert healthy(port)
    finally:  # a thread that goes on would keep the process alive
        server.should_exit = True
        thread.join(timeout=120)
    assert not healthy(port)
