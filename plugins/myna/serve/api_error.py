"""The one form of errors, that of OpenAI's API: `{"error": {"message", "type", "param", "code"}}`."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

_TYPES = {401: "authentication_error", 403: "permission_error", 408: "timeout_error", 504: "timeout_error"}


class ApiError(HTTPException):
    """An answer that is no success.

    Args:
        status: Of HTTP.
        code: For programs, see docs/serve.md.
        message: One line for people.
        param: The field that is meant.
        retry: Seconds after which to come again.
    """

    def __init__(self, status: int, code: str, message: str, param: str | None = None, retry: int = 0) -> None:
        """Keep the parts."""
        headers = {"Retry-After": str(retry)} if retry else None
        super().__init__(status, message, headers)
        self.code, self.param = code, param

    def content(self) -> dict[str, Any]:
        """Return the body."""
        return content(self.status_code, self.code, self.detail, self.param)


def content(status: int, code: str, message: str, param: str | None = None) -> dict[str, Any]:
    """Return the body of an error."""
    kind = "rate_limit_error" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
    line = "".join(c if c.isprintable() else " " for c in " ".join(message.split()))[:1000]
    return {"error": {"message": line, "type": _TYPES.get(status, kind), "param": param, "code": code}}


def answer(error: ApiError) -> JSONResponse:
    """Return an error as a response."""
    return JSONResponse(error.content(), error.status_code, dict(error.headers or {}))
