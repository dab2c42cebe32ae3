"""Counts and times of a server, in the text format of Prometheus."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["CountedRequests", "Metrics"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_MOST_LABELS = 1_000  # with more, labels are not counted one by one


class Metrics:
    """The metrics of one application."""

    def __init__(self, label_names: list[str], n_waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        own: dict[str, Any] = {"namespace": "skmultitext", "registry": self._registry}
        self._requests = Counter("requests", "Requests", ["path", "status"], **own)
        self._seconds = Histogram(
            "request_seconds", "Seconds from head to answer", ["path"], buckets=_SECONDS, **own
        )
        self._batches = Histogram("batch_texts", "Texts in a call", buckets=_TEXTS, **own)
        self._tagging = Histogram("batch_seconds", "Seconds of a call", buckets=_SECONDS, **own)
        self._untagged = Counter("texts_without_labels", "Texts that got no label", **own)
        waiting = Gauge("texts_waiting", "Texts that wait for the tagger", **own)
        waiting.set_function(n_waiting)
        self._labels: Any = None
        if len(label_names) <= _MOST_LABELS:
            self._labels = Counter("labels", "Texts that got a label", ["label"], **own)
            for name in label_names:
                self._labels.labels(_printable(name))  # so that a label never given counts 0

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def batch(self, label_sets: Iterable[list[str]], seconds: float) -> None:
        """Count a call of the tagger."""
        label_sets = list(label_sets)
        self._batches.observe(len(label_sets))
        self._tagging.observe(seconds)
        for labels in label_sets:
            if not labels:
                self._untagged.inc()
            for name in labels if self._labels is not None else ():
                self._labels.labels(_printable(name)).inc()

    def written(self) -> bytes:
        """Write all metrics."""
        return generate_latest(self._registry)


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")  # without lone surrogates


class CountedRequests:
    """ASGI middleware that counts requests and their times."""

    def __init__(self, app: Any, metrics: Metrics, paths: set[str]) -> None:
        self._app = app
        self._metrics = metrics
        self._paths = paths

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and count it when it ends; a client that has gone counts as 499."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # paths that do not exist are one series, or a scan would make thousands
        path = scope["path"] if scope["path"] in self._paths else "other"
        status, start = 499, time.perf_counter()

        async def noted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            status = 500
            raise
        finally:
            self._metrics.request(path, status, time.perf_counter() - start)
