"""The server: uvicorn with limits on connections that uvicorn itself lacks."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .._runtime.messages import shown

__all__ = ["BoundServer", "bound_socket"]

_MOST_CONNECTIONS = 10_000
_OTHER_FILES = 100  # open files that are no connections
_LEAST_PROGRESS = 2**16  # bytes of an answer that a client must read in the time limit


class BoundServer(uvicorn.Server):
    """A server on a socket that is bound already, so that a port in use is found at once."""

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        timeout: float,
        on_start: Callable[[str], None] | None,
    ) -> None:
        class Protocol(TimedProtocol):
            seconds = timeout

        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            limit_concurrency=_most_connections(),
            timeout_keep_alive=max(1, min(5, int(timeout))),
            timeout_graceful_shutdown=max(1, int(timeout)),
            log_level="error",
            access_log=False,
            server_header=False,
        )
        super().__init__(config)
        self._listener = listener
        self._on_start = on_start
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal or `should_exit`."""
        await super().serve(sockets or [self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self._on_start is not None:
            self._on_start(self.url)

    def close(self) -> None:
        """Free the port of a server that was never run."""
        self._listener.close()


def bound_socket(host: str, port: int) -> socket.socket:
    """Bind a socket; it refuses connections until the server listens on it."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise OSError(
            f"host is {shown(host)}, which is no address of this machine ({error}); pass one such "
            f"as 127.0.0.1."
        ) from error
    listener = socket.socket(family, kind, number)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1)  # Linux binds a port twice, until one listens
    except OSError as error:
        listener.close()
        raise OSError(_why(error, host, port)) from error
    return listener


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use by another program; pass another port, 0 for any."
    if error.errno == errno.EACCES:
        return f"port {port} is reserved for the administrator; pass one above 1023."
    return f"cannot listen on port {port} of {host} ({error.strerror}); pass another host or port."


def _most_connections() -> int:
    """Return how many connections fit into the open files that the system allows."""
    try:
        import resource
    except ImportError:
        return _MOST_CONNECTIONS
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if allowed == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(1, min(_MOST_CONNECTIONS, allowed - _OTHER_FILES))


class TimedProtocol(H11Protocol):
    """Closes a connection whose client is too slow with a request's head, or with the answer."""

    seconds = 10.0
    _arriving: asyncio.TimerHandle | None = None
    _leaving: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for a head."""
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Wait on, unless the head is there."""
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        for timer in (self._arriving, self._leaving):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._watch_answer()

    def resume_writing(self) -> None:
        """Stop waiting: little is left to be read."""
        super().resume_writing()
        if self._leaving is not None:
            self._leaving.cancel()

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:  # the head is there
            if self._arriving is not None:
                self._arriving.cancel()
                self._arriving = None
        elif self._arriving is None:
            self._arriving = self.loop.call_later(self.seconds, self.transport.close)

    def _watch_answer(self) -> None:
        before = self.transport.get_write_buffer_size()

        def check() -> None:
            if before - self.transport.get_write_buffer_size() < _LEAST_PROGRESS:
                self.transport.abort()  # close would wait for the client
            else:
                self._watch_answer()

        self._leaving = self.loop.call_later(self.seconds, check)
