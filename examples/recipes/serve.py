"""Serve a saved tagger over HTTP with FastAPI, several requests to a batch.

    python examples/recipes/serve.py TAGGER [--port 8000] [--batch 64] [--wait 0.005]

TAGGER is what `save` wrote: a directory or a zip, which runs no code when it is loaded.

    POST /tag {"text": "..."}   ->  {"labels": [...], "probabilities": {label: probability}}
    GET  /health                ->  200 as long as the process answers
    GET  /ready                 ->  200 once the tagger is loaded, else 503

A text of more than --max-length characters, and anything that is not such an object, gets 422; a
body of more bytes than such a text can need gets 413 before it is read. Requests that arrive
within --wait seconds share one call of the tagger; when --queue of them wait already, further
ones get 503, so that neither memory nor the time to an answer grows without bound.
"""

import argparse
import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StringConstraints

import skmultitext


class Batcher:
    """Collects texts that wait, and has them tagged together in a thread."""

    def __init__(self, tagger, largest, wait, most_waiting):
        self.tagger = tagger
        self.largest = largest
        self.wait = wait
        self.queue = asyncio.Queue(most_waiting)

    async def tag(self, text):
        """Wait for the answer of one text; asyncio.QueueFull if too many wait already."""
        answer = asyncio.get_running_loop().create_future()
        self.queue.put_nowait((text, answer))
        return await answer

    async def run(self):
        """Tag batch after batch, for ever."""
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


def make_app(path, *, max_length=10_000, largest=64, wait=0.005, most_waiting=1000):
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

    @app.middleware("http")
    async def bound_the_body(request: Request, call_next):
        length = request.headers.get("content-length")
        if request.method == "POST" and (length is None or int(length) > most_bytes):
            detail = f"Send a body with Content-Length, of at most {most_bytes} bytes."
            return JSONResponse({"detail": detail}, status_code=411 if length is None else 413)
        return await call_next(request)

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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tagger")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--max-length", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--wait", type=float, default=0.005)
    parser.add_argument("--queue", type=int, default=1000)
    options = parser.parse_args()
    app = make_app(
        options.tagger,
        max_length=options.max_length,
        largest=options.batch,
        wait=options.wait,
        most_waiting=options.queue,
    )
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
