"""Answers in JSON."""

import json
import math

import pytest
import served_models  # noqa: F401  skips without the libraries

from skmultitext.serving._answers import answer, as_json, refusal


def test_json_holds_any_name_and_every_digit():
    content = {"\ud800 \u2028 é": [0.1 + 0.2, 5e-324, 1 / 3]}
    written = as_json(content)
    assert json.loads(written) == content
    assert answer(written).body == written.encode("ascii")
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json(math.nan)


def test_a_refusal_says_what_to_do_next():
    assert refusal(503, "a").headers["retry-after"] == "1"
    assert refusal(401, "a").headers["www-authenticate"] == "Bearer"
    assert refusal(413, "a", close=True).headers["connection"] == "close"
    assert "connection" not in refusal(503, "a").headers
