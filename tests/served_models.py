"""Run a server on loopback in a thread of this process."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

for _library in ("fastapi", "uvicorn", "prometheus_client", "httpx"):
    pytest.importorskip(_library, reason=f"needs {_library} (extra 'serve')")

from skmultitext.serving import make_server  # noqa: E402

JSON = {"Content-Type": "application/json"}
HEAD = b"POST /tag HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"


@contextmanager
def running(app, timeout=60):
    """Yield the URL of an application that runs until the end of the block.

    It waits a minute for the bytes of a request, so that no test fails on a busy machine.
    """
    started = threading.Event()
    server = make_server(app, port=0, timeout=timeout, on_start=lambda url: started.set())
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(timeout=120)
        yield server.url
    finally:
        server.should_exit = True
        thread.join(timeout=120)
    assert not thread.is_alive()


def connect(url):
    """A socket to the server, which ends in an error where the server never answers."""
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=120)


def wait_for(condition):
    """Wait until a function returns true, for two minutes at most."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
