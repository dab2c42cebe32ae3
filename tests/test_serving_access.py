"""The token, and the headers of all answers."""

import pytest
from served_models import connect, running

from skmultitext.serving import make_app

httpx = pytest.importorskip("httpx")
TOKEN = "k3y-of/this~server"
OPEN = ("/", "/health", "/ready", "/openapi.json")
GUARDED = ("/labels", "/card", "/metrics", "/none", "/health/", "/docs")


@pytest.fixture(scope="module")
def url(ticket_tagger):
    """The URL of a server with a token."""
    with running(make_app(ticket_tagger, token=TOKEN)) as url:
        yield url


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer \u00e9",
    ],
)
def test_without_the_token_only_what_is_open_is_served(url, header):
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    with httpx.Client(base_url=url, headers=headers, timeout=300) as client:
        for path in OPEN:
            assert client.get(path).status_code == 200
        for answer in [
            *(client.get(path) for path in GUARDED),
            *(client.post(path, json={"text": "late"}) for path in ("/tag", "/explain")),
            client.post("/tag_batch", json={"texts": ["late"]}),
        ]:
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["detail"].startswith("This server needs its token: send the head")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_with_the_token_all_is_served(url, scheme):
    headers = {"Authorization": f"{scheme} {TOKEN}"}
    with httpx.Client(base_url=url, headers=headers, timeout=300) as client:
        assert client.post("/tag", json={"text": "late"}).status_code == 200
        assert client.get("/metrics").status_code == 200


def test_no_body_is_read_before_the_token_is_seen(url):
    with connect(url) as client:
        client.sendall(b"POST /tag HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 401 ")


def test_answers_may_not_be_run_framed_or_stored(url):
    for path in ("/health", "/labels", "/openapi.json"):
        headers = httpx.get(url + path, timeout=300).headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("token", ["", "a b", "\u00e9", "a\n", 5])
def test_a_token_that_no_header_holds_is_refused(ticket_tagger, token):
    with pytest.raises(ValueError, match=r"^token is empty, or has other characters than ASCII"):
        make_app(ticket_tagger, token=token)
