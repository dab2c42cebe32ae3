"""Connections: the address, slow clients, the end."""

import socket
import threading
import time

import pytest
from served_models import HEAD, connect, running

from skmultitext.serving import _server as server_module
from skmultitext.serving import make_app, make_server


@pytest.fixture(scope="module")
def app(ticket_tagger):
    """A served tagger."""
    return make_app(ticket_tagger)


@pytest.fixture(scope="module")
def hurried(app):
    """The URL of a server that waits one second for a client."""
    with running(app, timeout=1.0) as url:
        yield url


def received(client):
    """All that a server sends until it closes the connection."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_connections_without_a_whole_head_are_closed(hurried):
    whole = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"
    for start, answer in ((b"", b""), (HEAD, b""), (whole + HEAD, b"HTTP/1.1 200 ")):
        for _ in range(5):  # the second may be over before a busy machine has read the start
            with connect(hurried) as client:
                client.sendall(start)
                found = received(client)
            if found[: len(answer)] == answer:
                break
        assert found[: len(answer)] == answer
        assert bool(found) == bool(answer)


def test_a_slow_head_is_not_kept_alive_by_single_bytes(hurried):
    def drip(client):
        for byte in HEAD + b"X-Slow: " + b"x" * 500:  # about a minute
            client.sendall(bytes([byte]))
            time.sleep(0.1)

    with connect(hurried) as client, pytest.raises((BrokenPipeError, ConnectionResetError)):
        drip(client)


def test_a_client_that_does_not_read_is_cut_off():
    size = 50_000_000

    async def large(scope, receive, send):
        if scope["type"] != "http":
            return
        headers = [(b"content-length", str(size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x" * size})

    request = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
    with running(large, timeout=1.0) as url:
        with connect(url) as client:
            client.sendall(request)
            time.sleep(4)
            found = bytearray()
            with pytest.raises(ConnectionResetError):  # noqa: PT012
                while part := client.recv(2**20):
                    found += part
                raise ConnectionResetError  # or the rest is missing
        assert len(found) < size
        with connect(url) as client:  # one that reads, slowly at first, gets all
            client.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert len(received(client)) > size


def test_the_default_is_loopback_and_the_url_says_the_port(app):
    server = make_server(app, port=0)
    host, port = server._listener.getsockname()
    assert host == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{port}"
    server.close()


def test_an_ipv6_address(app):
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        server = make_server(app, host="::1", port=0)
    except OSError:
        pytest.skip("no IPv6 on loopback")
    assert server.url.startswith("http://[::1]:")
    server.close()


def test_addresses_that_cannot_be_used(app):
    taken = make_server(app, port=0)
    port = int(taken.url.rpartition(":")[2])
    message = f"^port {port} of 127.0.0.1 is in use by another program; pass another port, 0 for"
    with pytest.raises(OSError, match=message):
        make_server(app, port=port)
    with pytest.raises(OSError, match=r"^host is 'no\.such\.host\.invalid', which is no address"):
        make_server(app, host="no.such.host.invalid", port=80)
    with pytest.raises(OSError, match=r"^cannot listen on port 0 of 192\.0\.2\.1 "):
        make_server(app, host="192.0.2.1", port=0)
    taken.close()
    for wrong in (-1, 65536, "80", True):
        with pytest.raises(
            ValueError, match=rf"^port is {wrong!r}; pass an int from 0 to 65535\.$"
        ):
            make_server(app, port=wrong)
    for wrong in (0, -1, float("nan"), float("inf"), "1", True):
        message = rf"^timeout is {wrong!r}; pass a number in \(0, inf\), in seconds\.$"
        with pytest.raises(ValueError, match=message):
            make_server(app, timeout=wrong)


def test_connections_are_limited_by_the_open_files(monkeypatch):
    resource = pytest.importorskip("resource", reason="not on this system")
    for soft, expected in ((256, 156), (10, 1), (resource.RLIM_INFINITY, 10_000), (2**20, 10_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert server_module._most_connections() == expected


def test_stopping_waits_for_a_running_request(app, ticket_tagger, monkeypatch):
    from skmultitext import TfidfLogRegTagger

    entered, go_on, predict = threading.Event(), threading.Event(), TfidfLogRegTagger.predict

    def blocked(tagger, texts):
        entered.set()
        assert go_on.wait(timeout=300)
        return predict(tagger, texts)

    monkeypatch.setattr(TfidfLogRegTagger, "predict", blocked)
    body = b'{"text": "late"}'
    with running(app) as url:
        client = connect(url)
        client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert entered.wait(timeout=300)
        threading.Timer(0.5, go_on.set).start()
        # leaving the block stops the server while the request runs
    with client:
        assert received(client).startswith(b"HTTP/1.1 200 ")
