"""Bodies of requests: read before the application runs, with limits of size and time."""

import asyncio
from collections.abc import Mapping
from typing import Any

from ._answers import refusal

__all__ = ["BoundedBody"]

_LEAST = 100  # bytes, for the requests that have no body


class BoundedBody:
    """ASGI middleware that answers 413 to a body that is too long, 408 to one that is too slow.

    The bytes are counted as they arrive, whatever the headers claim.
    """

    def __init__(self, app: Any, max_bytes: Mapping[str, int], timeout: float) -> None:
        self._app = app
        self._max_bytes = max_bytes  # by path
        self._timeout = timeout

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on with its whole body, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._max_bytes.get(scope["path"], _LEAST)
        claimed = dict(scope["headers"]).get(b"content-length", b"")
        too_long = claimed.isdigit() and int(claimed[:20]) > most
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(self._timeout):
                while more and not too_long:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    too_long = len(body) > most
        except TimeoutError:
            detail = f"The body was not complete within {self._timeout:g} seconds."
            await refusal(408, detail, close=True)(scope, receive, send)
            return
        if too_long:
            detail = f"The body is too large; send at most {most} bytes."
            await refusal(413, detail, close=True)(scope, receive, send)
            return
        whole = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Any:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)
