"""Speaking for several at once: a few threads, one part of a sound at a time, so that nobody waits for a long text."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from starlette.requests import Request

from myna.serve.api_error import ApiError
from myna.serve.settings import Settings


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class Speakers:
    """The threads that speak.

    Each request is an iterator; its next step is put into the queue of the threads when the step before is done, so
    requests take turns, and one that is given up stops after the step that runs.

    Args:
        settings: How many threads, requests at once, and seconds.
    """

    def __init__(self, settings: Settings) -> None:
        """Start no thread yet."""
        self.settings, self.active, self._prepared = settings, 0, Future[None]()
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="speak")

    def prepare(self, work: Callable[[], None]) -> None:
        """Do something in a thread before anybody asks."""
        self._prepared = self._pool.submit(work)

    @property
    def prepared(self) -> bool:
        """Whether that is done."""
        return self._prepared.done()

    @contextmanager
    def slot(self) -> Iterator[float]:
        """Take one of the places for requests; gives the time of the loop until which it may be kept.

        Raises:
            ApiError: All are taken.
        """
        if self.active >= self.settings.at_once:
            raise ApiError(503, "busy", f"{self.active} requests are being spoken; come again", retry=2)
        self.active += 1
        try:
            yield asyncio.get_running_loop().time() + self.settings.seconds
        finally:
            self.active -= 1

    async def run[Made](self, work: Callable[[], Made], until: float) -> Made:
        """Do something in a thread, in turn.

        Raises:
            ApiError: It is not done in time.
        """
        return await self._in_time(self._pool.submit(work), until)

    async def steps[Part](self, parts: Iterator[Part], until: float) -> AsyncIterator[Part]:
        """Give what an iterator gives, made in the threads; the iterator is closed there when this one is.

        Raises:
            ApiError: It is not done in time.
        """
        made = None
        try:
            while True:
                made = self._pool.submit(next, parts, None)
                part = await self._in_time(made, until)
                if part is None:
                    return
                yield part
        finally:
            # A step that runs cannot be interrupted: the end waits for it, the request does not.
            if made is not None and (close := getattr(parts, "close", None)):
                made.add_done_callback(lambda _: self._pool.submit(close))

    async def _in_time[Made](self, made: Future[Made], until: float) -> Made:
        try:
            async with asyncio.timeout_at(until):
                return await asyncio.wrap_future(made)
        except TimeoutError as error:
            most = self.settings.seconds
            raise ApiError(504, "too_long", f"not spoken within {most:.0f} s; give the text in parts") from error

    def stop(self) -> None:
        """Take no more work."""
        self._pool.shutdown(wait=True, cancel_futures=True)


async def while_there[Made](request: Request, work: Awaitable[Made]) -> Made:
    """Return what some work gives; when the client leaves, the work is stopped.

    Raises:
        ClientGone: It left.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGone
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
