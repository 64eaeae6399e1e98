"""The application and its event loop: paths, errors in one form, the page, and what starts and stops with it."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import FileResponse, Response

from myna.errors import MynaError
from myna.recipe.lock import only_run
from myna.serve import page_api, speech_api, voices_api
from myna.serve.api_error import ApiError, answer
from myna.serve.guard import Guard
from myna.serve.jobs import Queue
from myna.serve.library import Library
from myna.serve.metrics import Counted, Metrics
from myna.serve.parts import Parts
from myna.serve.people import People
from myna.serve.protocol import BoundedProtocol
from myna.serve.settings import MOST_CONNECTIONS, Settings
from myna.serve.speaking import ClientGone, Speakers
from myna.serve.warm import warm_up

logger = logging.getLogger(__name__)
PAGE = Path(__file__).with_name("page")
_CODES = {404: "not_found", 405: "method_not_allowed"}
_KINDS = {"css": "text/css", "html": "text/html", "js": "text/javascript", "json": "application/json"}
_KINDS |= {"svg": "image/svg+xml", "png": "image/png", "webmanifest": "application/manifest+json"}


def build(settings: Settings) -> FastAPI:
    """Make the application.

    Raises:
        MynaError: The settings are unsafe, or the store cannot be opened.
    """
    people = People(settings.checked().home)
    library, speakers = Library(people, settings.memory, settings.default_voice), Speakers(settings)
    parts = Parts(settings, people, library, speakers, Queue(people, settings.jobs), Metrics())
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lambda _: _running(parts))
    app.state.parts = parts
    for api in (speech_api, voices_api, page_api):
        app.include_router(api.router(parts))
    _add_state(app, parts)
    _add_errors(app)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Counted, metrics=parts.metrics)
    return app


async def run(settings: Settings, listener: socket.socket) -> None:
    """Serve on an open socket until SIGINT or SIGTERM.

    Raises:
        MynaError: The settings are unsafe, or the home is in use.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    app = build(settings)
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=MOST_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    others = []
    if settings.wyoming is not None:
        from myna.serve.wyoming_server import serve

        others.append(asyncio.create_task(serve(app.state.parts, settings)))
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in others:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@contextlib.asynccontextmanager
async def _running(parts: Parts) -> AsyncIterator[None]:
    """Look after the jobs for as long as the server runs; jobs outlive it."""
    with only_run(parts.people.home / "server"):
        watching = asyncio.create_task(parts.queue.watch())
        parts.speakers.prepare(lambda: warm_up(parts.library))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            parts.speakers.stop()
            parts.people.close()


def _add_state(app: FastAPI, parts: Parts) -> None:
    @app.get("/health")
    def health() -> dict[str, Any]:
        queued, running = parts.queue.counts()
        return {
            "status": "ok",
            "version": version("myna"),
            "voices": sum(1 for _ in parts.library.speaking()),
            "loaded": parts.library.loaded,
            "ready": parts.speakers.prepared,
            "jobs": {"queued": queued, "running": running},
        }

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(parts.metrics.text(parts), media_type="text/plain; version=0.0.4")


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404 and not isinstance(error, ApiError) and (file := _page_file(request)):
            return file
        return answer(_of_http(error, request))

    @app.exception_handler(RequestValidationError)
    async def validation(request: Request, error: RequestValidationError) -> Response:
        return answer(_of_validation(error))

    @app.exception_handler(MynaError)
    async def refused(request: Request, error: MynaError) -> Response:
        return answer(ApiError(400, "refused", str(error)))

    @app.exception_handler(ClientGone)
    async def gone(request: Request, error: ClientGone) -> Response:
        return Response(status_code=499)

    @app.exception_handler(Exception)
    async def internal(request: Request, error: Exception) -> Response:
        logger.error("%s %s", request.method, request.url.path, exc_info=error)
        return answer(ApiError(500, "internal", "something in the server is wrong; its log says what"))


def _of_http(error: HTTPException, request: Request) -> ApiError:
    if isinstance(error, ApiError):
        return error
    status = error.status_code
    known = _CODES.get(status, "invalid_json" if "parsing the body" in error.detail else "invalid_value")
    messages = {404: f"no {request.url.path[:80]} here", 405: f"{request.method} is not for {request.url.path[:80]}"}
    found = ApiError(status, known, messages.get(status, error.detail))
    found.headers = error.headers
    return found


def _of_validation(error: RequestValidationError) -> ApiError:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"][1:] if part != "VoiceId"]
    if first["type"] == "json_invalid":
        return ApiError(400, "invalid_json", f"the body is no JSON: {first.get('ctx', {}).get('error', '')}")
    field = ".".join(place)[:100] or None
    return ApiError(400, "invalid_value", f"{field or 'the body'}: {first['msg']}", field)


def _page_file(request: Request) -> Response | None:
    """Return a file of the page; nothing for a path that leaves its folder."""
    if request.method not in ("GET", "HEAD") or not PAGE.is_dir():
        return None
    try:
        path = (PAGE / (request.url.path.lstrip("/") or "index.html")).resolve()
        kind = _KINDS.get(path.suffix.removeprefix("."))
        if kind is None or not path.is_relative_to(PAGE.resolve()) or not path.is_file():
            return None
    except (OSError, ValueError):  # a name that no file can have
        return None
    return FileResponse(path, media_type=kind)
