"""The page at /: one file that loads nothing from elsewhere."""

import json
from importlib.resources import files
from typing import Any

from ..report._page import policy_hash

__all__ = ["render_page"]

_PLACES = ("STYLE", "SCRIPT", "SETTINGS")


def render_page(settings: dict[str, Any]) -> tuple[bytes, str]:
    """Return the page, and the policy by which a browser runs only the page's own script."""
    style, script = _part("page.css"), _part("page.js")
    parts = (style, script, json.dumps(settings))
    page = _part("page.html")
    for place, part in zip(_PLACES, parts, strict=True):
        page = page.replace(f"@@{place}@@", part)
    policy = (
        f"default-src 'none'; style-src '{policy_hash(style)}'; "
        f"script-src '{policy_hash(script)}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return page.encode("utf-8"), policy


def _part(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")
