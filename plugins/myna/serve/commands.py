"""Commands of Myna's as processes of their own: what strangers upload is never decoded in the server."""

import asyncio
import contextlib
import os
import signal
import sys
from typing import NamedTuple

from myna.serve.api_error import ApiError


class Done(NamedTuple):
    """How a command ended: exit status, standard output, and the last line of standard error."""

    status: int
    out: str
    error: str


async def myna(*arguments: str, seconds: float) -> Done:
    """Run `myna …` and wait for it; when the waiting ends, so does the command.

    Raises:
        ApiError: It takes longer than `seconds`.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "myna.cli", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            out, said = await process.communicate()
    except TimeoutError as error:
        raise ApiError(504, "too_long", f"not done within {seconds:.0f} s; send less") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own session; gone already where it ended well
        await process.wait()
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return Done(process.returncode or 0, out.decode("utf-8", "replace"), last.partition(": ")[2] or last)
