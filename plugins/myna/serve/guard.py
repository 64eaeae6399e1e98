"""What every request passes before anything of it is read: host, site, rate, token, size and pace."""

import asyncio
import hmac
import time
from collections import OrderedDict
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from myna.serve import settings as bounds
from myna.serve.api_error import ApiError, answer
from myna.serve.settings import LOOPBACK, Settings

UPLOADS = ("/v1/audio/voices", "/v1/inspect", "/v1/consent/check")
_OPEN = ("/health",)  # needs no token; so do the files of the page
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "permissions-policy": "microphone=(self)",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


class Guard:
    """Middleware around the application.

    Args:
        app: The application.
        settings: What is allowed.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Remember the bounds."""
        self.app, self.settings, self.rates = app, settings, Rates(settings.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused; pass on the rest, with its bounds."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), str(scope["path"])
        sending = _Sending(send, path)
        try:
            self._check(scope, headers, path)
        except ApiError as error:
            await answer(error)(scope, receive, sending)
            return
        await self.app(scope, _Receiving(receive, most_of(path)), sending)

    def _check(self, scope: Scope, headers: Headers, path: str) -> None:
        if scope["http_version"] not in ("1.0", "1.1"):
            raise ApiError(400, "invalid_value", "send a request of HTTP/1.1")
        _check_host(headers, self.settings)
        self._check_site(scope, headers)
        self.rates.take((scope.get("client") or ("",))[0])
        if path.startswith(("/v1", "/audio", "/metrics")) and path not in _OPEN:
            self._check_token(headers)
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise ApiError(415, "unsupported_media_type", "send the body as it is, without Content-Encoding")
        most = most_of(path)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length[:20]) > most:
            raise too_large(most)

    def _check_site(self, scope: Scope, headers: Headers) -> None:
        """Refuse what a page of another site makes a browser send."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        if origin is not None and origin in self.settings.origins:
            return
        own = origin is None or origin.partition("://")[2].lower() == headers.get("host", "").lower()
        fetched = site in ("same-origin", "none") or (scope["method"] in ("GET", "HEAD") and _navigates(headers))
        if not own or not fetched:
            raise ApiError(
                403, "cross_site", "pages of other sites may not ask here; start with --cors ORIGIN to allow one"
            )

    def _check_token(self, headers: Headers) -> None:
        if not self.settings.token:
            return
        kind, _, given = headers.get("authorization", "").partition(" ")
        shown = given.strip().encode("utf-8", "replace")
        if kind.lower() != "bearer" or not hmac.compare_digest(shown, self.settings.token.encode()):
            raise ApiError(401, "invalid_api_key", "give the server's token: Authorization: Bearer TOKEN")


class Rates:
    """Token buckets, one an address.

    Args:
        rate: Requests a minute; a tenth of it may come at once.
    """

    def __init__(self, rate: int) -> None:
        """Begin with full buckets."""
        self.rate, self.most = rate, max(20.0, rate / 10)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> None:
        """Take one.

        Raises:
            ApiError: There is none.
        """
        now = time.monotonic()
        left, at = self._left.pop(client, (self.most, now))
        left = min(self.most, left + (now - at) * self.rate / 60)
        self._left[client] = (max(0.0, left - 1), now)
        while len(self._left) > bounds.MOST_CLIENTS:
            self._left.popitem(last=False)
        if left < 1:
            raise ApiError(429, "rate_limit_exceeded", f"more than {self.rate} requests a minute; come again", retry=1)


class _Receiving:
    """The body of a request, bounded in size and in pauses."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most, self._got, self._more = receive, most, 0, True

    async def __call__(self) -> Message:
        if not self._more:
            return await self._receive()  # waits until the client leaves
        try:
            message = await asyncio.wait_for(self._receive(), bounds.BODY_SECONDS)
        except TimeoutError as error:
            raise ApiError(408, "too_slow", f"nothing came for {bounds.BODY_SECONDS:.0f} s; send it again") from error
        self._got += len(message.get("body", b""))
        self._more = bool(message.get("more_body", False))
        if self._got > self._most:
            raise too_large(self._most)
        return message


class _Sending:
    """The answer, with the headers that every answer has; a client that takes nothing is dropped."""

    def __init__(self, send: Send, path: str) -> None:
        self._send, self._api = send, path.startswith(("/v1", "/audio", "/metrics", "/health"))

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            more = {**_HEADERS, "cache-control": "no-store" if self._api else "no-cache"}
            known = {name for name, _ in message.get("headers", [])}
            more["cross-origin-resource-policy"] = "same-origin"
            added: list[tuple[bytes, bytes]] = [
                (name.encode(), value.encode()) for name, value in more.items() if name.encode() not in known
            ]
            message = {**message, "headers": [*message.get("headers", []), *added]}
        try:
            await asyncio.wait_for(self._send(message), bounds.SEND_SECONDS)
        except TimeoutError as error:
            raise ConnectionResetError("the client takes nothing") from error


def most_of(path: str) -> int:
    """Return how many bytes the body of a request may have."""
    return bounds.LARGEST_UPLOAD if path.rstrip("/") in UPLOADS else bounds.LARGEST_JSON


def too_large(most: int) -> ApiError:
    """Return the error of a body over the bound."""
    return ApiError(413, "too_large", f"the request is over {most >> 20} MB; send less")


def _navigates(headers: Any) -> bool:
    """Tell whether a person follows a link to here, which shows a page and changes nothing."""
    return bool(headers.get("sec-fetch-mode") == "navigate")


def _check_host(headers: Headers, settings: Settings) -> None:
    """Refuse a name that somebody else's DNS may have pointed here."""
    given = headers.getlist("host")
    name = given[0].lower() if len(given) == 1 else ""
    host = name[: name.index("]") + 1].strip("[]") if name.startswith("[") and "]" in name else name.partition(":")[0]
    if host not in (*LOOPBACK, settings.host, *settings.hosts):
        raise ApiError(403, "host_not_allowed", f"Host {name[:80]!r} is not served here; start with --allow-host NAME")
