"""Serve a saved tagger over HTTP with FastAPI, in batches of several requests.

    python examples/recipes/serve.py TAGGER [--port 8000] [--batch 64] [--wait 0.005]

TAGGER is a directory or zip file written by `save`; no code from it is run.

    POST /tag {"text": "..."}   ->  {"labels": [...], "probabilities": {label: probability}}
    GET  /health                ->  200 as long as the process answers
    GET  /ready                 ->  200 once the tagger is loaded, else 503

The answer is 422 to a text of more than --max-length characters, and to a body that is not such an
object. The bytes of a body are counted as they arrive, and more than the longest text can need get
413 at once. A body that is not complete within --timeout seconds gets 408, and a connection without
a complete request head in that time is closed. Requests that arrive within --wait seconds share one
call of the tagger; if --queue requests are waiting, the next ones get 503, so that memory and
waiting times stay bounded.
"""

import argparse
import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

import h11
import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StringConstraints
from uvicorn.protocols.http.h11_impl import H11Protocol

import skmultitext


class Batcher:
    """Collects waiting texts, and tags them together in a thread."""

    def __init__(self, tagger, largest, wait, most_waiting):
        self.tagger = tagger
        self.largest = largest
        self.wait = wait
        self.queue = asyncio.Queue(most_waiting)

    async def tag(self, text):
        """Wait for the labels of one text; asyncio.QueueFull if too many texts are waiting."""
        answer = asyncio.get_running_loop().create_future()
        self.queue.put_nowait((text, answer))
        return await answer

    async def run(self):
        """Tag batch after batch, forever."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self.queue.get()]
            deadline = loop.time() + self.wait
            while len(batch) < self.largest:
                try:
                    async with asyncio.timeout_at(deadline):
                        batch.append(await self.queue.get())
                except TimeoutError:
                    break
            try:
                answers = await asyncio.to_thread(self._answers, [text for text, _ in batch])
            except Exception as error:
                answers = [error] * len(batch)
            for (_, waiting), answer in zip(batch, answers, strict=True):
                if waiting.done():
                    continue  # the client has gone
                if isinstance(answer, Exception):
                    waiting.set_exception(answer)
                else:
                    waiting.set_result(answer)

    def _answers(self, texts):
        names = self.tagger.label_names_.tolist()
        label_sets = self.tagger.predict_labels(texts)
        proba = self.tagger.predict_proba(texts).tolist()
        return [
            {"labels": labels, "probabilities": dict(zip(names, row, strict=True))}
            for labels, row in zip(label_sets, proba, strict=True)
        ]


class BoundedBody:
    """Reads the body of a request before the application does, with limits of size and time."""

    def __init__(self, app, most_bytes, timeout):
        self.app = app
        self.most_bytes = most_bytes
        self.timeout = timeout

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, more = bytearray(), True
        claimed = dict(scope["headers"]).get(b"content-length", b"")
        too_long = claimed.isdigit() and int(claimed[:20]) > self.most_bytes
        try:
            async with asyncio.timeout(self.timeout):
                while more and not too_long:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    too_long = len(body) > self.most_bytes
        except TimeoutError:
            detail = f"The body was not complete within {self.timeout} seconds."
            await self._refuse(408, detail, scope, receive, send)
            return
        if too_long:
            detail = f"Send a body of at most {self.most_bytes} bytes."
            await self._refuse(413, detail, scope, receive, send)
            return
        whole = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay():
            return whole.pop() if whole else await receive()

        await self.app(scope, replay, send)

    @staticmethod
    async def _refuse(status, detail, scope, receive, send):
        # "close": the rest of the body is not read
        headers = {"Connection": "close"}
        await JSONResponse({"detail": detail}, status, headers)(scope, receive, send)


def make_app(path, *, max_length=10_000, largest=64, wait=0.005, most_waiting=1000, timeout=10):
    """Make the application that serves the tagger at a path."""
    most_bytes = 12 * max_length + 100  # JSON may write a character as two escapes of six bytes

    class Message(BaseModel):
        text: Annotated[str, StringConstraints(max_length=max_length)]

    @asynccontextmanager
    async def lifespan(app):
        tagger = await asyncio.to_thread(skmultitext.load, path)
        app.state.batcher = Batcher(tagger, largest, wait, most_waiting)
        worker = asyncio.create_task(app.state.batcher.run())
        yield
        app.state.batcher = None
        worker.cancel()

    app = FastAPI(lifespan=lifespan)
    app.state.batcher = None

    app.add_middleware(BoundedBody, most_bytes=most_bytes, timeout=timeout)

    @app.exception_handler(RequestValidationError)
    async def refuse(request, error):
        # without the input: it may be NaN or a lone surrogate, which no JSON answer can hold
        detail = [{key: e[key] for key in ("type", "loc", "msg")} for e in error.errors()]
        return JSONResponse({"detail": detail}, status_code=422)

    @app.exception_handler(400)  # what FastAPI answers to a body that is no UTF-8, or nested deeply
    async def refuse_undecodable(request, error):
        detail = [{"type": "json_invalid", "loc": ["body"], "msg": "The body is no JSON object."}]
        return JSONResponse({"detail": detail}, status_code=422)

    @app.post("/tag")
    async def tag(message: Message):
        if app.state.batcher is None:
            raise HTTPException(503, "The tagger is not loaded yet.")
        try:
            return await app.state.batcher.tag(message.text)
        except asyncio.QueueFull:
            raise HTTPException(503, "Too many requests wait already; try again later.") from None

    @app.get("/health")
    async def health():
        return {"status": "alive"}

    @app.get("/ready")
    async def ready():
        if app.state.batcher is None:
            raise HTTPException(503, "The tagger is not loaded yet.")
        return {"status": "ready"}

    return app


def make_server(app, *, port=8000, most_connections=2000, timeout=10):
    """Make a server for an application, on the loopback interface."""

    class TimedProtocol(H11Protocol):
        """Closes a connection on which no complete request head arrives in time."""

        _timer = None

        def connection_made(self, transport):
            super().connection_made(transport)
            self._watch()

        def data_received(self, data):
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc):
            self._stop()
            super().connection_lost(exc)

        def _watch(self):
            if self.conn.their_state is not h11.IDLE:  # the head is there
                self._stop()
            elif self._timer is None:
                self._timer = self.loop.call_later(timeout, self.transport.close)

        def _stop(self):
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=TimedProtocol,
        ws="none",
        limit_concurrency=most_connections,
        log_level="error",
    )
    return uvicorn.Server(config)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tagger")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--max-length", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--wait", type=float, default=0.005)
    parser.add_argument("--queue", type=int, default=1000)
    parser.add_argument("--timeout", type=float, default=10)
    options = parser.parse_args()
    app = make_app(
        options.tagger,
        max_length=options.max_length,
        largest=options.batch,
        wait=options.wait,
        most_waiting=options.queue,
        timeout=options.timeout,
    )
    most_connections = 2 * options.queue
    make_server(
        app, port=options.port, most_connections=most_connections, timeout=options.timeout
    ).run()


if __name__ == "__main__":
    main()
