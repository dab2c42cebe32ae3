"""Bodies are counted as they arrive, and must arrive in time."""

import pytest
from served_models import HEAD, connect, running

from skmultitext.serving import make_app


@pytest.fixture(scope="module")
def url(ticket_tagger):
    """The URL of a server that waits one second for a body."""
    with running(make_app(ticket_tagger, timeout=1.0)) as url:
        yield url


@pytest.mark.parametrize("length", [b"", b"Content-Length: 10\r\n"])
def test_a_body_is_counted_whatever_its_headers_claim(url, length):
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    sent = 0
    with connect(url) as client:
        client.sendall(HEAD + length + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            while sent < 300 * 2**20:
                client.sendall(chunk)
                sent += len(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has closed the connection
    assert sent < 16 * 2**20


def test_a_body_that_claims_too_much_is_not_read(url):
    with connect(url) as client:
        client.sendall(HEAD + b"Content-Length: 300000000\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_requests_without_a_body_may_not_send_one(url):
    with connect(url) as client:
        client.sendall(b"GET /labels HTTP/1.1\r\nHost: here\r\nContent-Length: 200\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_never_ends_is_refused(url):
    with connect(url) as client:
        client.sendall(HEAD + b'Content-Length: 16\r\n\r\n{"text": ')
        received = b""
        while more := client.recv(1000):  # ends when the server closes
            received += more
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"The body was not complete within 1 seconds." in received
