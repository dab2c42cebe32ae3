"""serve: the command in a process of its own, and what it refuses."""

import io
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import served_models  # noqa: F401  skips without the libraries
from command_runs import TEXT, fail, run, saved_tickets

import skmultitext
from skmultitext._command import _serve

httpx = pytest.importorskip("httpx")
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A saved model."""
    return saved_tickets(tmp_path_factory.mktemp("serve"))


def test_it_serves_with_a_token_until_ctrl_c(model, tmp_path):
    (tmp_path / "token").write_text("secret\n")
    arguments = ["--port", "0", "--token-file", tmp_path / "token", "--set", "max_length=100"]
    process = subprocess.Popen(
        [sys.executable, "-m", "skmultitext", "serve", *map(str, [model, *arguments])],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            line = process.stderr.readline()  # ends with the process at the latest
            url = re.search(r"^serving .*tickets.model on (\S+) \(Ctrl-C stops it\)$", line)[1]
            assert url.startswith("http://127.0.0.1:")
            headers = {"Authorization": "Bearer secret"}
            with httpx.Client(base_url=url, headers=headers, timeout=300) as client:
                answer = client.post("/tag", json={"text": TEXT})
                assert client.post("/tag", json={"text": "x" * 101}).status_code == 422
            assert httpx.post(f"{url}/tag", json={"text": TEXT}, timeout=300).status_code == 401
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert answer.json()["labels"] == list(skmultitext.load(model).predict_labels([TEXT])[0])
    assert (process.returncode, out, err) == (130, "", "interrupted\n")


@pytest.mark.parametrize(
    ("host", "token", "warns"),
    [("0.0.0.0", None, True), ("0.0.0.0", "secret", False), ("127.0.0.2", None, False)],
)
def test_an_open_address_without_a_token_is_warned_of(
    capsys, monkeypatch, model, host, token, warns
):
    made = {}

    def make_app(model, *, token=None, timeout=10.0):
        made.update(token=token, timeout=timeout)

    def make_server(app, *, on_start, **options):
        assert options.pop("timeout") == made["timeout"]
        made.update(options)
        on_start("http://here")
        return SimpleNamespace(run=lambda: None)

    monkeypatch.setattr("skmultitext.serving.make_app", make_app)
    monkeypatch.setattr("skmultitext.serving.make_server", make_server)
    monkeypatch.setattr("skmultitext.serving._server.bound_socket", lambda *_: io.BytesIO())
    monkeypatch.delenv(_serve.TOKEN, raising=False)
    if token is not None:
        monkeypatch.setenv(_serve.TOKEN, token)
    code, out, err = run(capsys, "serve", model, "--host", host, "--set", "timeout=5")
    assert (code, out) == (0, "")
    assert made == {"token": token, "timeout": 5, "host": host, "port": 8000}
    assert err.startswith(f"serving {model} on http://here (Ctrl-C stops it)\n")
    warning = "warning: whoever reaches this address can use the model; see --token-file\n"
    assert err.endswith(warning) == warns


def test_what_cannot_be_served_is_one_line(capsys, monkeypatch, model, tmp_path):
    assert "There is no saved model at" in fail(capsys, "serve", tmp_path / "none", "--port", 0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert fail(capsys, "serve", model, "--port", port) == (
            f"error: port {port} of 127.0.0.1 is in use by another program; pass another port, 0 "
            "for any."
        )
    for wrong in ("70000", "a"):
        message = f"argument --port: '{wrong}' is no whole number from 0 to 65535; see skmultitext"
        assert message in fail(capsys, "serve", model, "--port", wrong, code=2)
    broken = tmp_path / "broken.model"
    broken.mkdir()
    (broken / "manifest.json").write_text("{}")
    assert fail(capsys, "serve", broken, "--port", 0).startswith(f"error: {broken}: manifest.json ")
    assert fail(capsys, "serve", model, "--set", "max_lenght=5") == (
        "error: --set: make_app has no parameter 'max_lenght'. Did you mean 'max_length'?"
    )
    assert "has no parameter 'token'" in fail(capsys, "serve", model, "--set", "token=secret")
    path = tmp_path / "token"
    assert f"{path}: No such file" in fail(capsys, "serve", model, "--token-file", path)
    path.write_text("\n")
    message = "is empty, or has other characters than ASCII letters, digits and punctuation"
    assert message in fail(capsys, "serve", model, "--token-file", path)
    monkeypatch.setenv(_serve.TOKEN, "")
    assert f"error: {_serve.TOKEN} {message}" in fail(capsys, "serve", model)


def test_more_connections_are_allowed_where_the_system_lets_us(monkeypatch):
    resource = pytest.importorskip("resource", reason="not on this system")
    changed = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: changed.append(limits))
    infinite = resource.RLIM_INFINITY
    for limits in ((1024, 4096), (1024, infinite), (4096, 4096), (infinite, infinite)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        _serve._allow_more_connections()
    assert changed == [(4096, 4096), (16384, infinite)]
