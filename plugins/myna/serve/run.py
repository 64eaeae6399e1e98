"""The event loop of the server."""

import asyncio
import contextlib
import logging
import socket

import uvicorn

from myna.serve.app import build
from myna.serve.protocol import BoundedProtocol
from myna.serve.settings import MOST_CONNECTIONS, Settings


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
