"""Answers in JSON."""

import json
from typing import Any

from fastapi import Response

__all__ = ["answer", "as_json", "problem", "refusal"]


def as_json(content: Any) -> str:
    """Write JSON in ASCII, which can hold any str, even a lone surrogate in a name."""
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


def answer(content: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON that is already written."""
    return Response(content, status, headers, "application/json")


def refusal(status: int, detail: str, *, close: bool = False) -> Response:
    """Say in a sentence why a request is not served; `close` leaves the rest of it unread."""
    headers = {"Connection": "close"} if close else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = "1"
    return answer(as_json({"detail": detail}), status, headers)


def problem(kind: str, place: list[Any], message: str) -> dict[str, Any]:
    """Describe what is wrong with a body, in FastAPI's form."""
    return {"type": kind, "loc": place, "msg": message}
