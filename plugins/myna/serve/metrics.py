"""Counters for Prometheus."""

import time
from typing import TYPE_CHECKING

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from myna.serve.parts import Parts

_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)


class Metrics:
    """One registry a server."""

    def __init__(self) -> None:
        """Make the counters."""
        self.registry = CollectorRegistry()
        labels = ["method", "path", "status"]
        self.requests = Counter("myna_requests", "Requests answered", labels, registry=self.registry)
        self.first = Histogram(
            "myna_first_byte_seconds",
            "Until the head of the answer",
            ["path"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.whole = Histogram(
            "myna_request_seconds", "Until the end of the answer", ["path"], buckets=_SECONDS, registry=self.registry
        )
        self.speech = Counter("myna_speech_seconds", "Sound that left as whole files", registry=self.registry)
        self.gauges = {
            name: Gauge(f"myna_{name}", text, registry=self.registry)
            for name, text in (
                ("speaking", "Requests that are spoken or wait"),
                ("voices_loaded", "Voices in memory"),
                ("jobs_queued", "Jobs that wait"),
                ("jobs_running", "Jobs that run"),
                ("resident_bytes", "Memory of the process"),
                ("threads", "Threads of the process"),
            )
        }

    def spoken(self, seconds: float) -> None:
        """Count a sound."""
        self.speech.inc(seconds)

    def text(self, parts: "Parts") -> bytes:
        """Return all of them in Prometheus' form."""
        process = psutil.Process()
        queued, running = parts.queue.counts()
        values = (parts.speakers.active, parts.library.loaded, queued, running)
        for gauge, value in zip(
            self.gauges.values(), (*values, process.memory_info().rss, process.num_threads()), strict=True
        ):
            gauge.set(value)
        return generate_latest(self.registry)


class Counted:
    """Middleware that counts requests and times them.

    Args:
        app: The application.
        metrics: Where.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Remember them."""
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count it by the path that answered, not by what was typed."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = time.monotonic(), 499

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self.metrics.first.labels(_path(scope)).observe(time.monotonic() - began)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            method = scope["method"] if scope["method"] in ("GET", "POST", "DELETE", "HEAD", "OPTIONS") else "other"
            self.metrics.requests.labels(method, _path(scope), status).inc()
            self.metrics.whole.labels(_path(scope)).observe(time.monotonic() - began)


def _path(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "other"))
