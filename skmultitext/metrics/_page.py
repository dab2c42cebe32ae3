"""Fill the page of a report: one file of HTML that loads nothing and runs only its own script."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from math import isnan

_PLACE = re.compile(r"@@([A-Z_]+)@@")


def render_page(title, data, plain):
    """Fill the page.

    Parameters
    ----------
    title : str
        Heading of the page.
    data : dict
        What the page shows, as of `page_data`.
    plain : str
        The report as text, for a browser that runs no script.

    Returns
    -------
    bytes
        The page in UTF-8.
    """
    script, style = _part("page.js"), _part("page.css")
    parts = {
        "TITLE": escape(title),
        "PLAIN": escape(plain),
        "STYLE": style,
        "SCRIPT": script,
        "STYLE_HASH": _hash(style),
        "SCRIPT_HASH": _hash(script),
        "DATA": _as_json(data),
    }
    # one pass, so that no text can stand in for another part
    page = _PLACE.sub(lambda match: parts[match[1]], _part("page.html"))
    # half a surrogate pair has no UTF-8; written out, it is the same in JSON
    return page.encode("utf-8", "backslashreplace")


def _part(name):
    return (files(__package__) / "_report_page" / name).read_text(encoding="utf-8")


def _hash(text):
    """Name the one script or style that the page's policy lets run."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _as_json(data):
    """Write JSON that cannot end the element it stands in."""
    text = json.dumps(
        _without_nan(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _without_nan(value):
    """Put null for nan, and whole numbers without a point."""
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    if isinstance(value, float):
        if isnan(value):
            return None
        return int(value) if value.is_integer() else value
    return value
