"""A server as people start it: the command, in a process of its own, on a free port."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx


class Server:
    """`myna serve` with a home and a state folder of its own.

    Args:
        folder: Holds both, and `voices/`, whose voices it speaks with.
        arguments: More of the command line.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder, self.arguments, self.home = folder, arguments, folder / "home"
        self.env = {**os.environ, "MYNA_STATE_DIR": str(folder / "state"), "MYNA_VOICES": str(folder / "voices")}
        self.env |= {"OMP_NUM_THREADS": "1", "MYNA_WATERMARK": "spread"}
        self.url = ""

    def start(self) -> "Server":
        """Wait until it listens."""
        command = [sys.executable, "-m", "myna.cli", "serve", "--port", "0", "--home", str(self.home), *self.arguments]
        with open(self.folder / "server.log", "wb") as log:
            self.process = subprocess.Popen(command, env=self.env, stdout=log, stderr=subprocess.STDOUT)
        wait_for(lambda: "\n" in self.log() or self.process.poll() is not None, 120)
        found = re.match(r"(http://\S+)", self.log())
        assert found, self.log()
        self.url = found[1]
        wait_for(lambda: self.up(), 120)
        return self

    def up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health").status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self, kind: int = signal.SIGTERM) -> int:
        self.process.send_signal(kind)
        return self.process.wait(30)

    def log(self) -> str:
        """Return what it has printed since its start."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def json(self, path: str) -> Any:
        return httpx.get(self.url + path, timeout=30).json()

    def speech(self, **fields: Any) -> httpx.Response:
        body = {"model": "tts-1", "voice": "Ana", "input": "Good morning to all of you.", **fields}
        return httpx.post(f"{self.url}/v1/audio/speech", json=body, timeout=300)


def wait_for(is_so: Any, seconds: float = 60) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not come to be so"
        time.sleep(0.05)


def error_of(response: httpx.Response) -> Mapping[str, Any]:
    """Return the error of an answer, which has the one form and no more."""
    body = json.loads(response.content)
    assert set(body) == {"error"} and set(body["error"]) == {"message", "type", "param", "code"}, body
    assert body["error"]["message"] and "\n" not in body["error"]["message"]
    assert response.headers["content-type"] == "application/json"
    return body["error"]
