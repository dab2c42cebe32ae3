"""Who may use the server, and what a browser may do with its answers."""

import hmac
from typing import Any

from ._answers import refusal

__all__ = ["SafeHeaders", "TokenGuard"]

OPEN = {"/", "/health", "/ready", "/openapi.json"}  # the page asks for the token itself

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class TokenGuard:
    """ASGI middleware that answers 401 to a request without the token, and reads no body of it."""

    def __init__(self, app: Any, token: str) -> None:
        self._app = app
        self._token = token.encode("ascii")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and scope["path"] not in OPEN and not self._allows(scope):
            detail = "This server needs its token: send the header Authorization: Bearer TOKEN."
            await refusal(401, detail, close=True)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _allows(self, scope: Any) -> bool:
        scheme, _, given = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
        # takes the same time wherever the first wrong letter is
        is_same = hmac.compare_digest(given.strip(), self._token)
        return is_same and scheme.lower() == b"bearer"


class SafeHeaders:
    """ASGI middleware that adds headers which keep an answer from being run, framed or stored."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and add headers to its answer."""

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                policy = () if _POLICY[0] in names else (_POLICY,)  # the page has its own
                message = {**message, "headers": [*message["headers"], *_HEADERS, *policy]}
            await send(message)

        await self._app(scope, receive, with_headers)
