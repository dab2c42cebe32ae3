"""The file of the page; test_serving_in_browser.py uses it."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from served_models import running

from skmultitext.serving import make_app
from skmultitext.serving._page import render_page

httpx = pytest.importorskip("httpx")


def test_a_browser_runs_the_pages_own_script_alone(ticket_tagger):
    with running(make_app(ticket_tagger, token="secret")) as url:
        answer = httpx.get(url, timeout=300)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    (policy,) = answer.headers.get_list("content-security-policy")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
    assert rules["connect-src"] == "'self'"
    for kind, tag in (("script-src", "script"), ("style-src", "style")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.S)
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert rules[kind] == f"'sha256-{digest}'"
    assert "secret" not in answer.text
    # the one address is the name of a format in the icon
    assert set(re.findall(r"https?://[\w./]+", answer.text)) == {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"(?:src|@import|url\()\s*=?\s*[\"']?(?!data:)\w+[:/]", answer.text)


def test_settings_reach_the_script():
    page, _ = render_page({"max_length": 5, "needs_token": False})
    assert b'id="settings">{"max_length": 5, "needs_token": false}</script>' in page
    assert b"@@" not in page
