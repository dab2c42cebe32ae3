"""The application: endpoints, and what stands before them."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .._runtime.pickling import own_version
from ._access import SafeHeaders, TokenGuard
from ._answers import answer, as_json, problem, refusal
from ._batching import Batcher, FullError
from ._bodies import BoundedBody
from ._metrics import CountedRequests, Metrics
from ._page import render_page
from ._served import ServedModel

__all__ = ["Limits", "build_app"]

_MOST_EXPLANATIONS = 100  # that wait; they run one by one
_FULL = "Too many texts wait already; try again later."
_STATUSES: dict[int | str, dict[str, Any]] = {
    401: {"description": "The token is missing or wrong"},
    408: {"description": "The body took too long to arrive"},
    413: {"description": "The body is too large"},
    503: {"description": "Too many texts wait already"},
}


@dataclass(frozen=True)
class Limits:
    """The limits of an application, as `make_app` describes them."""

    max_length: int
    max_texts: int
    max_bytes: int
    max_waiting: int
    batch_size: int
    timeout: float


class Tags(BaseModel):
    """The labels of a text, and the probability of every label."""

    labels: list[str]
    probabilities: dict[str, float]


class BatchOfTags(BaseModel):
    """The labels of several texts, in their order."""

    results: list[Tags]


class Sentence(BaseModel):
    """Words and their weights; `weight` is that of the sentence, if the tagger has one."""

    words: list[str]
    weights: list[float]
    weight: float | None


class Explanation(Tags):
    """What the words of a text say for a label, or with null for all labels together."""

    label: str | None
    intercept: float | None
    sentences: list[Sentence]


class Label(BaseModel):
    """A label and its threshold, null where thresholds do not decide."""

    name: str
    threshold: float | None


class Labels(BaseModel):
    """All labels, in the order of the columns."""

    labels: list[Label]


class Status(BaseModel):
    """A status."""

    status: str


def build_app(served: ServedModel, limits: Limits, token: str | None) -> FastAPI:
    """Make the application of a model."""

    def tag_texts(texts: list[str]) -> Sequence[str]:
        start = time.perf_counter()
        found = served.tag(texts)
        metrics.batch((labels for _, labels in found), time.perf_counter() - start)
        return [written for written, _ in found]

    def explain_texts(requests: list[tuple[str, str | None, str]]) -> Sequence[str]:
        return [served.explain(*request) for request in requests]

    tagging = Batcher(tag_texts, limits.batch_size, limits.max_waiting)
    explaining = Batcher(explain_texts, 1, _MOST_EXPLANATIONS)
    metrics = Metrics(served.names, lambda: tagging.n_waiting)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        workers = [asyncio.create_task(part.run()) for part in (tagging, explaining)]
        app.state.is_running = True
        yield
        app.state.is_running = False
        for worker in workers:
            worker.cancel()

    app = FastAPI(
        title="skmultitext",
        version=own_version(),
        lifespan=lifespan,
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.is_running = False
    _add_routes(app, served, limits, metrics, tagging, explaining, token)
    _add_refusals(app)
    own_text = 12 * limits.max_length + 1_000  # JSON may escape a character in twelve bytes
    max_bytes = {"/tag": own_text, "/explain": own_text, "/tag_batch": limits.max_bytes}
    paths = {getattr(route, "path", "") for route in app.routes}
    # the last one is the first to see a request
    app.add_middleware(BoundedBody, max_bytes=max_bytes, timeout=limits.timeout)
    if token is not None:
        app.add_middleware(TokenGuard, token=token)
    app.add_middleware(SafeHeaders)
    app.add_middleware(CountedRequests, metrics=metrics, paths=paths)
    return app


def _add_routes(
    app: FastAPI,
    served: ServedModel,
    limits: Limits,
    metrics: Metrics,
    tagging: Batcher,
    explaining: Batcher,
    token: str | None,
) -> None:
    """Add all endpoints."""
    Text = Annotated[str, StringConstraints(max_length=limits.max_length)]

    class TextIn(BaseModel):
        """A text."""

        model_config = ConfigDict(extra="forbid")
        text: Text

    class TextsIn(BaseModel):
        """Several texts."""

        model_config = ConfigDict(extra="forbid")
        texts: Annotated[list[Text], Field(min_length=1, max_length=limits.max_texts)]

    class ExplainIn(TextIn):
        """A text and the label to explain, null for the most probable one."""

        label: str | None = None
        method: Literal["auto", "contributions", "attention", "occlusion"] = "auto"

    page, policy = render_page(asdict(limits) | {"needs_token": token is not None})
    labels = as_json({"labels": served.labels()})
    # documents the token; the middleware checks it before any body is read
    guarded: dict[str, Any] = {"responses": _STATUSES}
    if token is not None:
        guarded["dependencies"] = [Depends(HTTPBearer(auto_error=False))]

    @app.post("/tag", response_model=Tags, **guarded)
    async def tag(body: TextIn) -> Response:
        """Tag a text."""
        (found,) = await tagging.submit([body.text])
        return answer(found)

    @app.post("/tag_batch", response_model=BatchOfTags, **guarded)
    async def tag_batch(body: TextsIn) -> Response:
        """Tag several texts."""
        return answer(f'{{"results":[{",".join(await tagging.submit(body.texts))}]}}')

    @app.post("/explain", response_model=Explanation, **guarded)
    async def explain(body: ExplainIn) -> Response:
        """Say which words of a text speak for a label."""
        try:
            (found,) = await explaining.submit([(body.text, body.label, body.method)])
        except ValueError as error:  # the model has no such label or method
            return _invalid([problem("value_error", ["body"], str(error))])
        return answer(found)

    @app.get("/labels", response_model=Labels, **guarded)
    async def get_labels() -> Response:
        """List the labels and their thresholds."""
        return answer(labels)

    @app.get("/card", response_class=Response, **guarded)
    async def get_card() -> Response:
        """Return the model card in Markdown."""
        return Response(served.card, media_type="text/markdown; charset=utf-8")

    @app.get("/metrics", response_class=Response, **guarded)
    async def get_metrics() -> Response:
        """Return counts and times in the text format of Prometheus."""
        return Response(metrics.written(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/health", response_model=Status)
    async def health() -> Response:
        """Answer as long as the process does."""
        return answer('{"status":"alive"}')

    @app.get("/ready", response_model=Status, responses={503: _STATUSES[503]})
    async def ready() -> Response:
        """Say whether a text would be taken."""
        if not app.state.is_running:
            return refusal(503, "The server is starting or stopping.")
        return refusal(503, _FULL) if tagging.is_full else answer('{"status":"ready"}')

    @app.get("/", include_in_schema=False)
    async def get_page() -> Response:
        headers = {"Content-Security-Policy": policy}
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def _add_refusals(app: FastAPI) -> None:
    """Say in JSON what is wrong with a request."""

    @app.exception_handler(RequestValidationError)
    async def refuse(request: Request, error: RequestValidationError) -> Response:
        # without the input: it may be NaN or a lone surrogate
        return _invalid([problem(e["type"], list(e["loc"]), e["msg"]) for e in error.errors()])

    @app.exception_handler(400)  # of FastAPI, for a body that is no UTF-8, or nested deeply
    async def refuse_undecodable(request: Request, error: Exception) -> Response:
        return _invalid([problem("json_invalid", ["body"], "The body is no JSON object.")])

    @app.exception_handler(FullError)
    async def refuse_full(request: Request, error: FullError) -> Response:
        return refusal(503, _FULL)

    @app.exception_handler(500)
    async def failed(request: Request, error: Exception) -> Response:
        return refusal(500, "The model failed on this request; the log of the server says why.")


def _invalid(problems: list[dict[str, Any]]) -> Response:
    return answer(as_json({"detail": problems}), 422)
