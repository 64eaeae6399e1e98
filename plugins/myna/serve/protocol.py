"""uvicorn's HTTP/1.1 with a bound on the time in which the head of a request has to come, and errors in our form."""

import asyncio
import json
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from myna.serve.api_error import content
from myna.serve.settings import HEAD_SECONDS, LINGER_SECONDS, MOST_CONNECTIONS


class BoundedProtocol(H11Protocol):
    """Closes connections on which a head does not come."""

    _head: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: Any) -> None:  # type: ignore[override]
        """Start to wait for the first head."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > MOST_CONNECTIONS:
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Wait for the next head as soon as a byte of it is there; take the rest of what was refused."""
        if self._refused:
            return
        if self._head is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or whose head is too large, with an error in the one form."""
        if getattr(sys.exception(), "error_status_hint", 400) == 431:
            self._refuse(431, "too_large", "the head of the request is over 64 KB; send fewer and shorter headers")
        else:
            self._refuse(400, "invalid_value", f"{msg} Send a request of HTTP/1.1.")

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._refused = True
        body = json.dumps(content(status, code, message)).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        try:
            events = (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage())
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            self.transport.close()  # an answer is on its way already
            return
        if self.cycle is not None:  # what has read a part of it
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._linger()

    def _linger(self) -> None:
        """Close when the client has: closing on bytes that nobody read would reset the connection under the answer."""
        self._stop()
        self.transport.resume_reading()
        if self.transport.get_write_buffer_size() == 0:  # else the length of the answer has to tell its end
            try:
                self.transport.write_eof()
            except OSError:  # the client is gone, and nobody has noticed so far
                self.transport.abort()
                return
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _wait(self) -> None:
        self._head = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _stop(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _too_slow(self) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            self._refuse(408, "too_slow", f"the head did not come within {HEAD_SECONDS:.0f} s; send it again")
        else:
            self.transport.close()  # nothing was asked
